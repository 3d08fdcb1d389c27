import base64 as _base64
import json as _json_module
import logging as _logging
import random as _random
import time as _time
from datetime import timedelta as _timedelta
from urllib.parse import quote as _quote, unquote as _unquote, urlencode as _urlencode, urljoin as _urljoin, urlsplit as _urlsplit, urlunsplit as _urlunsplit
from _locust import exchange as _exchange, report as _report, sleep as _sleep, host as _host, user_error as _user_error, options as _options, stop_test as _stop_test, run_time as _run_time, user_count as _user_count, between, constant

_logger = _logging.getLogger("locust")


class LocustError(Exception): pass
class MissingWaitTimeError(LocustError): pass
class ResponseError(Exception): pass
class CatchResponseError(Exception): pass


class InterruptTaskSet(Exception):
    def __init__(self, reschedule=True):
        self.reschedule = reschedule


class RescheduleTask(Exception): pass
class RescheduleTaskImmediately(Exception): pass
class StopUser(Exception): pass
class StopTest(Exception): pass
class _TimeIsOver(BaseException): pass


class RequestException(OSError):
    def __init__(self, *args, request=None, response=None):
        super().__init__(*args)
        self.request = request
        self.response = response


class HTTPError(RequestException): pass
class ConnectionError(RequestException): pass
class ProxyError(ConnectionError): pass
class SSLError(ConnectionError): pass
class Timeout(RequestException): pass
class ConnectTimeout(ConnectionError, Timeout): pass
class ReadTimeout(Timeout): pass
class TooManyRedirects(RequestException): pass
class MissingSchema(RequestException, ValueError): pass
class InvalidSchema(RequestException, ValueError): pass
class InvalidURL(RequestException, ValueError): pass
class ChunkedEncodingError(RequestException): pass
class ContentDecodingError(RequestException): pass
class InvalidHeader(RequestException, ValueError): pass


class JSONDecodeError(RequestException, _json_module.JSONDecodeError): pass


_builtin_refused = ConnectionRefusedError
_ERRORS = {"timeout": ReadTimeout, "connect_timeout": ConnectTimeout, "tls": SSLError, "connection": ConnectionError}


class EventHook:
    def __init__(self):
        self._handlers = []

    def add_listener(self, handler):
        self._handlers.append(handler)
        return handler

    def remove_listener(self, handler):
        self._handlers.remove(handler)

    def __iadd__(self, handler):
        self.add_listener(handler)
        return self

    def fire(self, *, reverse=False, **kwargs):
        for handler in list(reversed(self._handlers)) if reverse else list(self._handlers):
            try:
                handler(**kwargs)
            except (StopUser, RescheduleTask, RescheduleTaskImmediately, InterruptTaskSet, StopTest):
                raise
            except Exception:
                _logger.error("Uncaught exception in event handler", exc_info=True)


class _RequestHook(EventHook):
    def fire(self, *, reverse=False, **kwargs):
        _report(str(kwargs.get("request_type", "")), str(kwargs.get("name", "")), float(kwargs.get("response_time") or 0),
                int(kwargs.get("response_length") or 0), _failure_text(kwargs.get("exception")))
        super().fire(reverse=reverse, **kwargs)


class _OldRequestHook(EventHook):
    # Of Locust before 2.0: one for requests that succeeded, one for those that failed.
    def __init__(self, has_failed):
        super().__init__()
        self._has_failed = has_failed

    def add_listener(self, handler):
        has_failed = self._has_failed

        def told(request_type, name, response_time, response_length, exception=None, **others):
            if has_failed and exception is not None:
                handler(request_type=request_type, name=name, response_time=response_time, response_length=response_length, exception=exception)
            elif not has_failed and exception is None:
                handler(request_type=request_type, name=name, response_time=response_time, response_length=response_length)
        events.request.add_listener(told)
        return handler

    def fire(self, *, exception=None, **kwargs):
        events.request.fire(exception=exception if self._has_failed else None, **kwargs)


def _failure_text(error):
    if error is None:
        return None
    if isinstance(error, str):
        return error
    return repr(error) if not isinstance(error, HTTPError) and not isinstance(error, CatchResponseError) else _shown(error)


def _shown(error):
    text = str(error)
    return f"{type(error).__name__}({text!r})" if isinstance(error, CatchResponseError) else f"{type(error).__name__}({text!r})"


class Events:
    def __init__(self):
        self.request = _RequestHook()
        for name in ("user_error", "report_to_master", "worker_report", "worker_connect", "spawning_complete", "quitting", "quit", "init",
                     "init_command_line_parser", "test_start", "test_stopping", "test_stop", "reset_stats", "cpu_warning", "heartbeat_sent",
                     "heartbeat_received", "usage_monitor"):
            setattr(self, name, EventHook())
        self.request_success, self.request_failure = _OldRequestHook(False), _OldRequestHook(True)


events = Events()


class CaseInsensitiveDict(dict):
    # Kept under lower-case names, shown as they were written.
    def __init__(self, items=None, **more):
        super().__init__()
        self._shown = {}
        self.update(items, **more)

    def __setitem__(self, name, value):
        lower = name.lower()
        dict.__setitem__(self, lower, value)
        self._shown[lower] = name

    def __getitem__(self, name):
        return dict.__getitem__(self, name.lower())

    def __delitem__(self, name):
        dict.__delitem__(self, name.lower())
        self._shown.pop(name.lower(), None)

    def __contains__(self, name):
        return name.lower() in self._shown

    def get(self, name, default=None):
        return dict.get(self, name.lower(), default)

    def pop(self, name, *default):
        self._shown.pop(name.lower(), None)
        return dict.pop(self, name.lower(), *default)

    def setdefault(self, name, default=None):
        if name not in self:
            self[name] = default
        return self[name]

    def update(self, items=None, **more):
        if items is not None:
            for name, value in items.items() if hasattr(items, "items") else items:
                self[name] = value
        for name, value in more.items():
            self[name] = value

    def clear(self):
        dict.clear(self)
        self._shown.clear()

    def items(self):
        return list(zip(self._shown.values(), dict.values(self)))

    def keys(self):
        return list(self._shown.values())

    def __iter__(self):
        return iter(list(self._shown.values()))

    def __repr__(self):
        return repr(dict(self.items()))

    def copy(self):
        made = CaseInsensitiveDict()
        dict.update(made, self)
        made._shown.update(self._shown)
        return made


