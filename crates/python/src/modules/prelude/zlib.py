from _deflate import adler32, crc32, gzip_decompress as _gunzip, raw_compress as _raw_compress, raw_decompress as _raw_decompress, zlib_compress as _compress, zlib_decompress as _decompress

MAX_WBITS = 15
Z_DEFAULT_COMPRESSION = -1
Z_BEST_SPEED = 1
Z_BEST_COMPRESSION = 9


class error(Exception):
    pass


def compress(data, level=-1, wbits=15):
    return _raw_compress(data, level) if wbits < 0 else _compress(data, level)


def decompress(data, wbits=15, bufsize=16384):
    made = _raw_decompress(data) if wbits < 0 else _gunzip(data) if wbits > 15 else _decompress(data)
    if made is None:
        raise error("Error -3 while decompressing data: incorrect header check")
    return made
