//! The Mersenne Twister, as Python seeds and reads it: a seed gives the same numbers here and there.

use num_bigint::BigUint;

const SIZE: usize = 624;
const HALF: usize = 397;

/// The generator's state.
#[derive(Clone, Debug)]
pub struct Mersenne {
    words: Vec<u32>,
    at: usize,
    /// The second of two normal numbers, which come in pairs.
    pub gauss: Option<f64>,
}

impl Mersenne {
    /// Seeded by the words of a number, the lowest first.
    pub fn seeded(key: &[u32]) -> Self {
        let mut words = vec![0_u32; SIZE];
        words[0] = 19_650_218;
        for at in 1..SIZE {
            let before = words[at - 1];
            words[at] = 1_812_433_253_u32.wrapping_mul(before ^ (before >> 30)).wrapping_add(index(at));
        }
        let key = if key.is_empty() { &[0][..] } else { key };
        let (mut i, mut j) = (1, 0);
        for _ in 0..SIZE.max(key.len()) {
            let before = words[i - 1];
            words[i] = (words[i] ^ (before ^ (before >> 30)).wrapping_mul(1_664_525))
                .wrapping_add(key[j])
                .wrapping_add(index(j));
            i += 1;
            j += 1;
            if i >= SIZE {
                words[0] = words[SIZE - 1];
                i = 1;
            }
            if j >= key.len() {
                j = 0;
            }
        }
        for _ in 0..SIZE - 1 {
            let before = words[i - 1];
            words[i] = (words[i] ^ (before ^ (before >> 30)).wrapping_mul(1_566_083_941)).wrapping_sub(index(i));
            i += 1;
            if i >= SIZE {
                words[0] = words[SIZE - 1];
                i = 1;
            }
        }
        words[0] = 0x8000_0000;
        Self { words, at: SIZE, gauss: None }
    }

    fn refill(&mut self) {
        for at in 0..SIZE {
            let joined = (self.words[at] & 0x8000_0000) | (self.words[(at + 1) % SIZE] & 0x7fff_ffff);
            let twist = if joined & 1 == 1 { 0x9908_b0df } else { 0 };
            self.words[at] = self.words[(at + HALF) % SIZE] ^ (joined >> 1) ^ twist;
        }
        self.at = 0;
    }

    /// 32 random bits.
    pub fn word(&mut self) -> u32 {
        if self.at >= SIZE {
            self.refill();
        }
        let mut word = self.words[self.at];
        self.at += 1;
        word ^= word >> 11;
        word ^= (word << 7) & 0x9d2c_5680;
        word ^= (word << 15) & 0xefc6_0000;
        word ^ (word >> 18)
    }

    /// From 0 up to, but not, 1.
    pub fn unit(&mut self) -> f64 {
        let (a, b) = (self.word() >> 5, self.word() >> 6);
        (f64::from(a) * 67_108_864.0 + f64::from(b)) / 9_007_199_254_740_992.0
    }

    /// So many random bits, 1 to 64.
    pub fn bits(&mut self, count: u32) -> u64 {
        if count <= 32 {
            return u64::from(self.word() >> (32 - count));
        }
        let low = u64::from(self.word());
        low | u64::from(self.word() >> (64 - count)) << 32
    }

    /// So many random bits.
    pub fn many_bits(&mut self, count: u32) -> BigUint {
        let words = count.div_ceil(32);
        let mut digits = Vec::new();
        for n in 0..words {
            let left = count - n * 32;
            let word = self.word();
            digits.push(if left < 32 { word >> (32 - left) } else { word });
        }
        BigUint::new(digits)
    }

    /// From 0 up to, but not, `n`, which is not 0.
    pub fn below(&mut self, n: u64) -> u64 {
        let bits = 64 - n.leading_zeros();
        loop {
            let drawn = self.bits(bits);
            if drawn < n {
                return drawn;
            }
        }
    }
}

fn index(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
