import os as _os
import sys as _sys

SUPPRESS = "==SUPPRESS=="
REMAINDER = "..."
OPTIONAL, ZERO_OR_MORE, ONE_OR_MORE = "?", "*", "+"


class ArgumentTypeError(Exception):
    pass


class ArgumentError(Exception):
    pass


class Namespace:
    def __init__(self, **values):
        for name, value in values.items():
            setattr(self, name, value)

    def __repr__(self):
        return "Namespace(" + ", ".join([f"{name}={value!r}" for name, value in self.__dict__.items()]) + ")"

    def __contains__(self, name):
        return name in self.__dict__


class _Argument:
    def __init__(self, flags, action="store", dest=None, default=None, type=None, choices=None, nargs=None, const=None, required=False,
                 env_var=None, help=None, metavar=None, version=None, **others):
        self.flags, self.action, self.type, self.choices, self.nargs, self.const = flags, action, type, choices, nargs, const
        self.required, self.env_var = required, env_var
        long = [flag for flag in flags if flag.startswith("--")]
        self.dest = dest or (long[0] if long else flags[0]).lstrip("-").replace("-", "_")
        if default is None and action in ("store_true", "store_false"):
            default = action == "store_false"
        self.default = default
        self.positional = not flags[0].startswith("-")

    def convert(self, text):
        value = self.type(text) if self.type is not None and isinstance(text, str) else text
        if self.choices is not None and value not in self.choices:
            raise ArgumentError(f"argument {'/'.join(self.flags)}: invalid choice: {value!r} (choose from {', '.join([repr(c) for c in self.choices])})")
        return value

    def initial(self, env_prefix):
        name = self.env_var or (env_prefix + self.dest.upper() if env_prefix and not self.positional else None)
        text = _os.environ.get(name) if name else None
        if text is None:
            return self.convert(self.default) if isinstance(self.default, str) and self.type is not None else self.default
        if self.action in ("store_true", "store_false"):
            return (text.lower() in ("1", "true", "yes")) == (self.action == "store_true")
        return [self.convert(part) for part in text.split(",")] if self.action == "append" or self.nargs in ("*", "+") else self.convert(text)


class _Group:
    def __init__(self, parser):
        self._parser = parser

    def add_argument(self, *flags, **options):
        return self._parser.add_argument(*flags, **options)

    def add_argument_group(self, *args, **kwargs):
        return self

    def add_mutually_exclusive_group(self, **kwargs):
        return self


class ArgumentParser:
    # Options without a variable of their own go by this and their name.
    _env_prefix = None

    def __init__(self, *args, **kwargs):
        self._arguments = []
        self._set = {}

    def add_argument(self, *flags, **options):
        argument = _Argument(flags, **options)
        self._arguments.append(argument)
        return argument

    add = add_argument

    def add_argument_group(self, *args, **kwargs):
        return _Group(self)

    add_mutually_exclusive_group = add_argument_group

    def set_defaults(self, **values):
        self._set.update(values)

    def get_default(self, dest):
        for argument in self._arguments:
            if argument.dest == dest:
                return argument.default
        return self._set.get(dest)

    def error(self, message):
        raise SystemExit(message)

    def add_subparsers(self, *args, **kwargs):
        from _swarmgate import unsupported
        unsupported("argparse's sub-parsers")

    def parse_args(self, args=None, namespace=None):
        made, rest = self.parse_known_args(args, namespace)
        if rest:
            self.error("unrecognized arguments: " + " ".join(rest))
        return made

    def parse_known_args(self, args=None, namespace=None):
        made = namespace or Namespace()
        words = list(_sys.argv[1:] if args is None else args)
        for name, value in self._set.items():
            setattr(made, name, value)
        for argument in self._arguments:
            if argument.default is not SUPPRESS:
                setattr(made, argument.dest, argument.initial(self._env_prefix))
        by_flag = {flag: argument for argument in self._arguments for flag in argument.flags}
        positional = [argument for argument in self._arguments if argument.positional]
        rest, given = [], set()
        while words:
            word = words.pop(0)
            flag, equals, value = word.partition("=") if word.startswith("--") else (word, "", "")
            argument = by_flag.get(flag) if word.startswith("-") else None
            if argument is None:
                if word.startswith("-") or not positional:
                    rest.append(word)
                    continue
                argument = positional.pop(0)
                words.insert(0, word)
            elif equals:
                words.insert(0, value)
            given.add(argument.dest)
            if argument.action == "store_true" or argument.action == "store_false":
                setattr(made, argument.dest, argument.action == "store_true")
            elif argument.action == "store_const":
                setattr(made, argument.dest, argument.const)
            elif argument.action == "count":
                setattr(made, argument.dest, (getattr(made, argument.dest, None) or 0) + 1)
            elif argument.nargs in ("*", "+") or isinstance(argument.nargs, int):
                values = []
                while words and not words[0].startswith("-") and (not isinstance(argument.nargs, int) or len(values) < argument.nargs):
                    values.append(argument.convert(words.pop(0)))
                setattr(made, argument.dest, values)
            elif not words or (argument.nargs == "?" and words[0].startswith("-")):
                if argument.nargs != "?":
                    self.error(f"argument {'/'.join(argument.flags)}: expected one argument")
                setattr(made, argument.dest, argument.const)
            else:
                value = argument.convert(words.pop(0))
                setattr(made, argument.dest, (getattr(made, argument.dest, None) or []) + [value] if argument.action == "append" else value)
        for argument in self._arguments:
            if (argument.required or (argument.positional and argument.nargs not in ("?", "*"))) and argument.dest not in given and getattr(made, argument.dest, None) is None:
                self.error(f"the following arguments are required: {'/'.join(argument.flags)}")
        return made, rest


HelpFormatter = RawTextHelpFormatter = RawDescriptionHelpFormatter = ArgumentDefaultsHelpFormatter = object
