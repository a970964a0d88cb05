//! Value at stake: what each segment is expected to bring, what is likely lost, and how far to believe it.

use askama::Template;
use habitue_core::Money;
use habitue_core::lifetime::Dropout;
use plotly::common::{Font, HoverInfo, Marker, Orientation, Pattern, PatternShape, TextPosition};
use plotly::layout::BarMode;
use plotly::{Bar, Traces};

use crate::outcome::{LaterCheck, LifetimeNote, Prospects, Segment};
use crate::report::chart::{Chart, DataTable, Drawing, axis, layout, legend_above, segment_colour};
use crate::report::escape::chart_text;
use crate::report::format::{count, counted, day, round_together, share};
use crate::report::story::{Shown, Story};

/// A forecast off by no more than this share is good enough to plan with.
const GOOD: f64 = 0.10;
/// One off by more than this is not to be planned with.
const POOR: f64 = 0.25;

#[derive(Template)]
#[template(path = "report/value.html")]
pub(super) struct Value<'a> {
    story: &'a Story<'a>,
    horizon: String,
    has_spend: bool,
    discount: String,
    rows: Vec<Row<'a>>,
    total: Vec<String>,
    answer: Option<String>,
    chart: Option<Chart>,
    trust: Vec<String>,
    frequencies: Vec<[String; 3]>,
    refused: Vec<String>,
}

struct Row<'a> {
    shown: &'a Shown<'a>,
    cells: Vec<String>,
}

