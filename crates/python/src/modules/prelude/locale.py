LC_ALL, LC_NUMERIC, LC_TIME = 6, 1, 2


def setlocale(category, locale=None):
    return "C.UTF-8"


def getlocale(category=0):
    return ("en_US", "UTF-8")


def getpreferredencoding(do_setlocale=True):
    return "UTF-8"
