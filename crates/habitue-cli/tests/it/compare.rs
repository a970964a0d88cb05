//! Two runs: numbers and names that survive a refit, and who moved.

use serde_json::Value;

use crate::harness::Folder;
use crate::sample::SAMPLE;
use crate::segment::three_kinds;

/// How a customer buys.
#[derive(Clone, Copy)]
enum Kind {
    Loyal,
    Gone,
    New,
}

/// Orders of customers of three kinds.
fn orders(customers: &[(String, Kind)]) -> String {
    let mut csv = "customer_id,order_id,date,product,quantity,unit_price\n".to_owned();
    let mut n_orders = 0;
    let mut buy = |id: &str, day: i32, quantity: i32, cents: i32| {
        n_orders += 1;
        let date = jiff::civil::date(2024, 1, 1) + jiff::Span::new().days(i64::from(day));
        let price = format!("{}.{:02}", cents / 100, cents % 100);
        csv.push_str(&format!("{id},{n_orders},{date},P{},{quantity},{price}\n", n_orders % 7));
    };
    for (i, (id, kind)) in customers.iter().enumerate() {
        let i = i as i32 % 40;
        match kind {
            Kind::Loyal => {
                (0..12).for_each(|visit| buy(id, 335 - visit * 28 + i % 5, 10 + i % 7, 2000 + 25 * i));
            }
            Kind::Gone => (0..3).for_each(|visit| buy(id, 30 + visit * 20 + i % 9, 4 + i % 3, 1500 + 10 * i)),
            Kind::New => buy(id, 320 + i % 13, 1 + i % 2, 500 + 15 * i),
        }
    }
    csv
}

fn named(prefix: &str, numbers: std::ops::Range<usize>, kind: Kind) -> Vec<(String, Kind)> {
    numbers.map(|i| (format!("{prefix}{i:02}"), kind)).collect()
}

/// Forty of each kind.
fn first_month() -> String {
    orders(
        &[
            named("loyal", 0..40, Kind::Loyal),
            named("gone", 0..40, Kind::Gone),
            named("new", 0..40, Kind::New),
        ]
        .concat(),
    )
}

/// Eight loyal ones stopped buying, five of the gone are not in the data any more, and of the new ones ten are others.
fn second_month() -> String {
    orders(
        &[
            named("loyal", 8..40, Kind::Loyal),
            named("loyal", 0..8, Kind::Gone),
            named("gone", 0..35, Kind::Gone),
            named("new", 0..30, Kind::New),
            named("late", 0..10, Kind::New),
        ]
        .concat(),
    )
}

/// Both months segmented, the second with the first.
fn two_months() -> Folder {
    let folder = Folder::with("one.csv", first_month());
    folder.write("two.csv", second_month());
    folder.habitue(&["segment", "one.csv", "-q", "-o", "one"]).succeeded();
    folder.habitue(&["segment", "two.csv", "-q", "-o", "two", "--previous", "one"]).succeeded();
    folder
}

/// Customers from row to column.
fn matrix(movement: &Value) -> Vec<Vec<u64>> {
    let rows = movement["matrix"].as_array().unwrap().iter();
    rows.map(|row| row.as_array().unwrap().iter().map(|c| c["customers"].as_u64().unwrap()).collect())
        .collect()
}

fn ids(summary: &Value) -> Vec<u64> {
    summary["segments"].as_array().unwrap().iter().map(|s| s["id"].as_u64().unwrap()).collect()
}

#[test]
fn a_refit_on_the_same_customers_keeps_every_label() {
    let csv = three_kinds();
    let (header, rows) = csv.split_once('\n').unwrap();
    let backwards: Vec<&str> = rows.lines().rev().collect();
    let folder = Folder::with("a.csv", &csv);
    folder.write("b.csv", format!("{header}\n{}\n", backwards.join("\n")));
    folder.habitue(&["segment", "a.csv", "-q", "-o", "a"]).succeeded();
    for (n, more) in [["--seed", "3"], ["--threads", "1"], ["--format", "csv"]].iter().enumerate() {
        let out = format!("b{n}");
        let args = ["segment", "b.csv", "-q", "-o", &out, "--previous", "a", more[0], more[1]];
        folder.habitue(&args).succeeded();
        let (old, new) = (folder.table("a/segments.csv"), folder.table(&format!("{out}/segments.csv")));
        for column in ["customer_id", "segment", "segment_name"] {
            assert_eq!(old.all(column), new.all(column), "{more:?}");
        }
        assert_eq!(new.all("segment"), new.all("previous_segment"));
        let movement = &folder.json(&format!("{out}/summary.json"))["movement"];
        assert_eq!((&movement["stayed"]["customers"], &movement["agreement"]), (&120.into(), &1.0.into()));
    }
}

