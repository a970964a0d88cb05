//! All segments side by side: a table, their weight in customers and revenue, and where they lie.

use askama::Template;
use habitue_core::Money;
use habitue_core::table::Unit;
use plotly::common::{Font, HoverInfo, Marker, Mode, Orientation, Pattern, PatternShape, TextPosition};
use plotly::layout::{Axis, AxisType, BarMode, TicksDirection};
use plotly::{Bar, Scatter, Traces};

use crate::outcome::{SampleFeature, Segment};
use crate::report::chart::{
    Chart, DataTable, Drawing, axis, layout, legend_above, marker, segment_colour, segment_symbol,
};
use crate::report::escape::chart_text;
use crate::report::format::{count, share};
use crate::report::story::{KeyFeature, Shown, Story};

/// At most so many customers are drawn: more do not show more, and every one is an element of the page.
const MOST_POINTS: usize = 2_500;
/// Longest line of a name on an axis.
const LONGEST_LINE: usize = 18;

#[derive(Template)]
#[template(path = "report/glance.html")]
pub(super) struct Glance<'a> {
    story: &'a Story<'a>,
    features: Vec<KeyFeature<'a>>,
    rows: Vec<Vec<String>>,
    total_customers: String,
    total_share: String,
    total_revenue: String,
    total_revenue_share: String,
    shares: Option<Chart>,
    scatter: Option<Chart>,
}

impl<'a> Glance<'a> {
    pub(super) fn new(story: &'a Story<'a>) -> Self {
        let features = story.key_features();
        let typical = |s: &_| features.iter().map(|f| story.typical(s, f)).collect();
        let sum = |amount: fn(&Segment) -> Money| {
            story
                .format
                .money_column(&story.segments.iter().map(|s| amount(s.of)).collect::<Vec<_>>())
                .total()
        };
        let sum_of_shares =
            |part: fn(&Segment) -> f64| share(story.segments.iter().map(|s| part(s.of)).sum());
        Self {
            rows: story.segments.iter().map(|s| typical(s.of)).collect(),
            total_customers: count(story.segments.iter().map(|s| s.of.customers).sum::<usize>()),
            total_share: sum_of_shares(|s| s.share),
            total_revenue: sum(|s| s.revenue),
            total_revenue_share: sum_of_shares(|s| s.revenue_share),
            shares: story.has_structure().then(|| shares(story)),
            scatter: scatter(story, &features),
            features,
            story,
        }
    }

    pub(super) fn charts(&self) -> impl Iterator<Item = &Chart> {
        self.shares.iter().chain(&self.scatter)
    }
}

