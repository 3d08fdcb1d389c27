//! The pages in a real browser: no errors, no network, and what a script changes is there.
//!
//! Needs Chromium. Without it the tests say so and are skipped; with `SWARMGATE_NEED_ALL=1`, as in CI, they fail.

use std::path::Path;
use std::process::Command;

use swarmgate_workload::Workload;

use crate::support::Place;

/// Where the browser may be, the first that there is.
const BROWSERS: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// The browser, without a window, without a network of its own.
fn browser(profile: &Path) -> Option<Command> {
    let name = BROWSERS
        .into_iter()
        .find(|name| Command::new(name).arg("--version").output().is_ok_and(|o| o.status.success()));
    let Some(name) = name else {
        assert!(
            std::env::var_os("SWARMGATE_NEED_ALL").is_none(),
            "there is no Chromium, and no test may be skipped here"
        );
        #[expect(clippy::print_stderr, reason = "a skipped test says so")]
        {
            eprintln!("skipped: the browser tests, since there is no Chromium on this machine");
        }
        return None;
    };
    let mut command = Command::new(name);
    command.args([
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--enable-logging=stderr",
        "--virtual-time-budget=3000",
    ]);
    command.arg(format!("--user-data-dir={}", profile.display()));
    Some(command)
}

/// The page as it is after its scripts ran, and what the browser's console said.
pub fn dom(place: &Place, url: &str) -> Option<(String, Vec<String>)> {
    let output =
        browser(&place.path("profile"))?.args(["--dump-dom", url]).output().expect("the browser can be started");
    let errors = String::from_utf8_lossy(&output.stderr);
    let console = errors.lines().filter(|line| line.contains("CONSOLE")).map(str::to_owned).collect();
    Some((String::from_utf8_lossy(&output.stdout).into_owned(), console))
}

#[test]
fn a_report_opens_from_disk_without_errors_or_network() {
    let place = Place::new();
    let server = Workload::builder().start().expect("the workload starts");
    place.run(&[
        "run",
        &server.url("/"),
        "--users",
        "3",
        "--spawn-rate",
        "10",
        "--duration",
        "3s",
        "--out",
        "out",
        "--quiet",
    ]);
    let page = place.path("out/index.html");
    let text = std::fs::read_to_string(&page).expect("there is a report");
    for foreign in ["src=\"http", "href=\"http://cdn", "@import", "url(http"] {
        assert!(!text.contains(foreign), "the page loads something: {foreign}");
    }
    let Some((dom, console)) = dom(&place, &format!("file://{}", page.display())) else { return };
    assert!(console.is_empty(), "{console:?}");
    assert!(dom.contains("<svg") && dom.contains("</html>"), "the page was not drawn");
    assert!(dom.contains("aria-sort"), "the script did not make the table sortable");
}
