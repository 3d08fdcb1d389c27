import os.path as _path


class PurePath:
    def __init__(self, *parts):
        self._text = _path.join(*[str(part) for part in parts]) if parts else "."
        if len(self._text) > 1:
            self._text = self._text.rstrip("/")

    def __str__(self):
        return self._text

    def __fspath__(self):
        return self._text

    def __repr__(self):
        return f"PosixPath({self._text!r})"

    def __truediv__(self, other):
        return Path(_path.join(self._text, str(other)))

    def __eq__(self, other):
        return isinstance(other, PurePath) and self._text == other._text

    @property
    def parent(self):
        return Path(_path.dirname(self._text) or ".")

    @property
    def parents(self):
        found, each = [], self
        while str(each.parent) != str(each):
            each = each.parent
            found.append(each)
        return found

    @property
    def name(self):
        return _path.basename(self._text)

    @property
    def stem(self):
        return _path.splitext(self.name)[0]

    @property
    def suffix(self):
        return _path.splitext(self.name)[1]

    def joinpath(self, *others):
        return Path(self._text, *others)

    def as_posix(self):
        return self._text


class Path(PurePath):
    def resolve(self, strict=False):
        return Path(_path.abspath(self._text))

    absolute = resolve

    def exists(self):
        return _path.exists(self._text)

    def is_file(self):
        return _path.isfile(self._text)

    def is_dir(self):
        return _path.isdir(self._text)

    def open(self, mode="r", **options):
        return open(self._text, mode, **options)

    def read_text(self, encoding="utf-8", errors=None):
        with open(self._text, encoding=encoding) as file:
            return file.read()

    def read_bytes(self):
        with open(self._text, "rb") as file:
            return file.read()

    def iterdir(self):
        from os import listdir
        return iter([self / each for each in listdir(self._text)])


PosixPath = Path
