BOM_UTF8 = b"\xef\xbb\xbf"
_open = open


def open(filename, mode="r", encoding=None, errors="strict", buffering=-1):
    return _open(filename, mode, encoding=encoding or "utf-8", errors=errors)


def encode(obj, encoding="utf-8", errors="strict"):
    if encoding in ("hex", "base64", "rot13", "rot_13"):
        from _swarmgate import unsupported
        unsupported(f"the codec {encoding}")
    return obj.encode(encoding, errors)


def decode(obj, encoding="utf-8", errors="strict"):
    if encoding in ("hex", "base64", "rot13", "rot_13", "unicode_escape"):
        from _swarmgate import unsupported
        unsupported(f"the codec {encoding}")
    return obj.decode(encoding, errors)
