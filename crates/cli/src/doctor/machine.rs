//! This machine: what the engine may use, and where reports go.

use std::fs;
use std::io::Read;
use std::net::TcpListener;
use std::path::{Path, PathBuf};

use swarmgate_service::Finding;
use swarmgate_worker::{Machine, machine};

/// Fewer files, and users wait in line for connections in tests that are not large.
const FEW_FILES: u64 = 10_000;
/// Fewer ports to one address, and the same.
const FEW_PORTS: u32 = 10_000;

/// Where `serve` listens if it is not told otherwise.
const SERVE: &str = "127.0.0.1:8089";

/// Looks at this machine.
pub(super) fn look(reports: &Path) -> Vec<Finding> {
    let machine = machine();
    let of_engine = [cores(&machine), open_files(&machine), local_ports(&machine), sockets(&machine)];
    let beside = [folder(reports), serve(), not_needed()];
    of_engine.into_iter().chain(beside).collect()
}

fn cores(machine: &Machine) -> Finding {
    let Machine { cores, in_affinity, .. } = machine;
    let threads = format!("a load thread on each of {cores} cores");
    match (*cores, *in_affinity) {
        (1, _) => Finding::note("cores", "1 core: the load and what measures it share it, so keep to small loads"),
        (cores, all) if cores < all => Finding::note(
            "cores",
            format!(
                "{threads}: the control group's CPU quota leaves so many of {all}; more CPUs for this container are more load"
            ),
        ),
        _ => Finding::fine("cores", threads),
    }
}

fn open_files(machine: &Machine) -> Finding {
    let said = format!("{} files may be open, and so nearly as many connections", machine.open_files);
    if machine.open_files >= FEW_FILES {
        return Finding::fine("open files", said);
    }
    let more =
        "more users than that wait in line; `ulimit -Hn 1048576` as root, or LimitNOFILE= of the service, raises it";
    Finding::note("open files", format!("{said}: {more}"))
}

fn local_ports(machine: &Machine) -> Finding {
    let (low, high) = machine.local_ports;
    let count = u32::from(high - low) + 1;
    let said = format!("{low} to {high}: {count} connections to one server at a time, from one address");
    if count >= FEW_PORTS {
        return Finding::fine("local ports", said);
    }
    let more = "`sysctl -w net.ipv4.ip_local_port_range='10240 65535'` as root, or --source-address, gives more";
    Finding::note("local ports", format!("{said}; {more}"))
}

fn sockets(machine: &Machine) -> Finding {
    if machine.io_uring {
        return Finding::fine("sockets", "by io_uring: what costs least CPU");
    }
    let said = "by epoll: io_uring, at some 7 % less CPU a request, takes Linux 6.1 and a sandbox that allows it";
    Finding::note("sockets", said)
}

fn folder(reports: &Path) -> Finding {
    let shown = reports.display();
    // One that is not there is made by the first run: then the nearest that is must take it.
    let nearest = reports.ancestors().find(|at| at.as_os_str().is_empty() || at.exists());
    let at = match nearest {
        Some(at) if !at.as_os_str().is_empty() => at,
        _ => Path::new("."),
    };
    let probe = at.join(format!(".swarmgate-doctor-{}", std::process::id()));
    match fs::write(&probe, b"x").and_then(|()| fs::remove_file(&probe)) {
        Ok(()) => Finding::fine("reports", format!("{shown} can be written")),
        Err(error) => Finding::wrong(
            "reports",
            format!("{shown} can't be written: {error}"),
            "run in a folder that you may write, or say where with --out",
        ),
    }
}

fn serve() -> Finding {
    match TcpListener::bind(SERVE) {
        Ok(_free) => Finding::fine("serve", format!("{SERVE} is free")),
        Err(error) => Finding::note(
            "serve",
            format!(
                "{SERVE} can't be listened on ({error}): use what serves there, or `swarmgate serve --listen 127.0.0.1:0`"
            ),
        ),
    }
}

fn not_needed() -> Finding {
    const WHAT: &str = "locust";
    match found("locust") {
        Some(path) if is_script(&path) => Finding::note(
            WHAT,
            format!("{} is there, and not needed: locustfiles run without it, and without Python", path.display()),
        ),
        _ => Finding::fine(
            WHAT,
            "not needed, and neither are Python, a browser, Docker or a cluster to run tests from here",
        ),
    }
}

/// Where a command is, as a shell would find it.
pub(super) fn found(command: &str) -> Option<PathBuf> {
    let folders = std::env::var_os("PATH")?;
    std::env::split_paths(&folders).map(|folder| folder.join(command)).find(|path| path.is_file())
}

/// Whether it is what pip installs: another program may have the name.
fn is_script(path: &Path) -> bool {
    let mut start = [0; 2];
    fs::File::open(path).and_then(|mut file| file.read_exact(&mut start)).is_ok() && start == *b"#!"
}
