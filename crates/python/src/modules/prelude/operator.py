def itemgetter(*keys):
    if len(keys) == 1:
        return lambda value: value[keys[0]]
    return lambda value: tuple([value[key] for key in keys])


def _follow(value, path):
    for name in path.split("."):
        value = getattr(value, name)
    return value


def attrgetter(*paths):
    if len(paths) == 1:
        return lambda value: _follow(value, paths[0])
    return lambda value: tuple([_follow(value, path) for path in paths])


def methodcaller(name, *args, **kwargs):
    return lambda value: getattr(value, name)(*args, **kwargs)


add = lambda a, b: a + b
sub = lambda a, b: a - b
mul = lambda a, b: a * b
truediv = lambda a, b: a / b
floordiv = lambda a, b: a // b
mod = lambda a, b: a % b
eq = lambda a, b: a == b
ne = lambda a, b: a != b
lt = lambda a, b: a < b
le = lambda a, b: a <= b
gt = lambda a, b: a > b
ge = lambda a, b: a >= b
neg = lambda a: -a
not_ = lambda a: not a
contains = lambda a, b: b in a
or_ = lambda a, b: a | b
and_ = lambda a, b: a & b
xor = lambda a, b: a ^ b
