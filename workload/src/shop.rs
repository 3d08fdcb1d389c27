//! A shop without memory: login, items, cart, checkout. A token proves itself, so that no session is stored.

use std::borrow::Cow;
use std::sync::LazyLock;

use serde_json::{Value, json};

use crate::echo::hex;
use crate::latency::mix;
use crate::query::{Parameters, whole};
use crate::request::Request;
use crate::response::{JSON, Rendered, Response};

/// Items are numbered from 1 to this.
const ITEMS: u64 = 20;
/// The longest name of a user in bytes.
const MAX_USER_BYTES: usize = 256;

static ALL_ITEMS: LazyLock<Rendered> = LazyLock::new(|| {
    let items: Vec<Value> = (1..=ITEMS).map(item_json).collect();
    Rendered::new(200, JSON, json!({ "items": items }).to_string())
});

/// `GET /items`: `{"items": [{"id": 1, "name": "item 1", "price_cents": 199}, ...]}`.
pub(crate) fn items() -> Response {
    ALL_ITEMS.response()
}

/// `GET /items/ID`: one of the items.
pub(crate) fn item(id: &str) -> Response {
    match whole("item", id, 1..=ITEMS) {
        Ok(id) => Response::json(200, &item_json(id)),
        Err(message) => Response::error(404, &message),
    }
}

fn item_json(id: u64) -> Value {
    json!({ "id": id, "name": format!("item {id}"), "price_cents": price_cents(id) })
}

fn price_cents(id: u64) -> u64 {
    99 + 100 * id
}

/// `POST /login` with `user` as JSON or as a form: `{"token": ..., "user": ...}` and the same token as a cookie.
pub(crate) fn login(request: &Request<'_>, seed: u64) -> Response {
    match field(request, "user") {
        Some(user) if !user.is_empty() && user.len() <= MAX_USER_BYTES => {
            let token = token(&user, seed);
            let cookie = format!("session={token}; Path=/; HttpOnly");
            Response::json(200, &json!({ "token": token, "user": user })).with_header("Set-Cookie", &cookie)
        }
        user => Response::error(
            400,
            &format!(
                "user: {:?} is not allowed, allowed are 1 to {MAX_USER_BYTES} bytes, as JSON or as a form",
                user.unwrap_or_default()
            ),
        ),
    }
}

/// `POST /cart` with `item` and `quantity` (both 1 where missing), as JSON or as a form.
pub(crate) fn cart(request: &Request<'_>, seed: u64) -> Response {
    let Some(user) = signed_in(request, seed) else { return unauthorized() };
    let number = |name, most| field(request, name).map_or(Ok(1), |text| whole(name, &text, 1..=most));
    match (number("item", ITEMS), number("quantity", 100)) {
        (Ok(item), Ok(quantity)) => {
            let total_cents = quantity * price_cents(item);
            let line = json!({ "user": user, "item": item, "quantity": quantity, "total_cents": total_cents });
            Response::json(200, &line)
        }
        (Err(message), _) | (_, Err(message)) => Response::error(400, &message),
    }
}

/// `POST /checkout`: `{"user": ..., "order": ...}`.
pub(crate) fn checkout(request: &Request<'_>, seed: u64) -> Response {
    match signed_in(request, seed) {
        Some(user) => {
            let order = format!("{:016x}", signature(&user, seed.wrapping_add(1)));
            Response::json(200, &json!({ "user": user, "order": order }))
        }
        None => unauthorized(),
    }
}

fn unauthorized() -> Response {
    Response::error(
        401,
        "authorization: missing or wrong, allowed is a token of /login, as bearer or as session cookie",
    )
    .with_header("WWW-Authenticate", "Bearer")
}

/// A field of a JSON object (a text or a number) or of a form.
fn field<'r>(request: &'r Request<'_>, name: &str) -> Option<Cow<'r, str>> {
    if !request.body.trim_ascii_start().starts_with(b"{") {
        return Parameters::new(&request.body).text(name);
    }
    let body: Value = serde_json::from_slice(&request.body).ok()?;
    match body.get(name)? {
        Value::String(text) => Some(Cow::Owned(text.clone())),
        Value::Number(number) => Some(Cow::Owned(number.to_string())),
        _ => None,
    }
}

/// The user whose token the request carries.
fn signed_in(request: &Request<'_>, seed: u64) -> Option<String> {
    let bearer = request.header("authorization");
    if let Some(token) = bearer.as_deref().and_then(|value| value.strip_prefix("Bearer ")) {
        return user_of(token.trim(), seed);
    }
    let cookies = request.header("cookie")?;
    let session = cookies.split(';').find_map(|cookie| cookie.trim().strip_prefix("session="))?;
    user_of(session, seed)
}

/// The user's name in hexadecimal, a dot, and the signature.
fn token(user: &str, seed: u64) -> String {
    format!("{}.{:016x}", hex(user.as_bytes()), signature(user, seed))
}

fn user_of(token: &str, seed: u64) -> Option<String> {
    let (name, _) = token.split_once('.')?;
    let pairs = name.as_bytes().chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok());
    let user = String::from_utf8(pairs.collect::<Option<Vec<u8>>>()?).ok()?;
    (self::token(&user, seed) == token).then_some(user)
}

/// Ties a name to the server's seed. No secret: it only lets a wrong token be noticed.
fn signature(user: &str, seed: u64) -> u64 {
    user.bytes().fold(mix(seed), |hash, byte| mix(hash ^ u64::from(byte)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_names_its_user_to_the_server_that_made_it() {
        for user in ["a", "user-1", "Zoë; x=\"y\""] {
            assert_eq!(user_of(&token(user, 1), 1).as_deref(), Some(user));
            assert_eq!(user_of(&token(user, 1), 2), None);
        }
    }

    #[test]
    fn what_is_no_token_names_nobody() {
        let token = token("anna", 1);
        for wrong in ["", ".", "616e6e61", &token[1..], &token.to_uppercase(), &format!("{token}0"), "ä.0"] {
            assert_eq!(user_of(wrong, 1), None, "{wrong}");
        }
    }
}
