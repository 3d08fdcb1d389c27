import os as _os
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

    @property
    def parts(self):
        return (("/",) if self._text.startswith("/") else ()) + tuple([part for part in self._text.split("/") if part not in ("", ".")])

    @property
    def suffixes(self):
        return ["." + part for part in self.name.lstrip(".").split(".")[1:]]

    def is_absolute(self):
        return self._text.startswith("/")

    def with_suffix(self, suffix):
        return Path(self._text[:len(self._text) - len(self.suffix)] + suffix)

    def with_name(self, name):
        return self.parent / name

    def __rtruediv__(self, other):
        return Path(_path.join(str(other), self._text))

    def __hash__(self):
        return hash(self._text)

    def __lt__(self, other):
        return self._text < other._text

    def joinpath(self, *others):
        return Path(self._text, *others)

    def as_posix(self):
        return self._text


class Path(PurePath):
    def resolve(self, strict=False):
        return Path(_path.abspath(self._text))

    absolute = resolve

    def stat(self, follow_symlinks=True):
        return _os.stat(self._text)

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

    def write_text(self, data, encoding="utf-8", errors=None, newline=None):
        with open(self._text, "w", encoding=encoding) as file:
            return file.write(data)

    def write_bytes(self, data):
        with open(self._text, "wb") as file:
            return file.write(data)

    def touch(self, mode=438, exist_ok=True):
        with open(self._text, "a" if exist_ok else "x"):
            pass

    def mkdir(self, mode=511, parents=False, exist_ok=False):
        _os.makedirs(self._text, mode, exist_ok)

    def rmdir(self):
        _os.rmdir(self._text)

    def unlink(self, missing_ok=False):
        try:
            _os.remove(self._text)
        except FileNotFoundError:
            if not missing_ok:
                raise

    def rename(self, target):
        _os.rename(self._text, target)
        return Path(target)

    replace = rename

    def iterdir(self):
        return iter([self / each for each in _os.listdir(self._text)])

    def glob(self, pattern):
        import glob
        return iter([Path(each) for each in glob.glob(_path.join(self._text, pattern), recursive=True)])

    def rglob(self, pattern):
        return self.glob("**/" + pattern)

    @classmethod
    def cwd(cls):
        return Path(".")


PosixPath = Path
