//! Imports between the files of a room have no cycle: each file can be read after those that it imports.
//!
//! Imports from the `mod.rs` above a file are ignored: that file has the shared items of its room.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::source::{sources, tokens};

/// The path of a module from the root of the crate; empty for `lib.rs`.
type ModulePath = Vec<String>;

/// The references of a file to other modules.
#[derive(Debug, Default)]
struct Module {
    file: PathBuf,
    /// Paths that it imports or names.
    uses: Vec<Vec<String>>,
    /// Its re-exports with `pub use`: the name and the path.
    faces: BTreeMap<String, Vec<String>>,
    children: BTreeSet<String>,
}

#[test]
fn no_files_of_a_room_import_each_other() {
    let files = sources().into_iter().map(|file| (file.path, file.text)).collect();
    let modules = read_modules(files);
    let edges = imports_within_rooms(&modules);
    assert!(edges.len() > 100, "only {} files with imports were found: does the scan still work?", edges.len());
    assert_eq!(cycles(&modules, &edges), Vec::<Vec<PathBuf>>::new());
}

#[test]
fn cycles_are_found_through_braces_faces_and_inline_paths() {
    let room = |files: &[(&str, &str)]| {
        let files = files.iter().map(|(path, text)| (PathBuf::from(path), (*text).to_owned())).collect();
        let modules = read_modules(files);
        cycles(&modules, &imports_within_rooms(&modules))
    };
    let root = ("lib.rs", "pub mod room;");
    let face = ("room/mod.rs", "mod a; mod b; mod c; pub use b::{Deep as Face}; struct Shared;");
    let leaf = ("room/c.rs", "use super::Shared; // use super::a;\nconst TEXT: &str = \"use super::a;\";");

    let acyclic =
        [root, face, ("room/a.rs", "use super::{Shared, b::Deep, c::{C, D}};"), ("room/b.rs", "use super::c;"), leaf];
    assert_eq!(room(&acyclic), Vec::<Vec<PathBuf>>::new());

    let both = vec![vec![PathBuf::from("room/a.rs"), PathBuf::from("room/b.rs")]];
    for (a, b) in [
        ("use super::b::Deep;", "use crate::room::a::A;"),
        ("use super::{c::{C, D}, b::{Deep}};", "fn f() { super::a::g() }"),
        ("use crate::room::Face;", "use super::a::A as B;"),
        ("fn f() -> super::Face { todo() }", "pub(super) fn g(_: &super::a::A) {}"),
    ] {
        assert_eq!(room(&[root, face, ("room/a.rs", a), ("room/b.rs", b), leaf]), both, "{a} {b}");
    }
}

fn read_modules(files: Vec<(PathBuf, String)>) -> BTreeMap<ModulePath, Module> {
    files.into_iter().map(|(file, text)| (module_path(&file), read_module(file, &text))).collect()
}

fn module_path(file: &Path) -> ModulePath {
    let mut path: ModulePath = file.with_extension("").iter().map(|part| part.to_string_lossy().into_owned()).collect();
    if path.last().is_some_and(|last| last == "mod") || path == ["lib"] {
        path.pop();
    }
    path
}

fn read_module(file: PathBuf, text: &str) -> Module {
    let tokens = tokens(text);
    let mut module = Module { file, ..Module::default() };
    for window in tokens.windows(3) {
        if let ["mod", name, ";"] = window {
            module.children.insert((*name).to_owned());
        }
    }
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let before = at.checked_sub(1).and_then(|before| tokens.get(before)).copied();
        // `use<…>` is a capture list of a type.
        if *token == "use" && tokens.get(at + 1) != Some(&"<") {
            let end = at + tokens[at..].iter().position(|token| *token == ";").unwrap_or(tokens.len() - at);
            let mut imported = Vec::new();
            expand(&tokens[at + 1..end], &[], &mut imported);
            // `pub use` and `pub(…) use`.
            let is_face = matches!(before, Some("pub" | ")"));
            for (path, name) in imported {
                if is_face {
                    module.faces.insert(name, path);
                } else {
                    module.uses.push(path);
                }
            }
            at = end;
        } else if before != Some("::") && tokens.get(at + 1) == Some(&"::") {
            let path = path_at(&tokens[at..]);
            if matches!(*token, "crate" | "super" | "self") || module.children.contains(*token) {
                module.uses.push(path);
            }
        }
        at += 1;
    }
    module
}

/// The path that these tokens begin with.
fn path_at(tokens: &[&str]) -> Vec<String> {
    let mut path = vec![tokens[0].to_owned()];
    let mut rest = &tokens[1..];
    while let ["::", name, after @ ..] = rest
        && name.chars().all(|c| c.is_alphanumeric() || c == '_')
    {
        path.push((*name).to_owned());
        rest = after;
    }
    path
}

