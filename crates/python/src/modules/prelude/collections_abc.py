class Container: pass
class Hashable: pass
class Iterable: pass
class Iterator(Iterable): pass
class Generator(Iterator): pass
class Sized: pass
class Callable: pass
class Collection(Sized, Iterable, Container): pass
class Sequence(Collection): pass
class MutableSequence(Sequence): pass
class Set(Collection): pass
class MutableSet(Set): pass
class Mapping(Collection): pass
class MutableMapping(Mapping): pass
class Awaitable: pass
class Coroutine(Awaitable): pass
