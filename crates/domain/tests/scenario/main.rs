//! Scenario files, from their text to what users do.
mod inputs;
mod ready;
