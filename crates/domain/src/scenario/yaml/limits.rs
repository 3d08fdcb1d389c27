//! How much YAML is read, so that no file can take all memory or time.

/// Bytes of one file.
pub(super) const FILE_BYTES: usize = 4 << 20;
/// Lists and maps in one another.
pub(super) const DEPTH: usize = 64;
/// Nodes, those that aliases repeat among them.
pub(super) const NODES: usize = 500_000;
