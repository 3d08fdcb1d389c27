//! Writes the reports of made-up tests, to be looked at: `cargo run -p swarmgate-report --example sample_report -- DIR`.

use std::path::PathBuf;

mod fixture;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = PathBuf::from(std::env::args_os().nth(1).ok_or("give the folder to write to")?);
    for sample in fixture::all() {
        let folder = folder.join(sample.summary.id.as_str());
        std::fs::create_dir_all(&folder)?;
        for file in sample.files()? {
            std::fs::write(folder.join(file.name), file.bytes)?;
        }
    }
    std::fs::write(folder.join("dashboard.html"), swarmgate_report::dashboard_page())?;
    Ok(())
}
