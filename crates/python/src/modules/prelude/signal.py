SIGHUP, SIGINT, SIGQUIT, SIGABRT, SIGKILL, SIGUSR1, SIGUSR2, SIGALRM, SIGTERM = 1, 2, 3, 6, 9, 10, 12, 14, 15
SIG_DFL, SIG_IGN = 0, 1


def signal(number, handler):
    # No signal reaches a script: the worker's own handling ends a test in order.
    return SIG_DFL


def getsignal(number):
    return SIG_DFL


def _refuse(*args, **kwargs):
    from _swarmgate import unsupported
    unsupported("signals, but for signal() itself,")


alarm = setitimer = raise_signal = pause = _refuse
