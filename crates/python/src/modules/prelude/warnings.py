from _swarmgate import log as _log


def warn(message, category=None, stacklevel=1):
    _log(30, "warnings", str(message))


def filterwarnings(*args, **kwargs):
    pass


simplefilter = resetwarnings = filterwarnings


class catch_warnings:
    def __init__(self, **options):
        pass

    def __enter__(self):
        return []

    def __exit__(self, *details):
        return None
