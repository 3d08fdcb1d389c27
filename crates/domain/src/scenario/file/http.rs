//! What requests are as typed: headers, authentication, bodies, connections.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::check::{CaptureFile, CheckFile};
use super::context::{At, Context, wrong_sort};
use super::decode::{Decode, ListOf, MapOf, decode_at, fields};
use super::scalars::{Count, Flag, Text, Time, Word, no_such_word, parsed, scalar_schema, words};
use crate::scenario::model::{ConnectionReuse, Cookies, HttpVersion};
use crate::scenario::yaml::{Node, Value};
use crate::text::{Wrong, shown};

/// The longest that an answer is waited for: an hour, which is as long as histograms reach.
pub(crate) type Timeout = Time<1_000, 3_600_000_000>;
/// How many redirects are followed at most.
pub(crate) type Redirects = Count<0, 50>;

fields! {
    /// One request. The key beside it says the method and the URL: `POST /login`.
    pub(crate) struct RequestFile {
        /// What it is counted under. Left out: the URL as written. Give one where the URL varies a lot.
        optional name: Text,
        /// Added to the URL's query; a list gives a name several times.
        optional query: MapOf<ParamFile>,
        /// Sent beside the scenario's `headers`, in whose place the same names go.
        optional headers: MapOf<Text>,
        /// Instead of the scenario's `auth`; `none` for nothing.
        optional auth: AuthFile,
        /// A body of JSON: any value, with `${…}` in its texts, or a text that is JSON as it stands (where a number is put in).
        optional json: JsonFile,
        /// A body of form fields (`application/x-www-form-urlencoded`); a list gives a name several times.
        optional form: MapOf<ParamFile>,
        /// A body as it stands.
        optional body: Text,
        /// What must hold for the answer.
        optional check: CheckFile,
        /// What is kept from the answer, for `${name}` later: `token: json $.token`.
        optional capture: MapOf<CaptureFile>,
        /// How long the answer may take, from sent to last byte. Left out: the scenario's `timeout`.
        optional timeout: Timeout,
        /// How many redirects are followed at most; 0: none. Left out: the scenario's `redirects`.
        optional redirects: Redirects,
    }
    rules {
        "not": { "anyOf": [{ "required": ["json", "form"] }, { "required": ["json", "body"] }, { "required": ["form", "body"] }] },
    }
}

/// One value, or several.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ParamFile(pub Vec<At<Text>>);

impl Decode for ParamFile {
    fn decode(node: &Node, ctx: &mut Context) -> Option<Self> {
        match &node.value {
            Value::List(_) => ListOf::<Text, 0>::decode(node, ctx).map(|list| Self(list.0)),
            Value::Scalar(_) => decode_at(node, ctx).map(|one| Self(vec![one])),
            Value::Map(_) => {
                ctx.wrong(node, wrong_sort(node, "texts, lists of texts"));
                None
            }
        }
    }
}
scalar_schema!([] ParamFile, "Param", {
    let one = json_schema!({ "type": ["string", "number", "boolean"] });
    json_schema!({ "anyOf": [one, { "type": "array", "items": one }] })
});

/// Any value, turned into JSON later.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct JsonFile(pub Node);

impl Decode for JsonFile {
    fn decode(node: &Node, _: &mut Context) -> Option<Self> {
        Some(Self(node.clone()))
    }
}
scalar_schema!([] JsonFile, "Json", Schema::default());

fields! {
    /// A name and a password, sent as `Authorization: Basic`.
    pub(crate) struct BasicFile {
        /// The user's name.
        required user: Text,
        /// Its password; rather `${secret:name}` or `${env:NAME}` than the password itself.
        required password: Text,
    }
}

fields! {
    /// How a request says who it is: give one of these.
    pub(crate) struct AuthFields {
        /// A name and a password.
        optional basic: BasicFile,
        /// A token, sent as `Authorization: Bearer`.
        optional bearer: Text,
    }
    rules { "minProperties": 1, "maxProperties": 1 }
}

/// How a request says who it is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum AuthFile {
    None,
    Fields(Box<AuthFields>),
}

impl Decode for AuthFile {
    fn decode(node: &Node, ctx: &mut Context) -> Option<Self> {
        let allowed = "`none`, {basic: {user: …, password: …}}, {bearer: …}";
        if let Value::Map(_) = node.value {
            let fields = AuthFields::decode(node, ctx)?;
            let count = [fields.basic.is_absent(), fields.bearer.is_absent()].iter().filter(|absent| !**absent).count();
            if count != 1 {
                let problem = if count == 0 { "nothing is given" } else { "both `basic` and `bearer` are given" };
                ctx.wrong(node, Wrong::new(problem).allowed(allowed));
                return None;
            }
            return Some(Self::Fields(Box::new(fields)));
        }
        parsed(node, ctx, allowed, |text| match text {
            "none" => Ok(Self::None),
            _ => Err(no_such_word(text, &["none"]).allowed(allowed)),
        })
    }
}

