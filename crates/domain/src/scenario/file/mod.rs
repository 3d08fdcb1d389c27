//! Scenario files as typed: each type reads itself from the tree, and describes itself for the JSON Schema.
//!
//! What can be said of one value alone is said here; what needs the rest of the file is said in `read`.
mod check;
mod context;
mod decode;
mod flow;
mod http;
mod load;
mod scalars;
mod scenario;
mod think;

pub(crate) use check::{CheckFile, ExpectFile, ExpectText, parse_json_path};
pub(crate) use context::{At, Context, Place, path_part};
pub(crate) use decode::{Decode, Field, ListOf, MapOf};
pub(crate) use flow::{BranchFile, KindFile, StepFile};
pub(crate) use http::{AuthFile, ParamFile, ProxyFile, RequestFile, header_name, request_header_name};
pub(crate) use load::{LoadFile, LoadsFile, MAX_TEST, MAX_USERS, StageFile};
pub(crate) use scalars::{MAX_RATE, Text};
pub use scenario::scenario_schema;
pub(crate) use scenario::{DataFile, LimitFile, ScenarioFile, ThresholdFile};
