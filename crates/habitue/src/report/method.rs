//! How to do it again: settings, features and what the words mean.

use askama::Template;
use serde_json::Value;

use crate::report::format::count;
use crate::report::story::Story;

#[derive(Template)]
#[template(path = "report/method.html")]
pub(super) struct Method<'a> {
    story: &'a Story<'a>,
    features: Vec<FeatureRow<'a>>,
    settings: Vec<(String, String)>,
    command: String,
}

struct FeatureRow<'a> {
    name: &'a str,
    label: &'a str,
    description: &'a str,
    clustered: bool,
    preparation: &'a str,
    missing: String,
}

impl<'a> Method<'a> {
    pub(super) fn new(story: &'a Story<'a>) -> Self {
        let features = story.outcome.features.iter().map(|f| FeatureRow {
            name: &f.feature.name,
            label: &f.feature.label,
            description: &f.feature.description,
            clustered: f.clustered,
            preparation: &f.preparation,
            missing: count(f.missing),
        });
        let mut settings = Vec::new();
        flatten(&story.outcome.settings, String::new(), &mut settings);
        let files = story.outcome.sources.iter().map(|s| quoted(&s.path));
        let previous = story.outcome.movement.as_ref().and_then(|m| m.previous.folder.as_deref());
        let previous = previous.map(|folder| format!("--previous {}", quoted(folder)));
        let command: Vec<String> =
            ["habitue segment".to_owned()].into_iter().chain(files).chain(previous).collect();
        Self { features: features.collect(), settings, command: command.join(" "), story }
    }
}

/// Every setting with its path: `cluster.k`.
fn flatten(value: &Value, path: String, out: &mut Vec<(String, String)>) {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            for (key, value) in fields {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                flatten(value, path, out);
            }
        }
        Value::Null if path.is_empty() => {}
        Value::String(text) => out.push((path, text.clone())),
        other => out.push((path, other.to_string())),
    }
}

/// A path as a shell takes it.
fn quoted(path: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./:@%+=,".contains(c);
    if !path.is_empty() && path.chars().all(plain) {
        return path.to_owned();
    }
    format!("'{}'", path.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_listed_with_their_path() {
        let mut out = Vec::new();
        flatten(&serde_json::json!({"k": "auto", "a": {"b": 1, "c": [2], "d": {}}}), String::new(), &mut out);
        let listed: Vec<String> = out.into_iter().map(|(k, v)| format!("{k}={v}")).collect();
        assert_eq!(listed, ["k=auto", "a.b=1", "a.c=[2]", "a.d={}"]);
    }

    #[test]
    fn a_path_with_a_quote_stays_one_word() {
        assert_eq!(quoted("data/orders.csv"), "data/orders.csv");
        assert_eq!(quoted("it's; rm"), r"'it'\''s; rm'");
    }
}
