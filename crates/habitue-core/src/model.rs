//! Everything needed to place a customer: the same in a batch, in a service and in any language that reads the file.

use serde::{Deserialize, Deserializer, Serialize};

use crate::cluster::assigner::{Assigner, REACH, surest};
use crate::cluster::nearest;
use crate::lifecycle::Lifecycle;
use crate::math::distance::squared;
use crate::prepare::FittedPreparation;
use crate::rfm::RfmThresholds;
use crate::table::{Column, Table};
use crate::{Error, Matrix, Result};

/// A fitted segmentation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// How features become numbers; also says which features are needed.
    pub preparation: FittedPreparation,
    /// The segments, most valuable first; at least one.
    #[serde(deserialize_with = "numbered")]
    pub segments: Vec<ModelSegment>,
    /// Mean squared distance to the own centre in one prepared dimension: what a distance is measured against.
    pub spread: f64,
    /// Where RFM scores change, where the customers were scored.
    pub rfm: Option<RfmThresholds>,
    /// What a customer's wait is measured against, where the data tell stages of life.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lifecycle: Option<Lifecycle>,
    /// How customers are placed where it is not the nearest centre that decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub placer: Option<Placer>,
}

/// A clustering of another kind than by nearest centre, and the segments that its clusters became.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Placer {
    /// The fitted clustering.
    pub assigner: Assigner,
    /// The index of the segment of each cluster.
    pub segments: Vec<u32>,
}

impl Placer {
    /// The segment and the confidence of a row; `None` if no cluster takes it.
    fn place(&self, row: &[f64]) -> Option<(usize, f64)> {
        let found = self.assigner.assign(row).ok()?;
        let segment = self.segments.get(found.index? as usize)?;
        Some((*segment as usize, found.confidence))
    }
}

/// One segment of a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelSegment {
    /// Its number, its own for ever; from 1. Files of the first layout do not have it: there it is the place in the list.
    #[serde(default)]
    pub id: usize,
    /// Its unique name.
    pub name: String,
    /// What kind of segment it is.
    pub persona: String,
    /// Key of the persona in the rule file.
    pub persona_key: String,
    /// Its centre in prepared features.
    pub centre: Vec<f64>,
    /// The greatest distance of a customer that it was fitted on, extremes not tamed.
    pub radius: f64,
}

/// Where a customer belongs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Placement {
    /// Index of the nearest segment, from 0.
    pub nearest: usize,
    /// How probable this segment is against the others, 1/k to 1.
    pub confidence: f64,
    /// Whether the customer is like those that the segment was fitted on; if not, none fits.
    pub fits: bool,
}

/// A segment's number, name, persona and key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// Its number.
    pub id: usize,
    /// Its unique name.
    pub name: String,
    /// What kind of segment it is.
    pub persona: String,
    /// Key of the persona in the rule file.
    pub persona_key: String,
}

impl Model {
    /// Puts a model together from centres (one row a segment) and the customers it was fitted on; a placer says where
    /// they belong where the nearest centre does not.
    ///
    /// # Errors
    /// When the table lacks a feature, or prepared values are not finite.
    pub fn new(
        preparation: FittedPreparation,
        centres: &Matrix,
        named: Vec<Named>,
        table: &Table,
        rfm: Option<RfmThresholds>,
        placer: Option<Placer>,
    ) -> Result<Self> {
        let columns = columns_of(&preparation, table)?;
        let tamed = preparation.transform(&columns)?;
        let plain = preparation.transform_unclipped(&columns)?;
        let mut radius = vec![0.0_f64; centres.n_rows()];
        let mut within = 0.0;
        for (tamed, plain) in tamed.rows().zip(plain.rows()) {
            let placed = placer.as_ref().and_then(|placer| placer.place(tamed));
            let index = placed.map_or_else(|| nearest(centres, tamed).index, |(index, _)| index);
            within += squared(tamed, centres.row(index));
            radius[index] = radius[index].max(squared(plain, centres.row(index)).sqrt());
        }
        let segments =
            named.into_iter().zip(centres.rows()).zip(radius).map(|((named, centre), radius)| ModelSegment {
                id: named.id,
                name: named.name,
                persona: named.persona,
                persona_key: named.persona_key,
                centre: centre.to_vec(),
                radius,
            });
        let spread = within / tamed.values().len() as f64;
        let lifecycle = Lifecycle::fit(table);
        Ok(Self { segments: segments.collect(), preparation, spread, rfm, lifecycle, placer })
    }

    /// The names of the features that a table must have, in order.
    pub fn features(&self) -> impl Iterator<Item = &str> {
        self.preparation.columns.iter().map(crate::prepare::FittedColumn::name)
    }

