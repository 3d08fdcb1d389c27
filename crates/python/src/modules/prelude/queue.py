from _swarmgate import sleep as _sleep


class Empty(Exception):
    pass


class Full(Exception):
    pass


class Queue:
    def __init__(self, maxsize=0):
        self.maxsize = maxsize
        self.queue = []

    def _take(self):
        return self.queue.pop(0)

    def put(self, item, block=True, timeout=None):
        waited = 0
        while self.full():
            if not block or (timeout is not None and waited >= timeout):
                raise Full
            _sleep(0.01)
            waited += 0.01
        self.queue.append(item)

    def get(self, block=True, timeout=None):
        waited = 0
        while not self.queue:
            if not block or (timeout is not None and waited >= timeout):
                raise Empty
            _sleep(0.01)
            waited += 0.01
        return self._take()

    def put_nowait(self, item):
        self.put(item, False)

    def get_nowait(self):
        return self.get(False)

    def empty(self):
        return not self.queue

    def full(self):
        return 0 < self.maxsize <= len(self.queue)

    def qsize(self):
        return len(self.queue)

    def task_done(self):
        pass


class LifoQueue(Queue):
    def _take(self):
        return self.queue.pop()


class PriorityQueue(Queue):
    def _take(self):
        item = min(self.queue)
        self.queue.remove(item)
        return item


SimpleQueue = Queue
