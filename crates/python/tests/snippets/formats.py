import io
import tomllib
import zipfile
import zlib

text = '''
# a file of settings
title = "TOML \\"quoted\\" \\u00e9"
literal = 'C:\\path'
"quoted key" = 1
numbers = [1, -2, +3, 0x1F, 0o17, 0b101, 1_000, 2.5, -1e3, inf, # why
  5e+2,
]
nested = [[1, 2], ["a", 'b'], []]
point = { x = 1, y.z = 2, "w" = {} }
yes = true
no = false
day = 2024-01-02
when = 2024-01-02T03:04:05Z
local = 2024-01-02 03:04:05.5
clock = 03:04:05
long = """
first line
  second \\
     joined "quotes" ""two"" """
raw = \'\'\'
no \\escapes\'\'\'
empty = ""

[server]
host = "localhost"
port = 8080
[server.limits]
a.b.c = 1
a.b.d = 2

[[users]]
name = "ann"
[users.rights]
admin = true
[[users]]
name = "bob"
[[users.cars]]
kind = "van"
[last."dotted.name"]
x = 1
'''
for key, value in tomllib.loads(text).items():
    print(key, "=", repr(value))
print(tomllib.load(io.BytesIO(b"a = 1\r\nb = 2\r\n")))
for broken in ["a = ", "a = 1 b = 2", "= 1", "a = 'x", "[a", "a = 1\na = 2", "[a]\n[a]", "a = [1, 2", "a = 01x", 'a = "\\q"']:
    try:
        tomllib.loads(broken)
        print("accepted", repr(broken))
    except tomllib.TOMLDecodeError as error:
        print("refused", repr(broken))

buffer = io.BytesIO()
with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
    archive.writestr("a.txt", "hello " * 100)
    archive.writestr("data/b.bin", bytes(range(256)))
    archive.writestr("stored.txt", b"as it is", compress_type=zipfile.ZIP_STORED)
    archive.writestr("é.txt", "name")
content = buffer.getvalue()
print(content[:4], zipfile.is_zipfile(io.BytesIO(content)), zipfile.is_zipfile(io.BytesIO(b"none")))
with zipfile.ZipFile(io.BytesIO(content)) as archive:
    print(archive.namelist(), archive.testzip())
    print(archive.read("a.txt") == b"hello " * 100, archive.read("data/b.bin") == bytes(range(256)))
    print([(info.filename, info.file_size, info.compress_type, info.is_dir()) for info in archive.infolist()])
    with archive.open("stored.txt") as member:
        print(member.read())
    try:
        archive.read("none")
    except KeyError as error:
        print(error)
try:
    zipfile.ZipFile(io.BytesIO(b"no archive"))
except zipfile.BadZipFile as error:
    print(error)
raw = zlib.compress(b"x" * 50, wbits=-15)
print(len(raw) < 20, zlib.decompress(raw, -15) == b"x" * 50)


class Matrix:
    def __init__(self, n):
        self.n = n

    def __matmul__(self, other):
        return self.n * (other.n if isinstance(other, Matrix) else other)

    def __rmatmul__(self, other):
        return other - self.n


m = Matrix(3)
print(m @ Matrix(4), m @ 5, 10 @ m)
n = Matrix(2)
n @= 8
print(n)
try:
    None @ len
except TypeError as error:
    print(error)

out = io.StringIO()
print("to", "a file", sep="-", end="!\n", file=out)
print("and on", file=out)
print(repr(out.getvalue()))
