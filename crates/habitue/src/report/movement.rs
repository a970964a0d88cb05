//! Who moved since the previous run: the answer, what became of each segment, the matrix, and who is about to leave.

use askama::Template;
use habitue_core::Money;
use plotly::common::{Font, Orientation};
use plotly::sankey::{Line, Link, Node};
use plotly::{Sankey, Traces};

use crate::outcome::{Change, Match, Move, Movement, MovementPlace, PlaceKind};
use crate::report::chart::{Chart, DataTable, Drawing, colour_of, layout, segment_colour};
use crate::report::escape::chart_text;
use crate::report::format::{Format, NONE, count, counted, day, share};

#[derive(Template)]
#[template(path = "report/movement.html")]
pub(super) struct Moved<'a> {
    movement: &'a Movement,
    has_money: bool,
    /// Whether there is a file of those who are at risk now.
    has_audience: bool,
    before: String,
    n_before: String,
    stayed: Amount,
    stayed_share: String,
    better: Amount,
    worse: Amount,
    /// Customers of the previous segments who are in none now.
    out: String,
    came: Amount,
    at_risk: Amount,
    fates: Vec<Fate<'a>>,
    rows: Vec<MatrixRow<'a>>,
    totals: Vec<(String, String)>,
    total: (String, String),
    risks: Vec<Risk<'a>>,
    chart: Option<Chart>,
}

/// Customers and their revenue, written.
struct Amount {
    n: usize,
    /// The number with its noun.
    customers: String,
    revenue: String,
}

/// What became of a segment.
struct Fate<'a> {
    id: usize,
    colour: usize,
    name: &'a str,
    /// What it was, or that it is new or no more.
    note: String,
    /// Customers then, who stayed, who left, who joined, customers now.
    figures: [String; 5],
}

struct MatrixRow<'a> {
    place: Place<'a>,
    cells: Vec<MatrixCell>,
    total: (String, String),
}

struct MatrixCell {
    customers: String,
    revenue: String,
    heat: u32,
    stayed: bool,
}

/// A place with the number of its colour; places that are no segment have none.
struct Place<'a> {
    id: Option<usize>,
    colour: usize,
    name: &'a str,
}

/// Customers who came from one segment into one at risk.
struct Risk<'a> {
    from: Place<'a>,
    to: Place<'a>,
    customers: String,
    revenue: String,
}

impl<'a> Moved<'a> {
    pub(super) fn new(movement: &'a Movement, format: &Format, has_money: bool, has_audience: bool) -> Self {
        let cells = Cells::new(movement, format);
        let n = movement.previous.customers;
        let in_segments = [movement.stayed, movement.moved_up, movement.moved_down];
        let in_segments: usize = in_segments.iter().map(|f| f.customers).sum();
        let out = n.saturating_sub(in_segments);
        Self {
            before: movement
                .previous
                .as_of
                .map_or_else(|| "in the previous run".to_owned(), |d| format!("on {}", day(d))),
            n_before: counted(n, "customer"),
            stayed: cells.amount(|m| m.change == Change::Stayed),
            stayed_share: share(movement.stayed.customers as f64 / n.max(1) as f64),
            better: cells.amount(|m| m.change == Change::Better),
            worse: cells.amount(|m| m.change == Change::Worse),
            out: match out {
                0 => String::new(),
                1 => "1 is".to_owned(),
                n => format!("{} are", count(n)),
            },
            came: cells.amount(|m| m.change == Change::Came),
            at_risk: cells.amount(|m| m.entered_at_risk),
            fates: fates(movement),
            rows: matrix_rows(&cells),
            totals: (0..movement.to.len()).map(|to| cells.total(|_, t| t == to)).collect(),
            total: cells.total(|_, _| true),
            risks: risks(&cells),
            chart: chart(&cells, has_money),
            movement,
            has_money,
            has_audience,
        }
    }

    pub(super) fn charts(&self) -> impl Iterator<Item = &Chart> {
        self.chart.iter()
    }
}

