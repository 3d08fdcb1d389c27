//! What a seed draws before it starts: the tests, and how the deployment is set up.

use std::collections::BTreeMap;

use fastrand::Rng;
use swarmgate_domain::{
    AbortAfter, Auth, ConnectionReuse, Cookies, CurvePoint, DataSource, EntryKind, EntryName, HttpSettings,
    HttpVersion, Load, LoadModel, Micros, Pick, PoolShare, RateCurve, Scenario, Threshold, TlsTrust, UserCurve,
};
use swarmgate_service::TestRequest;
use swarmgate_service::ports::Settings;
use swarmgate_service::sabotage::Sabotage;

/// One seed in so many has a test of more than one group of shards.
const ONE_BIG_IN: u32 = 400;

/// How a simulated deployment is set up, and what is asked of it.
pub(crate) struct Setup {
    pub settings: Settings,
    pub pools: Vec<String>,
    pub tests: Vec<TestSetup>,
    /// How many functions merge at a time.
    pub mergers: usize,
    /// How many notifications a function gets at a time.
    pub batch: usize,
    /// Functions forget a message each, or the whole batch.
    pub partial_batches: bool,
    /// Functions of one process remember together.
    pub shared_memory: bool,
    pub sweep_every: Micros,
    /// After so long a function is ended.
    pub function_timeout: Micros,
    /// How many keys a listing gives at a time.
    pub page: usize,
    pub store_precision: Micros,
    /// Whether chunks have histograms: they take most of the time.
    pub histograms: bool,
    /// When everything is killed, if it is, and what follows.
    pub crash: Option<(Micros, Aftermath)>,
    /// When faults end.
    pub heal_at: Micros,
    /// Whether to go on until nobody looks after the tests any more.
    pub to_be_forgotten: bool,
}

/// What follows when everything was killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Aftermath {
    /// Someone makes the reports of what was uploaded.
    Rebuild,
    /// The functions run again, and end what was there.
    Restart,
}

impl Aftermath {
    fn draw(rng: &mut Rng) -> Self {
        if rng.bool() { Self::Rebuild } else { Self::Restart }
    }
}

/// A test that is asked for.
pub(crate) struct TestSetup {
    pub request: TestRequest,
    pub asked_at: Micros,
    /// Milliseconds of virtual time at which a user stops it.
    pub stop_at: Option<Micros>,
    pub changes: Vec<Change>,
    pub viewed: bool,
    /// One request in so many fails; 0: none.
    pub one_failure_in: u64,
}

/// A change of users, and when it is asked for.
#[derive(Clone, Copy)]
pub(crate) struct Change {
    pub at: Micros,
    pub users: u32,
}

impl Setup {
    /// Draws a set-up.
    pub fn draw(rng: &mut Rng, sabotage: Option<Sabotage>) -> Self {
        let big = rng.u32(..ONE_BIG_IN) == 0;
        let millis = |rng: &mut Rng, low, high| Micros::from_millis(rng.u64(low..=high));
        let pools: Vec<String> =
            if rng.u8(..5) == 0 { vec!["east".into(), "west".into()] } else { vec!["main".into()] };
        let count = if !big && rng.u8(..6) == 0 { 2 } else { 1 };
        let tests = (0..count).map(|number| TestSetup::draw(rng, number, &pools, big)).collect();
        let poll = millis(rng, 500, 2_000);
        Self {
            settings: Settings {
                // Long enough for each worker to learn of it, by a clock that is read to the second.
                start_lead: Micros(poll.0 * 2) + millis(rng, 1_000, 3_000),
                start_timeout: millis(rng, 8_000, 40_000),
                poll,
                // No pipeline stage waits in the simulation.
                gate_patience: Settings::CLOUD.gate_patience,
                least_lease: millis(rng, 3_000, 15_000),
                sabotage,
            },
            mergers: rng.usize(1..=4),
            batch: if big { 100 } else { *rng.choice([1, 3, 10].iter()).unwrap_or(&10) },
            partial_batches: rng.bool(),
            shared_memory: rng.bool(),
            sweep_every: millis(rng, 10_000, 60_000),
            function_timeout: millis(rng, 60_000, 300_000),
            page: if big || rng.bool() { 1_000 } else { rng.usize(1..=7) },
            store_precision: if rng.bool() { Micros(1) } else { Micros::SECOND },
            histograms: !big && rng.u8(..8) == 0,
            heal_at: millis(rng, 20_000, 150_000),
            crash: (rng.u8(..8) == 0).then(|| (millis(rng, 3_000, 60_000), Aftermath::draw(rng))),
            to_be_forgotten: rng.u8(..64) == 0,
            pools,
            tests,
        }
    }
}

