//! What single parts cost: `cargo bench -p swarmgate-bench`.

use std::hint::black_box;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use swarmgate_domain::{
    Attempt, Chunk, ChunkId, Cover, EntryKind, EntryName, EntryStats, Interval, Latency, Micros, RunId, ShardId, Stats,
};

/// All that is counted of a request that succeeded, as the engine does it.
fn record(stats: &mut EntryStats, due: u64, sent: u64, done: u64) {
    *stats.statuses.entry(200).or_default() += 1;
    stats.sent_bytes += 120;
    stats.received_bytes += 240;
    stats.body_bytes += 13;
    stats.first_byte.record(Micros(done - sent));
    if let Some(latency) = Latency::measure(Micros(due), Micros(sent), Micros(done)) {
        stats.succeeded.record(latency);
    }
}

/// Some thousand times around a millisecond, as a service has them.
fn times() -> Vec<u64> {
    (0..4_096_u64).map(|n| 400 + n.wrapping_mul(0x9e37_79b9) % 1_800).collect()
}

fn recording(criterion: &mut Criterion) {
    let (times, mut stats, mut at) = (times(), EntryStats::default(), 0);
    criterion.bench_function("record a request", |bencher| {
        bencher.iter(|| {
            at = (at + 1) % times.len();
            record(&mut stats, 1_000, black_box(1_003), black_box(1_003 + times[at]));
        });
    });
}

fn name(n: usize) -> EntryName {
    EntryName { kind: EntryKind::Request, method: "GET".to_owned(), name: format!("/page/{n}") }
}

/// What a load thread measured of 50 names.
fn measured() -> Vec<EntryStats> {
    let mut entries = vec![EntryStats::default(); 50];
    for entry in &mut entries {
        times().iter().for_each(|time| record(entry, 0, 3, 3 + time));
    }
    entries
}

fn closing(criterion: &mut Criterion) {
    let entries = measured();
    criterion.bench_function("take 50 names out of a thread, and new ones in", |bencher| {
        let mut spare = entries.clone();
        spare.iter_mut().for_each(EntryStats::clear);
        let mut present = entries.clone();
        bencher.iter(|| std::mem::swap(black_box(&mut present), black_box(&mut spare)));
    });
    criterion.bench_function("merge 50 names of 16 threads", |bencher| {
        bencher.iter(|| {
            let mut stats = Stats::default();
            for _ in 0..16 {
                for (n, entry) in entries.iter().enumerate() {
                    stats.entries.entry(name(n)).or_default().add(entry);
                }
            }
            stats
        });
    });
    let stats = Stats {
        entries: entries.iter().enumerate().map(|(n, entry)| (name(n), entry.clone())).collect(),
        ..Stats::default()
    };
    criterion.bench_function("write a chunk of 50 names", |bencher| {
        bencher.iter_batched(|| chunk(stats.clone()), |chunk| chunk.encode().len(), BatchSize::SmallInput);
    });
}

fn chunk(stats: Stats) -> Chunk {
    Chunk {
        run: RunId::new("bench").expect("the id is valid"),
        id: ChunkId { interval: Interval(0), shard: ShardId(0), attempt: Attempt(1) },
        cover: Cover { from: Micros::ZERO, to: Micros::from_secs(5) },
        stats,
        saturation: Vec::new(),
        clock_doubt: Micros::ZERO,
    }
}

criterion_group!(parts, recording, closing);
criterion_main!(parts);
