import random as _random
import base64 as _base64

_system = _random.SystemRandom()
choice = _system.choice


def token_bytes(size=32):
    return bytes([_system.randrange(256) for _ in range(size)])


def token_hex(size=32):
    return token_bytes(size).hex()


def token_urlsafe(size=32):
    return _base64.urlsafe_b64encode(token_bytes(size)).rstrip(b"=").decode("ascii")


def randbelow(n):
    return _system.randrange(n)


def randbits(k):
    return _system.getrandbits(k)


def compare_digest(a, b):
    return a == b
