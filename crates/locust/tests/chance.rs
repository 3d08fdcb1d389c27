//! Waits and weights come from the distributions that they come from with Locust 2.47: `side_by_side/chance.py` ran there for 6,000
//! waits, and `chance.txt` has how often each task ran, and the first 1,500 waits. A sample of ours is held against it by the
//! two-sample Kolmogorov-Smirnov test (waits) and the chi-squared test of homogeneity (tasks), both at 0.1 %.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use swarmgate_locust::{Files, LocustUser, Locustfile, Options, UserStep, World, ask_nobody};
use swarmgate_python::VmLimits;

const WAITS: usize = 6_000;

/// At 0.1 %: the factor of the Kolmogorov-Smirnov distance, and the chi-squared sum of four degrees of freedom.
const FARTHEST: f64 = 1.949;
const LARGEST_SUM: f64 = 18.467;

struct Sample {
    waits: Vec<f64>,
    tasks: BTreeMap<String, f64>,
}

fn ours() -> Sample {
    let clock = Rc::new(Cell::new(1_700_000_000_000_000_000_u64));
    let tasks = Rc::new(RefCell::new(BTreeMap::<String, f64>::new()));
    let (wall, monotonic, printed) = (Rc::clone(&clock), Rc::clone(&clock), Rc::clone(&tasks));
    let world = World {
        files: Files::default(),
        environment: Vec::new(),
        arguments: vec!["locust".to_owned()],
        wall: Rc::new(move || wall.get()),
        monotonic: Rc::new(move || monotonic.get()),
        entropy: Rc::new(|| 20_261_125),
        log: Rc::new(move |_, _, text| *printed.borrow_mut().entry(text.to_owned()).or_default() += 1.0),
        ask: ask_nobody(),
    };
    let source = include_str!("side_by_side/chance.py");
    let options = Options { users: 1, ..Options::default() };
    let mut file = Locustfile::load("chance.py", source, world, &options, VmLimits::default()).expect("it loads");
    let (mut user, mut waits) = (LocustUser::default(), Vec::new());
    let mut step = user.start(&mut file, 0);
    while waits.len() < WAITS {
        let UserStep::Sleep(seconds) = step else { panic!("a wait is due, not {step:?}") };
        waits.push(seconds);
        step = user.waited(&mut file);
    }
    let tasks = tasks.borrow().clone();
    Sample { waits, tasks }
}

fn theirs() -> Sample {
    let (mut waits, mut tasks) = (Vec::new(), BTreeMap::new());
    for line in include_str!("side_by_side/chance.txt").lines() {
        let mut words = line.split(' ');
        match words.next() {
            Some("tasks") => tasks.extend(words.filter_map(|word| {
                let (name, count) = word.split_once('=')?;
                Some((name.to_owned(), count.parse::<f64>().ok()?))
            })),
            _ => waits.extend(words.filter_map(|word| word.parse::<f64>().ok())),
        }
    }
    Sample { waits, tasks }
}

#[expect(clippy::cast_precision_loss, reason = "a few thousand")]
fn count(n: usize) -> f64 {
    n as f64
}

/// How far apart the samples' distribution functions are at most, by how far they may be.
fn distance(a: &[f64], b: &[f64]) -> f64 {
    let sorted = |sample: &[f64]| {
        let mut sorted = sample.to_vec();
        sorted.sort_by(f64::total_cmp);
        sorted
    };
    let (a, b) = (sorted(a), sorted(b));
    let below = |sample: &[f64], x: f64| count(sample.partition_point(|y| *y <= x)) / count(sample.len());
    let farthest = a.iter().chain(&b).map(|x| (below(&a, *x) - below(&b, *x)).abs()).fold(0.0, f64::max);
    farthest / (FARTHEST * (count(a.len() + b.len()) / (count(a.len()) * count(b.len()))).sqrt())
}

/// The chi-squared sum of both samples' counts against what they would be if they came from one distribution, by how large it may be.
fn difference(a: &BTreeMap<String, f64>, b: &BTreeMap<String, f64>) -> f64 {
    let (of_a, of_b): (f64, f64) = (a.values().sum(), b.values().sum());
    let sum: f64 = a
        .iter()
        .map(|(name, a)| {
            let b = b.get(name).copied().unwrap_or_default();
            let share = (a + b) / (of_a + of_b);
            (a - share * of_a).powi(2) / (share * of_a) + (b - share * of_b).powi(2) / (share * of_b)
        })
        .sum();
    sum / LARGEST_SUM
}

#[test]
fn waits_and_weights_are_of_locusts_distributions() {
    let (ours, theirs) = (ours(), theirs());
    assert_eq!((ours.tasks.len(), theirs.tasks.len(), theirs.waits.len()), (5, 5, 1_500));
    let (waits, tasks) = (distance(&ours.waits, &theirs.waits), difference(&ours.tasks, &theirs.tasks));
    assert!(waits < 1.0, "waits differ: {waits} of what may be");
    assert!(tasks < 1.0, "tasks differ: {tasks} of what may be: {:?} and {:?}", ours.tasks, theirs.tasks);
}

/// The tests can tell: what is a tenth off does not pass.
#[test]
fn other_distributions_are_told_apart() {
    let theirs = theirs();
    let shorter: Vec<f64> = theirs.waits.iter().map(|wait| 1.0 + (wait - 1.0) * 0.9).collect();
    assert!(distance(&shorter, &theirs.waits) > 1.0);
    let mut other = theirs.tasks.clone();
    *other.get_mut("search").expect("it ran") *= 1.4;
    assert!(difference(&other, &theirs.tasks) > 1.0);
}
