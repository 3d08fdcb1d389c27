from _swarmgate import sleep as _sleep


class Lock:
    # Users take turns at waits and requests only: a lock is taken by whoever finds it free.
    def __init__(self, value=1):
        self._free = value

    def acquire(self, blocking=True, timeout=-1):
        waited = 0
        while self._free <= 0:
            if not blocking or (timeout >= 0 and waited >= timeout):
                return False
            _sleep(0.005)
            waited += 0.005
        self._free -= 1
        return True

    def release(self):
        self._free += 1

    def locked(self):
        return self._free <= 0

    def __enter__(self):
        self.acquire()
        return True

    def __exit__(self, *details):
        self.release()


Semaphore = BoundedSemaphore = Lock


class RLock(Lock):
    def __init__(self):
        self._free = 1000000


class Event:
    def __init__(self):
        self._set = False

    def is_set(self):
        return self._set

    isSet = is_set

    def set(self):
        self._set = True

    def clear(self):
        self._set = False

    def wait(self, timeout=None):
        waited = 0
        while not self._set and (timeout is None or waited < timeout):
            _sleep(0.01)
            waited += 0.01
        return self._set


class local:
    pass


class Condition:
    def __init__(self, lock=None):
        self._lock = lock or RLock()
        self._calls = 0

    def acquire(self, *args):
        return self._lock.acquire(*args)

    def release(self):
        self._lock.release()

    def __enter__(self):
        self.acquire()
        return True

    def __exit__(self, *details):
        self.release()

    def wait(self, timeout=None):
        calls, waited = self._calls, 0
        self.release()
        while self._calls == calls and (timeout is None or waited < timeout):
            _sleep(0.01)
            waited += 0.01
        self.acquire()
        return self._calls != calls

    def wait_for(self, predicate, timeout=None):
        while not predicate():
            if not self.wait(timeout):
                return predicate()
        return True

    def notify(self, n=1):
        self._calls += 1

    notify_all = notifyAll = notify


class local:
    pass


class _Main:
    name = "MainThread"
    ident = native_id = 1
    daemon = False

    def is_alive(self):
        return True


_main = _Main()
_names = 0


def current_thread():
    return _main


main_thread = currentThread = current_thread


def get_ident():
    return 1


get_native_id = get_ident


class Thread:
    # A greenlet, as it is with Locust: what it runs takes turns with others at waits and requests.
    def __init__(self, group=None, target=None, name=None, args=(), kwargs=None, *, daemon=None):
        global _names
        _names += 1
        self.name, self.daemon, self.ident = name or f"Thread-{_names}", bool(daemon), None
        self._target, self._args, self._kwargs, self._greenlet = target, args, kwargs or {}, None

    def run(self):
        if self._target is not None:
            self._target(*self._args, **self._kwargs)

    def start(self):
        if self._greenlet is not None:
            raise RuntimeError("threads can only be started once")
        from gevent import Greenlet
        self._greenlet = Greenlet.spawn(self.run)
        self.ident = self._greenlet._number

    def join(self, timeout=None):
        if self._greenlet is None:
            raise RuntimeError("cannot join thread before it is started")
        self._greenlet.join(timeout)

    def is_alive(self):
        return self._greenlet is not None and not self._greenlet.ready()

    def setDaemon(self, daemon):
        self.daemon = daemon

    def getName(self):
        return self.name

    def setName(self, name):
        self.name = name


class Timer(Thread):
    def __init__(self, interval, function, args=None, kwargs=None):
        super().__init__()
        self.interval, self.function, self.args, self.kwargs = interval, function, args or [], kwargs or {}
        self._cancelled = False

    def cancel(self):
        self._cancelled = True

    def run(self):
        _sleep(self.interval)
        if not self._cancelled:
            self.function(*self.args, **self.kwargs)
