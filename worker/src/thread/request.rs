//! One request of a user from due to done: connections, redirects, cookies, checks, captures.

use std::future::poll_fn;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Poll;

use swarmgate_domain::{ConnectionReuse, ErrorKind, Micros};
use url::Url;

use super::Thread;
use super::exchange::{Body, Broken, Exchange};
use super::recorder::Tally;
use super::runner::{Interrupt, Runner};
use super::user::User;
use crate::failure::Failure;
use crate::http::{self, Inbox, Place, Response, SetCookie};
use crate::net::{self, Connection, Grant, OriginId, Stream, Unresolved};
use crate::program::{Answer, Hop, Message, RequestPlan, SplitUrl, Target, split};

/// How often a request is sent again at most because an idle connection turned out to be closed.
const MOST_RETRIES: u32 = 3;

/// What a runner works with, used again for each request.
pub struct Desk {
    thread: Rc<Thread>,
    runner: Rc<Runner>,
    inbox: Inbox,
    body: Body,
    tally: Tally,
    message: Message,
    wire: Vec<u8>,
    path: Vec<u8>,
    cookie_line: Vec<u8>,
}

/// The test was over before the request was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    /// When.
    pub at: Micros,
}

/// Why a request came to no answer.
enum Trouble {
    Failed(Failure),
    Cut,
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

/// Where a hop of a request goes.
struct Way {
    origin: OriginId,
    /// Whether it still goes where the scenario sent it, so that it may say who it is.
    with_auth: bool,
    method: Option<&'static str>,
    with_body: bool,
}

impl Desk {
    /// A desk for `runner`.
    pub fn new(thread: Rc<Thread>, runner: Rc<Runner>) -> Self {
        Self {
            thread,
            runner,
            inbox: Inbox::default(),
            body: Body::default(),
            tally: Tally::default(),
            message: Message::default(),
            wire: Vec::new(),
            path: Vec::new(),
            cookie_line: Vec::new(),
        }
    }

    /// Whether the test is over, the grace time too.
    pub fn is_cut(&self) -> bool {
        self.runner.interrupt() == Some(Interrupt::Cut)
    }

    /// Sends a request of `user`, due at `user.due`, and counts what becomes of it. Gives the time it was done, when the user is free again.
    pub async fn request(&mut self, user: &mut User, index: usize) -> Result<Micros, Cut> {
        let thread = Rc::clone(&self.thread);
        let plan = &thread.program().requests[index];
        let began = thread.clock.now();
        self.tally.clear();
        let result = self.follow(user, plan).await;
        let (result, done) = match result {
            Ok((response, done)) => (self.judge(user, plan, &response, done), done),
            Err(Trouble::Failed(failure)) => (Err(failure), thread.clock.now()),
            Err(Trouble::Cut) => {
                let at = thread.clock.now();
                if self.tally.sent_bytes > 0 {
                    thread.recorder.borrow_mut().cut_off(plan.entry, &self.tally, at);
                }
                return Err(Cut { at });
            }
        };
        // What never got a connection was "sent" when that began: it has no other time.
        let sent = self.tally.sent.unwrap_or(began);
        thread.recorder.borrow_mut().request(plan.entry, user.due, &self.tally, sent, done, &result);
        if let Some(session) = &mut user.session {
            session.groups.iter_mut().for_each(|group| group.note(user.due, sent, done, result.is_err()));
        }
        user.due = done;
        Ok(done)
    }

    /// Sends the request, and again where answers redirect it, up to the last answer.
    async fn follow(&mut self, user: &mut User, plan: &RequestPlan) -> Result<(Response, Micros), Trouble> {
        let mut way = self.first_way(user, plan)?;
        loop {
            let (response, done) = self.hop(user, plan, &way).await?;
            let Some(next) = self.next_way(plan, &response, &way)? else { return Ok((response, done)) };
            if self.tally.redirects >= u64::from(plan.redirects) {
                return Err(Failure::new(ErrorKind::Redirect, format!("more than {} redirects", plan.redirects)).into());
            }
            self.tally.redirects += 1;
            way = next;
        }
    }

