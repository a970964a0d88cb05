//! Summaries: the mergeable memory of customers.

use crate::harness::Folder;
use crate::sample::{SAMPLE, by_month, segmented};
use crate::segment::three_kinds;

#[test]
fn a_month_folded_at_a_time_is_the_whole_year_at_once() {
    let (months, own) = (by_month(), Folder::new());
    let files: Vec<String> = months.tree("months").into_keys().collect();
    assert_eq!(files.len(), 13);
    for (i, file) in files.iter().enumerate() {
        let month = months.arg(&format!("months/{file}"));
        let mut args = vec!["fold", &month, "--dates", "mdy", "-o", "memory.parquet", "--force"];
        if i > 0 {
            args.extend(["--summaries", "memory.parquet"]);
        }
        own.habitue(&args).succeeded();
    }
    own.habitue(&["fold", SAMPLE, "-o", "whole.parquet"]).succeeded();
    assert!(own.bytes("memory.parquet") == own.bytes("whole.parquet"), "the files of summaries differ");
    own.habitue(&["segment", "--summaries", "memory.parquet", "-o", "results"]).succeeded();
    let whole = segmented();
    assert!(
        own.bytes("results/segments.csv") == whole.bytes("results/segments.csv"),
        "segments of summaries are not those of the orders"
    );
    let (of_summaries, of_orders) = (own.json("results/summary.json"), whole.json("results/summary.json"));
    for key in ["segments", "revenue", "without_purchase", "months", "rfm", "choice", "as_of", "features"] {
        assert_eq!(of_summaries[key], of_orders[key], "{key}");
    }
    assert_eq!(of_summaries["input"]["revenue_kept"], of_orders["input"]["revenue_kept"]);
}

/// The lines of a CSV whose number leaves `rest` when divided by `parts`, under the same header.
fn part(csv: &str, parts: usize, rest: usize) -> String {
    let (header, rows) = csv.split_once('\n').unwrap();
    let mine: Vec<&str> =
        rows.lines().enumerate().filter(|(i, _)| i % parts == rest).map(|(_, r)| r).collect();
    format!("{header}\n{}\n", mine.join("\n"))
}

#[test]
fn summaries_of_any_parts_merge_in_any_order() {
    let folder = Folder::with("all.csv", three_kinds());
    for i in 0..3 {
        let name = format!("{i}.csv");
        folder.write(&name, part(&three_kinds(), 3, i));
        folder.habitue(&["fold", &name, "-o", &format!("{i}.parquet")]).succeeded();
    }
    folder.habitue(&["fold", "all.csv", "-o", "all.parquet"]).succeeded();
    let merge = |files: [&str; 3], out: &str| {
        folder.habitue(&["fold", "--summaries", files[0], files[1], files[2], "-o", out]).succeeded();
        folder.bytes(out)
    };
    let all = folder.bytes("all.parquet");
    assert!(merge(["0.parquet", "1.parquet", "2.parquet"], "012.parquet") == all);
    assert!(merge(["2.parquet", "0.parquet", "1.parquet"], "201.parquet") == all);
}

#[test]
fn orders_and_summaries_are_segmented_together() {
    let folder = Folder::with("all.csv", three_kinds());
    folder.write("old.csv", part(&three_kinds(), 2, 0));
    folder.write("new.csv", part(&three_kinds(), 2, 1));
    folder.habitue(&["fold", "old.csv", "-o", "old.parquet"]).succeeded();
    folder.habitue(&["segment", "new.csv", "--summaries", "old.parquet", "-o", "two", "-q"]).succeeded();
    folder.habitue(&["segment", "all.csv", "-o", "one", "-q"]).succeeded();
    assert_eq!(folder.text("two/segments.csv"), folder.text("one/segments.csv"));
}

#[test]
fn what_was_folded_is_said() {
    let folder = Folder::with("orders.csv", three_kinds());
    insta::assert_snapshot!(folder.habitue(&["fold", "orders.csv", "-o", "memory.parquet"]), @r"
    exit: 0
    ── stdout
    ── stderr
    120 customers remembered from 640 lines
    ");
    insta::assert_snapshot!(folder.habitue(&["fold", "orders.csv", "-o", "memory.parquet"]), @r"
    exit: 1
    ── stdout
    ── stderr
    error: memory.parquet: this exists already

    hint: write to another place, or allow overwriting with force
    ");
    insta::assert_snapshot!(folder.habitue(&["fold", "orders.csv", "--summaries", "orders.csv", "-o", "x"]), @r"
    exit: 1
    ── stdout
    ── stderr
    error: orders.csv: this is no file of summaries

    hint: give a file written by `habitue fold`
    ");
    assert_eq!(folder.names(), ["memory.parquet", "orders.csv"]);
}

#[test]
fn summaries_in_two_currencies_are_not_added_up() {
    let folder = Folder::new();
    for currency in ["EUR", "USD"] {
        let csv =
            format!("customer,date,amount,currency\na,2024-01-01,5,{currency}\nb,2024-01-02,6,{currency}\n");
        folder.write(&format!("{currency}.csv"), csv);
        folder.habitue(&["fold", &format!("{currency}.csv"), "-o", currency]).succeeded();
    }
    insta::assert_snapshot!(folder.habitue(&["segment", "--summaries", "EUR", "USD"]), @r#"
    exit: 1
    ── stdout
    ── stderr
    error: amounts are in several currencies: EUR, USD (USD)

    hint: choose one with currency = "…"; rows in the others are then counted and written out
    "#);
    assert_eq!(folder.names(), ["EUR", "EUR.csv", "USD", "USD.csv"]);
}
