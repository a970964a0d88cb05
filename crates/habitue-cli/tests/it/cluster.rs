//! The engine by itself, and the segments that each algorithm gives.

use crate::harness::Folder;
use crate::segment::three_kinds;

/// Thirty points around three corners, and one far from all.
fn points(header: bool) -> String {
    let mut text = if header { "x,y\n".to_owned() } else { String::new() };
    for i in 0..30 {
        let (corner, step) = (f64::from(i % 3), f64::from(i / 3));
        text += &format!("{},{}\n", corner * 10.0 + 0.1 * step, (corner - 1.0).abs() * 20.0 - 0.07 * step);
    }
    text + "500,-500\n"
}

fn labels(text: &str) -> Vec<i64> {
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("label"));
    lines.map(|line| line.parse().unwrap()).collect()
}

const ALGORITHMS: [&str; 10] = [
    "kmeans",
    "bisecting",
    "mini-batch",
    "mixture",
    "ward",
    "average",
    "complete",
    "single",
    "dbscan",
    "hdbscan",
];

#[test]
fn every_algorithm_finds_three_corners_and_gives_each_row_a_label() {
    let folder = Folder::with("points.csv", points(true));
    for algorithm in ALGORITHMS {
        let asked = ["cluster", "points.csv", "-q", "--algorithm", algorithm, "--n-clusters", "4"];
        let more: &[&str] = match algorithm {
            "dbscan" => &["--eps", "1", "--min-points", "3"],
            _ => &[],
        };
        let found = labels(&folder.habitue(&[&asked[..], more].concat()).succeeded().stdout);
        assert_eq!(found.len(), 31, "{algorithm}");
        for row in 0..30 {
            assert_eq!(found[row], found[row % 3], "{algorithm}: row {row}");
        }
        assert!(
            found[0] != found[1] && found[1] != found[2] && found[0] != found[2],
            "{algorithm}: {found:?}"
        );
        let is_noise = matches!(algorithm, "dbscan" | "hdbscan");
        assert_eq!(found[30] == -1, is_noise, "{algorithm}: {found:?}");
        assert!(found[..3].iter().all(|label| *label != found[30]), "{algorithm}: {found:?}");
    }
}

#[test]
fn with_and_without_header_as_text_and_from_standard_input_the_labels_are_the_same() {
    let folder = Folder::with("points.csv", points(true));
    folder.write("bare.csv", points(false));
    let ran = |file: &str| folder.habitue(&["cluster", file, "-q", "-k", "4"]).succeeded().stdout;
    assert_eq!(ran("points.csv"), ran("bare.csv"));
    folder.habitue(&["cluster", "points.csv", "-q", "-k", "4", "-o", "labels.csv"]).succeeded();
    assert_eq!(folder.text("labels.csv"), ran("points.csv"));
    let refused = folder.habitue(&["cluster", "points.csv", "-q", "-k", "4", "-o", "labels.csv"]).refused();
    assert!(refused.contains("this exists already"), "{refused}");
}

#[test]
fn json_tells_sizes_centres_and_metrics_and_nothing_is_scaled_unless_asked() {
    let folder = Folder::with("points.csv", "x,y\n0,0\n0,2\n1000,0\n1000,2\n");
    let run = |more: &[&str]| -> serde_json::Value {
        let asked = ["cluster", "points.csv", "-q", "--json", "-k", "2"];
        serde_json::from_str(&folder.habitue(&[&asked[..], more].concat()).succeeded().stdout).unwrap()
    };
    let plain = run(&[]);
    let mut centres = plain["centres"].as_array().unwrap().clone();
    centres.sort_by_key(|centre| centre[0].as_f64().map(|x| x as i64));
    assert_eq!(centres, [serde_json::json!([0.0, 1.0]), serde_json::json!([1000.0, 1.0])]);
    assert_eq!(plain["sizes"], serde_json::json!([2, 2]));
    assert_eq!(plain["metrics"]["inertia"], 4.0);
    // On one scale both columns count the same, and the sum of squares is that of either.
    let scaled = run(&["--scale", "standard"]);
    assert_eq!(scaled["metrics"]["inertia"], 4.0);
    assert_eq!(run(&["--columns", "y"])["columns"], serde_json::json!(["y"]));
}

#[test]
fn how_many_clusters_is_found_where_it_is_not_said() {
    let folder = Folder::with("points.csv", points(true).replace("500,-500\n", ""));
    let ran = folder.habitue(&["cluster", "points.csv", "--json"]).succeeded();
    let run: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(run["n_clusters"], 3, "{}", run["reasons"]);
    assert!(!run["reasons"].as_array().unwrap().is_empty());
}

#[test]
fn what_is_no_table_of_numbers_is_refused_with_the_cell() {
    let folder = Folder::with("words.csv", "x,y\n1,2\n3,four\n");
    insta::assert_snapshot!(folder.habitue(&["cluster", "words.csv"]).refused(), @r#"
    error: words.csv, row 3, column "y": "four" is no number

    hint: name the columns of numbers with columns, and fill in or remove rows with empty cells
    "#);
    folder.write("gaps.csv", "x,y\n1,2\n3,\n");
    insta::assert_snapshot!(folder.habitue(&["cluster", "gaps.csv"]).refused(), @r#"
    error: gaps.csv, row 3, column "y": an empty cell is no number

    hint: name the columns of numbers with columns, and fill in or remove rows with empty cells
    "#);
    let refused = folder.habitue(&["cluster", "gaps.csv", "--columns", "z"]).refused();
    assert!(refused.contains("there is no column \"z\""), "{refused}");
}

#[test]
fn segments_of_any_algorithm_are_placed_the_same_way_again() {
    let folder = Folder::with("orders.csv", three_kinds());
    for algorithm in ["mixture", "ward", "single", "hdbscan", "compare"] {
        let asked = ["segment", "orders.csv", "-q", "--force", "--algorithm", algorithm];
        folder.habitue(&asked).succeeded();
        let summary = folder.json("habitue-results/summary.json");
        let sizes: u64 =
            summary["segments"].as_array().unwrap().iter().map(|s| s["customers"].as_u64().unwrap()).sum();
        assert_eq!(sizes, summary["customers"].as_u64().unwrap(), "{algorithm}");
        let placed = folder.table("habitue-results/segments.csv");
        let model = "habitue-results/model.json";
        folder.habitue(&["assign", model, "orders.csv", "-q", "-o", "again.csv", "--force"]).succeeded();
        let again = folder.table("again.csv");
        for column in ["customer_id", "segment", "segment_name", "confidence"] {
            assert_eq!(placed.all(column), again.all(column), "{algorithm}: {column}");
        }
        let note = &summary["algorithm"];
        if algorithm == "compare" {
            let compared = note["compared"].as_array().unwrap();
            assert!(compared.len() >= 5, "{note}");
            let used = compared.iter().find(|c| c["name"] == note["name"]).unwrap();
            assert_eq!((used["moved"].as_u64(), used["agreement"].as_f64()), (Some(0), Some(1.0)));
            assert!(
                folder.text("habitue-results/report.html").contains("Other ways to group the same customers")
            );
        } else {
            assert_eq!(note["name"], algorithm);
        }
    }
}
