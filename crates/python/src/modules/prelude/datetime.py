import re as _re
from _swarmgate import set_key_fields as _set_key_fields, wall_nanos as _wall_nanos

MINYEAR, MAXYEAR = 1, 9999
_DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
_MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"]
_EPOCH = 719163


def _leap(year):
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def _month_days(year, month):
    return 29 if month == 2 and _leap(year) else [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]


def _ordinal(year, month, day):
    before = year - 1
    days = before * 365 + before // 4 - before // 100 + before // 400
    return days + sum([_month_days(year, m) for m in range(1, month)]) + day


def _civil(ordinal):
    year = (ordinal * 400) // 146097 + 1
    while _ordinal(year, 1, 1) > ordinal:
        year -= 1
    left = ordinal - _ordinal(year, 1, 1)
    month = 1
    while left >= _month_days(year, month):
        left -= _month_days(year, month)
        month += 1
    return year, month, left + 1


class _Ordered:
    # By what `_key` gives.
    def __lt__(self, other):
        return self._key() < other._key() if isinstance(other, _Ordered) else NotImplemented

    def __le__(self, other):
        return self._key() <= other._key() if isinstance(other, _Ordered) else NotImplemented

    def __gt__(self, other):
        return self._key() > other._key() if isinstance(other, _Ordered) else NotImplemented

    def __ge__(self, other):
        return self._key() >= other._key() if isinstance(other, _Ordered) else NotImplemented


