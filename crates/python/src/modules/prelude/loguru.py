from _swarmgate import caught as _caught, log as _log, traceback as _traceback

_LEVELS = {"TRACE": 5, "DEBUG": 10, "INFO": 20, "SUCCESS": 25, "WARNING": 30, "ERROR": 40, "CRITICAL": 50}


class _Context:
    def __enter__(self):
        return self

    def __exit__(self, *details):
        return None


class _Catch:
    # As a decorator and as a context: what is raised is logged, and goes no further unless that is asked for.
    def __init__(self, kinds, reraise, default, message):
        self._kinds, self._reraise, self._default, self._message = kinds, reraise, default, message

    def __call__(self, function):
        def caught(*args, **kwargs):
            try:
                return function(*args, **kwargs)
            except self._kinds as error:
                _log(40, "loguru", f"{self._message}\n{_traceback(error)}")
                if self._reraise:
                    raise
                return self._default
        return caught

    def __enter__(self):
        return None

    def __exit__(self, kind, error, trace):
        if kind is None or not issubclass(kind, self._kinds):
            return False
        _log(40, "loguru", f"{self._message}\n{_traceback(error)}")
        return not self._reraise


class Logger:
    # All of it goes to the log of the test, whatever sinks there are.
    def __init__(self):
        self._sinks = 0

    def _say(self, level, message, args, kwargs, trace=False):
        text = str(message)
        if args or kwargs:
            text = text.format(*args, **kwargs)
        error = _caught() if trace else None
        _log(level, "loguru", text if error is None else f"{text}\n{_traceback(error)}")

    def trace(self, message, *args, **kwargs):
        self._say(5, message, args, kwargs)

    def debug(self, message, *args, **kwargs):
        self._say(10, message, args, kwargs)

    def info(self, message, *args, **kwargs):
        self._say(20, message, args, kwargs)

    success = info

    def warning(self, message, *args, **kwargs):
        self._say(30, message, args, kwargs)

    def error(self, message, *args, **kwargs):
        self._say(40, message, args, kwargs)

    def critical(self, message, *args, **kwargs):
        self._say(50, message, args, kwargs)

    def exception(self, message, *args, **kwargs):
        self._say(40, message, args, kwargs, True)

    def log(self, level, message, *args, **kwargs):
        self._say(_LEVELS.get(level, 20) if isinstance(level, str) else level, message, args, kwargs)

    def add(self, sink, **options):
        if callable(sink):
            from _swarmgate import unsupported
            unsupported("a sink of loguru that is a function")
        self._sinks += 1
        return self._sinks

    def remove(self, handler_id=None):
        pass

    def configure(self, **options):
        return []

    def bind(self, **values):
        return self

    def opt(self, **options):
        return self

    def patch(self, patcher):
        return self

    def contextualize(self, **values):
        return _Context()

    def catch(self, exception=Exception, *, level="ERROR", reraise=False, default=None, message="An error has been caught", **others):
        if callable(exception) and not isinstance(exception, type):
            return _Catch(Exception, reraise, default, message)(exception)
        return _Catch(exception, reraise, default, message)

    def enable(self, name):
        pass

    disable = enable


logger = Logger()
