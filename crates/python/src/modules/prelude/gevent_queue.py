from queue import Empty, Full, LifoQueue, PriorityQueue, Queue

JoinableQueue = SimpleQueue = Queue
