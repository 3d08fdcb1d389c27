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


class _Main:
    name = "MainThread"
    ident = 1
    daemon = False


_main = _Main()


def current_thread():
    return _main


def get_ident():
    return 1


def Thread(*args, **kwargs):
    from _swarmgate import unsupported
    unsupported("threading.Thread")


Timer = Thread