fn fates(movement: &Movement) -> Vec<Fate<'_>> {
    let mut fates = Vec::new();
    for place in movement.to.iter().filter(|p| p.place == PlaceKind::Segment) {
        let Some(id) = place.id else { continue };
        let row = |note: String, figures: [Option<usize>; 5]| Fate {
            id,
            colour: colour_of(id),
            name: &place.name,
            note,
            figures: figures.map(|n| n.map_or_else(|| NONE.to_owned(), count)),
        };
        if let Some(m) = movement.matches.iter().find(|m| m.id == id) {
            let (then, now) = (m.previous_customers, m.customers);
            let left = then.saturating_sub(m.stayed);
            fates.push(row(was(m), [then, m.stayed, left, now.saturating_sub(m.stayed), now].map(Some)));
        } else if let Some(new) = movement.new.iter().find(|s| s.id == id) {
            fates.push(row("new".to_owned(), [None, None, None, Some(new.customers), Some(new.customers)]));
        }
    }
    for gone in &movement.vanished {
        fates.push(Fate {
            id: gone.id,
            colour: 0,
            name: &gone.name,
            note: "no more".to_owned(),
            figures: [Some(gone.customers), None, Some(gone.customers), None, None]
                .map(|n| n.map_or_else(|| NONE.to_owned(), count)),
        });
    }
    fates
}

/// What a segment was where it was something else.
fn was(m: &Match) -> String {
    match (m.previous_id == m.id, m.previous_name == m.name) {
        (true, true) => String::new(),
        (true, false) => format!("was {}", m.previous_name),
        (false, true) => format!("was number {}", m.previous_id),
        (false, false) => format!("was {} {}", m.previous_id, m.previous_name),
    }
}

/// The matrix with its amounts, all rounded in one go, so that an amount is the same wherever it stands and sums add up.
struct Cells<'a, 'f> {
    movement: &'a Movement,
    amounts: Vec<Money>,
    format: &'f Format,
}

impl<'a, 'f> Cells<'a, 'f> {
    fn new(movement: &'a Movement, format: &'f Format) -> Self {
        let amounts = movement.matrix.iter().flatten().map(|cell| cell.flow.revenue).collect();
        Self { movement, amounts, format }
    }

    /// The revenue of the cells for which `wanted` holds.
    fn revenue(&self, wanted: impl Fn(usize, usize) -> bool) -> String {
        let width = self.movement.to.len();
        self.format.money_column(&self.amounts).sum_of(|at| wanted(at / width, at % width))
    }

    /// Customers and revenue of the cells for which `wanted` holds.
    fn total(&self, wanted: impl Fn(usize, usize) -> bool) -> (String, String) {
        let cells = self.movement.matrix.iter().enumerate();
        let cells =
            cells.flat_map(|(from, row)| row.iter().enumerate().map(move |(to, cell)| (from, to, cell)));
        let n: usize =
            cells.filter(|(from, to, _)| wanted(*from, *to)).map(|(_, _, c)| c.flow.customers).sum();
        (count(n), self.revenue(wanted))
    }

    fn amount(&self, wanted: impl Fn(&Move) -> bool) -> Amount {
        let n = self.movement.matrix.iter().flatten().filter(|m| wanted(m)).map(|m| m.flow.customers).sum();
        let revenue = self.revenue(|from, to| wanted(&self.movement.matrix[from][to]));
        Amount { n, customers: counted(n, "customer"), revenue }
    }
}

fn matrix_rows<'a>(cells: &Cells<'a, '_>) -> Vec<MatrixRow<'a>> {
    let movement = cells.movement;
    let row = |(from, (place, row)): (usize, (&'a MovementPlace, &Vec<Move>))| {
        let all: usize = row.iter().map(|c| c.flow.customers).sum();
        let cell = |(to, cell): (usize, &Move)| MatrixCell {
            customers: count(cell.flow.customers),
            revenue: match cell.flow.customers {
                0 => String::new(),
                _ => cells.revenue(|f, t| (f, t) == (from, to)),
            },
            heat: (cell.flow.customers as f64 / all.max(1) as f64 * 100.0).round() as u32,
            stayed: cell.change == Change::Stayed,
        };
        MatrixRow {
            place: shown(movement, place),
            cells: row.iter().enumerate().map(cell).collect(),
            total: cells.total(|f, _| f == from),
        }
    };
    movement.from.iter().zip(&movement.matrix).enumerate().map(row).collect()
}

/// A place with its colour: an old segment has that of the new one that it is.
fn shown<'a>(movement: &Movement, place: &'a MovementPlace) -> Place<'a> {
    let is_old = movement.from.iter().any(|p| std::ptr::eq(p, place));
    let id_now = match place.id {
        Some(id) if is_old => movement.matches.iter().find(|m| m.previous_id == id).map(|m| m.id),
        id => id,
    };
    Place { id: place.id, colour: id_now.map_or(0, colour_of), name: &place.name }
}