class _Cookie:
    def __init__(self, name, value, domain="", path="/", secure=False):
        self.name, self.value, self.domain, self.path, self.secure = name, value, domain, path, secure


class CookieJar:
    def __init__(self, items=None):
        self._cookies = []
        self.update(items or {})

    def set(self, name, value, domain="", path="/", secure=False, **others):
        self._cookies = [c for c in self._cookies if (c.name, c.domain, c.path) != (name, domain, path)]
        if value is not None:
            self._cookies.append(_Cookie(name, value, domain, path, secure))

    def set_cookie(self, cookie):
        self.set(cookie.name, cookie.value, cookie.domain, cookie.path, cookie.secure)

    def get(self, name, default=None, domain=None, path=None):
        for cookie in self._cookies:
            if cookie.name == name and domain in (None, cookie.domain):
                return cookie.value
        return default

    def get_dict(self, domain=None, path=None):
        return {c.name: c.value for c in self._cookies}

    def clear(self, *args):
        self._cookies = []

    clear_session_cookies = clear

    def update(self, other):
        if isinstance(other, CookieJar):
            for cookie in other._cookies:
                self.set_cookie(cookie)
        else:
            for name, value in other.items():
                self.set(name, value)

    def items(self):
        return [(c.name, c.value) for c in self._cookies]

    def keys(self):
        return [c.name for c in self._cookies]

    def values(self):
        return [c.value for c in self._cookies]

    def copy(self):
        return CookieJar(self)

    def __getitem__(self, name):
        for cookie in self._cookies:
            if cookie.name == name:
                return cookie.value
        raise KeyError(f"name={name!r}, domain=None, path=None")

    def __setitem__(self, name, value):
        self.set(name, value)

    def __delitem__(self, name):
        self._cookies = [c for c in self._cookies if c.name != name]

    def __contains__(self, name):
        return any(c.name == name for c in self._cookies)

    def __iter__(self):
        return iter(self._cookies)

    def __len__(self):
        return len(self._cookies)

    def _take(self, text, parts):
        pair, *attributes = text.split(";")
        name, equals, value = pair.partition("=")
        if not equals:
            return
        domain, path, secure, gone = parts.hostname or "", "", False, False
        for each in attributes:
            key, _, given = each.strip().partition("=")
            key = key.lower()
            if key == "domain" and given:
                domain = given.lstrip(".").lower()
                host = parts.hostname or ""
                if host != domain and not host.endswith("." + domain):
                    return
                domain = "." + domain
            elif key == "path" and given.startswith("/"):
                path = given
            elif key == "secure":
                secure = True
            elif key == "max-age":
                gone = given.lstrip("-").isdigit() and int(given) <= 0
            elif key == "expires" and "1970" in given:
                gone = True
        if not path:
            path = parts.path[:parts.path.rfind("/")] or "/"
        self.set(name.strip(), None if gone else value.strip().strip('"'), domain, path, secure)

    def _line(self, parts):
        host, path = parts.hostname or "", parts.path or "/"
        fits = []
        for c in self._cookies:
            domain = c.domain
            if domain and not (host == domain.lstrip(".") or (domain.startswith(".") and host.endswith(domain))):
                continue
            if c.secure and parts.scheme != "https":
                continue
            if c.path == path or (path.startswith(c.path) and (c.path.endswith("/") or path[len(c.path):len(c.path) + 1] == "/")):
                fits.append(c)
        fits.sort(key=lambda c: -len(c.path))
        return "; ".join([f"{c.name}={c.value}" for c in fits])


RequestsCookieJar = CookieJar
_SAFE = "!#$%&'()*+,/:;=?@[]~"
_REASONS = {400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 500: "Internal Server Error", 502: "Bad Gateway", 503: "Service Unavailable"}


class PreparedRequest:
    def __init__(self, method, url, headers, body):
        self.method, self.url, self.headers, self.body = method, url, headers, body

    @property
    def path_url(self):
        at = self.url.find("/", 8)
        return self.url[at:] if at > 0 else "/"


