//! The main job: on the sample data every fact that is known of it, on small data what is printed and written.

use serde_json::Value;

use crate::harness::{Folder, Table, money, money_of};
use crate::sample::segmented;

/// Orders of three kinds of customers: forty who buy much and often, forty who did so once, forty newcomers.
///
/// The figures wander a little from customer to customer, so that no two are alike.
pub(crate) fn three_kinds() -> String {
    let mut csv = "customer_id,order_id,date,product,quantity,unit_price\n".to_owned();
    let mut order = 0;
    let mut buy = |csv: &mut String, id: String, day: i32, quantity: i32, cents: i32| {
        order += 1;
        let date = jiff::civil::date(2024, 1, 1) + jiff::Span::new().days(i64::from(day));
        let price = format!("{}.{:02}", cents / 100, cents % 100);
        csv.push_str(&format!("{id},{order},{date},P{},{quantity},{price}\n", order % 7));
    };
    for i in 0..40 {
        for visit in 0..12 {
            buy(&mut csv, format!("loyal{i:02}"), 335 - visit * 28 + i % 5, 10 + i % 7, 2000 + 25 * i);
        }
        for visit in 0..3 {
            buy(&mut csv, format!("gone{i:02}"), 30 + visit * 20 + i % 9, 4 + i % 3, 1500 + 10 * i);
        }
        buy(&mut csv, format!("new{i:02}"), 320 + i % 13, 1 + i % 2, 500 + 15 * i);
    }
    csv
}

fn summary() -> Value {
    segmented().json("results/summary.json")
}

fn rejected(summary: &Value, reason: &str) -> (u64, i64) {
    let all = summary["input"]["rejected"].as_array().unwrap();
    let of = all.iter().find(|r| r["reason"] == reason).unwrap_or_else(|| panic!("no {reason} in {all:?}"));
    (of["rows"].as_u64().unwrap(), money_of(&of["revenue"]))
}

fn observed(summary: &Value, what: &str) -> u64 {
    let all = summary["input"]["observed"].as_array().unwrap();
    let of = all.iter().find(|o| o["what"] == what).unwrap_or_else(|| panic!("no {what} in {all:?}"));
    of["rows"].as_u64().unwrap()
}

fn segments(summary: &Value) -> &[Value] {
    summary["segments"].as_array().unwrap()
}

// What is known of the sample data.

#[test]
fn the_sample_has_541909_rows() {
    assert_eq!(summary()["input"]["rows_read"], 541_909);
    assert_eq!(summary()["sources"][0]["rows"], 541_909);
    assert_eq!(money_of(&summary()["input"]["revenue_read"]), money("9747747.934"));
}

#[test]
fn rows_without_a_customer_are_counted_with_their_revenue() {
    assert_eq!(rejected(&summary(), "no-customer"), (135_080, money("1447682.12")));
}

#[test]
fn oddities_of_the_sample_are_counted_whether_or_not_they_are_dropped() {
    let summary = summary();
    assert_eq!(observed(&summary, "cancellation-lines"), 9_288);
    assert_eq!(observed(&summary, "exact-duplicates"), 5_268);
    assert_eq!(observed(&summary, "negative-quantity"), 1_336);
    assert_eq!(observed(&summary, "zero-price"), 2_515);
}

#[test]
fn every_row_and_every_unit_of_money_is_kept_or_rejected_for_a_reason() {
    let summary = summary();
    let input = &summary["input"];
    let all = input["rejected"].as_array().unwrap();
    let rows: u64 = all.iter().map(|r| r["rows"].as_u64().unwrap()).sum();
    let revenue: i64 = all.iter().map(|r| money_of(&r["revenue"])).sum();
    assert_eq!(input["rows_kept"].as_u64().unwrap() + rows, input["rows_read"].as_u64().unwrap());
    assert_eq!(money_of(&input["revenue_kept"]) + revenue, money_of(&input["revenue_read"]));
}

#[test]
fn every_rejected_row_is_written_out_with_its_reason_and_place() {
    let folder = segmented();
    let rejects = folder.table("results/rejects.csv");
    let summary = summary();
    for entry in summary["input"]["rejected"].as_array().unwrap() {
        let reason = entry["reason"].as_str().unwrap();
        let rows = rejects.all("reason").iter().filter(|r| **r == reason).count();
        assert_eq!(rows as u64, entry["rows"].as_u64().unwrap(), "{reason}");
    }
    let all: u64 =
        summary["input"]["rejected"].as_array().unwrap().iter().map(|r| r["rows"].as_u64().unwrap()).sum();
    assert_eq!(rejects.rows.len() as u64, all);
    let mut places: Vec<u64> = rejects.all("row").iter().map(|r| r.parse().unwrap()).collect();
    places.sort_unstable();
    places.dedup();
    assert_eq!(places.len(), rejects.rows.len(), "no row is rejected twice");
}

