print("a-b-c".split("-", 1), "a b  c".split(), "x".join("abc"), " pad ".strip(), "xxaxx".strip("x"), "abc".upper(), "Hello World".swapcase(), "hello world".title(), "abc".capitalize())
print("abc".find("c"), "abc".rfind("z"), "abcabc".count("bc"), "a.b.c".rsplit(".", 1), "k=v=w".partition("="), "k=v=w".rpartition("="), "abc".startswith(("x", "a")), "abc".endswith("bc"))
print("42".isdigit(), "4a".isalnum(), "ab".isalpha(), " ".isspace(), "AB".isupper(), "7".zfill(3), "-7".zfill(4), "a".ljust(3, "."), "a".rjust(3), "a".center(4, "*"), "ab".center(5, "*"), "a\nb\r\nc".splitlines())
print("%s|%5s|%-5s|%05d|%.2f|%x|%%|%r" % ("a", "b", "c", 42, 3.14159, 255, "q"), "%(a)s-%(b)d" % {"a": 1, "b": 2})
print("{} {1}".format(1, 2) if False else "{0} {1} {0}".format(1, 2), "{:>8.3f}|{:<6}|{:^6}|{:+d}|{:,}|{:_}|{:x}|{:08b}|{:e}|{:%}".format(3.14159, "ab", "cd", 5, 1234567, 1234567, 255, 5, 12345.678, 0.25))
print("{a[0]} {b.real} {c!r}".format(a=[1], b=5, c="x"), f"{'nested ' + str(1 + 1)!r:>12}", f"{3.0}", f"{1e100}", f"{10:#x}", f"{-5:05}", f"{'é':>3}", f"{1/3:.3}", f"{100000000.0:g}", f"{0.00001:g}")
print(f"{5=} {'a' 'b'}", "tab\tnew\\n", r"raw\n", b"bytes\x00\xff", "é".encode(), b"abc".decode(), "ünï".encode("latin-1"), str(b"x", "utf-8"), bytes([65, 66]), bytearray(b"ab"), b"a" + b"b", b"abc"[1], b"abc"[1:], b"ab".hex(), bytes.fromhex("6162"))
print([1, 2] + [3], [0] * 3, [3, 1, 2].sort(), sorted("cab"), list(reversed([1, 2, 3])), [1, 2, 3].pop(), [1, 2, 3].index(2), [1, 1, 2].count(1))
l = [5, 3, 8]
l.sort(reverse=True)
l.insert(1, 99)
l.remove(3)
l.extend(range(2))
l.reverse()
print(l, l.copy() == l, [1, [2, [3]]], [None, True, 1.0, "s", b"b", (1,), {}, set()])
d = {"a": 1, "b": 2}
d.update(c=3)
d.setdefault("d", []).append(4)
print(d, d.get("z"), d.get("z", 0), d.pop("a"), d.pop("zz", None), list(d.items()), list(d.keys()), list(d.values()), "b" in d, len(d), {**d, "e": 5}, d | {"f": 6}, dict.fromkeys("ab", 0), dict(a=1), dict([("x", 1)]))
for k, v in sorted(d.items(), key=lambda kv: kv[0], reverse=True):
    print(k, v)
s = {1, 2, 3}
s.add(4)
s.discard(9)
print(s, s & {1, 9}, s - {1}, s | {7}, s ^ {1, 10}, {1} <= s, frozenset([1]), len(s), set("aab") == {"a", "b"})
print(7 // 2, -7 // 2, 7 % -3, 2 ** 10, 2 ** -1, 7.5 // 2, -7.5 % 2, 1e3, 1.5e-7, 123456789012345678, 1e22, 1e15, 123456789.123, 0.1, 1 / 3, 2.0, -0.0, float("inf"), float("nan"))
print(int("0x1f", 16), int("101", 2), int(3.9), int(-3.9), int(" 42 "), float("1.5"), round(2.5), round(3.5), round(2.675, 2), round(1234, -2), abs(-5), divmod(7, 3), divmod(-7, 3), pow(2, 10, 1000), min(3, 1, 2), max([1, 5, 3], key=lambda x: -x), sum([1, 2], 10), bool(""), bool([0]))
print(0b101, 0o17, 0xff, 1_000_000, 2 ** 100, -(2 ** 70), 2 ** 100 // 3, 2 ** 100 % 7, 5 & 3, 5 | 3, 5 ^ 3, ~5, 1 << 40, 1 << 70, 1 >> 1, -1 >> 1, True + True, (255).bit_length(), (1024).to_bytes(2, "big"), int.from_bytes(b"\x01\x00", "big"))
print(all([]), any([0, 1]), list(enumerate("ab", 1)), list(zip([1, 2], "ab")), list(map(lambda a, b: a + b, [1, 2], [3, 4])), list(filter(None, [0, 1, 2])), list(range(5, 0, -2)), tuple("ab"), list("ab"), set([1]), isinstance(1, (str, int)), type(1), type("a").__name__, callable(len), chr(65), ord("a"), hex(10), bin(5), oct(8), repr("it's"), repr('say "hi"'), ascii("é"))
print([1, 2] == [1, 2], (1, 2) < (1, 3), [1, 2] < [1, 2, 0], "a" < "b", 1 == 1.0, 1 == True, "1" == 1, None == False, {1: 2} == {1: 2}, hash(1) == hash(1.0), 10 ** 20 == 1e20, 3 > 2.5)
print("abc"[-1], "héllo"[1], "héllo"[1:3], len("héllo"), "héllo".upper(), "a" in "abc", "日本語"[::-1], "x" * 3, "%s" % (1,), "%s" % [1, 2], str(None), str(1.0), str([1, "a"]), str({"a": (1,)}))
print("a\tb".expandtabs(4), "abc".translate(str.maketrans("ab", "xy")), "Abc".casefold(), "abc".removeprefix("a"), "abc".removesuffix("c"), "a,b,,c".split(","), ",".join(str(i) for i in range(3)))
x = [1, 2, 3]
y = x
x += [4]
print(y, x is y)
t = (1, 2)
t += (3,)
print(t, id(x) == id(y))
import copy
deep = copy.deepcopy({"a": [1, {"b": 2}]})
print(deep, copy.copy([1, 2]))
