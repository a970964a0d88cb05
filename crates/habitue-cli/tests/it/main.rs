//! What users see: the program is run as they run it, one file per capability.
//!
//! Nothing here needs a network, a clock or files outside this repository.
#![expect(clippy::unwrap_used, reason = "a value that is not there is a failed test")]

mod assign;
mod backtest;
mod bad_inputs;
mod cluster;
mod compare;
mod determinism;
mod explore;
mod features;
mod fold;
mod goods;
mod harness;
mod help;
mod house;
mod inputs;
mod licences;
mod lifecycle;
mod lifetime;
mod platforms;
mod print;
mod reference;
mod sample;
mod segment;

#[test]
fn every_file_of_this_folder_is_a_module_of_this_program() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it");
    let main = std::fs::read_to_string(folder.join("main.rs")).unwrap();
    let mut forgotten = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let module = name.trim_end_matches(".rs");
        if name.ends_with(".rs") && module != "main" && !main.contains(&format!("\nmod {module};\n")) {
            forgotten.push(name);
        }
    }
    assert!(forgotten.is_empty(), "main.rs does not list {forgotten:?}, so their tests never run");
}
