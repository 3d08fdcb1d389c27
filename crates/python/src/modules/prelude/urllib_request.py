from urllib.error import HTTPError, URLError
from urllib.parse import quote, unquote


def _refuse(*args, **kwargs):
    from _swarmgate import unsupported
    unsupported("urllib.request (self.client and requests are there natively)")


urlopen = Request = build_opener = install_opener = urlretrieve = ProxyHandler = _refuse
