import io as _io
import os as _os
from _deflate import crc32 as _crc32, raw_compress as _deflate, raw_decompress as _inflate

ZIP_STORED, ZIP_DEFLATED, ZIP_BZIP2, ZIP_LZMA = 0, 8, 12, 14


class BadZipFile(Exception):
    pass


BadZipfile = error = BadZipFile


class LargeZipFile(Exception):
    pass


class ZipInfo:
    def __init__(self, filename="NoName", date_time=(1980, 1, 1, 0, 0, 0)):
        self.filename, self.date_time, self.compress_type = filename, date_time, ZIP_STORED
        self.CRC = self.compress_size = self.file_size = self.header_offset = self.external_attr = 0
        self.comment = self.extra = b""

    def is_dir(self):
        return self.filename.endswith("/")


def _number(data, at, size):
    return int.from_bytes(data[at:at + size], "little")


def _bytes(*pairs):
    return b"".join([number.to_bytes(size, "little") for number, size in pairs])


class ZipFile:
    def __init__(self, file, mode="r", compression=ZIP_STORED, allowZip64=True, compresslevel=None, **others):
        if mode == "a":
            from _swarmgate import unsupported
            unsupported("adding to a zip file")
        self.mode, self.compression, self.level = mode, compression, -1 if compresslevel is None else compresslevel
        self._named = None if hasattr(file, "read") or hasattr(file, "write") else _os.fspath(file)
        self._file = file if self._named is None else None
        self.filename = self._named
        self.filelist, self._data = [], b""
        self._parts, self._at = [], 0
        if mode == "r":
            if self._named is None:
                self._data = self._file.read()
            else:
                with open(self._named, "rb") as source:
                    self._data = source.read()
            self._read_list()

    def _read_list(self):
        data = self._data
        end = data.rfind(b"PK\x05\x06")
        if end < 0:
            raise BadZipFile("File is not a zip file")
        at = _number(data, end + 16, 4)
        for _ in range(_number(data, end + 10, 2)):
            if data[at:at + 4] != b"PK\x01\x02":
                raise BadZipFile("Bad magic number for central directory")
            lengths = [_number(data, at + place, 2) for place in (28, 30, 32)]
            name = data[at + 46:at + 46 + lengths[0]]
            info = ZipInfo(name.decode("utf-8" if _number(data, at + 8, 2) & 0x800 else "latin-1"))
            info.compress_type, info.CRC = _number(data, at + 10, 2), _number(data, at + 16, 4)
            info.compress_size, info.file_size = _number(data, at + 20, 4), _number(data, at + 24, 4)
            info.header_offset = _number(data, at + 42, 4)
            self.filelist.append(info)
            at += 46 + sum(lengths)

    def namelist(self):
        return [info.filename for info in self.filelist]

    def infolist(self):
        return self.filelist

    def getinfo(self, name):
        for info in self.filelist:
            if info.filename == name:
                return info
        raise KeyError(f"There is no item named {name!r} in the archive")

    def read(self, name, pwd=None):
        info = name if isinstance(name, ZipInfo) else self.getinfo(name)
        data, at = self._data, info.header_offset
        at += 30 + _number(data, at + 26, 2) + _number(data, at + 28, 2)
        content = data[at:at + info.compress_size]
        if info.compress_type == ZIP_DEFLATED:
            content = _inflate(content)
        elif info.compress_type != ZIP_STORED:
            raise NotImplementedError("That compression method is not supported")
        if content is None or _crc32(content) != info.CRC:
            raise BadZipFile(f"Bad CRC-32 for file {info.filename!r}")
        return content

    def open(self, name, mode="r", pwd=None, force_zip64=False):
        if mode == "w":
            return _Member(self, name)
        return _io.BytesIO(self.read(name))

    def testzip(self):
        for info in self.filelist:
            try:
                self.read(info)
            except BadZipFile:
                return info.filename
        return None

    def extract(self, member, path=None, pwd=None):
        info = member if isinstance(member, ZipInfo) else self.getinfo(member)
        target = _os.path.join(path or ".", info.filename)
        if info.is_dir():
            _os.makedirs(target, exist_ok=True)
        else:
            with open(target, "wb") as file:
                file.write(self.read(info))
        return target

    def extractall(self, path=None, members=None, pwd=None):
        for member in members or self.namelist():
            self.extract(member, path)

    def writestr(self, zinfo_or_arcname, data, compress_type=None, compresslevel=None):
        info = zinfo_or_arcname if isinstance(zinfo_or_arcname, ZipInfo) else ZipInfo(zinfo_or_arcname)
        if not isinstance(zinfo_or_arcname, ZipInfo):
            info.compress_type = self.compression
        if compress_type is not None:
            info.compress_type = compress_type
        data = data.encode() if isinstance(data, str) else bytes(data)
        if info.compress_type == ZIP_DEFLATED:
            content = _deflate(data, self.level if compresslevel is None else compresslevel)
        elif info.compress_type == ZIP_STORED:
            content = data
        else:
            raise NotImplementedError("That compression method is not supported")
        info.CRC, info.compress_size, info.file_size, info.header_offset = _crc32(data), len(content), len(data), self._at
        name = info.filename.encode()
        head = b"PK\x03\x04" + _bytes((20, 2), *self._common(info)) + _bytes((len(name), 2), (0, 2)) + name
        self._parts += [head, content]
        self._at += len(head) + len(content)
        self.filelist.append(info)

    def _common(self, info):
        year, month, day, hour, minute, second = info.date_time
        time, date = hour << 11 | minute << 5 | second // 2, (year - 1980) << 9 | month << 5 | day
        flags = 0 if info.filename.isascii() else 0x800
        return [(flags, 2), (info.compress_type, 2), (time, 2), (date, 2), (info.CRC, 4), (info.compress_size, 4), (info.file_size, 4)]

    def write(self, filename, arcname=None, compress_type=None, compresslevel=None):
        with open(filename, "rb") as file:
            self.writestr((arcname or _os.fspath(filename)).lstrip("/"), file.read(), compress_type, compresslevel)

    def close(self):
        if self.mode == "r" or self._parts is None:
            return
        listing = b""
        for info in self.filelist:
            name = info.filename.encode()
            listing += b"PK\x01\x02" + _bytes((20, 2), (20, 2), *self._common(info))
            listing += _bytes((len(name), 2), (0, 2), (0, 2), (0, 2), (0, 2), (0, 4), (info.header_offset, 4)) + name
        count = len(self.filelist)
        end = b"PK\x05\x06" + _bytes((0, 2), (0, 2), (count, 2), (count, 2), (len(listing), 4), (self._at, 4), (0, 2))
        data, self._parts = b"".join(self._parts) + listing + end, None
        if self._named is None:
            self._file.write(data)
        else:
            with open(self._named, "wb") as file:
                file.write(data)

    def __enter__(self):
        return self

    def __exit__(self, *details):
        self.close()


class _Member(_io.BytesIO):
    def __init__(self, archive, name):
        super().__init__()
        self._archive, self._name = archive, name

    def close(self):
        self._archive.writestr(self._name, self.getvalue())

    def __exit__(self, *details):
        self.close()


def is_zipfile(file):
    try:
        ZipFile(file)
        return True
    except (BadZipFile, OSError):
        return False
