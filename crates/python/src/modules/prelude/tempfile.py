import os as _os
import shutil as _shutil
from io import StringIO as _StringIO
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


class _Temporary(_StringIO):
    # What is written is read again from its start: both at once is what such files are for.
    def __init__(self, mode, name, delete):
        super().__init__(b"" if "b" in mode else "")
        self.name, self.mode, self._delete, self.closed = name, mode, delete, False
        self.flush()

    def flush(self):
        with open(self.name, "wb" if "b" in self.mode else "w") as file:
            file.write(self.getvalue())

    def close(self):
        if self.closed:
            return
        self.closed = True
        if self._delete:
            _os.remove(self.name)
        else:
            self.flush()

    def __exit__(self, *details):
        self.close()


def NamedTemporaryFile(mode="w+b", buffering=-1, encoding=None, newline=None, suffix=None, prefix=None, dir=None, delete=True, **others):
    return _Temporary(mode, _name(suffix, prefix, dir), delete)


TemporaryFile = NamedTemporaryFile


def SpooledTemporaryFile(max_size=0, mode="w+b", **others):
    return NamedTemporaryFile(mode)