#[test]
fn who_moved_is_counted_in_customers_and_in_money() {
    let folder = two_months();
    let summary = folder.json("two/summary.json");
    let movement = &summary["movement"];
    // Loyal, gone, new, and not in the data; then loyal, gone, new, and gone from the data.
    assert_eq!(matrix(movement), [[32, 8, 0, 0], [0, 35, 0, 5], [0, 0, 30, 10], [0, 0, 10, 0]]);
    assert_eq!(movement["stayed"]["customers"], 97);
    for (what, n) in [("moved_up", 0), ("moved_down", 8), ("came", 10), ("gone", 15), ("entered_at_risk", 8)]
    {
        assert_eq!(movement[what]["customers"], n, "{what}");
    }
    assert_eq!(movement["previous"]["customers"], 120);
    // Of each new segment, what came into it is what it brings.
    let money = crate::harness::money_of;
    for (column, segment) in summary["segments"].as_array().unwrap().iter().enumerate() {
        let rows = movement["matrix"].as_array().unwrap().iter();
        let came: i64 = rows.map(|row| money(&row[column]["revenue"])).sum();
        assert_eq!(came, money(&segment["revenue"]), "{}", segment["name"]);
    }
    // The table says where each was, and those to speak to are a file.
    let table = folder.table("two/segments.csv");
    assert_eq!((table.of("loyal00", "segment"), table.of("loyal00", "previous_segment")), ("2", "1"));
    assert_eq!((table.of("late00", "segment"), table.of("late00", "previous_segment")), ("3", ""));
    let lost = folder.table("two/audiences/entered-at-risk.csv");
    assert_eq!(
        lost.rows.iter().map(|r| r[0].clone()).collect::<Vec<_>>(),
        (0..8).map(|i| format!("loyal{i:02}")).collect::<Vec<_>>()
    );
    let report = folder.text("two/report.html");
    assert!(report.contains("Who moved") && report.contains("chart-movement"));
    assert!(!folder.text("one/report.html").contains("Who moved"));
}

#[test]
fn the_folder_of_the_run_before_may_be_the_one_that_is_overwritten() {
    let folder = Folder::with("one.csv", first_month());
    folder.write("two.csv", second_month());
    folder.habitue(&["segment", "one.csv", "-q", "-o", "r"]).succeeded();
    folder.habitue(&["segment", "two.csv", "-q", "-o", "r", "--force", "--previous", "r"]).succeeded();
    let mut expected = two_months().json("two/summary.json");
    expected["movement"]["previous"]["folder"] = "r".into();
    assert!(folder.json("r/summary.json") == expected);
}

#[test]
fn numbers_are_never_given_twice() {
    let folder = Folder::with("orders.csv", first_month());
    let run = |out: &str, k: &str, previous: &[&str]| {
        let args = [&["segment", "orders.csv", "-q", "-o", out, "--k", k][..], previous].concat();
        folder.habitue(&args).succeeded();
        folder.json(&format!("{out}/summary.json"))
    };
    assert_eq!(ids(&run("a", "3", &[])), [1, 2, 3]);
    let two = run("b", "2", &["--previous", "a"]);
    assert_eq!((ids(&two).len(), &two["next_id"]), (2, &4.into()));
    assert!(ids(&two).iter().all(|id| *id <= 3), "{:?}", ids(&two));
    assert_eq!(two["movement"]["vanished"].as_array().unwrap().len(), 1);
    let three = run("c", "3", &["--previous", "b"]);
    let new = three["movement"]["new"].as_array().unwrap();
    assert_eq!((new.len(), &new[0]["id"], &three["next_id"]), (1, &4.into(), &5.into()));
    assert!(ids(&three).contains(&4));
    // The number goes wherever the segment goes; products are said to be bought by segments that there are.
    if let Some(slipping) = three["goods"]["only_slipping"]["segments"].as_array() {
        assert!(slipping.iter().all(|id| ids(&three).contains(&id.as_u64().unwrap())), "{slipping:?}");
    }
    let name = three["segments"].as_array().unwrap().iter().find(|s| s["id"] == 4).unwrap()["name"].clone();
    let audiences = folder.tree("c/audiences");
    assert!(audiences.keys().any(|file| file.starts_with("4-")), "{:?}", audiences.keys());
    folder.habitue(&["assign", "c/model.json", "orders.csv", "-o", "placed.csv"]).succeeded();
    let (placed, segments) = (folder.table("placed.csv"), folder.table("c/segments.csv"));
    assert_eq!(placed.all("segment"), segments.all("segment"));
    let at = placed.all("segment").iter().position(|s| *s == "4").unwrap();
    assert_eq!(placed.all("segment_name")[at], name.as_str().unwrap());
    let sample = three["sample"]["segment"].as_array().unwrap();
    assert!(
        sample.contains(&4.into()) && sample.iter().all(|id| ids(&three).contains(&id.as_u64().unwrap()))
    );
}

