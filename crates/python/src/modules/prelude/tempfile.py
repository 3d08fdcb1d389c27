import os as _os
import shutil as _shutil
from _swarmgate import entropy as _entropy

tempdir = None


def gettempdir():
    return "/tmp"


def _name(suffix, prefix, folder):
    letters = "abcdefghijklmnopqrstuvwxyz0123456789_"
    drawn, name = _entropy(), ""
    for _ in range(8):
        name += letters[drawn % len(letters)]
        drawn //= len(letters)
    return f"{folder or gettempdir()}/{'tmp' if prefix is None else prefix}{name}{suffix or ''}"


def mkdtemp(suffix=None, prefix=None, dir=None):
    folder = _name(suffix, prefix, dir)
    _os.mkdir(folder)
    return folder


def mkstemp(suffix=None, prefix=None, dir=None, text=False):
    from _swarmgate import unsupported
    unsupported("tempfile.mkstemp, which gives a number of the system for a file (NamedTemporaryFile is there natively)")


class TemporaryDirectory:
    def __init__(self, suffix=None, prefix=None, dir=None, ignore_cleanup_errors=False, **others):
        self.name = mkdtemp(suffix, prefix, dir)

    def cleanup(self):
        _shutil.rmtree(self.name, ignore_errors=True)

    def __enter__(self):
        return self.name

    def __exit__(self, *details):
        self.cleanup()


class _Temporary:
    # What is written is read again from its start: both at once is what such files are for.
    def __init__(self, mode, name, delete):
        self.name, self.mode, self._delete = name, mode, delete
        self._empty = b"" if "b" in mode else ""
        self._content, self._at, self.closed = self._empty, 0, False
        self.flush()

    def write(self, content):
        self._content = self._content[:self._at] + content + self._content[self._at + len(content):]
        self._at += len(content)
        return len(content)

    def writelines(self, lines):
        for line in lines:
            self.write(line)

    def read(self, size=-1):
        end = len(self._content) if size is None or size < 0 else self._at + size
        part = self._content[self._at:end]
        self._at += len(part)
        return part

    def readline(self):
        end = self._content.find(b"\n" if "b" in self.mode else "\n", self._at)
        return self.read((end + 1 if end >= 0 else len(self._content)) - self._at)

    def readlines(self):
        return list(self)

    def __iter__(self):
        return self

    def __next__(self):
        line = self.readline()
        if not line:
            raise StopIteration
        return line

    def seek(self, at, whence=0):
        self._at = at if whence == 0 else len(self._content) + at if whence == 2 else self._at + at
        return self._at

    def tell(self):
        return self._at

    def truncate(self, size=None):
        self._content = self._content[:self._at if size is None else size]

    def flush(self):
        with open(self.name, "wb" if "b" in self.mode else "w") as file:
            file.write(self._content)

    def close(self):
        if self.closed:
            return
        self.closed = True
        if self._delete:
            _os.remove(self.name)
        else:
            self.flush()

    def __enter__(self):
        return self

    def __exit__(self, *details):
        self.close()


def NamedTemporaryFile(mode="w+b", buffering=-1, encoding=None, newline=None, suffix=None, prefix=None, dir=None, delete=True, **others):
    return _Temporary(mode, _name(suffix, prefix, dir), delete)


TemporaryFile = NamedTemporaryFile


def SpooledTemporaryFile(max_size=0, mode="w+b", **others):
    return NamedTemporaryFile(mode)
