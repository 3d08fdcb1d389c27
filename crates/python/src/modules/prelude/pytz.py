from datetime import timezone as _timezone

UTC = utc = _timezone.utc


class UnknownTimeZoneError(KeyError):
    pass


def timezone(zone):
    if zone.upper() in ("UTC", "ETC/UTC", "GMT", "ZULU"):
        return UTC
    from _swarmgate import unsupported
    unsupported(f"the time zone {zone!r} (only UTC is there natively)")
