//! As much HTTP/2 as the target needs: each request without a body has the same answer, so what it asks for is never looked at.

/// What clients begin with.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const HEADER: usize = 9;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const HEADERS: u8 = 1;
const CONTINUATION: u8 = 9;
/// Of HEADERS and CONTINUATION; SETTINGS and PING have an ACK in the place of END_STREAM.
const END_STREAM: u8 = 1;
const ACK: u8 = 1;
const END_HEADERS: u8 = 4;

/// `:status: 200`, `content-type: text/plain`, `content-length: 13`, by HPACK's static table and without its dynamic one.
const HEAD: &[u8] = b"\x88\x0f\x10\x0atext/plain\x0f\x0d\x0213";
const BODY: &[u8] = b"Hello, World!";
/// A longer frame is none of a load generator.
const LONGEST: usize = 16 << 10;

/// Answers the frames that are whole in `read`, into `out`; gives how many bytes they were. `None`: it is no HTTP/2.
pub fn answer(read: &[u8], out: &mut Vec<u8>) -> Option<usize> {
    let mut at = 0;
    if read.first() == Some(&b'P') {
        if read.len() < PREFACE.len() {
            return PREFACE.starts_with(read).then_some(0);
        }
        if !read.starts_with(PREFACE) {
            return None;
        }
        at = PREFACE.len();
        frame(out, SETTINGS, 0, [0; 4], b"");
    }
    while let Some(header) = read.get(at..at + HEADER) {
        let length = usize::from(header[0]) << 16 | usize::from(header[1]) << 8 | usize::from(header[2]);
        if length > LONGEST {
            return None;
        }
        let Some(payload) = read.get(at + HEADER..at + HEADER + length) else { break };
        let (kind, flags) = (header[3], header[4]);
        let stream = [header[5] & 0x7f, header[6], header[7], header[8]];
        match kind {
            SETTINGS if flags & ACK == 0 => frame(out, SETTINGS, ACK, [0; 4], b""),
            PING if flags & ACK == 0 => frame(out, PING, ACK, [0; 4], payload),
            HEADERS | CONTINUATION if flags & END_HEADERS != 0 => {
                frame(out, HEADERS, END_HEADERS, stream, HEAD);
                frame(out, 0, END_STREAM, stream, BODY);
            }
            _ => {}
        }
        at += HEADER + length;
    }
    Some(at)
}

fn frame(out: &mut Vec<u8>, kind: u8, flags: u8, stream: [u8; 4], payload: &[u8]) {
    let length = u8::try_from(payload.len()).expect("what is sent here is short");
    out.extend_from_slice(&[0, 0, length, kind, flags]);
    out.extend_from_slice(&stream);
    out.extend_from_slice(payload);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_answered_in_whatever_pieces_they_come() {
        let mut said = PREFACE.to_vec();
        frame(&mut said, SETTINGS, 0, [0; 4], &[0, 3, 0, 0, 0, 1]);
        frame(&mut said, HEADERS, END_HEADERS | END_STREAM, [0, 0, 0, 1], b"\x82\x84");
        frame(&mut said, PING, 0, [0; 4], b"12345678");
        let mut whole = Vec::new();
        assert_eq!(answer(&said, &mut whole), Some(said.len()));
        let mut expected = Vec::new();
        frame(&mut expected, SETTINGS, 0, [0; 4], b"");
        frame(&mut expected, SETTINGS, ACK, [0; 4], b"");
        frame(&mut expected, HEADERS, END_HEADERS, [0, 0, 0, 1], HEAD);
        frame(&mut expected, 0, END_STREAM, [0, 0, 0, 1], BODY);
        frame(&mut expected, PING, ACK, [0; 4], b"12345678");
        assert_eq!(whole, expected);
        let (mut rest, mut out) = (Vec::new(), Vec::new());
        for byte in said {
            rest.push(byte);
            let taken = answer(&rest, &mut out).unwrap();
            rest.drain(..taken);
        }
        assert_eq!((out, rest.len()), (whole, 0));
        assert_eq!(answer(b"PRI * HTTP/1", &mut Vec::new()), None);
    }
}
