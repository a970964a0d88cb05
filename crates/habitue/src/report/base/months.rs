//! New and returning customers, month by month.

use habitue_core::Money;
use habitue_core::base::cohorts::Activity;
use plotly::common::{HoverInfo, Marker, Pattern, PatternShape};
use plotly::layout::{AxisType, BarMode};
use plotly::{Bar, Traces};

use super::part;
use crate::outcome::MonthNote;
use crate::report::chart::{Chart, DataTable, Drawing, axis, layout, legend_above};
use crate::report::escape::chart_text;
use crate::report::format::{count, counted, day, month, share};
use crate::report::story::Story;

/// Months shown at most: the last ones. All are in `summary.json`.
const MOST_MONTHS: usize = 60;

/// The name of a month, marked where the data do not hold all of it.
pub(super) fn name(note: &MonthNote) -> String {
    format!("{}{}", month(&note.of.month.to_string()), if note.covered.is_some() { "*" } else { "" })
}

/// What the marked months hold.
pub(super) fn incomplete(months: &[MonthNote]) -> Option<String> {
    let held: Vec<String> = months
        .iter()
        .filter_map(|m| {
            let (from, to) = m.covered?;
            Some(format!("{} from {} to {}", month(&m.of.month.to_string()), day(from), day(to)))
        })
        .collect();
    (!held.is_empty())
        .then(|| format!("* Not a whole month; the data hold {}.", habitue_core::text::join_and(&held)))
}

/// Customers and revenue of every month, in new and returning.
pub(super) fn charts(story: &Story<'_>, all: &[MonthNote]) -> Vec<Chart> {
    let shown = &all[all.len().saturating_sub(MOST_MONTHS)..];
    if shown.len() < 2 {
        return Vec::new();
    }
    let left_out = match all.len() - shown.len() {
        0 => String::new(),
        n => format!(" The {} before are in summary.json.", counted(n, "month")),
    };
    let mut charts = vec![customers(shown, &left_out)];
    if story.has_money {
        charts.push(revenue(story, shown, &left_out));
    }
    charts
}

fn customers(months: &[MonthNote], left_out: &str) -> Chart {
    let whole = || months.iter().filter(|m| m.covered.is_none()).skip(1);
    let (new, returning): (u64, u64) = whole()
        .map(|m| (m.of.new.customers, m.of.returning.customers))
        .fold((0, 0), |a, b| (a.0 + b.0, a.1 + b.1));
    let says = match whole().count() {
        0 => format!("Hatched: their first order. Solid: they had ordered in an earlier month.{left_out}"),
        n => format!(
            "Hatched: their first order. Solid: they had ordered in an earlier month. In a usual month {} of 100 who \
             order have ordered before ({} new and {} returning a month on average over the {n} whole months after \
             the first). In the first month of the data everybody looks new.{left_out}",
            (part(returning as f64, (new + returning) as f64) * 100.0).round(),
            count((new as f64 / n as f64).round() as u64),
            count((returning as f64 / n as f64).round() as u64),
        ),
    };
    let rows = months.iter().map(|m| {
        let (new, returning) = (m.of.new, m.of.returning);
        let all = new.customers + returning.customers;
        vec![
            name(m),
            count(new.customers),
            count(returning.customers),
            count(all),
            share(part(returning.customers as f64, all as f64)),
            count(new.orders),
            count(returning.orders),
        ]
    });
    let head = [
        "Month",
        "New customers",
        "Returning",
        "All",
        "Returning share",
        "Orders of new",
        "Orders of returning",
    ];
    Chart {
        id: "chart-base-customers",
        level: 4,
        title: "New and returning customers".to_owned(),
        says,
        table: DataTable { head: head.map(str::to_owned).to_vec(), rows: rows.collect() },
        height: 300,
        print_width: 660,
        drawing: stacked(months, "", |a| a.customers as f64, |a| counted(a.customers, "customer")),
    }
}

fn revenue(story: &Story<'_>, months: &[MonthNote], left_out: &str) -> Chart {
    let of = |part: fn(&MonthNote) -> Money| months.iter().map(part).map(|m| m.to_f64()).sum::<f64>();
    let (new, returning) = (of(|m| m.of.new.revenue), of(|m| m.of.returning.revenue));
    let has_unplaced = months.iter().any(|m| m.of.unplaced != Money::ZERO);
    let amounts: Vec<Money> =
        months.iter().flat_map(|m| [m.of.new.revenue, m.of.returning.revenue, m.of.unplaced]).collect();
    let column = story.format.money_column(&amounts);
    let texts = column.texts();
    let rows = months.iter().zip(texts.chunks(3)).enumerate().map(|(i, (m, t))| {
        let mut row = vec![name(m), t[0].clone(), t[1].clone()];
        row.extend(has_unplaced.then(|| t[2].clone()));
        row.push(column.range(3 * i..3 * i + 3));
        row
    });
    let mut head = vec!["Month", "Of new customers", "Of returning customers"];
    head.extend(has_unplaced.then_some("Given back, order not in the data"));
    head.push("All");
    Chart {
        id: "chart-base-revenue",
        level: 4,
        title: "What they brought, after returns".to_owned(),
        says: format!(
            "Returning customers brought {} of the revenue shown.{left_out}",
            share(part(returning, new + returning))
        ),
        table: DataTable { head: head.into_iter().map(str::to_owned).collect(), rows: rows.collect() },
        height: 300,
        print_width: 660,
        drawing: stacked(
            months,
            story.format.symbol(),
            |a| a.revenue.to_f64(),
            |a| story.format.money(a.revenue),
        ),
    }
}

/// Bars of new (hatched) and returning (solid), one on the other.
fn stacked(
    months: &[MonthNote],
    symbol: &str,
    value: impl Fn(&Activity) -> f64,
    text: impl Fn(&Activity) -> String,
) -> Drawing {
    let places: Vec<String> = months.iter().map(|m| m.of.month.first_day().to_string()).collect();
    let bar = |words: &str, of: fn(&MonthNote) -> Activity, hatched: bool| {
        let hover = |m: &MonthNote| {
            let said = format!("{} {words}", text(&of(m)));
            format!("{}<br>{}", name(m), chart_text(&said, 60)).replace('\u{a0}', " ")
        };
        let mut marker = Marker::new().color(if hatched { "var(--line-strong)" } else { "var(--accent)" });
        if hatched {
            marker = marker.pattern(Pattern::new().shape(PatternShape::LeftDiagonalLine).solidity(0.3));
        }
        Bar::new(places.clone(), months.iter().map(|m| value(&of(m))).collect())
            .name(words)
            .marker(marker)
            .hover_info(HoverInfo::Text)
            .hover_text_array(months.iter().map(hover).collect())
    };
    let mut data = Traces::new();
    data.push(bar("returning", |m| m.of.returning, false));
    data.push(bar("new", |m| m.of.new, true));
    let layout = layout(300)
        .bar_mode(BarMode::Relative)
        .bar_gap(0.25)
        .show_legend(true)
        .legend(legend_above())
        .x_axis(axis("").type_(AxisType::Date).show_grid(false).n_ticks(8))
        .y_axis(axis("").tick_prefix(chart_text(symbol, 6)).separate_thousands(true).n_ticks(6));
    Drawing { data, layout }
}
