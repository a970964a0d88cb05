//! What is built in and can be replaced: the page of the report, and the published schema of its JSON twin.

use serde_json::Value;

use crate::harness::Folder;
use crate::segment::three_kinds;

fn printed(what: &str) -> String {
    Folder::new().habitue(&["print", what]).succeeded().stdout
}

#[test]
fn the_published_schema_is_the_one_of_this_program() {
    let published: Value =
        serde_json::from_str(include_str!("../../../../docs/summary.schema.json")).unwrap();
    let own: Value = serde_json::from_str(&printed("schema")).unwrap();
    assert!(own == published, "write it again: habitue print schema > docs/summary.schema.json");
}

/// Every name that other programs rely on is in the schema, with its meaning.
#[test]
fn every_field_of_the_schema_is_explained() {
    let schema: Value = serde_json::from_str(&printed("schema")).unwrap();
    let fields = schema["properties"].as_object().unwrap();
    for name in ["input", "as_of", "customers", "choice", "segments", "lifetime", "backtest", "movement"] {
        assert!(fields.contains_key(name), "{name}");
    }
    let definitions = schema["$defs"].as_object().unwrap();
    for (of, definition) in definitions.iter().chain([(&"summary".to_owned(), &schema)]) {
        for (name, field) in definition["properties"].as_object().into_iter().flatten() {
            assert!(field["description"].is_string() || field["const"].is_string(), "{of}.{name}: {field}");
        }
    }
}

#[test]
fn a_copy_of_the_page_gives_the_same_report() {
    let folder = Folder::with("orders.csv", three_kinds());
    folder.write("page.html", printed("template"));
    folder.habitue(&["segment", "orders.csv", "-o", "a", "-q"]).succeeded();
    folder.habitue(&["segment", "orders.csv", "-o", "b", "-q", "--template", "page.html"]).succeeded();
    // The list of settings names the template; nothing else differs.
    let setting = |value: &str| format!("<code>template</code></th><td class=\"path\"><code>{value}</code>");
    let own = folder.text("b/report.html");
    assert!(own.contains(&setting("page.html")));
    assert!(own.replace(&setting("page.html"), &setting("null")) == folder.text("a/report.html"));
}

/// The ids of the sections of a page.
fn sections(page: &str) -> Vec<&str> {
    page.split("<section id=\"").skip(1).map(|rest| &rest[..rest.find('"').unwrap()]).collect()
}

#[test]
fn a_page_of_ones_own_has_the_figures_of_the_summary() {
    let folder = Folder::with("orders.csv", three_kinds());
    folder.write(
        "page.html",
        "<h1>{{ summary.customers|count }} customers</h1>
{%- for s in summary.segments %}
<p>{{ s.name }}: {{ s.revenue|money }}, {{ s.revenue_share|share }}</p>
{%- endfor %}
{%- for section in sections if section.id == 'rfm' %}{{ section.html }}{% endfor %}",
    );
    folder.habitue(&["segment", "orders.csv", "-o", "out", "-q", "--template", "page.html"]).succeeded();
    let (page, summary) = (folder.text("out/report.html"), folder.json("out/summary.json"));
    assert!(page.starts_with(&format!("<h1>{} customers</h1>", summary["customers"])), "{page}");
    for segment in summary["segments"].as_array().unwrap() {
        let share = segment["revenue_share"].as_f64().unwrap();
        assert!(page.contains(&format!("<p>{}: ", segment["name"].as_str().unwrap())));
        assert!(page.contains(&format!(", {:.1}%</p>", share * 100.0)), "{share}: {page}");
    }
    assert_eq!(sections(&page), ["rfm"]);
}

#[test]
fn a_wrong_template_is_refused_before_anything_is_read() {
    let folder = Folder::with("page.html", "<p>\n{% for s in summary.segments %}\n</p>");
    let refusal = folder.habitue(&["segment", "none.csv", "-o", "out", "--template", "page.html"]).refused();
    assert!(refusal.contains("page.html: line 2") && refusal.contains("habitue print template"), "{refusal}");
    assert!(!folder.path("out").exists());
}

#[test]
fn a_figure_that_is_not_there_is_named_and_nothing_is_left() {
    let folder = Folder::with("orders.csv", three_kinds());
    folder.write("page.html", "<p>\n{{ summary.clients }}</p>");
    let refusal =
        folder.habitue(&["segment", "orders.csv", "-o", "out", "-q", "--template", "page.html"]).refused();
    assert!(refusal.contains("page.html: line 2") && refusal.contains("clients"), "{refusal}");
    assert!(!folder.path("out").exists());
}
