from _swarmgate import parameters as _parameters


def isclass(value):
    return isinstance(value, type)


def isfunction(value):
    return type(value).__name__ == "function"


def ismethod(value):
    return type(value).__name__ == "method"


def getmembers(value, predicate=None):
    found = [(name, getattr(value, name)) for name in dir(value)]
    return [pair for pair in found if predicate is None or predicate(pair[1])]


def stack():
    from _swarmgate import unsupported
    unsupported("inspect.stack")


currentframe = signature = getsource = stack
