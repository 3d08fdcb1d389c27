# What Swarmgate loads into a Locust beside the locustfile, to start, steer and measure it.
#
# Standard input carries commands, a JSON object a line; its end means that Swarmgate is gone, and ends this process at once.
# Standard output carries frames, which `wire.rs` describes. What the locustfile prints goes to standard error, with the log.

import atexit
import collections
import json
import logging
import math
import os
import platform
import signal
import struct
import sys
import time
import traceback

_RUN = json.loads(os.environ.pop("SWARMGATE_LOCUST_RUN"))

# Before anything of the locustfile can write there. Neither is inherited by processes that it starts.
_commands, _frames = os.dup(0), os.dup(1)
_nothing = os.open(os.devnull, os.O_RDONLY)
os.dup2(_nothing, 0)
os.close(_nothing)
os.dup2(2, 1)

import gevent
import gevent.event
import gevent.monkey
import locust
import locust.clients
import locust.contrib.fasthttp
import locust.stats
from locust.user.task import LOCUST_STATE_RUNNING, LOCUST_STATE_STOPPING

# How often all that happened is written, and the present state with it.
_TICK = 0.04

# A shape that never ends is followed for a day.
_LONGEST = 24 * 60 * 60

_pack_request = struct.Struct("<cIQdQHI").pack
_pack_hop = struct.Struct("<cH").pack
_pack_raised = struct.Struct("<cQI").pack
_pack_tick = struct.Struct("<cQIQQq").pack

_buffer = bytearray(b"\0swarmgate-locust-1\n")
_names = {}
_errors = {}
_exceptions = {}
# What `time.perf_counter()` shows at test time 0.
_origin = None
_spawned = 0
_runner = None


def _die():
    # The group is this process's own, unless someone started it by hand.
    if os.getpgid(0) == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(1)


def _flush():
    global _buffer
    data, _buffer = memoryview(_buffer), bytearray()
    try:
        while data:
            data = data[os.write(_frames, data):]
    except OSError:
        _die()


_told = collections.deque()
_bell = None


def _listen():
    """Takes commands in a thread of the system, so that even a Locust that is stuck ends with Swarmgate."""
    unread = b""
    while True:
        try:
            read = os.read(_commands, 65_536)
        except OSError:
            read = b""
        if not read:
            _die()
        *lines, unread = (unread + read).split(b"\n")
        _told.extend(lines)
        if _bell is not None:
            _bell.send()


gevent.monkey.get_original("_thread", "start_new_thread")(_listen, ())


def _text(text, most):
    return str(text).encode("utf-8", "replace")[:most]


def _say(what, **fields):
    body = json.dumps({what: fields}, default=str).encode()
    _buffer.extend(struct.pack("<cI", b"J", len(body)) + body)
    _flush()


def _micros():
    return max(0, int((time.perf_counter() - _origin) * 1e6))


# --- what is measured ---


def _new_name(key):
    number = _names[key] = len(_names)
    kind, name = _text(key[0], 100), _text(key[1], 2_000)
    _buffer.extend(struct.pack("<cIHH", b"N", number, len(kind), len(name)) + kind + name)
    return number


def _error(exception):
    text = locust.stats.StatsError.parse_error(exception)
    key = (type(exception).__name__, text)
    number = _errors.get(key)
    if number is None:
        number = _errors[key] = len(_errors) + 1
        kind, text = _text(key[0], 100), _text(text, 2_000)
        _buffer.extend(struct.pack("<cIHH", b"E", number, len(kind), len(text)) + kind + text)
    return number


def _on_request(request_type, name, response_time=None, response_length=None, exception=None, response=None, **_):
    if _origin is None:
        return
    key = (request_type, name)
    number = _names.get(key)
    if number is None:
        number = _new_name(key)
    for hop in getattr(response, "history", None) or ():
        _buffer.extend(_pack_hop(b"A", hop.status_code))
    status = getattr(response, "status_code", 0)
    if not isinstance(status, int) or not 0 < status < 1_000:
        status = 0
    took = math.nan if response_time is None else float(response_time)
    error = _error(exception) if exception else 0
    _buffer.extend(_pack_request(b"R", number, _micros(), took, max(0, int(response_length or 0)), status, error))
    user = getattr(response, "_swarmgate_user", None)
    if user is not None:
        user._swarmgate_open -= 1
        response._swarmgate_user = None


# Before the listeners of the locustfile: one that raises StopUser keeps those after it from hearing of the request.
locust.events.request.add_listener(_on_request)


def _tick(late=-1):
    users = len(_runner.user_greenlets)
    cpu = int(time.process_time() * 1e6)
    _buffer.extend(_pack_tick(b"T", _micros(), users, _spawned, cpu, late))
    _flush()


def _tick_again_and_again():
    due = time.perf_counter() + _TICK
    while True:
        gevent.sleep(max(0.0, due - time.perf_counter()))
        now = time.perf_counter()
        _tick(max(0, int((now - due) * 1e6)))
        due = now + _TICK