    /// Finds out where the request goes, and leaves the path in `self.path`.
    fn first_way(&mut self, user: &mut User, plan: &RequestPlan) -> Result<Way, Failure> {
        let thread = Rc::clone(&self.thread);
        let mut values = user.values(&thread.outfit.data, thread.clock.unix_millis(thread.clock.now()));
        self.path.clear();
        let origin = match &plan.target {
            Target::Fixed(origin, _) if plan.fixed.is_some() => *origin,
            Target::Fixed(origin, path) => {
                plan.render_path(path, &mut values, &mut self.path);
                *origin
            }
            Target::Rendered(text) => {
                let url = text.to_string(&mut values);
                let base = &thread.program().base;
                let key = if url.starts_with('/') {
                    self.path.extend_from_slice(&base.prefix);
                    self.path.extend_from_slice(url.as_bytes());
                    base.origin.clone()
                } else {
                    let bad = |_| Failure::new(ErrorKind::BadResponse, "a url with values put in is no http(s) URL");
                    let parsed = Url::parse(&url).map_err(|error| bad(error.to_string()))?;
                    let SplitUrl { origin, path } = split(&parsed).map_err(bad)?;
                    self.path = path;
                    origin
                };
                plan.render_query(0, &mut values, &mut self.path);
                thread.origins.borrow_mut().intern(key).ok_or_else(too_many_origins)?
            }
        };
        Ok(Way { origin, with_auth: true, method: None, with_body: true })
    }

    /// Where the answer redirects to; `None` when it is the last one.
    fn next_way(&mut self, plan: &RequestPlan, response: &Response, way: &Way) -> Result<Option<Way>, Failure> {
        let Some(head) = response.head().filter(|head| matches!(head.status, 301..=303 | 307 | 308)) else {
            return Ok(None);
        };
        if plan.redirects == 0 {
            return Ok(None);
        }
        let location = http::headers(&self.inbox.bytes()[..head.length])
            .find(|(name, _)| name.eq_ignore_ascii_case("location"))
            .map(|(_, value)| String::from_utf8_lossy(value).into_owned());
        let Some(location) = location else { return Ok(None) };

        let refused = |why: &'static str| Failure::new(ErrorKind::Redirect, why);
        let mut origins = self.thread.origins.borrow_mut();
        let (here, path) = (origins.get(way.origin), String::from_utf8_lossy(sent_path(&self.path, plan)));
        let here_url = format!("{}://{}{path}", here.key.scheme(), String::from_utf8_lossy(&here.key.host_header()));
        let there = Url::parse(&here_url).and_then(|url| url.join(&location));
        let there = there.map_err(|_| refused("the location is no URL"))?;
        let there = split(&there).map_err(|_| refused("the location is not http or https"))?;
        let same = there.origin == here.key;
        let origin = origins.intern(there.origin).ok_or_else(too_many_origins)?;
        self.path = there.path;

        let method = way.method.unwrap_or(&plan.method);
        let becomes_get = head.status == 303 && method != "HEAD" || head.status < 303 && method == "POST";
        Ok(Some(Way {
            origin,
            with_auth: way.with_auth && same,
            method: if becomes_get { Some("GET") } else { way.method },
            with_body: way.with_body && !becomes_get,
        }))
    }

