//! The report: one HTML file that tells a run's outcome, works offline, and prints.
//!
//! ```text
//! Outcome ─▶ Story (numbers as text) ─▶ one template a section ─▶ page + style sheet + script + plotly.js
//! ```
//!
//! Every section is a struct with its template in `templates/report/`. The file loads nothing from anywhere: a content
//! security policy forbids it, and the charts' library is inside. Equal outcomes give equal bytes.

mod answer;
mod bought;
mod base;
mod campaign;
mod chart;
mod cleaning;
pub(crate) mod escape;
mod format;
mod glance;
mod lifecycle;
mod method;
mod movement;
mod plan;
mod portrait;
mod proof;
mod rfm;
mod stock;
mod story;
mod sure;
mod value;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use askama::Template;

use crate::movement::Comparison;
use crate::outcome::{Kind, Outcome};
use crate::report::chart::{Chart, Drawing};
use crate::report::story::Story;

/// Why a report could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A template failed.
    #[error("the report's page could not be filled in")]
    Template(#[from] askama::Error),
    /// A chart could not be written as JSON.
    #[error("a chart of the report could not be written")]
    Chart(#[from] serde_json::Error),
}

/// The report of a run as one HTML page, ready to be written to a file.
///
/// The page is about 4.7 MB, nearly all of it plotly.js. Text that comes from the data is escaped wherever it appears.
///
/// # Errors
///
/// Only if a template or a chart cannot be written, which no outcome is known to cause.
pub fn render(outcome: &Outcome) -> Result<String, Error> {
    let story = Story::new(outcome);
    let glance = glance::Glance::new(&story);
    let cleaning = cleaning::Cleaning::new(&story);
    let base = outcome.base.as_ref().map(|base| base::Base::new(&story, base));
    let sure = sure::Sure::new(&story);
    let rfm = outcome.rfm.as_ref().map(|note| rfm::Rfm::new(&story, note));
    let proof = proof::Proof::new(&story);
    let moved =
        outcome.movement.as_ref().map(|m| movement::Moved::new(m, &story.format, story.has_money, true));
    let of_base = base.iter().flat_map(base::Base::charts);
    let charts = glance.charts().chain(cleaning.charts()).chain(of_base).chain(sure.charts());
    let charts = charts.chain(proof.iter().flat_map(proof::Proof::charts));
    let charts = charts.chain(moved.iter().flat_map(movement::Moved::charts));
    let value = outcome.lifetime.as_ref().map(|note| value::Value::new(&story, note));
    let charts = charts.chain(value.iter().flat_map(value::Value::charts));
    let drawings: BTreeMap<&str, &Drawing> = charts.map(|c: &Chart| (c.id, &c.drawing)).collect();
    let plan = plan::Plan::new(&story);
    let stages = outcome.lifecycle.as_ref().map(|note| lifecycle::LifecycleStages::new(&story, note));
    let stock = outcome.goods.as_ref().map(|goods| stock::Stock::new(&story, goods));
    // The story: the answer, what it stands on, who they are, what to do, how sure that is.
    let mut sections = Sections::default();
    sections.add("answer", "The answer", Some(&answer::Answer::new(&story, plan.is_some())))?;
    sections.add("data", "Data and cleaning", Some(&cleaning))?;
    sections.add("base", "The customer base", base.as_ref())?;
    sections.add("glance", "Segments at a glance", Some(&glance))?;
    sections.add("rfm", "The conventional view: RFM", rfm.as_ref())?;
    sections.add("segments", "Segment by segment", Some(&portrait::Portraits::new(&story)))?;
    sections.add("movement", "Who moved", moved.as_ref())?;
    sections.add("lifecycle", "Who is slipping now", stages.as_ref())?;
    sections.add("plan", "What to do first", plan.as_ref())?;
    sections.add("value", "Value at stake", value.as_ref())?;
    sections.add("stock", "Stock and prices", stock.as_ref())?;
    sections.add("sure", "How sure", Some(&sure))?;
    sections.add("proof", "The proof: what they did next", proof.as_ref())?;
    sections.add("method", "Settings and definitions", Some(&method::Method::new(&story)))?;
    let page = Page {
        title: "Customer segments",
        css: CSS,
        js: JS,
        plotly_js: library(&drawings),
        drawings: escape::json_for_script(&drawings)?,
        sections: sections.0,
        period: period(outcome),
        as_of: outcome.as_of.map(format::day),
        kind: kind(outcome),
        story: &story,
    };
    Ok(page.render()?)
}

/// The look at the data alone as one HTML page: the sections of the report that need no segments, drawn by the same
/// code. Everything said of [`render`] holds for it.
///
/// # Errors
///
/// As [`render`].
pub fn render_base(outcome: &Outcome) -> Result<String, Error> {
    let story = Story::new(outcome);
    let cleaning = cleaning::Cleaning::new(&story);
    let base = outcome.base.as_ref().map(|base| base::Base::new(&story, base));
    let charts = base.iter().flat_map(base::Base::charts).chain(cleaning.charts());
    let drawings: BTreeMap<&str, &Drawing> = charts.map(|c: &Chart| (c.id, &c.drawing)).collect();
    let page = BasePage {
        title: "Customer base",
        css: CSS,
        js: JS,
        plotly_js: library(&drawings),
        drawings: escape::json_for_script(&drawings)?,
        first_section: if base.is_some() { "base" } else { "data" },
        base: base.map(|base| base.render()).transpose()?,
        cleaning: cleaning.render()?,
        period: period(outcome),
        as_of: outcome.as_of.map(format::day),
        kind: kind(outcome),
        story: &story,
    };
    Ok(page.render()?)
}

/// What matters most about the customer base, a sentence each: the head of its section, also for a terminal.
pub fn base_sentences(outcome: &Outcome) -> Vec<String> {
    let story = Story::new(outcome);
    let plain = |text: String| text.replace('\u{a0}', " ");
    outcome
        .base
        .as_ref()
        .map(|b| base::sentences(&story, b).into_iter().map(plain).collect())
        .unwrap_or_default()
}

const CSS: &str = include_str!("../../templates/report/report.css");
const JS: &str = include_str!("../../templates/report/report.js");

/// plotly.js; nothing where there is no chart to draw.
fn library(drawings: &BTreeMap<&str, &Drawing>) -> String {
    if drawings.is_empty() { String::new() } else { plotly_js() }
}

/// The first and the last day of the data.
fn period(outcome: &Outcome) -> Option<(String, String)> {
    outcome.input.first_day.zip(outcome.input.last_day).map(|(a, b)| (format::day(a), format::day(b)))
}

fn kind(outcome: &Outcome) -> &'static str {
    match outcome.kind {
        Kind::Orders => "from orders",
        Kind::Customers => "from a table of customers",
    }
}

