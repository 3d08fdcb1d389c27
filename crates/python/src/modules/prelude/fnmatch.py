import re as _re


def translate(pattern):
    out, at = "", 0
    while at < len(pattern):
        c = pattern[at]
        at += 1
        if c == "*":
            out += ".*"
        elif c == "?":
            out += "."
        elif c == "[" and "]" in pattern[at + 1:]:
            end = pattern.index("]", at + 1)
            inside = pattern[at:end].replace("\\", "\\\\")
            out += "[" + ("^" + inside[1:] if inside[:1] == "!" else inside) + "]"
            at = end + 1
        else:
            out += _re.escape(c)
    return "(?s:" + out + ")\\Z"


def fnmatchcase(name, pattern):
    return _re.match(translate(pattern), name) is not None


fnmatch = fnmatchcase


def filter(names, pattern):
    return [name for name in names if fnmatchcase(name, pattern)]