@locust.events.user_error.add_listener
def _on_user_error(exception, tb=None, **_):
    if _origin is None:
        return
    key = (f"{type(exception).__name__}: {exception}", "".join(traceback.format_exception(type(exception), exception, tb)))
    if key not in _exceptions and len(_exceptions) >= 1_000:
        key = ("others", "")
    number = _exceptions.get(key)
    if number is None:
        number = _exceptions[key] = len(_exceptions)
        message, text = _text(key[0], 1_000), key[1].encode("utf-8", "replace")[-4_000:]
        _buffer.extend(struct.pack("<cIHH", b"Y", number, len(message), len(text)) + message + text)
    _buffer.extend(_pack_raised(b"X", _micros(), number))


# --- how users end: requests in flight are finished and counted, no further one is sent, but for those of on_stop ---

locust.User._swarmgate_sets = 0
locust.User._swarmgate_tasks = 0
locust.User._swarmgate_flight = 0
locust.User._swarmgate_open = 0


def _is_free(user):
    # As many tasks as task sets are at work: neither on_start nor on_stop is. No answer is being waited for or looked at.
    tasks = user._swarmgate_tasks
    return 0 < tasks == user._swarmgate_sets and user._swarmgate_flight == 0 and user._swarmgate_open <= 0


def _counted(original, counter):
    def method(self):
        user = self._user
        setattr(user, counter, getattr(user, counter) + 1)
        try:
            return original(self)
        finally:
            setattr(user, counter, getattr(user, counter) - 1)

    return method


def _guarded(original):
    def request(self, *args, **kwargs):
        user = self.user
        if user is None:
            return original(self, *args, **kwargs)
        if user._state == LOCUST_STATE_STOPPING and _is_free(user):
            raise gevent.GreenletExit()
        user._swarmgate_flight += 1
        try:
            response = original(self, *args, **kwargs)
        finally:
            user._swarmgate_flight -= 1
        if kwargs.get("catch_response"):
            user._swarmgate_open += 1
            response._swarmgate_user = user
        return response

    return request


def _stopping(original):
    def stop(self, force=False):
        is_ours = isinstance(self, (locust.HttpUser, locust.FastHttpUser))
        is_running = self._state == LOCUST_STATE_RUNNING
        return original(self, force=force or (is_ours and is_running and _is_free(self)))

    return stop


locust.TaskSet.run = _counted(locust.TaskSet.run, "_swarmgate_sets")
locust.TaskSet.execute_next_task = _counted(locust.TaskSet.execute_next_task, "_swarmgate_tasks")
for _session in (locust.clients.HttpSession, locust.contrib.fasthttp.FastHttpSession):
    _session.request = _guarded(_session.request)
locust.User.stop = _stopping(locust.User.stop)


# --- what this Locust is to do ---


@locust.events.init_command_line_parser.add_listener
def _on_parser(parser):
    parse = parser.parse_args
    # All of the locustfile's own come before it: they are there by now.
    locust.events.init.add_listener(lambda environment, **_: _Steered(environment))

    def parse_args(*args, **kwargs):
        options = parse(*args, **kwargs)
        # What locust.conf and LOCUST_ variables say of these is Swarmgate's to read.
        forced = {
            "headless": True, "headful": False, "autostart": False, "autoquit": -1, "run_time": None, "processes": None,
            "master": False, "worker": False, "csv_prefix": None, "stats_history_enabled": False, "html_file": None,
            "json": False, "json_file": None, "only_summary": True, "print_stats": False, "show_task_ratio": False,
            "show_task_ratio_json": False, "list_commands": False, "class_picker": False, "logfile": None,
            "exit_code_on_error": 0, "reset_stats": False, "stop_timeout": _RUN["grace"], "num_users": _RUN["users"],
            "spawn_rate": _RUN["spawn_rate"], "host": _RUN["host"], "tags": _RUN["tags"] or None,
            "exclude_tags": _RUN["exclude_tags"] or None, "user_classes": _RUN["classes"],
        }
        for name, value in forced.items():
            setattr(options, name, value)
        return options

    parser.parse_args = parse_args


