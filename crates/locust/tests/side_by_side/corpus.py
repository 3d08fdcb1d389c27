"""Holds what the example `corpus` sends and counts against what a real Locust does with the same answers.

    VENV/bin/python corpus.py [--steps=200] EXAMPLE LOCUSTFILE...

in the folder that Locust would be started in. VENV has Locust 2.47 and what the files import. Nothing leaves the machine: requests of
HttpUser are answered within the process, those of FastHttpUser by a server in it.
"""
import json
import os
import re
import subprocess
import sys
import tempfile
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

HOST = "http://127.0.0.1:8080"
BODY = b'{"access_token": "t", "token": "t", "id": 1, "data": [], "items": [], "results": [], "status": "ok"}'
# What clients send of their own accord.
OWN_HEADERS = {"user-agent", "accept-encoding", "accept", "connection", "content-length", "host"}


class Over(BaseException):
    pass


class Steps:
    """So many waits and requests, on a clock that stands still otherwise."""

    def __init__(self):
        self.left, self.now = 10**9, 1_700_000_000.0

    def take(self, seconds):
        if self.left <= 0:
            raise Over()
        self.left -= 1
        self.now += seconds


def in_locust(path, steps, out):
    """Runs the file in this process's Locust, and writes down what it sends and counts."""
    # This script's folder has locustfiles that hide packages, and so may the file's own.
    del sys.path[0]
    sys.argv = ["locust"]
    import locust  # first: it patches the rest

    import time
    from io import BytesIO

    import gevent
    import geventhttpclient.useragent
    import locust.contrib.fasthttp
    import locust.user.task
    from gevent.pywsgi import WSGIServer
    from locust.argument_parser import get_parser
    from locust.env import Environment
    from locust.exception import StopUser
    from locust.util.load_locustfile import load_locustfile
    from requests.adapters import HTTPAdapter
    from urllib3.response import HTTPResponse

    task_module = sys.modules["locust.user.task"]
    lines, errors, walk = [], set(), Steps()

    def note(method, url, headers, body):
        if hasattr(body, "read"):
            body = body.read()
        elif body is not None and not isinstance(body, (bytes, str)):
            body = b"".join(part if isinstance(part, bytes) else part.encode() for part in body)
        text = body.decode("utf-8", "replace") if isinstance(body, bytes) else body or ""
        names = ",".join(sorted(name.lower() for name in headers))
        lines.append("\t".join(["SENT", method, url, names, text.replace("\n", "\\n")]))

    def send(self, request, **options):
        walk.take(0.005)
        note(request.method, request.url, request.headers, request.body)
        content = b"" if request.method == "HEAD" else BODY
        raw = HTTPResponse(
            body=BytesIO(content), headers={"Content-Type": "application/json"}, status=200, reason="OK",
            preload_content=False, request_method=request.method,
        )
        return self.build_response(request, raw)

    def answer(environ, start_response):
        environ["wsgi.input"].read()
        start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(BODY)))])
        return [BODY]

    server = WSGIServer(("127.0.0.1", 0), answer, log=None, error_log=None)
    server.start()
    plain_urlopen = geventhttpclient.useragent.UserAgent.urlopen

    def urlopen(self, url, method="GET", *args, headers=None, payload=None, **options):
        walk.take(0.005)
        payload = payload.read() if hasattr(payload, "read") else payload
        shown = payload if isinstance(payload, (bytes, str, type(None))) else urlencode(payload)
        note(method, url, {**(getattr(self, "default_headers", None) or {}), **(headers or {})}, shown)
        if options.get("params"):
            url += ("&" if "?" in url else "?") + urlencode(options.pop("params"), doseq=True)
            lines[-1] = lines[-1].replace(lines[-1].split("\t")[2], url, 1)
        parts = urlsplit(url)
        here = urlunsplit(("http", f"127.0.0.1:{server.server_port}", parts.path, parts.query, ""))
        return plain_urlopen(self, here, method, *args, headers=headers, payload=payload, **options)

    real_sleep = gevent.sleep

    def sleep(seconds=0, ref=True):
        walk.take(max(0, seconds or 0))
        real_sleep(0)

    HTTPAdapter.send = send
    locust.contrib.fasthttp.LocustUserAgent.urlopen = urlopen
    gevent.sleep = time.sleep = task_module.sleep = sleep
    time.time = time.perf_counter = time.monotonic = lambda: walk.now

    def counted(request_type, name, exception=None, **others):
        failure = exception if isinstance(exception, str) else "" if exception is None else repr(exception)
        lines.append("\t".join(["COUNTED", request_type, name, failure]))

    def live(user):
        try:
            user.on_start()
            user._taskset_instance = task_module.DefaultTaskSet(user)
            user._taskset_instance.run()
        except (Over, StopUser):
            pass
        except Exception as error:
            errors.add(f"{type(error).__name__}: {error}")

    def fire(event, **arguments):
        walk.left = 5_000
        try:
            event.fire(**arguments)
        except Over:
            errors.add("listeners that never end")

    sys.path[:0] = [os.path.dirname(os.path.abspath(path)), os.getcwd()]
    try:
        loaded = load_locustfile(path)
        classes = next(part for part in loaded if isinstance(part, dict))
        parser = get_parser(default_config_files=[])
        locust.events.init_command_line_parser.fire(parser=parser)
        options = parser.parse_args([])
        options.host, options.num_users, options.users = HOST, 10, 10
        environment = Environment(
            events=locust.events, host=HOST, user_classes=list(classes.values()), parsed_options=options,
            available_user_classes=classes,
        )
        runner = environment.create_local_runner()
        # Its look at the CPU takes steps too.
        runner.greenlet.kill()
        locust.events.request.add_listener(counted)
        locust.events.user_error.add_listener(
            lambda exception, **others: errors.add(f"{type(exception).__name__}: {exception}")
        )
        fire(locust.events.init, environment=environment, runner=runner, web_ui=None)
        fire(locust.events.test_start, environment=environment)
        for user_class in classes.values():
            user_class.host = HOST
            user = user_class(environment)
            user._state = "running"
            walk.left = steps
            gevent.spawn(live, user).join(timeout=60)
        fire(locust.events.test_stop, environment=environment)
        end = "ran; task errors: " + "; ".join(sorted(errors))
    except BaseException as error:
        end = f"{type(error).__name__}: {error}"
    with open(out, "w", encoding="utf-8", errors="replace") as file:
        file.write("\n".join([*lines, "END\t" + end.replace("\n", " | ")]))
    os._exit(0)


