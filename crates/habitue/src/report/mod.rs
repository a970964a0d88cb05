//! The report: one HTML file that tells a run's outcome, works offline, and prints.
//!
//! ```text
//! Outcome ─▶ Story (numbers as text) ─▶ one template a section ─▶ layout: page + style sheet + script + plotly.js
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
mod layout;
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

use crate::error::Error;
use crate::movement::Comparison;
use crate::outcome::{Kind, Outcome};
use crate::report::chart::{Chart, Drawing};
pub use crate::report::layout::Layout;
use crate::report::layout::{Head, Page, Part, Section};
use crate::report::story::Story;

/// The report of a run as one HTML page, ready to be written to a file.
///
/// The page is about 4.7 MB, nearly all of it plotly.js. Text that comes from the data is escaped wherever it appears.
///
/// # Errors
///
/// [`Error::Document`] with the line when a layout of one's own cannot be filled in; no outcome is known to fail the
/// built-in one.
pub fn render(outcome: &Outcome, layout: &Layout) -> Result<String, Error> {
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
    sections.parts(story.segments.iter().map(|s| Part {
        id: format!("segment-{}", s.place),
        title: s.of.name.clone(),
        colour: s.colour,
    }));
    sections.add("movement", "Who moved", moved.as_ref())?;
    sections.add("lifecycle", "Who is slipping now", stages.as_ref())?;
    sections.add("plan", "What to do first", plan.as_ref())?;
    sections.add("value", "Value at stake", value.as_ref())?;
    sections.add("stock", "Stock and prices", stock.as_ref())?;
    sections.add("sure", "How sure", Some(&sure))?;
    sections.add("proof", "The proof: what they did next", proof.as_ref())?;
    sections.add("method", "Settings and definitions", Some(&method::Method::new(&story)))?;
    let head = head(
        outcome,
        "Customer segments",
        "Who your customers are, and what to do about it",
        "; the same figures are in summary.json",
    );
    layout.fill(&page(head, sections, charts)?, Some(outcome))
}

/// The look at the data alone as one HTML page: the sections of the report that need no segments, drawn by the same
/// code. Everything said of [`render`] holds for it.
///
/// # Errors
///
/// As [`render`].
pub fn render_base(outcome: &Outcome, layout: &Layout) -> Result<String, Error> {
    let story = Story::new(outcome);
    let cleaning = cleaning::Cleaning::new(&story);
    let base = outcome.base.as_ref().map(|base| base::Base::new(&story, base));
    let charts = base.iter().flat_map(base::Base::charts).chain(cleaning.charts());
    let mut sections = Sections::default();
    sections.add("base", "The customer base", base.as_ref())?;
    sections.add("notes", "To keep in mind", Notes::new(&outcome.warnings).as_ref())?;
    sections.add("data", "Data and cleaning", Some(&cleaning))?;
    let head = head(
        outcome,
        "Customer base",
        "Who your customers are, before any segment is made",
        "; --json prints the same figures",
    );
    layout.fill(&page(head, sections, charts)?, Some(outcome))
}

/// The comparison of two runs as an HTML page of its own, of the same kind.
///
/// # Errors
///
/// As [`render`].
pub fn render_comparison(comparison: &Comparison) -> Result<String, Error> {
    let movement = &comparison.movement;
    let format = format::Format::new(comparison.currency.as_deref());
    let moved = movement::Moved::new(movement, &format, comparison.has_money, false);
    let mut sections = Sections::default();
    sections.add("movement", "Who moved", Some(&moved))?;
    sections.add("notes", "To keep in mind", Notes::new(&comparison.warnings).as_ref())?;
    let program = concat!("habitue ", env!("CARGO_PKG_VERSION"));
    let days = movement.previous.as_of.zip(movement.as_of);
    let days = days.map(|(before, now)| format!("From {} to {}", format::day(before), format::day(now)));
    let head = Head {
        title: "Who moved between two runs".to_owned(),
        kicker: "Two runs beside each other".to_owned(),
        heading: "Which customers moved, and where to",
        meta: days.into_iter().chain([format!("Written by {program}")]).collect(),
        note: "; --json prints the same figures",
        program: program.to_owned(),
    };
    Layout::default().fill(&page(head, sections, moved.charts())?, None)
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

/// A page of these sections and charts.
fn page<'a>(head: Head, sections: Sections, charts: impl Iterator<Item = &'a Chart>) -> Result<Page, Error> {
    let drawings: BTreeMap<&str, &Drawing> = charts.map(|c| (c.id, &c.drawing)).collect();
    // Nothing to draw, nothing to draw it with.
    let plotly_js = if drawings.is_empty() { String::new() } else { plotly_js() };
    let drawings = escape::json_for_script(&drawings).map_err(|e| Error::unfilled(&e))?;
    Ok(Page { head, sections: sections.0, css: CSS, js: JS, plotly_js, drawings })
}

/// What stands around the sections of a run.
fn head(outcome: &Outcome, title: &str, heading: &'static str, note: &'static str) -> Head {
    let kind = match outcome.kind {
        Kind::Orders => "from orders",
        Kind::Customers => "from a table of customers",
    };
    let period = outcome.input.first_day.zip(outcome.input.last_day);
    let period = period.map(|(first, last)| format!("{} to {}", format::day(first), format::day(last)));
    let days = period.as_ref().map(|period| format!("Orders from {period}"));
    let as_of = outcome.as_of.map(|day| format!("Seen as of {}", format::day(day)));
    Head {
        title: period.map_or_else(|| title.to_owned(), |period| format!("{title}, {period}")),
        kicker: format!("{title} {kind}"),
        heading,
        meta: days.into_iter().chain(as_of).chain([format!("Written by {}", outcome.program)]).collect(),
        note,
        program: outcome.program.clone(),
    }
}

/// The sections of a page, in the order in which they are told.
#[derive(Default)]
struct Sections(Vec<Section>);

impl Sections {
    fn add<T: Template>(
        &mut self,
        id: &'static str,
        title: &'static str,
        shown: Option<&T>,
    ) -> Result<(), Error> {
        if let Some(shown) = shown {
            let html = shown.render().map_err(|e| Error::unfilled(&e))?;
            self.0.push(Section { id, title, html, parts: Vec::new() });
        }
        Ok(())
    }

    /// Parts of the section that was added last.
    fn parts(&mut self, parts: impl Iterator<Item = Part>) {
        if let Some(last) = self.0.last_mut() {
            last.parts = parts.collect();
        }
    }
}

/// What the reader should know.
#[derive(Template)]
#[template(path = "report/notes.html")]
struct Notes<'a> {
    warnings: &'a [String],
}

impl<'a> Notes<'a> {
    /// `None` where there is nothing to say.
    fn new(warnings: &'a [String]) -> Option<Self> {
        (!warnings.is_empty()).then_some(Self { warnings })
    }
}

/// The first script of what plotly would put into a page: plotly.js itself. (The second is MathJax, which we do not
/// need and which would add 2 MB.)
fn plotly_js() -> String {
    let scripts = plotly::Plot::offline_js_sources();
    let end = scripts.find("</script>").map_or(scripts.len(), |at| at + "</script>".len());
    scripts[..end].to_owned()
}
