//! Locustfiles through the whole pipeline: what they count is what the server saw, and their meaning is Locust's.

use std::collections::BTreeMap;
use std::process::Output;

use swarmgate_domain::{Ended, ErrorKind};
use swarmgate_workload::{Stats, Workload};

use crate::support::{Place, Ran, entry};

/// Runs `source` against a server of its own, with `args` beside.
fn run(place: &Place, source: &str, args: &[&str]) -> (Ran, Stats) {
    place.write("locustfile.py", source);
    let server = Workload::builder().start().expect("the workload starts");
    let host = server.url("").trim_end_matches('/').to_owned();
    let ran = place.run(&[&["run", "locustfile.py", "-H", &host, "--out", "out", "--headless"], args].concat());
    (ran, server.shutdown())
}

/// How many requests of a path the server answered with each status.
fn served(stats: &Stats, method: &str, path: &str) -> BTreeMap<u16, u64> {
    let found = stats.requests.iter().find(|request| request.method == method && request.path == path);
    found.map(|request| request.statuses.clone()).unwrap_or_default()
}

const MIXED: &str = r#"
import csv
from common.names import NAMES
from locust import HttpUser, task, between, tag, events

with open("users.csv") as file:
    USERS = [row[0] for row in csv.reader(file)]

@events.test_start.add_listener
def started(environment, **kwargs):
    print("the test starts at", environment.host is not None)

class Shopper(HttpUser):
    wait_time = between(0.01, 0.05)

    def on_start(self):
        answer = self.client.post("/login", json={"user": USERS[0]})
        self.token = answer.json()["token"]

    @task(3)
    def browse(self):
        self.client.get("/items", name=NAMES["items"])
        self.client.get(f"/items/{1 + id(self) % 3}", name="/items/[id]")

    @task
    def buy(self):
        with self.client.post("/cart", json={"item": 1}, catch_response=True) as response:
            if response.json()["quantity"] != 1:
                response.failure("not one of it")

    @task
    def wrong(self):
        self.client.get("/status/503")
        with self.client.get("/status/404", name="expected", catch_response=True) as response:
            if response.status_code == 404:
                response.success()
        with self.client.get("/", name="home", catch_response=True) as response:
            response.failure("I do not like it")

    @task
    def moved(self):
        self.client.get("/redirect/2")

    @tag("never")
    @task(50)
    def never(self):
        self.client.get("/delay?ms=1")

    def on_stop(self):
        self.client.get("/chunked?n=10", name="bye")
"#;

#[test]
fn it_counts_what_the_server_counted() {
    let place = Place::new();
    std::fs::create_dir(place.path("common")).expect("the folder can be made");
    place.write("common/names.py", "NAMES = {'items': 'all items'}\n");
    place.write("users.csv", "ann\nbob\n");
    let args = ["-u", "20", "-r", "20", "-t", "4", "--exclude-tags", "never", "--csv", "results", "--threshold"];
    let (ran, stats) = run(&place, MIXED, &[&args[..], &["error_rate < 90%"]].concat());
    let summary = place.summary("out");
    assert!(ran.code == 0 || ran.code == 3, "{ran:?}\n{:?}", summary.verdict);
    assert!(ran.stderr.contains("the test starts at True"), "{}", ran.stderr);
    assert!(summary.total.count > 500, "only {} requests", summary.total.count);
    assert_eq!((summary.total.cut_off, summary.quality.coverage), (0, 1.0));
    assert_eq!(summary.environment["engine"], "locustfile, run by swarmgate http/1.1");

    let redirected = entry(&summary, "/redirect/2");
    let mut home = served(&stats, "GET", "/");
    // The redirects end at `/`, which `home` asks for too.
    *home.get_mut(&200).expect("the home page was served") -= redirected.count;
    for (name, expected) in [
        ("/login", served(&stats, "POST", "/login")),
        ("all items", served(&stats, "GET", "/items")),
        ("/cart", served(&stats, "POST", "/cart")),
        ("/status/503", served(&stats, "GET", "/status/503")),
        ("expected", served(&stats, "GET", "/status/404")),
        ("home", home),
        ("bye", served(&stats, "GET", "/chunked")),
    ] {
        let entry = entry(&summary, name);
        assert_eq!(entry.statuses, expected, "of {name}");
        assert_eq!(entry.count, expected.values().sum::<u64>(), "of {name}");
    }
    assert_eq!(entry(&summary, "/login").count, 20);
    assert_eq!(entry(&summary, "bye").count, 20);
    assert_eq!(redirected.count, redirected.statuses[&200]);
    assert_eq!(redirected.statuses[&302], 2 * redirected.count, "each hop is an answer");
    // The session's cookie came along, else /cart would say 401.
    assert_eq!((entry(&summary, "/cart").failures, entry(&summary, "expected").failures), (0, 0));
    assert!(!summary.requests.iter().any(|entry| entry.name.starts_with("/delay")), "an excluded task was run");

    let failure = |name: &str| summary.failures.iter().find(|failure| failure.name == name).expect("it failed");
    let (broken, disliked) = (failure("/status/503"), failure("home"));
    assert_eq!((broken.kind, broken.count), (ErrorKind::Status, entry(&summary, "/status/503").count));
    assert!(broken.detail.contains("503 Server Error"), "{}", broken.detail);
    assert_eq!(disliked.count, entry(&summary, "home").count);
    assert!(disliked.detail.contains("I do not like it"), "{}", disliked.detail);

    let csv = std::fs::read_to_string(place.path("results_stats.csv")).expect("it was written");
    assert!(csv.starts_with("Type,Name,Request Count,Failure Count,"), "{csv}");
    let history = std::fs::read_to_string(place.path("results_stats_history.csv")).expect("it was written");
    let last = history.lines().last().expect("there are rows").split(',').nth(17).expect("there are columns");
    assert_eq!(last, summary.total.count.to_string());
}

