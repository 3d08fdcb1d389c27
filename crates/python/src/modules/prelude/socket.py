# Names and constants: connections of a script's own are refused.
AF_INET, AF_INET6, AF_UNSPEC = 2, 10, 0
SOCK_STREAM, SOCK_DGRAM = 1, 2
SOL_SOCKET, SO_KEEPALIVE, SO_REUSEADDR = 1, 9, 2
IPPROTO_TCP, TCP_NODELAY, TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT = 6, 1, 4, 5, 6
error = OSError
timeout = TimeoutError


class gaierror(OSError):
    pass


class herror(OSError):
    pass


def gethostname():
    return "swarmgate-worker"


getfqdn = gethostname


def setdefaulttimeout(seconds):
    pass


def _refuse(*args, **kwargs):
    from _swarmgate import unsupported
    unsupported("a socket")


socket = create_connection = gethostbyname = getaddrinfo = create_server = socketpair = _refuse
