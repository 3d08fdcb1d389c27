from gevent import Timeout, _until
from threading import Event as _Event


class Event(_Event):
    ready = _Event.is_set


class AsyncResult:
    value = exception = None

    def __init__(self):
        self._done = False

    def ready(self):
        return self._done

    def successful(self):
        return self._done and self.exception is None

    def set(self, value=None):
        self.value, self._done = value, True

    def set_exception(self, exception, exc_info=None):
        self.exception, self._done = exception, True

    def get(self, block=True, timeout=None):
        if not _until(self.ready, timeout if block else 0):
            raise Timeout(timeout)
        if self.exception is not None:
            raise self.exception
        return self.value

    def wait(self, timeout=None):
        _until(self.ready, timeout)
        return self.value