class Response:
    error = None
    url = None
    _manual_result = None
    _entered = False
    _catch_response = True
    # The parts of the answer to a plain request; others are made by `_send`, which sets what these would give.
    _own = None

    def __init__(self):
        self.status_code = 0
        self._content = b""
        self._raw = ()
        self._taken = 0
        self.reason = self.request = None

    def __getattr__(self, name):
        # What few scripts look at is made when it is asked for.
        if name == "headers":
            self.headers = found = CaseInsensitiveDict()
            for key, value in self._raw if self._own is None else self._own.headers():
                before = found.get(key)
                found[key] = value if before is None else before + ", " + value
            return found
        if name == "encoding":
            self.encoding = found = _charset(self.headers.get("content-type"))
            return found
        if name == "elapsed":
            return _timedelta(seconds=self._taken if self._own is None else self._own.taken())
        if name == "cookies":
            self.cookies = found = CookieJar()
            return found
        if name == "history":
            self.history = found = []
            return found
        if name == "reason":
            self.reason = found = self._own.reason()
            return found
        if name == "request":
            method, url, headers, body = self._own.request()
            self.request = found = PreparedRequest(method, url, CaseInsensitiveDict(headers), body)
            return found
        if name == "_meta":
            self._meta = found = {} if self._own is None else _meta_of(self._own.session(), {}, *self._own.meta())
            return found
        raise AttributeError(f"'Response' object has no attribute '{name}'")

    @property
    def content(self):
        return self._content

    @property
    def text(self):
        if not self._content:
            return ""
        return str(self._content, self.encoding or "utf-8", "replace")

    @property
    def ok(self):
        # As with Locust, asking a request that came to no answer raises why.
        try:
            self.raise_for_status()
        except HTTPError:
            return False
        return True

    @property
    def is_redirect(self):
        return self.status_code in (301, 302, 303, 307, 308) and "location" in self.headers

    @property
    def request_meta(self):
        return {**self._meta, "response": self, "exception": None}

    @property
    def apparent_encoding(self):
        return "utf-8"

    def __bool__(self):
        return self.ok

    def json(self, **options):
        try:
            return _json_module.loads(self._content if self.encoding in (None, "utf-8") else self.text, **options)
        except _json_module.JSONDecodeError as error:
            raise JSONDecodeError(*error.args) from None

    def iter_lines(self, chunk_size=512, decode_unicode=False, delimiter=None):
        return iter(self.text.splitlines() if decode_unicode else self._content.splitlines())

    def iter_content(self, chunk_size=1, decode_unicode=False):
        size = chunk_size or len(self._content) or 1
        return iter([self._content[at:at + size] for at in range(0, len(self._content), size)])

    def close(self):
        pass

    def raise_for_status(self):
        if self._manual_result is None:
            if self.error is not None:
                raise self.error
            if 400 <= self.status_code < 600:
                kind = "Client" if self.status_code < 500 else "Server"
                raise HTTPError(f"{self.status_code} {kind} Error: {self.reason} for url: {self.url}", response=self)
        elif isinstance(self._manual_result, Exception):
            raise self._manual_result

    def __enter__(self):
        self._entered = True
        if not self._catch_response:
            raise LocustError("In order to use a with-block for requests, you must also pass catch_response=True")
        return self

    def __exit__(self, kind, value, trace):
        if self._manual_result is not None:
            self._tell(None if self._manual_result is True else self._manual_result)
            return kind is None
        if kind is not None:
            if not isinstance(value, ResponseError):
                return False
            self._tell(value)
            return True
        # Failures are told apart by their text: it has the request's name in place of its URL.
        failure = None
        url, self.url = self.url, self._meta["name"]
        try:
            self.raise_for_status()
        except RequestException as error:
            failure = getattr(error, "_lowest", error)
        self.url = url
        self._tell(failure)
        return True

    def _tell(self, failure):
        if self._own is not None and not events.request._handlers:
            self._own.count(_failure_text(failure))
            return
        # Nothing that the response holds may hold the response: what is in such a circle is never freed.
        events.request.fire(**self._meta, response=self, exception=failure)

    def success(self):
        self._check_entered()
        self._manual_result = True

    def failure(self, exc):
        self._check_entered()
        self._manual_result = exc if isinstance(exc, Exception) else CatchResponseError(exc)

    def _check_entered(self):
        if not self._entered:
            raise LocustError("Tried to set status on a request that has not yet been made. Make sure you use a with-block, like this:\n\nwith self.client.request(..., catch_response=True) as response:\n    response.success()")

    def __repr__(self):
        return f"<Response [{self.status_code}]>"


ResponseContextManager = Response


def _meta_of(session, context, method, name, taken, size, began, url):
    # What listeners of requests are told.
    if session.user is not None:
        context = {**session.user.context(), **context}
    return {"request_type": method, "response_time": taken, "name": name, "context": context, "start_time": began, "url": url,
            "response_length": size}


class AuthBase:
    pass


class HTTPBasicAuth(AuthBase):
    def __init__(self, username, password):
        self.username, self.password = username, password

    def __call__(self, request):
        pair = f"{self.username}:{self.password}".encode("latin-1")
        request.headers["Authorization"] = "Basic " + _base64.b64encode(pair).decode()
        return request


def HTTPDigestAuth(*args):
    from _swarmgate import unsupported
    unsupported("HTTPDigestAuth")


class _Rename:
    def __init__(self, session, name):
        self.session, self.name = session, name

    def __enter__(self):
        self.session.request_name = self.name

    def __exit__(self, *details):
        self.session.request_name = None


