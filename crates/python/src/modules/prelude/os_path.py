from _swarmgate import file_bytes as _file_bytes, is_file as _is_file, list_folder as _list_folder


def _text(value):
    return value if isinstance(value, str) else str(value)


def join(first, *others):
    found = _text(first)
    for each in others:
        each = _text(each)
        if each.startswith("/"):
            found = each
        elif not found or found.endswith("/"):
            found += each
        else:
            found += "/" + each
    return found


def split(value):
    value = _text(value)
    at = value.rfind("/") + 1
    head, tail = value[:at], value[at:]
    return (head.rstrip("/") or head), tail


def dirname(value):
    return split(value)[0]


def basename(value):
    return split(value)[1]


def splitext(value):
    value = _text(value)
    name = basename(value)
    at = name.rfind(".")
    if at <= 0:
        return value, ""
    return value[:len(value) - len(name) + at], name[at:]


def normpath(value):
    value = _text(value)
    parts = []
    for part in value.split("/"):
        if part == ".." and parts and parts[-1] != "..":
            parts.pop()
        elif part not in ("", ".") and not (part == ".." and value.startswith("/")):
            parts.append(part)
    return ("/" if value.startswith("/") else "") + "/".join(parts) or "."


def abspath(value):
    return normpath(value)


realpath = abspath


def isabs(value):
    return _text(value).startswith("/")


def isfile(value):
    return _is_file(_text(value))


def isdir(value):
    try:
        _list_folder(_text(value))
        return True
    except OSError:
        return False


def exists(value):
    return isfile(value) or isdir(value)


def getsize(value):
    return _file_bytes(_text(value))


def expanduser(value):
    return value


def expandvars(value):
    return value


def relpath(value, start="."):
    return normpath(value)


sep = "/"
