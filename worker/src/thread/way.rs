//! Where a request goes, and where answers redirect it.

use std::rc::Rc;

use swarmgate_domain::ErrorKind;
use url::Url;

use super::request::Desk;
use super::user::User;
use crate::failure::Failure;
use crate::http::{self, Response};
use crate::net::{OriginId, Refused};
use crate::program::{RequestPlan, SplitUrl, Target, split};

/// Where a hop of a request goes.
pub struct Way {
    /// To which server.
    pub origin: OriginId,
    /// Whether it still goes where the scenario sent it, so that it may say who it is.
    pub with_auth: bool,
    /// Its method, where a redirect changed it.
    pub method: Option<&'static str>,
    /// Whether the body goes along.
    pub with_body: bool,
}

impl Desk {
    /// Finds out where the request goes, and leaves the path in `self.path`.
    pub(super) fn first_way(&mut self, user: &mut User, plan: &RequestPlan) -> Result<Way, Failure> {
        self.path.clear();
        if let (Target::Fixed(origin, _), Some(_)) = (&plan.target, &plan.fixed) {
            return Ok(Way { origin: *origin, with_auth: true, method: None, with_body: true });
        }
        let thread = Rc::clone(&self.thread);
        let mut values = user.values(&thread.outfit.data, thread.clock.unix_millis(self.now));
        let origin = match &plan.target {
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
                thread.origins.borrow_mut().intern_allowed(key).map_err(|refused| not_there(&refused))?
            }
        };
        Ok(Way { origin, with_auth: true, method: None, with_body: true })
    }

    /// Where the answer redirects to; `None` when it is the last one.
    pub(super) fn next_way(
        &mut self,
        plan: &RequestPlan,
        response: &Response,
        way: &Way,
    ) -> Result<Option<Way>, Failure> {
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
        let origin = origins.intern_allowed(there.origin).map_err(|refused| not_there(&refused))?;
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
}

/// The path of the request that was sent last; `rendered` is empty where it is part of what was rendered beforehand.
pub fn sent_path<'a>(rendered: &'a [u8], plan: &'a RequestPlan) -> &'a [u8] {
    match &plan.fixed {
        Some(message) if rendered.is_empty() => message.path(),
        _ => rendered,
    }
}

/// A host that is known only while the test runs, and where load does not go.
pub fn not_there(refused: &Refused) -> Failure {
    match refused {
        Refused::TooMany => Failure::new(ErrorKind::Generator, "requests go to more than 4096 hosts"),
        Refused::NotAllowed => Failure::new(ErrorKind::Redirect, "a host that is not on the list of targets"),
    }
}
