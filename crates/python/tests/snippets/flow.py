def gen():
    try:
        x = yield 1
        print("got", x)
        yield from [2, 3]
        r = yield from sub()
        print("sub returned", r)
    finally:
        print("closed")


def sub():
    yield "s"
    return "ret"


g = gen()
print(next(g), g.send("v"), list(g))
g2 = gen()
next(g2)
g2.close()
print(next(iter([]), "default"))


def nested():
    for i in range(3):
        try:
            for j in range(3):
                try:
                    if j == 1:
                        break
                    if i == 2:
                        raise ValueError(i)
                finally:
                    print("inner", i, j)
            else:
                print("no break")
        except ValueError as e:
            print("err", e)
            continue
        finally:
            print("outer", i)
    else:
        print("done")


nested()


def order():
    try:
        return "try"
    finally:
        print("finally first")


print(order())


def reraise():
    try:
        try:
            1 / 0
        except ZeroDivisionError:
            raise
    except ArithmeticError as e:
        return type(e).__name__ + ": " + str(e)


print(reraise())
for n in range(2, 10):
    for x in range(2, n):
        if n % x == 0:
            break
    else:
        print(n, "is prime")
i = 0
while i < 5:
    i += 1
    if i == 2:
        continue
    if i == 4:
        break
else:
    print("never")
print(i)
print([(x, y) for x in range(3) for y in range(x) if (x + y) % 2], {k: v for k, v in zip("abc", range(3))}, {x % 3 for x in range(10)})
matrix = [[1, 2], [3, 4]]
print([[row[i] for row in matrix] for i in range(2)], sum(x for row in matrix for x in row))
fs = [lambda x, i=i: x + i for i in range(3)]
print([f(10) for f in fs])
if (n := len("abc")) > 2:
    print(n, [y := 1, y + 1])
print(1 < 2 < 3, 1 < 3 < 2, 0 or "a", "" and 1, not [], 1 if [] else 2, 5 in [1, 5], None is None)
a = b = [1]
b.append(2)
print(a, a is b)
first, *rest = "hello"
print(first, rest)
*init, last = (1, 2, 3)
print(init, last)
(p, q), r = (1, 2), 3
print(p, q, r)
x = 10


def scope():
    global x
    x += 1
    y = 1

    def inner():
        nonlocal y
        y += x
        return y
    return inner()


print(scope(), x)
try:
    undefined_name
except NameError as e:
    print(e)
try:
    def local_error():
        print(zz)
        zz = 1
    local_error()
except UnboundLocalError as e:
    print(e)
for call in [lambda: [][1], lambda: {}["k"], lambda: int("x"), lambda: None.foo, lambda: "a" + 1, lambda: 1 + "a", lambda: len(5), lambda: [1, 2, 3].index(9), lambda: (1).upper(), lambda: range(0)[0], lambda: "abc".split(""), lambda: float("z"), lambda: max([]), lambda: next(iter([])), lambda: (lambda a, b: 0)(1), lambda: (lambda a: 0)(1, 2), lambda: (lambda a: 0)(b=1), lambda: {[]: 1}, lambda: 5 / 0, lambda: 5 % 0, lambda: int([]), lambda: [1] < ["a"], lambda: "%d" % "x", lambda: "{}".format(), lambda: object().x, lambda: 3(), lambda: iter(5), lambda: "a" * "b", lambda: -"a", lambda: sorted([1, "a"]), lambda: dict([1]), lambda: chr(-1), lambda: "x".foo, lambda: "a,b".join([1])]:
    try:
        call()
    except Exception as e:
        print(type(e).__name__, e)
assert True
try:
    assert 1 == 2, "no"
except AssertionError as e:
    print("assert", e)
def kw(a, /, b, *, c=3, **d):
    return a, b, c, d
print(kw(1, 2), kw(1, b=2, c=4, e=5))
def defaults(a, l=[]):
    l.append(a)
    return l
defaults(1)
print(defaults(2))
del a[0]
print(a, b)
s = [0, 1, 2, 3, 4, 5]
s[1:3] = ["x"]
del s[-1]
s[::2]
print(s, s[::-1], s[1:], s[:-1], s[-2:], "hello"[1:4], (1, 2, 3)[::2])
with_exit = []


class M:
    def __enter__(self):
        return self

    def __exit__(self, t, v, tb):
        with_exit.append(t.__name__ if t else None)
        return t is KeyError


def wf():
    with M():
        return 5


print(wf(), with_exit)
with M():
    raise KeyError("swallowed")
print(with_exit)
def walker(n):
    if n:
        yield n
        yield from walker(n - 1)
print(list(walker(4)))
print(*[1, 2], sep="-", end="!\n")
