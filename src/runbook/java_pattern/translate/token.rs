//! The pattern as characters, and the groups it has.

/// One character of the pattern.
#[derive(Debug, Clone, Copy)]
pub(super) struct Token {
    pub(super) c: char,
    /// It was between `\Q` and `\E`, so it is literal.
    pub(super) quoted: bool,
    /// Its byte offset.
    pub(super) at: usize,
}

/// The characters of a pattern, without `\Q` and `\E`.
pub(super) fn unquoted(pattern: &str) -> Vec<Token> {
    let mut tokens = Vec::with_capacity(pattern.len());
    let mut rest = pattern.char_indices().peekable();
    let mut quoted = false;
    while let Some((at, c)) = rest.next() {
        let next = rest.peek().map(|(_, next)| *next);
        match (c, next, quoted) {
            ('\\', Some('Q'), false) | ('\\', Some('E'), true) => {
                quoted = !quoted;
                rest.next();
            }
            ('\\', Some(escaped), false) => {
                tokens.push(Token { c, quoted: false, at });
                tokens.push(Token { c: escaped, quoted: false, at: at + 1 });
                rest.next();
            }
            _ => tokens.push(Token { c, quoted, at }),
        }
    }
    tokens
}

/// The capturing groups of the whole pattern: a reference may precede its group.
pub(super) struct Groups {
    /// The name of each, in the order they open.
    pub(super) names: Vec<Option<String>>,
}

impl Groups {
    pub(super) fn count(tokens: &[Token]) -> Self {
        let plain = |at: usize| tokens.get(at).filter(|token| !token.quoted).map(|token| token.c);
        let mut names = Vec::new();
        let mut classes = 0_usize;
        let mut at = 0;
        while at < tokens.len() {
            match plain(at) {
                Some('\\') => at += 1,
                Some('[') => classes += 1,
                Some(']') => classes = classes.saturating_sub(1),
                Some('(') if classes == 0 => match (plain(at + 1), plain(at + 2), plain(at + 3)) {
                    (Some('?'), Some('<'), Some(first)) if first.is_ascii_alphabetic() => {
                        let name = (at + 3..).map_while(plain).take_while(char::is_ascii_alphanumeric).collect();
                        names.push(Some(name));
                    }
                    (Some('?'), _, _) => {}
                    _ => names.push(None),
                },
                Some(_) | None => {}
            }
            at += 1;
        }
        Self { names }
    }

    pub(super) fn number_of(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|known| known.as_deref() == Some(name)).map(|at| at + 1)
    }
}