def shape(text):
    """Without numbers, ids and what is escaped."""
    text = re.sub(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", "#", text)
    return re.sub(r"\d+(\.\d+)?", "#", re.sub(r"[0-9a-f]{8,}", "#", re.sub(r"%[0-9A-Fa-f]{2}", "%", text)))


def query_names(query):
    return ",".join(sorted({shape(name) for name, _ in parse_qsl(query, True)}))


def fields(body):
    try:
        value = json.loads(body.replace("\\n", "\n"))
        return "json " + (",".join(sorted(value)) if isinstance(value, dict) else type(value).__name__)
    except ValueError:
        pass
    if "Content-Disposition" in body:
        return "form " + ",".join(sorted(set(re.findall(r' name="([^"]*)"', body))))
    if re.fullmatch(r"[^=&\s]+=[^&\s]*(&[^=&\s]+=[^&\s]*)*", body):
        return "urlencoded " + query_names(body)
    return "text" if body else ""


def kinds(lines):
    """The kinds of requests that were sent, and of those that were counted."""
    found = set()
    for line in lines:
        parts = line.split("\t")
        if parts[0] == "SENT" and len(parts) > 4:
            url = urlsplit(parts[2])
            headers = ",".join(name for name in parts[3].split(",") if name not in OWN_HEADERS)
            where = f"{url.netloc}{shape(url.path)}?{query_names(url.query)}"
            found.add(f"sent {parts[1]} {where} [{headers}] {fields(parts[4])}")
        elif parts[0] == "COUNTED" and len(parts) > 3:
            path, _, query = parts[2].partition("?")
            found.add(f"counted {parts[1]} {shape(path)}?{query_names(query)} {shape(parts[3])[:100]}")
    return found


def compare(example, path, flag):
    native = subprocess.run([example, "--sent", flag, path], capture_output=True, timeout=120).stdout.decode("utf-8", "replace")
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "out")
        command = [sys.executable, "-W", "ignore", os.path.abspath(__file__), flag, "--in-locust=" + out, path]
        ended = subprocess.run(command, capture_output=True, text=True, timeout=120)
        real = open(out, encoding="utf-8").read() if os.path.exists(out) else "END\t" + ended.stderr[-200:]
    ours, theirs = kinds(native.splitlines()), kinds(real.splitlines())
    print(path, "the same" if ours == theirs else "differs", len(ours), sep="\t")
    print("  natively:", native.splitlines()[-1].partition("\t")[2][:200])
    print("  Locust:", real.splitlines()[-1].partition("\t")[2][:200])
    for sign, only in (("natively only", ours - theirs), ("Locust only", theirs - ours)):
        for each in sorted(only)[:10]:
            print(f"  {sign}: {each[:220]}")


def main():
    flags = [word for word in sys.argv[1:] if word.startswith("--")]
    words = [word for word in sys.argv[1:] if not word.startswith("--")]
    flag = next((flag for flag in flags if flag.startswith("--steps=")), "--steps=200")
    out = next((flag.partition("=")[2] for flag in flags if flag.startswith("--in-locust=")), None)
    if out:
        in_locust(words[0], int(flag.partition("=")[2]), out)
    for path in words[1:]:
        compare(os.path.abspath(words[0]), path, flag)


if __name__ == "__main__":
    main()
