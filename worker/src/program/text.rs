//! Texts with values put in, compiled: what never varies is one run of bytes, escaped beforehand.

use std::sync::Arc;

use swarmgate_domain::{Part, Template};
use swarmgate_service::ports::Secrets;

/// How a value is written where it is put in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Escape {
    /// As it is.
    Raw,
    /// As a header's value: line breaks and NUL, which would start another header, become spaces.
    Header,
    /// As the content of a JSON string.
    Json,
    /// As part of a path that may bring its own query: only what can't stand in a request's first line is percent-encoded.
    Target,
    /// As a name or value of a query.
    Query,
    /// As a name or value of `application/x-www-form-urlencoded`.
    Form,
}

/// A text ready to be rendered.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Text(Vec<Piece>);

#[derive(Clone, Debug, PartialEq)]
enum Piece {
    Bytes(Vec<u8>),
    Value(Value, Escape),
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Value {
    Captured(usize),
    Column { source: usize, column: usize },
    UserId,
    Iteration,
    Random { low: u64, high: u64 },
    Uuid,
    TimestampMs,
}

/// What the values of a text are taken from.
pub struct Values<'a> {
    /// What the user captured, by slot.
    pub captures: &'a [String],
    /// The row that the user has of each data source.
    pub rows: &'a [u32],
    /// The rows of each data source.
    pub data: &'a [Vec<Vec<String>>],
    /// The user's number in the test.
    pub user: u32,
    /// How many iterations the user finished.
    pub iteration: u32,
    /// Milliseconds since the Unix epoch.
    pub unix_millis: u64,
    /// The user's own random numbers.
    pub rng: &'a mut fastrand::Rng,
}

/// A secret that a template names and nobody gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingSecret(pub String);

impl Text {
    /// Compiles `template`, whose secrets are put in for good; escapes by `escape`.
    pub fn compile(template: &Template, escape: Escape, secrets: &Secrets) -> Result<Self, MissingSecret> {
        let mut text = Self::default();
        for part in &template.0 {
            match part {
                // The text of a JSON body is JSON already; only values put into its strings need escapes.
                Part::Text(fixed) if escape == Escape::Json => text.push_bytes(fixed.as_bytes()),
                Part::Text(fixed) => text.push_fixed(fixed, escape),
                Part::Secret(name) => {
                    let secret = secrets.0.get(name).ok_or_else(|| MissingSecret(name.clone()))?;
                    text.push_fixed(secret, escape);
                }
                Part::Captured(slot) => text.push_value(Value::Captured(usize::from(slot.0)), escape),
                Part::Column { source, column } => {
                    let (source, column) = (usize::from(*source), usize::from(*column));
                    text.push_value(Value::Column { source, column }, escape);
                }
                Part::UserId => text.push_value(Value::UserId, escape),
                Part::Iteration => text.push_value(Value::Iteration, escape),
                Part::Random { low, high } => text.push_value(Value::Random { low: *low, high: *high }, escape),
                Part::Uuid => text.push_value(Value::Uuid, escape),
                Part::TimestampMs => text.push_value(Value::TimestampMs, escape),
            }
        }
        Ok(text)
    }

    /// A text that is always `bytes`.
    pub fn fixed(bytes: impl Into<Vec<u8>>) -> Self {
        let bytes = bytes.into();
        Self(if bytes.is_empty() { Vec::new() } else { vec![Piece::Bytes(bytes)] })
    }

    /// The bytes, where nothing varies.
    pub fn as_fixed(&self) -> Option<&[u8]> {
        match self.0.as_slice() {
            [] => Some(b""),
            [Piece::Bytes(bytes)] => Some(bytes),
            _ => None,
        }
    }

    /// Appends the text to `out`.
    pub fn render(&self, values: &mut Values<'_>, out: &mut Vec<u8>) {
        for piece in &self.0 {
            match piece {
                Piece::Bytes(bytes) => out.extend_from_slice(bytes),
                Piece::Value(value, escape) => value.render(*escape, values, out),
            }
        }
    }

    /// The text with its values, as a string.
    pub fn to_string(&self, values: &mut Values<'_>) -> String {
        let mut out = Vec::new();
        self.render(values, &mut out);
        String::from_utf8_lossy(&out).into_owned()
    }

    fn push_fixed(&mut self, fixed: &str, escape: Escape) {
        let mut escaped = Vec::with_capacity(fixed.len());
        escape.write(fixed, &mut escaped);
        self.push_bytes(&escaped);
    }

    fn push_bytes(&mut self, bytes: &[u8]) {
        match self.0.last_mut() {
            _ if bytes.is_empty() => {}
            Some(Piece::Bytes(last)) => last.extend_from_slice(bytes),
            _ => self.0.push(Piece::Bytes(bytes.to_vec())),
        }
    }

    fn push_value(&mut self, value: Value, escape: Escape) {
        self.0.push(Piece::Value(value, escape));
    }
}

impl Value {
    fn render(self, escape: Escape, values: &mut Values<'_>, out: &mut Vec<u8>) {
        let mut digits = itoa::Buffer::new();
        match self {
            Self::Captured(slot) => escape.write(values.captures.get(slot).map_or("", String::as_str), out),
            Self::Column { source, column } => {
                let row = values.rows.get(source).and_then(|row| values.data.get(source)?.get(usize_of(*row)));
                escape.write(row.and_then(|row| row.get(column)).map_or("", String::as_str), out);
            }
            Self::UserId => out.extend_from_slice(digits.format(values.user).as_bytes()),
            Self::Iteration => out.extend_from_slice(digits.format(values.iteration).as_bytes()),
            Self::Random { low, high } => {
                out.extend_from_slice(digits.format(values.rng.u64(low..=high.max(low))).as_bytes());
            }
            Self::Uuid => write_uuid(values.rng.u128(..), out),
            Self::TimestampMs => out.extend_from_slice(digits.format(values.unix_millis).as_bytes()),
        }
    }
}

