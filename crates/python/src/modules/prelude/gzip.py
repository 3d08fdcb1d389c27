from _deflate import gzip_compress as _compress, gzip_decompress as _decompress


class BadGzipFile(OSError):
    pass


def compress(data, compresslevel=9, mtime=None):
    return _compress(data, compresslevel)


def decompress(data):
    made = _decompress(data)
    if made is None:
        raise BadGzipFile("Not a gzipped file")
    return made


def _refuse(*args, **kwargs):
    from _swarmgate import unsupported
    unsupported("files of gzip (only compress() and decompress() are there natively)")


open = GzipFile = _refuse