impl JsonSchema for AuthFile {
    fn schema_name() -> Cow<'static, str> {
        "Auth".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let fields = generator.subschema_for::<AuthFields>();
        json_schema!({
            "description": "How requests say who they are: `{bearer: …}`, `{basic: {user: …, password: …}}` or `none`.",
            "anyOf": [{ "type": "string", "enum": ["none"] }, fields],
            "examples": [{ "bearer": "${token}" }, { "basic": { "user": "ann", "password": "${secret:password}" } }],
        })
    }
}

fields! {
    /// How `https` is spoken.
    pub(crate) struct TlsFile {
        /// `false`: any certificate of the server will do. Left out: it must be valid.
        optional verify: Flag,
    }
}

impl Decode for Word<HttpVersion> {
    fn decode(node: &Node, ctx: &mut Context) -> Option<Self> {
        let allowed = "1.1, 2";
        parsed(node, ctx, allowed, |text| match text {
            "1.1" => Ok(Self(HttpVersion::Http1)),
            "2" | "2.0" => Ok(Self(HttpVersion::Http2)),
            _ => Err(Wrong::new(format!("HTTP/{} is not spoken here", shown(text))).allowed(allowed)),
        })
    }
}
scalar_schema!([] Word<HttpVersion>, "HttpVersion", json_schema!({ "enum": [1.1, 2, "1.1", "2", "2.0"] }));

fields! {
    /// A proxy that asks who one is.
    pub(crate) struct ProxyFields {
        /// Where it is: `http://proxy.example:3128`.
        required url: Text,
        /// A name that it knows.
        optional user: Text,
        /// The password; rather `${secret:name}` than the password itself.
        optional password: Text,
    }
    rules { "dependentRequired": { "user": ["password"], "password": ["user"] } }
}

/// A proxy, alone or with what it is told about who asks.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum ProxyFile {
    Url(Text),
    Fields(Box<ProxyFields>),
}

impl Decode for ProxyFile {
    fn decode(node: &Node, ctx: &mut Context) -> Option<Self> {
        match node.value {
            Value::Map(_) => ProxyFields::decode(node, ctx).map(|fields| Self::Fields(Box::new(fields))),
            Value::Scalar(_) | Value::List(_) => {
                parsed(node, ctx, "`http://host:port`, {url: …, user: …, password: …}", |text| {
                    Ok(Self::Url(Text(text.to_owned())))
                })
            }
        }
    }
}

impl JsonSchema for ProxyFile {
    fn schema_name() -> Cow<'static, str> {
        "Proxy".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let fields = generator.subschema_for::<ProxyFields>();
        json_schema!({
            "description": "An HTTP proxy: `http://host:port`, or `{url: …, user: …, password: …}`.",
            "anyOf": [{ "type": "string" }, fields],
            "examples": ["http://proxy.example:3128", { "url": "http://proxy.example:3128", "user": "ann", "password": "${secret:proxy}" }],
        })
    }
}

words!(Cookies, "Cookies", "session" => Cookies::Session, "ignore" => Cookies::Ignore);
words!(ConnectionReuse, "Connections",
    "keep_alive" => ConnectionReuse::KeepAlive,
    "per_iteration" => ConnectionReuse::PerIteration,
    "per_request" => ConnectionReuse::PerRequest,
);

/// The methods that requests may have.
pub(crate) const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/// A name that HTTP allows for headers and cookies.
pub(crate) fn token<'a>(text: &'a str, what: &str) -> Result<&'a str, Wrong> {
    let fits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b));
    if fits {
        return Ok(text);
    }
    let wrong = Wrong::new(format!("`{}` is no name of a {what}", shown(text)));
    Err(wrong.allowed("letters, digits and any of !#$%&'*+-.^_`|~"))
}

/// A name that a header may have and that is not the engine's own.
pub(crate) fn header_name(text: &str) -> Result<&str, Wrong> {
    token(text, "header")
}

/// A header's name that a request may set in this version of HTTP.
pub(crate) fn request_header_name(text: &str, version: HttpVersion) -> Result<&str, Wrong> {
    let name = header_name(text)?;
    let own = |help: &str| Err(Wrong::new(format!("`{name}` is set by Swarmgate itself")).help(help));
    match name.to_ascii_lowercase().as_str() {
        "content-length" | "transfer-encoding" => own("remove it: bodies are sent with their length"),
        "connection" => own("use `connections: per_request` for a new connection each time"),
        "upgrade" | "keep-alive" | "proxy-connection" if version == HttpVersion::Http2 => {
            // RFC 9113, 8.2.2.
            Err(Wrong::new(format!("HTTP/2 has no header `{name}`")).help("remove it, or leave out `http: 2`"))
        }
        _ => Ok(name),
    }
}
