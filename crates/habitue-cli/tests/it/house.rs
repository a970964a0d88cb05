//! Who prints.

use std::fs;
use std::path::Path;

/// Ways to the terminal.
const PRINTS: [&str; 8] =
    ["println!(", "print!(", "dbg!(", "stdout()", "stderr()", "anstream::", "indicatif::", "anstyle::"];

fn walk(folder: &Path, visit: &mut impl FnMut(&Path, &str)) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(&path, visit);
        } else if path.extension().is_some_and(|e| e == "rs") {
            visit(&path, &fs::read_to_string(&path).unwrap());
        }
    }
}

#[test]
fn only_one_file_prints() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let (mut files, mut printing) = (0, Vec::new());
    for name in ["habitue-core", "habitue", "habitue-cli"] {
        walk(&crates.join(name).join("src"), &mut |path, source| {
            files += 1;
            let prints = |line: &&str| PRINTS.iter().any(|p| line.replace("ui::stdout()", "").contains(p));
            let code = source.lines().map(|l| l.split("//").next().unwrap_or(l));
            if let Some(line) =
                code.into_iter().find(prints).filter(|_| !path.ends_with("habitue-cli/src/ui.rs"))
            {
                printing.push(format!("{}: {}", path.display(), line.trim()));
            }
        });
    }
    assert!(files > 80, "only {files} files were looked at");
    assert!(printing.is_empty(), "only habitue-cli/src/ui.rs prints:\n{}", printing.join("\n"));
}
