from http import HTTPStatus as _HTTPStatus

HTTP_PORT, HTTPS_PORT = 80, 443
responses = {status.value: status.phrase for status in _HTTPStatus}
OK, CREATED, ACCEPTED, NO_CONTENT, MOVED_PERMANENTLY, FOUND, NOT_MODIFIED = 200, 201, 202, 204, 301, 302, 304
BAD_REQUEST, UNAUTHORIZED, FORBIDDEN, NOT_FOUND, METHOD_NOT_ALLOWED, CONFLICT, TOO_MANY_REQUESTS = 400, 401, 403, 404, 405, 409, 429
INTERNAL_SERVER_ERROR, BAD_GATEWAY, SERVICE_UNAVAILABLE, GATEWAY_TIMEOUT = 500, 502, 503, 504


class HTTPException(Exception):
    pass


class RemoteDisconnected(ConnectionResetError, HTTPException):
    pass


class IncompleteRead(HTTPException):
    pass


class BadStatusLine(HTTPException):
    pass


def _refuse(*args, **kwargs):
    from _swarmgate import unsupported
    unsupported("a connection of http.client (self.client and requests are there natively)")


HTTPConnection = HTTPSConnection = _refuse
