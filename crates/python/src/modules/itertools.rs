//! The module `itertools`.

use std::cell::RefCell;
use std::rc::Rc;

use crate::builtins::{Given, int_of};
use crate::value::{Args, Iter, Module, Value, intern};
use crate::vm::{Res, Vm};

pub fn make(_: &mut Vm, module: &Module) -> Res<()> {
    super::fill(
        module,
        &[
            ("cycle", cycle),
            ("count", count),
            ("repeat", repeat),
            ("islice", islice),
            ("takewhile", takewhile),
            ("dropwhile", dropwhile),
            ("accumulate", accumulate),
            ("starmap", starmap),
            ("product", product),
            ("permutations", permutations),
            ("combinations", combinations),
            ("zip_longest", zip_longest),
            ("groupby", groupby),
            ("pairwise", pairwise),
            ("tee", tee),
            ("filterfalse", filterfalse),
        ],
    );
    let chain = crate::value::Namespace::from_iter([
        (intern("from_iterable"), Value::native("from_iterable", from_iterable)),
        (crate::value::known::NEW, Value::native("chain", chain)),
    ]);
    if let Some(class) = crate::value::Class::new("chain", "builtins", Vec::new(), chain, crate::value::Builtin::Final)
    {
        module.set(intern("chain"), Value::Class(class));
    }
    Ok(())
}

fn made(iter: Iter) -> Value {
    Value::Iter(Rc::new(RefCell::new(iter)))
}

fn listed(items: Vec<Value>) -> Value {
    made(Iter::Items(items.into_iter()))
}

fn chain(vm: &mut Vm, args: Args) -> Res<Value> {
    let mut given = Given::new("chain", args);
    let _ = vm;
    Ok(made(Iter::Chain(given.rest(), 0)))
}

fn from_iterable(vm: &mut Vm, args: Args) -> Res<Value> {
    let items = Given::new("from_iterable", args).required(vm)?;
    let items = vm.collect(&items)?;
    Ok(made(Iter::Chain(items, 0)))
}

fn cycle(vm: &mut Vm, args: Args) -> Res<Value> {
    let items = Given::new("cycle", args).required(vm)?;
    let inner = vm.iter(&items)?;
    Ok(made(Iter::Cycle(inner, Vec::new(), None)))
}

fn count(_: &mut Vm, args: Args) -> Res<Value> {
    let mut given = Given::new("count", args);
    let start = given.named("start").unwrap_or(Value::Int(0));
    let step = given.named("step").unwrap_or(Value::Int(1));
    Ok(made(Iter::Count(start, step)))
}

fn repeat(vm: &mut Vm, args: Args) -> Res<Value> {
    let mut given = Given::new("repeat", args);
    let value = given.needed(vm, "object")?;
    let times = match given.named("times") {
        Some(times) => Some(int_of(vm, &times)?.max(0)),
        None => None,
    };
    Ok(made(Iter::Repeat(value, times)))
}

fn islice(vm: &mut Vm, args: Args) -> Res<Value> {
    let mut given = Given::new("islice", args);
    let items = given.required(vm)?;
    let inner = vm.iter(&items)?;
    let mut bounds = Vec::new();
    for value in given.rest() {
        bounds.push(if value.is_none() { None } else { Some(int_of(vm, &value)?) });
    }
    let (start, stop, step) = match bounds.as_slice() {
        [stop] => (0, *stop, 1),
        [start, stop] => (start.unwrap_or(0), *stop, 1),
        [start, stop, step] => (start.unwrap_or(0), *stop, step.unwrap_or(1)),
        _ => return Err(vm.type_error("islice expected at least 2 arguments")),
    };
    if start < 0 || stop.is_some_and(|stop| stop < 0) || step < 1 {
        return Err(vm.value_error("Indices for islice() must be None or an integer: 0 <= x <= sys.maxsize."));
    }
    Ok(made(Iter::Slice { inner, at: 0, next: start, stop, step }))
}

fn function_and_items(vm: &mut Vm, name: &str, args: Args) -> Res<(Value, Value)> {
    let mut given = Given::new(name, args);
    let (function, items) = (given.required(vm)?, given.required(vm)?);
    Ok((function, vm.iter(&items)?))
}

fn takewhile(vm: &mut Vm, args: Args) -> Res<Value> {
    function_and_items(vm, "takewhile", args).map(|(function, inner)| made(Iter::TakeWhile(function, inner)))
}

fn dropwhile(vm: &mut Vm, args: Args) -> Res<Value> {
    function_and_items(vm, "dropwhile", args).map(|(function, inner)| made(Iter::DropWhile(function, inner, true)))
}

fn starmap(vm: &mut Vm, args: Args) -> Res<Value> {
    function_and_items(vm, "starmap", args).map(|(function, inner)| made(Iter::Starmap(function, inner)))
}

fn filterfalse(vm: &mut Vm, args: Args) -> Res<Value> {
    let (function, inner) = function_and_items(vm, "filterfalse", args)?;
    let mut kept = Vec::new();
    while let Some(value) = vm.next(&inner)? {
        let drop = if function.is_none() { value.clone() } else { vm.call_sync(&function, Args::of([value.clone()]))? };
        if !vm.truth(&drop)? {
            kept.push(value);
        }
        vm.charge(1)?;
    }
    Ok(listed(kept))
}

