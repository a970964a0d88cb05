//! How often customers order, and how long they take to come back.

use habitue_core::Money;
use habitue_core::base::gaps::Gaps;
use habitue_core::table::Unit;

use super::part;
use crate::outcome::{Coming, OrderCount};
use crate::report::base::spread::bars;
use crate::report::chart::Chart;
use crate::report::format::{count, counted, share, share_column};
use crate::report::story::Story;

/// Orders a customer, and days between them.
pub(super) struct Rhythm {
    pub(super) once: Option<String>,
    /// Orders, customers, share, revenue, share.
    pub(super) rows: Vec<[String; 5]>,
    pub(super) total: [String; 2],
    pub(super) gaps: Option<Chart>,
    pub(super) to_second: Option<String>,
    pub(super) late: Option<String>,
}

impl Rhythm {
    pub(super) fn new(story: &Story<'_>, coming: &Coming) -> Self {
        let classes = &coming.by_orders;
        let customers: u64 = classes.iter().map(|c| c.customers).sum();
        let revenue = classes.iter().map(|c| c.revenue.to_f64()).sum::<f64>();
        let of_customers = share_column(
            &classes.iter().map(|c| part(c.customers as f64, customers as f64)).collect::<Vec<_>>(),
        );
        let of_revenue =
            share_column(&classes.iter().map(|c| part(c.revenue.to_f64(), revenue)).collect::<Vec<_>>());
        let amounts: Vec<Money> = classes.iter().map(|c| c.revenue).collect();
        let column = story.format.money_column(&amounts);
        let texts = column.texts();
        let row = |(i, class): (usize, &OrderCount)| {
            [
                orders(class),
                count(class.customers),
                of_customers[i].clone(),
                texts[i].clone(),
                of_revenue[i].clone(),
            ]
        };
        Self {
            once: once(story, coming),
            rows: classes.iter().enumerate().map(row).collect(),
            total: [count(customers), column.total()],
            gaps: coming.gaps.as_ref().map(|gaps| chart(story, gaps)),
            to_second: coming.to_second.as_ref().map(|gaps| {
                format!(
                    "The second order is the one that matters most: of the {} who came back on another day, half did so \
                     within {}, three quarters within {}. That is the time to remind a new customer.",
                    counted(gaps.gaps, "customer"),
                    days(gaps.median_days),
                    days(gaps.upper_quartile_days)
                )
            }),
            late: coming.gaps.as_ref().map(|gaps| {
                format!(
                    "Nine of ten repeat orders came within {}. A customer who has been silent for longer is \
                     unlikely to come back unasked.",
                    days(gaps.ninth_decile_days)
                )
            }),
        }
    }

    pub(super) fn charts(&self) -> impl Iterator<Item = &Chart> {
        self.gaps.iter()
    }
}

fn days(days: f64) -> String {
    counted(days.round() as u64, "day")
}

fn orders(class: &OrderCount) -> String {
    match class.to {
        Some(to) if to == class.from => counted(to, "order"),
        Some(to) => format!("{} to {} orders", count(class.from), count(to)),
        None => format!("{} orders or more", count(class.from)),
    }
}

/// Who ordered only once, in a sentence.
pub(super) fn once(story: &Story<'_>, coming: &Coming) -> Option<String> {
    let customers: u64 = coming.by_orders.iter().map(|c| c.customers).sum();
    let revenue: f64 = coming.by_orders.iter().map(|c| c.revenue.to_f64()).sum();
    let once = coming.by_orders.iter().find(|c| c.to == Some(1))?;
    let brought = format!(
        "{} ({} of the revenue)",
        story.format.money(once.revenue),
        share(part(once.revenue.to_f64(), revenue))
    );
    Some(format!(
        "{} of {} ({}) have ordered once; they brought {brought}.",
        count(once.customers),
        counted(customers, "customer"),
        share(part(once.customers as f64, customers as f64)),
    ))
}

/// How many of the new customers come back in the next month, in a sentence.
pub(super) fn returning(coming: &Coming) -> Option<String> {
    let next = coming.retention.first()?;
    Some(format!(
        "Of every 100 new customers, {} ordered again in the month after their first.",
        (next.share * 100.0).round()
    ))
}

fn chart(story: &Story<'_>, gaps: &Gaps) -> Chart {
    let says = format!(
        "{} from one day with an order to the next. A quarter of them took {} or less, half {} or less, three quarters \
         {} or less. Frequent customers weigh more here, and those who have not come back not at all.",
        counted(gaps.gaps, "gap"),
        days(gaps.lower_quartile_days),
        days(gaps.median_days),
        days(gaps.upper_quartile_days)
    );
    bars(story, "chart-base-gaps", "Days between orders", says, &gaps.histogram, Unit::Days, "Repeat orders")
}
