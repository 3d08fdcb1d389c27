//! The standard library, as far as load tests use it: partly of Rust, partly of Python (`prelude`).

mod codec;
mod deflate;
mod digest;
mod files;
mod itertools;
mod json;
mod math;
mod mersenne;
mod random;
mod regex;
mod system;
mod time;
mod written;

use std::collections::VecDeque;
use std::rc::Rc;

use crate::value::{Module, NativeFn, Value, intern};
use crate::vm::{Res, Vm};

pub use files::open;
pub use json::json_text;

/// Makes a module of Rust.
pub type ModuleMaker = fn(&mut Vm, &Module) -> Res<()>;

/// What the modules of Rust keep for a machine.
#[derive(Default)]
pub struct State {
    pub(crate) random: Option<Rc<std::cell::RefCell<mersenne::Mersenne>>>,
    /// What the embedding crate keeps.
    pub embedding: Option<Box<dyn std::any::Any>>,
    /// Calls that are to run beside the one that asked for them, each as a fiber of its own, with their numbers; the embedding
    /// crate takes them from here.
    pub spawned: VecDeque<(u64, Value)>,
    /// Numbers of those that are to stop.
    pub killed: Vec<u64>,
    spawns: u64,
}

/// Modules written in Rust.
const NATIVE: &[(&str, ModuleMaker)] = &[
    ("random", random::make),
    ("time", time::make),
    ("json", json::make),
    ("re", regex::make),
    ("math", math::make),
    ("itertools", itertools::make),
    ("base64", codec::make),
    ("_deflate", deflate::make),
    ("_swarmgate", system::make),
    ("hashlib", digest::make),
];

macro_rules! prelude {
    ($($name:literal => $file:literal,)*) => {
        /// Modules written in Python.
        const PRELUDE: &[(&str, &str, &str)] =
            &[$(($name, concat!("<", $name, ">"), include_str!(concat!("prelude/", $file))),)*];
    };
}

prelude! {
    "__future__" => "empty.py",
    "abc" => "abc.py",
    "argparse" => "argparse.py",
    "atexit" => "atexit.py",
    "binascii" => "binascii.py",
    "bisect" => "bisect.py",
    "calendar" => "calendar.py",
    "codecs" => "codecs.py",
    "collections" => "collections.py",
    "collections.abc" => "collections_abc.py",
    "concurrent" => "empty.py",
    "concurrent.futures" => "concurrent_futures.py",
    "configparser" => "configparser.py",
    "contextlib" => "contextlib.py",
    "copy" => "copy.py",
    "csv" => "csv.py",
    "dataclasses" => "dataclasses.py",
    "datetime" => "datetime.py",
    "decimal" => "decimal.py",
    "dotenv" => "dotenv.py",
    "enum" => "enum.py",
    "errno" => "errno.py",
    "faker" => "faker.py",
    "faker.providers" => "faker_providers.py",
    "fnmatch" => "fnmatch.py",
    "functools" => "functools.py",
    "gc" => "gc.py",
    "getpass" => "getpass.py",
    "gevent" => "gevent.py",
    "gevent.event" => "gevent_event.py",
    "gevent.lock" => "gevent_lock.py",
    "gevent.monkey" => "gevent_monkey.py",
    "gevent.pool" => "gevent_pool.py",
    "gevent.queue" => "gevent_queue.py",
    "glob" => "glob.py",
    "gzip" => "gzip.py",
    "heapq" => "heapq.py",
    "hmac" => "hmac.py",
    "html" => "html.py",
    "http" => "http.py",
    "_http_client" => "http_client.py",
    "http.client" => "http_client.py",
    "inspect" => "inspect.py",
    "io" => "io.py",
    "json.decoder" => "json_decoder.py",
    "jwt" => "jwt.py",
    "locale" => "locale.py",
    "logging" => "logging.py",
    "loguru" => "loguru.py",
    "mimetypes" => "mimetypes.py",
    "numbers" => "numbers.py",
    "operator" => "operator.py",
    "os" => "os.py",
    "os.path" => "os_path.py",
    "pathlib" => "pathlib.py",
    "platform" => "platform.py",
    "pprint" => "pprint.py",
    "pytz" => "pytz.py",
    "queue" => "queue.py",
    "resource" => "resource.py",
    "secrets" => "secrets.py",
    "shutil" => "shutil.py",
    "signal" => "signal.py",
    "socket" => "socket.py",
    "statistics" => "statistics.py",
    "string" => "string.py",
    "sys" => "sys.py",
    "struct" => "struct.py",
    "tempfile" => "tempfile.py",
    "textwrap" => "textwrap.py",
    "threading" => "threading.py",
    "timeit" => "timeit.py",
    "tomllib" => "tomllib.py",
    "traceback" => "traceback.py",
    "types" => "types.py",
    "typing" => "typing.py",
    "typing_extensions" => "typing.py",
    "urllib" => "empty.py",
    "urllib.error" => "urllib_error.py",
    "urllib.parse" => "urllib_parse.py",
    "_urllib_request" => "urllib_request.py",
    "urllib.request" => "urllib_request.py",
    "urllib3" => "urllib3.py",
    "urllib3.exceptions" => "urllib3_exceptions.py",
    "uuid" => "uuid.py",
    "warnings" => "warnings.py",
    "weakref" => "weakref.py",
    "zipfile" => "zipfile.py",
    "zlib" => "zlib.py",
    "zoneinfo" => "zoneinfo.py",
}

/// Whether Python brings along, here, a module of this name.
pub fn has_module(name: &str) -> bool {
    NATIVE.iter().any(|(n, _)| *n == name) || PRELUDE.iter().any(|(n, ..)| *n == name)
}

/// The modules written in Python: name, file, source.
pub fn prelude_sources() -> &'static [(&'static str, &'static str, &'static str)] {
    PRELUDE
}

/// Loads a module that Python brings along; `false` where there is none of this name.
///
/// # Errors
/// What running it raises, which would be a bug of the module.
pub fn make(vm: &mut Vm, name: &str) -> Res<bool> {
    let maker =
        NATIVE.iter().find(|(n, _)| *n == name).map(|(_, maker)| *maker).or_else(|| vm.makers.get(name).copied());
    if let Some(maker) = maker {
        let module = Rc::new(Module::new(name));
        vm.add_module(Rc::clone(&module));
        maker(vm, &module)?;
        return Ok(true);
    }
    if let Some((name, file, source)) = PRELUDE.iter().find(|(n, ..)| *n == name) {
        // What Python brings along must work in whatever state the fiber's limits are.
        let spent = vm.spent;
        let made = vm.run_source(name, file, source);
        vm.spent = spent;
        made?;
        return Ok(true);
    }
    Ok(false)
}

/// Puts functions of Rust into a module.
pub fn fill(module: &Module, functions: &[(&'static str, NativeFn)]) {
    for (name, function) in functions {
        module.set(intern(name), Value::native(name, *function));
    }
}
