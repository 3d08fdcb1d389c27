from threading import Lock as Semaphore, Lock as BoundedSemaphore, RLock
