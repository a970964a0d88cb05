//! Customers by stage of life, and the next step with each.

use habitue_core::action::{ActionRules, segment_facts};
use habitue_core::lifecycle::{Lifecycle, Stage};
use habitue_core::persona::Dimensions;
use habitue_core::{Money, Segmented};

use super::base::Base;
use crate::error::Error;
use crate::outcome::{LifecycleNote, StageNote};

/// Describes the stages that have customers; nothing where the data do not tell them.
pub(super) fn lifecycle(
    lifecycle: Option<&Lifecycle>,
    base: &Base,
    dimensions: &Dimensions,
    (labels, n_segments): (&[usize], usize),
    rules: &ActionRules,
) -> Result<Option<LifecycleNote>, Error> {
    let found = lifecycle.and_then(|lifecycle| Some((lifecycle, lifecycle.stages(&base.table)?)));
    let Some((lifecycle, stages)) = found else { return Ok(None) };
    // Whoever is in the table has ordered, so that everybody has a stage.
    let of = |stage: &Option<Stage>| stage.map_or(0, |stage| stage as usize);
    let by_stage: Vec<usize> = stages.iter().map(of).collect();
    let segmented =
        Segmented::new(&base.table, &by_stage, Stage::ALL.len())?.in_currency(base.currency.as_deref());
    let facts = segment_facts(&segmented, dimensions);
    let mut notes = Vec::new();
    for (stage, facts) in Stage::ALL.into_iter().zip(&facts).filter(|(_, facts)| facts.customers > 0) {
        let own = || (0..by_stage.len()).filter(|&row| by_stage[row] == stage as usize);
        let mut by_segment = vec![0; n_segments];
        own().for_each(|row| by_segment[labels[row]] += 1);
        let key = format!("stage-{}", stage.key());
        notes.push(StageNote {
            stage,
            meaning: meaning(stage).to_owned(),
            customers: facts.customers,
            share: facts.share,
            revenue_12m: own().filter_map(|row| base.net_12m.get(row)).copied().sum::<Money>(),
            by_segment,
            // Rules of one's own need not speak of stages.
            actions: if rules.personas.contains_key(&key) {
                rules.actions_for(&key, facts)?
            } else {
                Vec::new()
            },
        });
    }
    Ok(Some(LifecycleNote { usual_gap_days: lifecycle.usual_gap_days, stages: notes }))
}

fn meaning(stage: Stage) -> &'static str {
    match stage {
        Stage::New => "first ordered less than the usual time between two orders ago",
        Stage::Growing => {
            "order in their rhythm, and spent at least twice as much in the last 90 days as in the 90 before"
        }
        Stage::Active => "order in their rhythm",
        Stage::Slipping => "have waited 1.5 to 3 times as long as they usually do",
        Stage::Dormant => "have waited 3 to 6 times as long as they usually do",
        Stage::Lost => "have waited more than 6 times as long as they usually do",
    }
}
