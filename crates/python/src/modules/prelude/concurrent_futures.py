from gevent import Greenlet as _Greenlet, _until

FIRST_COMPLETED, FIRST_EXCEPTION, ALL_COMPLETED = "FIRST_COMPLETED", "FIRST_EXCEPTION", "ALL_COMPLETED"


class Error(Exception):
    pass


class CancelledError(Error):
    pass


TimeoutError = TimeoutError


class _Work(_Greenlet):
    # Whoever looks at the result hears of an exception; nobody else does.
    def _work(self):
        try:
            self.value = self._run(*self.args, **self.kwargs)
        except Exception as error:
            self.exception = error
        finally:
            self._done = True
        for link in self._links:
            link(self)


class Future:
    def __init__(self, work):
        self._work = work

    def done(self):
        return self._work.ready()

    def running(self):
        return not self.done()

    def cancelled(self):
        return False

    def cancel(self):
        return False

    def result(self, timeout=None):
        error = self.exception(timeout)
        if error is not None:
            raise error
        return self._work.value

    def exception(self, timeout=None):
        if not _until(self._work.ready, timeout):
            raise TimeoutError()
        return self._work.exception

    def add_done_callback(self, callback):
        self._work.link(lambda work: callback(self))


class ThreadPoolExecutor:
    # Threads are greenlets, as they are with Locust: what they run takes turns at waits and requests.
    def __init__(self, max_workers=None, thread_name_prefix="", initializer=None, initargs=()):
        from gevent.pool import Pool
        self._pool = Pool(max_workers or 32)
        self._futures = []

    def submit(self, function, /, *args, **kwargs):
        work = _Work(function, *args, **kwargs)
        future = Future(work)
        self._futures = [each for each in self._futures if not each.done()] + [future]
        self._pool.start(work)
        return future

    def map(self, function, *iterables, timeout=None, chunksize=1):
        return iter([each.result(timeout) for each in [self.submit(function, *items) for items in zip(*iterables)]])

    def shutdown(self, wait=True, cancel_futures=False):
        if wait:
            self._pool.join()

    def __enter__(self):
        return self

    def __exit__(self, *details):
        self.shutdown()


def ProcessPoolExecutor(*args, **kwargs):
    from _swarmgate import unsupported
    unsupported("a pool of processes")


def wait(futures, timeout=None, return_when=ALL_COMPLETED):
    from collections import namedtuple
    futures = list(futures)
    wanted = 1 if return_when == FIRST_COMPLETED else len(futures)

    def is_over():
        done = [each for each in futures if each.done()]
        failed = return_when == FIRST_EXCEPTION and any([each._work.exception is not None for each in done])
        return len(done) >= wanted or failed
    _until(is_over, timeout)
    done = {each for each in futures if each.done()}
    return namedtuple("DoneAndNotDoneFutures", "done not_done")(done, set(futures) - done)


def as_completed(futures, timeout=None):
    left = list(futures)
    while left:
        if not _until(lambda: any([each.done() for each in left]), timeout):
            raise TimeoutError()
        for each in [each for each in left if each.done()]:
            left.remove(each)
            yield each