def _share(first, count):
    """How many of `count` users, numbered from `first` on, are this process's."""
    shard, shards = _RUN["shard"], _RUN["shards"]
    upto = lambda number: max(0, (number - shard + shards - 1) // shards)
    return upto(first + count) - upto(first)


def _take_part(environment):
    """Leaves this process its part of the users with a fixed count, and of those that a shape asks for."""
    classes = sorted(environment.user_classes, key=lambda user: user.__name__)
    first, parts = 0, []
    for user in classes:
        parts.append(_share(first, user.fixed_count) if user.fixed_count else None)
        first += user.fixed_count
    kept = [(user, part) for user, part in zip(classes, parts) if part != 0]
    for user, part in kept:
        if part is not None:
            user.fixed_count = part
    if kept:
        environment.user_classes[:] = [user for user, _ in kept]
    shape = environment.shape_class
    if shape is not None and _RUN["shards"] > 1:
        tick = shape.tick

        def part_of_tick():
            found = tick()
            if found is None:
                return None
            users, rate, *more = found
            return (_share(0, int(users)), rate / _RUN["shards"], *more)

        shape.tick = part_of_tick
    return bool(kept)


class _Steered:
    """The runner, as Swarmgate steers it."""

    def __init__(self, environment):
        global _bell
        self.environment, self.runner = environment, environment.runner
        self.begun, self.going, self.stopped = (gevent.event.Event() for _ in range(3))
        self.is_stopping = False
        self.has_users = _take_part(environment)
        runner = self.runner
        self.real_stop, self.real_quit, self.real_spawn = runner.stop, runner.quit, runner.spawn_users
        runner.start, runner.start_shape = self.wait_to_start, self.wait_to_start_shape
        runner.stop, runner.quit, runner.spawn_users = self.stop, self.quit, self.spawn_users
        self.has_commands = gevent.event.Event()
        _bell = gevent.get_hub().loop.async_()
        _bell.start(self.has_commands.set)
        self.has_commands.set()
        gevent.spawn(self.obey)

    def wait(self):
        """Waits for test time 0."""
        global _origin
        runner = self.runner
        del runner.start, runner.start_shape
        _say("ready", shape=self.environment.shape_class is not None)
        self.begun.wait()
        run_time = _RUN["run_time"]
        self.environment.parsed_options.run_time = int(run_time) if run_time else None
        start = time.perf_counter() + (self.start / 1e6 - time.time())
        gevent.sleep(max(0.0, start - time.perf_counter()))
        _origin = start
        self.going.set()
        _tick()
        gevent.spawn(_tick_again_and_again)

    def wait_to_start(self, *_, **__):
        self.wait()

    def wait_to_start_shape(self):
        self.wait()
        if not self.is_stopping:
            self.runner.start_shape()
        if self.runner.shape_greenlet is None:
            # Who called waits for it.
            self.runner.shape_greenlet = gevent.spawn(self.stopped.wait)

    def spawn_users(self, *args, **kwargs):
        global _spawned
        users = self.real_spawn(*args, **kwargs)
        if _origin is not None and users:
            _spawned += len(users)
            _tick()
        return users

    def stop(self):
        if self.is_stopping:
            # The other one tells the listeners, once.
            self.stopped.wait()
            return
        self.is_stopping = True
        try:
            self.real_stop()
        finally:
            if _origin is not None:
                _tick()
            _say("over")
            self.stopped.set()

    def quit(self):
        if gevent.getcurrent() in self.runner.user_greenlets:
            # A user can't wait for its own end.
            gevent.spawn(self.real_quit)
        else:
            self.real_quit()

    def obey(self):
        while True:
            self.has_commands.wait()
            self.has_commands.clear()
            while _told:
                command = json.loads(_told.popleft())
                if "begin" in command:
                    self.start = command["begin"]
                    self.begun.set()
                elif "stop" in command:
                    gevent.spawn(self.runner.quit)
                elif not self.is_stopping and self.has_users:
                    # No user comes before test time 0, from which on requests are counted.
                    self.going.wait()
                    self.runner.start(command["users"], command["rate"])


def _previewed(environment):
    """What the shape says for each second, asked with clocks that are put forward; None where there is no shape."""
    shape = environment.shape_class
    if shape is None:
        return None
    options = environment.parsed_options
    options.run_time = int(_RUN["run_time"]) if _RUN["run_time"] else None

    class Preview:
        user_count = 0
        state = "running"

        def __getattr__(self, name):
            return getattr(environment.runner, name)

    shape.runner = Preview()
    clocks = {name: getattr(time, name) for name in ("time", "perf_counter", "monotonic")}
    second, users, said = 0, 0.0, []
    began = {name: clock() for name, clock in clocks.items()}
    for name in clocks:
        setattr(time, name, lambda name=name: began[name] + second)
    try:
        shape.reset_time()
        while second < _LONGEST:
            tick = shape.tick()
            if tick is None:
                break
            wanted, rate = float(tick[0]), min(float(tick[1]), 1e9)
            if said and said[-1][:2] == [wanted, rate]:
                said[-1][2] += 1
            else:
                said.append([wanted, rate, 1])
            step = rate if rate > 0 else math.inf
            users = min(users + step, wanted) if wanted > users else max(users - step, wanted)
            shape.runner.user_count = int(users)
            second += 1
    except Exception as error:
        return {"ticks": [], "trouble": f"{type(error).__name__}: {error}"}
    finally:
        for name, clock in clocks.items():
            setattr(time, name, clock)
    return {"ticks": said, "trouble": None}


@locust.events.init.add_listener
def _on_init(environment, **_):
    global _runner
    _runner = environment.runner
    environment.locustfile = _RUN["locustfile"]
    logging.getLogger("locust.stats_logger").disabled = True
    classes = [
        {"name": user.__name__, "host": user.host, "weight": float(user.weight), "fixed_count": int(user.fixed_count)}
        for user in environment.user_classes
    ]
    _say("hello", locust=locust.__version__, python=platform.python_version(), classes=classes)
    if _RUN["task"] == "describe":
        _say("described", shape=_previewed(environment))
        os._exit(0)


@locust.events.quit.add_listener
def _on_quit(**_):
    code = _runner.environment.process_exit_code
    _say("exit", code=code if isinstance(code, int) else None)


atexit.register(_flush)
