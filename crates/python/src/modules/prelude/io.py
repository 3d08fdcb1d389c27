class StringIO:
    def __init__(self, initial="", newline="\n"):
        self._text = initial
        self._at = 0

    def read(self, size=-1):
        end = len(self._text) if size is None or size < 0 else self._at + size
        part = self._text[self._at:end]
        self._at += len(part)
        return part

    def readline(self):
        end = self._text.find("\n" if isinstance(self._text, str) else b"\n", self._at)
        return self.read((end + 1 if end >= 0 else len(self._text)) - self._at)

    def readlines(self):
        return list(self)

    def write(self, text):
        self._text = self._text[:self._at] + text + self._text[self._at + len(text):]
        self._at += len(text)
        return len(text)

    def getvalue(self):
        return self._text

    def seek(self, at, whence=0):
        self._at = at if whence == 0 else len(self._text) + at if whence == 2 else self._at + at
        return self._at

    def tell(self):
        return self._at

    def truncate(self, size=None):
        self._text = self._text[:self._at if size is None else size]

    def writelines(self, lines):
        for line in lines:
            self.write(line)

    def readable(self):
        return True

    seekable = writable = readable

    def close(self):
        pass

    def flush(self):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *details):
        return None

    def __iter__(self):
        return self

    def __next__(self):
        line = self.readline()
        if not line:
            raise StopIteration
        return line


class BytesIO(StringIO):
    def __init__(self, initial=b""):
        self._text = bytes(initial)
        self._at = 0


TextIOWrapper = StringIO
