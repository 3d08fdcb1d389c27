import os as _os
import re as _re


def dotenv_values(dotenv_path=".env", **options):
    found = {}
    try:
        with open(str(dotenv_path or ".env")) as file:
            lines = file.readlines()
    except FileNotFoundError:
        return found
    for line in lines:
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        if line.startswith("export "):
            line = line[7:].lstrip()
        name, equals, value = line.partition("=")
        if not equals:
            continue
        value = value.strip()
        if value[:1] in ("'", '"') and value.find(value[0], 1) > 0:
            quote = value[0]
            value = value[1:value.find(quote, 1)]
            if quote == '"':
                value = value.replace("\\n", "\n")
        else:
            value = _re.split(r"\s+#", value)[0].strip()
        value = _re.sub(r"\$\{([^}:]+)(?::-([^}]*))?\}", lambda m: _os.environ.get(m.group(1), found.get(m.group(1), m.group(2) or "")), value)
        found[name.strip()] = value
    return found


def load_dotenv(dotenv_path=None, stream=None, verbose=False, override=False, **options):
    found = dotenv_values(dotenv_path or ".env")
    for name, value in found.items():
        if override or name not in _os.environ:
            _os.environ[name] = value
    return bool(found)


def find_dotenv(*args, **kwargs):
    return ".env"
