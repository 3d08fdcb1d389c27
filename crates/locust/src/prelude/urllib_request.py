from _urllib_request import *
from http.client import HTTPResponse as _Response
from _locust_core import ConnectionError as _ConnectionError, Session as _Session, Timeout as _Timeout
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit as _urlsplit


class Request:
    def __init__(self, url, data=None, headers={}, origin_req_host=None, unverifiable=False, method=None):
        self.full_url, self.data, self.headers, self.method = url, data, {}, method
        for name, value in headers.items():
            self.add_header(name, value)

    def add_header(self, name, value):
        self.headers[name.capitalize()] = value

    add_unredirected_header = add_header

    def has_header(self, name):
        return name in self.headers

    def get_header(self, name, default=None):
        return self.headers.get(name, default)

    def get_method(self):
        return self.method or ("GET" if self.data is None else "POST")

    def get_full_url(self):
        return self.full_url

    @property
    def host(self):
        return _urlsplit(self.full_url).netloc


class _Opened(_Response):
    def geturl(self):
        return self.url


def urlopen(url, data=None, timeout=None, *, context=None, **others):
    request = url if isinstance(url, Request) else Request(url, data)
    if data is not None:
        request.data = data
    if isinstance(request.data, str):
        raise TypeError("POST data should be bytes, an iterable of bytes, or a file object. It cannot be of type str.")
    session = _Session()
    session.headers.clear()
    session.headers.update({"Accept-Encoding": "identity", "User-Agent": "Python-urllib/3.11", "Connection": "close"})
    headers = dict(request.headers)
    if request.data is not None:
        headers.setdefault("Content-type", "application/x-www-form-urlencoded")
    verify = context is None or getattr(context, "check_hostname", True)
    try:
        answer = session.request(request.get_method(), request.full_url, data=request.data, headers=headers, timeout=timeout, verify=verify)
    except _Timeout as error:
        raise URLError(TimeoutError(str(error)))
    except _ConnectionError as error:
        raise URLError(getattr(error, "_lowest", error))
    opened = _Opened(answer.status_code, answer.reason, list(answer.headers.items()), answer.content)
    opened.url = answer.url
    if answer.status_code >= 400:
        raise HTTPError(answer.url, answer.status_code, answer.reason, opened.headers, opened)
    return opened


def urlretrieve(url, filename=None, reporthook=None, data=None):
    import tempfile
    opened = urlopen(url, data)
    name = filename or tempfile.NamedTemporaryFile(delete=False).name
    with open(name, "wb") as file:
        file.write(opened.read())
    return name, opened.headers
