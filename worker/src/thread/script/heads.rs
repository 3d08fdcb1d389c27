//! What stands in the heads of answers. Users ask for the same again and again, and heads are the same for a while, often for as long as
//! their dates are: such a one is read once.

use std::cell::RefCell;
use std::rc::Rc;

use swarmgate_locust::{Head, Headers};

use crate::http;

/// How many are kept: those of so many different requests.
const KEPT: usize = 64;

/// The latest heads, as bytes and as what they say, by the request that they answered.
#[derive(Debug, Default)]
pub struct Heads(RefCell<Vec<(Vec<u8>, Rc<Head>)>>);

impl Heads {
    /// What the head of the answer to `asked` says: a status line, header lines, and the blank line after them.
    pub fn read<T>(&self, asked: &Rc<T>, bytes: &[u8]) -> Rc<Head> {
        let mut kept = self.0.borrow_mut();
        if kept.is_empty() {
            kept.resize_with(KEPT, Default::default);
        }
        // Where they lie tells requests apart well enough: what is kept there is looked at byte by byte.
        let (before, head) = &mut kept[(Rc::as_ptr(asked).addr() >> 4) % KEPT];
        if before != bytes {
            before.clear();
            before.extend_from_slice(bytes);
            *head = Rc::new(parsed(bytes));
        }
        Rc::clone(head)
    }
}

fn parsed(bytes: &[u8]) -> Head {
    let line = bytes.split(|byte| *byte == b'\r' || *byte == b'\n').next().unwrap_or_default();
    let reason = line.splitn(3, |byte| *byte == b' ').nth(2).unwrap_or_default();
    let mut headers = Headers::with_capacity(bytes.len());
    http::headers(bytes).for_each(|(name, value)| headers.push(name, &String::from_utf8_lossy(value)));
    Head { reason: String::from_utf8_lossy(reason).into_owned(), headers }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_before_is_not_read_again_and_never_mixed_up() {
        let heads = Heads::default();
        let head = |n: usize| format!("HTTP/1.1 200 Fine\r\nX-Number: {n}\r\nset-cookie: a=b\r\n\r\n").into_bytes();
        let all: Vec<_> = (0..10 * KEPT).map(Rc::new).collect();
        for (n, asked) in all.iter().enumerate() {
            let first = heads.read(asked, &head(n));
            let value = first.headers.get("x-number").map(str::to_owned);
            assert_eq!(
                (value, first.reason.as_str(), first.headers.set_cookies()),
                (Some(n.to_string()), "Fine", true)
            );
            assert!(Rc::ptr_eq(&first, &heads.read(asked, &head(n))));
            assert_eq!(heads.read(asked, b"HTTP/1.1 404\r\n\r\n"), Rc::default());
        }
    }
}