/// Share of customers beside share of revenue, one pair of bars a segment.
fn shares(story: &Story<'_>) -> Chart {
    let n = story.segments.len();
    let places: Vec<f64> = (0..n).map(|i| i as f64).collect();
    let colours: Vec<String> =
        story.segments.iter().map(|s| segment_colour(s.of.id.saturating_sub(1))).collect();
    let bar = |values: Vec<f64>, texts: Vec<String>, words: &str, hatched: bool| {
        let hovers = story.segments.iter().zip(&texts);
        let hovers =
            hovers.map(|(s, text)| format!("{}<br>{text} {words}", chart_text(&s.of.name, 60))).collect();
        let mut marker = Marker::new().color_array(colours.clone());
        if hatched {
            marker = marker.pattern(Pattern::new().shape(PatternShape::LeftDiagonalLine).solidity(0.3));
        }
        Bar::new(values, places.clone())
            .orientation(Orientation::Horizontal)
            .name(words)
            .marker(marker)
            .text_array(texts)
            .text_position(TextPosition::Outside)
            .text_font(Font::new().size(12).color("var(--ink)"))
            .clip_on_axis(false)
            .hover_info(HoverInfo::Text)
            .hover_text_array(hovers)
    };
    let customers: Vec<f64> = story.segments.iter().map(|s| s.of.share).collect();
    let revenues: Vec<f64> = story.segments.iter().map(|s| s.of.revenue_share).collect();
    let most = customers.iter().chain(&revenues).copied().filter(|v| v.is_finite()).fold(0.01, f64::max);
    let least = revenues.iter().copied().filter(|v| v.is_finite()).fold(0.0, f64::min);
    let mut data = Traces::new();
    let texts = |text: fn(&Shown<'_>) -> String| story.segments.iter().map(text).collect();
    data.push(bar(customers, texts(|s| s.share.clone()), "of customers", story.has_money));
    if story.has_money {
        data.push(bar(revenues, texts(|s| s.revenue_share.clone()), "of revenue", false));
    }
    let labels = story.segments.iter().map(|s| format!("{} {}", s.of.id, two_lines(&s.of.name)));
    let height = 60 + n * if story.has_money { 58 } else { 34 };
    let layout = layout(height)
        .bar_mode(BarMode::Group)
        .bar_gap(0.28)
        .bar_group_gap(0.06)
        // Room for the text after the longest bar.
        .x_axis(axis("").range(vec![least * 1.1, most * 1.2]).visible(false))
        .y_axis(
            axis("")
                .tick_values(places.clone())
                .tick_text(labels.collect())
                .range(vec![n as f64 - 0.5, -0.5])
                .show_grid(false)
                .tick_font(Font::new().color("var(--ink)").size(13)),
        );
    let first = &story.segments[0];
    let (title, says, head) = if story.has_money {
        let says = format!(
            "Hatched bars are customers, solid bars are revenue. A solid bar longer than its hatched neighbour is a \
             segment that spends more than its numbers would suggest: {} has {} of the customers and {} of the revenue.",
            first.short, first.share, first.revenue_share
        );
        (
            "Who the customers are, and who the revenue comes from",
            says,
            vec!["Share of customers", "Share of revenue"],
        )
    } else {
        (
            "How large the segments are",
            "Share of all customers in each segment.".to_owned(),
            vec!["Share of customers"],
        )
    };
    let rows = story.segments.iter().map(|s| {
        let mut row = vec![format!("{} {}", s.of.id, s.of.name), s.share.clone()];
        if story.has_money {
            row.push(s.revenue_share.clone());
        }
        row
    });
    Chart {
        id: "chart-shares",
        level: 3,
        title: title.to_owned(),
        says,
        table: DataTable {
            head: ["Segment"].into_iter().chain(head).map(str::to_owned).collect(),
            rows: rows.collect(),
        },
        height,
        print_width: 660,
        drawing: Drawing { data, layout },
    }
}

/// A sample of customers over two features.
fn scatter(story: &Story<'_>, features: &[KeyFeature<'_>]) -> Option<Chart> {
    let sample = &story.outcome.sample;
    let values = |name: &str| sample.features.iter().find(|f| f.feature == name);
    let sampled = |f: &&KeyFeature<'_>| values(f.name).is_some();
    let x = features.iter().find(sampled)?;
    // Spend where there is such: the last of the key features of a shop with orders.
    let spend = features
        .iter()
        .filter(sampled)
        .find(|f| f.name.starts_with("spend") || f.name.starts_with("revenue"));
    let y = spend
        .filter(|f| f.name != x.name)
        .or_else(|| features.iter().filter(sampled).find(|f| f.name != x.name))?;
    let (xs, ys) = (Spread::of(values(x.name)?), Spread::of(values(y.name)?));
    let n = sample.segment.len().min(xs.values.len()).min(ys.values.len());
    let mut data = Traces::new();
    let mut n_drawn = 0;
    for segment in &story.segments {
        let idx = segment.of.id.saturating_sub(1);
        let here = (0..n).filter(|&i| sample.segment[i] == segment.of.id);
        let here = here
            .filter_map(|i| Some((xs.values[i]?, ys.values[i]?)))
            .filter(|p| p.0.is_finite() && p.1.is_finite());
        // Thinned within each segment, so that every one keeps its share.
        let kept = |j: usize| n <= MOST_POINTS || j * MOST_POINTS / n != (j + 1) * MOST_POINTS / n;
        let points: Vec<(f64, f64)> = here.enumerate().filter(|(j, _)| kept(*j)).map(|(_, p)| p).collect();
        n_drawn += points.len();
        let name = chart_text(&segment.of.name, 40);
        let hovers = points.iter().map(|(a, b)| {
            let (a, b) = (story.format.value(*a, x.unit), story.format.value(*b, y.unit));
            format!("{name}<br>{}: {a}<br>{}: {b}", chart_text(x.label, 40), chart_text(y.label, 40))
        });
        data.push(
            Scatter::new(
                points.iter().map(|p| xs.drawn(p.0)).collect(),
                points.iter().map(|p| ys.drawn(p.1)).collect(),
            )
            .name(format!("{} {}", segment.of.id, chart_text(&segment.of.name, 24)))
            .mode(Mode::Markers)
            .marker(marker(segment_symbol(idx), segment_colour(idx), 7).opacity(0.75))
            .hover_info(HoverInfo::Text)
            .hover_text_array(hovers.collect()),
        );
    }
    if n_drawn < 2 {
        return None;
    }
    let styled = |feature: &KeyFeature<'_>, spread: &Spread| {
        let axis = axis(&chart_text(&sentence_case(feature.label), 60)).ticks(TicksDirection::Outside);
        let axis = if feature.unit == Unit::Money {
            axis.tick_prefix(chart_text(story.format.symbol(), 6))
        } else {
            axis
        };
        if spread.log { log(axis) } else { axis.separate_thousands(true) }
    };
    let layout = layout(460)
        .show_legend(story.has_structure())
        .legend(legend_above())
        .x_axis(styled(x, &xs))
        .y_axis(styled(y, &ys));
    let mut says = format!(
        "Each mark is one customer; {} of {} are drawn. Colour and shape tell the segment.",
        count(n_drawn),
        count(sample.of.max(n_drawn))
    );
    if xs.log || ys.log {
        says.push_str(" Each step along a stretched axis multiplies, so that small and large customers can both be seen.");
    }
    if xs.floored() || ys.floored() {
        says.push_str(" Customers with zero or less are drawn at the edge.");
    }
    let rows = story.segments.iter().map(|s| {
        let mut row = vec![format!("{} {}", s.of.id, s.of.name)];
        for feature in [x, y] {
            let profile = s.of.profile.iter().find(|p| p.feature == feature.name);
            let middle = profile.map(|p| {
                let [low, high] = [p.low, p.high].map(|v| story.format.value(v, feature.unit));
                format!("{low} to {high}")
            });
            row.push(story.typical(s.of, feature));
            row.push(middle.unwrap_or_default());
        }
        row
    });
    let head = [x, y].into_iter().flat_map(|f| [format!("Typical {}", f.label), "Middle half".to_owned()]);
    Some(Chart {
        id: "chart-scatter",
        level: 3,
        title: format!("{} and {}, customer by customer", sentence_case(x.label), y.label),
        says,
        table: DataTable {
            head: ["Segment".to_owned()].into_iter().chain(head).collect(),
            rows: rows.collect(),
        },
        height: 460,
        print_width: 660,
        drawing: Drawing { data, layout },
    })
}

