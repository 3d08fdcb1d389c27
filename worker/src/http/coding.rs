//! Content codings: a body as it was before it was compressed. Only what checks and captures read is ever decoded.

use std::io::{self, Read};

use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};

/// Undoes the codings that a `Content-Encoding` names, the last one first. The result, and what lies between two codings, has
/// `longest` bytes at most: a small body may have been made to fill the memory.
///
/// # Errors
/// Why it can't be decoded, to follow "found".
pub fn decode(body: &[u8], codings: &[&[u8]], longest: usize) -> Result<Vec<u8>, &'static str> {
    let listed = codings.iter().flat_map(|value| value.split(|byte| *byte == b',')).map(<[u8]>::trim_ascii);
    let mut listed: Vec<_> = listed.filter(|coding| !coding.is_empty()).collect();
    listed.reverse();
    // As many as anybody uses, and more: each costs time for as much as it makes.
    if listed.len() > 4 {
        return Err("a body in more than 4 codings");
    }
    let mut decoded = None;
    for coding in listed {
        let coded = decoded.as_deref().unwrap_or(body);
        if let Some(plain) = decode_one(coded, coding, longest)? {
            decoded = Some(plain);
        }
    }
    Ok(decoded.unwrap_or_else(|| body.to_vec()))
}

/// `None` where the coding changes nothing.
fn decode_one(coded: &[u8], coding: &[u8], longest: usize) -> Result<Option<Vec<u8>>, &'static str> {
    let is = |name: &str| coding.eq_ignore_ascii_case(name.as_bytes());
    // A body without bytes is one of any coding: servers send that.
    if is("identity") || coded.is_empty() {
        return Ok(None);
    }
    let read = if is("gzip") || is("x-gzip") {
        read(MultiGzDecoder::new(coded), longest).map_err(|_| "a body that is no gzip")
    } else if is("deflate") {
        // In zlib's format, or by a common mistake without it (RFC 9110, 8.4.1.2).
        let zlib = read(ZlibDecoder::new(coded), longest);
        zlib.or_else(|_| read(DeflateDecoder::new(coded), longest)).map_err(|_| "a body that is no deflate")
    } else if is("br") {
        read(brotli_decompressor::Decompressor::new(coded, 4096), longest).map_err(|_| "a body that is no br")
    } else {
        Err("a body in a coding other than gzip, deflate and br")
    };
    read?.map(Some).ok_or("longer than 10 MiB")
}

/// All that `decoder` gives; `None` when that is too much.
fn read(decoder: impl Read, longest: usize) -> io::Result<Option<Vec<u8>>> {
    let mut plain = Vec::new();
    decoder.take(longest as u64 + 1).read_to_end(&mut plain)?;
    Ok((plain.len() <= longest).then_some(plain))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

    use super::*;

    fn gzip(plain: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(plain).unwrap();
        encoder.finish().unwrap()
    }

    fn zlib(plain: &[u8]) -> Vec<u8> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(plain).unwrap();
        encoder.finish().unwrap()
    }

    fn raw(plain: &[u8]) -> Vec<u8> {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(plain).unwrap();
        encoder.finish().unwrap()
    }

    /// `hello, hello, hello, hello` and 20,000 zeros, by the reference encoder of Brotli.
    const BROTLI: [u8; 22] = [
        0x1b, 0x19, 0x00, 0xf8, 0x8d, 0x94, 0x6e, 0xde, 0x44, 0x09, 0x52, 0x86, 0x96, 0x6c, 0x2c, 0x6f, 0x31, 0x4f,
        0x24, 0xb0, 0xe3, 0x00,
    ];
    const BROTLI_BOMB: [u8; 13] = [0x1b, 0x1f, 0x4e, 0xf8, 0x27, 0x00, 0xe2, 0xb1, 0x40, 0x20, 0xbb, 0x08, 0x00];

    fn check(body: &[u8], codings: &[&str], expected: Result<&[u8], &str>) {
        let codings: Vec<&[u8]> = codings.iter().map(|coding| coding.as_bytes()).collect();
        assert_eq!(decode(body, &codings, 1_000).as_deref().map_err(|why| *why), expected, "{codings:?}");
    }

    #[test]
    fn codings_are_undone() {
        let plain: &[u8] = b"hello, hello, hello, hello";
        check(plain, &[], Ok(plain));
        check(plain, &["identity"], Ok(plain));
        check(&gzip(plain), &["gzip"], Ok(plain));
        check(&[gzip(plain), gzip(b"!")].concat(), &["X-GZIP"], Ok(b"hello, hello, hello, hello!"));
        check(&zlib(plain), &["deflate"], Ok(plain));
        check(&raw(plain), &["deflate"], Ok(plain));
        check(&BROTLI, &["br"], Ok(plain));
        check(&zlib(&gzip(plain)), &["gzip, deflate"], Ok(plain));
        check(&zlib(&gzip(plain)), &["gzip", "identity, deflate"], Ok(plain));
        check(b"", &["gzip"], Ok(b""));
    }

    #[test]
    fn what_can_not_be_undone_says_why() {
        check(b"hello", &["gzip"], Err("a body that is no gzip"));
        check(&gzip(b"hello")[..15], &["gzip"], Err("a body that is no gzip"));
        check(b"\xff\xff\xff\xff", &["br"], Err("a body that is no br"));
        check(b"hello", &["zstd"], Err("a body in a coding other than gzip, deflate and br"));
        check(b"hello", &["gzip,gzip,gzip,gzip,gzip"], Err("a body in more than 4 codings"));
    }

    #[test]
    fn a_bomb_is_not_blown_up() {
        let bomb = gzip(&vec![0; 50 << 20]);
        assert!(bomb.len() < 1 << 20);
        check(&bomb, &["gzip"], Err("longer than 10 MiB"));
        check(&gzip(&bomb), &["gzip, gzip"], Err("longer than 10 MiB"));
        check(&BROTLI_BOMB, &["br"], Err("longer than 10 MiB"));
        check(&gzip(&[1; 1_000]), &["gzip"], Ok(&[1; 1_000]));
    }
}