    /// Places every customer of a table: by the placer if there is one, else in the nearest segment.
    ///
    /// A customer whom the placer puts nowhere is placed in the nearest segment with confidence 0.
    /// The confidence is the posterior probability of the segment if every segment were a round Gaussian of the pooled
    /// spread σ² and equal weight: `1 / Σⱼ exp((d₁² − dⱼ²) / 2σ²)`; 1 where there is one segment, and on a tie of two ½.
    /// Costs `O(n k d)`.
    ///
    /// # Errors
    /// [`Error::MissingFeature`] when the table lacks a feature, [`Error::NotFinite`] when a value is not finite.
    pub fn assign(&self, table: &Table) -> Result<Vec<Placement>> {
        if table.n_rows() == 0 {
            return Ok(Vec::new());
        }
        let columns = columns_of(&self.preparation, table)?;
        let tamed = self.preparation.transform(&columns)?;
        let plain = self.preparation.transform_unclipped(&columns)?;
        let centres = self.centres()?;
        Ok(tamed.rows().zip(plain.rows()).map(|(tamed, plain)| self.place(&centres, tamed, plain)).collect())
    }

    fn place(&self, centres: &Matrix, tamed: &[f64], plain: &[f64]) -> Placement {
        let (index, confidence) = match &self.placer {
            Some(placer) => placer.place(tamed).unwrap_or_else(|| (nearest(centres, tamed).index, 0.0)),
            None => {
                let (found, confidence) = surest(centres, self.spread, tamed);
                (found.index, confidence)
            }
        };
        let distance = squared(plain, centres.row(index)).sqrt();
        Placement {
            nearest: index,
            confidence,
            fits: distance <= REACH * self.segments[index].radius + f64::EPSILON,
        }
    }

    fn centres(&self) -> Result<Matrix> {
        let width = self.preparation.n_cols();
        let values: Vec<f64> = self.segments.iter().flat_map(|s| &s.centre).copied().collect();
        if self.segments.is_empty() || self.segments.iter().any(|s| s.centre.len() != width) {
            return Err(Error::Shape { values: values.len(), columns: width });
        }
        Matrix::new(width, values)
    }
}

/// Segments of files that do not number them are numbered in their order.
fn numbered<'de, D: Deserializer<'de>>(from: D) -> std::result::Result<Vec<ModelSegment>, D::Error> {
    let mut segments = Vec::<ModelSegment>::deserialize(from)?;
    for (index, segment) in segments.iter_mut().enumerate().filter(|(_, segment)| segment.id == 0) {
        segment.id = index + 1;
    }
    Ok(segments)
}

/// The columns of a table that a preparation needs, in its order.
fn columns_of<'a>(preparation: &FittedPreparation, table: &'a Table) -> Result<Vec<&'a Column>> {
    let find = |name: &str| table.column(name).ok_or_else(|| Error::MissingFeature { name: name.to_owned() });
    preparation.columns.iter().map(|c| find(c.name())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prepare::Preparation;
    use crate::table::{Feature, Unit, Values};

    fn table(values: &[f64]) -> Table {
        let feature = Feature {
            name: "spend".to_owned(),
            label: "spend".to_owned(),
            unit: Unit::Money,
            description: String::new(),
        };
        Table {
            ids: values.iter().enumerate().map(|(i, _)| i.to_string()).collect(),
            columns: vec![Column { feature, values: Values::Number(values.to_vec()) }],
        }
    }

    fn model() -> Model {
        let table = table(&[0.0, 1.0, 2.0, 10.0, 11.0, 12.0]);
        let preparation = Preparation { winsorise: (0.0, 1.0), ..Preparation::default() };
        let preparation = preparation.fit(&[&table.columns[0]]).unwrap();
        let prepared = preparation.transform(&[&table.columns[0]]).unwrap();
        let centres = Matrix::new(1, vec![prepared.row(4)[0], prepared.row(1)[0]]).unwrap();
        let named = [("much", 4), ("little", 2)].map(|(name, id)| Named {
            id,
            name: name.to_owned(),
            persona: name.to_owned(),
            persona_key: name.to_owned(),
        });
        Model::new(preparation, &centres, named.to_vec(), &table, None, None).unwrap()
    }

    fn place(value: f64) -> Placement {
        model().assign(&table(&[value])).unwrap()[0]
    }

    #[test]
    fn customers_go_to_the_nearest_segment_and_strangers_fit_none() {
        assert_eq!(place(11.0).nearest, 0);
        assert_eq!(place(0.5).nearest, 1);
        assert!(place(12.0).fits && place(0.0).fits);
        assert!(!place(500.0).fits && !place(-500.0).fits);
    }

    #[test]
    fn confidence_is_near_one_at_a_centre_and_one_half_on_the_border() {
        assert!(place(11.0).confidence > 0.999);
        assert!((place(6.0).confidence - 0.5).abs() < 1e-9);
    }

    #[test]
    fn a_model_survives_its_file_and_a_table_without_its_feature_is_refused() {
        let text = serde_json::to_string(&model()).unwrap();
        assert_eq!(serde_json::from_str::<Model>(&text).unwrap(), model());
        // A file that does not number its segments.
        let plain = text.replace("\"id\":4,", "").replace("\"id\":2,", "");
        let ids = |text: &str| -> Vec<usize> {
            serde_json::from_str::<Model>(text).unwrap().segments.iter().map(|s| s.id).collect()
        };
        assert_eq!((ids(&text), ids(&plain)), (vec![4, 2], vec![1, 2]));
        let mut other = table(&[1.0]);
        other.columns[0].feature.name = "colour".to_owned();
        assert_eq!(model().assign(&other), Err(Error::MissingFeature { name: "spend".to_owned() }));
    }
}
