//! The reader against a slow and obvious one that has the whole input at once.

use proptest::prelude::*;

use super::*;

/// What an input is, read as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Reading {
    /// The status, the body, and whether the connection can be used again.
    Answer(u16, Vec<u8>, bool),
    /// More would have to come.
    Unfinished,
    /// No answer.
    Bad,
}

/// By the letter of RFC 9112, without regard for speed.
fn reference(input: &[u8], of_head: bool, ends: bool) -> Reading {
    let Some(end) = input.windows(4).position(|w| w == b"\r\n\r\n").map(|at| at + 4) else {
        return if ends { Reading::Bad } else { Reading::Unfinished };
    };
    let head = String::from_utf8(input[..end].to_vec()).unwrap();
    let mut lines = head.trim_end().split("\r\n");
    let first: Vec<&str> = lines.next().unwrap().splitn(3, ' ').collect();
    let status: u16 = first[1].parse().unwrap();
    if status == 101 {
        return Reading::Bad;
    }
    if status < 200 {
        return reference(&input[end..], of_head, ends);
    }
    let headers: Vec<(String, String)> = lines
        .map(|line| line.split_once(':').unwrap())
        .map(|(n, v)| (n.to_lowercase(), v.trim().to_lowercase()))
        .collect();
    let all = |name: &str| -> Vec<String> {
        let values = headers.iter().filter(|(n, _)| n == name).flat_map(|(_, v)| v.split(','));
        values.map(|v| v.trim().to_owned()).filter(|v| !v.is_empty()).collect()
    };
    let (lengths, codings, options) = (all("content-length"), all("transfer-encoding"), all("connection"));
    let has_length = headers.iter().any(|(n, _)| n == "content-length");
    let length = lengths.first().and_then(|l| l.parse::<u64>().ok().filter(|_| l.bytes().all(|b| b.is_ascii_digit())));
    let is_empty_length = |(name, value): &(String, String)| name == "content-length" && value.is_empty();
    if headers.iter().any(is_empty_length) {
        return Reading::Bad;
    }
    if has_length && (length.is_none() || lengths.iter().any(|l| l.parse().ok() != length)) {
        return Reading::Bad;
    }
    let close = options.iter().any(|o| o == "close");
    let is_1_1 = first[0] == "HTTP/1.1";
    let lasts = !close && (is_1_1 || options.iter().any(|o| o == "keep-alive"));
    let lasts = lasts && (codings.is_empty() || is_1_1 && !has_length);
    let body = &input[end..];
    if of_head || status == 204 || status == 304 {
        return Reading::Answer(status, Vec::new(), lasts && body.is_empty());
    }
    if codings.last().is_some_and(|c| c == "chunked") {
        return match reference_chunks(body) {
            Ok(Some((data, taken))) => Reading::Answer(status, data, lasts && taken == body.len()),
            Ok(None) if !ends => Reading::Unfinished,
            _ => Reading::Bad,
        };
    }
    match length.filter(|_| codings.is_empty()).map(|length| usize::try_from(length).unwrap()) {
        Some(length) if body.len() >= length => {
            Reading::Answer(status, body[..length].to_vec(), lasts && body.len() == length)
        }
        None if ends => Reading::Answer(status, body.to_vec(), false),
        _ if ends => Reading::Bad,
        _ => Reading::Unfinished,
    }
}

/// The data of a chunked body and its length as sent.
fn reference_chunks(body: &[u8]) -> Result<Option<(Vec<u8>, usize)>, ()> {
    let (mut data, mut at) = (Vec::new(), 0);
    let line_at =
        |at: usize| body[at..].windows(2).position(|w| w == b"\r\n").map(|end| (&body[at..at + end], at + end + 2));
    loop {
        // A bad size shows before its line is complete.
        let digits: Vec<u8> = body[at..].iter().copied().take_while(u8::is_ascii_hexdigit).collect();
        match body.get(at + digits.len()) {
            Some(b'\r' | b';' | b' ') if !digits.is_empty() => {}
            Some(_) => return Err(()),
            None if digits.len() > 16 => return Err(()),
            None => return Ok(None),
        }
        let size = usize::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).map_err(|_| ())?;
        let Some((_, next)) = line_at(at) else { return Ok(None) };
        at = next;
        if size == 0 {
            break;
        }
        if body.len() < at + size {
            return Ok(None);
        }
        data.extend_from_slice(&body[at..at + size]);
        at += size;
        let rest = &body[at..];
        if !b"\r\n".starts_with(&rest[..rest.len().min(2)]) {
            return Err(());
        }
        if rest.len() < 2 {
            return Ok(None);
        }
        at += 2;
    }
    while let Some((line, next)) = line_at(at) {
        at = next;
        if line.is_empty() {
            return Ok(Some((data, at)));
        }
    }
    Ok(None)
}

