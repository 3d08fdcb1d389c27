//! Scenario files, from their text to what users do.
mod good;
mod inputs;
mod mangled;
mod mistakes;
mod overrides;
mod ready;
mod references;
mod yaml;