class timedelta(_Ordered):
    def __init__(self, days=0, seconds=0, microseconds=0, milliseconds=0, minutes=0, hours=0, weeks=0):
        parts = ((days, 86400000000), (seconds, 1000000), (microseconds, 1), (milliseconds, 1000), (minutes, 60000000), (hours, 3600000000), (weeks, 604800000000))
        self._us = sum([n * unit if isinstance(n, int) else round(n * unit) for n, unit in parts])

    @property
    def days(self):
        return self._us // 86400000000

    @property
    def seconds(self):
        return self._us % 86400000000 // 1000000

    @property
    def microseconds(self):
        return self._us % 1000000

    def total_seconds(self):
        return self._us / 1000000

    def __add__(self, other):
        return timedelta(microseconds=self._us + other._us) if isinstance(other, timedelta) else NotImplemented

    __radd__ = __add__

    def __sub__(self, other):
        return timedelta(microseconds=self._us - other._us) if isinstance(other, timedelta) else NotImplemented

    def __neg__(self):
        return timedelta(microseconds=-self._us)

    def __abs__(self):
        return timedelta(microseconds=abs(self._us))

    def __mul__(self, n):
        return timedelta(microseconds=self._us * n if isinstance(n, int) else round(self._us * n))

    __rmul__ = __mul__

    def __truediv__(self, other):
        if isinstance(other, timedelta):
            return self._us / other._us
        return timedelta(microseconds=round(self._us / other))

    def __floordiv__(self, other):
        if isinstance(other, timedelta):
            return self._us // other._us
        return timedelta(microseconds=self._us // other)

    def __mod__(self, other):
        return timedelta(microseconds=self._us % other._us)

    def __eq__(self, other):
        return isinstance(other, timedelta) and self._us == other._us

    def _key(self):
        return self._us

    def __bool__(self):
        return self._us != 0

    def __str__(self):
        days, rest = self.days, self.seconds
        text = f"{rest // 3600}:{rest // 60 % 60:02}:{rest % 60:02}"
        if self.microseconds:
            text += f".{self.microseconds:06}"
        return f"{days} day{'' if abs(days) == 1 else 's'}, {text}" if days else text

    def __repr__(self):
        parts = [f"{name}={value}" for name, value in (("days", self.days), ("seconds", self.seconds), ("microseconds", self.microseconds)) if value]
        return f"datetime.timedelta({', '.join(parts) or '0'})"


_set_key_fields(timedelta, ["_us"])
timedelta.resolution = timedelta(microseconds=1)


class tzinfo:
    pass


class timezone(tzinfo):
    def __init__(self, offset, name=None):
        self._offset = offset
        self._name = name

    def utcoffset(self, when):
        return self._offset

    def dst(self, when):
        return None

    def tzname(self, when):
        if self._name is not None:
            return self._name
        return "UTC" + (_offset_text(self._offset) if self._offset else "")

    def __eq__(self, other):
        return isinstance(other, timezone) and self._offset == other._offset

    def __str__(self):
        return self.tzname(None)

    def __repr__(self):
        return "datetime.timezone.utc" if not self._offset else f"datetime.timezone({self._offset!r})"


_set_key_fields(timezone, ["_offset"])
timezone.utc = UTC = timezone(timedelta(0))


def _offset_text(offset, separator=":"):
    minutes = offset._us // 60000000
    sign = "-" if minutes < 0 else "+"
    minutes = abs(minutes)
    return f"{sign}{minutes // 60:02}{separator}{minutes % 60:02}"


def _strftime(format, year, month, day, hour, minute, second, micro, zone, when):
    ordinal = _ordinal(year, month, day)
    week = (ordinal + 6) % 7
    year_day = ordinal - _ordinal(year, 1, 1) + 1
    offset = zone.utcoffset(when) if zone is not None else None
    out = []
    at = 0
    while at < len(format):
        c = format[at]
        at += 1
        if c != "%" or at >= len(format):
            out.append(c)
            continue
        kind = format[at]
        at += 1
        if kind == "-" and at < len(format):
            out.append(_strftime("%" + format[at], year, month, day, hour, minute, second, micro, zone, when).lstrip("0") or "0")
            at += 1
            continue
        if kind == "Y":
            out.append(str(year))
        elif kind == "m":
            out.append(f"{month:02}")
        elif kind == "d":
            out.append(f"{day:02}")
        elif kind == "e":
            out.append(f"{day:2}")
        elif kind == "H":
            out.append(f"{hour:02}")
        elif kind == "M":
            out.append(f"{minute:02}")
        elif kind == "S":
            out.append(f"{second:02}")
        elif kind == "f":
            out.append(f"{micro:06}")
        elif kind == "y":
            out.append(f"{year % 100:02}")
        elif kind == "j":
            out.append(f"{year_day:03}")
        elif kind == "a":
            out.append(_DAYS[week][:3])
        elif kind == "A":
            out.append(_DAYS[week])
        elif kind in "bh":
            out.append(_MONTHS[month - 1][:3])
        elif kind == "B":
            out.append(_MONTHS[month - 1])
        elif kind == "p":
            out.append("AM" if hour < 12 else "PM")
        elif kind == "I":
            out.append(f"{(hour - 1) % 12 + 1:02}")
        elif kind == "w":
            out.append(str((week + 1) % 7))
        elif kind == "u":
            out.append(str(week + 1))
        elif kind == "z":
            out.append("" if offset is None else _offset_text(offset, ""))
        elif kind == "Z":
            out.append("" if zone is None else zone.tzname(when))
        elif kind == "s":
            out.append(str((ordinal - _EPOCH) * 86400 + hour * 3600 + minute * 60 + second))
        elif kind == "F":
            out.append(f"{year}-{month:02}-{day:02}")
        elif kind in "TX":
            out.append(f"{hour:02}:{minute:02}:{second:02}")
        elif kind in "Dx":
            out.append(f"{month:02}/{day:02}/{year % 100:02}")
        elif kind == "R":
            out.append(f"{hour:02}:{minute:02}")
        elif kind == "c":
            out.append(f"{_DAYS[week][:3]} {_MONTHS[month - 1][:3]} {day:2} {hour:02}:{minute:02}:{second:02} {year}")
        elif kind == "%":
            out.append("%")
        else:
            from _swarmgate import unsupported
            unsupported(f"strftime's %{kind}")
    return "".join(out)


class date(_Ordered):
    def __init__(self, year, month, day):
        if not MINYEAR <= year <= MAXYEAR:
            raise ValueError(f"year {year} is out of range")
        if not 1 <= month <= 12:
            raise ValueError("month must be in 1..12")
        if not 1 <= day <= _month_days(year, month):
            raise ValueError("day is out of range for month")
        self.year, self.month, self.day = year, month, day

    @classmethod
    def today(cls):
        return cls.fromordinal(_wall_nanos() // 86400000000000 + _EPOCH)

    @classmethod
    def fromordinal(cls, n):
        return cls(*_civil(n))

    @classmethod
    def fromtimestamp(cls, stamp):
        return cls.fromordinal(int(stamp // 86400) + _EPOCH)

    @classmethod
    def fromisoformat(cls, text):
        return cls(int(text[:4]), int(text[5:7]), int(text[8:10]))

    def toordinal(self):
        return _ordinal(self.year, self.month, self.day)

    def weekday(self):
        return (self.toordinal() + 6) % 7

    def isoweekday(self):
        return self.weekday() + 1

    def isocalendar(self):
        thursday = self.toordinal() - self.weekday() + 3
        year = _civil(thursday)[0]
        return year, (thursday - _ordinal(year, 1, 1)) // 7 + 1, self.isoweekday()

    def isoformat(self):
        return f"{self.year:04}-{self.month:02}-{self.day:02}"

    def strftime(self, format):
        return _strftime(format, self.year, self.month, self.day, 0, 0, 0, 0, None, self)

    def __format__(self, spec):
        return self.strftime(spec) if spec else str(self)

    def replace(self, year=None, month=None, day=None):
        return date(year or self.year, month or self.month, day or self.day)

    def timetuple(self):
        return struct_time(self.year, self.month, self.day, 0, 0, 0)

    def ctime(self):
        return self.strftime("%c")

    def _key(self):
        return (self.year, self.month, self.day)

    def __add__(self, delta):
        return type(self).fromordinal(self.toordinal() + delta.days)

    __radd__ = __add__

    def __sub__(self, other):
        if isinstance(other, timedelta):
            return type(self).fromordinal(self.toordinal() - other.days)
        return timedelta(days=self.toordinal() - other.toordinal())

    def __eq__(self, other):
        return type(other) is type(self) and self._key() == other._key()

    def __str__(self):
        return self.isoformat()

    def __repr__(self):
        return f"datetime.date({self.year}, {self.month}, {self.day})"


_set_key_fields(date, ["year", "month", "day"])


class time(_Ordered):
    def __init__(self, hour=0, minute=0, second=0, microsecond=0, tzinfo=None):
        self.hour, self.minute, self.second, self.microsecond, self.tzinfo = hour, minute, second, microsecond, tzinfo

    @classmethod
    def fromisoformat(cls, text):
        found = _re.fullmatch(r"(\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,6})\d*)?)?", text)
        if not found:
            raise ValueError(f"Invalid isoformat string: {text!r}")
        hour, minute, second, micro = found.groups()
        return time(int(hour), int(minute), int(second or 0), int((micro or "0").ljust(6, "0")))

    def replace(self, hour=None, minute=None, second=None, microsecond=None):
        given = (hour, minute, second, microsecond)
        return time(*[own if new is None else new for own, new in zip(self._key(), given)], self.tzinfo)

    def isoformat(self, timespec="auto"):
        text = f"{self.hour:02}:{self.minute:02}:{self.second:02}"
        return text + f".{self.microsecond:06}" if self.microsecond else text

    def strftime(self, format):
        return _strftime(format, 1900, 1, 1, self.hour, self.minute, self.second, self.microsecond, self.tzinfo, None)

    def _key(self):
        return (self.hour, self.minute, self.second, self.microsecond)

    def __eq__(self, other):
        return isinstance(other, time) and self._key() == other._key()

    def __str__(self):
        return self.isoformat()

    def __repr__(self):
        shown = [self.hour, self.minute] + ([self.second] if self.second or self.microsecond else []) + ([self.microsecond] if self.microsecond else [])
        return f"datetime.time({', '.join([str(part) for part in shown])})"


class datetime(date):
    def __init__(self, year, month, day, hour=0, minute=0, second=0, microsecond=0, tzinfo=None, *, fold=0):
        date.__init__(self, year, month, day)
        for value, most, name in ((hour, 23, "hour"), (minute, 59, "minute"), (second, 59, "second"), (microsecond, 999999, "microsecond")):
            if not 0 <= value <= most:
                raise ValueError(f"{name} must be in 0..{most}")
        self.hour, self.minute, self.second, self.microsecond, self.tzinfo = hour, minute, second, microsecond, tzinfo

    @classmethod
    def _of(cls, us, zone=None):
        day, rest = us // 86400000000, us % 86400000000
        year, month, day = _civil(day)
        return datetime(year, month, day, rest // 3600000000, rest // 60000000 % 60, rest // 1000000 % 60, rest % 1000000, zone)

    def _us(self):
        return (self.toordinal() * 86400 + self.hour * 3600 + self.minute * 60 + self.second) * 1000000 + self.microsecond

    def _utc(self):
        offset = self.utcoffset()
        return self._us() - (offset._us if offset is not None else 0)

    @classmethod
    def now(cls, tz=None):
        us = _wall_nanos() // 1000 + _EPOCH * 86400000000
        return cls._of(us + (tz.utcoffset(None)._us if tz is not None else 0), tz)

    @classmethod
    def today(cls):
        return cls.now()

    @classmethod
    def utcnow(cls):
        return cls.now()

    @classmethod
    def fromtimestamp(cls, stamp, tz=None):
        us = round(stamp * 1000000) + _EPOCH * 86400000000
        return cls._of(us + (tz.utcoffset(None)._us if tz is not None else 0), tz)

    @classmethod
    def utcfromtimestamp(cls, stamp):
        return cls.fromtimestamp(stamp)

    @classmethod
    def fromordinal(cls, n):
        return cls._of(n * 86400000000)

    @classmethod
    def combine(cls, day, clock, tzinfo=None):
        return datetime(day.year, day.month, day.day, clock.hour, clock.minute, clock.second, clock.microsecond, tzinfo or clock.tzinfo)

    @classmethod
    def fromisoformat(cls, text):
        found = _re.fullmatch(r"(\d{4})-(\d\d)-(\d\d)(?:.(\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,6})\d*)?)?)?(Z|[+-]\d\d:?\d\d)?", text)
        if not found:
            raise ValueError(f"Invalid isoformat string: {text!r}")
        year, month, day, hour, minute, second, micro, zone = found.groups()
        return datetime(int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0), int((micro or "0").ljust(6, "0")), _zone(zone))

    @classmethod
    def strptime(cls, text, format):
        return _strptime(text, format)

    def utcoffset(self):
        return None if self.tzinfo is None else self.tzinfo.utcoffset(self)

    def tzname(self):
        return None if self.tzinfo is None else self.tzinfo.tzname(self)

    def timestamp(self):
        return (self._utc() - _EPOCH * 86400000000) / 1000000

    def astimezone(self, tz=None):
        tz = tz or UTC
        return datetime._of(self._utc() + tz.utcoffset(self)._us, tz)

    def date(self):
        return date(self.year, self.month, self.day)

    def time(self):
        return time(self.hour, self.minute, self.second, self.microsecond)

    def timetuple(self):
        return struct_time(self.year, self.month, self.day, self.hour, self.minute, self.second)

    utctimetuple = timetuple

    def replace(self, year=None, month=None, day=None, hour=None, minute=None, second=None, microsecond=None, tzinfo=True, fold=0):
        pick = lambda new, old: old if new is None else new
        return datetime(pick(year, self.year), pick(month, self.month), pick(day, self.day), pick(hour, self.hour), pick(minute, self.minute),
                        pick(second, self.second), pick(microsecond, self.microsecond), self.tzinfo if tzinfo is True else tzinfo)

    def isoformat(self, sep="T", timespec="auto"):
        text = f"{self.year:04}-{self.month:02}-{self.day:02}{sep}{self.hour:02}:{self.minute:02}"
        if timespec != "minutes":
            text += f":{self.second:02}"
        if timespec == "milliseconds":
            text += f".{self.microsecond // 1000:03}"
        elif timespec == "microseconds" or (timespec == "auto" and self.microsecond):
            text += f".{self.microsecond:06}"
        offset = self.utcoffset()
        return text + (_offset_text(offset) if offset is not None else "")

    def strftime(self, format):
        return _strftime(format, self.year, self.month, self.day, self.hour, self.minute, self.second, self.microsecond, self.tzinfo, self)

    def _key(self):
        return self._utc()

    def __add__(self, delta):
        return datetime._of(self._us() + delta._us, self.tzinfo)

    __radd__ = __add__

    def __sub__(self, other):
        if isinstance(other, timedelta):
            return datetime._of(self._us() - other._us, self.tzinfo)
        if (self.tzinfo is None) != (other.tzinfo is None):
            raise TypeError("can't subtract offset-naive and offset-aware datetimes")
        return timedelta(microseconds=self._utc() - other._utc())

    def __str__(self):
        return self.isoformat(" ")

    def __repr__(self):
        shown = [self.year, self.month, self.day, self.hour, self.minute] + ([self.second] if self.second or self.microsecond else []) + ([self.microsecond] if self.microsecond else [])
        tail = f", tzinfo={self.tzinfo!r}" if self.tzinfo is not None else ""
        return f"datetime.datetime({', '.join([str(part) for part in shown])}{tail})"


_set_key_fields(datetime, ["year", "month", "day", "hour", "minute", "second", "microsecond"])
datetime.min = datetime(1, 1, 1)
datetime.max = datetime(9999, 12, 31, 23, 59, 59, 999999)


def _zone(text):
    if not text:
        return None
    if text == "Z":
        return UTC
    digits = text[1:].replace(":", "")
    minutes = int(digits[:2]) * 60 + int(digits[2:4])
    return timezone(timedelta(minutes=-minutes if text[0] == "-" else minutes)) if minutes else UTC


_PARTS = {"Y": r"(?P<Y>\d{4})", "m": r"(?P<m>1[0-2]|0?[1-9])", "d": r"(?P<d>3[01]|[12]\d|0?[1-9])", "H": r"(?P<H>2[0-3]|[01]?\d)",
          "I": r"(?P<I>1[0-2]|0?[1-9])", "M": r"(?P<M>[0-5]?\d)", "S": r"(?P<S>[0-6]?\d)", "f": r"(?P<f>\d{1,6})", "y": r"(?P<y>\d\d)",
          "p": r"(?P<p>[AaPp][Mm])", "b": r"(?P<b>[A-Za-z]{3})", "B": r"(?P<B>[A-Za-z]+)", "a": r"[A-Za-z]{3}", "A": r"[A-Za-z]+",
          "z": r"(?P<z>Z|[+-]\d\d:?\d\d)", "j": r"(?P<j>\d{1,3})", "Z": r"(?P<Z>UTC|GMT)", "%": "%"}


def _strptime(text, format):
    pattern, at = "", 0
    wanted = format.replace("%T", "%H:%M:%S").replace("%F", "%Y-%m-%d")
    while at < len(wanted):
        c = wanted[at]
        at += 1
        if c == "%" and at < len(wanted):
            if wanted[at] not in _PARTS:
                raise ValueError(f"'{wanted[at]}' is a bad directive in format '{format}'")
            pattern += _PARTS[wanted[at]]
            at += 1
        else:
            pattern += r"\s+" if c.isspace() else _re.escape(c)
    found = _re.match(pattern, text)
    if not found:
        raise ValueError(f"time data {text!r} does not match format {format!r}")
    if found.end() != len(text):
        raise ValueError(f"unconverted data remains: {text[found.end():]}")
    part = found.groupdict()
    year = int(part["Y"]) if part.get("Y") else (1900 if not part.get("y") else int(part["y"]) + (2000 if int(part["y"]) < 69 else 1900))
    month = int(part.get("m") or 1)
    names = [name[:3].lower() for name in _MONTHS]
    for key in ("b", "B"):
        if part.get(key):
            if part[key][:3].lower() not in names:
                raise ValueError(f"time data {text!r} does not match format {format!r}")
            month = names.index(part[key][:3].lower()) + 1
    hour = int(part.get("H") or 0)
    if part.get("I"):
        hour = int(part["I"]) % 12 + (12 if (part.get("p") or "am").lower() == "pm" else 0)
    zone = _zone(part.get("z")) or (UTC if part.get("Z") else None)
    return datetime(year, month, int(part.get("d") or 1), hour, int(part.get("M") or 0), int(part.get("S") or 0), int((part.get("f") or "0").ljust(6, "0")), zone)


class struct_time:
    def __init__(self, year, month, day, hour, minute, second):
        self.tm_year, self.tm_mon, self.tm_mday, self.tm_hour, self.tm_min, self.tm_sec = year, month, day, hour, minute, second
        self.tm_wday = (_ordinal(year, month, day) + 6) % 7
        self.tm_yday = _ordinal(year, month, day) - _ordinal(year, 1, 1) + 1
        self.tm_isdst = 0

    def _parts(self):
        return (self.tm_year, self.tm_mon, self.tm_mday, self.tm_hour, self.tm_min, self.tm_sec, self.tm_wday, self.tm_yday, self.tm_isdst)

    def __getitem__(self, at):
        return self._parts()[at]

    def __iter__(self):
        return iter(self._parts())

    def __len__(self):
        return 9


def _time_gmtime(seconds=None):
    when = datetime.now() if seconds is None else datetime.fromtimestamp(int(seconds))
    return when.timetuple()


_time_localtime = _time_gmtime
_time_struct_time = struct_time


def _time_strftime(format, when=None):
    when = _time_gmtime() if when is None else when
    return _strftime(format, when[0], when[1], when[2], when[3], when[4], when[5], 0, UTC, None)


def _time_mktime(when):
    return float((_ordinal(when[0], when[1], when[2]) - _EPOCH) * 86400 + when[3] * 3600 + when[4] * 60 + when[5])


def _time_strptime(text, format="%a %b %d %H:%M:%S %Y"):
    return _strptime(text, format).timetuple()


def _time_ctime(seconds=None):
    return _time_strftime("%c", _time_gmtime(seconds))


def _time_asctime(when=None):
    return _time_strftime("%c", when)
