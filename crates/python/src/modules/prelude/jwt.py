# PyJWT with the HMAC algorithms; others need keys that are not there natively.
import base64 as _base64
import hashlib as _hashlib
import hmac as _hmac
import json as _json
import time as _time
from datetime import datetime as _datetime

_HASHES = {"HS256": _hashlib.sha256, "HS384": _hashlib.sha384, "HS512": _hashlib.sha512}


class PyJWTError(Exception):
    pass


class InvalidTokenError(PyJWTError):
    pass


class DecodeError(InvalidTokenError):
    pass


class InvalidSignatureError(DecodeError):
    pass


class ExpiredSignatureError(InvalidTokenError):
    pass


def _part(data):
    return _base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _whole(text):
    return _base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _sign(algorithm, key, text):
    if algorithm not in _HASHES:
        from _swarmgate import unsupported
        unsupported(f"jwt's algorithm {algorithm} (HS256, HS384 and HS512 are there natively)")
    return _hmac.new(key.encode() if isinstance(key, str) else key, text.encode(), _HASHES[algorithm]).digest()


def encode(payload, key="", algorithm="HS256", headers=None, json_encoder=None, sort_headers=True):
    claims = dict(payload)
    for name in ("exp", "iat", "nbf"):
        if isinstance(claims.get(name), _datetime):
            claims[name] = int(claims[name].timestamp())
    head = {"alg": algorithm, "typ": "JWT", **(headers or {})}
    head = {name: head[name] for name in sorted(head)} if sort_headers else head
    text = _part(_json.dumps(head, separators=(",", ":")).encode()) + "." + _part(_json.dumps(claims, separators=(",", ":"), cls=json_encoder).encode())
    return text + "." + _part(_sign(algorithm, key, text))


def get_unverified_header(token):
    return _json.loads(_whole(token.split(".")[0]))


def decode(token, key="", algorithms=None, options=None, **others):
    token = token.decode() if isinstance(token, bytes) else token
    parts = token.split(".")
    if len(parts) != 3:
        raise DecodeError("Not enough segments")
    try:
        head, claims, signature = _json.loads(_whole(parts[0])), _json.loads(_whole(parts[1])), _whole(parts[2])
    except ValueError:
        raise DecodeError("Invalid token") from None
    options = options or {}
    if options.get("verify_signature", True):
        if signature != _sign(head.get("alg"), key, parts[0] + "." + parts[1]):
            raise InvalidSignatureError("Signature verification failed")
        if options.get("verify_exp", True) and "exp" in claims and claims["exp"] <= _time.time():
            raise ExpiredSignatureError("Signature has expired")
    return claims
