//! Sorting: stable, with comparisons that may raise.

use crate::value::{Args, Value};
use crate::vm::{Res, Vm};

/// The items in order.
pub fn sorted(vm: &mut Vm, items: Vec<Value>, key: Option<Value>, reverse: Option<Value>) -> Res<Vec<Value>> {
    let reverse = match reverse {
        Some(value) => vm.truth(&value)?,
        None => false,
    };
    let mut keyed = Vec::with_capacity(items.len());
    for item in items {
        let by = match &key {
            Some(key) if !key.is_none() => vm.call_sync(key, Args::of([item.clone()]))?,
            _ => item.clone(),
        };
        keyed.push((by, item));
    }
    // Reversed twice, what is equal keeps its order.
    if reverse {
        keyed.reverse();
    }
    let mut sorted = merge_sort(vm, keyed)?;
    if reverse {
        sorted.reverse();
    }
    Ok(sorted.into_iter().map(|(_, item)| item).collect())
}

fn merge_sort(vm: &mut Vm, mut items: Vec<(Value, Value)>) -> Res<Vec<(Value, Value)>> {
    if items.len() < 2 {
        return Ok(items);
    }
    let right = items.split_off(items.len() / 2);
    let left = merge_sort(vm, items)?;
    let right = merge_sort(vm, right)?;
    vm.charge(left.len() + right.len())?;
    let mut merged = Vec::with_capacity(left.len() + right.len());
    let (mut left, mut right) = (left.into_iter().peekable(), right.into_iter().peekable());
    while let (Some((a, _)), Some((b, _))) = (left.peek(), right.peek()) {
        let from = if vm.less(b, a)? { &mut right } else { &mut left };
        merged.extend(from.next());
    }
    merged.extend(left);
    merged.extend(right);
    Ok(merged)
}
