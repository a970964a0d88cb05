//! Names of products as people read them.

/// A name without the noise of a till: blanks in one, capitals only where they mean something, and cut at a word.
///
/// A name all in capitals becomes a sentence; one with small letters stays as it is written.
/// At most `most` characters stay, with "…" where some were cut.
///
/// ```
/// use habitue_core::goods::name::readable;
/// assert_eq!(readable("WHITE HANGING HEART  T-LIGHT HOLDER ", 60), "White hanging heart t-light holder");
/// assert_eq!(readable("iPhone case", 60), "iPhone case");
/// assert_eq!(readable("SET OF 6 HERB TINS SKETCHBOOK", 16), "Set of 6 herb…");
/// ```
pub fn readable(name: &str, most: usize) -> String {
    let words: Vec<&str> = name.split_whitespace().collect();
    let joined = words.join(" ");
    let shouts = joined.chars().any(char::is_uppercase) && !joined.chars().any(char::is_lowercase);
    let mut text = joined;
    if shouts {
        let small = text.to_lowercase();
        let mut letters = small.chars();
        text = match letters.next() {
            Some(first) => first.to_uppercase().chain(letters).collect(),
            None => String::new(),
        };
    }
    cut(&text, most)
}

fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let kept: String = text.chars().take(most.saturating_sub(1)).collect();
    let ends_a_word = text[kept.len()..].starts_with(' ');
    // At the last word that fits, unless that would leave less than half.
    let last = kept.rfind(' ').filter(|at| !ends_a_word && kept[..*at].chars().count() * 2 >= most);
    let at = last.unwrap_or(kept.len());
    format!("{}…", kept[..at].trim_end_matches([' ', ',', '-', '/', '.']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_cut_at_a_word_and_long_words_anywhere() {
        assert_eq!(readable("a long name of many words", 12), "a long name…");
        assert_eq!(readable(&"x".repeat(30), 10), format!("{}…", "x".repeat(9)));
        assert_eq!((readable("   ", 5), readable("été", 3)), (String::new(), "été".to_owned()));
    }

    #[test]
    fn capitals_of_any_alphabet_are_calmed() {
        assert_eq!(readable("ÉTÉ À PARIS", 40), "Été à paris");
        assert_eq!(readable("22 LB ICE", 40), "22 lb ice");
        assert_eq!(readable("12345", 40), "12345");
    }
}
