class SimpleNamespace:
    def __init__(self, **names):
        for name, value in names.items():
            setattr(self, name, value)

    def __repr__(self):
        return "namespace(" + ", ".join(f"{name}={value!r}" for name, value in self.__dict__.items()) + ")"

    def __eq__(self, other):
        return isinstance(other, SimpleNamespace) and dict(self.__dict__.items()) == dict(other.__dict__.items())


FunctionType = LambdaType = type(lambda: None)
GeneratorType = type((lambda: (yield))())
NoneType = type(None)


class ModuleType:
    def __init__(self, name, doc=None):
        self.__name__ = name


def MethodType(function, value):
    return lambda *args, **kwargs: function(value, *args, **kwargs)


MappingProxyType = dict
TracebackType = object
