//! What was read and what became of it: every row and all revenue accounted for.

use std::collections::BTreeMap;

use askama::Template;
use habitue_core::Money;
use plotly::common::{HoverInfo, Marker};
use plotly::layout::{Axis, AxisType};
use plotly::{Bar, Traces};

use crate::outcome::{Month, Outcome};
use crate::report::chart::{Chart, DataTable, Drawing, axis, layout};
use crate::report::escape::chart_text;
use crate::report::format::{count, counted, day, month, share};
use crate::report::story::Story;

/// A gap of more months than this is left as a gap.
const MOST_MONTHS: i32 = 1_200;

#[derive(Template)]
#[template(path = "report/cleaning.html")]
pub(super) struct Cleaning<'a> {
    story: &'a Story<'a>,
    sources: Vec<[String; 3]>,
    roles: Vec<Role<'a>>,
    audit: Audit,
    observed: Vec<[String; 3]>,
    kept_apart: Option<String>,
    months: Option<Chart>,
}

struct Role<'a> {
    role: &'a str,
    column: &'a str,
    sure: String,
    why: &'a str,
}

/// The rows and the revenue, from what was read to what was kept.
struct Audit {
    read: [String; 2],
    rejected: Vec<[String; 4]>,
    total_rejected: [String; 2],
    kept: [String; 3],
    kept_share: String,
    /// What is wrong with the sum, if anything.
    mismatch: Option<String>,
}

impl<'a> Cleaning<'a> {
    pub(super) fn new(story: &'a Story<'a>) -> Self {
        let outcome = story.outcome;
        let observed: Vec<_> = outcome.input.observed.iter().map(|o| o.revenue).collect();
        let observed = outcome.input.observed.iter().zip(story.format.money_column(&observed).texts());
        Self {
            sources: outcome
                .sources
                .iter()
                .map(|s| [s.path.clone(), s.format.clone(), count(s.rows)])
                .collect(),
            roles: outcome
                .roles
                .iter()
                .map(|r| Role { role: &r.role, column: &r.column, sure: how_sure(r.confidence), why: &r.why })
                .collect(),
            audit: audit(story),
            observed: observed.map(|(o, revenue)| [o.text.clone(), count(o.rows), revenue]).collect(),
            kept_apart: kept_apart(story),
            months: months(story),
            story,
        }
    }

    pub(super) fn charts(&self) -> impl Iterator<Item = &Chart> {
        self.months.iter()
    }
}

fn how_sure(confidence: f64) -> String {
    match confidence {
        c if c >= 1.0 => "given or certain".to_owned(),
        c if c >= 0.9 => format!("very sure ({:.0}%)", c * 100.0),
        c if c >= 0.7 => format!("sure ({:.0}%)", c * 100.0),
        c => format!("a guess – please check ({:.0}%)", c * 100.0),
    }
}

fn audit(story: &Story<'_>) -> Audit {
    let input = &story.outcome.input;
    let rows: u64 = input.rejected.iter().map(|r| r.rows).sum();
    let revenue: i128 = input.rejected.iter().map(|r| i128::from(r.revenue.0)).sum();
    // Rejected reasons, then what was kept: rounded together, so that the column adds up to what was read.
    let column: Vec<Money> = input.rejected.iter().map(|r| r.revenue).chain([input.revenue_kept]).collect();
    let column = story.format.money_column(&column);
    let texts = column.texts();
    let off_rows = i128::from(input.rows_read) - i128::from(input.rows_kept) - i128::from(rows);
    let off_revenue = i128::from(input.revenue_read.0) - i128::from(input.revenue_kept.0) - revenue;
    let mismatch = match (off_rows, off_revenue) {
        (0, 0) => None,
        (0, _) => {
            Some("The revenue of kept and rejected rows does not add up to the revenue read.".to_owned())
        }
        (rows, _) => Some(format!("{rows} rows are neither kept nor rejected.")),
    };
    let n = input.rejected.len();
    let read = if mismatch.is_none() { column.total() } else { story.format.money(input.revenue_read) };
    let rejected = input.rejected.iter().zip(&texts);
    Audit {
        read: [count(input.rows_read), read],
        rejected: rejected
            .map(|(r, revenue)| [r.text.clone(), count(r.rows), count(r.customers), revenue.clone()])
            .collect(),
        total_rejected: [count(rows), column.sum(n)],
        kept: [count(input.rows_kept), kept_customers(story.outcome), texts[n].clone()],
        kept_share: if input.rows_read > 0 {
            share(input.rows_kept as f64 / input.rows_read as f64)
        } else {
            share(1.0)
        },
        mismatch,
    }
}

fn kept_customers(outcome: &Outcome) -> String {
    count(outcome.customers as u64 + outcome.without_purchase.customers)
}