    /// One request and its answer, whatever it says. Sends again where an idle connection turned out to be closed.
    async fn hop(&mut self, user: &mut User, plan: &RequestPlan, way: &Way) -> Result<(Response, Micros), Trouble> {
        let fixed = self.write_message(user, plan, way);
        let method = way.method.unwrap_or(&plan.method);
        let mut retries = 0;
        loop {
            let mut connection = self.connection(user, plan, way.origin).await?;
            if self.is_cut() {
                return Err(Trouble::Cut);
            }
            let reused = connection.requests > 0;
            connection.requests += 1;
            let sent = *self.tally.sent.get_or_insert_with(|| self.thread.clock.now());
            self.runner.set_deadline(&self.thread, sent + plan.timeout);

            self.inbox.clear();
            self.body.reset(plan.reads_body);
            let mut response = Response::new(method == "HEAD");
            let request = match (&fixed, &plan.fixed) {
                (Sent::AsFixed, Some(message)) => &message.bytes,
                _ => &self.wire,
            };
            let mut exchange = Exchange {
                runner: &self.runner,
                clock: self.thread.clock,
                stream: &mut connection.stream,
                request,
                response: &mut response,
                inbox: &mut self.inbox,
                body: &mut self.body,
                tally: &mut self.tally,
                written: 0,
                received: false,
                flushed: false,
                write_failed: None,
            };
            let result = exchange.run().await;
            let (reusable, received) = (exchange.leaves_reusable(), exchange.received);
            match result {
                Ok(done) => {
                    self.keep_cookies(user, plan, way.origin, &response);
                    if reusable && self.thread.program().reuse != ConnectionReuse::PerRequest {
                        user.connections.extend(self.thread.pool.leave(connection));
                    }
                    return Ok((response, done));
                }
                Err(Broken::Interrupted(Interrupt::Cut)) => return Err(Trouble::Cut),
                // The server closed the idle connection while the request was on its way. No byte of an answer: safe to
                // repeat for methods that may be repeated (RFC 9110, 9.2.2). Counted once, from when it was first sent.
                Err(broken)
                    if reused
                        && !received
                        && broken.may_be_stale()
                        && Message::is_idempotent(method)
                        && retries < MOST_RETRIES =>
                {
                    retries += 1;
                }
                Err(broken) => return Err(broken.as_failure(plan.timeout).into()),
            }
        }
    }

    /// Writes what is to be sent into `self.wire`, unless it is sent as it was rendered beforehand.
    fn write_message(&mut self, user: &mut User, plan: &RequestPlan, way: &Way) -> Sent {
        let thread = Rc::clone(&self.thread);
        let unix_millis = thread.clock.unix_millis(thread.clock.now());
        let first = self.path.is_empty();
        if !first || plan.fixed.is_none() {
            let origins = thread.origins.borrow();
            let hop = Hop {
                method: way.method.unwrap_or(&plan.method),
                path: &self.path,
                host: &origins.get(way.origin).host_header,
                with_auth: way.with_auth,
                with_body: way.with_body,
            };
            plan.render(&hop, &mut user.values(&thread.outfit.data, unix_millis), &mut self.message);
        }
        let message = plan.fixed.as_deref().filter(|_| first).unwrap_or(&self.message);
        self.cookie_line.clear();
        if plan.cookies
            && let Some(session) = user.session.as_deref().filter(|session| !session.cookies.is_empty())
        {
            let origins = thread.origins.borrow();
            let path = String::from_utf8_lossy(sent_path(&self.path, plan));
            let key = &origins.get(way.origin).key;
            let place = Place { host: &key.host, path: &path, https: key.https, unix_millis };
            session.cookies.write_line(&place, &mut self.cookie_line);
        }
        if self.cookie_line.is_empty() && first && plan.fixed.is_some() {
            return Sent::AsFixed;
        }
        let (head, rest) = message.bytes.split_at(message.cookies_at);
        self.wire.clear();
        self.wire.extend_from_slice(head);
        self.wire.extend_from_slice(&self.cookie_line);
        self.wire.extend_from_slice(rest);
        Sent::FromWire
    }

