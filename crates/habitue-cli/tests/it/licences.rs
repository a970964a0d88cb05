//! What the program is built from may be given on under its own licence, and is not more than it needs.

use std::collections::BTreeMap;
use std::process::Command;

/// Licences that allow linking into a program under MIT or Apache-2.0.
const ALLOWED: [&str; 9] = [
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "MIT",
    "Zlib",
];

/// Licences of one package each, read and found harmless: data tables under the Unicode licence.
const ALLOWED_FOR: [(&str, &str); 1] = [("unicode-ident", "Unicode-3.0")];

/// Packages in `Cargo.lock`, on all platforms.
///
/// Every package is built by everybody who builds the program from its sources. Whoever raises this says in the commit
/// what the new packages do, what they cost (`cargo build --timings`), and why what is there already does not serve.
const MOST_PACKAGES: usize = 257;

/// Whether an SPDX expression can be met by what is allowed: one side of each OR, all sides of each AND.
fn is_allowed(package: &str, expression: &str) -> bool {
    let one = |licence: &str| {
        let licence = licence.trim().trim_matches(['(', ')']).trim();
        ALLOWED.contains(&licence) || ALLOWED_FOR.contains(&(package, licence))
    };
    // `A AND (B OR C)` needs the brackets; nothing in the tree nests deeper.
    if let Some((all, either)) = expression.split_once(" AND (") {
        return is_allowed(package, all) && is_allowed(package, either.trim_end_matches(')'));
    }
    if let Some((either, all)) = expression.split_once(") AND ") {
        return is_allowed(package, either.trim_start_matches('(')) && is_allowed(package, all);
    }
    // Cargo of old wrote OR as a slash.
    expression.replace('/', " OR ").split(" OR ").any(|e| e.split(" AND ").all(one))
}

fn metadata() -> serde_json::Value {
    let rustc = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    let version = Command::new(rustc).arg("-vV").output().unwrap().stdout;
    let version = String::from_utf8(version).unwrap();
    let host = version.lines().find_map(|l| l.strip_prefix("host: ")).unwrap();
    // Packages for other platforms need not be on this machine.
    let output = Command::new(std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned()))
        .args(["metadata", "--format-version", "1", "--locked", "--offline", "--filter-platform", host])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn licences_of_all_packages_are_among_those_allowed() {
    let metadata = metadata();
    let mut refused: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let packages = metadata["packages"].as_array().unwrap();
    assert!(packages.len() > 50);
    for package in packages {
        let name = package["name"].as_str().unwrap();
        let licence = package["license"].as_str().unwrap_or("none stated");
        if !is_allowed(name, licence) {
            refused.entry(licence.to_owned()).or_default().push(name.to_owned());
        }
    }
    assert!(
        refused.is_empty(),
        "these licences are not on the list: {refused:#?}\nuse another package, or read the licence and argue for it in the commit that adds it to the list"
    );
}

#[test]
fn expressions_are_read_as_spdx_means_them() {
    for allowed in
        ["MIT", "MIT/Apache-2.0", "GPL-3.0 OR MIT", "MIT AND Zlib", "(MIT OR GPL-2.0) AND BSD-3-Clause"]
    {
        assert!(is_allowed("x", allowed), "{allowed}");
    }
    for refused in
        ["GPL-3.0", "MIT AND GPL-3.0", "(MIT OR Apache-2.0) AND LGPL-3.0", "Unicode-3.0", "none stated"]
    {
        assert!(!is_allowed("x", refused), "{refused}");
    }
    assert!(is_allowed("unicode-ident", "(MIT OR Apache-2.0) AND Unicode-3.0"));
}

#[test]
fn packages_do_not_creep_in() {
    let lock = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.lock")).unwrap();
    let packages = lock.matches("\n[[package]]\n").count();
    assert!(
        packages <= MOST_PACKAGES,
        "Cargo.lock has {packages} packages, {MOST_PACKAGES} were thought enough. Look at `cargo tree -d` and at the features of what is new. If it must be, raise MOST_PACKAGES in the commit that adds the package, and say there what it does, what it costs to build, and why nothing that is there already serves"
    );
}
