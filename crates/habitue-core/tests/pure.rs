//! The core is arithmetic: no files, no clock, no environment, no network, no printing.
#![expect(clippy::unwrap_used, reason = "a value that is not there is a failed test")]

use std::fs;
use std::path::Path;

/// What would touch the world. Comments are not looked at.
const WORLD: [&str; 16] = [
    "std::fs",
    "std::io",
    "std::net",
    "std::env",
    "std::process",
    "std::path",
    "std::thread",
    "env!(",
    "print!(",
    "println!(",
    "eprintln!(",
    "dbg!(",
    "SystemTime",
    "Instant",
    "Timestamp::now",
    "Zoned::now",
];

fn touches(source: &str) -> Vec<&'static str> {
    let code = |line: &str| line.find("//").map_or(line, |at| &line[..at]).to_owned();
    let code: String = source.lines().map(code).collect::<Vec<_>>().join("\n");
    WORLD.into_iter().filter(|w| code.contains(w)).collect()
}

fn walk(folder: &Path, found: &mut Vec<String>) -> usize {
    let mut files = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files += walk(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            files += 1;
            let touched = touches(&fs::read_to_string(&path).unwrap());
            found.extend(touched.iter().map(|w| format!("{}: {w}", path.display())));
        }
    }
    files
}

#[test]
fn nothing_in_the_core_touches_the_world() {
    let mut found = Vec::new();
    let files = walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
    assert!(files > 20, "only {files} files were looked at");
    assert!(found.is_empty(), "this belongs in the crate habitue, not in its core:\n{}", found.join("\n"));
}

#[test]
fn what_touches_the_world_is_found() {
    assert_eq!(touches("use std::fs::File;"), ["std::fs"]);
    assert_eq!(touches("let now = std::time::Instant::now();"), ["Instant"]);
    assert!(touches("// println!(\"{}\")\nfn a() {}").is_empty());
}
