class partial:
    def __init__(self, func, *args, **keywords):
        self.func = func
        self.args = args
        self.keywords = keywords

    def __call__(self, *args, **keywords):
        return self.func(*self.args, *args, **{**self.keywords, **keywords})


def reduce(function, items, *start):
    rest = iter(items)
    if start:
        value = start[0]
    else:
        try:
            value = next(rest)
        except StopIteration:
            raise TypeError("reduce() of empty iterable with no initial value") from None
    for item in rest:
        value = function(value, item)
    return value


def update_wrapper(wrapper, wrapped, assigned=None, updated=None):
    for name in ("__name__", "__qualname__", "__doc__", "__module__"):
        if hasattr(wrapped, name):
            setattr(wrapper, name, getattr(wrapped, name))
    for name, value in getattr(wrapped, "__dict__", {}).items():
        setattr(wrapper, name, value)
    wrapper.__wrapped__ = wrapped
    return wrapper


def wraps(wrapped, assigned=None, updated=None):
    return lambda wrapper: update_wrapper(wrapper, wrapped)


def lru_cache(maxsize=128, typed=False):
    def decorate(function):
        kept = {}

        def cached(*args, **kwargs):
            key = (args, tuple(sorted(kwargs.items())))
            if key in kept:
                value = kept.pop(key)
            else:
                value = function(*args, **kwargs)
            kept[key] = value
            if maxsize is not None and len(kept) > maxsize:
                kept.pop(next(iter(kept)))
            return value
        cached.cache_clear = kept.clear
        return update_wrapper(cached, function)
    if callable(maxsize):
        function, maxsize = maxsize, 128
        return decorate(function)
    return decorate


def cache(function):
    return lru_cache(None)(function)


class cached_property:
    def __init__(self, function):
        self.function = function
        self.name = function.__name__

    def __set_name__(self, owner, name):
        self.name = name

    def __get__(self, instance, owner):
        if instance is None:
            return self
        value = self.function(instance)
        setattr(instance, self.name, value)
        return value


def total_ordering(cls):
    if "__lt__" in cls.__dict__:
        cls.__gt__ = lambda self, other: not (self < other or self == other)
        cls.__le__ = lambda self, other: self < other or self == other
        cls.__ge__ = lambda self, other: not self < other
    elif "__gt__" in cls.__dict__:
        cls.__lt__ = lambda self, other: not (self > other or self == other)
        cls.__ge__ = lambda self, other: self > other or self == other
        cls.__le__ = lambda self, other: not self > other
    return cls


def cmp_to_key(compare):
    class Key:
        def __init__(self, value):
            self.value = value

        def __lt__(self, other):
            return compare(self.value, other.value) < 0

        def __eq__(self, other):
            return compare(self.value, other.value) == 0
    return Key


def singledispatch(function):
    from _swarmgate import unsupported
    unsupported("functools.singledispatch")