#[test]
fn weights_fixed_counts_and_classes_choose_the_users() {
    let source = "
from locust import HttpUser, task, constant, between
class Base(HttpUser):
    abstract = True
    wait_time = constant(60)
    @task
    def once(self):
        self.client.get('/', name=type(self).__name__)
class One(Base):
    fixed_count = 1
class Light(Base):
    weight = 1
class Heavy(Base):
    weight = 3
";
    let counts = |args: &[&str]| {
        let place = Place::new();
        let (ran, _) = run(&place, source, &[&["-u", "21", "-r", "100", "-t", "2s"], args].concat());
        assert_eq!(ran.code, 0, "{ran:?}");
        let summary = place.summary("out");
        summary.requests.iter().map(|entry| (entry.name.clone(), entry.count)).collect::<BTreeMap<_, _>>()
    };
    let all = counts(&[]);
    assert_eq!((all["One"], all["Light"] + all["Heavy"]), (1, 20));
    assert!((14..=16).contains(&all["Heavy"]), "{all:?}");
    assert_eq!(counts(&["--workers", "2"]), all, "workers share the users");
    assert_eq!(counts(&["Light"]), [("Light".to_owned(), 21)].into());
}

#[test]
fn a_shape_says_how_many_users_there_are() {
    let source = "
from locust import HttpUser, LoadTestShape, task, constant
class U(HttpUser):
    wait_time = constant(0.2)
    @task
    def get(self):
        self.client.get('/')
class Steps(LoadTestShape):
    def tick(self):
        if self.get_run_time() < 2:
            return (5, 5)
        if self.get_run_time() < 4:
            return (15, 10)
        return None
";
    let place = Place::new();
    let (ran, _) = run(&place, source, &[]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let summary = place.summary("out");
    assert_eq!((summary.planned_us.0, summary.load.users_peak), (4_000_000, 15));
    assert_eq!((summary.load.users_started, summary.ended.clone()), (15, Ended::Completed));
}

#[test]
fn each_class_has_its_own_host_unless_one_is_given() {
    let [a, b] = [(); 2].map(|()| Workload::builder().start().expect("the workload starts"));
    let host = |url: String| url.trim_end_matches('/').to_owned();
    let (of_a, of_b) = (host(a.url("")), host(b.url("")));
    let class = |name: &str, host: &str| {
        format!(
            "class {name}(HttpUser):\n    host = '{host}'\n    fixed_count = 1\n    wait_time = constant(9)\n    @task\n    def t(self): self.client.get('/')\n"
        )
    };
    let place = Place::new();
    let classes = class("A", &of_a) + &class("B", &of_b);
    place.write("locustfile.py", &format!("from locust import HttpUser, task, constant\n{classes}"));
    let ran = place.run(&["run", "locustfile.py", "-u", "2", "-r", "9", "-t", "2", "--out", "own"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    place.run(&["run", "locustfile.py", "-H", &of_b, "-u", "2", "-r", "9", "-t", "2", "--out", "given"]);
    assert_eq!([served(&a.shutdown(), "GET", "/")[&200], served(&b.shutdown(), "GET", "/")[&200]], [1, 3]);
}

#[test]
fn users_stop_themselves_and_the_test() {
    let source = "
from locust import HttpUser, task, constant
from locust.exception import StopUser
class U(HttpUser):
    wait_time = constant(0.01)
    @task
    def get(self):
        self.client.get('/')
        self.count = getattr(self, 'count', 0) + 1
        if self.count == 5:
            raise StopUser()
class Boss(HttpUser):
    fixed_count = 1
    wait_time = constant(3)
    @task
    def get(self):
        self.asked = getattr(self, 'asked', 0) + 1
        if self.asked == 2:
            self.environment.runner.quit()
";
    let place = Place::new();
    let (ran, stats) = run(&place, source, &["-u", "5", "-r", "5", "-t", "1m"]);
    let summary = place.summary("out");
    assert_eq!((entry(&summary, "/").count, served(&stats, "GET", "/")[&200]), (20, 20), "{ran:?}");
    assert_eq!(summary.ended, Ended::Stopped);
}

#[test]
fn one_that_never_waits_does_not_hold_up_the_others() {
    let source = "
from locust import HttpUser, task, constant
class Good(HttpUser):
    wait_time = constant(0.1)
    @task
    def get(self):
        self.client.get('/')
class Bad(HttpUser):
    fixed_count = 1
    @task
    def loop(self):
        while True:
            pass
";
    let place = Place::new();
    let (ran, stats) = run(&place, source, &["-u", "4", "-r", "4", "-t", "12s"]);
    let summary = place.summary("out");
    assert!(ran.stderr.contains("a user was ended: locustfile.py:"), "{ran:?}");
    // Its part of the load is missing: that must not pass.
    assert_eq!((ran.code, summary.quality.users_ended.values().sum::<u64>()), (3, 1), "{ran:?}");
    assert_eq!(entry(&summary, "/").count, served(&stats, "GET", "/")[&200]);
    assert!(entry(&summary, "/").count > 50, "{}", entry(&summary, "/").count);
}

#[test]
fn listeners_ask_first_and_exceptions_and_exit_codes_count() {
    let source = "
import requests
from locust import HttpUser, task, constant, events
@events.test_start.add_listener
def prepare(environment, **kwargs):
    answer = requests.post(environment.host + '/login', json={'user': 'ann'})
    HttpUser.token = answer.json()['token']
@events.quitting.add_listener
def judge(environment, **kwargs):
    stats = environment.stats
    if stats.total.num_requests == stats.get('/', 'GET').num_requests and stats.total.fail_ratio == 0:
        environment.process_exit_code = 7
class U(HttpUser):
    wait_time = constant(0.05)
    @task
    def get(self):
        assert self.token
        for _ in range(100):
            self.client.get('/')
        raise KeyError('missing')
";
    let place = Place::new();
    let (ran, stats) = run(&place, source, &["-u", "2", "-r", "2", "-t", "4s", "--csv", "results"]);
    let summary = place.summary("out");
    // What the listener asked for is not counted.
    assert_eq!(served(&stats, "POST", "/login")[&200], 1, "{ran:?}");
    assert_eq!(summary.total.count, served(&stats, "GET", "/")[&200], "{ran:?}");
    assert_eq!(summary.quality.exit_codes, [7], "{ran:?}");
    let exception = summary.exceptions.first().expect("tasks raised");
    assert_eq!((exception.message.as_str(), exception.count), ("KeyError: 'missing'", summary.quality.exceptions));
    let csv = std::fs::read_to_string(place.path("results_exceptions.csv")).expect("it was written");
    assert!(csv.starts_with("Count,Message,Traceback,Nodes\n") && csv.contains("KeyError: 'missing'"), "{csv}");
    assert_ne!(ran.code, 0, "{ran:?}");
}

#[test]
fn what_a_user_spawns_runs_beside_it() {
    let source = "
import gevent, threading, time
from concurrent.futures import ThreadPoolExecutor
from gevent.pool import Group
from locust import HttpUser, task, constant, events
from locust.runners import STATE_STOPPING, STATE_STOPPED, STATE_CLEANUP

def watch(environment):
    while environment.runner.state not in (STATE_STOPPING, STATE_STOPPED, STATE_CLEANUP):
        time.sleep(0.1)
        if environment.stats.get('/status/418', 'GET').num_requests:
            environment.runner.quit()
            return

@events.init.add_listener
def started(environment, **kwargs):
    gevent.spawn(watch, environment)

class U(HttpUser):
    wait_time = constant(60)
    def slow(self, name):
        self.client.get('/delay?ms=400', name=name)
        return name
    def beat(self):
        while True:
            self.client.get('/', name='beat')
            gevent.sleep(0.1)
    @task
    def all(self):
        heart = gevent.spawn(self.beat)
        began = time.time()
        each = [gevent.spawn(self.slow, 'greenlet') for _ in range(5)]
        gevent.joinall(each)
        assert [one.value for one in each] == ['greenlet'] * 5
        threads = [threading.Thread(target=self.slow, args=('thread',)) for _ in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        with ThreadPoolExecutor(max_workers=5) as pool:
            assert list(pool.map(self.slow, ['pool'] * 5)) == ['pool'] * 5
        group = Group()
        for _ in range(5):
            group.spawn(self.slow, 'group')
        group.join()
        assert 1.6 <= time.time() - began < 4, time.time() - began
        heart.kill()
        failing = gevent.spawn(lambda: 1 / 0)
        failing.join()
        assert isinstance(failing.exception, ZeroDivisionError)
        with self.client.get('/status/418', catch_response=True) as response:
            response.success()
";
    let place = Place::new();
    let (ran, stats) = run(&place, source, &["-u", "2", "-r", "2", "-t", "1m"]);
    let summary = place.summary("out");
    assert_eq!((ran.code, summary.ended.clone()), (3, Ended::Stopped), "{ran:?}");
    for name in ["greenlet", "thread", "pool", "group"] {
        let entry = entry(&summary, name);
        assert_eq!((entry.count, entry.failures), (10, 0), "{name}: {ran:?}");
        assert!(entry.service.p50_us.0 < 1_200_000, "{name}: {:?}", entry.service);
    }
    assert_eq!(served(&stats, "GET", "/delay")[&200], 40);
    assert_eq!(entry(&summary, "beat").count, served(&stats, "GET", "/")[&200], "those in flight are counted too");
    assert!(ran.stderr.contains("ZeroDivisionError"), "{}", ran.stderr);
    assert_eq!((summary.load.users_started, summary.load.users_peak), (2, 2), "greenlets are no users");
}

#[test]
fn listeners_ask_at_the_end_and_files_are_written_in_memory() {
    let source = "
import csv, json, os, requests
from locust import HttpUser, task, constant, events
os.makedirs('results', exist_ok=True)
@events.test_stop.add_listener
def leave(environment, **kwargs):
    requests.delete(environment.host + '/cart', timeout=5)
    with open('results/log.csv') as file:
        rows = list(csv.reader(file))
    print('rows', len(rows), sorted(set(tuple(row) for row in rows)))
    with open('results/end.json', 'w') as file:
        json.dump({'rows': len(rows)}, file)
    print(open('results/end.json').read(), os.listdir('results'))
class U(HttpUser):
    wait_time = constant(60)
    @task
    def get(self):
        for _ in range(3):
            response = self.client.get('/')
            with open('results/log.csv', 'a', newline='') as file:
                csv.writer(file).writerow([response.status_code, 'ok'])
";
    let place = Place::new();
    let (ran, stats) = run(&place, source, &["-u", "2", "-r", "2", "-t", "2s"]);
    assert_eq!(served(&stats, "DELETE", "/cart").values().sum::<u64>(), 1, "{ran:?}");
    assert_eq!(place.summary("out").total.count, 6, "what listeners ask for is not counted: {ran:?}");
    assert!(ran.stderr.contains("rows 6 [('200', 'ok')]"), "{}", ran.stderr);
    assert!(ran.stderr.contains("{\"rows\": 6} ['end.json', 'log.csv']"), "{}", ran.stderr);
    assert!(ran.stderr.contains("`results/log.csv` is written to memory only"), "{}", ran.stderr);
    assert!(!place.path("results").exists());
}

#[test]
fn what_is_asked_as_the_file_is_loaded_is_asked_once_before_the_test() {
    let source = "
import os, requests
from locust import HttpUser, task, constant
HOST = os.environ['SHOP']
login = requests.post(HOST + '/login', json={'user': 'ann'})
TOKEN = login.json()['token']
assert requests.get(HOST + '/redirect/1').history[0].status_code == 302
try:
    requests.get('http://127.0.0.1:1/')
except requests.exceptions.ConnectionError:
    REFUSED = True
class U(HttpUser):
    wait_time = constant(60)
    @task
    def get(self):
        assert TOKEN and REFUSED
        self.client.get('/items', headers={'Authorization': TOKEN})
";
    let server = Workload::builder().start().expect("the workload starts");
    let host = server.url("").trim_end_matches('/').to_owned();
    let place = Place::new();
    place.write("locustfile.py", source);
    let args =
        ["run", "locustfile.py", "-H", &host, "-u", "4", "-r", "4", "-t", "1s", "--workers", "2", "--out", "out"];
    let output: Output = place.command(&args).env("SHOP", &host).output().expect("it starts");
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(place.summary("out").total.count, 4, "{output:?}");

    // What changes from one load to the next can't be asked just once.
    place.write("locustfile.py", &source.replace("import os", "import uuid, os").replace("'ann'", "uuid.uuid4().hex"));
    let again = [&args[..args.len() - 1], &["again"]].concat();
    let output = place.command(&again).env("SHOP", &host).output().expect("it starts");
    assert!(String::from_utf8_lossy(&output.stderr).contains("another body"), "{output:?}");
    let stats = server.shutdown();
    let counts = ["/redirect/1", "/items"].map(|path| served(&stats, "GET", path).values().sum::<u64>());
    assert_eq!((served(&stats, "POST", "/login")[&200], counts), (2, [2, 4]));
}

#[test]
fn pythons_own_clients_ask_uncounted() {
    let source = "
import http.client, json, urllib.error, urllib.request
from locust import HttpUser, task, constant
class U(HttpUser):
    wait_time = constant(60)
    @task
    def get(self):
        connection = http.client.HTTPConnection(self.host.split('//')[1], timeout=5)
        connection.debuglevel = 1
        connection.request('POST', '/login', body=json.dumps({'user': 'ann'}), headers={'Content-Type': 'application/json'})
        response = connection.getresponse()
        token = json.loads(response.read().decode())['token']
        assert response.status == 200 and 'json' in response.getheader('content-type')
        connection.close()
        request = urllib.request.Request(self.host + '/items', headers={'Authorization': token})
        with urllib.request.urlopen(request, timeout=5) as opened:
            assert opened.status == 200 and json.load(opened)
        assert urllib.request.urlopen(self.host + '/redirect/1').geturl().endswith('/')
        try:
            urllib.request.urlopen(self.host + '/status/404')
        except urllib.error.HTTPError as error:
            assert error.code == 404 and isinstance(error.read(), bytes)
        try:
            urllib.request.urlopen('http://127.0.0.1:1')
        except urllib.error.URLError as error:
            assert isinstance(error.reason, ConnectionRefusedError), error
        self.client.get('/', name='all is well')
";
    let place = Place::new();
    let (ran, stats) = run(&place, source, &["-u", "1", "-t", "1s"]);
    let summary = place.summary("out");
    assert_eq!((ran.code, entry(&summary, "all is well").count, summary.total.count), (0, 1, 1), "{ran:?}");
    let counts = ["/items", "/redirect/1", "/status/404"].map(|path| served(&stats, "GET", path).values().sum::<u64>());
    assert_eq!((served(&stats, "POST", "/login")[&200], counts), (1, [1, 1, 1]));
}

#[test]
fn options_that_a_locustfile_adds_are_its_own() {
    let source = "
from locust import HttpUser, task, constant, events
@events.init_command_line_parser.add_listener
def add(parser):
    parser.add_argument('--env', choices=['dev', 'prod'], default='dev')
    parser.add_argument('--count', type=int, default=1)
    parser.add_argument('--loud', action='store_true')
class A(HttpUser):
    wait_time = constant(60)
    @task
    def get(self):
        options = self.environment.parsed_options
        for _ in range(options.count):
            self.client.get('/', name=f'{type(self).__name__} {options.env} {options.loud}')
class B(A):
    pass
";
    let names = |args: &[&str]| {
        let place = Place::new();
        let (ran, _) = run(&place, source, &[&["-u", "1", "-t", "1s"], args].concat());
        assert_eq!(ran.code, 0, "{ran:?}");
        let summary = place.summary("out");
        summary.requests.iter().map(|entry| (entry.name.clone(), entry.count)).collect::<Vec<_>>()
    };
    assert_eq!(names(&["A"]), [("A dev False".to_owned(), 1)]);
    assert_eq!(names(&["--env", "prod", "--count=3", "--loud", "B"]), [("B prod True".to_owned(), 3)]);
    let place = Place::new();
    for (args, word) in [(["--loud", "--unknown"], "--unknown"), (["--env", "moon"], "moon"), (["--loud", "C"], "`C`")]
    {
        let (ran, _) = run(&place, source, &args);
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(ran.stderr.contains(word), "{ran:?}");
    }
}

#[test]
fn what_cannot_work_is_said_before_the_test() {
    let place = Place::new();
    for (source, words) in [
        (
            "from socket import socket\nfrom locust import HttpUser\nclass U(HttpUser):\n    async def a(self): pass\n",
            &["locustfile.py:1:", "socket", "locustfile.py:4:"][..],
        ),
        ("from locust import HttpUser, task\nclass U(HttpUser)\n    pass\n", &["locustfile.py:2:"]),
        ("from locust import HttpUser\n1 / 0\n", &["ZeroDivisionError", "line 2"]),
        ("x = 1\n", &["no User class found"]),
    ] {
        place.write("locustfile.py", source);
        for args in [&["run", "locustfile.py", "-H", "http://127.0.0.1:1"][..], &["validate", "locustfile.py"]] {
            let ran = place.run(args);
            assert_eq!(ran.code, 2, "{ran:?}");
            for word in words {
                assert!(ran.stderr.contains(word), "`{word}` is not said: {}", ran.stderr);
            }
            assert!(!place.path("reports").exists());
        }
    }
    let user =
        "from locust import HttpUser, task\nclass U(HttpUser):\n    @task\n    def a(self): self.client.get('/')\n";
    place.write("locustfile.py", user);
    for (args, words) in [
        (&["run", "locustfile.py"][..], &["target", "--host"][..]),
        (&["run", "locustfile.py", "-H", "http://127.0.0.1:1", "V"], &["`V`", "allowed are U"]),
        (&["run", "locustfile.py", "-H", "http://127.0.0.1:1", "--arrival-rate", "5/s"], &["arrival_rate"]),
        (&["run", "http://127.0.0.1:1", "--tags", "a"], &["--tags", "locustfile"]),
        (&["run", "locustfile.py", "-H", "localhost", "-u", "5"], &["localhost", "scheme"]),
    ] {
        let ran = place.run(args);
        assert_eq!(ran.code, 2, "{ran:?}");
        for word in words {
            assert!(ran.stderr.contains(word), "`{word}` is not said: {}", ran.stderr);
        }
    }
}

#[test]
fn locusts_own_settings_are_read() {
    let place = Place::new();
    let server = Workload::builder().start().expect("the workload starts");
    place.write("locust.conf", &format!("host = {}\nusers = 3\nrun-time = 2s\n", server.url("").trim_end_matches('/')));
    std::fs::create_dir(place.path("tests")).expect("the folder can be made");
    place.write(
        "tests/locustfile.py",
        "from locust import HttpUser, task, constant\nclass U(HttpUser):\n    wait_time = constant(9)\n    @task\n    def a(self): self.client.get('/')\n",
    );
    let mut command = place.command(&["run", "tests/locustfile.py", "--out", "out"]);
    let output: Output = command.env("LOCUST_USERS", "4").env("LOCUST_SPAWN_RATE", "4").output().expect("it starts");
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let summary = place.summary("out");
    assert_eq!((summary.load.users_started, summary.planned_us.0), (4, 2_000_000));
    assert_eq!(served(&server.shutdown(), "GET", "/")[&200], 4);
}
