# A whole number and a power of ten; 28 digits, halves to even, as the default context has it.
from _swarmgate import set_key_fields as _set_key_fields

ROUND_HALF_EVEN, ROUND_HALF_UP, ROUND_HALF_DOWN = "ROUND_HALF_EVEN", "ROUND_HALF_UP", "ROUND_HALF_DOWN"
ROUND_DOWN, ROUND_UP, ROUND_FLOOR, ROUND_CEILING = "ROUND_DOWN", "ROUND_UP", "ROUND_FLOOR", "ROUND_CEILING"
_MOST = 28


class DecimalException(ArithmeticError):
    pass


class InvalidOperation(DecimalException):
    pass


class DivisionByZero(DecimalException, ZeroDivisionError):
    pass


class _Context:
    prec = _MOST
    rounding = ROUND_HALF_EVEN


_context = _Context()


def getcontext():
    return _context


def _divided(number, by, rounding):
    # `number / by` to a whole number.
    sign = -1 if number < 0 else 1
    whole, rest = divmod(abs(number), by)
    up = {ROUND_DOWN: False, ROUND_UP: rest > 0, ROUND_FLOOR: rest > 0 and sign < 0, ROUND_CEILING: rest > 0 and sign > 0}.get(rounding)
    if up is None:
        twice = 2 * rest
        up = twice > by or (twice == by and (rounding == ROUND_HALF_UP or (rounding == ROUND_HALF_EVEN and whole % 2 == 1)))
    return sign * (whole + (1 if up else 0))


def _made(number, exponent):
    digits = len(str(abs(number)))
    if digits > _context.prec:
        over = digits - _context.prec
        number, exponent = _divided(number, 10 ** over, _context.rounding), exponent + over
        if len(str(abs(number))) > _context.prec:
            number, exponent = number // 10, exponent + 1
    return _raw(number, exponent)


def _raw(number, exponent):
    made = Decimal.__new__(Decimal)
    made._number, made._exponent = number, exponent
    made._key = made._reduced()
    return made


def _of(value):
    if isinstance(value, Decimal):
        return value
    return Decimal(value) if isinstance(value, int) else None


