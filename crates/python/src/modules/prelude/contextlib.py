class _GeneratorManager:
    def __init__(self, generator):
        self.gen = generator

    def __enter__(self):
        return next(self.gen)

    def __exit__(self, kind, value, trace):
        if kind is None:
            try:
                next(self.gen)
            except StopIteration:
                return False
            raise RuntimeError("generator didn't stop")
        try:
            self.gen.throw(value)
        except StopIteration as stop:
            return stop is not value
        except BaseException as error:
            if error is value:
                return False
            raise
        raise RuntimeError("generator didn't stop after throw()")

    def __call__(self, function):
        raise NotImplementedError("a context manager as a decorator")


def contextmanager(function):
    def make(*args, **kwargs):
        return _GeneratorManager(function(*args, **kwargs))
    make.__name__ = function.__name__
    return make


class suppress:
    def __init__(self, *kinds):
        self.kinds = kinds

    def __enter__(self):
        return None

    def __exit__(self, kind, value, trace):
        return kind is not None and issubclass(kind, self.kinds)


class nullcontext:
    def __init__(self, value=None):
        self.value = value

    def __enter__(self):
        return self.value

    def __exit__(self, kind, value, trace):
        return None


class closing:
    def __init__(self, thing):
        self.thing = thing

    def __enter__(self):
        return self.thing

    def __exit__(self, kind, value, trace):
        self.thing.close()


class ContextDecorator:
    pass


class ExitStack:
    def __init__(self):
        self.exits = []

    def enter_context(self, manager):
        value = manager.__enter__()
        self.exits.append(manager.__exit__)
        return value

    def callback(self, function, *args, **kwargs):
        self.exits.append(lambda kind, value, trace: function(*args, **kwargs) and False)
        return function

    def close(self):
        self.__exit__(None, None, None)

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        swallowed = False
        while self.exits:
            if self.exits.pop()(kind, value, trace):
                swallowed = True
                kind = value = None
        return swallowed