def _multipart(files, data):
    boundary = "%032x" % _random.getrandbits(128)
    out = []
    for name, value in (data.items() if hasattr(data, "items") else data or []):
        for each in value if isinstance(value, (list, tuple)) else [value]:
            text = each if isinstance(each, bytes) else str(each).encode()
            out.append(f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'.encode() + text + b"\r\n")
    for name, value in files.items() if hasattr(files, "items") else files:
        kind, extra = None, {}
        if isinstance(value, (tuple, list)):
            filename, content = value[0], value[1]
            kind = value[2] if len(value) > 2 else None
            extra = value[3] if len(value) > 3 else {}
        else:
            content = value
            filename = getattr(value, "name", name)
            filename = filename.split("/")[-1] if isinstance(filename, str) else name
        if hasattr(content, "read"):
            content = content.read()
        if isinstance(content, str):
            content = content.encode()
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"'
        if filename is not None:
            head += f'; filename="{filename}"'
        if kind:
            head += f"\r\nContent-Type: {kind}"
        for key, text in (extra or {}).items():
            head += f"\r\n{key}: {text}"
        out.append(head.encode() + b"\r\n\r\n" + content + b"\r\n")
    out.append(f"--{boundary}--\r\n".encode())
    return b"".join(out), f"multipart/form-data; boundary={boundary}"


def _check_headers(headers):
    for name, value in headers.items():
        for part, text in (("name", name), ("value", value)):
            if not isinstance(text, (str, bytes)):
                raise InvalidHeader(f"Header part ({text!r}) from ({name!r}, {value!r}) must be of type str or bytes, not {type(text)}")
            plain = text if isinstance(text, str) else text.decode("latin-1")
            if "\r" in plain or "\n" in plain or plain[:1].isspace() or (part == "name" and (not plain or ":" in plain)):
                raise InvalidHeader(f"Invalid leading whitespace, reserved character(s), or return character(s) in header {part}: {text!r}")


class Session:
    _checks_headers = True

    def __init__(self):
        self._headers = CaseInsensitiveDict({"User-Agent": "python-requests/2.32.3", "Accept-Encoding": "identity", "Accept": "*/*", "Connection": "keep-alive"})
        self.cookies = CookieJar()
        self.auth = None
        self.verify = True
        self.params = {}
        self.proxies = {}
        self.trust_env = True
        self.max_redirects = 30
        self.cert = None
        self.hooks = {}

    @property
    def headers(self):
        return self._headers

    @headers.setter
    def headers(self, headers):
        self._headers = headers

    def close(self):
        pass

    def mount(self, prefix, adapter):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *details):
        return None

    def _prepare(self, method, url, params, data, json, headers, cookies, files, auth):
        if isinstance(url, bytes):
            url = url.decode()
        sent, parts, username = _place(url)
        merged = {**dict(self.params), **params} if self.params and isinstance(params, dict) else (params or self.params)
        if merged:
            if isinstance(merged, dict):
                merged = {name: value for name, value in merged.items() if value is not None}
            extra = merged if isinstance(merged, str) else merged.decode() if isinstance(merged, bytes) else _urlencode(merged, doseq=True)
            if extra:
                sent += ("&" if "?" in sent else "?") + _quote(extra, _SAFE)
        url = sent
        merged_headers = self._headers.copy()
        for name, value in (headers or {}).items():
            if value is None:
                merged_headers.pop(name, None)
            else:
                merged_headers[name] = value
        body = kind = None
        if json is not None and not data and not files:
            body, kind = _json_module.dumps(json).encode(), "application/json"
        elif files:
            body, kind = _multipart(files, data or {})
        elif data:
            if isinstance(data, (str, bytes)):
                body = data.encode() if isinstance(data, str) else data
            elif hasattr(data, "read"):
                body = data.read()
                body = body.encode() if isinstance(body, str) else body
            elif isinstance(data, (dict, list, tuple)):
                pairs = data.items() if hasattr(data, "items") else data
                body, kind = _urlencode([(n, v) for n, v in pairs if v is not None], doseq=True).encode(), "application/x-www-form-urlencoded"
            else:
                body = b"".join([part.encode() if isinstance(part, str) else part for part in data])
        if kind and "Content-Type" not in merged_headers:
            merged_headers["Content-Type"] = kind
        if self._checks_headers:
            _check_headers(merged_headers)
        prepared = PreparedRequest(method.upper(), url, merged_headers, body)
        auth = auth or self.auth
        if auth is None and username:
            auth = (_unquote(username), _unquote(parts.password or ""))
        if isinstance(auth, (tuple, list)) and len(auth) == 2:
            auth = HTTPBasicAuth(*auth)
        if auth:
            prepared = auth(prepared) or prepared
        jar = self.cookies
        if cookies:
            jar = jar.copy()
            jar.update(cookies)
        line = jar._line(parts) if jar._cookies else ""
        if line and "Cookie" not in prepared.headers:
            prepared.headers["Cookie"] = line
        return prepared

    def _send(self, prepared, timeout, allow_redirects, verify, answer=None, begun=None):
        # A tuple is for connecting and for reading.
        connect, read = timeout if isinstance(timeout, tuple) else (timeout, timeout)
        history = []
        while True:
            if answer is None:
                begun = _time.perf_counter()
                answer = _exchange(prepared.method, prepared.url, prepared.headers.items(), prepared.body, read, connect, verify is not False, bool(history))
            response = Response()
            response.request, response.url = prepared, prepared.url
            if history:
                response.history = list(history)
            response._taken = _time.perf_counter() - begun
            if answer[0] == 0:
                response.error = _ERRORS.get(answer[1], ConnectionError)(answer[2], request=prepared)
                response._content = None
                if answer[1] == "refused":
                    response.error._lowest = _builtin_refused(111, "Connection refused")
                return response
            response.status_code, response.reason, response._raw, response._content = answer
            answer = None
            for name, value in response._raw:
                if len(name) == 10 and name.lower() == "set-cookie":
                    parts = _place(prepared.url)[1]
                    self.cookies._take(value, parts)
                    response.cookies._take(value, parts)
            if not allow_redirects or not response.is_redirect:
                return response
            if len(history) >= self.max_redirects:
                response.error = TooManyRedirects(f"Exceeded {self.max_redirects} redirects.", request=prepared)
                response.status_code = 0
                return response
            history.append(response)
            url = _urljoin(prepared.url, response.headers["location"].strip())
            method, body = prepared.method, prepared.body
            if (response.status_code == 303 and method != "HEAD") or (response.status_code == 302 and method != "HEAD") or (response.status_code == 301 and method == "POST"):
                method = "GET"
            headers = prepared.headers.copy()
            if response.status_code not in (307, 308):
                body = None
                for name in ("Content-Length", "Content-Type", "Transfer-Encoding"):
                    headers.pop(name, None)
            parts, before = _urlsplit(url), _urlsplit(prepared.url)
            if parts.netloc != before.netloc:
                headers.pop("Authorization", None)
            headers.pop("Cookie", None)
            url = _urlunsplit((parts.scheme, parts.netloc, _quote(parts.path or "/", _SAFE), _quote(parts.query, _SAFE), ""))
            line = self.cookies._line(parts)
            if line:
                headers["Cookie"] = line
            prepared = PreparedRequest(method, url, headers, body)

    def request(self, method, url, params=None, data=None, headers=None, cookies=None, files=None, auth=None, timeout=None, allow_redirects=True,
                proxies=None, hooks=None, stream=None, verify=None, cert=None, json=None):
        prepared = self._prepare(method, url, params, data, json, headers, cookies, files, auth)
        response = self._send(prepared, timeout, allow_redirects, self.verify if verify is None else verify)
        if response.error is not None:
            raise response.error
        return response

    def get(self, url, **kwargs):
        return self.request("GET", url, **kwargs)

    def options(self, url, **kwargs):
        return self.request("OPTIONS", url, **kwargs)

    def head(self, url, **kwargs):
        kwargs.setdefault("allow_redirects", False)
        return self.request("HEAD", url, **kwargs)

    def post(self, url, data=None, json=None, **kwargs):
        return self.request("POST", url, data=data, json=json, **kwargs)

    def put(self, url, data=None, **kwargs):
        return self.request("PUT", url, data=data, **kwargs)

    def patch(self, url, data=None, **kwargs):
        return self.request("PATCH", url, data=data, **kwargs)

    def delete(self, url, **kwargs):
        return self.request("DELETE", url, **kwargs)