    fn keep_cookies(&self, user: &mut User, plan: &RequestPlan, origin: OriginId, response: &Response) {
        let Some(head) = response.head().filter(|head| plan.cookies && head.sets_cookies) else { return };
        let origins = self.thread.origins.borrow();
        let key = &origins.get(origin).key;
        let path = String::from_utf8_lossy(sent_path(&self.path, plan));
        let unix_millis = self.thread.clock.unix_millis(self.thread.clock.now());
        let place = Place { host: &key.host, path: &path, https: key.https, unix_millis };
        let headers = http::headers(&self.inbox.bytes()[..head.length]);
        for (_, value) in headers.filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie")) {
            if let Some(cookie) = SetCookie::parse(value) {
                user.session().cookies.set(cookie, &place);
            }
        }
    }

    /// A connection to `origin`: the user's own if it is still good, or another, or a new one.
    async fn connection(
        &mut self,
        user: &mut User,
        plan: &RequestPlan,
        origin: OriginId,
    ) -> Result<Connection, Trouble> {
        let own = user.connections.iter().position(|key| key.origin == origin);
        if let Some(mut connection) = own.and_then(|at| self.thread.pool.take(user.connections.swap_remove(at)))
            && is_usable(&mut connection).await
        {
            return Ok(connection);
        }
        loop {
            let grant = match self.thread.pool.request(origin) {
                Ok(grant) => grant,
                Err(waiting) => {
                    self.runner.clear_deadline();
                    let began = self.thread.clock.now();
                    let grant = self.runner.unless_interrupted(poll_fn(|cx| waiting.poll(cx))).await;
                    let waited = self.thread.clock.now().saturating_since(began);
                    self.tally.pool_wait = Some(self.tally.pool_wait.unwrap_or(Micros::ZERO) + waited);
                    grant.map_err(|_| Trouble::Cut)?
                }
            };
            match grant {
                Grant::Permit(permit) => {
                    let stream = self.open(plan, origin).await?;
                    return Ok(Connection::new(origin, stream, permit));
                }
                Grant::Open(mut connection) => {
                    if is_usable(&mut connection).await {
                        return Ok(connection);
                    }
                }
            }
        }
    }

    /// Opens a connection to one of the origin's addresses.
    async fn open(&mut self, plan: &RequestPlan, origin: OriginId) -> Result<Stream, Trouble> {
        let (thread, runner) = (Rc::clone(&self.thread), Rc::clone(&self.runner));
        let limit = thread.connect_timeout;
        runner.set_deadline(&thread, thread.clock.now() + limit);
        let too_long = |what: &str| Failure::new(ErrorKind::Timeout, format!("{what} took longer than {limit}"));
        let given_up = |interrupt, what| match interrupt {
            Interrupt::Cut => Trouble::Cut,
            Interrupt::Deadline => Trouble::Failed(too_long(what)),
        };
        if !thread.origins.borrow().get(origin).is_resolved() {
            let key = thread.origins.borrow().get(origin).key.clone();
            let addresses = runner.unless_interrupted(net::resolve(&key)).await;
            let addresses = addresses.map_err(|interrupt| given_up(interrupt, "looking up the name"))?;
            let addresses = addresses.map_err(|error| match error {
                Unresolved::NoAddress(_) => Failure::new(ErrorKind::Dns, format!("no address for {}", key.host)),
                Unresolved::Forbidden(_) => {
                    Failure::new(ErrorKind::Redirect, "link-local and metadata addresses are refused")
                }
            })?;
            thread.origins.borrow_mut().get_mut(origin).set_addresses(addresses);
        }
        let began = thread.clock.now();
        let mut last_error = None;
        for attempt in 0.. {
            let Some(address) = thread.origins.borrow_mut().get_mut(origin).address(attempt) else { break };
            let connected = runner.unless_interrupted(net::connect(address)).await;
            match connected.map_err(|interrupt| given_up(interrupt, "connecting"))? {
                Ok(tcp) => {
                    let now = thread.clock.now();
                    thread.recorder.borrow_mut().connected(plan.entry, now.saturating_since(began), now);
                    return self.encrypt(plan, origin, tcp).await.map_err(|trouble| match trouble {
                        Encrypting::Failed(failure) => Trouble::Failed(failure),
                        Encrypting::Interrupted(interrupt) => given_up(interrupt, "the TLS handshake"),
                    });
                }
                Err(error) => last_error = Some(error),
            }
        }
        Err(last_error.map_or_else(|| Failure::new(ErrorKind::Dns, "no address"), |e| Failure::of_connect(&e)).into())
    }

