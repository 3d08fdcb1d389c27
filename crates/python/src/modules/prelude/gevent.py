from _swarmgate import sleep as _sleep


def sleep(seconds=0, ref=True):
    return _sleep(seconds)


class GreenletExit(BaseException):
    pass


class Timeout(BaseException):
    pass


def spawn(*args, **kwargs):
    from _swarmgate import unsupported
    unsupported("gevent.spawn")


spawn_later = spawn
joinall = spawn