_KEPT = {}


def _place(url):
    # A URL as it is sent, taken apart: most tests ask for the same ones again and again.
    kept = _KEPT.get(url)
    if kept is None:
        parts = _urlsplit(url.strip())
        if not parts.scheme:
            raise MissingSchema(f"Invalid URL {url!r}: No scheme supplied. Perhaps you meant https://{url}?")
        if parts.scheme not in ("http", "https"):
            raise InvalidSchema(f"No connection adapters were found for {url!r}")
        if not parts.hostname:
            raise InvalidURL(f"Invalid URL {url!r}: No host supplied")
        try:
            parts.port
        except ValueError:
            # A path without its slash behind the host.
            raise InvalidURL(f"Failed to parse: {url}") from None
        sent = _urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], _quote(parts.path or "/", _SAFE), _quote(parts.query, _SAFE), ""))
        if len(_KEPT) >= 500:
            _KEPT.clear()
        kept = _KEPT[url] = (sent, parts, parts.username)
    return kept


def _charset(kind):
    if not kind:
        return None
    for part in kind.split(";")[1:]:
        name, _, value = part.strip().partition("=")
        if name.lower() == "charset":
            return value.strip("'\" ")
    if "text" in kind:
        return "ISO-8859-1"
    return "utf-8" if "application/json" in kind else None


class HttpSession(Session):
    def __init__(self, base_url, request_event=None, user=None, *args, **kwargs):
        super().__init__()
        parts = _urlsplit(base_url)
        if parts.username:
            self.auth = HTTPBasicAuth(_unquote(parts.username), _unquote(parts.password or ""))
            base_url = _urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, parts.query, parts.fragment))
        self.base_url = base_url
        self.user = user
        self.request_name = None

    def rename_request(self, name):
        return _Rename(self, name)

    def _build_url(self, path):
        lower = path[:8].lower()
        return path if lower.startswith("http://") or lower.startswith("https://") else self.base_url + path

    def request(self, method, url, name=None, catch_response=False, context={}, params=None, data=None, headers=None, cookies=None, files=None,
                auth=None, timeout=None, allow_redirects=True, proxies=None, hooks=None, stream=None, verify=None, cert=None, json=None):
        name = name or self.request_name
        if proxies or cert or hooks:
            from _swarmgate import unsupported
            unsupported("proxies, cert and hooks of a request")
        begun = _time.perf_counter()
        try:
            prepared = self._prepare(method, self._build_url(url), params, data, json, headers, cookies, files, auth)
        except InvalidHeader as error:
            # As with Locust, it counts as a request that failed.
            prepared, response = PreparedRequest(method.upper(), _place(self._build_url(url))[0], CaseInsensitiveDict(), None), Response()
            response.request, response.url, response.error, response._content = prepared, prepared.url, error, None
            return self._counted(response, method, name or prepared.path_url, prepared.url, context, begun, catch_response, stream)
        response = self._send(prepared, timeout, allow_redirects, self.verify if verify is None else verify)
        return self._counted(response, method, name or prepared.path_url, prepared.url, context, begun, catch_response, stream)

    def _counted(self, response, method, name, url, context, begun, catch_response, stream):
        taken = _time.perf_counter() - begun
        size = int(response.headers.get("content-length") or 0) if stream else len(response._content or b"")
        response._catch_response = catch_response
        response._meta = _meta_of(self, context, method, name, taken * 1000, size, _time.time() - taken, url)
        if not catch_response:
            response.__exit__(None, None, None)
        return response


def _finish(session, method, url, headers, body, answer, timeout, allow_redirects, verify, name, catch_response, begun):
    # The answer to a request that was sent as a plain one, and turned out to need more.
    prepared = PreparedRequest(method, url, CaseInsensitiveDict(headers), body)
    response = session._send(prepared, timeout, allow_redirects, verify, answer, begun)
    return session._counted(response, method, name, url, {}, begun, catch_response, None)


class _RestResponse:
    def __init__(self, response):
        self._response = response

    def __enter__(self):
        response = self._response.__enter__()
        response.js = None
        if response._content:
            try:
                response.js = response.json()
            except ValueError as error:
                response.failure(f"Could not parse response as JSON. {error}, response code {response.status_code}")
        return response

    def __exit__(self, kind, value, trace):
        if kind is not None and issubclass(kind, AssertionError):
            self._response.failure(str(value) or "AssertionError")
            kind = value = None
            self._response.__exit__(None, None, None)
            return True
        return self._response.__exit__(kind, value, trace)


