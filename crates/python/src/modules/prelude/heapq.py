def heappush(heap, item):
    heap.append(item)
    at = len(heap) - 1
    while at > 0:
        above = (at - 1) >> 1
        if not item < heap[above]:
            break
        heap[at] = heap[above]
        at = above
    heap[at] = item


def _sink(heap, at):
    item, end = heap[at], len(heap)
    while True:
        below = 2 * at + 1
        if below >= end:
            break
        if below + 1 < end and not heap[below] < heap[below + 1]:
            below += 1
        if not heap[below] < item:
            break
        heap[at] = heap[below]
        at = below
    heap[at] = item


def heappop(heap):
    last = heap.pop()
    if not heap:
        return last
    least, heap[0] = heap[0], last
    _sink(heap, 0)
    return least


def heapify(heap):
    for at in reversed(range(len(heap) // 2)):
        _sink(heap, at)


def heapreplace(heap, item):
    least, heap[0] = heap[0], item
    _sink(heap, 0)
    return least


def heappushpop(heap, item):
    return heapreplace(heap, item) if heap and heap[0] < item else item


def nlargest(n, items, key=None):
    return sorted(items, key=key, reverse=True)[:n]


def nsmallest(n, items, key=None):
    return sorted(items, key=key)[:n]


def merge(*sources, key=None, reverse=False):
    return iter(sorted([item for source in sources for item in source], key=key, reverse=reverse))
