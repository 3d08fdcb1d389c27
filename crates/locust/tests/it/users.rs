//! What users ask for, and what is counted and told.

use swarmgate_locust::{Answer, AnswerError, Headers, LoadError, LocustUser, Options, UserStep};

use crate::support::{load, ok, with_host};

#[test]
fn the_walkthroughs_locustfile_runs_as_it_stands() {
    let source = "from locust import HttpUser, task, between

default_headers = {'User-Agent': 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_13_4) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/76.0.3809.100 Safari/537.36'}

class WebsiteUser(HttpUser):
    wait_time = between(1, 5)

    @task(1)
    def get_index(self):
        self.client.get(\"/\", headers=default_headers)
";
    let mut bench = load(source, &with_host()).unwrap();
    bench.run(3, |_| ok("{}"));
    assert_eq!(bench.lines(), ["GET http://localhost:8080/"; 3]);
    assert!(bench.slept.iter().all(|slept| (1.0..5.0).contains(slept)), "{:?}", bench.slept);
    assert!(bench.sent[0].headers.iter().any(|(name, value)| name == "User-Agent" && value.starts_with("Mozilla/5.0")));
    assert_eq!(bench.reports(), ["GET / 5ms 2B ok"; 3]);
}

#[test]
fn what_fails_is_named_as_locust_names_it() {
    let source = r#"
from locust import HttpUser, task, constant
class U(HttpUser):
    wait_time = constant(0)
    @task
    def all(self):
        self.client.get("/missing?x=1")
        self.client.post("/named", json={"a": 1}, name="Named")
        with self.client.get("/caught", catch_response=True) as response:
            if response.json()["state"] != "good":
                response.failure("bad state")
        with self.client.get("/missing", catch_response=True) as response:
            response.success()
        with self.client.rename_request("/renamed"):
            self.client.put("/x", data={"k": "v w"})
        r = self.client.get("/refused")
        print(r.status_code, r.content, type(r.error).__name__)
"#;
    let mut bench = load(source, &with_host()).unwrap();
    bench.run(6, |sent| match sent.url.as_str() {
        url if url.contains("missing") => Ok(Answer::new(404, "Not Found", Headers::default(), "")),
        url if url.contains("refused") => Err(AnswerError::Refused("connection refused".to_owned())),
        _ => ok(r#"{"state": "poor"}"#),
    });
    assert_eq!(
        bench.reports(),
        [
            "GET /missing?x=1 5ms 0B HTTPError('404 Client Error: Not Found for url: /missing?x=1')",
            "POST Named 5ms 17B ok",
            "GET /caught 5ms 17B CatchResponseError('bad state')",
            "GET /missing 5ms 0B ok",
            "PUT /renamed 5ms 17B ok",
            "GET /refused 5ms 0B ConnectionRefusedError(111, 'Connection refused')",
        ]
    );
    assert_eq!(bench.sent[1].body.as_deref(), Some(&br#"{"a": 1}"#[..]));
    assert_eq!(bench.sent[4].body.as_deref(), Some(&b"k=v+w"[..]));
    assert_eq!(*bench.log.borrow(), ["0 None ConnectionError"]);
}

#[test]
fn task_sets_nest_interrupt_and_go_in_order() {
    let source = r#"
from locust import HttpUser, SequentialTaskSet, TaskSet, task, constant, events
seen = []
class Inner(SequentialTaskSet):
    def on_start(self): seen.append("inner start")
    @task
    def one(self): self.client.get("/1")
    @task
    def two(self): self.client.get("/2")
    @task
    def out(self): self.interrupt()
    def on_stop(self): seen.append("inner stop")
class U(HttpUser):
    wait_time = constant(0.5)
    tasks = {Inner: 3}
    def on_start(self):
        self.client.post("/login")
        seen.append("start")
    def on_stop(self):
        print(seen)
@events.request.add_listener
def seen_request(request_type, name, response_time, response_length, exception, **kwargs):
    seen.append(name)
"#;
    let mut bench = load(source, &with_host()).unwrap();
    let end = bench.run(5, |_| ok(""));
    assert!(matches!(end, UserStep::Gone), "{end:?}");
    assert_eq!(
        bench.lines().join(" "),
        "POST http://localhost:8080/login GET http://localhost:8080/1 GET http://localhost:8080/2 GET http://localhost:8080/1 GET http://localhost:8080/2"
    );
    let log = bench.log.borrow().join("\n");
    assert!(
        log.starts_with("['/login', 'start', 'inner start', '/1', '/2', 'inner stop', 'inner start', '/1', '/2'"),
        "{log}"
    );
}

#[test]
fn redirects_are_followed_cookies_kept_and_headers_of_the_session_sent() {
    let source = r#"
from locust import HttpUser, task, constant
class U(HttpUser):
    wait_time = constant(1)
    def on_start(self):
        self.client.headers["X-Token"] = "abc"
        self.client.headers.update({"Accept": "text/plain"})
    @task
    def go(self):
        r = self.client.post("/old", data="body")
        print(r.url, len(r.history), self.client.cookies.get("sid"), r.cookies.get("sid"), r.request.method)
        self.client.get("/next", params={"q": ["a b", "c"]}, auth=("u", "p"), cookies={"own": "1"})
"#;
    let mut bench = load(source, &with_host()).unwrap();
    bench.run(3, |sent| {
        if !sent.url.as_str().ends_with("/old") {
            return ok("");
        }
        let headers = [("Location", "/new"), ("Set-Cookie", "sid=42; Path=/; HttpOnly")].into_iter().collect();
        Ok(Answer::new(302, "Found", headers, ""))
    });
    let header = |at: usize, wanted: &str| {
        bench.sent[at].headers.iter().find(|(name, _)| *name == wanted).map(|(_, value)| value.to_owned())
    };
    assert_eq!(
        bench.lines(),
        ["POST http://localhost:8080/old", "GET http://localhost:8080/new", "GET http://localhost:8080/next?q=a+b&q=c"]
    );
    assert_eq!(header(0, "X-Token").as_deref(), Some("abc"));
    assert_eq!(header(0, "Accept").as_deref(), Some("text/plain"));
    assert_eq!(header(1, "Cookie").as_deref(), Some("sid=42"));
    assert_eq!(header(2, "Cookie").as_deref(), Some("sid=42; own=1"));
    assert_eq!(header(2, "Authorization").as_deref(), Some("Basic dTpw"));
    assert_eq!(*bench.log.borrow(), ["http://localhost:8080/new 1 42 None GET"]);
    assert_eq!(bench.reports(), ["POST /old 10ms 0B ok", "GET /next?q=a+b&q=c 5ms 0B ok"]);
}

#[test]
fn tags_choose_tasks_and_exceptions_are_told() {
    let source = r#"
from locust import FastHttpUser, task, tag, constant_pacing
class U(FastHttpUser):
    wait_time = constant_pacing(2)
    @tag("a")
    @task
    def a(self):
        with self.rest("GET", "/a") as response:
            assert response.js["n"] == 2, "n is wrong"
    @tag("b")
    @task
    def b(self):
        raise ValueError("in b")
"#;
    let only = |tag: &str| Options { tags: vec![tag.to_owned()], ..with_host() };
    let mut bench = load(source, &only("a")).unwrap();
    bench.run(2, |_| ok(r#"{"n": 1}"#));
    assert_eq!(bench.reports(), ["GET /a 5ms 8B CatchResponseError('n is wrong')"; 2]);
    assert!((bench.slept[1] - 1.995).abs() < 1e-6, "{:?}", bench.slept);
    let mut bench = load(source, &only("b")).unwrap();
    bench.run(1, |_| ok(""));
    assert_eq!(bench.file.user_errors()[0].0, "ValueError: in b");
    assert!(bench.log.borrow()[0].contains("line 13, in b"), "{:?}", bench.log);
}

#[test]
fn what_cannot_work_is_refused_with_its_place_all_at_once() {
    let source = "import pandas\nfrom locust import HttpUser\nasync def f():\n    await g()\ntry:\n    import numpy\nexcept ImportError:\n    numpy = None\n";
    let Err(LoadError::Refused(refusals)) = load(source, &with_host()) else { panic!("it was not refused") };
    let shown: Vec<String> =
        refusals.iter().map(|refusal| format!("{}:{} {}", refusal.line, refusal.column, refusal.construct)).collect();
    assert_eq!(shown, ["1:8 import of `pandas`", "3:1 async def", "4:5 await"]);
    let Err(LoadError::Refused(refusals)) = load("import pandas\nimport socketio\n", &with_host()) else {
        panic!("it was not refused")
    };
    assert_eq!(refusals.iter().map(|refusal| refusal.line).collect::<Vec<_>>(), [1, 2]);
}

#[test]
fn a_user_that_never_waits_or_wants_too_much_is_ended() {
    let with = |body: &str| {
        format!("from locust import HttpUser, task\nclass U(HttpUser):\n    @task\n    def t(self):\n        {body}\n")
    };
    for body in [
        "while True: pass",
        "x = [0]\n        while True: x = x + x",
        "x = 'a' * 10**12",
        "10 ** 10 ** 9",
        "list(range(10**12))",
        "f = lambda n: f(n); sorted([1], key=f)",
    ] {
        let mut bench = load(&with(body), &with_host()).unwrap();
        match bench.run(1, |_| ok("")) {
            UserStep::Ended(why) => assert!(why.starts_with("locustfile.py:"), "{body}: {why}"),
            UserStep::Gone | UserStep::Failed(_) => assert!(body.contains("lambda"), "{body}"),
            other => panic!("{body}: {other:?}"),
        }
    }
}

#[test]
fn files_beside_it_are_read_and_others_are_not() {
    let source = r#"
import csv, json, os
from helper import paths
from locust import User, task, constant
with open("users.csv") as file:
    rows = list(csv.DictReader(file))
print(rows, paths(), os.environ["TOKEN"], os.getenv("HOME"))
class U(User):
    wait_time = constant(1)
    @task
    def t(self):
        self.environment.events.request.fire(request_type="OWN", name="thing", response_time=12, response_length=3, exception=None, context={})
        open("/etc/passwd")
"#;
    let mut bench = load(source, &with_host()).unwrap();
    assert_eq!(*bench.log.borrow(), ["[{'name': 'ann', 'age': '3'}] ['/a', '/b'] t0k None"]);
    let end = bench.run(1, |_| ok(""));
    assert!(matches!(&end, UserStep::Unsupported(why) if why.contains("/etc/passwd")), "{end:?}");
    assert_eq!(bench.reports(), ["OWN thing 12ms 3B ok"]);
}

#[test]
fn packages_that_nothing_is_used_of_may_be_missing() {
    let source = |more: &str| {
        format!(
            "from django.http import JsonResponse, Http404 as Missing\nfrom locust import HttpUser, task\n{more}\nclass U(HttpUser):\n    @task\n    def t(self): self.client.get('/')\n"
        )
    };
    let mut bench = load(&source(""), &with_host()).unwrap();
    assert!(bench.log.borrow().iter().any(|line| line.contains("`django.http` is not there natively")));
    bench.run(1, |_| ok("{}"));
    assert_eq!(bench.reports(), ["GET / 5ms 2B ok"]);
    for used in
        ["def f(): return Missing", "x: JsonResponse = None", "import numpy", "from locust_plugins import csvreader"]
    {
        let refused = load(&source(used), &with_host()).err();
        assert!(matches!(&refused, Some(LoadError::Refused(all)) if all.len() == 1), "{used}: {refused:?}");
    }
}

#[test]
fn headers_that_requests_refuses_are_failures() {
    let source = r#"
from locust import HttpUser, task
import requests
class U(HttpUser):
    @task
    def t(self):
        self.client.get("/blank?a=1", headers={"X": " y"})
        self.client.get("/number", headers={"X": 5}, name="n")
        self.client.get("/break", headers={"X": b"a\nb"})
        try:
            requests.get("http://localhost:8080/", headers={"X:": "y"})
        except requests.exceptions.InvalidHeader as error:
            print(error)
        self.client.get("/", headers={"X": "y"})
"#;
    let mut bench = load(source, &with_host()).unwrap();
    bench.run(1, |_| ok("{}"));
    let wrong = "Invalid leading whitespace, reserved character(s), or return character(s) in header";
    assert_eq!(
        bench.reports()[..4],
        [
            format!("GET /blank?a=1 0ms 0B InvalidHeader(\"{wrong} value: ' y'\")"),
            "GET n 0ms 0B InvalidHeader(\"Header part (5) from ('X', 5) must be of type str or bytes, not <class 'int'>\")".to_owned(),
            format!("GET /break 0ms 0B InvalidHeader(\"{wrong} value: b'a\\\\nb'\")"),
            "GET / 5ms 2B ok".to_owned(),
        ]
    );
    assert_eq!(bench.log.borrow()[0], format!("{wrong} name: 'X:'"));
}

#[test]
fn a_markov_chain_goes_where_it_says() {
    let source = |second: &str| {
        format!(
            "from locust import HttpUser, MarkovTaskSet, transition, transitions\nclass Chain(MarkovTaskSet):\n    @transition('b')\n    def a(self): \
             self.client.get('/a')\n    @transition('a', weight=3)\n    @transition('c')\n    def b(self): self.client.get('/b')\n    \
             @transitions({second})\n    def c(self): self.client.get('/c')\nclass U(HttpUser):\n    tasks = [Chain]\n"
        )
    };
    let mut bench = load(&source("[('a', 2), 'b']"), &with_host()).unwrap();
    bench.run(400, |_| ok("{}"));
    let walked: String = bench.sent.iter().filter_map(|sent| sent.url.as_str().chars().last()).collect();
    assert!(walked.starts_with("ab"), "{walked}");
    let count = |step: &str| walked.matches(step).count();
    assert_eq!(count("aa") + count("bb") + count("cc") + count("ac"), 0, "{walked}");
    assert!(count("ba") > 2 * count("bc") && count("bc") > 10 && count("ca") > count("cb"), "{walked}");
    for (wrong, kind) in [("{'d': 1}", "InvalidTransitionError"), ("['client']", "InvalidTransitionError")] {
        let error = load(&source(wrong), &with_host()).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(error.contains(kind), "{wrong}: {error}");
    }
}

#[test]
fn what_loguru_is_told_goes_to_the_log() {
    let source = r#"
from loguru import logger
from locust import HttpUser, task
logger.remove()
logger.add("load.log", rotation="1 day")
class U(HttpUser):
    @logger.catch
    def fails(self):
        return {}["key"]
    @task
    def t(self):
        logger.bind(user=1).info("{} of {total}", 1, total=2)
        print(self.fails())
        with logger.catch(message="caught"):
            1 / 0
        self.client.get("/")
"#;
    let mut bench = load(source, &with_host()).unwrap();
    bench.run(1, |_| ok("{}"));
    let log = bench.log.borrow().join("\n");
    for words in ["1 of 2", "KeyError: 'key'", "\nNone\n", "caught\nTraceback", "ZeroDivisionError"] {
        assert!(log.contains(words), "{words}: {log}");
    }
}

#[test]
fn a_shape_says_how_many_users_there_are() {
    let source = r#"
from locust import HttpUser, LoadTestShape, task
class U(HttpUser):
    weight = 3
    @task
    def t(self): pass
class V(HttpUser):
    fixed_count = 2
    tasks = [lambda user: None]
class S(LoadTestShape):
    stages = [{"duration": 10, "users": 5, "spawn_rate": 1}, {"duration": 20, "users": 50, "spawn_rate": 10}]
    def tick(self):
        for stage in self.stages:
            if self.get_run_time() < stage["duration"]:
                return stage["users"], stage["spawn_rate"]
        return None
"#;
    let mut bench = load(source, &with_host()).unwrap();
    let users: Vec<Option<f64>> =
        [0.0, 9.0, 15.0, 25.0].map(|at| bench.file.tick(at, 0).unwrap().map(|tick| tick.users)).to_vec();
    assert_eq!(users, [Some(5.0), Some(5.0), Some(50.0), None]);
    let classes: Vec<(String, f64, u64)> =
        bench.file.classes().iter().map(|class| (class.name.clone(), class.weight, class.fixed_count)).collect();
    assert_eq!(classes, [("U".to_owned(), 3.0, 0), ("V".to_owned(), 1.0, 2)]);
}

/// `side_by_side/requests.py` was run with Locust 2.47 against a server that logged what it got: the same must be sent, named,
/// counted and printed here. Multipart boundaries vary, and are written as `B`.
#[test]
fn what_is_sent_and_counted_is_what_locust_sent_and_counted() {
    let file = |name: &str| {
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/side_by_side/").to_owned() + name).unwrap()
    };
    let options = Options { host: Some("http://127.0.0.1:18977".to_owned()), ..Options::default() };
    let mut bench = load(&file("requests.py"), &options).unwrap();
    bench.run(100, |sent| {
        let path = sent.url.as_str().trim_start_matches("http://127.0.0.1:18977");
        let headers = [("Content-Type", "application/json")].into_iter().collect();
        if sent.url.as_str().contains("18978") {
            return Err(AnswerError::Refused("connection refused".to_owned()));
        }
        if path.contains("missing") {
            return Ok(Answer::new(404, "Not Found", headers, ""));
        }
        if path == "/old" {
            let headers = [("Location", "/new"), ("Set-Cookie", "sid=42; Path=/")].into_iter().collect();
            return Ok(Answer::new(302, "Found", headers, ""));
        }
        let body = if &*sent.method == "HEAD" { Vec::new() } else { br#"{"state": "poor"}"#.to_vec() };
        Ok(Answer::new(200, "OK", headers, body))
    });
    let mut sent = String::new();
    for each in bench.sent.iter().filter(|each| !each.url.as_str().contains("18978")) {
        let header = |wanted: &str| each.headers.get(wanted).unwrap_or("None").to_owned();
        let kind = header("Content-Type");
        let body = String::from_utf8(each.body.clone().unwrap_or_default()).unwrap().replace('\r', "");
        let path = each.url.as_str().trim_start_matches("http://127.0.0.1:18977");
        let line = format!("{} {path} {kind} {} {body}\n", each.method, header("Cookie"));
        let boundary = kind.split_once("boundary=").map_or("no boundary", |(_, boundary)| boundary);
        sent.push_str(&line.replace(boundary, "B"));
    }
    assert_eq!(sent, file("sent.txt"));
    let printed = bench.log.borrow().join("\n") + "\n";
    assert_eq!(printed, file("printed.txt"));
}

/// Bytes that this process has in memory.
fn resident() -> u64 {
    let text = std::fs::read_to_string("/proc/self/statm").expect("Linux says so");
    text.split_whitespace().nth(1).and_then(|pages| pages.parse::<u64>().ok()).expect("it is a number") * 4096
}

#[test]
fn a_request_that_was_counted_leaves_nothing_behind() {
    let source = "
from locust import HttpUser, task
class U(HttpUser):
    wait_time = lambda self: 0
    @task
    def t(self):
        self.client.get('/')
        self.client.get('/missing')
        with self.client.get('/caught', catch_response=True) as response:
            response.failure('no')
";
    let mut bench = load(source, &with_host()).unwrap();
    let mut user = LocustUser::default();
    let mut step = user.start(&mut bench.file, 0);
    let mut sizes = Vec::new();
    for requests in 0..=15_000 {
        if requests % 5_000 == 0 {
            sizes.push(resident());
        }
        while matches!(step, UserStep::Sleep(_)) {
            step = user.waited(&mut bench.file);
        }
        let UserStep::Exchange(sent) = &step else { panic!("{step:?}") };
        let answer = if sent.url.as_str().ends_with("missing") {
            Answer { status: 404, ..Answer::default() }
        } else {
            ok("{}").unwrap()
        };
        step = user.answered(&mut bench.file, Ok(answer));
        assert!(bench.file.reports().len() <= 1);
    }
    // A response takes some 4 KB. Other tests of this process run meanwhile.
    let grown = sizes[3].saturating_sub(sizes[1]);
    assert!(grown < 10_000_000, "{grown} bytes more after 10,000 requests: {sizes:?}");
}
