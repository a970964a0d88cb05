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
mod chart;
mod cleaning;
pub(crate) mod escape;
mod format;
mod glance;
mod method;
mod movement;
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
    let sure = sure::Sure::new(&story);
    let rfm = outcome.rfm.as_ref().map(|note| rfm::Rfm::new(&story, note));
    let proof = proof::Proof::new(&story);
    let moved =
        outcome.movement.as_ref().map(|m| movement::Moved::new(m, &story.format, story.has_money, true));
    let charts = glance.charts().chain(cleaning.charts()).chain(sure.charts());
    let charts = charts.chain(proof.iter().flat_map(proof::Proof::charts));
    let charts = charts.chain(moved.iter().flat_map(movement::Moved::charts));
    let value = outcome.lifetime.as_ref().map(|note| value::Value::new(&story, note));
    let charts = charts.chain(value.iter().flat_map(value::Value::charts));
    let drawings: BTreeMap<&str, &Drawing> = charts.map(|c: &Chart| (c.id, &c.drawing)).collect();
    let page = Page {
        css: include_str!("../../templates/report/report.css"),
        js: include_str!("../../templates/report/report.js"),
        // Without a chart there is no need for the library.
        plotly_js: if drawings.is_empty() { String::new() } else { plotly_js() },
        drawings: escape::json_for_script(&drawings)?,
        answer: answer::Answer::new(&story).render()?,
        glance: glance.render()?,
        moved: moved.map(|moved| moved.render()).transpose()?,
        portraits: portrait::Portraits::new(&story).render()?,
        value: value.map(|value| value.render()).transpose()?,
        rfm: rfm.map(|rfm| rfm.render()).transpose()?,
        stock: outcome.goods.as_ref().map(|goods| stock::Stock::new(&story, goods).render()).transpose()?,
        cleaning: cleaning.render()?,
        sure: sure.render()?,
        proof: proof.as_ref().map(Template::render).transpose()?,
        method: method::Method::new(&story).render()?,
        period: outcome
            .input
            .first_day
            .zip(outcome.input.last_day)
            .map(|(a, b)| (format::day(a), format::day(b))),
        as_of: outcome.as_of.map(format::day),
        kind: match outcome.kind {
            Kind::Orders => "from orders",
            Kind::Customers => "from a table of customers",
        },
        story: &story,
    };
    Ok(page.render()?)
}

#[derive(Template)]
#[template(path = "report/page.html")]
struct Page<'a> {
    css: &'static str,
    js: &'static str,
    plotly_js: String,
    drawings: String,
    answer: String,
    glance: String,
    moved: Option<String>,
    portraits: String,
    value: Option<String>,
    rfm: Option<String>,
    stock: Option<String>,
    cleaning: String,
    sure: String,
    proof: Option<String>,
    method: String,
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
        css: include_str!("../../templates/report/report.css"),
        js: include_str!("../../templates/report/report.js"),
        plotly_js: if drawings.is_empty() { String::new() } else { plotly_js() },
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

/// The first script of what plotly would put into a page: plotly.js itself. (The second is MathJax, which we do not
/// need and which would add 2 MB.)
fn plotly_js() -> String {
    let scripts = plotly::Plot::offline_js_sources();
    let end = scripts.find("</script>").map_or(scripts.len(), |at| at + "</script>".len());
    scripts[..end].to_owned()
}
