//! The modules that locustfiles import: all of them show parts of one, which is written in Python.

use swarmgate_python::{Module, Res, Vm};

const CORE: &str = include_str!("prelude/core.py");
const STATS: &str = include_str!("prelude/stats.py");

/// Modules of Python's that ask for something: without users they have nobody to ask by, so that these are put in their place.
const CLIENTS: &[(&str, &str, &str)] = &[
    ("http.client", "<http.client>", include_str!("prelude/http_client.py")),
    ("urllib.request", "<urllib.request>", include_str!("prelude/urllib_request.py")),
];

/// Modules, and what they show of `_locust_core`.
#[rustfmt::skip]
const MODULES: &[(&str, &str)] = &[
    ("locust", "User, HttpUser, FastHttpUser, TaskSet, SequentialTaskSet, MarkovTaskSet, transition, transitions, task, tag, between, constant, constant_pacing, constant_throughput, poisson, events, Events, LoadTestShape, run_single_user, Locust, HttpLocust, TaskSequence, seq_task"),
    ("locust.user", "User, HttpUser, TaskSet, task, tag, between, constant, constant_pacing, constant_throughput"),
    ("locust.user.users", "User, HttpUser"),
    ("locust.user.task", "TaskSet, task, tag, DefaultTaskSet"),
    ("locust.user.sequential_taskset", "SequentialTaskSet"),
    ("locust.user.markov_taskset", "MarkovTaskSet, transition, transitions, NoMarkovTasksError, InvalidTransitionError, NonMarkovTaskTransitionError, MarkovTaskTagError"),
    ("locust.user.wait_time", "between, constant, constant_pacing, constant_throughput, poisson"),
    ("locust.wait_time", "between, constant, constant_pacing, constant_throughput, poisson"),
    ("locust.clients", "HttpSession, ResponseContextManager, Response, LocustError"),
    ("locust.exception", "LocustError, ResponseError, CatchResponseError, InterruptTaskSet, RescheduleTask, RescheduleTaskImmediately, StopUser, StopTest, MissingWaitTimeError"),
    ("locust.event", "EventHook, Events"),
    ("locust.debug", "run_single_user"),
    ("locust.env", "Environment"),
    ("locust.runners", "Runner, LocalRunner, MasterRunner, WorkerRunner"),
    ("locust.shape", "LoadTestShape"),
    ("locust.contrib", ""),
    ("locust.contrib.fasthttp", "FastHttpUser, FastHttpSession, FastHttpLocust, ResponseContextManager"),
    ("locust.contrib.fasthttp_session", "FastHttpSession"),
    ("requests", "Session, Response, RequestException, HTTPError, ConnectionError, Timeout, ConnectTimeout, ReadTimeout, TooManyRedirects, JSONDecodeError"),
    ("requests.exceptions", "RequestException, HTTPError, ConnectionError, ProxyError, SSLError, Timeout, ConnectTimeout, ReadTimeout, TooManyRedirects, MissingSchema, InvalidSchema, InvalidURL, InvalidHeader, ChunkedEncodingError, ContentDecodingError, JSONDecodeError"),
    ("requests.auth", "AuthBase, HTTPBasicAuth, HTTPDigestAuth"),
    ("requests.structures", "CaseInsensitiveDict"),
    ("requests.cookies", "RequestsCookieJar"),
    ("requests.models", "Response, PreparedRequest"),
    ("requests.sessions", "Session"),
    ("requests.adapters", ""),
];

/// What is said beside the imports.
fn more(name: &str) -> &'static str {
    match name {
        "locust" => {
            "import locust.exception as exception\nimport locust.stats as stats\n__version__ = '2.46.0'\nwait_time = None\n"
        }
        "requests" => concat!(
            "import requests.exceptions as exceptions, requests.auth as auth\n__version__ = '2.32.3'\n\n",
            "def session():\n    return Session()\n\n",
            "def request(method, url, **kwargs):\n    return Session().request(method, url, **kwargs)\n\n",
            "def get(url, params=None, **kwargs):\n    return request('GET', url, params=params, **kwargs)\n\n",
            "def post(url, data=None, json=None, **kwargs):\n    return request('POST', url, data=data, json=json, **kwargs)\n\n",
            "def put(url, data=None, **kwargs):\n    return request('PUT', url, data=data, **kwargs)\n\n",
            "def patch(url, data=None, **kwargs):\n    return request('PATCH', url, data=data, **kwargs)\n\n",
            "def delete(url, **kwargs):\n    return request('DELETE', url, **kwargs)\n\n",
            "def head(url, **kwargs):\n    kwargs.setdefault('allow_redirects', False)\n    return request('HEAD', url, **kwargs)\n\n",
            "def options(url, **kwargs):\n    return request('OPTIONS', url, **kwargs)\n",
        ),
        "locust.runners" => concat!(
            "STATE_INIT, STATE_SPAWNING, STATE_RUNNING, STATE_CLEANUP = 'ready', 'spawning', 'running', 'cleanup'\n",
            "STATE_STOPPING, STATE_STOPPED, STATE_MISSING = 'stopping', 'stopped', 'missing'\n",
        ),
        "requests.adapters" => "class HTTPAdapter:\n    def __init__(self, *args, **kwargs):\n        pass\n",
        _ => "",
    }
}

/// Whether a module of this name is made here.
pub fn has(name: &str) -> bool {
    name == "locust.stats" || MODULES.iter().any(|(n, _)| *n == name)
}

/// Tells the machine of all of them.
pub fn install(vm: &mut Vm) {
    vm.add_maker("_locust", crate::engine::make);
    vm.add_maker("_locust_core", |vm, _| vm.run_source("_locust_core", "<locust>", CORE).map(drop));
    vm.add_maker("locust.stats", |vm, _| vm.run_source("locust.stats", "<locust.stats>", STATS).map(drop));
    for (name, _) in MODULES {
        vm.add_maker(name, make);
    }
    for (name, ..) in CLIENTS {
        vm.add_maker(name, make_client);
    }
}

fn make_client(vm: &mut Vm, module: &Module) -> Res<()> {
    let client = CLIENTS.iter().find(|(name, ..)| *name == module.name);
    client.map_or(Ok(()), |(name, file, source)| vm.run_source(name, file, source).map(drop))
}

fn make(vm: &mut Vm, module: &Module) -> Res<()> {
    let name = module.name.clone();
    let shown = MODULES.iter().find(|(n, _)| *n == name).map_or("", |(_, shown)| *shown);
    let import = if shown.is_empty() { String::new() } else { format!("from _locust_core import {shown}\n") };
    vm.run_source(&name, "<locust>", &(import + more(&name))).map(drop)
}