class Decimal:
    def __init__(self, value=0, context=None):
        if isinstance(value, Decimal):
            self._number, self._exponent = value._number, value._exponent
        elif isinstance(value, int):
            self._number, self._exponent = int(value), 0
        elif isinstance(value, float):
            places = 0
            while value != int(value):
                value, places = value * 2, places + 1
            self._number, self._exponent = int(value) * 5 ** places, -places
        elif isinstance(value, tuple):
            sign, digits, exponent = value
            self._number, self._exponent = int("".join([str(d) for d in digits]) or "0") * (-1 if sign else 1), exponent
        elif isinstance(value, str):
            text, _, power = value.strip().replace("_", "").lower().partition("e")
            whole, _, part = text.partition(".")
            digits = whole.lstrip("+-") + part
            if not digits.isdigit():
                raise InvalidOperation("[<class 'decimal.ConversionSyntax'>]")
            self._number = int(digits) * (-1 if whole.startswith("-") else 1)
            self._exponent = int(power or 0) - len(part)
        else:
            raise TypeError(f"conversion from {type(value).__name__} to Decimal is not supported")
        self._key = self._reduced()

    @classmethod
    def from_float(cls, value):
        return cls(value)

    def _reduced(self):
        # Equal numbers have equal keys, those of whole numbers and of fractions alike.
        number, exponent = self._number, self._exponent
        if exponent >= 0:
            return number * 10 ** exponent
        while number % 10 == 0 and exponent < 0:
            if number == 0:
                return 0
            number, exponent = number // 10, exponent + 1
        return number if exponent == 0 else (number, exponent)

    def _with(self, other):
        exponent = min(self._exponent, other._exponent)
        return self._number * 10 ** (self._exponent - exponent), other._number * 10 ** (other._exponent - exponent), exponent

    def __add__(self, other):
        other = _of(other)
        if other is None:
            return NotImplemented
        a, b, exponent = self._with(other)
        return _made(a + b, exponent)

    __radd__ = __add__

    def __sub__(self, other):
        other = _of(other)
        if other is None:
            return NotImplemented
        a, b, exponent = self._with(other)
        return _made(a - b, exponent)

    def __rsub__(self, other):
        other = _of(other)
        return NotImplemented if other is None else other - self

    def __mul__(self, other):
        other = _of(other)
        if other is None:
            return NotImplemented
        return _made(self._number * other._number, self._exponent + other._exponent)

    __rmul__ = __mul__

    def __truediv__(self, other):
        other = _of(other)
        if other is None:
            return NotImplemented
        if other._number == 0:
            raise DivisionByZero("[<class 'decimal.DivisionByZero'>]")
        wanted = self._exponent - other._exponent
        if self._number == 0:
            return _raw(0, wanted)
        more = max(0, _context.prec + len(str(abs(other._number))) - len(str(abs(self._number))) + 2)
        sign = -1 if (self._number < 0) != (other._number < 0) else 1
        whole, rest = divmod(abs(self._number) * 10 ** more, abs(other._number))
        exponent = wanted - more
        if rest:
            # A digit that says that there is more keeps halves from looking like halves.
            return _made(sign * (whole * 10 + 1), exponent - 1)
        while whole % 10 == 0 and exponent < wanted and whole:
            whole, exponent = whole // 10, exponent + 1
        return _made(sign * whole, exponent)

    def __rtruediv__(self, other):
        other = _of(other)
        return NotImplemented if other is None else other / self

    def __floordiv__(self, other):
        other = _of(other)
        if other is None:
            return NotImplemented
        a, b, _ = self._with(other)
        if b == 0:
            raise DivisionByZero("[<class 'decimal.DivisionByZero'>]")
        return _made((abs(a) // abs(b)) * (-1 if (a < 0) != (b < 0) else 1), 0)

    def __mod__(self, other):
        other = _of(other)
        return NotImplemented if other is None else self - (self // other) * other

    def __pow__(self, other):
        if isinstance(other, int) and other >= 0:
            made = Decimal(1)
            for _ in range(other):
                made = made * self
            return made
        return Decimal(str(float(self) ** float(other)))

    def __neg__(self):
        return _made(-self._number, self._exponent)

    def __pos__(self):
        return _made(self._number, self._exponent)

    def __abs__(self):
        return _made(abs(self._number), self._exponent)

    def _compared(self, other):
        if isinstance(other, float):
            other = Decimal(other)
        other = _of(other)
        if other is None:
            return None
        a, b, _ = self._with(other)
        return (a > b) - (a < b)

    def __eq__(self, other):
        return self._compared(other) == 0

    def __ne__(self, other):
        return self._compared(other) != 0

    def __lt__(self, other):
        return self._order(other) < 0

    def __le__(self, other):
        return self._order(other) <= 0

    def __gt__(self, other):
        return self._order(other) > 0

    def __ge__(self, other):
        return self._order(other) >= 0

    def _order(self, other):
        found = self._compared(other)
        if found is None:
            raise TypeError(f"'<' not supported between instances of 'decimal.Decimal' and '{type(other).__name__}'")
        return found

    def __hash__(self):
        return hash(self._key)

    def __bool__(self):
        return self._number != 0

    def __int__(self):
        return _divided(self._number * 10 ** max(self._exponent, 0), 10 ** max(-self._exponent, 0), ROUND_DOWN)

    __trunc__ = __int__

    def __float__(self):
        return float(f"{self._number}e{self._exponent}")

    def __round__(self, digits=None):
        if digits is None:
            return int(self.quantize(Decimal(1)))
        return self.quantize(_raw(1, -digits))

    def quantize(self, exp, rounding=None, context=None):
        exponent = _of(exp)._exponent
        if exponent <= self._exponent:
            return _raw(self._number * 10 ** (self._exponent - exponent), exponent)
        return _raw(_divided(self._number, 10 ** (exponent - self._exponent), rounding or _context.rounding), exponent)

    def to_integral_value(self, rounding=None, context=None):
        return self if self._exponent >= 0 else self.quantize(Decimal(1), rounding)

    def normalize(self, context=None):
        number, exponent = self._number, self._exponent
        while number and number % 10 == 0:
            number, exponent = number // 10, exponent + 1
        return _raw(number, exponent if number else 0)

    def sqrt(self, context=None):
        return Decimal(str(float(self) ** 0.5))

    def is_nan(self):
        return False

    is_infinite = is_nan

    def is_zero(self):
        return self._number == 0

    def is_signed(self):
        return self._number < 0

    def as_tuple(self):
        return (1 if self._number < 0 else 0, tuple([int(c) for c in str(abs(self._number))]), self._exponent)

    def __str__(self):
        sign, digits, exponent = "-" if self._number < 0 else "", str(abs(self._number)), self._exponent
        point = len(digits) + exponent
        if exponent <= 0 and point > -6:
            if exponent == 0:
                return sign + digits
            return sign + (digits[:point] if point > 0 else "0") + "." + "0" * -min(point, 0) + digits[max(point, 0):]
        power = point - 1
        return sign + digits[0] + ("." + digits[1:] if len(digits) > 1 else "") + f"E{power:+d}"

    def __repr__(self):
        return f"Decimal('{self}')"

    def __format__(self, spec):
        if not spec:
            return str(self)
        if spec[-1:] == "f" and "." in spec:
            places = int(spec[:-1].rpartition(".")[2])
            text = str(self.quantize(_raw(1, -places)))
            head = spec[:-1].rpartition(".")[0]
            if "," in head:
                whole, dot, part = text.partition(".")
                text, head = f"{int(whole):,}" + dot + part, head.replace(",", "")
            return f"{text:>{head}}" if head and head[-1:].isdigit() else text
        return format(float(self), spec)


_set_key_fields(Decimal, ["_key"])
