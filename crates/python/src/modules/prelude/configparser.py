import os as _os

DEFAULTSECT = "DEFAULT"
_BOOLEANS = {"1": True, "yes": True, "true": True, "on": True, "0": False, "no": False, "false": False, "off": False}
_UNSET = object()


class Error(Exception):
    pass


class NoSectionError(Error):
    def __init__(self, section):
        super().__init__(f"No section: {section!r}")


class NoOptionError(Error):
    def __init__(self, option, section):
        super().__init__(f"No option {option!r} in section: {section!r}")


class ParsingError(Error):
    pass


class MissingSectionHeaderError(ParsingError):
    pass


class SectionProxy:
    def __init__(self, parser, name):
        self._parser, self.name = parser, name

    def __getitem__(self, key):
        try:
            return self._parser.get(self.name, key)
        except NoOptionError:
            raise KeyError(key) from None

    def __setitem__(self, key, value):
        self._parser.set(self.name, key, value)

    def __contains__(self, key):
        return self._parser.has_option(self.name, key)

    def __iter__(self):
        return iter(self._parser.options(self.name))

    def __len__(self):
        return len(self._parser.options(self.name))

    def keys(self):
        return self._parser.options(self.name)

    def items(self):
        return self._parser.items(self.name)

    def get(self, option, fallback=None):
        return self._parser.get(self.name, option, fallback=fallback)

    def getint(self, option, fallback=None):
        return self._parser.getint(self.name, option, fallback=fallback)

    def getfloat(self, option, fallback=None):
        return self._parser.getfloat(self.name, option, fallback=fallback)

    def getboolean(self, option, fallback=None):
        return self._parser.getboolean(self.name, option, fallback=fallback)


class RawConfigParser:
    _interpolates = False

    def __init__(self, defaults=None, allow_no_value=False, interpolation=_UNSET, **others):
        self._sections = {}
        self._defaults = {self.optionxform(key): value for key, value in (defaults or {}).items()}
        self._allows_none = allow_no_value
        if interpolation is None:
            self._interpolates = False

    def optionxform(self, option):
        return option.lower()

    def read_string(self, string, source="<string>"):
        section, key, indent = None, None, 0
        for line in string.splitlines():
            text = line.strip()
            if not text or text[0] in "#;":
                continue
            if key is not None and line[0] in " \t" and section[key] is not None:
                section[key] += "\n" + text
                continue
            if text.startswith("[") and text.endswith("]"):
                name, key = text[1:-1], None
                section = self._defaults if name == DEFAULTSECT else self._sections.setdefault(name, {})
                continue
            if section is None:
                raise MissingSectionHeaderError(f"File contains no section headers.\nfile: {source!r}")
            places = [place for place in (text.find("="), text.find(":")) if place >= 0]
            if not places:
                if not self._allows_none:
                    raise ParsingError(f"Source contains parsing errors: {source!r}")
                key = self.optionxform(text)
                section[key] = None
                continue
            key = self.optionxform(text[:min(places)].strip())
            section[key] = text[min(places) + 1:].strip()

    def read_file(self, f, source=None):
        self.read_string(f.read() if hasattr(f, "read") else "\n".join(f), source or "<???>")

    def read_dict(self, dictionary, source="<dict>"):
        for name, values in dictionary.items():
            section = self._defaults if name == DEFAULTSECT else self._sections.setdefault(name, {})
            for key, value in values.items():
                section[self.optionxform(key)] = str(value)

    def read(self, filenames, encoding=None):
        names = [filenames] if isinstance(filenames, str) or hasattr(filenames, "__fspath__") else filenames
        found = []
        for name in names:
            try:
                with open(name, encoding=encoding or "utf-8") as file:
                    self.read_string(file.read(), _os.fspath(name))
                found.append(name)
            except FileNotFoundError:
                pass
        return found

    def sections(self):
        return list(self._sections)

    def has_section(self, section):
        return section in self._sections

    def add_section(self, section):
        self._sections[section] = {}

    def options(self, section):
        return list({**self._section(section), **self._defaults})

    def has_option(self, section, option):
        return section in self._sections and self.optionxform(option) in {**self._defaults, **self._sections[section]}

    def _section(self, name):
        if name == DEFAULTSECT:
            return self._defaults
        if name not in self._sections:
            raise NoSectionError(name)
        return self._sections[name]

    def get(self, section, option, *, raw=False, vars=None, fallback=_UNSET):
        try:
            values = {**self._defaults, **self._section(section), **(vars or {})}
            key = self.optionxform(option)
            if key not in values:
                raise NoOptionError(option, section)
        except (NoSectionError, NoOptionError):
            if fallback is _UNSET:
                raise
            return fallback
        value = values[key]
        if self._interpolates and not raw and value is not None and "%" in value:
            for _ in range(10):
                for name, other in values.items():
                    value = value.replace(f"%({name})s", other or "")
                if "%(" not in value:
                    break
            value = value.replace("%%", "%")
        return value

    def _converted(self, convert, section, option, fallback, options):
        value = self.get(section, option, fallback=fallback, **options)
        return value if value is fallback else convert(value)

    def getint(self, section, option, *, fallback=_UNSET, **options):
        return self._converted(int, section, option, fallback, options)

    def getfloat(self, section, option, *, fallback=_UNSET, **options):
        return self._converted(float, section, option, fallback, options)

    def getboolean(self, section, option, *, fallback=_UNSET, **options):
        def convert(value):
            if value.lower() not in _BOOLEANS:
                raise ValueError(f"Not a boolean: {value}")
            return _BOOLEANS[value.lower()]
        return self._converted(convert, section, option, fallback, options)

    def items(self, section=_UNSET, raw=False, vars=None):
        if section is _UNSET:
            return [(name, self[name]) for name in [DEFAULTSECT] + self.sections()]
        return [(key, self.get(section, key, raw=raw)) for key in self.options(section)]

    def set(self, section, option, value=None):
        self._section(section)[self.optionxform(option)] = value

    def defaults(self):
        return self._defaults

    def write(self, fp, space_around_delimiters=True):
        for name in ([DEFAULTSECT] if self._defaults else []) + self.sections():
            fp.write(f"[{name}]\n")
            for key, value in self._section(name).items():
                fp.write(key + ("" if value is None else (" = " if space_around_delimiters else "=") + value.replace("\n", "\n\t")) + "\n")
            fp.write("\n")

    def __getitem__(self, section):
        if section != DEFAULTSECT and section not in self._sections:
            raise KeyError(section)
        return SectionProxy(self, section)

    def __setitem__(self, section, values):
        self._sections[section] = {}
        self.read_dict({section: values})

    def __contains__(self, section):
        return section == DEFAULTSECT or section in self._sections

    def __iter__(self):
        return iter([DEFAULTSECT] + self.sections())


class ConfigParser(RawConfigParser):
    _interpolates = True


SafeConfigParser = ConfigParser
