import base64 as _base64
from zlib import crc32


class Error(ValueError):
    pass


def hexlify(data, sep="", bytes_per_sep=1):
    return bytes(data).hex().encode()


b2a_hex = hexlify


def unhexlify(text):
    text = text.decode() if isinstance(text, bytes) else text
    if len(text) % 2:
        raise Error("Odd-length string")
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise Error("Non-hexadecimal digit found") from None


a2b_hex = unhexlify


def b2a_base64(data, newline=True):
    return _base64.b64encode(data) + (b"\n" if newline else b"")


def a2b_base64(data):
    return _base64.b64decode(data)