/// The paths that a tree of `use` imports, each with the name that it has here.
fn expand(tree: &[&str], prefix: &[String], imported: &mut Vec<(Vec<String>, String)>) {
    let braces = tree.iter().position(|token| *token == "{");
    let names = |tokens: &[&str]| -> Vec<String> {
        tokens.iter().filter(|token| **token != "::").map(|token| (*token).to_owned()).collect()
    };
    let Some(braces) = braces else {
        let (path, alias) = match tree {
            [path @ .., "as", alias] => (path, Some((*alias).to_owned())),
            path => (path, None),
        };
        let mut path: Vec<String> = prefix.iter().cloned().chain(names(path)).collect();
        if path.len() > 1 && path.last().is_some_and(|last| last == "self") {
            path.pop();
        }
        if let Some(name) = alias.or_else(|| path.last().cloned()) {
            imported.push((path, name));
        }
        return;
    };
    let prefix: Vec<String> = prefix.iter().cloned().chain(names(&tree[..braces])).collect();
    let inner = &tree[braces + 1..tree.len() - 1];
    let mut depth = 0_usize;
    let mut begin = 0;
    for (at, token) in inner.iter().enumerate() {
        match *token {
            "{" => depth += 1,
            "}" => depth -= 1,
            "," if depth == 0 => {
                expand(&inner[begin..at], &prefix, imported);
                begin = at + 1;
            }
            _ => {}
        }
    }
    if begin < inner.len() {
        expand(&inner[begin..], &prefix, imported);
    }
}

/// The module that a path refers to from another, through re-exports; none outside of the crate.
fn resolve(
    modules: &BTreeMap<ModulePath, Module>,
    from: &ModulePath,
    path: &[String],
    depth: usize,
) -> Option<ModulePath> {
    if depth > 12 {
        return None;
    }
    let first = path.first()?;
    let (mut at, mut rest) = match first.as_str() {
        "crate" => (ModulePath::new(), &path[1..]),
        "self" => (from.clone(), &path[1..]),
        "super" => {
            let supers = path.iter().take_while(|part| *part == "super").count();
            (from[..from.len().checked_sub(supers)?].to_vec(), &path[supers..])
        }
        child if modules.get(from)?.children.contains(child) => (from.clone(), path),
        _ => return None,
    };
    while let [next, after @ ..] = rest {
        let below: ModulePath = at.iter().cloned().chain([next.clone()]).collect();
        if !modules.contains_key(&below) {
            break;
        }
        (at, rest) = (below, after);
    }
    if let [name, after @ ..] = rest
        && let Some(behind) = modules.get(&at)?.faces.get(name)
    {
        let behind: Vec<String> = behind.iter().cloned().chain(after.iter().cloned()).collect();
        if let Some(found) = resolve(modules, &at, &behind, depth + 1) {
            return Some(found);
        }
    }
    modules.contains_key(&at).then_some(at)
}

/// Which files of its room each file imports, those above it left out.
fn imports_within_rooms(modules: &BTreeMap<ModulePath, Module>) -> BTreeMap<ModulePath, BTreeSet<ModulePath>> {
    let mut edges: BTreeMap<ModulePath, BTreeSet<ModulePath>> = BTreeMap::new();
    for (from, module) in modules {
        for path in &module.uses {
            let Some(to) = resolve(modules, from, path, 0) else { continue };
            if !to.is_empty() && from.first() == to.first() && !from.starts_with(&to) {
                edges.entry(from.clone()).or_default().insert(to);
            }
        }
    }
    edges
}

/// The files that import each other, a list for each group.
fn cycles(
    modules: &BTreeMap<ModulePath, Module>,
    edges: &BTreeMap<ModulePath, BTreeSet<ModulePath>>,
) -> Vec<Vec<PathBuf>> {
    let reached: BTreeMap<&ModulePath, BTreeSet<&ModulePath>> = edges
        .keys()
        .map(|from| {
            let mut found = BTreeSet::new();
            let mut left = vec![from];
            while let Some(at) = left.pop() {
                left.extend(edges.get(at).into_iter().flatten().filter(|to| found.insert(*to)));
            }
            (from, found)
        })
        .collect();
    let mut groups = BTreeSet::new();
    for (from, found) in &reached {
        let group: Vec<PathBuf> = found
            .iter()
            .filter(|to| reached.get(**to).is_some_and(|back| back.contains(*from)))
            .map(|to| modules[*to].file.clone())
            .collect();
        if !group.is_empty() {
            groups.insert(group);
        }
    }
    groups.into_iter().collect()
}
