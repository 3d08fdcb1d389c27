//! A locustfile that was sent: checked and loaded before the test, as far as that can be done without a Locust.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use bytes::Bytes;
use swarmgate_domain::{Micros, Overrides, Script, ScriptEngine, ScriptFile, Wrong};
use swarmgate_locust::{Files, Held, LoadError, Locustfile, Options, World, ask_nobody};
use swarmgate_python::{Refusal, VmLimits};
use swarmgate_service::ports::Clock;

use crate::inputs::{Loaded, StartBody, of_body};
use crate::problem::{Mistake, cut};

/// How long a shape may take to be asked for each second of a test.
const LONGEST_LOOK: Micros = Micros::from_secs(5);

/// Whoever sends a locustfile can't hold up others for longer than this takes, nor take more memory.
const LIMITS: VmLimits =
    VmLimits { instructions: 20_000_000, value_bytes: 32 << 20, process_bytes: 1 << 30, depth: 500 };

/// Mistakes of a body that has what only locustfiles have, for another scenario.
pub(crate) fn of_locustfiles_only(body: &StartBody) -> Vec<Mistake> {
    let given = [
        ("engine", body.engine.is_some()),
        ("classes", !body.classes.is_empty()),
        ("tags", !body.tags.is_empty()),
        ("exclude_tags", !body.exclude_tags.is_empty()),
    ];
    let wrong = || Wrong::new("it goes with a locustfile, and the scenario is none");
    given.into_iter().filter(|(_, given)| *given).map(|(field, _)| Mistake::new(field, None, wrong())).collect()
}

/// The locustfile `main` of `files` as a scenario with `overrides`, ready to run. `locust` is what the Locust of the workers is called,
/// where they have one.
pub(crate) fn load(
    main: &str,
    files: &BTreeMap<String, Bytes>,
    body: &StartBody,
    overrides: &Overrides,
    locust: Option<&str>,
    clock: &dyn Clock,
) -> Result<Loaded, Vec<Mistake>> {
    let source = checked(main, files, body)?;
    let engine = wanted_engine(body, locust)?;
    let read = read(main, &source, files, body, overrides, clock);
    let (engine, held, warnings) = match (engine, read) {
        (Some(ScriptEngine::Locust), Ok(held)) => (ScriptEngine::Locust, held, Vec::new()),
        (Some(ScriptEngine::Locust), Err(_)) => (ScriptEngine::Locust, unread(body), Vec::new()),
        (_, Ok(held)) => (ScriptEngine::Native, held, Vec::new()),
        (None, Err(Unread::Native(reasons))) if locust.is_some() => (ScriptEngine::Locust, unread(body), reasons),
        (_, Err(Unread::Native(mistakes) | Unread::Wrong(mistakes))) => return Err(mistakes),
    };
    let script = Script {
        main: main.to_owned(),
        engine,
        files: files.iter().map(|(path, bytes)| (path.clone(), ScriptFile(Arc::from(&bytes[..])))).collect(),
        host: body.target.clone(),
        tags: body.tags.clone(),
        exclude_tags: body.exclude_tags.clone(),
        classes: body.classes.clone(),
        arguments: Vec::new(),
        answers: Vec::new(),
    };
    let scenario = held.scenario(script, overrides);
    let scenario = scenario.map_err(|mistakes| mistakes.into_iter().map(of_body).collect::<Vec<_>>())?;
    Ok(Loaded {
        scenario,
        data: Vec::new(),
        source,
        warnings,
        engine: locust.filter(|_| engine == ScriptEngine::Locust).map(str::to_owned),
    })
}

/// The text of the locustfile, when all that was sent may be files of a script.
fn checked(main: &str, files: &BTreeMap<String, Bytes>, body: &StartBody) -> Result<String, Vec<Mistake>> {
    let mut mistakes = Vec::new();
    for path in files.keys().filter(|path| !Script::is_path(path)) {
        let wrong = Wrong::new(format!("`{}` is no path of a file", cut(path)));
        mistakes.push(Mistake::new(
            "data",
            Some(cut(path)),
            wrong.allowed("paths below the locustfile's folder, such as `common/api.py`"),
        ));
    }
    let bytes: u64 = files.values().map(|bytes| bytes.len() as u64).sum();
    if bytes > Script::LARGEST {
        let wrong = Wrong::new(format!("the files have {bytes} bytes together"));
        mistakes.push(Mistake::new("data", None, wrong.allowed(format!("{} at most", Script::LARGEST))));
    }
    if !body.set.is_empty() {
        mistakes.push(Mistake::new("set", None, Wrong::new("a locustfile has no variables")));
    }
    let text = files.get(main).map(|bytes| String::from_utf8(bytes.to_vec()));
    match text {
        Some(Ok(text)) if mistakes.is_empty() => return Ok(text),
        Some(Ok(_)) => {}
        Some(Err(_)) => mistakes.push(Mistake::new("data", Some(cut(main)), Wrong::new("it is no UTF-8 text"))),
        None => {
            let wrong = Wrong::new(format!("there is no file `{}` in `data`", cut(main)));
            let sent = files.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
            mistakes.push(Mistake::new("scenario", Some(cut(main)), wrong.allowed(cut(&sent))));
        }
    }
    Err(mistakes)
}