fn log(axis: Axis) -> Axis {
    // Only powers of ten are labelled; a label at 2 and 5 as well is read as noise.
    axis.type_(AxisType::Log)
        .dtick(1.0)
        .exponent_format(plotly::common::ExponentFormat::None)
        .separate_thousands(true)
}

/// A name in at most two lines, broken at a space where there is one.
fn two_lines(name: &str) -> String {
    if name.chars().count() <= LONGEST_LINE {
        return chart_text(name, LONGEST_LINE);
    }
    let end = name.char_indices().nth(LONGEST_LINE).map_or(name.len(), |(at, _)| at);
    match name[..end].rfind(' ').filter(|&at| at > 0) {
        Some(at) => {
            let (first, second) = (&name[..at], &name[at + 1..]);
            format!("{}<br>{}", chart_text(first, LONGEST_LINE), chart_text(second, LONGEST_LINE))
        }
        None => chart_text(name, LONGEST_LINE),
    }
}

fn sentence_case(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |c| c.to_uppercase().chain(chars).collect())
}

/// The values of a feature and the axis that suits them.
struct Spread<'a> {
    values: &'a [Option<f64>],
    log: bool,
    least_positive: f64,
    least: f64,
}

impl<'a> Spread<'a> {
    fn of(feature: &'a SampleFeature) -> Self {
        let finite = || feature.values.iter().flatten().copied().filter(|v| v.is_finite());
        let least_positive = finite().filter(|&v| v > 0.0).fold(f64::INFINITY, f64::min);
        let most = finite().fold(f64::NEG_INFINITY, f64::max);
        let log = least_positive.is_finite() && most / least_positive >= 50.0;
        Self { values: &feature.values, log, least_positive, least: finite().fold(f64::INFINITY, f64::min) }
    }

    /// Where a value is drawn: a stretched axis has no place for zero and below.
    fn drawn(&self, value: f64) -> f64 {
        if self.log { value.max(self.least_positive * 0.6) } else { value }
    }

    fn floored(&self) -> bool {
        self.log && self.least <= 0.0
    }
}
