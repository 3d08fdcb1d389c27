from _swarmgate import kill as _kill, log as _log, sleep as _sleep, spawn as _spawn, traceback as _traceback


def sleep(seconds=0, ref=True):
    return _sleep(seconds)


def idle(priority=0):
    return _sleep(0)


class GreenletExit(BaseException):
    pass


class Timeout(BaseException):
    def __init__(self, seconds=None, exception=None):
        self.seconds, self.exception = seconds, exception

    def start(self):
        from _swarmgate import unsupported
        unsupported("gevent.Timeout")

    __enter__ = start_new = start

    def cancel(self):
        pass

    close = cancel


def with_timeout(*args, **kwargs):
    Timeout().start()


def _until(is_over, timeout=None):
    # Whether it came to that in time. Looks at it often at first: no later than by a hundredth of what it takes, or 5 ms.
    waited, step = 0, 0.0005
    while not is_over():
        if timeout is not None and waited >= timeout:
            return False
        _sleep(step)
        waited += step
        step = min(step * 1.5, max(0.005, min(waited / 100, 0.1)))
    return True


class _Result:
    # Something that comes to a value or an exception.
    value = exception = None
    _done = False

    def ready(self):
        return self._done

    def successful(self):
        return self._done and self.exception is None

    def get(self, block=True, timeout=None):
        if not _until(self.ready, timeout if block else 0):
            raise Timeout(timeout)
        if self.exception is not None:
            raise self.exception
        return self.value


class Greenlet(_Result):
    _delay = 0

    def __init__(self, run=None, *args, **kwargs):
        if run is not None:
            self._run = run
        self.args, self.kwargs = args, kwargs
        self._number, self._links = None, []

    @classmethod
    def spawn(cls, *args, **kwargs):
        made = cls(*args, **kwargs)
        made.start()
        return made

    @classmethod
    def spawn_later(cls, seconds, *args, **kwargs):
        made = cls(*args, **kwargs)
        made.start_later(seconds)
        return made

    def start(self):
        if self._number is None:
            self._number = _spawn(self._work)

    def start_later(self, seconds):
        self._delay = seconds
        self.start()

    def _work(self):
        if self._done:
            return
        try:
            if self._delay:
                _sleep(self._delay)
            self.value = self._run(*self.args, **self.kwargs)
        except GreenletExit as error:
            self.value = error
        except Exception as error:
            self.exception = error
            _log(40, "gevent", _traceback(error))
        finally:
            self._done = True
        for link in self._links:
            link(self)

    @property
    def dead(self):
        return self._done

    @property
    def started(self):
        return self._number is not None and not self._done

    def __bool__(self):
        return self.started

    def join(self, timeout=None):
        _until(self.ready, timeout)

    def kill(self, exception=GreenletExit, block=True, timeout=None):
        if self._number is None:
            self._done = True
        elif not self._done:
            _kill(self._number)
            if block:
                _until(self.ready, timeout)

    throw = kill

    def link(self, callback):
        if self._done:
            callback(self)
        else:
            self._links.append(callback)

    rawlink = link_value = link_exception = link


spawn = Greenlet.spawn
spawn_later = Greenlet.spawn_later


def wait(objects=None, timeout=None, count=None):
    found = list(objects or ())
    wanted = len(found) if count is None else min(count, len(found))
    _until(lambda: sum([1 for each in found if each.ready()]) >= wanted, timeout)
    return [each for each in found if each.ready()]


def joinall(greenlets, timeout=None, raise_error=False, count=None):
    done = wait(greenlets, timeout, count)
    if raise_error:
        for each in done:
            if each.exception is not None:
                raise each.exception
    return done


def iwait(objects, timeout=None, count=None):
    left = list(objects)
    while left:
        done = wait(left, timeout, 1)
        if not done:
            return
        for each in done:
            left.remove(each)
            yield each


def killall(greenlets, exception=GreenletExit, block=True, timeout=None):
    found = list(greenlets)
    for each in found:
        each.kill(exception, block=False)
    if block:
        joinall(found, timeout)


def getcurrent():
    from _swarmgate import unsupported
    unsupported("gevent.getcurrent()")
