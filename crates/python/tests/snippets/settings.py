import codecs
import configparser
import io
import mimetypes
import struct

config = configparser.ConfigParser()
config.read_string("""
[DEFAULT]
timeout = 30
[server]
Host = localhost
port: 8080
url = http://%(host)s:%(port)s/
; a comment
secure = yes
ratio=0.5
text = one
   two
[empty]
""")
print(config.sections(), config.options("server"), "server" in config, "none" in config)
print(config["server"]["host"], config.get("server", "URL"), config.getint("server", "port"), config.getboolean("server", "secure"))
print(config["server"].getint("timeout"), config.getfloat("server", "ratio"), repr(config["server"]["text"]))
print(config.get("server", "none", fallback="f"), config["empty"].get("x"), config["empty"].get("timeout"), config.has_option("server", "port"))
print(dict(config["server"]), config.read("not/there.ini"), list(config))
for wrong in (lambda: config.get("no", "x"), lambda: config.get("server", "x"), lambda: config["no"], lambda: config["server"]["x"],
              lambda: configparser.ConfigParser().read_string("a = 1"), lambda: config.getboolean("server", "host")):
    try:
        wrong()
    except (configparser.Error, KeyError, ValueError) as error:
        print(type(error).__name__, str(error).splitlines()[0])
config["new"] = {"a": 1}
config.set("new", "b", "two")
out = io.StringIO()
config.write(out)
print(out.getvalue())

print(struct.pack(">HIb", 1, 2, -3), struct.pack("<q?4s", -1, True, b"ab"), struct.calcsize("@bI"), struct.calcsize("<bI"))
print(struct.unpack("!IH", b"\x00\x00\x01\x00\x00\x05"), struct.unpack("<2h3x2s", b"\x01\x00\xff\xff\x00\x00\x00hi"), struct.unpack_from("B", b"abc", 1))
for wrong in (lambda: struct.pack("B", 300), lambda: struct.unpack("I", b"12"), lambda: struct.pack("2B", 1)):
    try:
        wrong()
    except struct.error as error:
        print(error)
print(mimetypes.guess_type("a/b/photo.JPG"), mimetypes.guess_type("x.tar.gz"), mimetypes.guess_type("none"), mimetypes.guess_type("f.json?x=1.png")[1])
print(codecs.encode("é"), codecs.decode(b"\xc3\xa9", "utf-8"), codecs.BOM_UTF8)
print((-3).to_bytes(2, "big", signed=True), (127).to_bytes(1, "little", signed=True), (0).to_bytes(2, "big", signed=True), (-128).to_bytes(1, "big", signed=True))
for wrong in (lambda: (128).to_bytes(1, "big", signed=True), lambda: (-1).to_bytes(1, "big"), lambda: (-129).to_bytes(1, "big", signed=True)):
    try:
        print(wrong())
    except OverflowError as error:
        print(error)
print(int.from_bytes(b"\xff\xfe", "big", signed=True), int.from_bytes(b"\xff\xfe", "little"))
