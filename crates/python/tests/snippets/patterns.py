import re
from collections import Counter, OrderedDict, defaultdict, deque, namedtuple
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple


def literals(value):
    match value:
        case 0 | 1:
            return "small"
        case -1:
            return "minus one"
        case 2.5:
            return "float"
        case "a" "b":
            return "text"
        case b"x":
            return "bytes"
        case None:
            return "none"
        case True:
            return "true"
        case _:
            return "other"


for value in [0, 1, True, False, -1, 2.5, "ab", b"x", None, [], "", 3]:
    print(repr(value), literals(value))


class Color(Enum):
    RED = 1
    BLUE = 2


class Codes:
    OK = 200
    NOT_FOUND = 404


def values(value):
    match value:
        case Color.RED:
            return "red"
        case Codes.OK | Codes.NOT_FOUND as code:
            return f"code {code}"
        case Color() as color:
            return f"color {color.name}"
    return "no case"


print([values(value) for value in [Color.RED, Color.BLUE, 200, 404, 500]])


def sequences(value):
    match value:
        case []:
            return "empty"
        case [one]:
            return f"one {one!r}"
        case ["go", ("north" | "south") as way]:
            return f"go {way}"
        case (x, y) if x == y:
            return f"twins {x}"
        case [int(x), int(y)]:
            return f"ints {x} {y}"
        case [first, *_, last] if first == last:
            return f"ends {first}"
        case [1, *rest]:
            return f"rest {rest}"
        case [*start, [inner, _]]:
            return f"nested {start} {inner}"
        case [_, _, *_]:
            return "two or more"
        case str() | bytes():
            return "no sequence"
    return "nothing"


for value in [[], (), [5], ["go", "north"], ["go", "west"], (4, 4), [1, 2], [7, 8, 7], [1, 2, 3], [9, 8, [5, 6]], range(5, 7), range(3),
              "ab", b"ab", deque([1, 2]), deque(), {1, 2}, {1: 2}, iter([1]), ValueError("x"), Exception(1, 2)]:
    print(sequences(value))


def mappings(value):
    match value:
        case {"kind": "user", "name": str(name), **rest}:
            return f"user {name} {rest}"
        case {"kind": "list", "items": [first, *_]}:
            return f"list {first}"
        case {"status": 200 | 201 as status, "body": {"id": id_}}:
            return f"{status} {id_}"
        case {Codes.OK: found}:
            return f"by value {found}"
        case {"a": _, **nothing} if not nothing:
            return "only a"
        case {}:
            return f"mapping of {len(value)}"
        case _:
            return "no mapping"


for value in [{"kind": "user", "name": "ann", "age": 3}, {"kind": "user", "name": 4}, {"kind": "list", "items": (1, 2)}, {"kind": "list", "items": []},
              {"status": 201, "body": {"id": 9}, "x": 1}, {200: "yes"}, {"a": 1}, {"a": 1, "b": 2}, {}, [], None, OrderedDict(a=3),
              defaultdict(int), Counter("aab")]:
    print(mappings(value))
missing = defaultdict(list)
match missing:
    case {"x": _}:
        print("made")
    case _:
        print("not made", dict(missing))


@dataclass
class Point:
    x: int
    y: int = 0
    tag: str = field(default="", init=False)


class Named(NamedTuple):
    a: int
    b: int


Pair = namedtuple("Pair", "left right")


class Own:
    __match_args__ = ("one", "two")

    def __init__(self, one, two):
        self.one, self.two = one, two


class Bare:
    def __init__(self):
        self.here = 1


class Text(str):
    pass


def classes(value):
    match value:
        case Point(0, y):
            return f"on the axis {y}"
        case Point(x=x, y=0):
            return f"flat {x}"
        case Point(x, y, tag="t"):
            return f"tagged {x} {y}"
        case Point():
            return "point"
        case Own(1, two=b):
            return f"own {b}"
        case Bare(gone=_):
            return "never"
        case Bare(here=here):
            return f"bare {here}"
        case Pair(left=l, right=Pair(r, _)):
            return f"pair {l} {r}"
        case Pair(l, r) | Named(l, r):
            return f"tuple {l} {r}"
        case bool(b):
            return f"bool {b}"
        case int(n) | float(n):
            return f"number {n}"
        case Text(t):
            return f"own text {t}"
        case str(t):
            return f"text {t}"
        case dict(d) if d:
            return f"dict {d}"
        case list([a, *_]):
            return f"list from {a}"
        case ValueError(args=(message,)):
            return f"error {message}"
        case type():
            return f"class {value.__name__}"
        case object(real=_):
            return "real"
    return "nothing"


tagged = Point(3, 4)
tagged.tag = "t"
for value in [Point(0, 5), Point(2, 0), tagged, Point(3, 4), Own(1, 2), Own(2, 2), Bare(), Pair(1, Pair(2, 3)), Pair(1, 2), Named(5, 6), True, 7, 2.5,
              Text("x"), "y", {}, {"a": 1}, [1, 2], [], ValueError("bad"), int, None]:
    print(classes(value))


def wrong(make):
    try:
        make()
    except TypeError as error:
        print("TypeError:", error)


def too_many():
    match Point(1, 2):
        case Point(1, 2, 3):
            pass


def none_allowed():
    match Bare():
        case Bare(1):
            pass


def two_for_int():
    match 3:
        case int(1, 2):
            pass


def no_class():
    what = 3
    match 3:
        case what():
            pass


def twice():
    match Own(1, 2):
        case Own(1, one=1):
            pass


for make in [too_many, none_allowed, two_for_int, no_class, twice]:
    wrong(make)

# Names are bound by the case that fits, and stay.
x = y = "before"
match (1, 2):
    case (x, 3):
        pass
    case (1, y):
        pass
print(x, y)
match [1, [2, [3, {"k": (4, [5])}]]]:
    case [a, [b, [c, {"k": (d, [e])}]]]:
        print(a, b, c, d, e)


def in_loops():
    for n in range(6):
        match n:
            case 0:
                continue
            case 4:
                break
            case n if n % 2:
                yield f"odd {n}"
            case _:
                try:
                    match n:
                        case 2:
                            raise ValueError(n)
                except ValueError as error:
                    yield f"caught {error}"


print(list(in_loops()))


def closures():
    match {"f": 1}:
        case {"f": found}:
            return lambda: found
    return None


print(closures()())


class Holder:
    match 3:
        case three:
            doubled = three * 2


print(Holder.doubled, Holder.three)
match = re.match("a(b)", "ab")
case = match.group(1)
print(match is not None, case)
match (case):
    case "b":
        print("soft keywords")


def scores():
    log = []

    class Loud:
        def __init__(self, value):
            self.value = value

        def __eq__(self, other):
            log.append((self.value, other))
            return self.value == other

    match Loud(2):
        case 1:
            pass
        case 2:
            log.append("two")
    return log


print(scores())


def order(n):
    match n, n + 1:
        case 1, 2:
            return "tuple without brackets"
        case [a, b]:
            return a + b


print(order(1), order(5))
