import sys as _sys
from _swarmgate import caught as _caught, log as _log, traceback as _traceback

CRITICAL = FATAL = 50
ERROR = 40
WARNING = WARN = 30
INFO = 20
DEBUG = 10
NOTSET = 0
_NAMES = {50: "CRITICAL", 40: "ERROR", 30: "WARNING", 20: "INFO", 10: "DEBUG", 0: "NOTSET"}


class Handler:
    def __init__(self, *args, **kwargs):
        self.level = 0

    def setFormatter(self, formatter):
        self.formatter = formatter

    def setLevel(self, level):
        self.level = level

    def addFilter(self, each):
        pass

    def close(self):
        pass

    def flush(self):
        pass


class StreamHandler(Handler):
    pass


class NullHandler(Handler):
    pass


class FileHandler(Handler):
    pass


class Formatter:
    def __init__(self, *args, **kwargs):
        pass


class Filter:
    def __init__(self, name=""):
        self.name = name


class Logger:
    def __init__(self, name, level=NOTSET):
        self.name = name
        self.level = level
        self.handlers = []
        self.propagate = True
        self.disabled = False
        self.parent = None

    def setLevel(self, level):
        self.level = _level(level)

    def getEffectiveLevel(self):
        return self.level or root.level

    def isEnabledFor(self, level):
        return level >= self.getEffectiveLevel() and not self.disabled

    def addHandler(self, handler):
        self.handlers.append(handler)

    def removeHandler(self, handler):
        if handler in self.handlers:
            self.handlers.remove(handler)

    def addFilter(self, each):
        pass

    def hasHandlers(self):
        return True

    def getChild(self, name):
        return getLogger(self.name + "." + name)

    def log(self, level, message, *args, exc_info=None, extra=None, stack_info=False, stacklevel=1):
        if not self.isEnabledFor(level):
            return
        text = str(message)
        if args:
            text = text % (args[0] if len(args) == 1 and isinstance(args[0], dict) else args)
        if exc_info:
            error = exc_info if isinstance(exc_info, BaseException) else _caught()
            if error is not None:
                text += "\n" + _traceback(error)
        _log(level, self.name, text)

    def debug(self, message, *args, **options):
        self.log(DEBUG, message, *args, **options)

    def info(self, message, *args, **options):
        self.log(INFO, message, *args, **options)

    def warning(self, message, *args, **options):
        self.log(WARNING, message, *args, **options)

    warn = warning

    def error(self, message, *args, **options):
        self.log(ERROR, message, *args, **options)

    def exception(self, message, *args, **options):
        options.setdefault("exc_info", True)
        self.log(ERROR, message, *args, **options)

    def critical(self, message, *args, **options):
        self.log(CRITICAL, message, *args, **options)

    fatal = critical


def _level(level):
    if isinstance(level, str):
        for number, name in _NAMES.items():
            if name == level.upper():
                return number
        raise ValueError(f"Unknown level: {level!r}")
    return level


root = Logger("root", INFO)
_loggers = {}


def getLogger(name=None):
    if not name or name == "root":
        return root
    if name not in _loggers:
        _loggers[name] = Logger(name)
        _loggers[name].parent = root
    return _loggers[name]


def getLevelName(level):
    return _NAMES.get(level, f"Level {level}")


def basicConfig(**options):
    # Locust has set up the root logger by then, so that this changes nothing there either unless it is forced.
    if options.get("force") and "level" in options:
        root.setLevel(options["level"])


def disable(level=CRITICAL):
    root.disabled = True


def captureWarnings(capture):
    pass


def addLevelName(level, name):
    _NAMES[level] = name


debug = root.debug
info = root.info
warning = warn = root.warning
error = root.error
exception = root.exception
critical = fatal = root.critical
log = root.log
