//! Memory that is needed soon, asked for before it is.

/// A line of the caches.
const LINE: usize = 64;

/// Has `length` bytes from `from` on brought into the caches, without waiting for them. A hint: any address will do.
#[inline]
pub fn prefetch(from: *const u8, length: usize) {
    for at in (0..length).step_by(LINE) {
        let line = from.wrapping_add(at);
        #[cfg(target_arch = "x86_64")]
        // SAFETY: nothing is read, and what can't be is passed over.
        unsafe {
            std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_T0 }>(line.cast());
        }
        #[cfg(target_arch = "aarch64")]
        // SAFETY: nothing is read, and what can't be is passed over.
        unsafe {
            std::arch::asm!("prfm pldl1keep, [{line}]", line = in(reg) line, options(nostack, readonly, preserves_flags));
        }
        #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
        let _ = line;
    }
}
