//! Runs a Python file, for comparisons with the real one: `cargo run -p swarmgate-python --example python -- FILE`.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a program for the terminal"
)]

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use swarmgate_python::{
    Args, Fiber, FileRefused, Host, HostCall, LogLevel, Module, Resumed, Step, Value, Vm, VmLimits,
};

struct Terminal {
    start: Instant,
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

impl Host for Terminal {
    fn wall_nanos(&self) -> u64 {
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, nanos)
    }
    fn monotonic_nanos(&self) -> u64 {
        nanos(self.start.elapsed())
    }
    fn entropy(&mut self) -> u64 {
        self.wall_nanos()
    }
    fn log(&mut self, level: LogLevel, logger: &str, text: &str) {
        if logger == "print" { println!("{text}") } else { eprintln!("{level:?} {logger}: {text}") }
    }
    fn read_file(&mut self, path: &str) -> Result<Vec<u8>, FileRefused> {
        std::fs::read(path).map_err(|_| FileRefused::NotFound)
    }
    fn list_folder(&mut self, path: &str) -> Result<Vec<String>, FileRefused> {
        let entries = std::fs::read_dir(path).map_err(|_| FileRefused::NotFound)?;
        Ok(entries.filter_map(|entry| Some(entry.ok()?.file_name().to_string_lossy().into_owned())).collect())
    }
    fn environment(&self) -> Vec<(String, String)> {
        std::env::vars().collect()
    }
    fn arguments(&self) -> Vec<String> {
        std::env::args().skip(1).collect()
    }
    fn process_bytes(&self) -> u64 {
        0
    }
}

fn main() {
    let file = std::env::args().nth(1).unwrap_or_default();
    let source = std::fs::read_to_string(&file).unwrap_or_default();
    let mut vm = Vm::new(Box::new(Terminal { start: Instant::now() }), VmLimits::default());
    let module = std::rc::Rc::new(Module::new("locustfile"));
    let function = match vm.load_source(&module, &file, &source) {
        Ok(function) => function,
        Err(raise) => {
            eprintln!("{raise:?}");
            std::process::exit(2);
        }
    };
    let mut fiber = Fiber::default();
    let mut step = vm.start(&mut fiber, &Value::Func(function), Args::default());
    loop {
        match step {
            Step::Waits(HostCall::Sleep(seconds)) => {
                std::thread::sleep(Duration::from_secs_f64(seconds));
                step = vm.resume(&mut fiber, Resumed::With(Value::None));
            }
            Step::Returned(_) => return,
            Step::Raised(exception) => {
                eprintln!("{}", vm.traceback_text(&exception));
                std::process::exit(1);
            }
            other => {
                eprintln!("{other:?}");
                std::process::exit(3);
            }
        }
    }
}
