//! Hostile: what would run in a spreadsheet, a browser or a terminal.

use super::*;

#[test]
fn formulas_are_defused_and_tags_are_text() {
    let csv = crate::segment::three_kinds()
        .replace("loyal01", "=HYPERLINK(\"\"x\"\")")
        .replace("loyal02", "@SUM(A1)")
        .replace("new03", "+cmd|' /C calc'!A0")
        .replace("gone04", "<script>alert(1)</script>")
        .replace("gone05", "x'; DROP TABLE customers;--");
    let csv = csv.replace("=HYPERLINK(\"\"x\"\")", "\"=HYPERLINK(\"\"x\"\")\"");
    let folder = Folder::with("<img src=x onerror=alert(5)>.csv", csv);
    let ran = folder.habitue(&["segment", "<img src=x onerror=alert(5)>.csv", "-o", "out"]).succeeded();
    let table = folder.table("out/segments.csv");
    let ids = table.all("customer_id");
    for id in ["'=HYPERLINK(\"x\")", "'@SUM(A1)", "'+cmd|' /C calc'!A0", "x'; DROP TABLE customers;--"] {
        assert!(ids.contains(&id), "{id}\n{ids:?}");
    }
    for (name, bytes) in folder.tree("out") {
        if name.ends_with(".csv") {
            let table = crate::harness::Table::read(&bytes);
            let runs = |c: &String| {
                c.starts_with(['=', '@', '+', '\t']) || c.starts_with('-') && c.parse::<f64>().is_err()
            };
            assert!(!table.rows.iter().flatten().any(runs), "{name}");
        }
    }
    let report = folder.text("out/report.html");
    assert!(
        !report.contains("<img src=x") && !report.contains("<script>alert(1)"),
        "a tag broken out\n{ran}"
    );
}

#[test]
fn nothing_from_the_data_steers_the_terminal() {
    let evil = "\u{1b}[31mRED\u{1b}[0m\u{202e}live";
    let csv =
        BASE.replace("CustomerID", &format!("CustomerID{evil}")).replace("536370", &format!("53{evil}"));
    let folder = Folder::with("orders.csv", csv);
    let map = format!("customer=CustomerID{evil}");
    for args in [
        &["segment", "orders.csv", "--map", &map, "--k", "1", "-o", "out"][..],
        &["segment", "orders.csv", "--map", "customer=nobody"],
        &["features", "orders.csv", "--features", "\u{1b}[31m"],
    ] {
        let ran = folder.habitue(args);
        assert!(!ran.stderr.contains(['\u{1b}', '\u{202e}']), "{:?}", ran.stderr);
        assert!(!ran.stdout.contains(['\u{1b}', '\u{202e}']), "{:?}", ran.stdout);
    }
}
