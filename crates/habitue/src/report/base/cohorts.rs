//! Cohort retention as a table of shaded cells.

use habitue_core::base::cohorts::{Activity, Cohort};
use habitue_core::time::Month;

use super::{part, percent};
use crate::outcome::{Coming, MonthNote};
use crate::report::base::months;
use crate::report::format::{count, counted, month, share};
use crate::report::story::Story;

/// Cohorts shown at most, and months after the first: the last two years, and two years on.
const MOST: usize = 24;

/// Cohorts from above, months since from the left.
pub(super) struct CohortTable {
    pub(super) says: Vec<String>,
    /// Months since the first order: 1, 2, ….
    pub(super) head: Vec<usize>,
    pub(super) rows: Vec<CohortRow>,
    /// All cohorts that count, together; by months since.
    pub(super) together: Vec<Option<Cell>>,
    pub(super) together_name: String,
    pub(super) note: String,
}

/// One cohort.
pub(super) struct CohortRow {
    pub(super) name: String,
    pub(super) customers: String,
    pub(super) first_revenue: String,
    pub(super) cells: Vec<Option<Cell>>,
}

/// What a cohort did in one month.
pub(super) struct Cell {
    pub(super) share: String,
    pub(super) customers: String,
    pub(super) revenue: String,
    pub(super) heat: u32,
    /// Whether the data do not hold the whole month.
    pub(super) short: bool,
}

impl CohortTable {
    pub(super) fn new(story: &Story<'_>, coming: &Coming) -> Option<Self> {
        let last = coming.months.last()?.of.month;
        let cohorts = &coming.cohorts[coming.cohorts.len().saturating_sub(MOST)..];
        let oldest = cohorts.first()?.month;
        let width = usize::try_from(last.0 - oldest.0).ok()?.min(MOST);
        if width == 0 {
            return None;
        }
        let is_short = |m: Month| coming.months.iter().any(|n| n.of.month == m && n.covered.is_some());
        let note = |m: Month| coming.months.iter().find(|n| n.of.month == m);
        let first_of_data = coming.cohorts.first().map(|c| c.month);
        let activity = |cohort: &Cohort, since: usize| {
            let found = cohort.activity.iter().find(|s| s.months as usize == since);
            found.map_or_else(Activity::default, |s| s.activity)
        };
        let shares = |c: &Cohort| -> Vec<f64> {
            (1..=width).map(|m| part(activity(c, m).customers as f64, c.customers as f64)).collect()
        };
        let most = cohorts.iter().flat_map(shares).fold(0.0, f64::max);
        let heat = |value: f64| (part(value, most) * 100.0).round().clamp(0.0, 100.0) as u32;
        let cell = |cohort: &Cohort, since: usize| {
            let when = Month(cohort.month.0 + since as i32);
            (when <= last).then(|| {
                let found = activity(cohort, since);
                let value = part(found.customers as f64, cohort.customers as f64);
                let short = is_short(when);
                Cell {
                    share: format!("{}{}", percent(value), if short { "*" } else { "" }),
                    customers: count(found.customers),
                    revenue: story.format.money(found.revenue),
                    heat: heat(value),
                    short,
                }
            })
        };
        let row = |cohort: &Cohort| CohortRow {
            name: match note(cohort.month) {
                // Who was a customer before the data begin cannot be told from who was new.
                Some(note) if Some(cohort.month) == first_of_data => {
                    format!("{} or before", months::name(note))
                }
                Some(note) => months::name(note),
                None => month(&cohort.month.to_string()),
            },
            customers: count(cohort.customers),
            first_revenue: story.format.money(activity(cohort, 0).revenue),
            cells: (1..=width).map(|since| cell(cohort, since)).collect(),
        };
        let together = (1..=width).map(|since| {
            let found = coming.retention.iter().find(|r| r.months as usize == since)?;
            Some(Cell {
                share: percent(found.share),
                customers: format!("{} of {}", count(found.customers), count(found.of)),
                revenue: String::new(),
                heat: heat(found.share),
                short: false,
            })
        });
        Some(Self {
            says: says(coming),
            head: (1..=width).collect(),
            rows: cohorts.iter().map(row).collect(),
            together: together.collect(),
            together_name: coming.retention_from.map_or_else(String::new, |from| {
                format!("All from {} on, whole months", month(&from.to_string()))
            }),
            note: left_out(coming, cohorts.len(), width, last),
        })
    }

    /// Whether any cohort can be seen in a whole month after its first.
    pub(super) fn has_together(&self) -> bool {
        self.together.iter().any(Option::is_some)
    }

    /// Whether some month is not whole.
    pub(super) fn has_short(&self) -> bool {
        self.rows.iter().flat_map(|r| &r.cells).flatten().any(|c| c.short)
    }
}

/// What the table says, in words.
fn says(coming: &Coming) -> Vec<String> {
    let mut says = Vec::new();
    if let Some(next) = coming.retention.first() {
        let mut text = format!(
            "Of {} whose first order is known, {} ordered again in the month after it: {}.",
            counted(next.of, "customer"),
            count(next.customers),
            share(next.share)
        );
        if let Some(later) = coming.retention.iter().find(|r| r.months == 6) {
            text.push_str(&format!(" Six months after, {} ordered in that month.", share(later.share)));
        }
        says.push(text);
    }
    let whole = |m: Month| coming.months.iter().all(|n: &MonthNote| n.of.month != m || n.covered.is_none());
    let from = coming.retention_from;
    let seen = coming.cohorts.iter().filter(|c| Some(c.month) >= from && whole(c.month)).filter_map(|c| {
        // A cohort is compared by its next month only if the data hold all of that.
        let next = Month(c.month.0 + 1);
        let seen = coming.months.iter().any(|n| n.of.month == next && n.covered.is_none());
        let back = c.activity.iter().find(|s| s.months == 1).map_or(0, |s| s.activity.customers);
        (seen && c.customers >= 30).then(|| (part(back as f64, c.customers as f64), c))
    });
    let seen: Vec<(f64, &Cohort)> = seen.collect();
    let best = seen.iter().reduce(|a, b| if b.0 > a.0 { b } else { a });
    let worst = seen.iter().reduce(|a, b| if b.0 < a.0 { b } else { a });
    if let (Some(best), Some(worst), true) = (best, worst, seen.len() > 2) {
        says.push(format!(
            "The customers won in {} came back most in the month after ({}), those of {} least ({}). Ask what was \
             different: season, offer, or where they came from.",
            month(&best.1.month.to_string()),
            share(best.0),
            month(&worst.1.month.to_string()),
            share(worst.0)
        ));
    }
    says
}

/// What the table does not show.
fn left_out(coming: &Coming, shown: usize, width: usize, last: Month) -> String {
    let mut parts = Vec::new();
    if coming.cohorts.len() > shown {
        parts.push(format!("the {} before", counted(coming.cohorts.len() - shown, "cohort")));
    }
    let longest = coming.cohorts.iter().map(|c| last.0 - c.month.0).max().unwrap_or(0);
    if longest as usize > width {
        parts.push(format!("what happened more than {width} months after"));
    }
    if parts.is_empty() {
        return String::new();
    }
    format!("Not shown here, but in summary.json: {}.", habitue_core::text::join_and(&parts))
}
