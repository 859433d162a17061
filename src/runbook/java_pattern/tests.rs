use proptest::prelude::*;

use super::*;
use crate::limits::PATTERN_DEPTH;

/// Java matches.
const YES: Option<bool> = Some(true);
/// Java does not match.
const NO: Option<bool> = Some(false);
/// Java rejects the pattern, or it is not supported here.
const REFUSED: Option<bool> = None;

/// Patterns, strings, and the result of `Pattern.compile(pattern).matcher(text).matches()` in Java 17.0.15.
const JAVA: &[(&str, &str, Option<bool>)] = &[
    ("[a-z]+", "abc", YES),
    ("[a-z]+", "abc1", NO),
    ("^[0-9]{12}$", "123456789012", YES),
    ("^[0-9]{12}$", "123456789012\n", NO),
    ("a|ab", "ab", YES),
    ("", "", YES),
    ("^$", "", YES),
    ("(?m)^$", "", NO),
    ("(?s)(?!.*-$).*", "a-\n", NO),
    ("(?s)(?!.*-$).*", "a-\r\n", NO),
    (r"(?s)(?!.*-\z).*", "a-\n", YES),
    ("(?s)(?=a$).*", "a\u{2028}", YES),
    (r"(?s)(?=a\r$).*", "a\r\n", NO),
    (r"(?s)(?=a\Z).*", "a\u{85}", YES),
    ("(?s)(?=a$).*", "a\n\n", NO),
    ("(?sm)(?=a$).*", "a\nb", YES),
    (r"(?sm)a\r\n^b", "a\r\nb", YES),
    (r"(?sm)a\r^\nb", "a\r\nb", NO),
    (r"(?sm)a\n^", "a\n", NO),
    (r"(?smd)a$\rb", "a\rb", NO),
    (".", "\u{85}", NO),
    (".", "\r", NO),
    (".", "\u{b}", YES),
    ("(?d).", "\r", YES),
    ("(?s).", "\n", YES),
    (".", "😀", YES),
    ("..", "😀", NO),
    (r"\d+", "12", YES),
    (r"\d", "٣", NO),
    (r"\w+", "aé", NO),
    (r"\w+", "a_9", YES),
    (r"\s", "\u{a0}", NO),
    (r"\s", "\u{b}", YES),
    (r"\h", "\u{a0}", YES),
    (r"\h", "\u{180e}", YES),
    (r"\v", "\u{2028}", YES),
    (r"\H\V\S\W\D", "ab.. ", YES),
    (r"\R", "\r\n", YES),
    (r"\R", "\u{85}", YES),
    (r"\R\n", "\r\n", YES),
    (r"\p{L}+", "éß中", YES),
    (r"\pL+", "ab", YES),
    (r"\p{Lu}", "a", NO),
    (r"(?i)\p{Lu}", "a", YES),
    (r"(?i)\p{Lower}", "A", YES),
    (r"(?i)\p{javaLowerCase}", "A", YES),
    (r"(?i)\p{IsUppercase}", "a", YES),
    (r"\p{Alpha}", "é", NO),
    (r"\p{Alnum}+", "a1", YES),
    (r"\p{Punct}+", "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", YES),
    (r"\p{Punct}", "€", NO),
    (r"\p{IsAlphabetic}", "é", YES),
    (r"\p{javaLowerCase}", "é", YES),
    (r"\p{javaUpperCase}", "é", NO),
    (r"\p{javaLetterOrDigit}", "٣", YES),
    (r"\p{javaWhitespace}", "\u{1c}", YES),
    (r"\p{javaWhitespace}", "\u{a0}", NO),
    (r"\p{javaSpaceChar}", "\u{a0}", YES),
    (r"\p{IsLatin}+", "aé", YES),
    (r"\p{IsLatin}", "я", NO),
    (r"\p{IsCyrillic}", "я", YES),
    (r"\p{script=Greek}", "λ", YES),
    (r"\p{sc=Grek}", "λ", YES),
    (r"\p{IsGrek}", "λ", YES),
    (r"\p{gc=Lu}", "A", YES),
    (r"\p{IsLu}", "A", YES),
    (r"\p{Foo}", "a", REFUSED),
    (r"\p{lu}", "a", REFUSED),
    (r"\p{Latin}", "a", REFUSED),
    (r"\p{IsFoo}", "a", REFUSED),
    (r"\p{LC}", "a", YES),
    (r"\p{LD}", "1", YES),
    (r"\p{L1}", "ÿ", YES),
    (r"\p{all}", "x", YES),
    (r"\P{L}", "1", YES),
    (r"[\P{L}\P{N}]", "a", YES),
    (r"[^\P{L}]", "a", YES),
    (r"[^\p{L}\d]", "a", NO),
    (r"\p{Print}", "é", NO),
    (r"\p{Graph}", " ", NO),
    (r"\p{Blank}", "\t", YES),
    (r"\p{Cntrl}", "\u{7f}", YES),
    (r"\p{XDigit}+", "aF0", YES),
    (r"\p{Space}", "\u{b}", YES),
    (r"\p{ASCII}", "~", YES),
    ("[a-z&&[^aeiou]]+", "xyz", YES),
    ("[a-z&&[^aeiou]]+", "xaz", NO),
    ("[a-z&&b-d]", "c", YES),
    ("[a-z&&b-d]", "e", NO),
    ("[a-c[x-z]]+", "az", YES),
    ("[^a-c[x-z]]", "z", NO),
    ("[^a-z&&[b]]", "c", YES),
    ("[^a-z&&[b]]", "b", NO),
    ("[a-e&&c-g&&d]", "d", YES),
    ("[a-e&&c-g&&d]", "c", NO),
    ("[ab&&bc]", "b", YES),
    ("[ab&&bc]", "a", NO),
    ("[a&b]", "&", YES),
    ("[]a]", "]", YES),
    ("[^]a]", "]", NO),
    ("[]", "]", REFUSED),
    ("[a-]", "-", YES),
    ("[-a]", "-", YES),
    (r"[\w-.]", "-", YES),
    ("[0-9-_]", "-", YES),
    (r"[a-\d]", "a", REFUSED),
    ("[z-a]", "b", REFUSED),
    (r"[A-Za-z0-9_-\/.]", "a", REFUSED),
    (r"[\w._-~]", "x", YES),
    ("[a-[b]]", "-", YES),
    (r"[\]\[]+", "[]", YES),
    ("[[a]", "a", REFUSED),
    ("[.*+?(){}|^$]+", ".*+?(){}|^$", YES),
    (r"[\b]", "b", REFUSED),
    (r"[\R]", "\n", REFUSED),
    (r"[\1]", "1", REFUSED),
    (r"\Qa.b\E+", "a.bbb", YES),
    (r"\Qa.b\E+", "axb", NO),
    (r"\Q[", "[", YES),
    (r"[\Q]\E]", "]", YES),
    (r"\\Q", "\\Q", YES),
    (r"\E", "x", REFUSED),
    (r"\Q\E", "", YES),
    (r"[\Qa-c\E]", "b", NO),
    (r"[\Qa-c\E]", "-", YES),
    ("a*+a", "aaa", NO),
    ("(?>a*)a", "aaa", NO),
    ("a++b", "aab", YES),
    ("a?+a", "a", NO),
    ("a{1,2}+a", "aa", NO),
    ("a{2}", "aa", YES),
    ("a{2,}?", "aaa", YES),
    ("a{,2}", "a", REFUSED),
    ("a{", "a{", REFUSED),
    ("{", "{", REFUSED),
    ("a{x}", "a{x}", REFUSED),
    ("}", "}", YES),
    ("]", "]", YES),
    ("a**", "a", REFUSED),
    ("a+*", "a", REFUSED),
    ("*a", "a", REFUSED),
    ("+", "+", REFUSED),
    ("(*)", "x", REFUSED),
    ("a|*", "a", REFUSED),
    ("a{2,1}", "a", REFUSED),
    ("a{99999999999}", "a", REFUSED),
    ("^*a", "a", YES),
    ("$?", "", YES),
    (r"\b*a", "a", YES),
    (r"(a)\1", "aa", YES),
    (r"(a)|b\1", "b", NO),
    (r"(?<n>a)\k<n>", "aa", YES),
    (r"(?<n>a)\1", "aa", YES),
    (r"\k<n>", "a", REFUSED),
    ("(?<n>a)(?<n>b)", "ab", REFUSED),
    ("(?<1n>a)", "a", REFUSED),
    ("(?<a_b>a)", "a", REFUSED),
    (r"(a)\10", "aa0", YES),
    (r"(a)(b)(c)(d)(e)(f)(g)(h)(i)(j)\10", "abcdefghijj", YES),
    (r"(?i)(a)\1", "aA", YES),
    (r"\1(a)", "a", NO),
    (r"(?:\1|x)(a)", "xa", YES),
    ("(?i)abc", "aBC", YES),
    ("(?i)é", "É", NO),
    ("(?iu)é", "É", YES),
    ("(?i)[a-z]+", "ABc", YES),
    ("(?i)[^a]", "A", NO),
    ("(?i)k", "\u{212a}", NO),
    ("(?iu)k", "\u{212a}", YES),
    ("(?i:a)b", "AB", NO),
    ("(?i:a)b", "Ab", YES),
    ("a(?i)b|c", "C", YES),
    ("(a(?i)b)c", "aBC", NO),
    ("(a(?i)b)c", "aBc", YES),
    ("(?-i)a", "A", NO),
    ("(?i)a(?-i)b", "AB", NO),
    ("(?i)[Z-c]", "C", YES),
    (r"(?i)[\d]", "1", YES),
    ("(?x) a b # comment", "ab", YES),
    ("(?x) a # c\n b", "ab", YES),
    (r"(?x) a\ b", "a b", YES),
    ("(?x)[ a ]", " ", NO),
    ("(?x)[ a ]", "a", YES),
    ("(?x)a {2}", "aa", YES),
    ("(?x:a b)c d", "abc d", YES),
    ("(?#c)a", "a", REFUSED),
    ("(?P<n>a)", "a", REFUSED),
    ("(?z)a", "a", REFUSED),
    ("(?<=a)b", "b", NO),
    ("a(?<=a)b", "ab", YES),
    ("a(?<!a)b", "ab", NO),
    ("a(?<=a|ab)b", "ab", YES),
    (r"\x41\u0042\0103\x{44}", "ABCD", YES),
    (r"\uD83D\uDE00", "😀", YES),
    (r"\x{1F600}", "😀", YES),
    (r"\x{110000}", "a", REFUSED),
    (r"\x4", "a", REFUSED),
    (r"\u004", "a", REFUSED),
    (r"\0", "a", REFUSED),
    (r"\08", "a", REFUSED),
    (r"\0400", " 0", YES),
    (r"\cA", "\u{1}", YES),
    (r"\ca", "!", YES),
    (r"\e\a\t\f", "\u{1b}\u{7}\t\u{c}", YES),
    (r"\y", "y", REFUSED),
    (r"\j", "j", REFUSED),
    (r"\-\/\@\ \<", "-/@ <", YES),
    (r"\é", "é", YES),
    (r"a\", "a", REFUSED),
    (r"\_", "_", YES),
    (r"\bword\b", "word", YES),
    (r"a\bé", "aé", NO),
    (r"a\b-", "a-", YES),
    (r"é\b-", "é-", YES),
    (r"a\Bb", "ab", YES),
    (r"\GA", "A", YES),
    (r"\Aa\z", "a", YES),
    ("(a", "a", REFUSED),
    ("a)", "a", REFUSED),
    ("(?:a", "a", REFUSED),
    ("(?", "a", REFUSED),
    ("(?<", "a", REFUSED),
    ("()", "", YES),
    ("(|a)+", "aa", YES),
    ("(a|)*b", "aab", YES),
    (r"((a)|(b))*\2", "aba", YES),
    (r"(?=.*\d)(?=.*[a-z]).{4,8}", "abc1", YES),
    (r"(?=.*\d)(?=.*[a-z]).{4,8}", "abcd", NO),
];

/// Patterns that are rejected here, by Java or by limits of this program: the byte, and the sentence after "the pattern
/// has".
const SENTENCES: &[(&str, usize, &str)] = &[
    (r"a\p{javaMirrored}", 1, r"`\p{javaMirrored}`: Java knows no such class, or it is not supported"),
    (r"[\p{InGreek}]", 1, r"`\p{InGreek}`: blocks are not supported; write the range, as in [\u0370-\u03FF]"),
    ("[a&&]", 0, "an `&&` in a class with nothing behind it"),
    ("[&&a]", 1, "an `&&` in a class with nothing before it"),
    ("a{2}{3}", 4, "a repetition of a repetition; put the first into a group"),
    ("(?=a)*a", 0, "a repeated look-around; remove the repetition"),
    (r"(a)\2", 3, "a reference to group 2, which it does not have"),
    (
        r"é(?U)\w",
        2,
        r"the flag `U` (Unicode classes), which is not supported; name the classes, as in \p{IsAlphabetic}",
    ),
    (r"a\b{g}b", 1, r"`\b{…}`, which is not supported"),
    (r"\X", 0, r"`\X`, which is not supported"),
    (r"\N{WHITE SMILING FACE}", 0, r"`\N`, which is not supported"),
    ("*a", 0, "a dangling `*` without an expression before it"),
    ("a{,2}", 1, r"a `{` that begins no repetition such as {2,5}; write `\{` for the character"),
    ("{a}", 0, r"a `{` that begins no repetition; write `\{` for the character"),
    ("a{2,1}", 1, "a repetition whose least number is above its most"),
    ("a{99999999999}", 1, "a repetition with too large a number"),
    ("(?i)*", 0, "a repetition of flags"),
    ("(a", 0, "a group that is never closed"),
    ("a)", 1, "an unmatched closing parenthesis"),
    ("[a", 0, "a class that is never closed"),
    ("[z-a]", 1, "a range from `z` to `a`, which comes before it"),
    (r"[_-\/]", 1, "a range from `_` to `/`, which comes before it"),
    (r"[a-\d]", 1, "a range that ends with a class"),
    (r"\k<n>", 0, "a reference to a group `n` that it does not have"),
    ("(?<n>a)(?<n>b)", 7, "two groups named `n`"),
    ("(?<1n>a)", 0, "a group whose name is not letters and digits"),
    ("(?#c)a", 0, "an unknown kind of group or flag `(?#`"),
    (r"\y", 0, r"an unknown escape `\y` here"),
    ("a\\", 1, "a backslash at its end"),
];

#[test]
fn patterns_match_as_in_java() {
    let differing: Vec<_> = JAVA
        .iter()
        .map(|(pattern, text, java)| {
            let ours = JavaPattern::compile(pattern).ok().map(|pattern| pattern.matches(text).unwrap());
            (pattern, text, *java, ours)
        })
        .filter(|(_, _, java, ours)| java != ours)
        .collect();
    assert_eq!(differing, []);
}

#[test]
fn unsupported_pattern_syntax_is_reported_with_position() {
    for (pattern, offset, sentence) in SENTENCES {
        let error = PatternError { message: format!("the pattern has {sentence}"), offset: *offset };
        assert_eq!(JavaPattern::compile(pattern).unwrap_err(), error, "{pattern}");
    }
}

#[test]
fn typical_runbook_patterns_match() {
    let arn =
        r"^arn:(?:aws|aws-cn|aws-us-gov):sns:(?:[a-z]{2}(?:-gov)?-[a-z]+-\d):\d{12}:([a-zA-Z0-9_-]{1,80}(?:\.fifo)?)$";
    let name = r"^(?!.*--)[a-z][a-z0-9-]{0,62}(?<!-)$";
    let bucket = r"(?=^.{3,63}$)(?!^(\d+\.)+\d+$)(^(([a-z0-9]|[a-z0-9][a-z0-9\-]*[a-z0-9])\.)*([a-z0-9]|[a-z0-9][a-z0-9\-]*[a-z0-9])$)";
    let key = "^(?:(?:^(alias/)[a-zA-Z0-9:/_-]+$)|(?:key/(?i:[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})))$";
    for (pattern, text, expected) in [
        (arn, "arn:aws-us-gov:sns:us-gov-west-1:123456789012:topic.fifo", true),
        (arn, "arn:aws:sns:eu-central-1:12345678901:topic", false),
        (name, "my-cluster", true),
        (name, "my--cluster", false),
        (name, "my-cluster-", false),
        (bucket, "my.bucket-1", true),
        (bucket, "10.0.0.1", false),
        (bucket, "ab", false),
        (key, "alias/my-key", true),
        (key, "key/0123ABCD-0123-0123-0123-0123456789aB", true),
        (key, "KEY/0123abcd-0123-0123-0123-0123456789ab", false),
        ("^$|^[a-z0-9-]{1,2048}$|^mrk-[a-z0-9]{1,2044}$", "", true),
        ("INFO|ERROR", "INFO", true),
        ("INFO|ERROR", "INFORMATION", false),
        ("sg-[a-z0-9]+$", "my-sg-1", false),
    ] {
        assert_eq!(JavaPattern::compile(pattern).unwrap().matches(text), Ok(expected), "{pattern} {text}");
    }
}

#[test]
fn catastrophic_backtracking_is_aborted() {
    let slow = JavaPattern::compile(r"^((a|a)+)+(?!x)b\1$").unwrap();
    assert_eq!(slow.matches(&"a".repeat(60)), Err(StepLimit));
    assert_eq!(JavaPattern::compile("^(a+)+$").unwrap().matches(&format!("{}!", "a".repeat(10_000))), Ok(false));
}

#[test]
fn group_nesting_is_limited() {
    let nested = |depth: usize| format!("{}a{}", "(".repeat(depth), ")".repeat(depth));
    assert_eq!(JavaPattern::compile(&nested(PATTERN_DEPTH)).unwrap().matches("a"), Ok(true));
    for deep in [nested(PATTERN_DEPTH + 1), "(".repeat(100_000), "[".repeat(100_000)] {
        assert_eq!(
            JavaPattern::compile(&deep).unwrap_err().message,
            "the pattern has more than 40 groups within each other"
        );
    }
}

#[test]
fn oversized_pattern_is_rejected() {
    let error = JavaPattern::compile("((a{1000}){1000}){1000}").unwrap_err();
    assert!(error.message.starts_with("the pattern is too large or not supported: "), "{error}");
}

proptest! {
    #[test]
    fn any_pattern_compiles_or_is_rejected(
        pattern in r"([a-c()\[\]{}|*+?^$.&:<>=!,0-3#-]|\\[a-zA-Z0-9.\\]|\(\?[<=!:imsux-]|\\p\{[A-Z][a-z]{0,3}\}|&&|\[\^){0,16}",
        text in "[a-c0-3\r\n]{0,6}",
    ) {
        match JavaPattern::compile(&pattern) {
            Ok(pattern) => { let _ = pattern.matches(&text); }
            Err(error) => prop_assert!(pattern.is_char_boundary(error.offset)),
        }
    }

    #[test]
    fn any_pattern_and_text_do_not_panic(pattern in any::<String>(), text in any::<String>()) {
        if let Ok(pattern) = JavaPattern::compile(&pattern) {
            let _ = pattern.matches(&text);
        }
    }

    #[test]
    fn quoted_text_matches_itself(text in any::<String>()) {
        prop_assume!(!text.contains("\\E"));
        let pattern = JavaPattern::compile(&format!("\\Q{text}\\E")).unwrap();
        prop_assert_eq!(pattern.matches(&text), Ok(true));
    }
}
