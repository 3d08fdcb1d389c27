from _swarmgate import class_names as _class_names, with_payload as _with_payload


class auto:
    pass


def unique(cls):
    return cls


class EnumMeta:
    pass


EnumType = EnumMeta


class Enum:
    def __init_subclass__(cls, **options):
        members = {}
        values = []
        last = 0
        for name, value in _class_names(cls):
            if name.startswith("_") or callable(value) or isinstance(value, (property, classmethod, staticmethod)):
                continue
            if isinstance(value, auto):
                last = cls._generate_next_value_(name, 1, len(values), values)
                value = last
            plain = None
            for base in cls.__mro__:
                if base in (str, int, float):
                    plain = base
                    break
            known = [member for member in members.values() if member._value_ == value]
            if known:
                member = known[0]
            else:
                member = _with_payload(cls, plain(value)) if plain else object.__new__(cls)
                member._name_ = name
                member._value_ = value
                for base in cls.__mro__:
                    if "__init__" in base.__dict__ and base not in (Enum, object, str, int):
                        args = value if isinstance(value, tuple) else (value,)
                        member.__init__(*args)
                        break
            values.append(value)
            members[name] = member
            setattr(cls, name, member)
        if members:
            cls.__members__ = members
            cls.__new__ = staticmethod(_lookup)
            cls.__init__ = lambda self, *args: None

    def _generate_next_value_(name, start, count, last_values):
        return (max(last_values) + 1) if last_values else start

    @property
    def name(self):
        return self._name_

    @property
    def value(self):
        return self._value_

    def __repr__(self):
        return f"<{type(self).__name__}.{self._name_}: {self._value_!r}>"

    def __str__(self):
        return f"{type(self).__name__}.{self._name_}"


def _lookup(cls, value):
    for member in cls.__members__.values():
        if member._value_ == value or member is value:
            return member
    raise ValueError(f"{value!r} is not a valid {cls.__qualname__}")


class IntEnum(int, Enum):
    def __str__(self):
        return str(self._value_)


class StrEnum(str, Enum):
    def _generate_next_value_(name, start, count, last_values):
        return name.lower()

    def __str__(self):
        return self._value_


class Flag(Enum):
    pass


class IntFlag(int, Enum):
    pass
