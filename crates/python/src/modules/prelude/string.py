import re as _re

ascii_lowercase = "abcdefghijklmnopqrstuvwxyz"
ascii_uppercase = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
ascii_letters = ascii_lowercase + ascii_uppercase
digits = "0123456789"
hexdigits = digits + "abcdefABCDEF"
octdigits = "01234567"
punctuation = r"""!"#$%&'()*+,-./:;<=>?@[\]^_`{|}~"""
whitespace = " \t\n\r\v\f"
printable = digits + ascii_letters + punctuation + whitespace


def capwords(text, sep=None):
    return (sep or " ").join(word.capitalize() for word in text.split(sep))


class Template:
    _pattern = _re.compile(r"\$(?:(\$)|([_a-zA-Z][_a-zA-Z0-9]*)|\{([_a-zA-Z][_a-zA-Z0-9]*)\}|())")

    def __init__(self, template):
        self.template = template

    def _fill(self, names, strict):
        def one(found):
            if found.group(1):
                return "$"
            name = found.group(2) or found.group(3)
            if name is None:
                if strict:
                    raise ValueError("Invalid placeholder in string")
                return found.group()
            if name in names:
                return str(names[name])
            if strict:
                raise KeyError(name)
            return found.group()
        return self._pattern.sub(one, self.template)

    def substitute(self, mapping={}, /, **names):
        return self._fill({**mapping, **names}, True)

    def safe_substitute(self, mapping={}, /, **names):
        return self._fill({**mapping, **names}, False)
