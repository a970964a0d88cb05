//! How sure the result is: why this number of segments, and how clear each segment is.

use askama::Template;
use plotly::common::{ErrorData, ErrorType, HoverInfo, MarkerSymbol, Mode};
use plotly::{Scatter, Traces};

use crate::outcome::Candidate;
use crate::report::chart::{Chart, DataTable, Drawing, axis, layout, marker, quiet_line};
use crate::report::format::{NONE, counted, decimal, of_hundred, share};
use crate::report::story::{Shown, Story};

#[derive(Template)]
#[template(path = "report/sure.html")]
pub(super) struct Sure<'a> {
    story: &'a Story<'a>,
    charts: Vec<Chart>,
    candidates: Vec<CandidateRow>,
    compared: Vec<ComparedRow<'a>>,
    clarity: Vec<Clarity<'a>>,
}

/// One algorithm, and what it would change.
struct ComparedRow<'a> {
    label: &'a str,
    used: bool,
    figures: [String; 6],
    change: String,
}

struct CandidateRow {
    k: usize,
    chosen: bool,
    verdict: &'static str,
    figures: [String; 10],
}

/// What became of a candidate.
#[derive(Clone, Copy, PartialEq)]
enum Standing {
    Chosen,
    Allowed,
    Excluded,
}

impl Standing {
    fn of(candidate: &Candidate, k: usize) -> Self {
        match (candidate.k == k, candidate.allowed) {
            (true, _) => Self::Chosen,
            (false, true) => Self::Allowed,
            (false, false) => Self::Excluded,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Chosen => "chosen",
            Self::Allowed => "",
            Self::Excluded => "not allowed by the settings",
        }
    }
}

/// How clear a segment is.
struct Clarity<'a> {
    shown: &'a Shown<'a>,
    confidence: String,
    confidence_words: &'static str,
    silhouette: String,
    silhouette_words: &'static str,
    stability: String,
    stability_words: &'static str,
}

impl<'a> Sure<'a> {
    pub(super) fn new(story: &'a Story<'a>) -> Self {
        let choice = &story.outcome.choice;
        let figure =
            |value: Option<f64>, decimals| value.map_or_else(|| NONE.to_owned(), |v| decimal(v, decimals));
        let candidates = choice.candidates.iter().map(|c| {
            let gap = match c.gap_error {
                Some(error) => format!("{} ± {}", figure(c.gap, 3), decimal(error, 3)),
                None => figure(c.gap, 3),
            };
            let figures = [
                share(c.smallest_share),
                share(c.largest_share),
                figure(c.silhouette, 3),
                gap,
                figure(c.calinski_harabasz, 0),
                figure(c.davies_bouldin, 3),
                figure(c.prediction_strength, 2),
                figure(c.stability, 2),
                c.told.map_or_else(|| NONE.to_owned(), share),
                figure(Some(c.inertia), if c.inertia.abs() < 100.0 { 2 } else { 0 }),
            ];
            CandidateRow {
                k: c.k,
                chosen: c.k == choice.k,
                verdict: Standing::of(c, choice.k).words(),
                figures,
            }
        });
        let compared = story.outcome.algorithm.compared.iter().map(|c| {
            let used = c.name == story.outcome.algorithm.name;
            let figures = [
                c.segments.to_string(),
                share(c.smallest_share),
                share(c.largest_share),
                figure(c.silhouette, 3),
                figure(c.calinski_harabasz, 0),
                figure(c.davies_bouldin, 3),
            ];
            let change = match (used, c.moved) {
                (true, _) => "used here".to_owned(),
                (false, 0) => "nobody would be with others".to_owned(),
                (false, moved) => {
                    let worth = if story.outcome.revenue > habitue_core::Money::ZERO {
                        format!(", who brought {}", story.format.money(c.moved_revenue))
                    } else {
                        String::new()
                    };
                    format!("{} would be with others{worth}", counted(moved as u64, "customer"))
                }
            };
            ComparedRow { label: &c.label, used, figures, change }
        });
        let charts = [
            index_chart(
                story,
                "chart-silhouette",
                "Silhouette: how far apart",
                "How much closer customers are to their own segment than to the next one. Higher is better; 1 would be perfect, 0 means on the border.",
                |c| c.silhouette,
                |_| None,
            ),
            index_chart(
                story,
                "chart-gap",
                "Gap: how unlike chance",
                "How much tighter the segments are than those found in random data of the same extent. Higher is better; the whiskers are one standard error.",
                |c| c.gap,
                |c| c.gap_error,
            ),
            index_chart(
                story,
                "chart-inertia",
                "Inertia: what is left inside",
                "How different customers still are within their segments. It always falls; where the line bends, more segments stop paying.",
                |c| Some(c.inertia),
                |_| None,
            ),
        ];
        let clarity = story.segments.iter().map(|shown| Clarity {
            shown,
            confidence: of_hundred(shown.of.confidence),
            confidence_words: confidence_words(shown.of.confidence),
            silhouette: figure(shown.of.silhouette, 2),
            silhouette_words: shown.of.silhouette.map_or("", silhouette_words),
            stability: shown.of.stability.map_or_else(|| NONE.to_owned(), of_hundred),
            stability_words: shown.of.stability.map_or("", stability_words),
        });
        Self {
            charts: charts.into_iter().flatten().collect(),
            candidates: candidates.collect(),
            compared: compared.collect(),
            clarity: clarity.collect(),
            story,
        }
    }