#[test]
fn two_folders_are_compared_on_the_terminal() {
    let folder = two_months();
    insta::assert_snapshot!(folder.habitue(&["compare", "one", "two"]), @r"
    exit: 0
    ── stdout
    From       2024-12-06 to 2024-12-06
    Stayed     97 of 120 customers, 81 %
    Better     0, with 0 of revenue
    Worse      8, with 2,225 of revenue
    At risk    8, with 2,225 of revenue, entered a segment at risk or of low value
    New        10, with 141 of revenue
    Gone       15, with 1,555 of revenue
    Agreement  0.78 (adjusted Rand index; 1 when nobody moved)

        segment                  before     stayed        now  was
      1 High-value loyal             40         32         32
      2 At risk of churning          40         35         43
      3 Potential                    40         30         40

    from \ to                    1       2       3 Gone from the data
    1 High-value loyal          32       8       0                  0
    2 At risk of churning        0      35       0                  5
    3 Potential                  0       0      30                 10
    New customers                0       0      10                  0
    ── stderr
    ");
}

#[test]
fn json_is_what_the_summary_says() {
    let folder = two_months();
    let ran = folder.habitue(&["compare", "one", "two", "--json"]).succeeded();
    assert_eq!(ran.json(), folder.json("two/summary.json")["movement"]);
}

#[test]
fn tables_of_any_format_are_read_again() {
    let folder = two_months();
    let expected = folder.habitue(&["compare", "one", "two", "--json"]).succeeded().json();
    for format in ["parquet", "xlsx"] {
        let out = format!("one-{format}");
        folder.habitue(&["segment", "one.csv", "-q", "-o", &out, "--format", format]).succeeded();
        let mut found = folder.habitue(&["compare", &out, "two", "--json"]).succeeded().json();
        assert_eq!(found["previous"]["folder"], out);
        found["previous"]["folder"] = "one".into();
        assert_eq!(found, expected, "{format}");
    }
}

#[test]
fn pages_and_tables_are_written_and_not_overwritten() {
    let folder = two_months();
    let args = ["compare", "one", "two", "-q", "-o", "movement.html", "-o", "movement.csv"];
    folder.habitue(&args).succeeded();
    assert!(folder.text("movement.html").contains("Which customers moved"));
    let table = folder.table("movement.csv");
    assert_eq!(table.rows.len(), 130);
    let of = |id: &str| table.rows.iter().find(|r| r[0] == id).unwrap()[1..5].to_vec();
    assert_eq!(of("loyal00"), ["1", "High-value loyal", "2", "At risk of churning"]);
    assert_eq!(of("late00"), ["", "", "3", "Potential"]);
    assert_eq!(of("gone39"), ["2", "At risk of churning", "", ""]);
    assert!(folder.habitue(&args).refused().contains("movement.html: this exists already"));
    folder.habitue(&[&args[..], &["--force"]].concat()).succeeded();
}

#[test]
fn ids_that_a_spreadsheet_would_run_are_still_the_same_customers() {
    let strange = first_month().replace("loyal", "=loyal").replace("gone", "@gone");
    let folder = Folder::with("one.csv", &strange);
    for (out, format) in [("a", "csv"), ("b", "parquet")] {
        folder.habitue(&["segment", "one.csv", "-q", "-o", out, "--format", format]).succeeded();
        let again = format!("{out}2");
        folder.habitue(&["segment", "one.csv", "-q", "-o", &again, "--previous", out]).succeeded();
        let movement = &folder.json(&format!("{again}/summary.json"))["movement"];
        assert_eq!(movement["stayed"]["customers"], 120, "{format}");
    }
}

#[test]
fn a_table_of_customers_has_movement_without_money() {
    let people = crate::inputs::people();
    let folder = Folder::with("people.csv", &people);
    folder.habitue(&["segment", "people.csv", "-q", "-o", "a"]).succeeded();
    folder.habitue(&["segment", "people.csv", "-q", "-o", "b", "--seed", "5", "--previous", "a"]).succeeded();
    let movement = &folder.json("b/summary.json")["movement"];
    assert_eq!(
        (&movement["stayed"]["customers"], &movement["stayed"]["revenue"]),
        (&200.into(), &"0.00".into())
    );
    let report = folder.text("b/report.html");
    let section = &report[report.find("<section id=\"movement\"").unwrap()..];
    let section = &section[..section.find("</section>").unwrap()];
    assert!(!section.contains("evenue"), "{section}");
}

#[test]
fn strangers_are_matched_by_their_typical_customers() {
    let others = first_month().replace("loyal", "l").replace("gone", "g").replace("new", "n");
    let folder = Folder::with("one.csv", first_month());
    folder.write("others.csv", others);
    folder.habitue(&["segment", "one.csv", "-q", "-o", "a"]).succeeded();
    let ran = folder.habitue(&["segment", "others.csv", "-o", "b", "--previous", "a"]).succeeded();
    assert!(ran.stderr.contains("no customer is in a segment of both runs"), "{ran}");
    let summary = folder.json("b/summary.json");
    assert_eq!((ids(&summary), &summary["movement"]["agreement"]), (vec![1, 2, 3], &Value::Null));
    assert_eq!(summary["movement"]["matches"].as_array().unwrap().len(), 3);
}

#[test]
fn what_is_no_run_is_refused_with_what_to_give_instead() {
    let folder = two_months();
    insta::assert_snapshot!(folder.habitue(&["compare", "nowhere", "two"]), @r"
    exit: 1
    ── stdout
    ── stderr
    error: nowhere/summary.json: there is no such file

    hint: give the folder that `habitue segment` wrote its results to
    ");
    folder.write("empty/note.txt", "nothing");
    insta::assert_snapshot!(folder.habitue(&["segment", "two.csv", "-q", "-o", "x", "--previous", "empty"]), @r"
    exit: 1
    ── stdout
    ── stderr
    error: empty/summary.json: there is no such file

    hint: give the folder that `habitue segment` wrote its results to
    ");
    folder.write("broken/summary.json", "{\"colour\": 3}");
    insta::assert_snapshot!(folder.habitue(&["compare", "broken", "two"]), @r"
    exit: 1
    ── stdout
    ── stderr
    error: broken/summary.json: this is no summary of a run (missing field `schema_version` at line 1 column 13)

    hint: give the folder that `habitue segment` wrote its results to
    ");
    folder.write("half/summary.json", folder.text("one/summary.json"));
    insta::assert_snapshot!(folder.habitue(&["compare", "half", "two"]), @r"
    exit: 1
    ── stdout
    ── stderr
    error: half/segments.csv: there is no such file, nor .parquet or .xlsx

    hint: give the folder that `habitue segment` wrote its results to
    ");
    folder.write("half/segments.csv", "customer_id,segment,spend\nloyal00,9,3.5\n");
    insta::assert_snapshot!(folder.habitue(&["compare", "half", "two"]), @r#"
    exit: 1
    ── stdout
    ── stderr
    error: half/segments.csv: row 2: "9" is no segment of summary.json

    hint: give the folder that `habitue segment` wrote its results to
    "#);
}

#[test]
fn a_month_later_segments_whose_customers_stay_keep_their_number_and_name() {
    let folder = Folder::new();
    folder.habitue(&["segment", SAMPLE, "-q", "--as-of", "2011-11-01", "-o", "a"]).succeeded();
    folder
        .habitue(&["segment", SAMPLE, "-q", "--as-of", "2011-12-01", "-o", "b", "--previous", "a"])
        .succeeded();
    let (before, now) = (folder.json("a/summary.json"), folder.json("b/summary.json"));
    let matches = now["movement"]["matches"].as_array().unwrap();
    for segment in before["segments"].as_array().unwrap() {
        let row = now["movement"]["from"]
            .as_array()
            .unwrap()
            .iter()
            .position(|p| p["id"] == segment["id"])
            .unwrap();
        let cells = &matrix(&now["movement"])[row];
        let (most, n) = (cells.iter().max().unwrap(), segment["customers"].as_u64().unwrap());
        if 2 * most > n {
            let kept = matches.iter().find(|m| m["previous_id"] == segment["id"]).unwrap();
            assert_eq!((&kept["id"], kept["stayed"].as_u64()), (&segment["id"], Some(*most)));
            if kept["persona"] == segment["persona"] {
                assert_eq!(kept["name"], segment["name"]);
            }
        }
    }
    assert!(matches.len() >= 3, "{matches:?}");
}
