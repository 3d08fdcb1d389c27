import hashlib as _hashlib


class HMAC:
    def __init__(self, key, msg, digestmod):
        self.key = bytes(key)
        self.data = bytes(msg or b"")
        if isinstance(digestmod, str):
            self.name = digestmod
        else:
            self.name = digestmod().name if callable(digestmod) else digestmod.name

    def update(self, msg):
        self.data += msg

    def digest(self):
        return _hashlib._hmac(self.name, self.key, self.data)

    def hexdigest(self):
        return self.digest().hex()

    def copy(self):
        return HMAC(self.key, self.data, self.name)


def new(key, msg=None, digestmod=""):
    if not digestmod:
        raise TypeError("Missing required argument 'digestmod'.")
    return HMAC(key, msg, digestmod)


def digest(key, msg, digest):
    return HMAC(key, msg, digest).digest()


def compare_digest(a, b):
    return a == b
