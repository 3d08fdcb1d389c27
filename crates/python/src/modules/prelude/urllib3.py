import urllib3.exceptions as exceptions


def disable_warnings(category=None):
    pass


def _refuse(*args, **kwargs):
    from _swarmgate import unsupported
    unsupported("urllib3, but for disable_warnings and its exceptions,")


PoolManager = HTTPConnectionPool = HTTPSConnectionPool = request = _refuse
