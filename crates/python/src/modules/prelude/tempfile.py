def _refuse(*args, **kwargs):
    from _swarmgate import unsupported
    unsupported("a temporary file (io.BytesIO and io.StringIO are there natively)")


NamedTemporaryFile = TemporaryFile = TemporaryDirectory = SpooledTemporaryFile = mkstemp = mkdtemp = _refuse


def gettempdir():
    return "/tmp"
