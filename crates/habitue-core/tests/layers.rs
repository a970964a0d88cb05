//! A module uses only those that stand above it in `lib.rs`: the list there is the list of layers, and this test holds it.
//!
//! Nothing is parsed in earnest: what counts are the `crate::` paths (and the `super::` paths that leave a module) outside
//! comments.
#![expect(clippy::unwrap_used, reason = "a value that is not there is a failed test")]

use std::fs;
use std::path::{Path, PathBuf};

/// The modules of a crate from the lowest to the highest, and where the names that its root re-exports come from.
struct Layers {
    modules: Vec<String>,
    reexports: Vec<(String, String)>,
}

impl Layers {
    fn of(lib: &str) -> Self {
        let (mut modules, mut reexports) = (Vec::new(), Vec::new());
        for line in lib.lines().map(str::trim) {
            let declared =
                line.strip_prefix("pub(crate) ").or_else(|| line.strip_prefix("pub ")).unwrap_or(line);
            if let Some(name) = declared.strip_prefix("mod ").and_then(|m| m.strip_suffix(';')) {
                modules.push(name.to_owned());
            }
            let used = declared.strip_prefix("use ").and_then(|u| u.strip_suffix(';'));
            if let Some((module, names)) = used.and_then(|u| u.split_once("::")) {
                let names = names.trim_matches(['{', '}']).split(',').map(str::trim);
                reexports.extend(names.map(|n| (n.to_owned(), module.to_owned())));
            }
        }
        Self { modules, reexports }
    }

    fn layer(&self, module: &str) -> Option<usize> {
        self.modules.iter().position(|m| m == module)
    }

    /// The layer of a name that follows `crate::`; what the root defines itself is below all modules.
    fn layer_of_name(&self, name: &str) -> Option<usize> {
        let reexported = self.reexports.iter().find(|(n, _)| n == name).map(|(_, module)| module.as_str());
        self.layer(reexported.unwrap_or(name))
    }

    /// The upward uses in one file, `line: name`. `depth` says how many `super::` lead from the file to the root.
    fn upward(&self, module: &str, depth: usize, source: &str) -> Vec<String> {
        let own = self.layer(module).unwrap_or_else(|| panic!("lib.rs does not list the module {module}"));
        let to_root = "super::".repeat(depth);
        let source = without_comments(source);
        let mut found = Vec::new();
        for prefix in ["crate::", to_root.as_str()] {
            for (at, _) in source.match_indices(prefix) {
                let before = source[..at].chars().next_back();
                if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':') {
                    continue;
                }
                for name in names_after(&source[at + prefix.len()..]) {
                    if self.layer_of_name(name).is_some_and(|layer| layer > own) {
                        let line = source[..at].lines().count().max(1);
                        found.push(format!("{line}: {name}"));
                    }
                }
            }
        }
        found
    }
}

/// The first names of a path: one, or those of a group in braces.
fn names_after(path: &str) -> Vec<&str> {
    let word = |text: &str| text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    let Some(group) = path.strip_prefix('{') else { return vec![&path[..word(path)]] };
    let (mut names, mut depth, mut is_first) = (Vec::new(), 0, true);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => is_first = true,
            c if is_first && c.is_alphanumeric() => {
                names.push(&group[at..at + word(&group[at..])]);
                is_first = false;
            }
            _ => {}
        }
    }
    names
}

fn without_comments(source: &str) -> String {
    let code = |line: &str| line.find("//").map_or(line, |at| &line[..at]).to_owned();
    source.lines().map(code).collect::<Vec<_>>().join("\n")
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

#[test]
fn a_module_uses_only_those_above_it_in_lib_rs() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let layers = Layers::of(&fs::read_to_string(src.join("lib.rs")).unwrap());
    assert!(layers.modules.len() > 5, "lib.rs is not understood any more: {:?}", layers.modules);
    let mut upward = Vec::new();
    for file in rust_files(&src) {
        let inside: Vec<String> =
            file.strip_prefix(&src).unwrap().iter().map(|p| p.to_str().unwrap().to_owned()).collect();
        let module = inside[0].trim_end_matches(".rs");
        if module == "lib" {
            continue;
        }
        let is_mod = inside.last().is_some_and(|name| name == "mod.rs");
        let depth = inside.len() - usize::from(is_mod);
        let uses = layers.upward(module, depth, &fs::read_to_string(&file).unwrap());
        upward.extend(uses.into_iter().map(|u| format!("{}:{u}", inside.join("/"))));
    }
    assert!(
        upward.is_empty(),
        "these uses point upwards in the list of lib.rs; move what is shared down, or the user up:\n{}",
        upward.join("\n")
    );
}

#[test]
fn upward_uses_are_found_however_they_are_written() {
    let lib = "pub mod low;\nmod middle;\npub(crate) mod high;\npub use high::{Tower, Roof};\npub use low::Floor;\n";
    let layers = Layers::of(lib);
    assert_eq!(layers.modules, ["low", "middle", "high"]);
    let upward = |source| layers.upward("middle", 1, source);
    assert!(
        upward("use crate::low::A;\nuse crate::{Floor, Result, low::{x, high}};\nuse crate::middle::x;")
            .is_empty()
    );
    assert!(upward("// crate::high::x\n/// [`crate::high`]\nfn a() {}").is_empty());
    assert_eq!(upward("use std::fs;\nuse crate::high::x;"), ["2: high"]);
    assert_eq!(upward("use crate::{\n    low::{a, b},\n    high::x,\n};"), ["1: high"]);
    assert_eq!(upward("use crate::{Floor, Roof};"), ["1: Roof"]);
    assert_eq!(upward("fn a() { crate::Tower::new() }"), ["1: Tower"]);
    assert_eq!(upward("use super::high::x;"), ["1: high"]);
    assert!(upward("use super::super::high;").is_empty(), "two levels up from here is outside the crate");
}
