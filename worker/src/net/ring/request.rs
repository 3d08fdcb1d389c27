//! What goes along with a request to the kernel, and comes back when it is complete.

/// What a request to the kernel is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum For {
    Receiving(u32),
    Sending(u32),
    Cancelling,
}

impl For {
    /// As it goes along with the request.
    pub fn encode(self) -> u64 {
        match self {
            Self::Receiving(at) => u64::from(at) << 2,
            Self::Sending(at) => u64::from(at) << 2 | 1,
            Self::Cancelling => 2,
        }
    }

    /// Of which connection it is.
    pub fn place(self) -> Option<u32> {
        match self {
            Self::Receiving(at) | Self::Sending(at) => Some(at),
            Self::Cancelling => None,
        }
    }

    /// As it comes back.
    pub fn decode(data: u64) -> Self {
        let at = u32::try_from(data >> 2).expect("it was made of 32 bits");
        match data & 3 {
            0 => Self::Receiving(at),
            1 => Self::Sending(at),
            _ => Self::Cancelling,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_request_is_for_comes_back() {
        for what_for in [For::Receiving(0), For::Receiving(u32::MAX), For::Sending(7), For::Cancelling] {
            assert_eq!(For::decode(what_for.encode()), what_for);
        }
    }
}
