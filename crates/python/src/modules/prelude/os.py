from _swarmgate import environment as _environment, entropy as _entropy, list_folder as _list_folder
import os.path as path

name = "posix"
sep = "/"
linesep = "\n"
pathsep = ":"
devnull = "/dev/null"


class _Environ(dict):
    def __setitem__(self, key, value):
        if not isinstance(key, str) or not isinstance(value, str):
            raise TypeError(f"str expected, not {type(value if isinstance(key, str) else key).__name__}")
        dict.__setitem__(self, key, value)


environ = _Environ(_environment())
error = OSError


def getenv(key, default=None):
    return environ.get(key, default)


def putenv(key, value):
    environ[key] = value


def getcwd():
    return "."


def getpid():
    return 1


def cpu_count():
    return 1


def listdir(folder="."):
    return _list_folder(str(folder))


def urandom(size):
    return bytes([_entropy() & 255 for _ in range(size)])


def fspath(value):
    return value if isinstance(value, (str, bytes)) else value.__fspath__()


def _refuse(*args, **kwargs):
    from _swarmgate import unsupported
    unsupported("what the module os does to files and processes")


system = popen = remove = rename = mkdir = makedirs = rmdir = kill = fork = execv = unlink = chmod = stat = _refuse


def walk(top):
    folders, files = [], []
    for each in _list_folder(str(top)):
        (files if path.isfile(path.join(top, each)) else folders).append(each)
    yield top, folders, files
    for each in folders:
        yield from walk(path.join(top, each))