/// Which engine is asked for; `None`: whichever can.
fn wanted_engine(body: &StartBody, locust: Option<&str>) -> Result<Option<ScriptEngine>, Vec<Mistake>> {
    let wrong = |wrong: Wrong, value: &str| vec![Mistake::new("engine", Some(cut(value)), wrong)];
    match (body.engine.as_deref(), locust) {
        (None | Some("auto"), _) => Ok(None),
        (Some("native"), _) => Ok(Some(ScriptEngine::Native)),
        (Some("locust"), Some(_)) => Ok(Some(ScriptEngine::Locust)),
        (Some(name @ "locust"), None) => {
            Err(wrong(Wrong::new("the workers have no Locust that may be used").allowed("auto, native"), name))
        }
        (Some(other), _) => Err(wrong(Wrong::new("there is no such engine").allowed("auto, native, locust"), other)),
    }
}

/// Why a locustfile could not be read.
enum Unread {
    /// The native engine can't run it; a Locust might.
    Native(Vec<Mistake>),
    /// Nobody could.
    Wrong(Vec<Mistake>),
}

/// What the locustfile holds, as the native engine loads it.
fn read(
    main: &str,
    source: &str,
    files: &BTreeMap<String, Bytes>,
    body: &StartBody,
    overrides: &Overrides,
    clock: &dyn Clock,
) -> Result<Held, Unread> {
    let began = clock.now();
    // The file's own clocks stand still, but for those of a shape that is asked what comes.
    let moved = Rc::new(Cell::new(0));
    let since = |start: u64| {
        let moved = Rc::clone(&moved);
        Rc::new(move || start + moved.get())
    };
    let world = World {
        files: Files::new(files.iter().map(|(path, bytes)| (path.clone(), Arc::from(&bytes[..])))),
        // What is in this process's environment is nobody else's business.
        environment: Vec::new(),
        arguments: vec!["locust".to_owned()],
        wall: since(began.0 * 1_000),
        monotonic: since(0),
        entropy: Rc::new(|| 0),
        // The workers load it once more, and say it then.
        log: Rc::new(|_, _, _| {}),
        ask: ask_nobody(),
    };
    let options = Options {
        host: body.target.clone(),
        tags: body.tags.clone(),
        exclude_tags: body.exclude_tags.clone(),
        users: u64::from(overrides.users.unwrap_or(1)),
    };
    let about = |text: String| Mistake::new("scenario", Some(cut(main)), Wrong::new(text));
    let mut file = Locustfile::load(main, source, world, &options, LIMITS).map_err(|error| match error {
        LoadError::Refused(refusals) => Unread::Native(refusals.iter().map(refused).collect()),
        error @ (LoadError::Unsupported(_) | LoadError::Raised(_)) => Unread::Native(vec![about(error.to_string())]),
        error @ LoadError::NoUsers => Unread::Wrong(vec![about(error.to_string())]),
    })?;
    let held = Held::of(&mut file, &moved, || clock.now().saturating_since(began) < LONGEST_LOOK);
    held.map_err(|reason| Unread::Native(vec![about(reason)]))
}

/// What is known of a locustfile that only a Locust can read: what the body says.
fn unread(body: &StartBody) -> Held {
    Held { classes: body.classes.iter().map(|name| (name.clone(), None)).collect(), curve: None }
}

fn refused(refusal: &Refusal) -> Mistake {
    let wrong = Wrong::new(format!("{}: {}", refusal.file, refusal.construct)).help(refusal.advice.clone());
    let place = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
    Mistake::new("data", Some(cut(&refusal.file)), wrong).at(place(refusal.line), place(refusal.column))
}