class FastHttpSession(HttpSession):
    _checks_headers = False

    def __init__(self, base_url, *args, **kwargs):
        super().__init__(base_url, *args, **kwargs)
        self._headers = CaseInsensitiveDict({"Accept-Encoding": "identity"})

    # As with Locust, a script may set this, and nothing comes of it: `default_headers` is what is sent.
    @property
    def headers(self):
        try:
            return self._ignored
        except AttributeError:
            raise AttributeError("'FastHttpSession' object has no attribute 'headers'") from None

    @headers.setter
    def headers(self, headers):
        if headers:
            _logger.warning("headers of a FastHttpUser's client are not sent: set default_headers of the class, or headers of each request")
        self._ignored = headers


class User:
    host = None
    min_wait = max_wait = None
    tasks = []
    weight = 1
    fixed_count = 0
    abstract = True
    _state = "running"

    def __init_subclass__(cls, **kwargs):
        _gather(cls)
        if "abstract" not in cls.__dict__:
            cls.abstract = False

    def __init__(self, environment):
        self.environment = environment
        self._cp_last_run = _time.perf_counter()
        self._cp_last_wait_time = 0

    def on_start(self):
        pass

    def on_stop(self):
        pass

    def wait_time(self):
        return 0

    def context(self):
        return {}

    def stop(self, force=False):
        self._state = "stopping"
        return True

    def wait(self):
        self._taskset_instance.wait()

    def interrupt(self, reschedule=True):
        raise InterruptTaskSet(reschedule)

    @classmethod
    def fullname(cls):
        return cls.__name__


def _gather(cls):
    found = []
    for base in reversed(cls.__bases__):
        if "tasks" in base.__dict__ and isinstance(base.__dict__["tasks"], list):
            found += base.__dict__["tasks"]
    if "tasks" in cls.__dict__:
        tasks = cls.__dict__["tasks"]
        for task in tasks.items() if isinstance(tasks, dict) else tasks:
            if isinstance(task, tuple):
                found += [task[0]] * task[1]
            else:
                found.append(task)
    for item in list(cls.__dict__.values()):
        weight = getattr(item, "locust_task_weight", None) if not isinstance(item, property) else None
        if weight is not None:
            found += [item] * weight
    cls.tasks = found


class HttpUser(User):
    abstract = True
    pool_manager = None

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.host is None:
            raise LocustError("You must specify the base host. Either in the host attribute in the User class, or on the command line using the --host option.")
        self.client = HttpSession(self.host, user=self)
        self.client.trust_env = False


class FastHttpUser(User):
    abstract = True
    network_timeout = 60.0
    connection_timeout = 60.0
    max_redirects = 30
    max_retries = 0
    insecure = True
    default_headers = None
    concurrency = 10
    client_pool = None
    ssl_context_factory = None
    proxy_host = proxy_port = None

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.host is None:
            raise LocustError("You must specify the base host. Either in the host attribute in the User class, or on the command line using the --host option.")
        self.client = FastHttpSession(self.host, user=self)
        self.client.verify = False
        self.client.max_redirects = self.max_redirects
        if self.default_headers:
            self.client._headers.update(self.default_headers)

    def rest(self, method, url, headers=None, **kwargs):
        merged = {"Content-Type": "application/json", "Accept": "application/json", **(headers or {})}
        return _RestResponse(self.client.request(method, url, catch_response=True, headers=merged, **kwargs))

    def rest_(self, method, url, name=None, **kwargs):
        from _swarmgate import unsupported
        unsupported("FastHttpUser.rest_")


class _Old:
    # Users as they were written for Locust before 1.0: one set of tasks, and waits in milliseconds.
    task_set = None
    wait_function = None

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        if cls.task_set is not None:
            cls.tasks = [cls.task_set]
            _logger.warning("%s is written for a Locust before 1.0; it is run as such", cls.__name__)

    def wait_time(self):
        return _old_wait(self, 1000)


def _old_wait(holder, default):
    if holder.wait_function is not None:
        return holder.wait_function() / 1000.0
    low = default if holder.min_wait is None else holder.min_wait
    return _random.randint(low, max(low, low if holder.max_wait is None else holder.max_wait)) / 1000.0


class Locust(_Old, User):
    abstract = True


class HttpLocust(_Old, HttpUser):
    abstract = True


class FastHttpLocust(_Old, FastHttpUser):
    abstract = True


class TaskSet:
    tasks = []
    min_wait = max_wait = None
    wait_function = None

    def __init_subclass__(cls, **kwargs):
        _gather(cls)

    def __init__(self, parent):
        self._task_queue = []
        if isinstance(parent, TaskSet):
            self._user = parent.user
        else:
            self._user = parent
        self._parent = parent

    @property
    def user(self):
        return self._user

    locust = user

    @property
    def parent(self):
        return self._parent

    @property
    def client(self):
        return self._user.client

    def on_start(self):
        pass

    def on_stop(self):
        pass

    def run(self):
        user = self._user
        try:
            self.on_start()
        except InterruptTaskSet as error:
            raise (RescheduleTaskImmediately if error.reschedule else RescheduleTask)(error.reschedule)
        while True:
            try:
                if not self._task_queue:
                    self._task_queue.append(self.get_next_task())
                try:
                    if user._state == "stopping":
                        raise StopUser()
                    self.execute_task(self._task_queue.pop(0))
                except RescheduleTaskImmediately:
                    pass
                except RescheduleTask:
                    self.wait()
                else:
                    self.wait()
            except InterruptTaskSet as error:
                self._leave()
                raise (RescheduleTaskImmediately if error.reschedule else RescheduleTask)(error.reschedule)
            except (StopUser, StopTest, _TimeIsOver):
                self._leave()
                raise
            except Exception as error:
                events.user_error.fire(user_instance=user, exception=error, tb=error.__traceback__)
                _user_error(error)
                self.wait()

    def _leave(self):
        try:
            self.on_stop()
        except (StopUser, StopTest):
            raise
        except Exception:
            _logger.error("Uncaught exception in on_stop", exc_info=True)

    def execute_task(self, task):
        if getattr(task, "__self__", None) is self:
            task()
        elif isinstance(task, type) and issubclass(task, TaskSet):
            task(self).run()
        else:
            task(self)

    def schedule_task(self, task, first=False):
        self._task_queue.insert(0 if first else len(self._task_queue), task)

    def get_next_task(self):
        if not self.tasks:
            raise Exception(f"No tasks defined on {type(self).__name__}. use the @task decorator or set the 'tasks' attribute of the TaskSet")
        return _random.choice(self.tasks)

    def wait_time(self):
        if isinstance(self._user, _Old) and (self.min_wait is not None or self.wait_function is not None):
            return _old_wait(self, 1000)
        if self._user.wait_time:
            return self._user.wait_time()
        if self.min_wait is not None and self.max_wait is not None:
            return _random.randint(self.min_wait, self.max_wait) / 1000.0
        raise MissingWaitTimeError(f"You must define a wait_time method on either the {type(self._user).__name__} or {type(self).__name__} class")

    def wait(self):
        user = self._user
        if user._state == "stopping":
            raise StopUser()
        user._state = "waiting"
        _sleep(self.wait_time())
        if user._state == "stopping":
            raise StopUser()
        user._state = "running"

    def interrupt(self, reschedule=True):
        raise InterruptTaskSet(reschedule)


