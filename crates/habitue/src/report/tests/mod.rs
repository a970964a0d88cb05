//! The page as a reader, a browser and an attacker meet it.
//!
//! With `HABITUE_REPORT_DIR` set, the pages are also written there, for `tools/check_report.py` and for the eye.

mod base;
mod fixture;
mod goods;

use std::collections::BTreeSet;

use super::*;

fn pages() -> Vec<(&'static str, Outcome)> {
    vec![
        ("shop", fixture::shop()),
        ("hostile", fixture::hostile()),
        ("customers", fixture::customers_only()),
        ("one", fixture::one_segment()),
        ("twelve", fixture::twelve_segments()),
        ("moved", fixture::moved()),
    ]
}

/// The page without plotly.js: what we wrote ourselves.
fn ours(page: &str) -> String {
    page.replace(&plotly_js(), "")
}

/// The JSON of the charts.
fn drawings(page: &str) -> serde_json::Value {
    let start = page.find("id=\"drawings\">").unwrap() + "id=\"drawings\">".len();
    let end = start + page[start..].find("</script>").unwrap();
    serde_json::from_str(&page[start..end]).unwrap()
}

/// The table with a caption id, its rows as cells of text.
fn table(page: &str, caption: &str) -> Vec<Vec<String>> {
    let start = page.find(&format!("<caption id=\"{caption}\"")).unwrap();
    let end = start + page[start..].find("</table>").unwrap();
    let rows = page[start..end].split("<tr").skip(1);
    rows.map(|row| {
        let cells = row.split("</t").filter_map(|cell| cell.rfind(['>']).map(|at| cell[at + 1..].to_owned()));
        cells.collect()
    })
    .collect()
}

#[test]
fn every_outcome_makes_a_page() {
    for (name, outcome) in pages() {
        let page = render(&outcome, &Layout::default()).unwrap();
        assert!(page.starts_with("<!doctype html>"), "{name}");
        assert!(page.len() < 6_000_000, "{name}: {} bytes", page.len());
        if let Some(folder) = std::env::var_os("HABITUE_REPORT_DIR") {
            std::fs::write(std::path::Path::new(&folder).join(format!("{name}.html")), page).unwrap();
        }
    }
}

#[test]
fn the_same_outcome_gives_the_same_bytes() {
    assert_eq!(
        render(&fixture::shop(), &Layout::default()).unwrap(),
        render(&fixture::shop(), &Layout::default()).unwrap()
    );
}

#[test]
fn every_segment_is_named_with_its_numbers() {
    let page = ours(&render(&fixture::shop(), &Layout::default()).unwrap());
    for text in ["Champions", "Potential regulars", "Good customers drifting away", "One small order"] {
        // Contents, table, rule, heading, clarity and more.
        assert!(page.matches(text).count() >= 5, "{text}");
    }
    for text in ["4,334", "£8,300,066", "64.0%", "18.7%", "£5,310,442", "last order within 41 days"] {
        assert!(page.contains(text), "{text}");
    }
    assert!(page.contains("Of 100 customers whom this rule picks, 93 are in the segment"));
}

#[test]
fn nobody_is_shown_a_z_score_or_a_missing_number() {
    for (name, outcome) in pages() {
        let page = ours(&render(&outcome, &Layout::default()).unwrap());
        for text in ["NaN", "inf", "None", "Some("] {
            let words = page.split(|c: char| !c.is_alphanumeric() && c != '(');
            assert_eq!(words.filter(|word| *word == text).count(), 0, "{name}: {text}");
        }
    }
}

#[test]
fn rejected_and_kept_rows_add_up_to_what_was_read() {
    let outcome = fixture::shop();
    let page = ours(&render(&outcome, &Layout::default()).unwrap());
    let rows = table(&page, "audit-caption");
    let number = |text: &str| text.replace([',', '£'], "").replace('−', "-").parse::<i64>().unwrap();
    let n = outcome.input.rejected.len();
    // Heading, read, one row a reason, all rejected, kept.
    assert_eq!(rows.len(), n + 4);
    for column in [1, 3] {
        let cell = |row: usize| number(&rows[row][column]);
        let rejected: i64 = (2..2 + n).map(cell).sum();
        assert_eq!(rejected, cell(n + 2), "column {column}");
        assert_eq!(cell(1), rejected + cell(n + 3), "column {column}");
    }
    assert!(!page.contains("This does not add up"));
    assert_eq!(rows[1][3], "£9,768,840");
}

