//! The same input and settings give the same bytes.

use std::collections::BTreeMap;

use crate::harness::Folder;
use crate::sample::{SAMPLE, segmented};

#[track_caller]
fn assert_same(a: &BTreeMap<String, Vec<u8>>, b: &BTreeMap<String, Vec<u8>>) {
    assert!(a.keys().eq(b.keys()), "{:?} and {:?}", a.keys(), b.keys());
    for (name, bytes) in a {
        assert!(*bytes == b[name], "{name} differs");
    }
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let (whole, own) = (segmented().tree("results"), Folder::new());
    for threads in ["1", "2", "7"] {
        own.habitue(&["segment", SAMPLE, "--threads", threads, "-o", "results", "--force"]).succeeded();
        assert_same(&whole, &own.tree("results"));
    }
}

/// Another seed searches from other places; what it finds bears the same names for (nearly) all customers.
#[test]
fn another_seed_leaves_customers_where_they_are() {
    let (whole, own) = (segmented(), Folder::new());
    let names = |folder: &Folder| -> Vec<String> {
        let mut rows = csv::Reader::from_path(folder.path("results/segments.csv")).unwrap();
        let at = rows.headers().unwrap().iter().position(|name| name == "segment_name").unwrap();
        rows.records().map(|row| row.unwrap()[at].to_owned()).collect()
    };
    let before = names(&whole);
    for seed in ["1", "2"] {
        own.habitue(&["segment", SAMPLE, "--seed", seed, "-o", "results", "--force"]).succeeded();
        let after = names(&own);
        let same = before.iter().zip(&after).filter(|(a, b)| a == b).count();
        assert_eq!(before.len(), after.len());
        assert!(
            same * 100 >= before.len() * 95,
            "seed {seed}: {same} of {} keep their segment",
            before.len()
        );
    }
}

#[test]
fn temporary_files_change_nothing() {
    let (whole, own) = (segmented(), Folder::new());
    let ran = own.habitue(&["segment", SAMPLE, "--memory", "1", "-o", "results"]).succeeded();
    assert!(ran.stderr.contains("temporary files were used"), "nothing was spilled\n{ran}");
    for name in ["segments.csv", "rejects.csv", "model.json"] {
        let (ours, theirs) = (own.bytes(&format!("results/{name}")), whole.bytes(&format!("results/{name}")));
        assert!(ours == theirs, "{name} differs");
    }
}

#[test]
fn the_order_of_rows_changes_nothing() {
    let orders = crate::segment::three_kinds();
    let (header, rows) = orders.split_once('\n').unwrap();
    let backwards: Vec<&str> = rows.lines().rev().collect();
    let folder = Folder::with("a.csv", &orders);
    folder.write("b.csv", format!("{header}\n{}\n", backwards.join("\n")));
    for name in ["a", "b"] {
        folder.habitue(&["segment", &format!("{name}.csv"), "-o", name]).succeeded();
    }
    assert_eq!(folder.text("a/segments.csv"), folder.text("b/segments.csv"));
    assert_eq!(folder.text("a/model.json"), folder.text("b/model.json"));
}

#[test]
fn parquet_and_excel_tables_are_the_same_at_every_run() {
    let folder = Folder::with("orders.csv", crate::segment::three_kinds());
    for format in ["parquet", "xlsx"] {
        let [a, b] = ["a", "b"].map(|out| {
            folder.habitue(&["segment", "orders.csv", "--format", format, "-o", out, "--force"]).succeeded();
            folder.tree(out)
        });
        assert_same(&a, &b);
    }
}
