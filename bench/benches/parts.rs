//! What single parts of the engine cost, each by itself: `cargo bench -p swarmgate-bench`.

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use swarmgate_domain::{
    Attempt, Chunk, ChunkId, Cover, EntryKind, EntryName, Group, Interval, MergedInterval, Micros, RunId, ShardId,
    Stats,
};
use swarmgate_worker::parts::{Answers, Measured, Recording, Timers, merge};

const NAMES: usize = 50;
const THREADS: usize = 16;
const INTERVAL: Micros = Micros(5_000_000);
const USERS: u32 = 1_000_000;

/// Some thousand times around a millisecond, as a service has them.
fn times() -> Vec<u64> {
    (0..4_096_u64).map(|n| 400 + n.wrapping_mul(0x9e37_79b9) % 1_800).collect()
}

/// One after another, without an end.
fn by_turns<T: Copy>(values: &[T]) -> impl FnMut() -> T + '_ {
    let mut turns = values.iter().cycle();
    move || *turns.next().expect("there are values")
}

fn recording(criterion: &mut Criterion) {
    let times = times();
    for names in [1, NAMES] {
        let mut recording = Recording::new(names, Micros(u64::MAX / 8));
        let (mut time, mut name) = (by_turns(&times), 0);
        criterion.bench_function(&format!("record a request, of {names} names"), |bencher| {
            bencher.iter(|| {
                name = (name + 1) % names;
                let done = 1_003 + time();
                recording.request(name, Micros(1_000), black_box(Micros(1_003)), black_box(Micros(done)));
            });
        });
    }
}

fn names() -> Vec<EntryName> {
    let name = |n| EntryName { kind: EntryKind::Request, method: "GET".to_owned(), name: format!("/page/{n}") };
    (0..NAMES).map(name).collect()
}

/// What a thread measures of all names in an interval.
fn fill(recording: &mut Recording) {
    for name in 0..NAMES {
        times().iter().for_each(|time| recording.request(name, Micros(0), Micros(3), Micros(3 + time)));
    }
}

fn measured() -> Measured {
    let mut recording = Recording::new(NAMES, INTERVAL);
    fill(&mut recording);
    recording.close(0)
}

fn closing(criterion: &mut Criterion) {
    criterion.bench_function("close an interval of 50 names on a load thread", |bencher| {
        let (mut recording, mut interval) = (Recording::new(NAMES, INTERVAL), 0);
        bencher.iter_custom(|rounds| {
            let mut took = Duration::ZERO;
            for _ in 0..rounds {
                let (took_this, measured) = timed(|| recording.close(interval));
                took += took_this;
                interval += 1;
                recording.give_back(measured);
            }
            took
        });
    });
    let (names, mut threads) = (names(), (0..THREADS).map(|_| measured()).collect::<Vec<_>>());
    criterion.bench_function("add up 50 names of 16 threads", |bencher| {
        bencher.iter(|| {
            let (stats, parts) = merge(&names, std::mem::take(&mut threads));
            threads = parts;
            stats
        });
    });
    let chunk = chunk(merge(&names, threads).0, 0);
    criterion.bench_function("write a chunk of 50 names", |bencher| bencher.iter(|| chunk.encode().len()));
    let bytes = chunk.encode();
    criterion.bench_function("read a chunk of 50 names", |bencher| bencher.iter(|| Chunk::decode(&bytes)));
    let id = chunk.id;
    let mut merged = MergedInterval::new(chunk.run.clone(), id.interval, Group::of(id.shard));
    let mut chunks = (0..u32::MAX).map(|attempt| ChunkId { attempt: Attempt(attempt), ..id });
    criterion.bench_function("merge a chunk of 50 names into an interval", |bencher| {
        let mut chunk = chunk.clone();
        bencher.iter(|| {
            chunk.id = chunks.next().expect("there are attempts enough");
            merged.fold(&chunk)
        });
    });
}

fn chunk(stats: Stats, shard: u32) -> Chunk {
    Chunk {
        run: RunId::new("bench").expect("the id is valid"),
        id: ChunkId { interval: Interval(0), shard: ShardId(shard), attempt: Attempt(1) },
        cover: Cover { from: Micros::ZERO, to: INTERVAL },
        stats,
        saturation: Vec::new(),
        clock_doubt: Micros::ZERO,
    }
}

const SHORT: &[u8] =
    b"HTTP/1.1 200 OK\r\nServer: bench\r\nContent-Type: text/plain\r\nContent-Length: 13\r\n\r\nHello, World!";

/// As a site behind a proxy answers.
const LONG: &[u8] =
    b"HTTP/1.1 200 OK\r\nDate: Tue, 24 Nov 2026 10:00:00 GMT\r\nContent-Type: text/html; charset=utf-8\r\n\
    Transfer-Encoding: chunked\r\nConnection: keep-alive\r\nCache-Control: private, max-age=0, must-revalidate\r\n\
    Strict-Transport-Security: max-age=31536000; includeSubDomains\r\nX-Frame-Options: SAMEORIGIN\r\n\
    X-Content-Type-Options: nosniff\r\nReferrer-Policy: strict-origin-when-cross-origin\r\nVary: Accept-Encoding\r\n\
    Set-Cookie: session=0123456789abcdef0123456789abcdef; Path=/; HttpOnly; Secure; SameSite=Lax\r\n\
    X-Request-Id: 7f3c2a10-9b1d-4e55-8f0e-2f6d1a9c0b7e\r\nX-Cache: MISS\r\nAge: 0\r\nServer: nginx\r\n\r\n\
    d\r\nHello, World!\r\n0\r\n\r\n";

fn answers(criterion: &mut Criterion) {
    for (what, bytes) in [("3 headers", SHORT), ("14 headers and chunks", LONG)] {
        let mut answers = Answers::default();
        assert_eq!(answers.read(bytes), Some(200), "{what}");
        criterion.bench_function(&format!("read an answer with {what}"), |bencher| {
            bencher.iter(|| answers.read(black_box(bytes)));
        });
    }
}

fn timers(criterion: &mut Criterion) {
    criterion.bench_function("wake one of a million users, and let it think again", |bencher| {
        // Think times of 20 s to 60 s, as in the million users' case.
        let mut timers = Timers::default();
        let wait = |n: u64| Micros(20_000_000 + n.wrapping_mul(0x9e37_79b9_7f4a_7c15) % 40_000_000);
        (0..USERS).for_each(|user| timers.set(user, wait(u64::from(user))));
        let (mut now, mut drawn) = (Micros::ZERO, 0_u64);
        bencher.iter_custom(|rounds| {
            let mut woken = 0;
            let (took, ()) = timed(|| {
                while woken < rounds {
                    now = now + Micros(250);
                    let due = timers.fire(now).to_vec();
                    for user in &due {
                        drawn += 1;
                        timers.set(*user, now + wait(drawn));
                    }
                    woken += due.len() as u64;
                }
            });
            took
        });
    });
}

/// How long `act` takes, and what it gives.
#[expect(clippy::disallowed_methods, reason = "a bench that measures")]
fn timed<T>(act: impl FnOnce() -> T) -> (Duration, T) {
    let began = std::time::Instant::now();
    let result = act();
    (began.elapsed(), result)
}

criterion_group!(parts, recording, closing, answers, timers);
criterion_main!(parts);