#[test]
fn what_is_expected_adds_up_as_it_is_written() {
    let page = ours(&render(&fixture::shop(), &Layout::default()).unwrap());
    let rows = table(&page, "value-caption");
    let number = |text: &str| text.replace([',', '£'], "").parse::<i64>().unwrap();
    // Two rows of headings, four segments, their sum.
    assert_eq!(rows.len(), 7);
    for (column, total) in rows[6].iter().enumerate().take(7).skip(1) {
        let sum: i64 = (2..6).map(|row| number(&rows[row][column])).sum();
        assert_eq!(sum, number(total), "column {column}");
    }
    assert!(page.contains("it expected 13.9% too few. Take the amounts as a guide, not as a budget."));
}

#[test]
fn a_forecast_that_could_not_be_made_says_why() {
    let page = ours(&render(&fixture::one_segment(), &Layout::default()).unwrap());
    let said = "Orders could not be forecast: too few customers have bought again (12 of the customers bought again; the estimate needs at least 30).";
    assert_eq!(page.matches(said).count(), 1);
    assert!(page.contains("Spend could not be forecast: too few"));
    assert!(!page.contains("value-caption") && !page.contains("How far to believe it"));
}

#[test]
fn a_sum_that_is_wrong_is_not_hidden() {
    let mut outcome = fixture::shop();
    outcome.input.rows_read += 7;
    assert!(
        render(&outcome, &Layout::default())
            .unwrap()
            .contains("This does not add up: 7 rows are neither kept nor rejected.")
    );
    let mut outcome = fixture::shop();
    outcome.input.revenue_kept.0 += 1;
    assert!(render(&outcome, &Layout::default()).unwrap().contains("This does not add up: The revenue"));
}

#[test]
fn text_from_the_data_never_becomes_markup() {
    let outcome = fixture::hostile();
    let page = ours(&render(&outcome, &Layout::default()).unwrap());
    for bad in ["<script>alert", "<img", "<a href=\"https://evil", "\u{202e}", "\u{2028}", "\0", "\u{1b}"] {
        assert!(!page.contains(bad), "{bad:?}");
    }
    // The two scripts of the page, and nothing that ends them early. (plotly.js is the third.)
    assert_eq!(page.matches("<script").count(), 2);
    assert_eq!(page.matches("</script").count(), 2);
    // It is there, as text: in names, roles, rules, actions, settings.
    assert!(page.matches("&#60;/script&#62;&#60;script&#62;alert(5)").count() > 30);
}

#[test]
fn chart_labels_are_text_to_plotly_too() {
    let page = render(&fixture::hostile(), &Layout::default()).unwrap();
    let json = drawings(&page);
    let mut labels = Vec::new();
    strings(&json, &mut labels);
    assert!(labels.iter().any(|l| l.contains("&lt;/script&gt;")));
    for label in labels {
        let ours = label.replace("<br>", "");
        assert!(!ours.contains(['<', '>', '\u{202e}', '\0']), "{label:?}");
    }
    // Templates would be filled in by plotly.js; a name with %{x} must never be one.
    assert!(!page[page.find("id=\"drawings\"").unwrap()..].contains("template"));
}

fn strings(value: &serde_json::Value, out: &mut Vec<String>) {
    match value {
        serde_json::Value::String(text) => out.push(text.clone()),
        serde_json::Value::Array(items) => items.iter().for_each(|item| strings(item, out)),
        serde_json::Value::Object(fields) => fields.values().for_each(|field| strings(field, out)),
        _ => {}
    }
}

#[test]
fn nothing_is_loaded_from_anywhere() {
    for (name, outcome) in pages() {
        let page = ours(&render(&outcome, &Layout::default()).unwrap());
        for attribute in ["src=", "href=", "url(", "@import", "action=", "srcset="] {
            for (at, _) in page.match_indices(attribute) {
                let value = page[at + attribute.len()..].trim_start_matches(['"', '\'']);
                let text_of_the_data = attribute == "src=" && value.starts_with("x onerror")
                    || value.starts_with("&#34;https://evil")
                    || value.starts_with("\\\"https://evil")
                    || value.starts_with("https://evil.example/\\\"\\u0026gt;");
                let local = value.starts_with('#') || value.starts_with("data:,");
                assert!(
                    local || text_of_the_data,
                    "{name}: {attribute}{}",
                    value.chars().take(60).collect::<String>()
                );
            }
        }
        assert!(page.contains("default-src 'none'"), "{name}");
    }
}

