//! How revenue and features are spread over customers, and who lies far from all others.

use habitue_core::base::concentration::{Best, Concentration};
use habitue_core::base::histogram::{Bin, Histogram, Scale};
use habitue_core::table::{Feature, Unit};
use plotly::common::{HoverInfo, Line, Marker, Mode};
use plotly::layout::AxisType;
use plotly::{Bar, Scatter, Traces};

use super::part;
use crate::outcome::{CustomerBase, FeatureSpread};
use crate::report::chart::{Chart, DataTable, Drawing, axis, layout, quiet_line};
use crate::report::escape::chart_text;
use crate::report::format::{NONE, count, counted, decimal, share, share_column};
use crate::report::story::Story;

/// Ids of the charts of features that are drawn; the others are tables.
const CHARTS: [&str; 6] = [
    "chart-base-feature-1",
    "chart-base-feature-2",
    "chart-base-feature-3",
    "chart-base-feature-4",
    "chart-base-feature-5",
    "chart-base-feature-6",
];
/// Percents of the customers that the table of revenue shows.
const PERCENTS: [u8; 9] = [1, 5, 10, 20, 30, 40, 50, 75, 100];

/// What features look like.
pub(super) struct Spread<'a> {
    /// Label, least, quartiles, most, missing, far out.
    pub(super) rows: Vec<FeatureRow<'a>>,
    pub(super) drawn: Vec<Chart>,
    pub(super) tables: Vec<BinTable<'a>>,
    pub(super) categories: Vec<BinTable<'a>>,
    pub(super) far_out: Option<String>,
    pub(super) listed: Vec<[String; 5]>,
}

/// One feature in the table of quartiles.
pub(super) struct FeatureRow<'a> {
    pub(super) label: &'a str,
    pub(super) cells: [String; 7],
}

/// The bins of one feature as a table with bars.
pub(super) struct BinTable<'a> {
    pub(super) label: &'a str,
    pub(super) description: &'a str,
    /// Bin, customers, share, length of the bar in percent of the longest.
    pub(super) rows: Vec<(String, String, String, u32)>,
}

impl<'a> Spread<'a> {
    pub(super) fn new(story: &'a Story<'a>, base: &'a CustomerBase) -> Self {
        let known =
            |name: &str| story.outcome.features.iter().find(|f| f.feature.name == name).map(|f| &f.feature);
        let features: Vec<(&FeatureSpread, &Feature)> =
            base.features.iter().filter_map(|f| Some((f, known(&f.feature)?))).collect();
        let is_key = |name: &str| base.outliers.features.iter().any(|f| f == name);
        let (key, others): (Vec<_>, Vec<_>) = features.iter().partition(|f| is_key(&f.1.name));
        let drawn = key.iter().zip(CHARTS).map(|((spread, feature), id)| {
            let says = typical(story, spread, feature.unit);
            bars(story, id, &title(&feature.label), says, &spread.histogram, feature.unit, "Customers")
        });
        let drawn: Vec<Chart> = drawn.collect();
        let table = |(spread, feature): &(&'a FeatureSpread, &'a Feature)| BinTable {
            label: &feature.label,
            description: &feature.description,
            rows: bins(story, &spread.histogram, feature.unit),
        };
        let categories = base.categories.iter().filter_map(|c| {
            let feature = known(&c.feature)?;
            let mut values: Vec<(String, u64)> =
                c.values.iter().map(|v| (v.value.clone(), v.customers)).collect();
            values.extend((c.other > 0).then(|| ("all others".to_owned(), c.other)));
            values.extend((c.missing > 0).then(|| ("missing".to_owned(), c.missing)));
            Some(BinTable {
                label: &feature.label,
                description: &feature.description,
                rows: with_bars(values),
            })
        });
        Self {
            rows: features.iter().map(|(spread, feature)| row(story, spread, feature)).collect(),
            tables: key.iter().skip(drawn.len()).chain(&others).map(table).collect(),
            drawn,
            categories: categories.collect(),
            far_out: far_out(story, base),
            listed: base
                .outliers
                .listed
                .iter()
                .filter_map(|o| {
                    let feature = known(&o.feature)?;
                    let of = base.features.iter().find(|f| f.feature == o.feature)?;
                    let value = |v: f64| story.format.value(v, feature.unit);
                    Some([
                        o.customer.clone(),
                        feature.label.clone(),
                        value(o.value),
                        value(of.spread.median),
                        o.revenue.map_or_else(|| NONE.to_owned(), |m| story.format.money(m)),
                    ])
                })
                .collect(),
        }
    }

    pub(super) fn charts(&self) -> impl Iterator<Item = &Chart> {
        self.drawn.iter()
    }
}