impl<'a> Value<'a> {
    pub(super) fn new(story: &'a Story<'a>, note: &'a LifetimeNote) -> Self {
        let horizon = horizon(note.horizon_days);
        let known: Vec<(&Shown<'_>, Prospects)> =
            story.segments.iter().filter_map(|s| Some((s, s.of.prospects?))).collect();
        let has_spend = note.total.is_some_and(|t| t.expected_spend.is_some());
        let (cells, total) = cells(story, &known, has_spend);
        let rows = known.iter().zip(cells).map(|((shown, _), cells)| Row { shown, cells });
        Self {
            rows: rows.collect(),
            total,
            answer: note.total.map(|total| answer(story, &known, &total, &horizon)),
            chart: (has_spend && !known.is_empty()).then(|| chart(story, &known, note, &horizon)),
            trust: trust(story, note),
            frequencies: frequencies(note),
            refused: refused(note),
            discount: share(note.yearly_discount),
            horizon,
            has_spend,
            story,
        }
    }

    pub(super) fn charts(&self) -> impl Iterator<Item = &Chart> {
        self.chart.iter()
    }
}

/// "twelve months", or so many days.
fn horizon(days: u32) -> String {
    if days == 365 { "twelve months".to_owned() } else { counted(u64::from(days), "day") }
}

/// The cells of each segment and of their sum, written so that they add up.
fn cells(
    story: &Story<'_>,
    known: &[(&Shown<'_>, Prospects)],
    has_spend: bool,
) -> (Vec<Vec<String>>, Vec<String>) {
    let whole =
        |of: fn(&Prospects) -> f64| round_together(&known.iter().map(|(_, p)| of(p)).collect::<Vec<_>>());
    let money = |of: fn(&Prospects) -> Money| known.iter().map(|(_, p)| of(p)).collect::<Vec<_>>();
    let customers: Vec<i64> = known.iter().map(|(s, _)| s.of.customers as i64).collect();
    let mut columns = vec![column(&customers), column(&whole(|p| p.expected_orders))];
    if has_spend {
        for of in [(|p: &Prospects| p.expected_spend.unwrap_or_default()) as fn(&Prospects) -> Money, |p| {
            p.lifetime_value.unwrap_or_default()
        }] {
            let amounts = money(of);
            let amounts = story.format.money_column(&amounts);
            columns.push((amounts.texts(), amounts.total()));
        }
    }
    columns.push(column(&whole(|p| p.likely_gone as f64)));
    let risk = money(|p| p.revenue_at_risk);
    let risk = story.format.money_column(&risk);
    columns.push((risk.texts(), risk.total()));
    let row = |i: usize| columns.iter().map(|(texts, _)| texts[i].clone()).collect();
    ((0..known.len()).map(row).collect(), columns.iter().map(|(_, total)| total.clone()).collect())
}

fn column(values: &[i64]) -> (Vec<String>, String) {
    let text = |v: i64| count(v.max(0) as u64);
    (values.iter().map(|v| text(*v)).collect(), text(values.iter().sum()))
}

/// The answer in two sentences.
fn answer(story: &Story<'_>, known: &[(&Shown<'_>, Prospects)], total: &Prospects, horizon: &str) -> String {
    let orders = counted(total.expected_orders.round() as u64, "order");
    let mut says = match total.expected_spend {
        Some(spend) => format!(
            "In the next {horizon} today's customers are expected to place {orders} and to spend {}",
            story.format.money(spend)
        ),
        None => format!("In the next {horizon} today's customers are expected to place {orders}"),
    };
    let spend = |p: &Prospects| p.expected_spend.map_or(p.expected_orders, Money::to_f64);
    let most = known.iter().reduce(|a, b| if spend(&b.1) > spend(&a.1) { b } else { a });
    match most.filter(|_| known.len() > 1 && spend(total) > 0.0) {
        Some((shown, p)) => {
            says.push_str(&format!(", {} of it from {}.", share(spend(p) / spend(total)), shown.short));
        }
        None => says.push('.'),
    }
    if total.likely_gone > 0 {
        says.push_str(&format!(
            " {} have likely gone for good; they spent {} in the last twelve months.",
            counted(total.likely_gone as u64, "customer"),
            story.format.money(total.revenue_at_risk)
        ));
    }
    says
}

/// What was spent in the last twelve months beside what is expected in the next.
fn chart(story: &Story<'_>, known: &[(&Shown<'_>, Prospects)], note: &LifetimeNote, horizon: &str) -> Chart {
    let n = known.len();
    let places: Vec<f64> = (0..n).map(|i| i as f64).collect();
    let colours: Vec<String> = known.iter().map(|(s, _)| segment_colour(s.colour - 1)).collect();
    let column = |of: &dyn Fn(&Segment, &Prospects) -> Money| {
        known.iter().map(|(s, p)| of(s.of, p)).collect::<Vec<_>>()
    };
    let expected = column(&|_, p| p.expected_spend.unwrap_or_default());
    // A year beside another is a fair comparison; anything else is not.
    let compares = note.horizon_days == 365;
    let spent = column(&|s, _| s.revenue_12m);
    let bar = |amounts: &[Money], words: &str, hatched: bool| {
        let texts = story.format.money_column(amounts).texts();
        let hovers = known
            .iter()
            .zip(&texts)
            .map(|((s, _), text)| format!("{}<br>{text} {words}", chart_text(&s.of.name, 60)));
        let mut marker = Marker::new().color_array(colours.clone());
        if hatched {
            marker = marker.pattern(Pattern::new().shape(PatternShape::LeftDiagonalLine).solidity(0.3));
        }
        Bar::new(amounts.iter().map(|a| a.to_f64()).collect(), places.clone())
            .orientation(Orientation::Horizontal)
            .name(words)
            .marker(marker)
            .hover_text_array(hovers.collect())
            .text_array(texts)
            .text_position(TextPosition::Outside)
            .text_font(Font::new().size(12).color("var(--ink)"))
            .clip_on_axis(false)
            .hover_info(HoverInfo::Text)
    };
    let next = format!("expected in the next {horizon}");
    let mut data = Traces::new();
    if compares {
        data.push(bar(&spent, "spent in the last twelve months", true));
    }
    data.push(bar(&expected, &next, false));
    let drawn = expected.iter().chain(spent.iter().filter(|_| compares)).map(|a| a.to_f64());
    let (least, most) = drawn.fold((0.0, 0.01), |(l, m): (f64, f64), v| (l.min(v), m.max(v)));
    let height = 70 + n * if compares { 58 } else { 34 };
    let labels = known.iter().map(|(s, _)| format!("{} {}", s.of.id, chart_text(&s.of.name, 28)));
    let layout = layout(height)
        .bar_mode(BarMode::Group)
        .bar_gap(0.28)
        .bar_group_gap(0.06)
        .show_legend(false)
        .legend(legend_above())
        .x_axis(axis("").range(vec![least * 1.1, most * 1.45]).visible(false))
        .y_axis(
            axis("")
                .tick_values(places)
                .tick_text(labels.collect())
                .range(vec![n as f64 - 0.5, -0.5])
                .show_grid(false)
                .tick_font(Font::new().color("var(--ink)").size(13)),
        );
    let mut head = vec!["Segment".to_owned()];
    head.extend(compares.then(|| "Spent in the last twelve months".to_owned()));
    head.push(format!("Expected in the next {horizon}"));
    let (spent, expected) =
        (story.format.money_column(&spent).texts(), story.format.money_column(&expected).texts());
    let rows = known.iter().enumerate().map(|(i, (s, _))| {
        let mut row = vec![format!("{} {}", s.of.id, s.of.name)];
        row.extend(compares.then(|| spent[i].clone()));
        row.push(expected[i].clone());
        row
    });
    let (title, says) = if compares {
        (
            "What was spent, and what is expected".to_owned(),
            "Hatched bars are what these customers spent in the last twelve months, solid bars what the same customers \
             are expected to spend in the next. A shorter solid bar is money that goes unless something is done.",
        )
    } else {
        (format!("What is expected in the next {horizon}"), "Spend that is expected of each segment.")
    };
    Chart {
        id: "chart-value",
        level: 3,
        title,
        says: says.to_owned(),
        table: DataTable { head, rows: rows.collect() },
        height,
        print_width: 660,
        drawing: Drawing { data, layout },
    }
}

