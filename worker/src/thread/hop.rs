//! One hop of a request: written, sent over a connection of the user, and answered.

use std::future::poll_fn;
use std::rc::Rc;
use std::task::Poll;

use swarmgate_domain::{ConnectionReuse, HttpVersion, Micros};

use super::exchange::{Broken, Exchange};
use super::request::{Desk, Trouble};
use super::runner::Interrupt;
use super::user::User;
use super::way::{Way, sent_path};
use crate::http::{self, Place, Response, SetCookie};
use crate::net::OriginId;
use crate::program::{Framed, Hop, Message, RequestPlan};

/// How often a request is sent again at most because an idle connection turned out to be closed.
pub(super) const MOST_RETRIES: u32 = 3;

/// Lets all runners that are ready have their turn.
///
/// Answers that are there at once are so all read before the next requests are sent: none is counted as slower for the
/// others' sending, and what is sent in one go wakes a target once, where each request by itself would wake it again.
async fn let_others_read() {
    let mut has_waited = false;
    poll_fn(|cx| {
        if std::mem::replace(&mut has_waited, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// From where a request is written.
enum Sent {
    /// From what was rendered beforehand.
    AsFixed,
    /// From [`Desk::wire`].
    FromWire,
}

/// One request as it goes over the wire, and nothing of what it is for.
pub struct Sending<'a> {
    /// To which server.
    pub origin: OriginId,
    /// As in the first line.
    pub method: &'a str,
    /// All of it.
    pub bytes: &'a [u8],
    /// The same as HTTP/2 has it, where that was made beforehand.
    pub framed: Option<&'a Framed>,
    /// From sent to last byte.
    pub timeout: Micros,
    /// Whether the body of the answer is kept.
    pub reads_body: bool,
}

impl Desk {
    /// One hop of the planned request and its answer, whatever it says.
    pub(super) async fn hop(
        &mut self,
        user: &mut User,
        plan: &RequestPlan,
        way: &Way,
    ) -> Result<(Response, Micros), Trouble> {
        let fixed = self.write_message(user, plan, way);
        let wire = std::mem::take(&mut self.wire);
        let (bytes, framed) = match (&fixed, &plan.fixed) {
            (Sent::AsFixed, Some(message)) => (message.bytes.as_slice(), plan.framed.as_deref()),
            _ => (wire.as_slice(), None),
        };
        let sending = Sending {
            origin: way.origin,
            method: way.method.unwrap_or(&plan.method),
            bytes,
            framed,
            timeout: plan.timeout,
            reads_body: plan.reads_body,
        };
        let result = self.send(user, &sending).await;
        self.wire = wire;
        let (response, done) = result?;
        self.keep_cookies(user, plan, way.origin, &response);
        Ok((response, done))
    }

    /// One request and its answer, whatever it says. Sends again where an idle connection turned out to be closed.
    pub(super) async fn send(&mut self, user: &mut User, sending: &Sending<'_>) -> Result<(Response, Micros), Trouble> {
        if self.thread.program().version == HttpVersion::Http2 {
            // Apart from the rest of a runner's state: who speaks HTTP/1.1 needs no room for it.
            return Box::pin(self.send_framed(user, sending)).await;
        }
        let mut retries = 0;
        loop {
            let mut connection = self.connection(user, sending.origin).await?;
            if self.is_cut() {
                return Err(Trouble::Cut);
            }
            if std::mem::take(&mut self.has_read) && !connection.gathers() {
                let_others_read().await;
            }
            let reused = connection.requests > 0;
            connection.requests += 1;
            let sent = *self.tally.sent.get_or_insert_with(|| self.thread.clock.now());
            self.runner.set_deadline(&self.thread, sent + sending.timeout);

            self.thread.inboxes.take_back(&mut self.inbox);
            self.body.reset(sending.reads_body);
            let mut response = Response::new(sending.method == "HEAD");
            let mut exchange = Exchange {
                runner: &self.runner,
                clock: self.thread.clock,
                stream: &mut connection.stream,
                request: sending.bytes,
                response: &mut response,
                inbox: &mut self.inbox,
                inboxes: &self.thread.inboxes,
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
                    self.has_read = true;
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
                        && Message::is_idempotent(sending.method)
                        && retries < MOST_RETRIES =>
                {
                    retries += 1;
                }
                Err(broken) => return Err(broken.as_failure(sending.timeout).into()),
            }
        }
    }

    /// Writes what is to be sent into `self.wire`, unless it is sent as it was rendered beforehand.
    fn write_message(&mut self, user: &mut User, plan: &RequestPlan, way: &Way) -> Sent {
        let first = self.path.is_empty();
        let has_cookies = plan.cookies && user.session.as_deref().is_some_and(|session| !session.cookies.is_empty());
        if first && plan.fixed.is_some() && !has_cookies {
            return Sent::AsFixed;
        }
        let thread = Rc::clone(&self.thread);
        let unix_millis = thread.clock.unix_millis(self.now);
        if !first || plan.fixed.is_none() {
            let origins = thread.origins.borrow();
            let origin = origins.get(way.origin);
            let hop = Hop {
                method: way.method.unwrap_or(&plan.method),
                proxy: thread.program().asked_proxy(&origin.key).map(|proxy| proxy.hop(&origin.url)),
                path: &self.path,
                host: &origin.host_header,
                with_auth: way.with_auth,
                with_body: way.with_body,
            };
            plan.render(&hop, &mut user.values(&thread.outfit.data, unix_millis), &mut self.message);
        }
        let message = plan.fixed.as_deref().filter(|_| first).unwrap_or(&self.message);
        self.cookie_line.clear();
        if let Some(session) = user.session.as_deref().filter(|_| has_cookies) {
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
        let unix_millis = self.thread.clock.unix_millis(self.now);
        let place = Place { host: &key.host, path: &path, https: key.https, unix_millis };
        let headers = http::headers(&self.inbox.bytes()[..head.length]);
        for (_, value) in headers.filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie")) {
            if let Some(cookie) = SetCookie::parse(value) {
                user.session().cookies.set(cookie, &place);
            }
        }
    }
}
