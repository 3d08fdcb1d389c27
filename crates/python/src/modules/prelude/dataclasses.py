from _swarmgate import set_key_fields as _set_key_fields

MISSING = object()
KW_ONLY = object()


class FrozenInstanceError(AttributeError):
    pass


class Field:
    def __init__(self, default, default_factory, init, repr, compare):
        self.name = None
        self.default = default
        self.default_factory = default_factory
        self.init = init
        self.repr = repr
        self.compare = compare


def field(*, default=MISSING, default_factory=MISSING, init=True, repr=True, hash=None, compare=True, metadata=None, kw_only=False):
    return Field(default, default_factory, init, repr, compare)


def _collect(cls):
    found = {}
    for base in reversed(cls.__mro__[1:]):
        for each in getattr(base, "__dataclass_fields__", {}).values():
            found[each.name] = each
    for name, kind in cls.__dict__.get("__annotations__", {}).items():
        if kind == "ClassVar":
            continue
        default = cls.__dict__.get(name, MISSING)
        each = default if isinstance(default, Field) else Field(default, MISSING, True, True, True)
        if isinstance(default, (list, dict, set)):
            raise ValueError(f"mutable default {type(default)} for field {name} is not allowed: use default_factory")
        each.name = name
        found[name] = each
        if isinstance(default, Field):
            if each.default is not MISSING:
                setattr(cls, name, each.default)
            else:
                delattr(cls, name)
    return found


def _process(cls, init, repr_, eq, order, frozen):
    found = _collect(cls)
    cls.__dataclass_fields__ = found
    names = [each.name for each in found.values()]
    compared = [each.name for each in found.values() if each.compare]

    def __init__(self, *args, **kwargs):
        wanted = [each for each in found.values() if each.init]
        if len(args) > len(wanted):
            raise TypeError(f"{cls.__name__}.__init__() takes {len(wanted) + 1} positional arguments but {len(args) + 1} were given")
        missing = []
        for at, each in enumerate(wanted):
            if at < len(args):
                if each.name in kwargs:
                    raise TypeError(f"{cls.__name__}.__init__() got multiple values for argument '{each.name}'")
                value = args[at]
            elif each.name in kwargs:
                value = kwargs.pop(each.name)
            elif each.default is not MISSING:
                value = each.default
            elif each.default_factory is not MISSING:
                value = each.default_factory()
            else:
                missing.append(each.name)
                continue
            object.__setattr__(self, each.name, value)
        if missing:
            plural = "s" if len(missing) > 1 else ""
            listed = " and ".join(repr(name) for name in missing)
            raise TypeError(f"{cls.__name__}.__init__() missing {len(missing)} required positional argument{plural}: {listed}")
        for each in found.values():
            if not each.init and (each.default is not MISSING or each.default_factory is not MISSING):
                value = each.default if each.default is not MISSING else each.default_factory()
                object.__setattr__(self, each.name, value)
        if kwargs:
            raise TypeError(f"{cls.__name__}.__init__() got an unexpected keyword argument '{list(kwargs)[0]}'")
        if hasattr(self, "__post_init__"):
            self.__post_init__()

    def __repr__(self):
        shown = [f"{each.name}={getattr(self, each.name)!r}" for each in found.values() if each.repr]
        return f"{type(self).__qualname__}({', '.join(shown)})"

    def _key(self):
        return tuple([getattr(self, name) for name in compared])

    def __eq__(self, other):
        if type(other) is not type(self):
            return NotImplemented
        return _key(self) == _key(other)

    def __setattr__(self, name, value):
        raise FrozenInstanceError(f"cannot assign to field '{name}'")

    own = cls.__dict__
    if "__match_args__" not in own:
        cls.__match_args__ = tuple([each.name for each in found.values() if each.init])
    if init and "__init__" not in own:
        cls.__init__ = __init__
    if repr_ and "__repr__" not in own:
        cls.__repr__ = __repr__
    if eq and "__eq__" not in own:
        cls.__eq__ = __eq__
    if order:
        cls.__lt__ = lambda self, other: _key(self) < _key(other)
        cls.__le__ = lambda self, other: _key(self) <= _key(other)
        cls.__gt__ = lambda self, other: _key(self) > _key(other)
        cls.__ge__ = lambda self, other: _key(self) >= _key(other)
    if frozen:
        cls.__setattr__ = __setattr__
        if eq:
            _set_key_fields(cls, compared)
    return cls


def dataclass(cls=None, /, *, init=True, repr=True, eq=True, order=False, unsafe_hash=False, frozen=False, kw_only=False, slots=False):
    def wrap(cls):
        return _process(cls, init, repr, eq, order, frozen)
    return wrap if cls is None else wrap(cls)


def fields(value):
    return tuple(value.__dataclass_fields__.values())


def is_dataclass(value):
    return hasattr(value, "__dataclass_fields__")


def _plain(value):
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: _plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, list):
        return [_plain(part) for part in value]
    if isinstance(value, tuple):
        return tuple([_plain(part) for part in value])
    if isinstance(value, dict):
        return {_plain(key): _plain(part) for key, part in value.items()}
    return value


def asdict(value):
    return _plain(value)


def astuple(value):
    return tuple([getattr(value, each.name) for each in fields(value)])


def replace(value, **changes):
    current = {each.name: getattr(value, each.name) for each in fields(value) if each.init}
    return type(value)(**{**current, **changes})
