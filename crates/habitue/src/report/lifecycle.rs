//! Stages of life: who is slipping now, what they are worth, and the next step.

use askama::Template;

use crate::outcome::{LifecycleNote, StageNote};
use crate::report::campaign::CampaignWords;
use crate::report::format::{count, share_column};
use crate::report::story::Story;

#[derive(Template)]
#[template(path = "report/lifecycle.html")]
pub(super) struct LifecycleStages<'a> {
    story: &'a Story<'a>,
    usual_gap: String,
    slipping: Option<(String, String)>,
    stages: Vec<StageRow<'a>>,
    total: (String, String),
}

struct StageRow<'a> {
    of: &'a StageNote,
    name: &'static str,
    customers: String,
    share: String,
    revenue: String,
    by_segment: Vec<String>,
    steps: Vec<Step<'a>>,
}

struct Step<'a> {
    action: &'a habitue_core::action::Action,
    campaign: Option<CampaignWords>,
}

impl<'a> LifecycleStages<'a> {
    pub(super) fn new(story: &'a Story<'a>, note: &'a LifecycleNote) -> Self {
        let shares = share_column(&note.stages.iter().map(|s| s.share).collect::<Vec<_>>());
        let revenues =
            story.format.money_column(&note.stages.iter().map(|s| s.revenue_12m).collect::<Vec<_>>());
        let texts = revenues.texts();
        let stages: Vec<StageRow<'a>> = note
            .stages
            .iter()
            .enumerate()
            .map(|(at, of)| StageRow {
                of,
                name: name(of.stage),
                customers: count(of.customers),
                share: shares[at].clone(),
                revenue: texts[at].clone(),
                by_segment: of.by_segment.iter().map(|&n| count(n)).collect(),
                steps: of
                    .actions
                    .iter()
                    .map(|action| Step {
                        action,
                        campaign: action.campaign.as_ref().map(|c| CampaignWords::new(&story.format, c)),
                    })
                    .collect(),
            })
            .collect();
        let slipping = stages.iter().find(|s| s.of.stage == habitue_core::lifecycle::Stage::Slipping);
        Self {
            usual_gap: crate::report::format::decimal(note.usual_gap_days, 0),
            slipping: slipping.map(|s| (s.customers.clone(), s.revenue.clone())),
            total: (count(note.stages.iter().map(|s| s.customers).sum::<usize>()), revenues.total()),
            stages,
            story,
        }
    }
}

fn name(stage: habitue_core::lifecycle::Stage) -> &'static str {
    use habitue_core::lifecycle::Stage;
    match stage {
        Stage::New => "New",
        Stage::Growing => "Growing",
        Stage::Active => "Active",
        Stage::Slipping => "Slipping",
        Stage::Dormant => "Dormant",
        Stage::Lost => "Lost",
    }
}
