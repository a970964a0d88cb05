//! Charts: what is drawn (a plotly.js specification) and, for those who cannot see it, the same in words and as a table.
//!
//! Colours are written as `var(--name)`; the page's script puts in what the style sheet says for the present scheme
//! (light, dark, print), so that every colour is decided in one place.

use askama::Template;
use plotly::common::{Anchor, DashType, Font, Label, Line, Marker, MarkerSymbol, Title};
use plotly::layout::{Axis, DragMode, HoverMode, Legend, Margin};
use plotly::{Layout, Traces};
use serde::Serialize;

/// Number of segment colours in the style sheet; after that they repeat.
pub(super) const N_COLOURS: usize = 12;

/// A chart with its words and its table.
#[derive(Template)]
#[template(path = "report/chart.html")]
pub(super) struct Chart {
    /// Unique in the page.
    pub(super) id: &'static str,
    /// Level of its heading.
    pub(super) level: u8,
    /// What it shows, in a few words.
    pub(super) title: String,
    /// What is to be seen, in a sentence.
    pub(super) says: String,
    /// The numbers behind it.
    pub(super) table: DataTable,
    /// Its height on the page, so that nothing moves when it is drawn.
    pub(super) height: usize,
    /// Its width on paper.
    pub(super) print_width: usize,
    /// What is drawn.
    pub(super) drawing: Drawing,
}

/// What plotly.js needs to draw a chart.
#[derive(Serialize)]
pub(super) struct Drawing {
    /// Series.
    pub(super) data: Traces,
    /// Axes and the like.
    pub(super) layout: Layout,
}

/// A plain table: the first cell of each row is its heading.
#[derive(Default)]
pub(super) struct DataTable {
    /// Column headings.
    pub(super) head: Vec<String>,
    /// Rows.
    pub(super) rows: Vec<Vec<String>>,
}

/// The colour of a segment, its id counted from 0.
pub(super) fn segment_colour(idx: usize) -> String {
    format!("var(--segment-{})", idx % N_COLOURS + 1)
}

/// The number of the colour of a segment, from 1: one colour a segment for ever. Ids that are as far apart as there are
/// colours share one, and their marks differ.
pub(super) fn colour_of(id: usize) -> usize {
    id.saturating_sub(1) % N_COLOURS + 1
}

/// The mark of a segment, its id counted from 0, for those who cannot tell colours.
pub(super) fn segment_symbol(idx: usize) -> MarkerSymbol {
    match (idx + idx / N_COLOURS) % N_COLOURS {
        0 => MarkerSymbol::Circle,
        1 => MarkerSymbol::Square,
        2 => MarkerSymbol::TriangleUp,
        3 => MarkerSymbol::Diamond,
        4 => MarkerSymbol::Cross,
        5 => MarkerSymbol::TriangleDown,
        6 => MarkerSymbol::Star,
        7 => MarkerSymbol::X,
        8 => MarkerSymbol::Hexagon,
        9 => MarkerSymbol::Pentagon,
        10 => MarkerSymbol::BowTie,
        _ => MarkerSymbol::Hourglass,
    }
}

/// An axis in the house style.
pub(super) fn axis(title: &str) -> Axis {
    let axis = Axis::new()
        .auto_margin(true)
        .grid_color("var(--line)")
        .line_color("var(--line-strong)")
        .tick_color("var(--line-strong)")
        .tick_font(Font::new().color("var(--ink-soft)").size(12))
        .zero_line(false)
        .fixed_range(true);
    if title.is_empty() {
        return axis;
    }
    axis.title(Title::with_text(title).font(Font::new().color("var(--ink-soft)").size(12)))
}

/// A layout in the house style.
pub(super) fn layout(height: usize) -> Layout {
    Layout::new()
        .height(height)
        .auto_size(true)
        .margin(Margin::new().left(8).right(12).top(12).bottom(8).auto_expand(true))
        .paper_background_color("var(--none)")
        .plot_background_color("var(--none)")
        .font(Font::new().family("var(--sans)").size(13).color("var(--ink)"))
        .hover_mode(HoverMode::Closest)
        .hover_label(
            Label::new()
                .background_color("var(--paper)")
                .border_color("var(--line-strong)")
                .font(Font::new().color("var(--ink)").size(13)),
        )
        .drag_mode(DragMode::False)
        .show_legend(false)
}

/// A legend above the drawing.
pub(super) fn legend_above() -> Legend {
    Legend::new()
        .orientation(plotly::common::Orientation::Horizontal)
        .x(0.0)
        .x_anchor(Anchor::Left)
        .y(1.02)
        .y_anchor(Anchor::Bottom)
        .font(Font::new().color("var(--ink)").size(12))
}

/// A marker with a rim in the page's colour, so that neighbours stay apart.
pub(super) fn marker(symbol: MarkerSymbol, colour: String, size: usize) -> Marker {
    Marker::new().symbol(symbol).color(colour).size(size).line(Line::new().color("var(--paper)").width(0.5))
}

/// A quiet line.
pub(super) fn quiet_line() -> Line {
    Line::new().color("var(--line-strong)").width(1.5).dash(DashType::Solid)
}