class SequentialTaskSet(TaskSet):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._at = 0

    def get_next_task(self):
        if not self.tasks:
            raise LocustError("No tasks defined. Use the @task decorator or set the 'tasks' attribute of the SequentialTaskSet")
        task = self.tasks[self._at % len(self.tasks)]
        self._at += 1
        return task


class TaskSequence(SequentialTaskSet):
    # Of Locust before 1.0.
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.tasks = sorted(self.tasks, key=lambda task: getattr(task, "locust_task_order", 1))


def seq_task(order):
    def decorate(function):
        function.locust_task_order = order
        if not hasattr(function, "locust_task_weight"):
            function.locust_task_weight = 1
        return function
    return decorate


class NoMarkovTasksError(LocustError): pass
class InvalidTransitionError(LocustError): pass
class NonMarkovTaskTransitionError(LocustError): pass
class MarkovTaskTagError(LocustError): pass


def transitions(weights):
    pairs = weights.items() if isinstance(weights, dict) else [each if isinstance(each, tuple) else (each, 1) for each in weights]

    def decorate(function):
        if not hasattr(function, "transitions"):
            function.transitions = {}
        function.transitions.update(dict(pairs))
        return function
    return decorate


def transition(func_name, weight=1):
    return transitions([(func_name, weight)])


class MarkovTaskSet(TaskSet):
    # From each step one of those follows that it names, by weight; the first that is written down begins.
    abstract = True

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        own = cls.__dict__
        if own.get("abstract"):
            return
        cls.abstract = False
        steps = [each for each in list(own.values()) if hasattr(each, "transitions")]
        if not steps:
            raise NoMarkovTasksError(f"No Markov tasks defined in class {cls.__name__}. Use the @transition(s) decorators to define some.")
        for step in steps:
            for name in step.transitions:
                target = own.get(name)
                if target is None:
                    raise InvalidTransitionError(f"Transition to {name} from {step.__name__} is invalid since no such element exists on class {cls.__name__}")
                if not hasattr(target, "transitions"):
                    raise NonMarkovTaskTransitionError(f"{cls.__name__}.{name} cannot be used as a target for a transition since it does not define any transitions of its own.Used as a transition from {step.__name__}.")
            if hasattr(step, "locust_tag_set"):
                raise MarkovTaskTagError(f"Tags are unsupported for MarkovTaskSet since they can make the markov chain invalid. Tags detected on {cls.__name__}.{step.__name__}: {step.locust_tag_set}")
        for step in steps:
            step.transitions = [name for name, weight in step.transitions.items() for _ in range(weight)]
        cls.current = steps[0]

    def get_next_task(self):
        step = self.current
        self.current = getattr(self, _random.choice(step.transitions))
        return step


class DefaultTaskSet(TaskSet):
    def get_next_task(self):
        if not self._user.tasks:
            raise Exception(f"No tasks defined on {type(self._user).__name__}. Use the @task decorator or set the 'tasks' attribute of the User (or mark it as abstract = True if you only intend to subclass it)")
        return _random.choice(self._user.tasks)

    def execute_task(self, task):
        if isinstance(task, type) and issubclass(task, TaskSet):
            task(self._user).run()
        else:
            task(self._user)


def task(weight=1):
    def decorate(function):
        if getattr(function, "__name__", "") in ("on_stop", "on_start"):
            _logger.warning("You have tagged your on_stop/start function with @task. This will make the method get called both as a task AND on stop/start.")
        function.locust_task_weight = weight
        return function
    if callable(weight):
        function, weight = weight, 1
        return decorate(function)
    return decorate


def tag(*tags):
    if not tags or callable(tags[0]):
        raise ValueError("No tag name was supplied")

    def decorate(function):
        function.locust_tag_set = set(getattr(function, "locust_tag_set", ())) | set(tags)
        return function
    return decorate


def constant_pacing(seconds):
    def wait(user):
        run = _time.perf_counter() - user._cp_last_run - user._cp_last_wait_time
        user._cp_last_wait_time = max(0, seconds - run)
        user._cp_last_run = _time.perf_counter()
        return user._cp_last_wait_time
    return wait


def constant_throughput(rate):
    return constant_pacing(1 / rate)


def poisson(rate):
    return lambda user: _random.expovariate(rate)


