//! What every stored measurement is wrapped in: magic, version, checksum. A reader refuses what it does not know, by name.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// What a frame holds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Format {
    /// As messages name it.
    pub name: &'static str,
    /// The first eight bytes.
    pub magic: [u8; 8],
    /// The next two, little endian.
    pub version: u16,
}

const HEAD: usize = 8 + 2 + 4;

/// Why bytes were refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// Something else, or cut off in its first bytes.
    #[error("reading a {expected}: these bytes are none")]
    Foreign {
        /// What was asked for.
        expected: &'static str,
    },
    /// Written by a newer Swarmgate.
    #[error(
        "reading a {name}: format version {found} is not known, this program reads {known}: use the version of swarmgate that wrote it"
    )]
    Version {
        /// What was asked for.
        name: &'static str,
        /// What it says.
        found: u16,
        /// What can be read.
        known: u16,
    },
    /// Damaged or cut off.
    #[error("reading a {name}: {what}: the object is damaged")]
    Damaged {
        /// What was asked for.
        name: &'static str,
        /// In which way.
        what: String,
    },
}

pub(crate) fn encode<T: Serialize>(format: Format, value: &T) -> Vec<u8> {
    let body = postcard::to_stdvec(value).expect("plain data is written to memory");
    let mut bytes = Vec::with_capacity(HEAD + body.len());
    bytes.extend_from_slice(&format.magic);
    bytes.extend_from_slice(&format.version.to_le_bytes());
    bytes.extend_from_slice(&crc32c::crc32c(&body).to_le_bytes());
    bytes.extend_from_slice(&body);
    bytes
}

pub(crate) fn decode<T: DeserializeOwned>(format: Format, bytes: &[u8]) -> Result<T, FrameError> {
    let Format { name, magic, version } = format;
    let (head, body) = bytes.split_at_checked(HEAD).ok_or(FrameError::Foreign { expected: name })?;
    if head[..8] != magic {
        return Err(FrameError::Foreign { expected: name });
    }
    let found = u16::from_le_bytes([head[8], head[9]]);
    if found != version {
        return Err(FrameError::Version { name, found, known: version });
    }
    let damaged = |what: String| FrameError::Damaged { name, what };
    if crc32c::crc32c(body) != u32::from_le_bytes([head[10], head[11], head[12], head[13]]) {
        return Err(damaged("the checksum differs".to_owned()));
    }
    match postcard::take_from_bytes(body) {
        Ok((value, [])) => Ok(value),
        Ok(_) => Err(damaged("bytes are left over".to_owned())),
        Err(error) => Err(damaged(error.to_string())),
    }
}
