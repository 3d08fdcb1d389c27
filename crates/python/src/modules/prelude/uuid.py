import hashlib as _hashlib
from random import SystemRandom as _SystemRandom
from _swarmgate import set_key_fields as _set_key_fields, wall_nanos as _wall_nanos

_system = _SystemRandom()


class UUID:
    def __init__(self, hex=None, bytes=None, bytes_le=None, fields=None, int=None, version=None):
        if hex is not None:
            digits = hex.replace("urn:", "").replace("uuid:", "").strip("{}").replace("-", "")
            if len(digits) != 32:
                raise ValueError("badly formed hexadecimal UUID string")
            int = _int(digits, 16)
        elif bytes is not None:
            if len(bytes) != 16:
                raise ValueError("bytes is not a 16-char string")
            int = _int.from_bytes(bytes, "big")
        elif int is None:
            raise TypeError("one of the hex, bytes, bytes_le, fields, or int arguments must be given")
        if version is not None:
            int &= ~(0xc000 << 48)
            int |= 0x8000 << 48
            int &= ~(0xf000 << 64)
            int |= version << 76
        self.int = int

    @property
    def hex(self):
        return "%032x" % self.int

    @property
    def bytes(self):
        return self.int.to_bytes(16, "big")

    @property
    def version(self):
        return (self.int >> 76) & 0xf

    @property
    def urn(self):
        return "urn:uuid:" + str(self)

    def __str__(self):
        digits = "%032x" % self.int
        return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"

    def __repr__(self):
        return f"UUID({str(self)!r})"

    def __eq__(self, other):
        return isinstance(other, UUID) and self.int == other.int

    def __lt__(self, other):
        return self.int < other.int

    def __int__(self):
        return self.int


_int = int
_set_key_fields(UUID, ["int"])
NAMESPACE_DNS = UUID("6ba7b810-9dad-11d1-80b4-00c04fd430c8")
NAMESPACE_URL = UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8")
NAMESPACE_OID = UUID("6ba7b812-9dad-11d1-80b4-00c04fd430c8")
_node = _system.getrandbits(48) | (1 << 40)


def uuid4():
    return UUID(int=_system.getrandbits(128), version=4)


def uuid1(node=None, clock_seq=None):
    ticks = _wall_nanos() // 100 + 0x01b21dd213814000
    clock = _system.getrandbits(14)
    number = (ticks & 0xffffffff) << 96 | (ticks >> 32 & 0xffff) << 80 | (ticks >> 48 & 0x0fff) << 64 | clock << 48 | (node or _node)
    return UUID(int=number, version=1)


def uuid3(namespace, name):
    return UUID(bytes=_hashlib.md5(namespace.bytes + name.encode()).digest(), version=3)


def uuid5(namespace, name):
    return UUID(bytes=_hashlib.sha1(namespace.bytes + name.encode()).digest()[:16], version=5)


def getnode():
    return _node