fn risks<'a>(cells: &Cells<'a, '_>) -> Vec<Risk<'a>> {
    let movement = cells.movement;
    let mut risks = Vec::new();
    for (f, from) in movement.from.iter().enumerate() {
        for (t, to) in movement.to.iter().enumerate() {
            let cell = &movement.matrix[f][t];
            if cell.entered_at_risk && cell.flow.customers > 0 {
                let customers = count(cell.flow.customers);
                let revenue = cells.revenue(|from, to| (from, to) == (f, t));
                let (from, to) = (shown(movement, from), shown(movement, to));
                risks.push((cell.flow, Risk { from, to, customers, revenue }));
            }
        }
    }
    risks.sort_by_key(|(flow, _)| std::cmp::Reverse((flow.revenue, flow.customers)));
    risks.into_iter().map(|(_, risk)| risk).collect()
}

/// Where customers went, as bands as wide as they are many.
fn chart(cells: &Cells<'_, '_>, has_money: bool) -> Option<Chart> {
    let movement = cells.movement;
    // Nobody without a net purchase is drawn: few, and they hide the rest.
    let is_drawn = |f: usize, t: usize| {
        let is_apart = |place: &MovementPlace| place.place == PlaceKind::NoNetPurchase;
        movement.matrix[f][t].flow.customers > 0 && !is_apart(&movement.from[f]) && !is_apart(&movement.to[t])
    };
    let (n_from, n_to) = (movement.from.len(), movement.to.len());
    let left: Vec<usize> = (0..n_from).filter(|&f| (0..n_to).any(|t| is_drawn(f, t))).collect();
    let right: Vec<usize> = (0..n_to).filter(|&t| (0..n_from).any(|f| is_drawn(f, t))).collect();
    let (mut source, mut target, mut value, mut colours) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut rows = Vec::new();
    for (at_left, &f) in left.iter().enumerate() {
        for (at_right, &t) in right.iter().enumerate().filter(|(_, t)| is_drawn(f, **t)) {
            let cell = &movement.matrix[f][t];
            source.push(at_left);
            target.push(left.len() + at_right);
            value.push(cell.flow.customers);
            colours.push(match cell.change {
                Change::Worse => "var(--flow-worse)",
                Change::Better => "var(--flow-better)",
                _ => "var(--flow)",
            });
            let (from, to) = (labelled(&movement.from[f]), labelled(&movement.to[t]));
            let mut row = vec![from, to, count(cell.flow.customers)];
            if has_money {
                row.push(cells.revenue(|from, to| (from, to) == (f, t)));
            }
            rows.push(row);
        }
    }
    if value.is_empty() {
        return None;
    }
    let places = || left.iter().map(|&f| &movement.from[f]).chain(right.iter().map(|&t| &movement.to[t]));
    let labels: Vec<String> = places().map(|p| chart_text(&labelled(p), 34)).collect();
    let colour = |place: &MovementPlace| match shown(movement, place).colour {
        0 => "var(--line-strong)".to_owned(),
        colour => segment_colour(colour - 1),
    };
    let node = Node::new()
        .label(labels.iter().map(String::as_str).collect())
        .color_array(places().map(colour).collect::<Vec<_>>())
        .line(Line::new().color("var(--paper)").width(0.5))
        .pad(16)
        .thickness(16);
    let link = Link::new().source(source).target(target).value(value).color_array(colours);
    let sankey = Sankey::new()
        .orientation(Orientation::Horizontal)
        .node(node)
        .link(link)
        .value_format(",d")
        .value_suffix(" customers")
        .text_font(Font::new().size(12).color("var(--ink)"));
    let mut data = Traces::new();
    data.push(sankey);
    let height = 120 + 52 * left.len().max(right.len());
    let mut head = vec!["From", "To", "Customers"];
    if has_money {
        head.push("Revenue");
    }
    Some(Chart {
        id: "chart-movement",
        level: 3,
        title: "From where to where".to_owned(),
        says: "On the left where customers were, on the right where they are; a band is as wide as they are many. Orange \
               bands lead to a worse segment, blue ones to a better one."
            .to_owned(),
        table: DataTable {
            head: head.into_iter().map(str::to_owned).collect(),
            rows,
        },
        height,
        print_width: 660,
        drawing: Drawing { data, layout: layout(height) },
    })
}

/// A place with its number, if it has one.
fn labelled(place: &MovementPlace) -> String {
    place.id.map_or_else(|| place.name.clone(), |id| format!("{id} {}", place.name))
}