impl TestSetup {
    fn draw(rng: &mut Rng, number: usize, pools: &[String], big: bool) -> Self {
        let interval = Micros::from_millis(rng.u64(1_000..=5_000));
        let most = if rng.u8(..4) == 0 { 15 } else { 5 };
        let intervals = if big { 1 } else { rng.u64(1..=most) };
        // Mostly not a whole number of intervals.
        let duration = Micros(interval.0 * intervals - rng.u64(..interval.0 / 2));
        let share = |rng: &mut Rng| if big { rng.u32(257..=300) } else { rng.u32(1..=4) };
        let shares = pools.iter().map(|pool| PoolShare { pool: pool.clone(), shards: share(rng) }).collect();
        let asked_at = Micros::from_millis(rng.u64(..10_000));
        let while_it_runs = |rng: &mut Rng| asked_at + Micros(rng.u64(..duration.0 + 20_000_000));
        let changes = if rng.u8(..3) == 0 { rng.u8(1..=3) } else { 0 };
        let data = if rng.u8(..4) == 0 { rows() } else { Vec::new() };
        let one_failure_in = if rng.u8(..3) == 0 { 20 } else { 0 };
        Self {
            asked_at,
            stop_at: (rng.u8(..4) == 0).then(|| while_it_runs(rng)),
            changes: (0..changes).map(|_| Change { at: while_it_runs(rng), users: rng.u32(1..=50) }).collect(),
            viewed: rng.u8(..4) == 0,
            one_failure_in,
            request: TestRequest {
                scenario: Scenario { data: sources(&data), ..scenario(rng, duration) },
                data,
                // By this the world knows which test a plan is of.
                source: number.to_string(),
                target: "http://simulated".to_owned(),
                pools: shares,
                interval,
                environment: BTreeMap::new(),
                idempotency_key: Some(format!("test {number}")),
                id: None,
            },
        }
    }
}

/// What requests are counted under.
pub(crate) fn names() -> [EntryName; 2] {
    [("GET", "/"), ("POST", "/login")].map(|(method, name)| EntryName {
        kind: EntryKind::Request,
        method: method.to_owned(),
        name: name.to_owned(),
    })
}

/// The rows of one data source.
fn rows() -> Vec<Vec<Vec<String>>> {
    vec![vec![vec!["ada".to_owned()], vec!["grace".to_owned()]]]
}

fn sources(data: &[Vec<Vec<String>>]) -> Vec<DataSource> {
    let source = |rows: &Vec<_>| DataSource {
        name: "user".to_owned(),
        columns: vec!["name".to_owned()],
        pick: Pick::Unique,
        rows: rows.len() as u64,
    };
    data.iter().map(source).collect()
}

fn scenario(rng: &mut Rng, duration: Micros) -> Scenario {
    let model = if rng.u8(..4) == 0 {
        LoadModel::Open { rate: RateCurve::constant(10.0, duration), max_users: 10 }
    } else {
        let point = |at| CurvePoint { at, value: 10.0 };
        let curve = UserCurve::new(vec![point(Micros::ZERO), point(duration)]);
        LoadModel::Closed(curve.expect("two points in order make a curve"))
    };
    let mut threshold = Threshold::default_limit();
    threshold.abort = (rng.u8(..4) == 0).then_some(AbortAfter(Micros(duration.0 / 3)));
    Scenario {
        name: "simulated".to_owned(),
        description: None,
        labels: BTreeMap::new(),
        target: None,
        loads: vec![Load { name: "main".to_owned(), kind: None, model }],
        kinds: Vec::new(),
        http: HttpSettings {
            headers: Vec::new(),
            auth: Auth::None,
            cookies: Cookies::Ignore,
            connections: ConnectionReuse::KeepAlive,
            connect_timeout: Micros::SECOND,
            tls: TlsTrust::Verify,
            version: HttpVersion::Http1,
            proxy: None,
        },
        data: Vec::new(),
        slots: 0,
        script: None,
        slot_names: Vec::new(),
        names: names().to_vec(),
        thresholds: vec![threshold],
        interval: None,
        grace: Micros::from_millis(*rng.choice([0, 500, 5_000, 30_000].iter()).unwrap_or(&0)),
    }
}
