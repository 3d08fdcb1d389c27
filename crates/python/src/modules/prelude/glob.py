import fnmatch as _fnmatch
import os as _os


def _below(folder):
    try:
        names = _os.listdir(folder or ".")
    except OSError:
        return []
    return [name for name in names if not name.startswith(".")]


def iglob(pathname, *, root_dir=None, recursive=False):
    found = [""]
    for part in str(pathname).split("/"):
        after = []
        for base in found:
            prefix = base + "/" if base else ""
            if part == "**" and recursive:
                after.append(base)
                folders = [base]
                while folders:
                    folder = folders.pop()
                    for name in _below(folder):
                        path = folder + "/" + name if folder else name
                        after.append(path)
                        if _os.path.isdir(path):
                            folders.append(path)
            elif any(c in part for c in "*?["):
                after += [prefix + name for name in _fnmatch.filter(_below(base), part)]
            elif part in ("", ".") or _os.path.exists(prefix + part):
                after.append(prefix + part if part else base)
        found = after
    return iter([path for path in found if path])


def glob(pathname, *, root_dir=None, recursive=False):
    return list(iglob(pathname, recursive=recursive))


def escape(pathname):
    return "".join(["[" + c + "]" if c in "*?[" else c for c in pathname])
