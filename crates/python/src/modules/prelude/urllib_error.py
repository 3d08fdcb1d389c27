class URLError(OSError):
    def __init__(self, reason, filename=None):
        super().__init__(reason)
        self.reason = reason

    def __str__(self):
        return f"<urlopen error {self.reason}>"


class HTTPError(URLError):
    def __init__(self, url, code, msg, hdrs, fp):
        super().__init__(msg)
        self.url = self.filename = url
        self.code = self.status = code
        self.msg, self.headers, self.hdrs, self.fp = msg, hdrs, hdrs, fp

    def __str__(self):
        return f"HTTP Error {self.code}: {self.msg}"

    def __getattr__(self, name):
        # It is the answer too.
        if name in ("read", "readline", "getheader", "getheaders", "info", "getcode", "geturl", "close"):
            return getattr(self.__dict__["fp"], name)
        raise AttributeError(f"'HTTPError' object has no attribute '{name}'")
