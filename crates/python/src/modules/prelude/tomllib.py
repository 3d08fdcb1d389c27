import re as _re
from datetime import date as _date, datetime as _datetime, time as _time


class TOMLDecodeError(ValueError):
    pass


_BARE = _re.compile(r"[A-Za-z0-9_-]+")
_NUMBER = _re.compile(r"[+-]?(?:0x[0-9a-fA-F_]+|0o[0-7_]+|0b[01_]+|(?:inf|nan)|[0-9][0-9_]*(?:\.[0-9][0-9_]*)?(?:[eE][+-]?[0-9][0-9_]*)?)")
_MOMENT = _re.compile(r"(\d{4}-\d\d-\d\d)(?:[Tt ](\d\d:\d\d:\d\d(?:\.\d+)?)([Zz]|[+-]\d\d:\d\d)?)?|(\d\d:\d\d:\d\d(?:\.\d+)?)")
_ESCAPES = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", '"': '"', "\\": "\\"}


class _Reader:
    def __init__(self, text):
        self.text, self.at = text.replace("\r\n", "\n"), 0

    def fail(self, why):
        line = self.text.count("\n", 0, self.at) + 1
        column = self.at - self.text.rfind("\n", 0, self.at)
        raise TOMLDecodeError(f"{why} (at line {line}, column {column})")

    def peek(self, size=1):
        return self.text[self.at:self.at + size]

    def skip(self, lines=False):
        # Blanks and, over several lines, comments.
        while self.at < len(self.text):
            c = self.text[self.at]
            if c in " \t" or (lines and c == "\n"):
                self.at += 1
            elif c == "#":
                end = self.text.find("\n", self.at)
                self.at = len(self.text) if end < 0 else end
            else:
                return

    def end_line(self):
        self.skip()
        if self.at < len(self.text):
            if self.text[self.at] != "\n":
                self.fail("Expected newline or end of document after a statement")
            self.at += 1

    def expect(self, sign):
        if self.peek(len(sign)) != sign:
            self.fail(f"Expected {sign!r}")
        self.at += len(sign)

    def key(self):
        parts = []
        while True:
            self.skip()
            if self.peek() in ('"', "'") and self.peek():
                parts.append(self.string())
            else:
                found = _BARE.match(self.peek(200))
                if not found:
                    self.fail("Invalid initial character for a key part")
                parts.append(found.group())
                self.at += found.end()
            self.skip()
            if self.peek() != ".":
                return parts
            self.at += 1

    def string(self):
        quote = self.peek()
        if self.peek(3) == quote * 3:
            return self.long_string(quote)
        self.at += 1
        out = []
        while True:
            c = self.peek()
            if c in ("", "\n"):
                self.fail("Unterminated string")
            self.at += 1
            if c == quote:
                return "".join(out)
            out.append(self.escape() if c == "\\" and quote == '"' else c)

    def long_string(self, quote):
        self.at += 3
        if self.peek() == "\n":
            self.at += 1
        out = []
        while True:
            if self.peek(3) == quote * 3:
                # Up to two of those before the last three are part of the text.
                run = 5 if self.peek(5) == quote * 5 else 4 if self.peek(4) == quote * 4 else 3
                self.at += run
                return "".join(out) + quote * (run - 3)
            c = self.peek()
            if not c:
                self.fail("Unterminated string")
            self.at += 1
            if c == "\\" and quote == '"':
                rest = self.text[self.at:]
                stripped = rest.lstrip(" \t")
                if stripped.startswith("\n"):
                    self.at += len(rest) - len(rest.lstrip(" \t\n"))
                    continue
                c = self.escape()
            out.append(c)

    def escape(self):
        c = self.peek()
        self.at += 1
        if c in _ESCAPES and c:
            return _ESCAPES[c]
        size = {"u": 4, "U": 8}.get(c)
        if size is None:
            self.fail("Unescaped '\\' in a string")
        digits = self.peek(size)
        self.at += size
        try:
            return chr(int(digits, 16))
        except ValueError:
            self.fail("Invalid hex value")

    def value(self):
        self.skip()
        c = self.peek()
        if c in ('"', "'") and c:
            return self.string()
        if c == "[":
            return self.array()
        if c == "{":
            return self.inline()
        for word, value in (("true", True), ("false", False)):
            if self.peek(len(word)) == word:
                self.at += len(word)
                return value
        found = _MOMENT.match(self.peek(200))
        if found:
            self.at += found.end()
            return self.moment(*found.groups())
        found = _NUMBER.match(self.peek(200))
        if not found:
            self.fail("Invalid value")
        self.at += found.end()
        text = found.group().replace("_", "")
        if text.lstrip("+-")[:2] in ("0x", "0o", "0b"):
            return int(text, 0)
        return float(text) if any([part in text for part in (".", "e", "E", "inf", "nan")]) else int(text)

    def moment(self, day, clock, zone, alone):
        if alone:
            return _time.fromisoformat(alone)
        if not clock:
            return _date.fromisoformat(day)
        return _datetime.fromisoformat(f"{day}T{clock}" + ("" if not zone else "+00:00" if zone in "Zz" else zone))

    def array(self):
        self.at += 1
        out = []
        while True:
            self.skip(True)
            if self.peek() == "]":
                self.at += 1
                return out
            out.append(self.value())
            self.skip(True)
            if self.peek() == ",":
                self.at += 1
            elif self.peek() != "]":
                self.fail("Unclosed array")

    def inline(self):
        self.at += 1
        out = {}
        self.skip()
        if self.peek() == "}":
            self.at += 1
            return out
        while True:
            self.pair(out)
            self.skip()
            if self.peek() == "}":
                self.at += 1
                return out
            self.expect(",")

    def pair(self, table):
        parts = self.key()
        self.expect("=")
        value = self.value()
        table = self.down(table, parts[:-1])
        if parts[-1] in table:
            self.fail("Cannot overwrite a value")
        table[parts[-1]] = value

    def down(self, table, parts):
        for part in parts:
            table = table.setdefault(part, {})
            if isinstance(table, list) and table:
                table = table[-1]
            if not isinstance(table, dict):
                self.fail("Cannot overwrite a value")
        return table


def loads(s, /, *, parse_float=float):
    reader, document, named = _Reader(s), {}, set()
    table = document
    while True:
        reader.skip(True)
        if reader.at >= len(reader.text):
            return document
        if reader.peek(2) == "[[":
            reader.at += 2
            parts = reader.key()
            reader.expect("]]")
            items = reader.down(document, parts[:-1]).setdefault(parts[-1], [])
            if not isinstance(items, list):
                reader.fail("Cannot overwrite a value")
            table = {}
            items.append(table)
            named = {name for name in named if name[:len(parts)] != tuple(parts)}
        elif reader.peek() == "[":
            reader.at += 1
            parts = reader.key()
            reader.expect("]")
            if tuple(parts) in named:
                reader.fail("Cannot declare " + repr(tuple(parts)) + " twice")
            named.add(tuple(parts))
            table = reader.down(document, parts)
        else:
            reader.pair(table)
        reader.end_line()


def load(fp, /, *, parse_float=float):
    content = fp.read()
    if isinstance(content, str):
        raise TypeError("File must be opened in binary mode, e.g. use `open('foo.toml', 'rb')`")
    return loads(content.decode(), parse_float=parse_float)
