//! The buffers that the kernel receives into: a ring of them that both sides know, each lent to the kernel until something came.

use std::io;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU16, Ordering};

use io_uring::Submitter;

/// All connections of a ring receive into these.
pub const GROUP: u16 = 0;

/// Most answers fit into one. No power of two: the beginnings of all buffers would share a few places of the caches.
const SIZE: usize = (4 << 10) + 320;
/// How many there are: as many answers may come between two turns. A power of two, a multiple of [`PAGE`].
const COUNT: usize = 512;
/// So many entries fill a page of memory, where the kernel wants the ring to begin.
const PAGE: usize = 256;

/// A number of a buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BufferId(pub u16);

/// `struct io_uring_buf` of the kernel. The first one's last field is the tail of the ring.
#[derive(Debug)]
#[repr(C)]
struct Entry {
    address: u64,
    length: u32,
    number: u16,
    tail: AtomicU16,
}

#[derive(Debug)]
#[repr(C, align(4096))]
struct Page([Entry; PAGE]);

/// The buffers.
#[derive(Debug)]
pub struct Buffers {
    entries: NonNull<Page>,
    bytes: NonNull<[u8; SIZE]>,
    tail: u16,
}

impl Buffers {
    /// Makes them, and lends all to the kernel.
    ///
    /// # Errors
    /// The kernel does not take them: it is older than 5.19.
    pub fn new(submitter: &Submitter<'_>) -> io::Result<Self> {
        let entry = || Entry { address: 0, length: 0, number: 0, tail: AtomicU16::new(0) };
        let pages: Box<[Page]> = (0..COUNT / PAGE).map(|_| Page(std::array::from_fn(|_| entry()))).collect();
        let bytes = vec![[0; SIZE]; COUNT].into_boxed_slice();
        let mut buffers = Self { entries: leak(pages), bytes: leak(bytes), tail: 0 };
        let count = u16::try_from(COUNT).expect("there are few");
        let address = buffers.entries.as_ptr() as u64;
        // SAFETY: the entries lie on a page's start, and live until `Drop`, which comes after the kernel is done with them.
        unsafe { submitter.register_buf_ring_with_flags(address, count, GROUP, 0)? };
        (0..count).for_each(|number| buffers.give(BufferId(number)));
        Ok(buffers)
    }

    /// What came into a buffer.
    pub fn bytes(&self, BufferId(number): BufferId, from: usize, to: usize) -> &[u8] {
        assert!(usize::from(number) < COUNT && to <= SIZE, "the kernel fills buffers that it was lent");
        // SAFETY: within the allocation. The kernel writes only into buffers that it was lent, and only while this thread is in a system call.
        unsafe { &self.bytes.add(usize::from(number)).as_ref()[from..to] }
    }

    /// Lends a buffer to the kernel.
    pub fn give(&mut self, BufferId(number): BufferId) {
        assert!(usize::from(number) < COUNT, "the kernel fills buffers that it was lent");
        let at = usize::from(self.tail) % COUNT;
        // SAFETY: within the allocations. The kernel reads an entry only after the tail is past it.
        unsafe {
            let entry = self.entries.cast::<Entry>().add(at).as_ptr();
            (*entry).address = self.bytes.add(usize::from(number)).as_ptr() as u64;
            (*entry).length = u32::try_from(SIZE).expect("it is small");
            (*entry).number = number;
            self.tail = self.tail.wrapping_add(1);
            (*self.entries.cast::<Entry>().as_ptr()).tail.store(self.tail, Ordering::Release);
        }
    }
}

impl Drop for Buffers {
    fn drop(&mut self) {
        // SAFETY: they were made as boxes of just these lengths.
        unsafe {
            drop(Box::from_raw(std::ptr::slice_from_raw_parts_mut(self.entries.as_ptr(), COUNT / PAGE)));
            drop(Box::from_raw(std::ptr::slice_from_raw_parts_mut(self.bytes.as_ptr(), COUNT)));
        }
    }
}

fn leak<T>(of: Box<[T]>) -> NonNull<T> {
    NonNull::from(Box::leak(of)).cast()
}
