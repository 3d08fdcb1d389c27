import random, json, math, re
class A:
    x = 1
    def __init__(self, n): self.n = n
    def go(self): return self.n + self.x
    @property
    def p(self): return self.n * 2
    @p.setter
    def p(self, v): self.n = v
class B(A):
    def __init__(self, n):
        super().__init__(n)
        self.m = [i*i for i in range(n) if i % 2]
    def go(self): return super().go() + 1
b = B(5); b.p = 7
print(b.go(), b.p, b.m)
def gen(n):
    for i in range(n):
        got = yield i
        if got: print("got", got)
print(list(gen(3)), sum(x for x in gen(4)))
try:
    {}["a"]
except KeyError as e:
    print("KeyError", e, repr(e))
finally:
    print("fin")
def f(a, *args, k=1, **kw): return (a, args, k, kw)
print(f(1,2,3,k=4,z=5), f(*[1,2], **{"q": 1}))
print(f"{3.14159:.2f} {'x':>5} {b.n!r:04} {1000000:,}")
random.seed(42); print(random.random(), random.randint(1,100), random.choice("abc"), random.sample(range(100), 5), random.uniform(1, 2), random.choices([1,2,3], weights=[1,2,3], k=4))
print(json.dumps({"a":[1,2.5,None,True],"b":"é\n"}), json.loads('{"x": [1, 2, {"y": null}]}'))
print(re.findall(r'(\w+)=(\d+)', "a=1 b=22"), re.sub(r'\d', lambda m: str(int(m.group())+1), "a1b2"))
def outer():
    c = 0
    def inc():
        nonlocal c
        c += 1
        return c
    return inc
i = outer(); i(); print(i())
x, (y, *z) = 1, (2, 3, 4); print(x, y, z)
print(sorted([3,1,2], key=lambda v: -v), {1,2} | {3}, {**{"a":1}, "b":2}, [*range(3)], 2**100, -7//2, -7%3, 7/2, 1e16, 1e-5, 0.1+0.2)
def g():
    for i in range(3):
        try:
            if i == 1: continue
            if i == 2: return "r"
        finally:
            print("f", i)
print(g())
while True:
    try:
        raise ValueError("v")
    except (TypeError, ValueError) as e:
        print(type(e).__name__, e); break
print("%s %05.1f %d %r" % ("a", 2.25, 7, "q"), "{:>4}|{a}".format(1, a=2), "a,b".split(","), "abc"[::-1])
print(math.sqrt(16), 10**20, hex(255), isinstance(True, int), [i for i in map(str, range(3))], dict(zip("ab", [1,2])))
