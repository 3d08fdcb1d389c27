from datetime import timezone as _timezone


class ZoneInfoNotFoundError(KeyError):
    pass


def ZoneInfo(key):
    if key in ("UTC", "Etc/UTC", "GMT", "Etc/GMT", "Zulu"):
        return _timezone.utc
    from _swarmgate import unsupported
    unsupported(f"the time zone {key!r} (only UTC is there natively)")
