from itertools import chain as _chain, repeat as _repeat


class OrderedDict(dict):
    def move_to_end(self, key, last=True):
        value = self.pop(key)
        if last:
            self[key] = value
        else:
            others = list(self.items())
            self.clear()
            self[key] = value
            self.update(others)

    def popitem(self, last=True):
        if not self:
            raise KeyError("dictionary is empty")
        key = list(self)[-1 if last else 0]
        return key, self.pop(key)

    def __repr__(self):
        return "OrderedDict(" + (repr(list(self.items())) if self else "") + ")"

    def copy(self):
        return OrderedDict(self)


class defaultdict(dict):
    def __init__(self, default_factory=None, *args, **kwargs):
        self.default_factory = default_factory
        super().__init__(*args, **kwargs)

    def __missing__(self, key):
        if self.default_factory is None:
            raise KeyError(key)
        value = self.default_factory()
        self[key] = value
        return value

    def __repr__(self):
        return "defaultdict(" + repr(self.default_factory) + ", " + repr(dict(self)) + ")"

    def copy(self):
        return defaultdict(self.default_factory, self)


class Counter(dict):
    def __init__(self, items=None, **counts):
        super().__init__()
        self.update(items, **counts)

    def __missing__(self, key):
        return 0

    def update(self, items=None, **counts):
        if items is not None:
            if hasattr(items, "items"):
                for key, count in items.items():
                    self[key] = self[key] + count
            else:
                for key in items:
                    self[key] = self[key] + 1
        for key, count in counts.items():
            self[key] = self[key] + count

    def subtract(self, items):
        pairs = items.items() if hasattr(items, "items") else [(key, 1) for key in items]
        for key, count in pairs:
            self[key] = self[key] - count

    def most_common(self, n=None):
        ordered = sorted(self.items(), key=lambda pair: pair[1], reverse=True)
        return ordered if n is None else ordered[:n]

    def elements(self):
        return _chain.from_iterable(_repeat(key, count) for key, count in self.items())

    def total(self):
        return sum(self.values())

    def __add__(self, other):
        result = Counter()
        for key in list(self) + [key for key in other if key not in self]:
            count = self[key] + other[key]
            if count > 0:
                result[key] = count
        return result

    def __repr__(self):
        return "Counter({" + ", ".join(f"{key!r}: {count!r}" for key, count in self.most_common()) + "})" if self else "Counter()"


class deque:
    def __init__(self, items=(), maxlen=None):
        self._items = []
        self.maxlen = maxlen
        self.extend(items)

    def append(self, item):
        self._items.append(item)
        if self.maxlen is not None and len(self._items) > self.maxlen:
            self._items.pop(0)

    def appendleft(self, item):
        self._items.insert(0, item)
        if self.maxlen is not None and len(self._items) > self.maxlen:
            self._items.pop()

    def extend(self, items):
        for item in items:
            self.append(item)

    def extendleft(self, items):
        for item in items:
            self.appendleft(item)

    def pop(self):
        if not self._items:
            raise IndexError("pop from an empty deque")
        return self._items.pop()

    def popleft(self):
        if not self._items:
            raise IndexError("pop from an empty deque")
        return self._items.pop(0)

    def rotate(self, n=1):
        if self._items:
            n = n % len(self._items)
            self._items = self._items[-n:] + self._items[:-n] if n else self._items

    def clear(self):
        self._items.clear()

    def copy(self):
        return deque(self._items, self.maxlen)

    def count(self, item):
        return self._items.count(item)

    def index(self, item):
        return self._items.index(item)

    def remove(self, item):
        self._items.remove(item)

    def insert(self, at, item):
        self._items.insert(at, item)

    def reverse(self):
        self._items.reverse()

    def __len__(self):
        return len(self._items)

    def __iter__(self):
        return iter(self._items)

    def __reversed__(self):
        return reversed(self._items)

    def __contains__(self, item):
        return item in self._items

    def __getitem__(self, at):
        return self._items[at]

    def __setitem__(self, at, item):
        self._items[at] = item

    def __delitem__(self, at):
        del self._items[at]

    def __eq__(self, other):
        return isinstance(other, deque) and self._items == other._items

    def __repr__(self):
        tail = "" if self.maxlen is None else f", maxlen={self.maxlen}"
        return f"deque({self._items!r}{tail})"


class ChainMap:
    def __init__(self, *maps):
        self.maps = list(maps) or [{}]

    def __getitem__(self, key):
        for each in self.maps:
            if key in each:
                return each[key]
        raise KeyError(key)

    def get(self, key, default=None):
        return self[key] if key in self else default

    def __contains__(self, key):
        return any(key in each for each in self.maps)

    def __iter__(self):
        merged = {}
        for each in reversed(self.maps):
            merged.update(each)
        return iter(merged)

    def __len__(self):
        return len(list(iter(self)))


class UserDict(dict):
    pass


class UserList(list):
    pass


def _field(at):
    return property(lambda self: self[at])


def namedtuple(typename, field_names, rename=False, defaults=None, module=None):
    if isinstance(field_names, str):
        field_names = field_names.replace(",", " ").split()
    fields = tuple(field_names)
    defaults = tuple(defaults or ())
    first_default = len(fields) - len(defaults)

    def __new__(cls, *args, **kwargs):
        if len(args) > len(fields):
            raise TypeError(f"{typename}.__new__() takes {len(fields) + 1} positional arguments but {len(args) + 1} were given")
        values = list(args)
        for at in range(len(args), len(fields)):
            name = fields[at]
            if name in kwargs:
                values.append(kwargs.pop(name))
            elif at >= first_default:
                values.append(defaults[at - first_default])
            else:
                raise TypeError(f"{typename}.__new__() missing 1 required positional argument: '{name}'")
        if kwargs:
            raise TypeError(f"{typename}.__new__() got an unexpected keyword argument '{list(kwargs)[0]}'")
        return _with_payload(cls, tuple(values))

    def __repr__(self):
        return type(self).__name__ + "(" + ", ".join(f"{name}={value!r}" for name, value in zip(fields, self)) + ")"

    def _asdict(self):
        return dict(zip(fields, self))

    def _replace(self, **changes):
        return type(self)(**{**dict(zip(fields, self)), **changes})

    def _make(cls, values):
        return cls(*values)

    names = {"__new__": __new__, "__repr__": __repr__, "_asdict": _asdict, "_replace": _replace,
             "_make": classmethod(_make), "_fields": fields, "__match_args__": fields, "__init__": lambda self, *args, **kwargs: None}
    for at, name in enumerate(fields):
        names[name] = _field(at)
    return type(typename, (tuple,), names)


from _swarmgate import with_payload as _with_payload