/// The sections of a page, in the order in which they are told.
#[derive(Default)]
struct Sections(Vec<Section>);

/// One section: its place in the contents, and what it shows.
struct Section {
    id: &'static str,
    title: &'static str,
    html: String,
}

impl Sections {
    fn add<T: Template>(
        &mut self,
        id: &'static str,
        title: &'static str,
        shown: Option<&T>,
    ) -> Result<(), Error> {
        if let Some(shown) = shown {
            self.0.push(Section { id, title, html: shown.render()? });
        }
        Ok(())
    }
}

#[derive(Template)]
#[template(path = "report/page.html")]
struct Page<'a> {
    title: &'static str,
    css: &'static str,
    js: &'static str,
    plotly_js: String,
    drawings: String,
    sections: Vec<Section>,
    period: Option<(String, String)>,
    as_of: Option<String>,
    kind: &'static str,
    story: &'a Story<'a>,
}

/// The comparison of two runs as an HTML page of its own, of the same kind.
///
/// # Errors
///
/// Only if a template or a chart cannot be written, which no comparison is known to cause.
pub fn render_comparison(comparison: &Comparison) -> Result<String, Error> {
    let movement = &comparison.movement;
    let format = format::Format::new(comparison.currency.as_deref());
    let moved = movement::Moved::new(movement, &format, comparison.has_money, false);
    let drawings: BTreeMap<&str, &Drawing> = moved.charts().map(|c| (c.id, &c.drawing)).collect();
    let page = MovementPage {
        css: CSS,
        js: JS,
        plotly_js: library(&drawings),
        drawings: escape::json_for_script(&drawings)?,
        moved: moved.render()?,
        days: movement.previous.as_of.zip(movement.as_of).map(|(a, b)| (format::day(a), format::day(b))),
        warnings: &comparison.warnings,
        program: concat!("habitue ", env!("CARGO_PKG_VERSION")),
    };
    Ok(page.render()?)
}

#[derive(Template)]
#[template(path = "report/movement_page.html")]
struct MovementPage<'a> {
    css: &'static str,
    js: &'static str,
    plotly_js: String,
    drawings: String,
    moved: String,
    days: Option<(String, String)>,
    warnings: &'a [String],
    program: &'static str,
}

#[derive(Template)]
#[template(path = "report/explore.html")]
struct BasePage<'a> {
    title: &'static str,
    css: &'static str,
    js: &'static str,
    plotly_js: String,
    drawings: String,
    first_section: &'static str,
    base: Option<String>,
    cleaning: String,
    period: Option<(String, String)>,
    as_of: Option<String>,
    kind: &'static str,
    story: &'a Story<'a>,
}

/// The first script of what plotly would put into a page: plotly.js itself. (The second is MathJax, which we do not
/// need and which would add 2 MB.)
fn plotly_js() -> String {
    let scripts = plotly::Plot::offline_js_sources();
    let end = scripts.find("</script>").map_or(scripts.len(), |at| at + "</script>".len());
    scripts[..end].to_owned()
}
