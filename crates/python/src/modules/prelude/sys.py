from _swarmgate import arguments as _arguments, caught as _caught, log as _log

argv = _arguments()
version = "3.11.0 (swarmgate)"
version_info = (3, 11, 0, "final", 0)
platform = "linux"
maxsize = 9223372036854775807
path = ["."]
modules = {}
executable = "swarmgate"
byteorder = "little"


class _Stream:
    def __init__(self, level):
        self.level = level

    def write(self, text):
        if text.strip():
            _log(self.level, "print", text.rstrip("\n"))
        return len(text)

    def flush(self):
        pass

    def isatty(self):
        return False


stdout = _Stream(20)
stderr = _Stream(20)
stdin = _Stream(20)


def exit(code=None):
    raise SystemExit(code)


def exc_info():
    error = _caught()
    return (None, None, None) if error is None else (type(error), error, error.__traceback__)


def getsizeof(value, default=0):
    return 64


def getrecursionlimit():
    return 1000


def setrecursionlimit(limit):
    pass


def intern(text):
    return text
