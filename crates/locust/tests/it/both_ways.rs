//! Plain requests are done by Rust, all others by Python: where both can, both must do the same. A listener of requests makes
//! all of them Python's.

use swarmgate_locust::{Answer, AnswerError, Exchange};

use crate::support::{load, ok, with_host};

/// Bodies of a task.
const TASKS: &[&str] = &[
    "c.get('/')",
    "c.get('')",
    "c.get('/a?b=c')",
    "c.get('/a?')",
    "c.get('/sp ace/ü?x=\"y\"')",
    "c.get('/a#fragment')",
    "c.get('http://localhost:8080/whole')",
    "c.get('HTTP://Other.example/x')",
    "c.get('http://user:word@localhost:8080/auth')",
    "c.get('http://localhost:8080')",
    "c.get('/p', params={'a': 'b c', 'd': 1, 'e': None, 'f': True, 'ü': 'ß&='})",
    "c.get('/p?x=1', params={'a': 'b'})",
    "c.get('/p', params={})",
    "c.get('/p', params={'only': None})",
    "c.get('/p', params={'list': [1, 'two'], 'float': 1.5})",
    "c.get('/p', params=[('a', 1), ('a', 2)])",
    "c.get('/h', headers={'X-One': '1', 'accept': 'text/html', 'User-Agent': None})",
    "c.get('/h', headers={'X-Bytes': b'b'})",
    "c.get('/h', headers={'X-Broken': 'a\\r\\nb'})",
    "c.get('/h', headers={'Host': 'other'})",
    "c.headers.update({'X-Session': 's', 'accept': 'q'}); c.get('/h', headers={'x-session': 't'})",
    "c.post('/d', data={'k': 'v w', 'n': 2, 'none': None})",
    "c.post('/d', {'by': 'position'})",
    "c.post('/d', None, {'json': 'by position'})",
    "c.post('/d', data='text ü')",
    "c.post('/d', data=b'bytes')",
    "c.post('/d', data='')",
    "c.post('/d', data={})",
    "c.post('/d', data={'list': ['a', 'b']})",
    "c.post('/j', json={'a': [1, 2.5, None, True, 'ü']})",
    "c.post('/j', json=[])",
    "c.post('/j', json={'a': 1}, data={'b': 2})",
    "c.post('/j', json={'a': 1}, headers={'content-type': 'application/vnd.api+json'})",
    "c.post('/j', json={'a': {1, 2}})",
    "c.post('/f', files={'f': ('n.txt', 'content')}).url",
    "c.put('/d', 'put')",
    "c.put('/d', json={'a': 1})",
    "c.patch('/d', data={'a': 1})",
    "c.delete('/d', name='named')",
    "c.head('/old')",
    "c.options('/d')",
    "c.request('GET', '/r')",
    "c.request('get', '/r')",
    "c.request('POST', '/r', json={'a': 1}, name='by request')",
    "c.request('GET', '/r', 'third is the name')",
    "c.request(method='GET', url='/r')",
    "c.get(url='/r')",
    "c.get('/n', name='')",
    "c.get('/n', name=7)",
    "c.get('/t', timeout=3); c.get('/t', timeout=0.5); c.get('/t', timeout=(1, 2))",
    "c.get('/v', verify=False)",
    "c.get('/s', stream=True)",
    "c.get('/x', allow_redirects=False); c.get('/old', allow_redirects=False); c.get('/old')",
    "c.get('/cookie'); c.get('/after'); c.get('/path/in'); c.get('/path')",
    "c.cookies.set('a', 'b'); c.get('/c'); c.get('/c', headers={'Cookie': 'own=1'}); c.get('/c', cookies={'more': '2'})",
    "c.auth = ('u', 'p'); c.get('/a')",
    "c.params = {'all': '1'}; c.get('/a')",
    "c.request_name = 'session'; c.get('/a'); c.request_name = None; c.get('/a')",
    "with c.rename_request('renamed'): c.get('/a')",
    "c.get('/missing'); c.get('/missing', name=\"it's\"); c.get('/broken')",
    "c.get('/refused')",
    "c.get('/late')",
    "c.get('/a', nonsense=1)",
    "c.get()",
    "c.get(7)",
    "c.get('/a', context={'k': 'v'})",
    "r = c.get('/a'); print(r, r.status_code, r.text, r.json(), r.ok, r.url, r.reason, r.headers, r.encoding, r.content, bool(r))",
    "r = c.get('/a'); print(r.request.method, r.request.url, r.request.headers, r.request.body, r.history, r.cookies.get_dict())",
    "r = c.post('/a', json={'a': 1}); print(r.request.headers, r.request.body, r.request.path_url, r.elapsed.total_seconds())",
    "r = c.get('/missing'); print(r.ok, r.status_code, r.reason, r.is_redirect); r.raise_for_status()",
    "r = c.get('/a'); r.own = 1; print(r.own, hasattr(r, 'nothing'), getattr(r, 'nothing', 'else')); r.nothing",
    "r = c.get('/a'); r.success()",
    "with c.get('/a') as r: pass",
    "with c.get('/a', catch_response=True) as r: r.failure('because')",
    "with c.get('/missing', catch_response=True) as r: r.success()",
    "with c.get('/missing', catch_response=True) as r: pass",
    "with c.get('/a', catch_response=True) as r: raise ValueError('in the block')",
    "with c.get('/refused', catch_response=True) as r: print(r.status_code, r.error)",
    "with c.post('/old', catch_response=True, name='both') as r: print(r.url, r.history); r.failure(Exception('own'))",
    "with c.get('/a', catch_response=True) as r: m = r.request_meta; print(m['name'], m['request_type'], m['url'], m['response_length'], m['context'])",
    "r = c.get('/a', catch_response=True); print(r.status_code)",
];

