from gevent import Greenlet, _until, joinall, killall


class Group:
    greenlet_class = Greenlet
    size = None

    def __init__(self, *greenlets):
        self.greenlets = list(greenlets)

    def _living(self):
        self.greenlets = [each for each in self.greenlets if not each.ready()]
        return self.greenlets

    def __len__(self):
        return len(self._living())

    def __iter__(self):
        return iter(list(self._living()))

    def __contains__(self, each):
        return each in self._living()

    def add(self, greenlet):
        self.wait_available()
        self.greenlets.append(greenlet)

    def discard(self, greenlet):
        if greenlet in self.greenlets:
            self.greenlets.remove(greenlet)

    def start(self, greenlet):
        self.add(greenlet)
        greenlet.start()

    def spawn(self, *args, **kwargs):
        made = self.greenlet_class(*args, **kwargs)
        self.start(made)
        return made

    def join(self, timeout=None, raise_error=False):
        joinall(self.greenlets, timeout, raise_error)
        return not self._living()

    def kill(self, exception=None, block=True, timeout=None):
        killall(list(self.greenlets), block=block, timeout=timeout)

    def killone(self, greenlet, exception=None, block=True, timeout=None):
        greenlet.kill(block=block, timeout=timeout)

    def full(self):
        return self.free_count() <= 0

    def free_count(self):
        return 1 if self.size is None else self.size - len(self._living())

    def wait_available(self, timeout=None):
        if self.size is not None:
            _until(lambda: not self.full(), timeout)

    def apply_async(self, func, args=None, kwds=None, callback=None):
        made = self.spawn(func, *(args or ()), **(kwds or {}))
        if callback is not None:
            made.link(lambda done: callback(done.value))
        return made

    def apply(self, func, args=None, kwds=None):
        return self.apply_async(func, args, kwds).get()

    def map(self, func, iterable):
        return [each.get() for each in [self.spawn(func, item) for item in iterable]]

    def map_async(self, func, iterable, callback=None):
        return Greenlet.spawn(self.map, func, iterable)

    def imap(self, func, *iterables, maxsize=None):
        return iter([each.get() for each in [self.spawn(func, *items) for items in zip(*iterables)]])

    imap_unordered = imap


class Pool(Group):
    def __init__(self, size=None, greenlet_class=None):
        super().__init__()
        self.size = size
        if greenlet_class is not None:
            self.greenlet_class = greenlet_class
