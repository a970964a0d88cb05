//! The conventional view: RFM scores, their grid, and how the conventional segments spread over ours.

use askama::Template;
use habitue_core::Money;
use habitue_core::table::Unit;

use crate::outcome::RfmNote;
use crate::report::format::{count, counted, share};
use crate::report::story::Story;

#[derive(Template)]
#[template(path = "report/rfm.html")]
pub(super) struct Rfm<'a> {
    story: &'a Story<'a>,
    grid: Vec<GridRow>,
    column_totals: Vec<String>,
    total: String,
    best: String,
    thresholds: Vec<[String; 4]>,
    cross: Vec<CrossRow<'a>>,
    cross_totals: Vec<String>,
    cross_total: (String, String),
}

/// All customers of one recency score.
struct GridRow {
    score: u8,
    cells: Vec<GridCell>,
    total: String,
}

/// All customers of one recency and one frequency score.
struct GridCell {
    customers: String,
    revenue: String,
    share: String,
    heat: u32,
}

/// A conventional segment.
struct CrossRow<'a> {
    name: &'a str,
    /// Customers in each of our segments, and how deep the cell is coloured.
    cells: Vec<(String, u32)>,
    total: String,
    revenue: String,
}

impl<'a> Rfm<'a> {
    pub(super) fn new(story: &'a Story<'a>, note: &'a RfmNote) -> Self {
        let mut customers = [[0_usize; 5]; 5];
        let mut revenue = [[Money::ZERO; 5]; 5];
        for cell in &note.cells {
            let digits: Vec<usize> =
                cell.rfm.chars().filter_map(|c| c.to_digit(10)).map(|d| d as usize).collect();
            let [r @ 1..=5, f @ 1..=5, ..] = digits[..] else { continue };
            customers[r - 1][f - 1] += cell.customers;
            revenue[r - 1][f - 1].0 = revenue[r - 1][f - 1].0.saturating_add(cell.revenue.0);
        }
        let whole: f64 = revenue.as_flattened().iter().map(|m| m.to_f64().max(0.0)).sum();
        let part = |m: Money| if whole > 0.0 { m.to_f64().max(0.0) / whole } else { 0.0 };
        let most = revenue.as_flattened().iter().map(|&m| part(m)).fold(0.0, f64::max);
        let texts = story.format.money_column(revenue.as_flattened()).texts();
        let grid = (0..5).rev().map(|r| GridRow {
            score: r as u8 + 1,
            cells: (0..5)
                .map(|f| GridCell {
                    customers: count(customers[r][f]),
                    revenue: texts[r * 5 + f].clone(),
                    share: share(part(revenue[r][f])),
                    heat: heat(part(revenue[r][f]), most),
                })
                .collect(),
            total: count(customers[r].iter().sum::<usize>()),
        });
        let of_frequency = |f: usize| customers.iter().map(|row| row[f]).sum::<usize>();
        let revenues = story.format.money_column(&note.grid.iter().map(|g| g.revenue).collect::<Vec<_>>());
        let cross = note.grid.iter().zip(revenues.texts()).map(|(row, revenue)| CrossRow {
            name: &row.name,
            cells: (0..story.segments.len())
                .map(|s| row.by_segment.get(s).copied().unwrap_or(0))
                .map(|n| (count(n), heat(n as f64, row.customers as f64)))
                .collect(),
            total: count(row.customers),
            revenue,
        });
        let in_segment = |s: usize| note.grid.iter().filter_map(|g| g.by_segment.get(s)).sum::<usize>();
        Self {
            grid: grid.collect(),
            column_totals: (0..5).map(|f| count(of_frequency(f))).collect(),
            total: count((0..5).map(of_frequency).sum::<usize>()),
            best: share(part(revenue[4][4])),
            thresholds: thresholds(story, note),
            cross: cross.collect(),
            cross_totals: (0..story.segments.len()).map(|s| count(in_segment(s))).collect(),
            cross_total: (count(note.grid.iter().map(|g| g.customers).sum::<usize>()), revenues.total()),
            story,
        }
    }
}

/// What each score means: score, days since the last order, orders, spend.
fn thresholds(story: &Story<'_>, note: &RfmNote) -> Vec<[String; 4]> {
    let t = &note.thresholds;
    (1..=5)
        .rev()
        .map(|score: usize| {
            // Recency scores fall as days grow, so its bands are counted from the other end.
            let days = match whole_band(&t.recency_days, 5 - score) {
                (_, Some(high)) if score == 5 => format!("up to {} ago", counted(high, "day")),
                (low, Some(high)) if low < high => format!("{} to {} ago", count(low), counted(high, "day")),
                (low, Some(high)) if low == high => format!("{} ago", counted(low, "day")),
                (_, Some(_)) => NOBODY.to_owned(),
                (low, None) => format!("{} ago or longer", counted(low, "day")),
            };
            let orders = match whole_band(&t.orders, score - 1) {
                (low, Some(high)) if low.max(1) < high => {
                    format!("{} to {}", count(low.max(1)), counted(high, "order"))
                }
                (low, Some(high)) if low.max(1) == high => counted(high, "order"),
                (_, Some(_)) => NOBODY.to_owned(),
                (low, None) => format!("{} or more", counted(low, "order")),
            };
            let money = |v: f64| story.format.value(v, Unit::Money);
            let spend = match band(&t.spend, score - 1) {
                (Some(above), Some(upto)) if above >= upto => NOBODY.to_owned(),
                (Some(above), Some(upto)) => format!("more than {}, up to {}", money(above), money(upto)),
                (None, Some(upto)) => format!("up to {}", money(upto)),
                (Some(above), None) => format!("more than {}", money(above)),
                (None, None) => String::new(),
            };
            [score.to_string(), days, orders, spend]
        })
        .collect()
}

/// What stands where a score is given to no customer.
const NOBODY: &str = "no customer";

/// The thresholds around a band: above the first, up to the second.
fn band(thresholds: &[f64; 4], idx: usize) -> (Option<f64>, Option<f64>) {
    (idx.checked_sub(1).map(|i| thresholds[i]), thresholds.get(idx).copied())
}

/// The whole numbers in a band: its least, and its greatest if it has one.
fn whole_band(thresholds: &[f64; 4], idx: usize) -> (u64, Option<u64>) {
    let (above, upto) = band(thresholds, idx);
    let whole = |v: f64| v.max(0.0).floor() as u64;
    (above.map_or(0, |v| whole(v).saturating_add(1)), upto.map(whole))
}

/// How deep a cell is coloured, 0 to 100.
fn heat(value: f64, most: f64) -> u32 {
    if most > 0.0 { (value / most * 100.0).round().clamp(0.0, 100.0) as u32 } else { 0 }
}
