//! A chunked request body out of a buffer of bytes, as a pure function.

/// The longest line of a chunk's size or a trailer; a longer one is malformed.
const MAX_LINE_BYTES: usize = 4 * 1024;

/// What the first bytes of a buffer are, read as a chunked body.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum ChunkedBody {
    /// The chunks' contents, which with their framing and trailers took up `size` bytes.
    Complete { body: Vec<u8>, size: usize },
    /// More bytes are needed.
    Partial,
    /// The contents are longer than allowed.
    TooLong,
    /// No chunked body.
    Malformed,
}

/// Decodes the chunked body at the beginning of `bytes`, of at most `max_bytes` of contents. Trailers are dropped.
pub(crate) fn decode_chunked(bytes: &[u8], max_bytes: usize) -> ChunkedBody {
    let mut body = Vec::new();
    let mut at = 0;
    loop {
        let rest = &bytes[at..];
        let (line_size, length) = match httparse::parse_chunk_size(rest) {
            Ok(httparse::Status::Complete(found)) => found,
            Ok(httparse::Status::Partial) if rest.len() < MAX_LINE_BYTES => return ChunkedBody::Partial,
            Ok(_) | Err(_) => return ChunkedBody::Malformed,
        };
        at += line_size;
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        if length > max_bytes - body.len() {
            return ChunkedBody::TooLong;
        }
        if length == 0 {
            return after_last_chunk(bytes, at, body);
        }
        let Some(contents) = bytes.get(at..at + length) else { return ChunkedBody::Partial };
        match bytes.get(at + length..at + length + 2) {
            Some(b"\r\n") => {}
            Some(_) => return ChunkedBody::Malformed,
            None => return ChunkedBody::Partial,
        }
        body.extend_from_slice(contents);
        at += length + 2;
    }
}

/// Skips the trailers up to the empty line.
fn after_last_chunk(bytes: &[u8], mut at: usize, body: Vec<u8>) -> ChunkedBody {
    loop {
        let rest = &bytes[at..];
        match rest.windows(2).position(|pair| pair == b"\r\n") {
            Some(0) => return ChunkedBody::Complete { body, size: at + 2 },
            Some(line) => at += line + 2,
            None if rest.len() < MAX_LINE_BYTES => return ChunkedBody::Partial,
            None => return ChunkedBody::Malformed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(bytes: &str, expected: ChunkedBody) {
        assert_eq!(decode_chunked(bytes.as_bytes(), 8), expected, "{bytes:?}");
    }

    #[test]
    fn chunks_are_joined_and_trailers_dropped() {
        check("0\r\n\r\n", ChunkedBody::Complete { body: vec![], size: 5 });
        check("3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\nGET", ChunkedBody::Complete { body: b"abcde".to_vec(), size: 24 });
        check("1\r\na\r\n0\r\nTrailer: t\r\n\r\n", ChunkedBody::Complete { body: b"a".to_vec(), size: 23 });
    }

    #[test]
    fn limits_and_framing_are_enforced() {
        check("9\r\n", ChunkedBody::TooLong);
        check("5\r\nabcde\r\n4\r\n", ChunkedBody::TooLong);
        check("ffffffffffffffff\r\n", ChunkedBody::TooLong);
        check("1\r\nabc\r\n", ChunkedBody::Malformed);
        check("x\r\n", ChunkedBody::Malformed);
    }
}
