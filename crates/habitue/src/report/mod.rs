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
mod portrait;
mod rfm;
mod stock;
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
    let sure = sure::Sure::new(&story);
    let rfm = outcome.rfm.as_ref().map(|note| rfm::Rfm::new(&story, note));
    let charts = glance.charts().chain(cleaning.charts()).chain(sure.charts());
    let drawings: BTreeMap<&str, &Drawing> = charts.map(|c: &Chart| (c.id, &c.drawing)).collect();
    let page = Page {
        css: include_str!("../../templates/report/report.css"),
        js: include_str!("../../templates/report/report.js"),
        // Without a chart there is no need for the library.
        plotly_js: if drawings.is_empty() { String::new() } else { plotly_js() },
        drawings: escape::json_for_script(&drawings)?,
        answer: answer::Answer::new(&story).render()?,
        glance: glance.render()?,
        portraits: portrait::Portraits::new(&story).render()?,
        rfm: rfm.map(|rfm| rfm.render()).transpose()?,
        stock: outcome.goods.as_ref().map(|goods| stock::Stock::new(&story, goods).render()).transpose()?,
        cleaning: cleaning.render()?,
        sure: sure.render()?,
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
    portraits: String,
    rfm: Option<String>,
    stock: Option<String>,
    cleaning: String,
    sure: String,
    method: String,
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