fn accumulate(vm: &mut Vm, args: Args) -> Res<Value> {
    let mut given = Given::new("accumulate", args);
    let items = given.required(vm)?;
    let function = given.named("func").unwrap_or(Value::None);
    let inner = vm.iter(&items)?;
    if given.keyword("initial").is_some() {
        return Err(vm.unsupported("itertools.accumulate(initial=…)"));
    }
    Ok(made(Iter::Accumulate { inner, function, total: None }))
}

fn lists(vm: &mut Vm, given: &mut Given) -> Res<Vec<Vec<Value>>> {
    let mut all = Vec::new();
    for items in given.rest() {
        all.push(vm.collect(&items)?);
    }
    Ok(all)
}

fn product(vm: &mut Vm, args: Args) -> Res<Value> {
    let mut given = Given::new("product", args);
    let times = match given.keyword("repeat") {
        Some(times) => usize::try_from(int_of(vm, &times)?).unwrap_or(0),
        None => 1,
    };
    let pools = lists(vm, &mut given)?;
    let pools: Vec<&Vec<Value>> = (0..times).flat_map(|_| pools.iter()).collect();
    let mut results: Vec<Vec<Value>> = vec![Vec::new()];
    for pool in pools {
        vm.check_size(results.len().saturating_mul(pool.len()).saturating_mul(32))?;
        results = results
            .iter()
            .flat_map(|head| pool.iter().map(|item| head.iter().cloned().chain([item.clone()]).collect()))
            .collect();
    }
    Ok(listed(results.into_iter().map(Value::tuple).collect()))
}

fn choose(vm: &mut Vm, name: &str, args: Args, in_order: bool) -> Res<Value> {
    let mut given = Given::new(name, args);
    let items = given.required(vm)?;
    let items = vm.collect(&items)?;
    let size = match given.named("r").filter(|r| !r.is_none()) {
        Some(r) => usize::try_from(int_of(vm, &r)?).unwrap_or(0),
        None => items.len(),
    };
    let mut results: Vec<Vec<usize>> = vec![Vec::new()];
    for _ in 0..size {
        let mut longer = Vec::new();
        for head in &results {
            for at in 0..items.len() {
                let fits = if in_order { head.last().is_none_or(|last| *last < at) } else { !head.contains(&at) };
                if fits {
                    longer.push(head.iter().copied().chain([at]).collect::<Vec<_>>());
                }
            }
            vm.check_size(longer.len().saturating_mul(size * 8))?;
        }
        results = longer;
    }
    Ok(listed(
        results
            .into_iter()
            .map(|places| Value::tuple(places.into_iter().map(|at| items[at].clone()).collect()))
            .collect(),
    ))
}

fn permutations(vm: &mut Vm, args: Args) -> Res<Value> {
    choose(vm, "permutations", args, false)
}

fn combinations(vm: &mut Vm, args: Args) -> Res<Value> {
    choose(vm, "combinations", args, true)
}

fn zip_longest(vm: &mut Vm, args: Args) -> Res<Value> {
    let mut given = Given::new("zip_longest", args);
    let fill = given.keyword("fillvalue").unwrap_or(Value::None);
    let all = lists(vm, &mut given)?;
    let longest = all.iter().map(Vec::len).max().unwrap_or(0);
    let row = |at: usize| {
        Value::tuple(all.iter().map(|list| list.get(at).cloned().unwrap_or_else(|| fill.clone())).collect())
    };
    Ok(listed((0..longest).map(row).collect()))
}

fn groupby(vm: &mut Vm, args: Args) -> Res<Value> {
    let mut given = Given::new("groupby", args);
    let items = given.required(vm)?;
    let key = given.named("key").filter(|key| !key.is_none());
    let mut groups: Vec<(Value, Vec<Value>)> = Vec::new();
    for item in vm.collect(&items)? {
        let by = match &key {
            Some(key) => vm.call_sync(key, Args::of([item.clone()]))?,
            None => item.clone(),
        };
        let same = match groups.last() {
            Some((last, _)) => vm.equal(last, &by)?,
            None => false,
        };
        match groups.last_mut().filter(|_| same) {
            Some((_, group)) => group.push(item),
            None => groups.push((by, vec![item])),
        }
    }
    Ok(listed(groups.into_iter().map(|(key, group)| Value::tuple(vec![key, listed(group)])).collect()))
}

fn pairwise(vm: &mut Vm, args: Args) -> Res<Value> {
    let items = Given::new("pairwise", args).required(vm)?;
    let items = vm.collect(&items)?;
    Ok(listed(items.windows(2).map(|pair| Value::tuple(pair.to_vec())).collect()))
}

fn tee(vm: &mut Vm, args: Args) -> Res<Value> {
    let mut given = Given::new("tee", args);
    let items = given.required(vm)?;
    let count = match given.next() {
        Some(count) => int_of(vm, &count)?,
        None => 2,
    };
    let items = vm.collect(&items)?;
    Ok(Value::tuple((0..count.min(1000)).map(|_| listed(items.clone())).collect()))
}
