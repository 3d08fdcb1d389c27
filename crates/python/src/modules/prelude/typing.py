TYPE_CHECKING = False


class _Form:
    def __init__(self, name):
        self._name = name

    def __getitem__(self, item):
        return self

    def __or__(self, other):
        return self

    def __ror__(self, other):
        return self

    def __call__(self, *args, **kwargs):
        return self

    def __repr__(self):
        return "typing." + self._name


class Generic:
    def __class_getitem__(cls, item):
        return cls


class Protocol(Generic):
    pass


Any = _Form("Any")
Union = _Form("Union")
Optional = _Form("Optional")
ClassVar = _Form("ClassVar")
Final = _Form("Final")
Literal = _Form("Literal")
Callable = _Form("Callable")
Annotated = _Form("Annotated")
NoReturn = _Form("NoReturn")
Never = _Form("Never")
Self = _Form("Self")
LiteralString = _Form("LiteralString")
TypeAlias = _Form("TypeAlias")
Required = _Form("Required")
NotRequired = _Form("NotRequired")
Awaitable = _Form("Awaitable")
Coroutine = _Form("Coroutine")
AsyncGenerator = _Form("AsyncGenerator")
AsyncIterator = _Form("AsyncIterator")
ContextManager = _Form("ContextManager")
Concatenate = _Form("Concatenate")
Unpack = _Form("Unpack")
IO = _Form("IO")
TextIO = _Form("TextIO")
BinaryIO = _Form("BinaryIO")
Pattern = _Form("Pattern")
Match = _Form("Match")
AnyStr = _Form("AnyStr")
Hashable = _Form("Hashable")
Sized = _Form("Sized")
List = list
Dict = dict
Set = set
FrozenSet = frozenset
Tuple = tuple
Type = _Form("Type")
Text = str
from collections import defaultdict as DefaultDict, OrderedDict, Counter, deque as Deque, namedtuple as _namedtuple
from collections.abc import Iterable, Iterator, Generator, Sequence, MutableSequence, Mapping, MutableMapping, Collection, Container


def TypeVar(name, *args, **kwargs):
    return _Form(name)


ParamSpec = TypeVarTuple = TypeVar


def NewType(name, kind):
    return kind


def cast(kind, value):
    return value


def overload(function):
    return function


final = override = runtime_checkable = no_type_check = overload


def get_type_hints(value, *args, **kwargs):
    return {}


class NamedTuple:
    def __init_subclass__(cls):
        fields = list(cls.__dict__.get("__annotations__", {}))
        defaults = [cls.__dict__[name] for name in fields if name in cls.__dict__]
        made = _namedtuple(cls.__name__, fields, defaults=defaults)
        for name, value in cls.__dict__.items():
            if name not in fields and name not in ("__annotations__", "__module__", "__qualname__", "__doc__"):
                setattr(made, name, value)
        return made


class TypedDict(dict):
    def __init_subclass__(cls, total=True):
        pass


def assert_never(value):
    raise AssertionError(f"Expected code to be unreachable, but got: {value!r}")
