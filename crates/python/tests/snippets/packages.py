import argparse, binascii, bisect, errno, fnmatch, gzip, heapq, http.client, signal, socket, zlib
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from http import HTTPStatus

print([str(Decimal(a) + Decimal(b)) for a, b in (("0.1", "0.2"), ("1e3", "1"), ("-5.50", "5.5"))])
print(str(Decimal("10") / Decimal("3")), Decimal("7") // 2, Decimal("7.5") % 2, Decimal("1.10") * 3)
print(Decimal("2.675").quantize(Decimal("0.01")), Decimal("2.675").quantize(Decimal("0.01"), rounding=ROUND_HALF_UP))
print(Decimal(0.1), repr(Decimal("5.50")), float(Decimal("2.50")), int(Decimal("-2.9")), round(Decimal("2.345"), 2))
print(Decimal("1.0") == 1, hash(Decimal("1.0")) == hash(1), Decimal("1.5") > 1, sorted([Decimal("2"), Decimal("1.5")]), sum([Decimal("0.1")] * 3))
print(f"{Decimal('1234.5'):.2f}", f"{Decimal('1234.5'):,.2f}", str(Decimal("1E-10")), Decimal("1.20").normalize(), {Decimal("1.0"): 1}[1])
try:
    Decimal("many")
except InvalidOperation as error:
    print("InvalidOperation", type(error).__name__)
try:
    Decimal(1) / 0
except ZeroDivisionError as error:
    print(type(error).__name__)

heap = []
for n in (5, 1, 4, 1, 5, 9, 2, 6):
    heapq.heappush(heap, n)
print([heapq.heappop(heap) for _ in range(8)], heapq.nlargest(2, [3, 1, 2]), heapq.nsmallest(2, ["bb", "a", "ccc"], key=len))
values = [7, 3, 9, 1]
heapq.heapify(values)
print(values[0], heapq.heapreplace(values, 4), heapq.heappushpop(values, 0), sorted(values))
grades = [60, 70, 80, 90]
print(bisect.bisect(grades, 80), bisect.bisect_left(grades, 80), bisect.bisect_right([], 1))
bisect.insort(grades, 75)
print(grades)

print(zlib.crc32(b"hello"), zlib.adler32(b"hello"), zlib.decompress(zlib.compress(b"abc" * 100)) == b"abc" * 100)
print(gzip.decompress(gzip.compress("é".encode())).decode(), binascii.hexlify(b"\x00\xff"), binascii.unhexlify("00ff"), binascii.crc32(b""))
try:
    binascii.unhexlify("abc")
except binascii.Error as error:
    print(error)
print(fnmatch.fnmatch("users.csv", "*.csv"), fnmatch.filter(["a1", "b1", "a2"], "a[!2]"), fnmatch.fnmatch("ab", "a?c"))
print(HTTPStatus.NOT_FOUND.phrase, HTTPStatus(418).phrase, http.client.responses[503], http.client.NOT_FOUND == 404)
print(errno.ECONNREFUSED, int(signal.SIGTERM), socket.AF_INET == 2, issubclass(socket.gaierror, OSError))

parser = argparse.ArgumentParser()
parser.add_argument("--name", default="ann")
parser.add_argument("-n", "--count", type=int, default=3)
parser.add_argument("--loud", action="store_true")
parser.add_argument("--tag", action="append")
parser.add_argument("place", nargs="?", default="here")
print(vars(parser.parse_args([])))
print(vars(parser.parse_args(["--name=bob", "-n", "5", "--loud", "--tag", "x", "--tag", "y", "there"])))
print(parser.parse_known_args(["--other", "1"])[1][0], parser.parse_args(["--count", "9"]).count)