/// How far to believe it, one sentence each.
fn trust(story: &Story<'_>, note: &LifetimeNote) -> Vec<String> {
    let Some(check) = &note.check else { return Vec::new() };
    let mut says = Vec::new();
    match &check.later {
        Some(later) => says.push(verdict(later)),
        None => says.push(
            "The orders span too little time, or too few customers bought again early on, to hold a forecast against what \
             happened: take the amounts as a rough guide."
                .to_owned(),
        ),
    }
    let input = &story.outcome.input;
    let span =
        input.first_day.zip(input.last_day).map(|(first, last)| i64::from(last.0) - i64::from(first.0) + 1);
    if span.is_some_and(|span| i64::from(note.horizon_days) > span) {
        says.push(
            "The forecast reaches farther ahead than the orders reach back: its end is guesswork.".to_owned(),
        );
    }
    let used = if note.model == Some(Dropout::MbgNbd) { note.mbg_nbd } else { note.bg_nbd };
    if used.is_some_and(|m| !m.dropout_is_measured) {
        says.push(
            "The orders hardly show customers leaving for good, so “likely gone” finds few or none; watch the days since \
             the last order instead."
                .to_owned(),
        );
    }
    if note.model == Some(Dropout::BgNbd) {
        says.push(
            "Customers who ordered on one day only are never counted as likely gone: the model learns of leaving from \
             those who came back. Their expected orders are low instead."
                .to_owned(),
        );
    }
    if note.gamma_gamma.is_some() {
        says.push(
            "Spend is learnt from orders after the first: of customers with one order day it is taken to be what all spend, \
             so that small buyers are expected to bring too much and large ones too little."
                .to_owned(),
        );
    }
    says.push(
        "It counts today's customers only, not those still to come, and knows no seasons and no plans of yours.".to_owned(),
    );
    says
}

/// What the check came to, with a judgement.
fn verdict(later: &LaterCheck) -> String {
    let error = later.expected / later.actual.max(1) as f64 - 1.0;
    let judgement = match error.abs() {
        e if e <= GOOD => "Totals can be planned with.",
        e if e <= POOR => "Take the amounts as a guide, not as a budget.",
        _ => "Use it to compare segments, not to plan amounts.",
    };
    let by = match error {
        e if e.abs() < 0.005 => "as expected".to_owned(),
        e if e > 0.0 => format!("it expected {} too many", share(e)),
        e => format!("it expected {} too few", share(-e)),
    };
    format!(
        "Fitted on the orders up to {} only, the same model expected {} in the {} after from the {} known then; there were {}: {by}. {judgement}",
        day(later.until),
        counted(later.expected.round() as u64, "order"),
        counted(u64::from(later.days), "day"),
        counted(later.customers as u64, "customer"),
        count(later.actual),
    )
}

/// Customers by repeats: in words, seen, expected.
fn frequencies(note: &LifetimeNote) -> Vec<[String; 3]> {
    let Some(check) = &note.check else { return Vec::new() };
    let expected = round_together(&check.frequencies.iter().map(|f| f.expected).collect::<Vec<_>>());
    let last = check.frequencies.len().saturating_sub(1);
    let row = |(i, (f, expected)): (usize, (&habitue_core::lifetime::Frequency, i64))| {
        let repeats = if i == last { format!("{} or more", f.repeats) } else { f.repeats.to_string() };
        [repeats, count(f.actual), count(expected.max(0) as u64)]
    };
    check.frequencies.iter().zip(expected).enumerate().map(row).collect()
}

/// What could not be forecast, and why, for people.
fn refused(note: &LifetimeNote) -> Vec<String> {
    let about_orders = note.model.is_none();
    let wanted = |model: &str| if model == "gamma-gamma" { true } else { about_orders };
    let mut says: Vec<String> = Vec::new();
    for refused in note.refused.iter().filter(|r| wanted(&r.model)) {
        let what = if refused.model == "gamma-gamma" { "Spend" } else { "Orders" };
        let why = match refused.code.as_str() {
            "too-few-repeat-buyers" => "too few customers have bought again",
            "runs-off" => {
                "customers do not differ in the way that the model supposes, so that no figures are best"
            }
            "spend-follows-frequency" => {
                "those who buy often spend more (or less) at a time, which the model rules out"
            }
            _ => "the model could not be fitted",
        };
        let sentence = format!("{what} could not be forecast: {why} ({}).", refused.reason);
        if !says.contains(&sentence) {
            says.push(sentence);
        }
    }
    says
}
