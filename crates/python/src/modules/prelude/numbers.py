class Number: pass
class Complex(Number): pass
class Real(Complex): pass
class Rational(Real): pass
class Integral(Rational): pass