class LoadTestShape:
    abstract = True
    use_common_options = False

    def __init_subclass__(cls):
        if "abstract" not in cls.__dict__:
            cls.abstract = False

    def __init__(self):
        self.runner = None

    def reset_time(self):
        pass

    def get_run_time(self):
        return _run_time()

    def get_current_user_count(self):
        return _user_count()

    def tick(self):
        return None


def run_single_user(*args, **kwargs):
    from _swarmgate import unsupported
    unsupported("run_single_user()")


class Runner:
    def __init__(self, environment):
        self.environment = environment
        self.state = "ready"
        self.target_user_count = 0

    @property
    def user_count(self):
        return _user_count()

    @property
    def stats(self):
        return self.environment.stats

    def __getattr__(self, name):
        # What a runner of Locust has, and this one has not.
        if name in ("start", "start_shape", "spawn_users", "greenlet", "clients", "worker_count", "user_greenlets", "exceptions", "errors", "cpu_usage"):
            from _swarmgate import unsupported
            unsupported(f"environment.runner.{name}")
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")

    def quit(self):
        self.state = "stopping"
        _stop_test("runner.quit()")

    stop = quit

    def register_message(self, name, listener, concurrent=False):
        from _swarmgate import unsupported
        unsupported("messages between workers")

    send_message = register_message


class LocalRunner(Runner): pass
class MasterRunner(Runner): pass
class WorkerRunner(Runner): pass


class Options:
    def __init__(self, values):
        for name, value in values.items():
            setattr(self, name, value)


class Environment:
    def __init__(self):
        self.events = events
        self.host = _host()
        self.parsed_options = Options(_options())
        self.runner = LocalRunner(self)
        self.process_exit_code = None
        self.catch_exceptions = True
        self.reset_stats = False
        self.shape_class = None
        self.web_ui = None
        self.tags = None
        self.exclude_tags = None
        self.user_classes = []
        self.available_user_classes = {}

    @property
    def stats(self):
        found = self.__dict__.get("_stats")
        if found is None:
            from locust.stats import RequestStats
            found = self._stats = RequestStats()
        return found


environment = Environment()


_STATES = {"test_start": "spawning", "spawning_complete": "running", "test_stopping": "stopping", "test_stop": "stopped"}


def _fire_event(name):
    environment.runner.state = _STATES.get(name, environment.runner.state)
    getattr(events, name).fire(environment=environment)


def _take_options():
    # What a locustfile adds to the command line: what was typed, LOCUST_* variables, defaults.
    import sys
    environment._untaken = sys.argv[1:]
    if not events.init_command_line_parser._handlers:
        return
    import argparse
    parser = argparse.ArgumentParser()
    parser._env_prefix = "LOCUST_"
    events.init_command_line_parser.fire(parser=parser)
    taken, environment._untaken = parser.parse_known_args(environment._untaken)
    for name, value in taken.__dict__.items():
        if not hasattr(environment.parsed_options, name):
            setattr(environment.parsed_options, name, value)


def _keep(task, tags, excluded):
    if isinstance(task, type) and issubclass(task, TaskSet):
        own = getattr(task, "locust_tag_set", set())
        _filter(task, None if tags is not None and own & tags else tags, excluded)
        if excluded is not None and own & excluded:
            return False
        return bool(task.tasks)
    own = getattr(task, "locust_tag_set", set())
    return (tags is None or bool(own & tags)) and (excluded is None or not own & excluded)


def _filter(holder, tags, excluded):
    holder.tasks = [task for task in holder.tasks if _keep(task, tags, excluded)]


def _user_classes(names, module_name, tags, excluded):
    _take_options()
    found = []
    for name, value in names:
        if isinstance(value, type) and issubclass(value, User) and not value.abstract and value not in (User, HttpUser, FastHttpUser) and value not in found:
            found.append(value)
    if tags or excluded:
        for cls in found:
            _filter(cls, set(tags) if tags else None, set(excluded) if excluded else None)
    if _host():
        for cls in found:
            cls.host = _host()
    environment.user_classes = found
    environment.available_user_classes = {cls.__name__: cls for cls in found}
    return found


def _begin(cls):
    # The user that lives now; None: it stopped at once. What goes on then is `life.rs`, which calls what follows.
    user = cls(environment)
    user._taskset_instance = DefaultTaskSet(user)
    try:
        user.on_start()
    except RescheduleTask:
        pass
    except (StopUser, StopTest, _TimeIsOver) as error:
        _leave(user, error)
        return None
    return user


def _leave(user, error=None):
    # How a life ends: whoever is told to stop still does what `on_stop` says.
    if isinstance(error, StopTest):
        _stop_test(str(error))
    try:
        user.on_stop()
    except StopUser:
        pass


def _run_a_task(user, chosen):
    # One that was drawn already must not be drawn again.
    tasks = user._taskset_instance
    if chosen is None:
        chosen = tasks._task_queue.pop(0) if tasks._task_queue else tasks.get_next_task()
    tasks.execute_task(chosen)


def _pause(user):
    user._taskset_instance.wait()


def _raised(user, error):
    # Whether there is a wait after a task that raised.
    if isinstance(error, RescheduleTaskImmediately):
        return False
    if isinstance(error, RescheduleTask):
        return True
    if isinstance(error, InterruptTaskSet):
        raise (RescheduleTaskImmediately if error.reschedule else RescheduleTask)(error.reschedule)
    if isinstance(error, (StopUser, StopTest, _TimeIsOver)):
        _leave(user, error)
        return None
    if not isinstance(error, Exception):
        raise error
    events.user_error.fire(user_instance=user, exception=error, tb=error.__traceback__)
    _user_error(error)
    return True


def _shape(names):
    for name, value in names:
        if isinstance(value, type) and issubclass(value, LoadTestShape) and not value.abstract and value is not LoadTestShape:
            shape = value()
            shape.runner = environment.runner
            environment.shape_class = shape
            return shape
    return None