fn answer(sent: &Exchange) -> Result<Answer, AnswerError> {
    let with = |status: u16, reason: &str, headers: &[(&str, &str)]| {
        let headers = headers.iter().copied().collect();
        Ok(Answer::new(status, reason, headers, "why"))
    };
    match sent.path() {
        path if path.starts_with("/missing") => with(404, "Not Found", &[]),
        "/broken" => with(503, "", &[]),
        "/old" => with(302, "Found", &[("Location", "/new?moved=1")]),
        "/cookie" => {
            with(200, "OK", &[("Set-Cookie", "s=1"), ("Set-Cookie", "p=2; Path=/path"), ("Set-Cookie", "t=3; Secure")])
        }
        "/refused" => Err(AnswerError::Refused("connection refused".to_owned())),
        "/late" => Err(AnswerError::Timeout("no answer".to_owned())),
        _ => ok(r#"{"a": 1}"#),
    }
}

/// All that a task's run leaves.
fn traces(class: &str, task: &str, before: &str) -> String {
    let source = format!(
        "from locust import {class}, task, constant, events\n{before}\nclass U({class}):\n    wait_time = constant(1)\n    @task\n    def t(self):\n        c = self.client\n        {task}\n        raise KeyError('the end')\n"
    );
    let mut bench = load(&source, &with_host()).unwrap_or_else(|error| panic!("{task}: {error}"));
    let end = bench.run_task(answer);
    let sent: Vec<String> = bench.sent.iter().map(|sent| format!("{sent:?}")).collect();
    // Where in the session something was raised is its own affair.
    let log = bench.log.borrow().join("\n");
    let log: Vec<&str> = log.lines().filter(|line| !line.contains("<locust>")).collect();
    let (sent, log, reports) = (sent.join("\n"), log.join("\n"), bench.reports().join("\n"));
    format!("{sent}\n{log}\n{reports}\n{end}")
}

#[test]
fn rust_and_python_do_the_same() {
    for class in ["HttpUser", "FastHttpUser"] {
        for task in TASKS {
            let quick = traces(class, task, "\n");
            let thorough = traces(class, task, "@events.request.add_listener\ndef listen(**all): pass");
            assert_eq!(quick, thorough, "{class}: {task}");
            assert!(quick.contains("the end") || quick.contains("Error"), "{class}: {task}: it did not run: {quick}");
        }
    }
}
