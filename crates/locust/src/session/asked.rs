//! What a call asks for, by its arguments.

use std::rc::Rc;

use swarmgate_python::{Args, PyStr, Sym, Value, intern};

macro_rules! words {
    ($($name:ident = $text:literal,)*) => {
        /// Names of arguments and attributes.
        pub(super) struct Words { $(pub $name: Sym,)* }

        impl Words {
            pub(super) fn new() -> Self {
                Self { $($name: intern($text),)* }
            }
        }
    };
}

words! {
    allow_redirects = "allow_redirects",
    auth = "auth",
    base_url = "base_url",
    catch_response = "catch_response",
    cert = "cert",
    content = "_content",
    context = "context",
    cookies = "cookies",
    cookies_of = "_cookies",
    data = "data",
    domain = "domain",
    entered = "_catch_response",
    files = "files",
    handlers = "_handlers",
    headers = "headers",
    headers_of = "_headers",
    hooks = "hooks",
    json = "json",
    name = "name",
    own = "_own",
    params = "params",
    path = "path",
    proxies = "proxies",
    request = "request",
    request_name = "request_name",
    secure = "secure",
    shown = "_shown",
    status_code = "status_code",
    stream = "stream",
    timeout = "timeout",
    url = "url",
    value = "value",
    verify = "verify",
}

/// A plain request.
pub(super) struct Asked {
    pub method: Rc<PyStr>,
    pub url: Rc<PyStr>,
    pub name: Option<Value>,
    pub catches: bool,
    pub params: Value,
    pub data: Value,
    pub json: Value,
    pub headers: Value,
    pub timeout: Option<f64>,
    pub follows: bool,
    /// `None`: as the session says.
    pub verify: Option<bool>,
}

impl Asked {
    /// Reads what follows the session; `None` where Python must see to it. `called` is the method
    /// of the function that was called, but for `request`.
    pub(super) fn read(words: &Words, args: &Args, called: Option<&'static str>) -> Option<Self> {
        let mut rest = args.pos.iter().skip(1);
        let method = match called {
            Some(method) => method_text(method),
            None => match rest.next()? {
                Value::Str(method) if method.as_str().bytes().all(|byte| byte.is_ascii_uppercase()) => {
                    Rc::clone(method)
                }
                _ => return None,
            },
        };
        let Some(Value::Str(url)) = rest.next() else { return None };
        let mut asked = Self {
            follows: called != Some("HEAD"),
            method,
            url: Rc::clone(url),
            name: None,
            catches: false,
            params: Value::None,
            data: Value::None,
            json: Value::None,
            headers: Value::None,
            timeout: None,
            verify: None,
        };
        let by_position: &[Sym] = match (called, asked.method.as_str()) {
            (Some(_), "POST") => &[words.data, words.json],
            (Some(_), "PUT" | "PATCH") => &[words.data],
            _ => &[],
        };
        let mut places = by_position.iter();
        for value in rest {
            asked.take(words, *places.next()?, value)?;
        }
        for (name, value) in &args.kw {
            asked.take(words, *name, value)?;
        }
        Some(asked)
    }

    fn take(&mut self, words: &Words, name: Sym, value: &Value) -> Option<()> {
        if name == words.name {
            self.name = Some(value.clone()).filter(|name| !name.is_none());
        } else if name == words.headers {
            self.headers = value.clone();
        } else if name == words.json {
            self.json = value.clone();
        } else if name == words.data {
            self.data = value.clone();
        } else if name == words.params {
            self.params = value.clone();
        } else if name == words.catch_response {
            self.catches = flag(value)?;
        } else if name == words.allow_redirects {
            self.follows = flag(value)?;
        } else if name == words.timeout {
            self.timeout = number(value)?;
        } else if name == words.verify {
            self.verify = Some(flag(value)?);
        } else if name == words.stream {
            // The length of what is streamed is what the server says.
            return (!flag(value)?).then_some(());
        } else if [words.cookies, words.files, words.auth, words.proxies, words.hooks, words.cert].contains(&name) {
            return value.is_none().then_some(());
        } else if name != words.context {
            return None;
        }
        Some(())
    }
}

fn flag(value: &Value) -> Option<bool> {
    if let Value::Bool(flag) = value { Some(*flag) } else { None }
}

/// `None` where Python must see to it.
#[expect(clippy::option_option, reason = "no limit is a limit that was read")]
fn number(value: &Value) -> Option<Option<f64>> {
    match value {
        Value::None => Some(None),
        Value::Float(seconds) => Some(Some(*seconds)),
        #[expect(clippy::cast_precision_loss, reason = "seconds are small")]
        Value::Int(seconds) => Some(Some(*seconds as f64)),
        _ => None,
    }
}

fn method_text(method: &'static str) -> Rc<PyStr> {
    // Interned texts are shared: nothing is copied.
    intern(method).text()
}