#[test]
fn all_4372_customers_are_accounted_for_and_55_have_no_net_purchase() {
    let summary = summary();
    assert_eq!(summary["without_purchase"]["customers"], 55);
    assert_eq!(summary["customers"], 4_372 - 55);
    let table = segmented().table("results/segments.csv");
    assert_eq!(table.rows.len(), 4_372);
    assert_eq!(table.all("segment_name").iter().filter(|n| **n == "No net purchase").count(), 55);
    let mut ids = table.all("customer_id");
    ids.dedup();
    assert!(ids.len() == 4_372 && ids.is_sorted());
}

#[test]
fn the_customer_of_the_order_cancelled_within_minutes_is_not_the_best_one() {
    let table = segmented().table("results/segments.csv");
    assert_eq!(money(table.of("16446", "spend")), money("2.90"));
    assert_eq!(table.of("16446", "orders"), "1");
    let last = segments(&summary()).len().to_string();
    assert_eq!(table.of("16446", "segment"), last, "{:?}", table.columns);
    assert_eq!(table.of("12346", "segment_name"), "No net purchase");
    assert_eq!((table.of("12346", "segment"), table.of("12346", "rfm")), ("0", "0"));
}

#[test]
fn segments_are_neither_crumbs_nor_nearly_everybody() {
    let summary = summary();
    assert!((3..=8).contains(&segments(&summary).len()));
    for segment in segments(&summary) {
        let share = segment["share"].as_f64().unwrap();
        assert!((0.02..=0.60).contains(&share), "{}: {share}", segment["name"]);
    }
}

#[test]
fn segments_are_numbered_by_value_and_personas_agree_with_it() {
    let summary = summary();
    let mean = |s: &Value| money_of(&s["revenue"]) as f64 / s["customers"].as_f64().unwrap();
    let worth: Vec<f64> = segments(&summary).iter().map(mean).collect();
    assert!(worth.is_sorted_by(|a, b| a > b), "{worth:?}");
    let numbers: Vec<_> = segments(&summary).iter().map(|s| s["id"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (1..=worth.len() as u64).collect::<Vec<_>>());
    let personas: Vec<_> = segments(&summary).iter().map(|s| s["persona"].as_str().unwrap()).collect();
    assert_eq!(personas.first(), Some(&"High-value loyal"), "{personas:?}");
    assert_eq!(personas.last(), Some(&"Low value"), "{personas:?}");
    let mut names: Vec<_> = segments(&summary).iter().map(|s| s["name"].as_str().unwrap()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), worth.len(), "names are unique");
}

#[test]
fn the_best_customers_score_555_and_sit_in_the_best_segment() {
    let table = segmented().table("results/segments.csv");
    let (spend, rfm, segment, grid) =
        (table.all("spend"), table.all("rfm"), table.all("segment"), table.all("rfm_segment"));
    let mut by_spend: Vec<usize> = (0..spend.len()).collect();
    by_spend.sort_by_key(|&i| -money(spend[i]));
    for id in ["14646", "18102", "14911"] {
        assert_eq!(
            (table.of(id, "rfm"), table.of(id, "segment"), table.of(id, "rfm_segment")),
            ("555", "1", "Champions"),
            "{id}"
        );
    }
    // Not only the very best: whoever scores highest in everything is in one of the two best segments, nearly all in the
    // first, and nobody who scores lowest.
    let highest = || (0..rfm.len()).filter(|&i| rfm[i] == "555");
    let in_best = highest().filter(|&i| segment[i] == "1").count();
    assert!(in_best * 10 >= highest().count() * 7, "{in_best} of {}", highest().count());
    for i in 0..rfm.len() {
        assert!(rfm[i] != "555" || (["1", "2"].contains(&segment[i]) && grid[i] == "Champions"), "row {i}");
        assert!(rfm[i] != "111" || segment[i] != "1", "row {i}");
    }
    assert!(by_spend[..50].iter().all(|&i| rfm[i].ends_with('5')));
    let count = |score: &str| rfm.iter().filter(|r| **r == score).count();
    assert!(count("555") > 200 && count("111") > 200);
}

