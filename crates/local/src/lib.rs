//! The ports on a folder and on memory.
