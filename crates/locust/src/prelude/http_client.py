from _http_client import *
from _locust import exchange as _exchange
from _locust_core import CaseInsensitiveDict as _CaseInsensitiveDict, _SAFE
from io import BytesIO as _BytesIO
from urllib.parse import quote as _quote


class _Message(_CaseInsensitiveDict):
    def get_all(self, name, default=None):
        return [self[name]] if name in self else default

    get_content_type = lambda self: self.get("content-type", "text/plain").split(";")[0]


class HTTPResponse(_BytesIO):
    version = 11

    def __init__(self, status, reason, headers, body):
        super().__init__(body)
        self.status = self.code = status
        self.reason, self._pairs = reason, headers
        self.headers = self.msg = _Message()
        for name, value in headers:
            self.headers[name] = value if name not in self.headers else self.headers[name] + ", " + value

    def getheader(self, name, default=None):
        return self.headers.get(name, default)

    def getheaders(self):
        return list(self._pairs)

    def info(self):
        return self.headers

    def getcode(self):
        return self.status

    def isclosed(self):
        return self._at >= len(self._text)


class HTTPConnection:
    # Sends and waits as `requests` does: what it asks for is not counted.
    default_port = HTTP_PORT
    debuglevel = 0
    _scheme = "http"

    def __init__(self, host, port=None, timeout=None, source_address=None, blocksize=8192, context=None, **others):
        if port is None and ":" in host and not host.endswith("]"):
            host, _, port = host.rpartition(":")
        self.host, self.port, self.timeout = host, int(port or self.default_port), timeout
        self._answer = self._sent = None
        self._verify = context is None or getattr(context, "check_hostname", True)

    def set_debuglevel(self, level):
        self.debuglevel = level

    def connect(self):
        pass

    def close(self):
        self._answer = None

    def set_tunnel(self, *args, **kwargs):
        from _swarmgate import unsupported
        unsupported("a tunnel of http.client")

    def putrequest(self, method, url, *args, **kwargs):
        self._sent = (method, url, {})

    def putheader(self, name, *values):
        self._sent[2][name] = ", ".join([value if isinstance(value, str) else str(value) for value in values])

    def endheaders(self, message_body=None, **others):
        self.request(*self._sent[:2], message_body, self._sent[2])

    def request(self, method, url, body=None, headers={}, encode_chunked=False):
        if hasattr(body, "read"):
            body = body.read()
        elif body is not None and not isinstance(body, (str, bytes)):
            body = b"".join(body)
        if isinstance(body, str):
            body = body.encode("latin-1")
        pairs = [(name, str(value)) for name, value in dict(headers).items() if name.lower() != "content-length"]
        if not any([name.lower() == "accept-encoding" for name, _ in pairs]):
            pairs.insert(0, ("Accept-Encoding", "identity"))
        authority = self.host if self.port == self.default_port else f"{self.host}:{self.port}"
        where = f"{self._scheme}://{authority}{_quote(url if url.startswith('/') else '/' + url, _SAFE)}"
        answer = _exchange(method, where, pairs, body, self.timeout, self.timeout, self._verify, False)
        if answer[0] == 0:
            kinds = {"timeout": TimeoutError, "connect_timeout": TimeoutError, "refused": ConnectionRefusedError}
            raise kinds.get(answer[1], ConnectionError)(answer[2])
        self._answer = HTTPResponse(*answer)

    def getresponse(self):
        if self._answer is None:
            raise ResponseNotReady("Idle")
        answer, self._answer = self._answer, None
        return answer


class HTTPSConnection(HTTPConnection):
    default_port = HTTPS_PORT
    _scheme = "https"


class CannotSendRequest(HTTPException):
    pass


class ResponseNotReady(HTTPException):
    pass