#[test]
fn the_revenue_of_segments_adds_up_to_what_was_kept() {
    let summary = summary();
    let of_segments: i64 = segments(&summary).iter().map(|s| money_of(&s["revenue"])).sum();
    assert_eq!(of_segments, money_of(&summary["revenue"]));
    let apart = money_of(&summary["without_purchase"]["revenue"]);
    assert!(apart < 0);
    assert_eq!(of_segments + apart, money_of(&summary["input"]["revenue_kept"]));
    let of_months: i64 = summary["months"].as_array().unwrap().iter().map(|m| money_of(&m["revenue"])).sum();
    assert_eq!(of_months, money_of(&summary["input"]["revenue_kept"]));
    let customers: u64 = segments(&summary).iter().map(|s| s["customers"].as_u64().unwrap()).sum();
    assert_eq!(customers, summary["customers"].as_u64().unwrap());
}

#[test]
fn the_tables_say_what_the_summary_says() {
    let (folder, summary) = (segmented(), summary());
    let table = folder.table("results/segments.csv");
    let audiences = folder.tree("results/audiences");
    assert_eq!(audiences.len(), segments(&summary).len());
    for segment in segments(&summary) {
        let id = segment["id"].to_string();
        let mine: Vec<&Vec<String>> = table.rows.iter().filter(|r| r[1] == id).collect();
        assert_eq!(mine.len() as u64, segment["customers"].as_u64().unwrap());
        let spend = table.column("spend");
        let revenue: i64 = mine.iter().map(|r| money(&r[spend])).sum();
        assert_eq!(revenue, money_of(&segment["revenue"]));
        let (_, audience) = audiences.iter().find(|(name, _)| name.starts_with(&format!("{id}-"))).unwrap();
        let audience = Table::read(audience);
        assert!(audience.rows.iter().eq(mine), "audience {id}");
    }
    let cells: u64 =
        summary["rfm"]["cells"].as_array().unwrap().iter().map(|c| c["customers"].as_u64().unwrap()).sum();
    assert_eq!(cells, summary["customers"].as_u64().unwrap());
}

#[test]
fn names_that_other_programs_rely_on_are_there() {
    let (folder, summary) = (segmented(), summary());
    let columns = folder.table("results/segments.csv").columns;
    let (first, last) = (&columns[..8], &columns[columns.len() - 2..]);
    let promised = [
        "customer_id",
        "segment",
        "segment_name",
        "persona",
        "confidence",
        "recency_days",
        "orders",
        "spend",
    ];
    assert_eq!(first, promised);
    assert_eq!(last, ["rfm", "rfm_segment"]);
    for path in [
        "/input/rows_read",
        "/input/rows_kept",
        "/input/revenue_read",
        "/input/revenue_kept",
        "/input/rejected/0/reason",
        "/input/rejected/0/rows",
        "/input/rejected/0/customers",
        "/input/rejected/0/revenue",
        "/as_of",
        "/customers",
        "/choice/k",
        "/choice/candidates/1/k",
        "/choice/candidates/1/inertia",
        "/choice/candidates/1/silhouette",
        "/choice/reasons/0",
        "/segments/0/id",
        "/segments/0/name",
        "/segments/0/persona",
        "/segments/0/customers",
        "/segments/0/share",
        "/segments/0/revenue",
        "/segments/0/revenue_share",
        "/segments/0/rule/text",
        "/segments/0/rule/precision",
        "/segments/0/rule/recall",
        "/segments/0/profile/0",
        "/segments/0/actions/0",
    ] {
        assert!(summary.pointer(path).is_some(), "summary.json has no {path}");
    }
    assert_eq!(
        folder.names().len() + folder.tree("results").len(),
        2 + 5 + segments(&summary).len(),
        "report.html, segments.csv, audiences, rejects.csv, model.json, summary.json and nothing else"
    );
}

#[test]
fn rules_describe_their_segments_well_enough_to_be_used() {
    for segment in segments(&summary()) {
        let (precision, recall) =
            (segment["rule"]["precision"].as_f64().unwrap(), segment["rule"]["recall"].as_f64().unwrap());
        assert!(precision > 0.6 && recall > 0.6, "{}: {}", segment["name"], segment["rule"]);
    }
}

// What is printed and written, on small data.

