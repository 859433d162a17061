//! Checks for defaults of parameters that refer to each other in a cycle.

use std::collections::HashMap;

use crate::diagnostic::{Code, Diagnostic};
use crate::expression::{Reference, ValueTemplate};
use crate::name::ParameterName;
use crate::runbook::load::Reader;

use super::Names;

pub(super) fn cycles(reader: &mut Reader<'_>, names: &Names<'_>) {
    // The unresolved references of each default, and the defaults that refer to each parameter.
    let mut waits_for: Vec<Vec<usize>> = Vec::with_capacity(names.parameters.len());
    let mut awaited_by: HashMap<usize, Vec<usize>> = HashMap::new();
    for (index, declared) in names.parameters.values().enumerate() {
        let needed = declared.meant.default.iter().flat_map(ValueTemplate::references).filter_map(|reference| {
            let Reference::Parameter(name) = reference else { return None };
            names.parameters.get_index_of(name)
        });
        let needed: Vec<usize> = needed.collect();
        for &parameter in &needed {
            awaited_by.entry(parameter).or_default().push(index);
        }
        waits_for.push(needed);
    }
    let mut waiting: Vec<usize> = waits_for.iter().map(Vec::len).collect();
    let mut settled: Vec<usize> = (0..waiting.len()).filter(|index| waiting.get(*index) == Some(&0)).collect();
    while let Some(parameter) = settled.pop() {
        for &other in awaited_by.get(&parameter).map_or(&[][..], Vec::as_slice) {
            if let Some(left) = waiting.get_mut(other) {
                *left -= 1;
                if *left == 0 {
                    settled.push(other);
                }
            }
        }
    }
    // The unresolved defaults are in a cycle or depend on one: following unresolved references ends in the cycle.
    let is_waiting = |index: usize| waiting.get(index).is_some_and(|left| *left > 0);
    let Some(mut at) = (0..waiting.len()).find(|index| is_waiting(*index)) else { return };
    let mut path: Vec<usize> = Vec::new();
    let mut place_in_path: HashMap<usize, usize> = HashMap::new();
    let cycle = loop {
        if let Some(&first) = place_in_path.get(&at) {
            break path.split_off(first);
        }
        place_in_path.insert(at, path.len());
        path.push(at);
        match waits_for.get(at).and_then(|needed| needed.iter().copied().find(|needed| is_waiting(*needed))) {
            Some(next) => at = next,
            None => return,
        }
    };
    let named: Vec<(&ParameterName, _)> = cycle
        .iter()
        .filter_map(|index| names.parameters.get_index(*index).map(|(name, declared)| (name, declared.at)))
        .collect();
    let Some(((first, at), others)) = named.split_first() else { return };
    let mut way: Vec<&str> = named.iter().map(|(name, _)| name.as_str()).collect();
    way.push(first.as_str());
    let diagnostic = Diagnostic::new(
        Code::DefaultCycle,
        *at,
        format!("defaults refer to each other in a cycle: {}", way.join(" → ")),
    )
    .help("change one of the defaults to a constant, or remove it");
    let diagnostic = others
        .iter()
        .fold(diagnostic, |diagnostic, (_, at)| diagnostic.related(*at, "its default is part of the cycle"));
    reader.report(diagnostic);
}
