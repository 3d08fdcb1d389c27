from _swarmgate import with_payload as _with_payload, payload as _payload


def copy(value):
    if isinstance(value, (int, float, str, bytes, tuple, bool, type(None))):
        return value
    if hasattr(value, "__copy__"):
        return value.__copy__()
    kind = type(value)
    if kind in (list, dict, set):
        return value.copy()
    if hasattr(value, "__dict__") and not callable(value):
        plain = _payload(value)
        made = _with_payload(kind, copy(plain)) if plain is not value else kind.__new__(kind)
        for name, part in value.__dict__.items():
            setattr(made, name, part)
        return made
    if hasattr(value, "copy"):
        return value.copy()
    return value


def deepcopy(value, memo=None):
    memo = {} if memo is None else memo
    if isinstance(value, (int, float, str, bytes, bool, type(None))) and type(value) in (int, float, str, bytes, bool, type(None)):
        return value
    if id(value) in memo:
        return memo[id(value)]
    kind = type(value)
    if kind is list:
        made = memo[id(value)] = []
        for part in value:
            made.append(deepcopy(part, memo))
        return made
    if kind is dict:
        made = memo[id(value)] = {}
        for key, part in value.items():
            made[deepcopy(key, memo)] = deepcopy(part, memo)
        return made
    if kind is tuple:
        return tuple([deepcopy(part, memo) for part in value])
    if kind is set:
        return {deepcopy(part, memo) for part in value}
    if callable(value):
        return value
    if hasattr(value, "__deepcopy__"):
        return value.__deepcopy__(memo)
    if hasattr(value, "__dict__"):
        plain = _payload(value)
        made = _with_payload(kind, deepcopy(plain, memo)) if plain is not value else kind.__new__(kind)
        memo[id(value)] = made
        for name, part in value.__dict__.items():
            setattr(made, name, deepcopy(part, memo))
        return made
    return copy(value)