#[test]
fn ids_are_unique_and_links_lead_somewhere() {
    for (name, outcome) in pages() {
        let page = ours(&render(&outcome, &Layout::default()).unwrap());
        let values = |attribute: &str| -> Vec<String> {
            let cut =
                |(at, _): (usize, &str)| page[at + attribute.len()..].split('"').next().unwrap().to_owned();
            page.match_indices(attribute).map(cut).collect()
        };
        let ids = values(" id=\"");
        let unique: BTreeSet<&String> = ids.iter().collect();
        assert_eq!(unique.len(), ids.len(), "{name}: {ids:?}");
        let labels = values("aria-labelledby=\"");
        let labels = labels.iter().flat_map(|ids| ids.split(' ')).map(str::to_owned);
        for target in values("href=\"#").into_iter().chain(labels) {
            assert!(unique.contains(&target), "{name}: {target}");
        }
    }
}

#[test]
fn headings_never_skip_a_level() {
    for (name, outcome) in pages() {
        let page = ours(&render(&outcome, &Layout::default()).unwrap());
        let level = |(at, _): (usize, &str)| page[at + 2..].chars().next().and_then(|c| c.to_digit(10));
        let levels: Vec<u32> = page.match_indices("<h").filter_map(level).collect();
        assert_eq!(levels[0], 1, "{name}");
        assert!(levels.windows(2).all(|pair| pair[1] <= pair[0] + 1), "{name}: {levels:?}");
    }
}

#[test]
fn every_table_has_a_caption_and_every_chart_a_table() {
    for (name, outcome) in pages() {
        let page = ours(&render(&outcome, &Layout::default()).unwrap());
        assert_eq!(page.matches("<table").count(), page.matches("<caption").count(), "{name}");
        assert_eq!(
            page.matches("class=\"drawing\"").count(),
            drawings(&page).as_object().unwrap().len(),
            "{name}"
        );
        assert_eq!(
            page.matches("class=\"drawing\"").count(),
            page.matches("<details class=\"numbers\">").count()
        );
    }
}

#[test]
fn a_table_of_customers_has_no_money_and_no_dates() {
    let page = ours(&render(&fixture::customers_only(), &Layout::default()).unwrap());
    for text in ["Revenue", "revenue", "RFM", "twelve months", "As-of", "month by month"] {
        let told = page[page.find("<main>").unwrap()..page.find("</main>").unwrap()].matches(text).count();
        assert_eq!(told, 0, "{text}");
    }
}

#[test]
fn who_moved_is_told_with_numbers_that_add_up() {
    let outcome = fixture::moved();
    let movement = outcome.movement.as_ref().unwrap();
    let page = ours(&render(&outcome, &Layout::default()).unwrap());
    assert!(page.contains("--previous &#39;results/of october&#39;</code>"), "how to get it again");
    for text in
        ["was Regulars", "no more", "Segments keep the numbers of the previous run", "entered-at-risk"]
    {
        assert!(page.contains(text), "{text}");
    }
    // Heading, one row a place, all.
    let rows = table(&page, "matrix-caption");
    assert_eq!(rows.len(), movement.from.len() + 2);
    let drawn: u64 = drawings(&page)["chart-movement"]["data"][0]["link"]["value"]
        .as_array()
        .unwrap()
        .iter()
        .map(|v| v.as_u64().unwrap())
        .sum();
    let counted: usize = movement.matrix.iter().flatten().map(|m| m.flow.customers).sum();
    assert_eq!(drawn, counted as u64);
    assert!(page.contains(&format::count(counted)));
    // The colour of a segment is that of its number, wherever it stands.
    assert!(page.contains("<span class=\"badge c7\">7</span>"));
    assert!(!page.contains("<span class=\"badge c2\">"));
    // Without a run before there is nothing to tell.
    assert!(!render(&fixture::shop(), &Layout::default()).unwrap().contains("Who moved"));
}

#[test]
fn one_segment_by_order_of_the_user_is_no_finding() {
    let mut outcome = fixture::one_segment();
    outcome.choice.candidates.truncate(1);
    assert!(
        render(&outcome, &Layout::default()).unwrap().contains("<strong>one group</strong>. The section")
    );
}

#[test]
fn an_outcome_with_nothing_in_it_still_makes_a_page() {
    let mut outcome = fixture::customers_only();
    outcome.customers = 0;
    outcome.segments.clear();
    outcome.movement = None;
    outcome.features.clear();
    outcome.sample = crate::outcome::Sample::default();
    outcome.choice.candidates.clear();
    outcome.base = None;
    let page = render(&outcome, &Layout::default()).unwrap();
    assert!(page.contains("</html>"));
    // Nothing is drawn, so the library is left out.
    assert!(page.len() < 200_000, "{} bytes", page.len());
}

#[test]
fn one_segment_is_said_to_be_no_structure() {
    let page = ours(&render(&fixture::one_segment(), &Layout::default()).unwrap());
    assert!(page.contains("<strong>one group</strong>: the data show no structure"));
    assert!(page.contains("Why 1 segment<"));
}