impl Escape {
    /// Appends `value`, escaped, to `out`.
    pub fn write(self, value: &str, out: &mut Vec<u8>) {
        match self {
            Self::Raw => out.extend_from_slice(value.as_bytes()),
            Self::Header => out.extend(value.bytes().map(|b| if matches!(b, b'\r' | b'\n' | 0) { b' ' } else { b })),
            Self::Json => write_json(value, out),
            Self::Target => percent_encode(value, out, |b| {
                matches!(b, 0x21..=0x7e) && !matches!(b, b'"' | b'#' | b'<' | b'>' | b'^' | b'`' | b'{' | b'}')
            }),
            Self::Query => {
                percent_encode(value, out, |b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~'));
            }
            Self::Form => {
                for (n, word) in value.split(' ').enumerate() {
                    if n > 0 {
                        out.push(b'+');
                    }
                    let kept = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'*' | b'-' | b'.' | b'_');
                    percent_encode(word, out, kept);
                }
            }
        }
    }
}

fn percent_encode(value: &str, out: &mut Vec<u8>, kept: impl Fn(u8) -> bool) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for byte in value.bytes() {
        if kept(byte) {
            out.push(byte);
        } else {
            out.extend_from_slice(&[b'%', HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
        }
    }
}

fn write_json(value: &str, out: &mut Vec<u8>) {
    for byte in value.bytes() {
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            0..0x20 => out.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
            _ => out.push(byte),
        }
    }
}

/// Version 4, variant 1 (RFC 9562): 122 random bits.
fn write_uuid(random: u128, out: &mut Vec<u8>) {
    let bits = random & !(0xf << 76) & !(0b11 << 62) | 4 << 76 | 0b10 << 62;
    for (n, byte) in bits.to_be_bytes().into_iter().enumerate() {
        if matches!(n, 4 | 6 | 8 | 10) {
            out.push(b'-');
        }
        out.extend([byte >> 4, byte & 15].map(|digit| b"0123456789abcdef"[usize::from(digit)]));
    }
}

/// A row's number as an index.
pub fn usize_of(n: u32) -> usize {
    usize::try_from(n).expect("a pointer has 32 bits or more")
}

/// The rows of a shard's data, shared by its threads and never changed.
pub type Rows = Arc<Vec<Vec<Vec<String>>>>;

#[cfg(test)]
mod tests {
    use swarmgate_domain::SlotId;

    use super::*;

    fn rendered(template: Vec<Part>, escape: Escape) -> String {
        let secrets = Secrets([("key".to_owned(), "s3 cret".to_owned())].into());
        let text = Text::compile(&Template(template), escape, &secrets).unwrap();
        let data = vec![vec![vec!["ann".to_owned(), "x\"y\nz".to_owned()], vec!["bob".to_owned(), "q&a b".to_owned()]]];
        let mut rng = fastrand::Rng::with_seed(1);
        let captures = ["c d/é?#".to_owned()];
        text.to_string(&mut Values {
            captures: &captures,
            rows: &[1],
            data: &data,
            user: 42,
            iteration: 7,
            unix_millis: 1_700_000_000_123,
            rng: &mut rng,
        })
    }

    #[test]
    fn values_are_escaped_for_where_they_stand() {
        let captured = || vec![Part::Text("/a b/".into()), Part::Captured(SlotId(0))];
        assert_eq!(rendered(captured(), Escape::Raw), "/a b/c d/é?#");
        assert_eq!(rendered(captured(), Escape::Target), "/a%20b/c%20d/%C3%A9?%23");
        assert_eq!(rendered(captured(), Escape::Query), "%2Fa%20b%2Fc%20d%2F%C3%A9%3F%23");
        assert_eq!(rendered(captured(), Escape::Form), "%2Fa+b%2Fc+d%2F%C3%A9%3F%23");
        let column = |column| vec![Part::Column { source: 0, column }, Part::Secret("key".into())];
        assert_eq!(rendered(column(1), Escape::Query), "q%26a%20bs3%20cret");
        let mut json = Vec::new();
        Escape::Json.write("x\"y\nz\u{1}\\", &mut json);
        assert_eq!(String::from_utf8(json).unwrap(), r#"x\"y\nz\u0001\\"#);
        let mut header = Vec::new();
        Escape::Header.write("a\r\nEvil: b", &mut header);
        assert_eq!(String::from_utf8(header).unwrap(), "a  Evil: b");
    }

    #[test]
    fn built_in_values() {
        let all =
            vec![Part::UserId, Part::Text(" ".into()), Part::Iteration, Part::Text(" ".into()), Part::TimestampMs];
        assert_eq!(rendered(all, Escape::Raw), "42 7 1700000000123");
        let drawn: u64 = rendered(vec![Part::Random { low: 5, high: 6 }], Escape::Raw).parse().unwrap();
        assert!((5..=6).contains(&drawn));
        let uuid = rendered(vec![Part::Uuid], Escape::Raw);
        assert_eq!((uuid.len(), &uuid[14..15]), (36, "4"), "{uuid}");
        assert!(matches!(&uuid[19..20], "8" | "9" | "a" | "b"), "{uuid}");
    }

    #[test]
    fn a_missing_secret_is_named() {
        let template = Template(vec![Part::Secret("nope".into())]);
        assert_eq!(Text::compile(&template, Escape::Raw, &Secrets::default()), Err(MissingSecret("nope".into())));
    }
}