/// The reader, given `input` in pieces of these sizes.
fn read(input: &[u8], pieces: &[usize], of_head: bool, ends: bool) -> Reading {
    let (mut response, mut inbox, mut body) = (Response::new(of_head), Inbox::default(), Vec::new());
    let mut sizes = pieces.iter().copied().chain(std::iter::repeat(usize::MAX));
    let mut rest = input;
    let mut progress = Progress::More;
    while progress == Progress::More && !rest.is_empty() {
        let room = inbox.room();
        let count = sizes.next().unwrap().clamp(1, rest.len()).min(room.len());
        room[..count].copy_from_slice(&rest[..count]);
        inbox.fill(count);
        rest = &rest[count..];
        match response.advance(&mut inbox, |run| body.extend_from_slice(run)) {
            Ok(now) => progress = now,
            Err(_) => return Reading::Bad,
        }
    }
    if progress == Progress::More {
        match (ends, response.end()) {
            (false, _) => return Reading::Unfinished,
            (true, Ok(())) => {}
            (true, Err(_)) => return Reading::Bad,
        }
    }
    let head = response.head().unwrap();
    assert_eq!(response.body_bytes(), body.len() as u64);
    Reading::Answer(head.status, body, response.leaves_reusable() && rest.is_empty())
}

fn header() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("Transfer-Encoding: chunked".to_owned()),
        Just("transfer-encoding: gzip, chunked".to_owned()),
        Just("Transfer-Encoding: gzip".to_owned()),
        prop_oneof!["0", "1", "5", "05", "5, 5", "5, 6", "x", "-1", "", "18446744073709551616"]
            .prop_map(|v| format!("Content-Length: {v}")),
        prop_oneof!["close", "keep-alive", "Keep-Alive, x", "upgrade"].prop_map(|v| format!("Connection: {v}")),
        "[A-Z][a-z]{1,12}: [ -~]{0,20}".prop_map(|v| format!("X-{v}")),
        "Set-Cookie: [a-z]=[a-z]".prop_map(|v| v),
    ]
}

fn chunks() -> impl Strategy<Value = String> {
    let chunk = ("[a-z\r\n]{1,20}", prop_oneof![4 => Just(""), 1 => Just(";x=y")]);
    let broken = prop_oneof![6 => Just(""), 1 => Just("z"), 1 => Just("\n"), 1 => Just("fffffffffffffffff\r\n")];
    (prop::collection::vec(chunk, 0..4), broken, prop_oneof!["", "T: x\r\n"]).prop_map(|(chunks, broken, trailer)| {
        let mut text: String =
            chunks.iter().map(|(data, ext)| format!("{:x}{ext}\r\n{data}\r\n", data.len())).collect();
        text.push_str(broken);
        text + "0\r\n" + &trailer + "\r\n"
    })
}

fn input() -> impl Strategy<Value = String> {
    let interim = prop_oneof![5 => Just(""), 1 => Just("HTTP/1.1 100 Continue\r\n\r\n"), 1 => Just("HTTP/1.1 103 Hints\r\nLink: x\r\n\r\n")];
    let status = prop_oneof![4 => Just(200), 1 => Just(204), 1 => Just(304), 1 => Just(404), 1 => Just(101)];
    let body = prop_oneof!["[a-z]{0,12}", chunks()];
    let version = prop_oneof![5 => Just("1.1"), 1 => Just("1.0")];
    (interim, version, status, prop::collection::vec(header(), 0..4), body, 0..40_usize).prop_map(
        |(interim, version, status, headers, body, cut)| {
            let headers: String = headers.iter().map(|header| format!("{header}\r\n")).collect();
            let mut text = format!("{interim}HTTP/{version} {status} Words\r\n{headers}\r\n{body}");
            // Now and then the end is missing.
            if cut < 8 {
                text.truncate(text.len().saturating_sub(cut * 3));
            }
            text
        },
    )
}

/// 2,000 cases, or more where the environment asks for them: `PROPTEST_CASES=10000000 cargo test --release -p swarmgate-worker
/// response` does it for longer.
fn cases() -> ProptestConfig {
    let asked = ProptestConfig::default();
    ProptestConfig { cases: asked.cases.max(2_000), ..asked }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn reads_as_the_reference_does(
        input in input(),
        pieces in prop::collection::vec(1..30_usize, 0..40),
        of_head in prop::bool::weighted(0.1),
        ends in any::<bool>(),
    ) {
        let input = input.as_bytes();
        let expected = reference(input, of_head, ends);
        prop_assert_eq!(&read(input, &pieces, of_head, ends), &expected, "in pieces");
        prop_assert_eq!(&read(input, &[], of_head, ends), &expected, "at once");
    }

    /// Whatever comes: no panic, and no more memory than its bound.
    #[test]
    fn takes_anything(input in prop::collection::vec(any::<u8>(), 0..300), pieces in prop::collection::vec(1..30_usize, 0..40)) {
        for start in ["", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"] {
            read(&[start.as_bytes(), &input].concat(), &pieces, false, true);
        }
    }
}

#[test]
fn a_head_is_bounded() {
    let long = format!("HTTP/1.1 200 OK\r\n{}", "X: y\r\n".repeat(20_000));
    assert_eq!(read(long.as_bytes(), &[1_000; 100], false, false), Reading::Bad);
    let just_fits = format!("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nX: {}\r\n\r\nz", "y".repeat(LONGEST_HEAD - 60));
    assert_eq!(read(just_fits.as_bytes(), &[], false, false), Reading::Answer(200, b"z".to_vec(), true));
}
