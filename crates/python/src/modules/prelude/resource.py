RLIMIT_NOFILE = 7


def getrlimit(which):
    return (1048576, 1048576)


def setrlimit(which, limits):
    # How many files may be open is the engine's business.
    pass
