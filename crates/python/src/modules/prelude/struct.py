_SIZES = {"x": 1, "c": 1, "b": 1, "B": 1, "?": 1, "h": 2, "H": 2, "i": 4, "I": 4, "l": 4, "L": 4, "q": 8, "Q": 8, "s": 1}
_NATIVE = {**_SIZES, "l": 8, "L": 8, "n": 8, "N": 8}


class error(Exception):
    pass


def _plan(format):
    # What there is of each kind: order of bytes, and (kind, count, bytes of padding before it, size).
    format = format.decode() if isinstance(format, bytes) else format
    sign = format[:1]
    order = "big" if sign in (">", "!") and sign else "little"
    aligned = sign not in (">", "!", "<", "=") or not sign
    sizes = _NATIVE if aligned else _SIZES
    parts, at, count = [], 0, ""
    for c in format[1:] if sign in ("<", ">", "!", "=", "@") and sign else format:
        if c.isdigit():
            count += c
        elif not c.isspace():
            if c not in sizes:
                if c in "efdPp":
                    from _swarmgate import unsupported
                    unsupported(f"the format {c!r} of struct")
                raise error("bad char in struct format")
            size, times = sizes[c], int(count or 1)
            padding = -at % size if aligned and c != "s" else 0
            parts.append((c, times, padding, size))
            at += padding + size * times
            count = ""
    return order, parts, at


def calcsize(format):
    return _plan(format)[2]


def pack(format, *values):
    order, parts, _ = _plan(format)
    given, out = list(values), b""
    wanted = sum([1 if kind == "s" else 0 if kind == "x" else times for kind, times, _, _ in parts])
    if len(given) != wanted:
        raise error(f"pack expected {wanted} items for packing (got {len(given)})")
    for kind, times, padding, size in parts:
        out += bytes(padding)
        if kind == "x":
            out += bytes(times)
        elif kind == "s":
            piece = given.pop(0)[:times]
            out += piece + bytes(times - len(piece))
        else:
            for _ in range(times):
                value = given.pop(0)
                if kind == "c":
                    out += value
                elif kind == "?":
                    out += b"\1" if value else b"\0"
                else:
                    try:
                        out += value.to_bytes(size, order, signed=kind.islower())
                    except OverflowError:
                        low, high = (-2 ** (8 * size - 1), 2 ** (8 * size - 1) - 1) if kind.islower() else (0, 2 ** (8 * size) - 1)
                        name = {"b": "byte", "B": "ubyte"}.get(kind, repr(kind))
                        raise error(f"{name} format requires {low} <= number <= {high}") from None
    return out


def unpack_from(format, buffer, offset=0):
    order, parts, size = _plan(format)
    if len(buffer) - offset < size:
        raise error(f"unpack_from requires a buffer of at least {size + offset} bytes for unpacking {size} bytes at offset {offset} (actual buffer size is {len(buffer)})")
    out, at = [], offset
    for kind, times, padding, size in parts:
        at += padding
        if kind == "s":
            out.append(bytes(buffer[at:at + times]))
        elif kind != "x":
            for n in range(times):
                piece = bytes(buffer[at + n * size:at + (n + 1) * size])
                out.append(piece if kind == "c" else piece != b"\0" if kind == "?" else int.from_bytes(piece, order, signed=kind.islower()))
        at += times * size
    return tuple(out)


def unpack(format, buffer):
    size = calcsize(format)
    if len(buffer) != size:
        raise error(f"unpack requires a buffer of {size} bytes")
    return unpack_from(format, buffer)


def iter_unpack(format, buffer):
    size = calcsize(format)
    return iter([unpack_from(format, buffer, at) for at in range(0, len(buffer), size)])


class Struct:
    def __init__(self, format):
        self.format, self.size = format, calcsize(format)

    def pack(self, *values):
        return pack(self.format, *values)

    def unpack(self, buffer):
        return unpack(self.format, buffer)