fn row<'a>(story: &Story<'_>, of: &FeatureSpread, feature: &'a Feature) -> FeatureRow<'a> {
    let s = &of.spread;
    let value = |v: f64| story.format.value(v, feature.unit);
    let far = match (s.far_below + s.far_above, s.above.filter(|_| s.far_above > 0)) {
        (0, _) => "0".to_owned(),
        (n, Some(above)) if s.far_below == 0 => format!("{} above {}", count(n), value(above)),
        (n, _) => count(n),
    };
    FeatureRow {
        label: &feature.label,
        cells: [
            value(s.least),
            value(s.lower_quartile),
            value(s.median),
            value(s.upper_quartile),
            value(s.most),
            count(s.missing),
            far,
        ],
    }
}

fn title(label: &str) -> String {
    let mut letters = label.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn typical(story: &Story<'_>, of: &FeatureSpread, unit: Unit) -> String {
    let value = |v: f64| story.format.value(v, unit);
    let s = &of.spread;
    let missing = match s.missing {
        0 => String::new(),
        n => format!(" {} have no value.", counted(n, "customer")),
    };
    format!(
        "Half of the customers lie between {} and {}; typical is {}.{missing}",
        value(s.lower_quartile),
        value(s.upper_quartile),
        value(s.median)
    )
}

/// A histogram as a chart with its table.
pub(super) fn bars(
    story: &Story<'_>,
    id: &'static str,
    title: &str,
    says: String,
    histogram: &Histogram,
    unit: Unit,
    what: &str,
) -> Chart {
    let rows = bins(story, histogram, unit);
    let labels: Vec<String> = rows.iter().map(|r| chart_text(&r.0, 30)).collect();
    let hovers = rows.iter().zip(&labels).map(|(r, label)| format!("{label}<br>{} ({})", r.1, r.2));
    let mut data = Traces::new();
    data.push(
        Bar::new(labels.clone(), histogram.bins.iter().map(|b| b.customers as f64).collect())
            .marker(Marker::new().color("var(--accent)"))
            .hover_info(HoverInfo::Text)
            .hover_text_array(hovers.collect()),
    );
    let says = if histogram.scale == Scale::Growing {
        format!("{says} Bars to the right span wider ranges.")
    } else {
        says
    };
    Chart {
        id,
        level: 4,
        title: title.to_owned(),
        says,
        table: DataTable {
            head: vec!["Range".to_owned(), what.to_owned(), "Share".to_owned()],
            rows: rows.into_iter().map(|r| vec![r.0, r.1, r.2]).collect(),
        },
        height: 260,
        print_width: 320,
        drawing: Drawing {
            data,
            layout: layout(260)
                .bar_gap(0.08)
                .x_axis(axis("").type_(AxisType::Category).show_grid(false))
                .y_axis(axis("").separate_thousands(true).n_ticks(5)),
        },
    }
}

/// The bins in words, with their counts, shares and bars.
fn bins(story: &Story<'_>, histogram: &Histogram, unit: Unit) -> Vec<(String, String, String, u32)> {
    let bins = &histogram.bins;
    with_bars(bins.iter().map(|b| (range(story, b, unit, histogram.whole), b.customers)).collect())
}

fn with_bars(counts: Vec<(String, u64)>) -> Vec<(String, String, String, u32)> {
    let total: u64 = counts.iter().map(|c| c.1).sum();
    let most = counts.iter().map(|c| c.1).max().unwrap_or(0) as f64;
    let shares = share_column(&counts.iter().map(|c| part(c.1 as f64, total as f64)).collect::<Vec<_>>());
    let row = |((label, n), share): ((String, u64), String)| {
        (label, count(n), share, (part(n as f64, most) * 100.0).round() as u32)
    };
    counts.into_iter().zip(shares).map(row).collect()
}

/// What a bin holds, in words.
#[expect(clippy::float_cmp, reason = "equal edges mean one value")]
fn range(story: &Story<'_>, bin: &Bin, unit: Unit, whole: bool) -> String {
    let edge = |v: f64| match unit {
        Unit::Money => format!("{}{}", story.format.symbol(), decimal(v, 2)),
        Unit::Share => format!("{}%", decimal(v * 100.0, 1)),
        _ => decimal(v, 3),
    };
    match (bin.from, bin.below) {
        (Some(from), Some(below)) if from == below => edge(from),
        // Whole numbers below 60 end at 59.
        (Some(from), Some(below)) if whole && unit != Unit::Money => match below - 1.0 {
            last if last == from => edge(from),
            last => format!("{} to {}", edge(from), edge(last)),
        },
        (Some(from), Some(below)) => format!("{} to {}", edge(from), edge(below)),
        (None, Some(below)) => format!("below {}", edge(below)),
        (Some(from), None) => format!("{} and more", edge(from)),
        (None, None) => "any".to_owned(),
    }
}

/// The Pareto curve: what the best customers bring.
pub(super) fn concentration(story: &Story<'_>, all: &Concentration) -> Chart {
    let best = |percent: u8| all.best(percent).map_or(0.0, |b| b.share);
    let (x, y): (Vec<f64>, Vec<f64>) = std::iter::once((0.0, 0.0))
        .chain(all.best.iter().map(|b| (f64::from(b.percent), b.share * 100.0)))
        .unzip();
    let hovers = std::iter::once(String::new())
        .chain(all.best.iter().map(|b| format!("best {}%<br>{} of the revenue", b.percent, share(b.share))));
    let mut data = Traces::new();
    data.push(
        Scatter::new(vec![0.0, 100.0], vec![0.0, 100.0])
            .mode(Mode::Lines)
            .line(quiet_line())
            .hover_info(HoverInfo::Skip),
    );
    data.push(
        Scatter::new(x, y)
            .mode(Mode::Lines)
            .line(Line::new().color("var(--accent)").width(2.5))
            .hover_info(HoverInfo::Text)
            .hover_text_array(hovers.collect()),
    );
    let row = |b: &Best| {
        vec![
            format!("best {}%", b.percent),
            count(b.customers),
            story.format.money(b.revenue),
            share(b.share),
        ]
    };
    let rows = all.best.iter().filter(|b| PERCENTS.contains(&b.percent)).map(row);
    let says = format!(
        "The best 1% brought {}, the best 20% {}, the lower half {}. {} brought half of everything. The straight line is a \
         shop where all bring the same; the Gini coefficient, 0 there and 1 where one customer brings all, is {:.2}.",
        share(best(1)),
        share(best(20)),
        share(1.0 - best(50)),
        match all.customers_for_half {
            1 => "One customer".to_owned(),
            n => format!("{} ({})", counted(n, "customer"), share(n as f64 / all.customers as f64)),
        },
        all.gini
    );
    Chart {
        id: "chart-base-pareto",
        level: 3,
        title: "How revenue is spread over customers".to_owned(),
        says,
        table: DataTable {
            head: ["Customers", "How many", "Revenue", "Share of all"].map(str::to_owned).to_vec(),
            rows: rows.collect(),
        },
        height: 320,
        print_width: 460,
        drawing: Drawing {
            data,
            layout: layout(320)
                .x_axis(axis("Customers, the best first").tick_suffix("%").range(vec![0.0, 100.0]))
                .y_axis(axis("Revenue").tick_suffix("%").range(vec![0.0, 102.0])),
        },
    }
}

/// Who lies far from all others, in a sentence.
pub(super) fn far_out(story: &Story<'_>, base: &CustomerBase) -> Option<String> {
    let all = story.outcome.customers as f64;
    let far = &base.outliers;
    if far.features.is_empty() || all < 1.0 {
        return None;
    }
    if far.customers == 0 {
        return Some("No customer lies far from all others.".to_owned());
    }
    let who = format!(
        "{} ({}) {} far from all others in at least one way",
        counted(far.customers, "customer"),
        share(far.customers as f64 / all),
        if far.customers == 1 { "lies" } else { "lie" }
    );
    Some(if story.has_money {
        format!(
            "{who}; they brought {} ({} of the revenue).",
            story.format.money(far.revenue),
            share(far.revenue_share)
        )
    } else {
        format!("{who}.")
    })
}

/// Whether there is anything to cluster, in words; the first sentence says the most.
pub(super) fn clumps(base: &CustomerBase) -> Vec<String> {
    let Some(c) = &base.clusterability else { return Vec::new() };
    let read = match c.hopkins {
        h if h < 0.55 => "customers lie as if strewn at random: there is nothing to cluster",
        h if h < 0.7 => "customers are spread a little unevenly: groups, if any, are weak",
        h if h < 0.9 => "customers are clearly not spread evenly",
        _ => "customers are crowded together, far from spread evenly",
    };
    // Two deviations of the difference of the two means of so many repetitions.
    let error = ((c.deviation.powi(2) + c.one_heap_deviation.powi(2)) / c.repeats as f64).sqrt();
    let beyond = c.hopkins - c.one_heap;
    let against = if beyond > 2.0 * error && (1.0 - c.hopkins) < 0.5 * (1.0 - c.one_heap) {
        "Customers are much more crowded than that, which speaks for groups."
    } else if beyond > 2.0 * error {
        "Customers are somewhat more crowded than that: there are denser places, but no clear gaps."
    } else {
        "Customers are no more crowded than that: segments are useful cuts through one continuum, with no gaps at their borders."
    };
    let sampled = if c.rows < c.of {
        format!(", measured on a sample of {} of {} customers", count(c.rows), count(c.of))
    } else {
        String::new()
    };
    vec![
        format!(
            "Clusterability (Hopkins statistic) is {}, where 0.5 is random and 1 is clumps: {read}. One single heap with \
             the same spreads and correlations would give {}. {against}",
            nearly(c.hopkins),
            nearly(c.one_heap)
        ),
        format!(
            "Mean of {} repetitions with {} probes each; from one to the next it strays by {}{sampled}. Measured on \
             the features as they are prepared for clustering.",
            c.repeats,
            count(c.probes),
            decimal(c.deviation, 4)
        ),
    ]
}

/// A number below 1 with as many digits as tell it from 1, five at most.
fn nearly(value: f64) -> String {
    let digits = (2..5).find(|&d| format!("{value:.d$}") != format!("{:.d$}", 1.0)).unwrap_or(5);
    format!("{value:.digits$}")
}