    pub(super) fn charts(&self) -> impl Iterator<Item = &Chart> {
        self.charts.iter()
    }
}

fn confidence_words(confidence: f64) -> &'static str {
    match confidence {
        c if c >= 0.9 => "nearly all customers clearly belong here",
        c if c >= 0.75 => "most customers clearly belong here",
        c if c >= 0.5 => "many customers could as well be in a neighbouring segment",
        _ => "a loose group; treat its borders as soft",
    }
}

/// The conventional reading of a bootstrap stability (Hennig 2007).
fn stability_words(stability: f64) -> &'static str {
    match stability {
        s if s >= 0.85 => "found again nearly unchanged",
        s if s >= 0.75 => "found again",
        s if s >= 0.6 => "there is something here, but who belongs to it is uncertain",
        _ => "may be chance: do not build on it",
    }
}

/// The conventional reading of a silhouette (Kaufman & Rousseeuw 1990).
fn silhouette_words(silhouette: f64) -> &'static str {
    match silhouette {
        s if s > 0.7 => "stands far apart from the others",
        s if s > 0.5 => "stands clearly apart from the others",
        s if s > 0.25 => "apart, with some overlap at its borders",
        s if s > 0.0 => "blends into its neighbours",
        _ => "overlaps its neighbours so much that they can hardly be told apart",
    }
}

/// One index over the number of segments; `None` if there are fewer than two points.
fn index_chart(
    story: &Story<'_>,
    id: &'static str,
    title: &str,
    says: &str,
    value: impl Fn(&Candidate) -> Option<f64>,
    error: impl Fn(&Candidate) -> Option<f64>,
) -> Option<Chart> {
    let choice = &story.outcome.choice;
    let finite = |c: &Candidate| value(c).filter(|v| v.is_finite());
    let points: Vec<(&Candidate, f64)> =
        choice.candidates.iter().filter_map(|c| Some((c, finite(c)?))).collect();
    if points.len() < 2 {
        return None;
    }
    let words = |c: &Candidate, v: f64| match Standing::of(c, choice.k).words() {
        "" => format!("{} segments: {}", c.k, decimal(v, 3)),
        note => format!("{} segments: {}, {note}", c.k, decimal(v, 3)),
    };
    let mut data = Traces::new();
    let line = Scatter::new(points.iter().map(|p| p.0.k).collect(), points.iter().map(|p| p.1).collect())
        .mode(Mode::Lines)
        .line(quiet_line())
        .hover_info(HoverInfo::Skip);
    let errors: Vec<f64> = points.iter().map(|p| error(p.0).unwrap_or(0.0)).collect();
    data.push(if errors.iter().any(|&e| e > 0.0) {
        line.error_y(
            ErrorData::new(ErrorType::Data).array(errors).color("var(--ink-soft)").thickness(1.0).width(3),
        )
    } else {
        line
    });
    let styles = [
        (Standing::Allowed, marker(MarkerSymbol::Circle, "var(--accent)".to_owned(), 9)),
        (Standing::Excluded, marker(MarkerSymbol::CircleOpen, "var(--ink-soft)".to_owned(), 8)),
        (Standing::Chosen, marker(MarkerSymbol::Diamond, "var(--strong)".to_owned(), 15)),
    ];
    for (standing, style) in styles {
        let here: Vec<_> = points.iter().filter(|p| Standing::of(p.0, choice.k) == standing).collect();
        if !here.is_empty() {
            data.push(
                Scatter::new(here.iter().map(|p| p.0.k).collect(), here.iter().map(|p| p.1).collect())
                    .mode(Mode::Markers)
                    .marker(style)
                    .hover_info(HoverInfo::Text)
                    .hover_text_array(here.iter().map(|p| words(p.0, p.1)).collect()),
            );
        }
    }
    let rows = points
        .iter()
        .map(|&(c, v)| vec![c.k.to_string(), decimal(v, 3), Standing::of(c, choice.k).words().to_owned()]);
    let layout = layout(260)
        .x_axis(axis("Number of segments").dtick(if points.len() > 12 { 2.0 } else { 1.0 }).show_grid(false))
        .y_axis(axis("").n_ticks(5).separate_thousands(true));
    Some(Chart {
        id,
        level: 4,
        title: title.to_owned(),
        says: says.to_owned(),
        table: DataTable {
            head: ["Segments", "Value", "Note"].map(str::to_owned).to_vec(),
            rows: rows.collect(),
        },
        height: 260,
        print_width: 215,
        drawing: Drawing { data, layout },
    })
}