/// Where the kept revenue that is in no segment went.
fn kept_apart(story: &Story<'_>) -> Option<String> {
    let apart = &story.outcome.without_purchase;
    if apart.customers == 0 {
        return None;
    }
    Some(format!(
        "{} {} nothing left after returns ({} in all) and {} kept apart; the other {} are in the segments with {}.",
        counted(apart.customers, "customer"),
        if apart.customers == 1 { "has" } else { "have" },
        story.format.money(apart.revenue),
        if apart.customers == 1 { "is" } else { "are" },
        count(story.outcome.customers),
        story.format.money(story.outcome.revenue),
    ))
}

fn months(story: &Story<'_>) -> Option<Chart> {
    let months = without_gaps(&story.outcome.months);
    if months.len() < 2 {
        return None;
    }
    let places: Vec<String> = months.iter().map(|m| format!("{}-01", m.month)).collect();
    let hovers = months.iter().map(|m| {
        let (orders, customers) = (counted(m.orders, "order"), counted(m.customers, "customer"));
        format!(
            "{}<br>{}<br>{orders}, {customers}",
            month(&m.month),
            chart_text(&story.format.money(m.revenue), 40)
        )
    });
    let mut data = Traces::new();
    data.push(
        Bar::new(places, months.iter().map(|m| m.revenue.to_f64()).collect())
            .marker(Marker::new().color("var(--accent)"))
            .hover_info(HoverInfo::Text)
            .hover_text_array(hovers.map(|h| chart_lines(&h)).collect()),
    );
    let y = axis("").tick_prefix(chart_text(story.format.symbol(), 6)).separate_thousands(true).n_ticks(6);
    let x: Axis = axis("").type_(AxisType::Date).show_grid(false).n_ticks(12);
    let layout =
        layout(300).bar_gap(0.25).x_axis(x).y_axis(y.zero_line(true).zero_line_color("var(--line-strong)"));
    let best = months.iter().reduce(|a, b| if b.revenue > a.revenue { b } else { a })?;
    let mut says =
        format!("The best month was {} with {}.", month(&best.month), story.format.money(best.revenue));
    if let Some(words) = story.outcome.input.last_day.and_then(last_month_incomplete) {
        says.push_str(&words);
    }
    let texts = story.format.money_column(&months.iter().map(|m| m.revenue).collect::<Vec<_>>()).texts();
    let rows = months
        .iter()
        .zip(texts)
        .map(|(m, revenue)| vec![month(&m.month), revenue, count(m.orders), count(m.customers)]);
    Some(Chart {
        id: "chart-months",
        level: 3,
        title: "Revenue month by month, after returns".to_owned(),
        says,
        table: DataTable {
            head: ["Month", "Revenue", "Orders", "Customers"].map(str::to_owned).to_vec(),
            rows: rows.collect(),
        },
        height: 300,
        print_width: 660,
        drawing: Drawing { data, layout },
    })
}

/// A hint that the last bar is short because the data end within the month.
fn last_month_incomplete(last: habitue_core::time::Day) -> Option<String> {
    let date = last.date();
    (date.day() < date.days_in_month())
        .then(|| format!(" The last month is not complete: the data end on {}.", day(last)))
}

/// Labels are built from our own words and numbers with `<br>` between them; no-break spaces are for the page only.
fn chart_lines(text: &str) -> String {
    text.replace('\u{a0}', " ")
}

/// The months in order, with those in which nothing was sold put in.
fn without_gaps(months: &[Month]) -> Vec<Month> {
    let number = |m: &Month| {
        let (year, month) = m.month.split_once('-')?;
        Some(year.parse::<i32>().ok()? * 12 + month.parse::<i32>().ok().filter(|m| (1..=12).contains(m))? - 1)
    };
    let known: BTreeMap<i32, &Month> = months.iter().filter_map(|m| Some((number(m)?, m))).collect();
    let (Some((&first, _)), Some((&last, _))) = (known.first_key_value(), known.last_key_value()) else {
        return Vec::new();
    };
    if last - first > MOST_MONTHS {
        return known.into_values().cloned().collect();
    }
    let empty = |n: i32| Month {
        month: format!("{:04}-{:02}", n.div_euclid(12), n.rem_euclid(12) + 1),
        revenue: Money::ZERO,
        orders: 0,
        customers: 0,
    };
    (first..=last).map(|n| known.get(&n).map_or_else(|| empty(n), |&m| m.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_without_sales_are_shown_as_such() {
        let month = |m: &str| Month { month: m.to_owned(), revenue: Money(1), orders: 1, customers: 1 };
        let filled = without_gaps(&[month("2010-11"), month("2011-02"), month("nonsense")]);
        let names: Vec<&str> = filled.iter().map(|m| m.month.as_str()).collect();
        assert_eq!(names, ["2010-11", "2010-12", "2011-01", "2011-02"]);
        assert_eq!(filled[1].orders, 0);
        assert!(without_gaps(&[]).is_empty());
    }
}
