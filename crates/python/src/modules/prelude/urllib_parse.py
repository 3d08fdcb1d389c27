from collections import namedtuple as _namedtuple
from _swarmgate import quote as _quote, unquote


def quote(text, safe="/", encoding=None, errors=None):
    return _quote(text, safe)


def quote_plus(text, safe="", encoding=None, errors=None):
    return _quote(text, safe + " ").replace(" ", "+")


def unquote_plus(text, encoding="utf-8", errors="replace"):
    return unquote(text.replace("+", " "))


def urlencode(query, doseq=False, safe="", encoding=None, errors=None, quote_via=quote_plus):
    pairs = query.items() if hasattr(query, "items") else query
    out = []
    for name, value in pairs:
        name = quote_via(name if isinstance(name, bytes) else str(name), safe)
        if doseq and isinstance(value, (list, tuple)):
            for each in value:
                out.append(name + "=" + quote_via(each if isinstance(each, bytes) else str(each), safe))
        else:
            out.append(name + "=" + quote_via(value if isinstance(value, bytes) else str(value), safe))
    return "&".join(out)


_Split = _namedtuple("SplitResult", "scheme netloc path query fragment")
_Parsed = _namedtuple("ParseResult", "scheme netloc path params query fragment")


def _hostinfo(netloc):
    host = netloc.rpartition("@")[2]
    if host.startswith("["):
        name, _, port = host[1:].partition("]")
        return name, port.lstrip(":")
    name, _, port = host.partition(":")
    return name, port


class _Netloc:
    @property
    def hostname(self):
        return _hostinfo(self.netloc)[0].lower() or None

    @property
    def port(self):
        port = _hostinfo(self.netloc)[1]
        return int(port) if port else None

    @property
    def username(self):
        user = self.netloc.rpartition("@")[0]
        return user.partition(":")[0] if user else None

    @property
    def password(self):
        user = self.netloc.rpartition("@")[0]
        return user.partition(":")[2] if ":" in user else None


class SplitResult(_Split, _Netloc):
    def geturl(self):
        return urlunsplit(self)


class ParseResult(_Parsed, _Netloc):
    def geturl(self):
        return urlunparse(self)


def urlsplit(url, scheme="", allow_fragments=True):
    netloc = query = fragment = ""
    at = url.find(":")
    if at > 0 and url[0].isalpha() and all(c.isalnum() or c in "+-." for c in url[:at]):
        scheme, url = url[:at].lower(), url[at + 1:]
    if url[:2] == "//":
        ends = [end for end in (url.find(c, 2) for c in "/?#") if end >= 0]
        end = min(ends) if ends else len(url)
        netloc, url = url[2:end], url[end:]
    if allow_fragments and "#" in url:
        url, _, fragment = url.partition("#")
    if "?" in url:
        url, _, query = url.partition("?")
    return SplitResult(scheme, netloc, url, query, fragment)


def urlparse(url, scheme="", allow_fragments=True):
    parts = urlsplit(url, scheme, allow_fragments)
    path, params = parts.path, ""
    last = path.rfind("/") + 1
    if ";" in path[last:]:
        at = path.index(";", last)
        path, params = path[:at], path[at + 1:]
    return ParseResult(parts.scheme, parts.netloc, path, params, parts.query, parts.fragment)


def urlunsplit(parts):
    scheme, netloc, path, query, fragment = parts
    url = path
    if netloc:
        if url and url[:1] != "/":
            url = "/" + url
        url = "//" + netloc + url
    if scheme:
        url = scheme + ":" + url
    if query:
        url += "?" + query
    if fragment:
        url += "#" + fragment
    return url


def urlunparse(parts):
    scheme, netloc, path, params, query, fragment = parts
    return urlunsplit((scheme, netloc, path + (";" + params if params else ""), query, fragment))


def _normal(path):
    out = []
    parts = path.split("/")
    for at, part in enumerate(parts):
        if part == ".":
            if at == len(parts) - 1:
                out.append("")
        elif part == "..":
            if len(out) > 1:
                out.pop()
            if at == len(parts) - 1:
                out.append("")
        else:
            out.append(part)
    return "/".join(out)


def urljoin(base, url, allow_fragments=True):
    if not base:
        return url
    if not url:
        return base
    b, u = urlsplit(base), urlsplit(url, urlsplit(base).scheme)
    if u.scheme != b.scheme:
        return url
    if u.netloc:
        return urlunsplit((u.scheme, u.netloc, _normal(u.path), u.query, u.fragment))
    if not u.path:
        return urlunsplit((b.scheme, b.netloc, b.path, u.query or b.query, u.fragment))
    path = u.path if u.path.startswith("/") else b.path[:b.path.rfind("/") + 1] + u.path
    if b.netloc and not path.startswith("/"):
        path = "/" + path
    return urlunsplit((b.scheme, b.netloc, _normal(path), u.query, u.fragment))


def parse_qsl(query, keep_blank_values=False, **options):
    out = []
    for part in query.split("&"):
        if not part:
            continue
        name, equals, value = part.partition("=")
        if value or keep_blank_values:
            out.append((unquote_plus(name), unquote_plus(value)))
    return out


def parse_qs(query, keep_blank_values=False, **options):
    found = {}
    for name, value in parse_qsl(query, keep_blank_values):
        found.setdefault(name, []).append(value)
    return found