#[test]
fn a_small_run_says_what_it_read_kept_and_found() {
    let folder = Folder::with("orders.csv", three_kinds());
    let ran = folder.habitue(&["segment", "orders.csv"]);
    insta::assert_snapshot!(ran, @r"
    exit: 0
    ── stdout
    Columns    customer = customer_id, time = date, order = order_id, product = product, quantity = quantity, unit_price = unit_price
    Rows       640 read, 640 kept
    As of      2024-12-06
    Customers  120
    Segments   Customers form groups: 3 segments reach a silhouette of 0.91, data without groups 0.35.
               With 3 to 8 segments and at least 2 % and at most 60 % of customers in each segment, 3, 4, 5, 6, 7 and 8 can serve.
               Each of 3, 4 and 5 is found again in other samples of the customers; of the others, some segments are not.
               Of these, 3 ranks best when silhouette, silhouette above chance, Calinski-Harabasz and Davies-Bouldin are taken together.
               With 3, half of the customers foretell the other half with a strength of 1.00 ± 0.00, and every segment is found again (stability 1.00).

        segment               customers   share        revenue   share
      1 High-value loyal             40    33 %        153,915    94 %
        last order within 5 days
        → Thank them with a perk, not a discount
      2 At risk of churning          40    33 %         10,121     6 %
        last order at least 262 days ago
        → Win them back in their own rhythm
      3 Potential                    40    33 %            477   0.3 %
        at most 1 order in the last twelve months
        → Lift the next order above 12

    ── stderr
    note: orders_12m and spend_12m say nearly the same (correlation 0.96); together they weigh double
    note: orders_12m and average_order_value say nearly the same (correlation 0.96); together they weigh double
    note: spend_12m and average_order_value say nearly the same (correlation 0.98); together they weigh double
    Results are in habitue-results: open habitue-results/report.html
    ");
    assert_eq!(folder.names(), ["habitue-results/", "orders.csv"]);
}

#[test]
fn json_is_the_summary_and_words_go_to_stderr() {
    let folder = Folder::with("orders.csv", three_kinds());
    let ran = folder.habitue(&["segment", "orders.csv", "--json", "-o", "out"]).succeeded();
    assert_eq!(ran.json(), folder.json("out/summary.json"));
    assert!(ran.stderr.contains("Results are in out"), "{ran}");
    let quiet = folder.habitue(&["segment", "orders.csv", "--quiet", "-o", "quiet"]).succeeded();
    assert_eq!((quiet.stdout.as_str(), quiet.stderr.as_str()), ("", ""));
}

#[test]
fn a_dry_run_prints_settings_that_can_be_given_back() {
    let folder = Folder::new();
    let args =
        ["segment", "--k", "4", "--cleaning", "classic", "--as-of", "2025-01-01", "--map", "customer=Who"];
    let ran = folder.habitue(&[&args[..], &["--dry-run"]].concat()).succeeded();
    insta::assert_snapshot!(ran, @r#"
    exit: 0
    ── stdout
    cleaning = "classic"
    as_of = "2025-01-01"
    memory_mb = 2048
    algorithm = "kmeans"

    [read.map]
    customer = "Who"

    [products.map]

    [preparation]
    winsorise = [0.005, 0.995]
    skew = "auto"
    skew_threshold = 1.0
    scale = "standard"

    [choose]
    k_max = 12
    min_segments = 3
    max_segments = 8
    min_share = 0.02
    max_share = 0.6
    prefer_more = true
    gap_draws = 10
    gap_rows = 1500
    silhouette_rows = 50000
    strength_splits = 8
    stability_draws = 15
    resampled_rows = 1000
    n_init = 3
    seed = 0
    evidence_seed = 0
    k = 4

    [tuning]

    [backtest]
    days = 90

    [lifetime]
    horizon_days = 365
    yearly_discount = 0.1
    ── stderr
    "#);
    folder.write("habitue.toml", &ran.stdout);
    let again = folder.habitue(&["segment", "--dry-run"]).succeeded();
    assert_eq!(again.stdout, ran.stdout);
    assert_eq!(folder.names(), ["habitue.toml"], "a dry run writes nothing");
}

#[test]
fn flags_win_over_the_settings_file() {
    let folder = Folder::with("habitue.toml", "[choose]\nk = 3\nseed = 9\n");
    let ran = folder.habitue(&["segment", "--dry-run", "--k", "5"]).succeeded();
    assert!(ran.stdout.contains("\nk = 5\n") && ran.stdout.contains("\nseed = 9\n"), "{ran}");
}

#[test]
fn results_of_another_run_are_overwritten_only_when_told_to() {
    let folder = Folder::with("orders.csv", three_kinds());
    folder.habitue(&["segment", "orders.csv", "-q"]).succeeded();
    folder.write("habitue-results/notes.txt", "mine");
    let before = folder.tree("habitue-results");
    insta::assert_snapshot!(folder.habitue(&["segment", "orders.csv", "--k", "2"]), @r"
    exit: 1
    ── stdout
    ── stderr
    error: habitue-results: this exists already

    hint: write to another place, or allow overwriting with force
    ");
    assert_eq!(folder.tree("habitue-results"), before);
    folder.habitue(&["segment", "orders.csv", "--k", "2", "--force", "-q"]).succeeded();
    let after = folder.tree("habitue-results");
    assert_eq!(after["notes.txt"], b"mine", "files of others stay");
    let audiences = after.keys().filter(|name| name.starts_with("audiences/")).count();
    assert_eq!(audiences, 2, "audiences of the first run are gone");
    assert_eq!(folder.names(), ["habitue-results/", "orders.csv"], "nothing is left beside the results");
}

#[test]
fn k_can_be_said() {
    let folder = Folder::with("orders.csv", three_kinds());
    for k in ["1", "2", "5"] {
        folder.habitue(&["segment", "orders.csv", "--k", k, "-o", k, "-q"]).succeeded();
        let summary = folder.json(&format!("{k}/summary.json"));
        assert_eq!(segments(&summary).len().to_string(), k);
        assert_eq!(
            (&summary["choice"]["forced"], summary["choice"]["k"].to_string().as_str()),
            (&Value::Bool(true), k)
        );
    }
}

#[test]
fn tables_are_written_as_parquet_and_excel_on_request() {
    let folder = Folder::with("orders.csv", three_kinds());
    folder.habitue(&["segment", "orders.csv", "-q", "-o", "csv"]).succeeded();
    let csv = folder.table("csv/segments.csv");
    for format in ["parquet", "xlsx"] {
        folder.habitue(&["segment", "orders.csv", "-q", "-o", format, "--format", format]).succeeded();
        let tree = folder.tree(format);
        assert!(tree.contains_key(&format!("segments.{format}")) && !tree.contains_key("segments.csv"));
        // Read back as a table of customers by the program itself.
        let table = format!("{format}/segments.{format}");
        let ran =
            folder.habitue(&["segment", &table, "--k", "1", "-o", "back", "--force", "--json"]).succeeded();
        assert_eq!(ran.json()["customers"].as_u64().unwrap() as usize, csv.rows.len());
    }
}

#[test]
fn orders_can_come_through_standard_input() {
    let folder = Folder::with("orders.csv", three_kinds());
    folder.habitue(&["segment", "orders.csv", "-q", "-o", "file"]).succeeded();
    folder.habitue_reading(&["segment", "-", "-q", "-o", "pipe"], three_kinds().as_bytes()).succeeded();
    assert_eq!(folder.bytes("file/segments.csv"), folder.bytes("pipe/segments.csv"));
}

#[test]
fn the_as_of_date_can_be_said() {
    let folder = segmented();
    assert_eq!(folder.json("results/summary.json")["as_of"], "2011-12-10");
    let small = Folder::with("orders.csv", three_kinds());
    let args = ["features", "orders.csv", "--features", "rfm", "-o"];
    small.habitue(&[&args[..], &["now.csv"]].concat()).succeeded();
    small.habitue(&[&args[..], &["later.csv", "--as-of", "2025-12-31"]].concat()).succeeded();
    let days = |name: &str| small.table(name).of("new00", "recency_days").parse::<i32>().unwrap();
    let last = small.habitue(&["features", "orders.csv", "--json"]).json()["input"]["last_day"].clone();
    let shift =
        jiff::civil::date(2025, 12, 31).since(last.as_str().unwrap().parse::<jiff::civil::Date>().unwrap());
    assert_eq!(days("later.csv") - days("now.csv"), shift.unwrap().get_days() - 1);
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let folder = Folder::new();
    insta::assert_snapshot!(folder.habitue(&["segment", "no/such.csv"]), @r"
    exit: 1
    ── stdout
    ── stderr
    error: no/such.csv: no such file, folder or pattern

    hint: check the path; folders, patterns such as 'orders-*.csv' and - for standard input are read too
    ");
    assert!(folder.names().is_empty());
}
