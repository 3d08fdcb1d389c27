from gevent import _Result, _until
from threading import Event as _Event


class Event(_Event):
    ready = _Event.is_set


class AsyncResult(_Result):
    def set(self, value=None):
        self.value, self._done = value, True

    def set_exception(self, exception, exc_info=None):
        self.exception, self._done = exception, True

    def wait(self, timeout=None):
        _until(self.ready, timeout)
        return self.value
