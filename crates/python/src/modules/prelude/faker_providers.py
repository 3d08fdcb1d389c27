class BaseProvider:
    def __init__(self, generator):
        self.generator = generator

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.generator, name)


class DynamicProvider(BaseProvider):
    def __init__(self, provider_name, elements=None, generator=None):
        self.elements = list(elements or [])
        setattr(self, provider_name, self._element)
        self.generator = generator

    def _element(self):
        import random
        return random.choice(self.elements)
