//! Pairs: each tool's turn after the other's, round after round, so that whatever else the machine does meets them alike.

use std::collections::BTreeMap;
use std::fs;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, bail};
use comfy_table::Table;

use crate::memory::{mib, peak_kib_of_tree};

/// What is compared.
#[derive(Debug, clap::Args)]
pub struct PairsArgs {
    /// How many rounds.
    #[arg(long, default_value_t = 8)]
    rounds: u32,
    /// Seconds of each turn.
    #[arg(long, default_value_t = 5)]
    seconds: u32,
    /// What the table is headed with.
    #[arg(long, default_value = "")]
    title: String,
    /// `NAME=COMMAND` for each tool; the first one is what the others are held against. `{s}` stands for the seconds. The
    /// command is split at spaces; of what it prints, the number in the line with `requests in`, `requests:` or `http_reqs`
    /// counts.
    #[arg(required = true)]
    tools: Vec<String>,
}

/// One turn.
struct Turn {
    /// CPU seconds, user and system.
    cpu: f64,
    requests: f64,
    peak_kib: u64,
}

/// Runs the rounds and prints one table.
#[expect(clippy::print_stdout, clippy::print_stderr, reason = "a command that measures")]
pub fn pairs(args: &PairsArgs) -> anyhow::Result<()> {
    let tools: Vec<(&str, &str)> = args
        .tools
        .iter()
        .map(|tool| tool.split_once('=').with_context(|| format!("`{tool}`: allowed is NAME=COMMAND")))
        .collect::<anyhow::Result<_>>()?;
    let mut turns: BTreeMap<&str, Vec<Turn>> = BTreeMap::new();
    for round in 0..args.rounds {
        for (name, command) in &tools {
            let turn =
                turn(&command.replace("{s}", &args.seconds.to_string())).with_context(|| format!("running {name}"))?;
            eprintln!("{round} {name}: {:.2}", turn.cpu / turn.requests * 1e6);
            turns.entry(name).or_default().push(turn);
        }
    }
    let mut table = Table::new();
    table.load_preset(comfy_table::presets::ASCII_MARKDOWN);
    let (first, _) = tools[0];
    let relative = format!("x {first}");
    table.set_header([
        args.title.as_str(),
        "CPU s / million",
        relative.as_str(),
        "least to most",
        "requests/s",
        "peak MiB",
    ]);
    let per_million = |turn: &Turn| turn.cpu / turn.requests * 1e6;
    for (name, _) in &tools {
        let own = &turns[name];
        let ratios: Vec<f64> = own.iter().zip(&turns[first]).map(|(a, b)| per_million(a) / per_million(b)).collect();
        let least = ratios.iter().copied().fold(f64::INFINITY, f64::min);
        table.add_row([
            (*name).to_owned(),
            format!("{:.2}", median(own.iter().map(per_million))),
            format!("{:.2}", median(ratios.iter().copied())),
            format!("{least:.2} to {:.2}", ratios.iter().copied().fold(0.0, f64::max)),
            format!("{:.0}", median(own.iter().map(|turn| turn.requests / f64::from(args.seconds)))),
            format!("{:.1}", own.iter().map(|turn| turn.peak_kib).max().map_or(0.0, mib)),
        ]);
    }
    println!("{table}");
    Ok(())
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len() % 2 == 1 { values[middle] } else { f64::midpoint(values[middle - 1], values[middle]) }
}

fn turn(command: &str) -> anyhow::Result<Turn> {
    let mut words = command.split_whitespace();
    let program = words.next().context("the command is empty")?;
    let before = children_cpu()?;
    let mut child = Command::new(program)
        .args(words)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .with_context(|| format!("starting {program}"))?;
    let peak_kib = watch(&mut child)?;
    let output = child.wait_with_output()?;
    if !output.status.success() {
        bail!("{program} ended with {}", output.status);
    }
    let cpu = children_cpu()? - before;
    let text = String::from_utf8_lossy(&output.stdout);
    let requests = count(&text).with_context(|| format!("{program} names no number of requests:\n{text}"))?;
    Ok(Turn { cpu, requests, peak_kib })
}

/// Waits for the child's end; gives the most memory that it and its own children had, in KiB. What it prints must fit a pipe, 64 KiB.
fn watch(child: &mut Child) -> anyhow::Result<u64> {
    let mut peak = 0;
    while child.try_wait()?.is_none() {
        peak = peak.max(peak_kib_of_tree(child.id()));
        std::thread::sleep(Duration::from_millis(100));
    }
    Ok(peak)
}

/// CPU time of all children that ended, in seconds: the 14th and 15th number behind the command's name, in ticks of 10 ms.
fn children_cpu() -> anyhow::Result<f64> {
    let text = fs::read_to_string("/proc/self/stat")?;
    let (_, rest) = text.rsplit_once(')').context("/proc/self/stat names no command")?;
    let ticks: Vec<f64> = rest.split_whitespace().skip(13).take(2).map(str::parse).collect::<Result<_, _>>()?;
    Ok(ticks.iter().sum::<f64>() / 100.0)
}

/// The number of requests that a tool says it made.
fn count(text: &str) -> Option<f64> {
    let number = |words: &str| words.split_whitespace().find_map(|word| word.parse::<f64>().ok());
    text.lines().find_map(|line| {
        let line = line.trim();
        if let Some((before, _)) = line.split_once(" requests in ") {
            return number(before);
        }
        ["requests:", "http_reqs"]
            .iter()
            .find_map(|start| line.strip_prefix(start))
            .and_then(|rest| number(rest.trim_start_matches(['.', ':'])))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tools_say_how_many_requests_they_made() {
        for text in [
            "  4750 requests in 2.01s, 431.40KB read",
            "head\nrequests: 4750",
            "    http_reqs......................: 4750   950.0/s",
        ] {
            assert_eq!(count(text), Some(4750.0), "{text}");
        }
        assert_eq!(count("nothing"), None);
    }

    #[test]
    fn medians() {
        assert_eq!(median([3.0, 1.0, 2.0].into_iter()), 2.0);
        assert_eq!(median([4.0, 1.0, 2.0, 3.0].into_iter()), 2.5);
    }
}
