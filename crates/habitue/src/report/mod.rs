//! The report: one HTML file that tells a run's outcome, works offline, and prints.
//!
//! ```text
//! Outcome ─▶ Story (numbers as text) ─▶ one template a section ─▶ page + style sheet + script + plotly.js
//! ```
//!
//! Every section is a struct with its template in `templates/report/`. The file loads nothing from anywhere: a content
//! security policy forbids it, and the charts' library is inside. Equal outcomes give equal bytes.

mod answer;
mod base;
mod chart;
mod cleaning;
pub(crate) mod escape;
mod format;
mod glance;
mod method;
mod portrait;
mod proof;
mod rfm;
mod story;
mod sure;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use askama::Template;

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
    let of_base = base.iter().flat_map(base::Base::charts);
    let charts = glance.charts().chain(cleaning.charts()).chain(of_base).chain(sure.charts());
    let charts = charts.chain(proof.iter().flat_map(proof::Proof::charts));
    let drawings: BTreeMap<&str, &Drawing> = charts.map(|c: &Chart| (c.id, &c.drawing)).collect();
    let page = Page {
        title: "Customer segments",
        css: CSS,
        js: JS,
        plotly_js: library(&drawings),
        drawings: escape::json_for_script(&drawings)?,
        answer: answer::Answer::new(&story).render()?,
        glance: glance.render()?,
        portraits: portrait::Portraits::new(&story).render()?,
        rfm: rfm.map(|rfm| rfm.render()).transpose()?,
        cleaning: cleaning.render()?,
        base: base.map(|base| base.render()).transpose()?,
        sure: sure.render()?,
        proof: proof.as_ref().map(Template::render).transpose()?,
        method: method::Method::new(&story).render()?,
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

#[derive(Template)]
#[template(path = "report/page.html")]
struct Page<'a> {
    title: &'static str,
    css: &'static str,
    js: &'static str,
    plotly_js: String,
    drawings: String,
    answer: String,
    glance: String,
    portraits: String,
    rfm: Option<String>,
    cleaning: String,
    base: Option<String>,
    sure: String,
    proof: Option<String>,
    method: String,
    period: Option<(String, String)>,
    as_of: Option<String>,
    kind: &'static str,
    story: &'a Story<'a>,
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
