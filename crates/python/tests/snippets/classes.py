from abc import ABC, abstractmethod
from collections import Counter, OrderedDict, defaultdict, deque, namedtuple
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from enum import Enum, IntEnum, auto
from functools import lru_cache, partial, reduce, wraps
from typing import ClassVar, List, NamedTuple, Optional


class Mixin:
    def hello(self):
        return "mixin " + super().hello()


class Base:
    registry: ClassVar[list] = []

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        Base.registry.append(cls.__name__)

    def hello(self):
        return "base"

    @classmethod
    def make(cls, *args):
        return cls(*args)

    @staticmethod
    def plus(a, b):
        return a + b


class Child(Mixin, Base):
    pass


print(Child().hello(), Base.registry, Child.make().__class__.__name__, Child.plus(1, 2), [c.__name__ for c in Child.__mro__])


class Vec:
    def __init__(self, x, y):
        self.x, self.y = x, y

    def __add__(self, o):
        return Vec(self.x + o.x, self.y + o.y)

    def __mul__(self, k):
        return Vec(self.x * k, self.y * k)

    __rmul__ = __mul__

    def __eq__(self, o):
        return isinstance(o, Vec) and (self.x, self.y) == (o.x, o.y)

    def __repr__(self):
        return f"Vec({self.x}, {self.y})"

    def __len__(self):
        return 2

    def __getitem__(self, i):
        return (self.x, self.y)[i]

    def __iter__(self):
        yield self.x
        yield self.y

    def __contains__(self, v):
        return v in (self.x, self.y)

    def __call__(self, *a, **k):
        return a, k

    def __bool__(self):
        return self.x != 0

    def __lt__(self, o):
        return self.x < o.x

    def __neg__(self):
        return Vec(-self.x, -self.y)


v = Vec(1, 2)
print(v + Vec(3, 4), 2 * v, v * 3, v == Vec(1, 2), v != Vec(1, 2), len(v), v[1], list(v), 2 in v, v(1, a=2), bool(Vec(0, 1)), -v)
print(sorted([Vec(3, 0), Vec(1, 0)]), max(Vec(3, 0), Vec(1, 0)))


class Dyn:
    def __getattr__(self, name):
        if name.startswith("x"):
            return name * 2
        raise AttributeError(name)


print(Dyn().xa, hasattr(Dyn(), "y"), getattr(Dyn(), "y", 5))


class Color(Enum):
    RED = 1
    GREEN = 2

    @property
    def lower(self):
        return self.name.lower()


class Level(IntEnum):
    LOW = 1
    HIGH = 2


class Kind(str, Enum):
    A = "a"
    B = "b"


class Auto(Enum):
    ONE = auto()
    TWO = auto()


print(Color.RED, repr(Color.RED), Color(2), Color["RED"], [c.name for c in Color], Color.RED.lower, Color.RED is Color(1), Color.RED == 1)
print(Level.LOW < Level.HIGH, Level.HIGH + 1, Kind.A == "a", Kind("b").value, list(Auto), Auto.TWO.value, isinstance(Color.RED, Color))


@dataclass
class Point:
    x: int
    y: int = 0
    tags: List[str] = field(default_factory=list)


@dataclass(frozen=True, order=True)
class Key:
    a: int
    b: str = "b"


p = Point(1, tags=["t"])
print(p, p == Point(1, 0, ["t"]), asdict(p), Key(1) < Key(2), {Key(1): "one"}[Key(1)])
try:
    Key(1).a = 2
except Exception as e:
    print(type(e).__name__, e)

N = namedtuple("N", "a b")
n = N(1, b=2)
print(n, n.a, n[1], n._replace(a=5), n._asdict(), N._fields, tuple(n), n == (1, 2))


class T(NamedTuple):
    name: str
    size: int = 3


print(T("x"), T("x").size)


def deco(prefix):
    def outer(f):
        @wraps(f)
        def inner(*a, **k):
            return prefix + str(f(*a, **k))
        return inner
    return outer


@deco("> ")
def add(a, b=2):
    "doc"
    return a + b


print(add(1), add.__name__, add.__doc__, partial(add, 5)(b=6), reduce(lambda a, b: a * b, [1, 2, 3, 4]))


@lru_cache(maxsize=None)
def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)


print(fib(50))


@contextmanager
def ctx(name):
    print("enter", name)
    try:
        yield name.upper()
    except ValueError as e:
        print("caught", e)
    finally:
        print("exit", name)


with ctx("a") as c, ctx("b") as d:
    print(c, d)
with ctx("err"):
    raise ValueError("inside")
d = defaultdict(list)
d["a"].append(1)
print(dict(d), Counter("abracadabra").most_common(2), OrderedDict(a=1), deque([1, 2, 3], maxlen=2), dict(Counter(a=1) + Counter(a=2)))


class Prop:
    def __init__(self):
        self._v = 1

    @property
    def v(self):
        return self._v

    @v.setter
    def v(self, value):
        if value < 0:
            raise ValueError("negative")
        self._v = value


q = Prop()
q.v = 5
q.v += 2
print(q.v, q.__dict__)
try:
    q.v = -1
except ValueError as e:
    print(e)


class Shape(ABC):
    @abstractmethod
    def area(self): ...


class Sq(Shape):
    def __init__(self, s):
        self.s = s

    def area(self):
        return self.s ** 2


print(Sq(3).area(), isinstance(Sq(1), Shape), issubclass(Sq, Shape))


class D(dict):
    def __missing__(self, k):
        return k + "!"

    def extra(self):
        return len(self)


dd = D(a=1)
print(dd["a"], dd["z"], dd.extra(), dd, isinstance(dd, dict))


class Err(Exception):
    def __init__(self, code, msg="m"):
        super().__init__(msg)
        self.code = code


try:
    raise Err(5, "boom") from KeyError("x")
except Err as e:
    print(e, e.code, e.args, repr(e), type(e.__cause__).__name__)


class Single:
    _i = None

    def __new__(cls, *a):
        if cls._i is None:
            cls._i = super().__new__(cls)
        return cls._i


print(Single() is Single())


class Priv:
    def __init__(self):
        self.__x = 3

    def get(self):
        return self.__x


print(Priv().get(), Priv().__dict__)