    async fn encrypt(
        &self,
        plan: &RequestPlan,
        origin: OriginId,
        tcp: tokio::net::TcpStream,
    ) -> Result<Stream, Encrypting> {
        let (is_https, name) = {
            let origins = self.thread.origins.borrow();
            let origin = origins.get(origin);
            (origin.key.https, origin.tls_name.clone())
        };
        if !is_https {
            return Ok(Stream::Plain(tcp));
        }
        let failed = |why: String| Encrypting::Failed(Failure::new(ErrorKind::Tls, why));
        let name = name.ok_or_else(|| failed("the host is no name a certificate can have".to_owned()))?;
        let config = self.thread.outfit.tls.as_ref().ok_or_else(|| failed("no root certificates".to_owned()))?;
        let began = self.thread.clock.now();
        let stream = self.runner.unless_interrupted(Stream::encrypted(tcp, Arc::clone(config), name)).await;
        let stream = stream.map_err(Encrypting::Interrupted)?.map_err(|error| {
            let is_tls = error.get_ref().is_some_and(|inner| inner.is::<rustls::Error>());
            if is_tls { failed(format!("handshake: {error}")) } else { failed(format!("handshake: {}", error.kind())) }
        })?;
        let now = self.thread.clock.now();
        self.thread.recorder.borrow_mut().encrypted(plan.entry, now.saturating_since(began), now);
        Ok(stream)
    }

    /// Whether the answer is as it should be; keeps what is captured.
    fn judge(&mut self, user: &mut User, plan: &RequestPlan, response: &Response, done: Micros) -> Result<(), Failure> {
        let Some(head) = response.head() else { return Ok(()) };
        let as_expected = if head.status >= 400 && !plan.checks_status {
            Err(Failure::new(ErrorKind::Status, format!("status {}", head.status)))
        } else {
            Ok(())
        };
        if plan.checks.is_empty() && plan.captures.is_empty() {
            return as_expected;
        }
        let service = done.saturating_since(self.tally.sent.unwrap_or(done));
        let answer = Answer::new(head.status, &self.inbox.bytes()[..head.length], self.body.kept(), service);
        let unix_millis = self.thread.clock.unix_millis(done);
        let mut values = user.values(&self.thread.outfit.data, unix_millis);
        let checks = plan.checks.iter().map(|check| check.apply(&answer, &mut values));
        let mut result = checks.fold(as_expected, Result::and);
        for capture in &plan.captures {
            match capture.apply(&answer) {
                Ok(value) => user.session().captures[capture.slot] = value,
                Err(failure) => result = result.and(Err(failure)),
            }
        }
        result
    }
}

enum Sent {
    AsFixed,
    FromWire,
}

enum Encrypting {
    Failed(Failure),
    Interrupted(Interrupt),
}

/// The path of the request that was sent last; `rendered` is empty where it is part of what was rendered beforehand.
fn sent_path<'a>(rendered: &'a [u8], plan: &'a RequestPlan) -> &'a [u8] {
    match &plan.fixed {
        Some(message) if rendered.is_empty() => message.bytes.split(|byte| *byte == b' ').nth(1).unwrap_or(b"/"),
        _ => rendered,
    }
}

fn too_many_origins() -> Failure {
    Failure::new(ErrorKind::Generator, "requests go to more than 4096 hosts")
}

async fn is_usable(connection: &mut Connection) -> bool {
    poll_fn(|cx| Poll::Ready(connection.poll_is_usable(cx))).await
}
