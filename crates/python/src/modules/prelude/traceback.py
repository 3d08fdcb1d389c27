from _swarmgate import caught as _caught, log as _log, traceback as _traceback


def format_exc(limit=None, chain=True):
    error = _caught()
    return "NoneType: None\n" if error is None else _traceback(error) + "\n"


def print_exc(limit=None, file=None, chain=True):
    _log(40, "traceback", format_exc())


def format_exception(kind, value=None, trace=None):
    return [_traceback(kind if value is None else value) + "\n"]


def print_exception(kind, value=None, trace=None, file=None):
    _log(40, "traceback", "".join(format_exception(kind, value, trace)))


def format_tb(trace, limit=None):
    return []


def print_stack(*args, **kwargs):
    pass
