//! Sources that look like real ones, with tokens changed, left out, doubled, moved and put in.

use proptest::prelude::*;
use proptest::sample::Index;

/// What real locustfiles are made of.
const SOURCES: &[&str] = &[
    include_str!("../../../../scenarios/locustfile.py"),
    include_str!("../side_by_side/requests.py"),
    include_str!("../../../python/tests/snippets/builtin_types.py"),
    include_str!("../../../python/tests/snippets/classes.py"),
    include_str!("../../../python/tests/snippets/flow.py"),
    include_str!("../../../python/tests/snippets/language.py"),
    include_str!("../../../python/tests/snippets/library.py"),
    TASKS,
];

/// What the others have little of.
const TASKS: &str = r##"
import csv, json, os, random, re, string, time, uuid
from datetime import datetime, timedelta
from itertools import cycle
from faker import Faker
from helper import twice
from locust import FastHttpUser, HttpUser, LoadTestShape, SequentialTaskSet, TaskSet, between, constant_pacing, events, tag, task
from locust.exception import RescheduleTask, StopUser

fake = Faker()
rows = cycle(csv.DictReader(open("users.csv")))
HEADERS = {"Authorization": f"Bearer {os.environ.get('TOKEN', 'none')}"}

@events.test_start.add_listener
def on_test_start(environment, **kwargs):
    print("start", environment.host, kwargs)

class Steps(SequentialTaskSet):
    def on_start(self):
        self.row = next(rows)
    @task
    def first(self):
        with self.client.post("/login", json={"user": fake.email(), **self.row}, catch_response=True) as response:
            if response.status_code != 200 or "token" not in response.text:
                response.failure(f"status {response.status_code}")
            else:
                self.token = response.json()["token"]
    @task
    def second(self):
        self.client.get(f"/items/{random.randint(1, 10)}?q={twice(2)}", headers=HEADERS, name="/items/[id]")
        self.interrupt()

class Shopper(HttpUser):
    wait_time = between(0.1, 0.5)
    weight = 3
    tasks = {Steps: 2}
    @task(3)
    @tag("a", "b")
    def browse(self):
        try:
            found = [item["id"] for item in self.client.get("/items", params={"page": 1}).json().get("items", []) if item]
            self.client.delete("/items/%s" % (random.choice(found) if found else uuid.uuid4()))
        except (ValueError, KeyError, AttributeError) as error:
            print(repr(error), re.sub(r"\d+", "#", str(error)))
        finally:
            time.sleep(0.1)
    @task
    def leave(self):
        raise StopUser() if datetime.now() - timedelta(days=1) > datetime(2020, 1, 1) else RescheduleTask()

class Fast(FastHttpUser):
    wait_time = constant_pacing(1)
    @task
    def all(self):
        with self.rest("GET", "/x") as response:
            assert response.js["a"] is None, "".join(sorted(string.ascii_lowercase, reverse=True))[:3]

class Shape(LoadTestShape):
    stages = [{"duration": 10, "users": 1, "spawn_rate": 1}]
    def tick(self):
        for stage in self.stages:
            if self.get_run_time() < stage["duration"]:
                return stage["users"], stage["spawn_rate"]
        return None
"##;

/// Tokens that make trouble.
const TROUBLE: &[&str] = &[
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ":",
    ",",
    "\n",
    "\n    ",
    "\n        ",
    "yield ",
    "await ",
    "lambda: ",
    "*",
    "**",
    "class ",
    "def ",
    "return ",
    "\"",
    "'''",
    "f\"{",
    "0",
    "-1",
    "9",
    "10**9",
    "1e308",
    "del ",
    "global x\n",
    "nonlocal x\n",
    "try:\n",
    "finally:\n",
    "é",
    "\\",
    "import x\n",
    "=",
    ":=",
    "==",
    "not ",
    "for x in x:",
    "while 1:",
    "None",
    "self",
    "super()",
    "__class__",
    "__init__",
    "@",
    "<<",
    "%",
    "…",
    "\u{0}",
    "\t",
    "range(10**9)",
    "'x' * 10**9",
    "[[]] * 10**6",
    "sorted",
    "print",
    "raise ",
    "with ",
    "assert ",
    "is ",
    "in ",
    "...",
    "\r\n",
];

/// What is done at a place.
#[derive(Clone, Copy, Debug)]
enum Change {
    Remove,
    Double,
    Swap,
    Put,
    Move,
    Cut,
}

/// A mangled source.
pub fn source() -> impl Strategy<Value = String> {
    (0..SOURCES.len()).prop_flat_map(|at| of(part_of(SOURCES[at])))
}

/// The long ones are cut to their first functions: a change in what never runs shows little.
fn part_of(source: &str) -> String {
    source.chars().take(6_000).collect()
}

/// `source`, mangled.
pub fn of(source: String) -> impl Strategy<Value = String> {
    let change = prop_oneof![
        3 => Just(Change::Remove), 2 => Just(Change::Double), 2 => Just(Change::Swap), 4 => Just(Change::Put), 2 => Just(Change::Move), 1 => Just(Change::Cut)
    ];
    prop::collection::vec((change, any::<Index>(), any::<Index>(), 1..4_usize), 1..6).prop_map(move |changes| {
        let mut tokens: Vec<String> = tokens(&source);
        for (change, at, other, count) in changes {
            if tokens.is_empty() {
                break;
            }
            let (at, other_at) = (at.index(tokens.len()), other.index(tokens.len()));
            let end = (at + count).min(tokens.len());
            match change {
                Change::Remove => drop(tokens.drain(at..end)),
                Change::Double => {
                    let again = tokens[at..end].to_vec();
                    drop(tokens.splice(at..at, again));
                }
                Change::Swap => tokens.swap(at, other_at),
                Change::Put => tokens.insert(at, TROUBLE[other.index(TROUBLE.len())].to_owned()),
                Change::Move => {
                    let moved = tokens[at].clone();
                    tokens[other_at] = moved;
                }
                Change::Cut => tokens.truncate(at),
            }
        }
        tokens.concat()
    })
}

/// Words, runs of spaces, and single other characters.
fn tokens(source: &str) -> Vec<String> {
    let kind = |c: char| match c {
        c if c.is_alphanumeric() || c == '_' => 1,
        ' ' => 2,
        _ => 0,
    };
    let mut tokens: Vec<String> = Vec::new();
    let mut before = 0;
    for c in source.chars() {
        match tokens.last_mut() {
            Some(last) if kind(c) != 0 && kind(c) == before => last.push(c),
            _ => tokens.push(c.to_string()),
        }
        before = kind(c);
    }
    tokens
}
