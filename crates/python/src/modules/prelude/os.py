from _swarmgate import environment as _environment, entropy as _entropy, file_bytes as _file_bytes, list_folder as _list_folder, make_folder as _make_folder, remove_file as _remove_file, remove_folder as _remove_folder
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
    unsupported("what the module os does to processes and the rights of files")


system = popen = kill = fork = execv = chmod = chown = symlink = link = chdir = _refuse


class stat_result:
    # Of a file, its size is all there is.
    def __init__(self, size):
        self.st_size = size

    def __getattr__(self, name):
        if name.startswith("st_"):
            from _swarmgate import unsupported
            unsupported(f"{name} of a file")
        raise AttributeError(f"'os.stat_result' object has no attribute '{name}'")


def stat(file, *, dir_fd=None, follow_symlinks=True):
    try:
        return stat_result(_file_bytes(fspath(file)))
    except IsADirectoryError:
        return stat_result(4096)


def remove(file):
    _remove_file(fspath(file))


unlink = remove


def mkdir(folder, mode=511):
    _make_folder(fspath(folder))


def makedirs(name, mode=511, exist_ok=False):
    # Folders above it need not be made: a file's path is all that there is of them.
    try:
        _make_folder(fspath(name).rstrip("/"))
    except FileExistsError:
        if not exist_ok or path.isfile(name):
            raise


def rmdir(folder):
    _remove_folder(fspath(folder))


def rename(source, target):
    source, target = fspath(source), fspath(target)
    with open(source, "rb") as file:
        content = file.read()
    with open(target, "wb") as file:
        file.write(content)
    _remove_file(source)


replace = rename


class DirEntry:
    def __init__(self, folder, name):
        self.name = name
        self.path = path.join(folder, name)

    def is_file(self, follow_symlinks=True):
        return path.isfile(self.path)

    def is_dir(self, follow_symlinks=True):
        return path.isdir(self.path)

    def __fspath__(self):
        return self.path


class _Scan:
    def __init__(self, entries):
        self._entries = iter(entries)

    def __iter__(self):
        return self._entries

    def __next__(self):
        return next(self._entries)

    def __enter__(self):
        return self

    def __exit__(self, *details):
        return None


def scandir(folder="."):
    folder = fspath(folder)
    return _Scan([DirEntry(folder, name) for name in _list_folder(folder)])


def walk(top):
    folders, files = [], []
    for each in _list_folder(str(top)):
        (files if path.isfile(path.join(top, each)) else folders).append(each)
    yield top, folders, files
    for each in folders:
        yield from walk(path.join(top, each))
