def system():
    return "Linux"


def node():
    return "localhost"


def python_version():
    return "3.11.0"


def platform():
    return "Linux"


def machine():
    return "x86_64"
