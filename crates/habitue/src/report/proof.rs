//! The proof: segments formed at a past date, and what their customers did afterwards.

use askama::Template;
use habitue_core::Money;
use habitue_core::backtest::Estimate;
use plotly::Bar;
use plotly::Traces;
use plotly::common::{ErrorData, ErrorType, HoverInfo, Marker};

use crate::outcome::{BacktestNote, SegmentLater};
use crate::report::chart::{Chart, DataTable, Drawing, axis, layout};
use crate::report::escape::chart_text;
use crate::report::format::{Format, NONE, count, day, decimal, share, share_column};
use crate::report::story::Story;

#[derive(Template)]
#[template(path = "report/proof.html")]
pub(super) struct Proof<'a> {
    note: &'a BacktestNote,
    /// The date at which segments were formed, and the date up to which customers were watched.
    period: Option<(String, String)>,
    customers: String,
    segments: Vec<SegmentRow<'a>>,
    total: Total,
    groupings: Vec<GroupingRow<'a>>,
    agreement: Option<String>,
    chart: Option<Chart>,
}

/// What one segment's customers did.
struct SegmentRow<'a> {
    of: &'a SegmentLater,
    customers: String,
    share: String,
    bought: String,
    bought_range: String,
    orders: String,
    spend: String,
    spend_range: String,
    revenue: String,
    revenue_share: String,
}

struct Total {
    customers: String,
    revenue: String,
    newcomers: String,
}

/// One way to group customers.
struct GroupingRow<'a> {
    label: &'a str,
    groups: usize,
    explained: String,
    gini: String,
    auc: String,
    verdict: &'static str,
}

impl<'a> Proof<'a> {
    pub(super) fn new(story: &'a Story<'a>) -> Option<Self> {
        let note = story.outcome.backtest.as_ref()?;
        let shares = share_column(&note.segments.iter().map(|s| s.share).collect::<Vec<_>>());
        let revenue_shares =
            share_column(&note.segments.iter().map(|s| s.revenue_share.value).collect::<Vec<_>>());
        let mut amounts: Vec<Money> = note.segments.iter().map(|s| s.revenue).collect();
        let n = amounts.len();
        amounts.push(note.revenue_all - note.revenue);
        let revenues = story.format.money_column(&amounts);
        let texts = revenues.texts();
        let segments = note.segments.iter().enumerate().map(|(at, of)| SegmentRow {
            of,
            customers: count(of.customers),
            share: shares[at].clone(),
            bought: share(of.bought.value),
            bought_range: format!("{} to {}", share(of.bought.low), share(of.bought.high)),
            orders: decimal(of.orders.value, 2),
            spend: amount(&story.format, of.spend.value),
            spend_range: range(&story.format, of.spend),
            revenue: texts[at].clone(),
            revenue_share: revenue_shares[at].clone(),
        });
        let grouping = |g: &'a crate::outcome::GroupingSkill| GroupingRow {
            label: &g.label,
            groups: g.groups,
            explained: figure(g.skill.explained, share),
            gini: figure(g.skill.gini, |v| decimal(v, 2)),
            auc: figure(g.skill.auc, |v| decimal(v, 2)),
            verdict: g.lead.map_or("", |lead| verdict(lead.explained)),
        };
        Some(Self {
            note,
            period: note.formed.zip(story.outcome.as_of).map(|(a, b)| (day(a), day(b))),
            customers: count(note.customers),
            segments: segments.collect(),
            total: Total {
                customers: count(note.customers),
                revenue: revenues.sum(n),
                newcomers: texts[n].clone(),
            },
            groupings: note.groupings.iter().map(grouping).collect(),
            agreement: note.agreement_with_rfm.map(|a| decimal(a, 2)),
            chart: chart(story, note),
        })
    }

    pub(super) fn charts(&self) -> impl Iterator<Item = &Chart> {
        self.chart.iter()
    }
}

fn amount(format: &Format, value: f64) -> String {
    format.value(value, habitue_core::table::Unit::Money)
}

fn range(format: &Format, estimate: Estimate) -> String {
    format!("{} to {}", amount(format, estimate.low), amount(format, estimate.high))
}

fn figure(estimate: Estimate, write: impl Fn(f64) -> String) -> String {
    if estimate.value.is_finite() {
        format!("{} ({} to {})", write(estimate.value), write(estimate.low), write(estimate.high))
    } else {
        NONE.to_owned()
    }
}

fn verdict(lead: Estimate) -> &'static str {
    match lead {
        lead if lead.is_above_zero() => "the segments tell more",
        lead if lead.is_below_zero() => "tells more than the segments",
        _ => "no difference beyond chance",
    }
}

fn chart(story: &Story<'_>, note: &BacktestNote) -> Option<Chart> {
    if note.segments.is_empty() {
        return None;
    }
    let names: Vec<String> = note
        .segments
        .iter()
        .enumerate()
        .map(|(i, s)| format!("{}. {}", i + 1, chart_text(&s.name, 28)))
        .collect();
    let values: Vec<f64> = note.segments.iter().map(|s| s.spend.value).collect();
    let above = note.segments.iter().map(|s| s.spend.high - s.spend.value).collect();
    let below = note.segments.iter().map(|s| s.spend.value - s.spend.low).collect();
    let hover = note
        .segments
        .iter()
        .map(|s| format!("{} ({})", amount(&story.format, s.spend.value), range(&story.format, s.spend)))
        .collect();
    let mut data = Traces::new();
    data.push(
        Bar::new(names, values)
            .marker(Marker::new().color("var(--accent)"))
            .error_y(
                ErrorData::new(ErrorType::Data)
                    .symmetric(false)
                    .array(above)
                    .array_minus(below)
                    .color("var(--ink)")
                    .thickness(1.2)
                    .width(4),
            )
            .hover_text_array(hover)
            .hover_info(HoverInfo::Text),
    );
    let height = 320;
    let layout = layout(height)
        .x_axis(axis("").show_grid(false))
        .y_axis(axis("").n_ticks(5).tick_prefix(story.format.symbol()).separate_thousands(true));
    let rows = note
        .segments
        .iter()
        .map(|s| vec![s.name.clone(), amount(&story.format, s.spend.value), range(&story.format, s.spend)]);
    Some(Chart {
        id: "chart-later-spend",
        level: 3,
        title: format!("What a customer of each segment brought in the next {} days", note.days),
        says: "Average spend per customer, returns taken off. The whiskers show how far chance alone could have moved the average.".to_owned(),
        table: DataTable {
            head: ["Segment then", "Spend per customer", "95 % range"].map(str::to_owned).to_vec(),
            rows: rows.collect(),
        },
        height,
        print_width: 640,
        drawing: Drawing { data, layout },
    })
}
