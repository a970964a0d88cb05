//! Text from the data on its way into the page: three doors, each with its own danger.
//!
//! Names of customers, products, columns and files come from strangers. In HTML they must not become markup, in a
//! `<script>` they must not end it, in a chart label (where plotly.js reads a little HTML of its own) they must not
//! become links; and nowhere may a direction override or a control character disturb the text around them.

use std::fmt::{self, Write};

use askama::filters::Escaper;
use serde::Serialize;

/// The escaper of all templates (see `askama.toml`): HTML-escapes, and shows disturbing characters as `�`.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Shown;

impl Escaper for Shown {
    fn write_escaped_str<W: Write>(&self, mut dest: W, string: &str) -> fmt::Result {
        for c in string.chars() {
            match c {
                '&' => dest.write_str("&#38;")?,
                '<' => dest.write_str("&#60;")?,
                '>' => dest.write_str("&#62;")?,
                '"' => dest.write_str("&#34;")?,
                '\'' => dest.write_str("&#39;")?,
                c => dest.write_char(harmless(c))?,
            }
        }
        Ok(())
    }
}

/// A value as JSON that can stand in a `<script>` element, whatever strings are in it.
pub(crate) fn json_for_script<T: Serialize>(value: &T) -> serde_json::Result<String> {
    let json = serde_json::to_string(value)?;
    let mut safe = String::with_capacity(json.len() + json.len() / 16);
    for c in json.chars() {
        match c {
            // Outside of strings JSON has none of these, so the escapes always land inside one.
            '<' => safe.push_str("\\u003c"),
            '>' => safe.push_str("\\u003e"),
            '&' => safe.push_str("\\u0026"),
            '\u{2028}' => safe.push_str("\\u2028"),
            '\u{2029}' => safe.push_str("\\u2029"),
            c => safe.push(c),
        }
    }
    Ok(safe)
}

/// Text for a label inside a chart, where plotly.js understands entities and a few tags; at most `longest` characters.
pub(crate) fn chart_text(text: &str, longest: usize) -> String {
    let mut label = String::new();
    for c in cut(text, longest).chars() {
        match c {
            '&' => label.push_str("&amp;"),
            '<' => label.push_str("&lt;"),
            '>' => label.push_str("&gt;"),
            c => label.push(harmless(c)),
        }
    }
    label
}

/// The text, or its first `longest - 1` characters and an ellipsis.
pub(crate) fn cut(text: &str, longest: usize) -> String {
    if text.chars().count() <= longest {
        return text.to_owned();
    }
    let kept: String = text.chars().take(longest.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

/// The character, or a visible stand-in if it would disturb its neighbours.
fn harmless(c: char) -> char {
    match c {
        '\n' | '\t' | '\r' | '\u{2028}' | '\u{2029}' => ' ',
        // Direction embeddings, overrides and isolates; interlinear marks; invisible tags.
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{fff9}'..='\u{fffb}' => {
            char::REPLACEMENT_CHARACTER
        }
        '\u{e0000}'..='\u{e007f}' => char::REPLACEMENT_CHARACTER,
        c if c.is_control() => char::REPLACEMENT_CHARACTER,
        c => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn html(text: &str) -> String {
        let mut out = String::new();
        Shown.write_escaped_str(&mut out, text).unwrap();
        out
    }

    #[test]
    fn markup_becomes_text() {
        assert_eq!(html("<b a=\"x\" b='y'>&"), "&#60;b a=&#34;x&#34; b=&#39;y&#39;&#62;&#38;");
    }

    #[test]
    fn overrides_and_control_characters_become_visible() {
        assert_eq!(html("a\u{202e}b\0c\u{2067}\u{1b}d\ne"), "a�b�c��d e");
        assert_eq!(chart_text("a\u{202e}\u{7}", 9), "a��");
    }

    #[test]
    fn letters_of_every_script_stay() {
        assert_eq!(html("Ünïcödé שלום مرحبا 日本 👩‍👧"), "Ünïcödé שלום مرحبا 日本 👩‍👧");
    }

    #[test]
    fn json_cannot_end_its_script_and_still_says_the_same() {
        let text = "</script><!-- & \u{2028}\u{2029} \" \\ \u{1}";
        let json = json_for_script(&text).unwrap();
        assert!(!json.contains(['<', '>', '&', '\u{2028}', '\u{2029}']), "{json}");
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
    }

    #[test]
    fn a_long_label_is_cut_at_a_character() {
        assert_eq!(cut("ääääää", 4), "äää…");
        assert_eq!(chart_text("<<<<<", 3), "&lt;&lt;…");
        assert_eq!(cut("four", 4), "four");
    }
}
