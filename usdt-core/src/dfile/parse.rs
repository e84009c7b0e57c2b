//! Tokens become providers. The first mistake ends it; nothing here recurses.

use super::ctype::{self, CType, Declared, Words};
use super::lex::{Kind, Lexer, Position, Token};
use super::{DFile, DFileError, comment, rust};
use crate::model::name::{check_probe, check_provider, probe_from_ident};
use crate::model::{Argument, MAX_OPERANDS, Probe, Provider, Seen};

type Result<T> = std::result::Result<T, DFileError>;

/// An argument that may have no name.
type Arg<'s> = (Option<&'s str>, CType);

/// Reads a whole file.
pub(super) fn file(source: &str) -> Result<DFile> {
    let mut parser = Parser::new(source)?;
    let mut providers = Vec::new();
    let mut lines = Seen::new();
    while parser.token.kind != Kind::End {
        providers.push(parser.provider(&mut lines)?);
    }
    Ok(DFile { providers, ignored: parser.lexer.into_ignored() })
}

struct Parser<'s> {
    lexer: Lexer<'s>,
    /// The token to look at.
    token: Token<'s>,
    /// Right after the token before it.
    previous_end: Position,
}

impl<'s> Parser<'s> {
    fn new(source: &'s str) -> Result<Self> {
        let mut lexer = Lexer::new(source);
        let token = lexer.next()?;
        Ok(Parser { lexer, previous_end: token.start, token })
    }

    /// `provider name { … } ;`; `lines` says where the names before it stand.
    fn provider(&mut self, lines: &mut Seen<usize>) -> Result<Provider<CType>> {
        if self.token.kind != Kind::Word("provider") {
            return Err(self.not_a_provider());
        }
        let keyword = self.bump()?;
        let (name, at) = self.name("a provider", "provider orders { … };")?;
        check_provider(name).map_err(|error| at.error(format!("the provider `{name}`: {error}")))?;
        spellable(name, at)?;
        if let Some(line) = lines.insert(name, at.line) {
            return Err(at.error(format!(
                "the provider `{name}` stands in line {line} already: move its probes there, or rename one"
            )));
        }
        self.expect('{', &format!("`{{` after `provider {name}`, and the probes after it"))?;
        let probes = self.probes(name, keyword.start.line)?;
        self.accept(';')?;
        Ok(Provider { name: name.to_owned(), probes })
    }

    /// The probes of a provider that began on `line`, and the `}` after them.
    fn probes(&mut self, provider: &str, line: usize) -> Result<Vec<Probe<CType>>> {
        let mut probes = Vec::new();
        let mut lines = Seen::new();
        loop {
            match self.token.kind {
                Kind::Word("probe") => probes.push(self.probe(provider, &mut lines)?),
                Kind::Punct('}') => break,
                Kind::End => {
                    return Err(self.token.start.error(format!(
                        "the file ends inside `provider {provider}`, which begins in line {line}: write `}};`"
                    )));
                }
                _ => return Err(self.expected("`probe NAME(…);`, or `}` at the end of the provider")),
            }
        }
        self.bump()?;
        Ok(probes)
    }

    /// `probe name(…);`
    fn probe(&mut self, provider: &str, lines: &mut Seen<usize>) -> Result<Probe<CType>> {
        let doc = comment::text(&self.bump()?.comments);
        let (ident, at) = self.name("a probe", "probe request__start(uint64_t id);")?;
        if self.token.kind == Kind::Punct('-') {
            return self.dashed(ident);
        }
        let name = probe_from_ident(ident);
        check_probe(&name).map_err(|error| at.error(format!("the probe `{ident}`: {error}")))?;
        spellable(ident, at)?;
        if let Some(line) = lines.insert(ident, at.line) {
            return Err(at.error(format!(
                "the probe `{ident}` of `{provider}` stands in line {line} already: rename or remove one"
            )));
        }
        self.expect('(', &format!("`(` after `probe {ident}`: write `{ident}()` if it has no arguments"))?;
        let args = self.arguments()?;
        if self.token.kind == Kind::Punct(':') {
            return Err(self.translated());
        }
        if !self.accept(';')? {
            return Err(self.missing_semicolon(ident));
        }
        Ok(Probe { name, doc, args })
    }

    /// What stands between a probe's parentheses, and the `)`.
    fn arguments(&mut self) -> Result<Vec<Argument<CType>>> {
        let mut args: Vec<Arg<'s>> = Vec::new();
        if self.accept(')')? {
            return Ok(Vec::new());
        }
        loop {
            let start = self.token.start;
            if args.len() == MAX_OPERANDS {
                return Err(start.error(format!(
                    "no tracer reads more than {MAX_OPERANDS} arguments of a probe: leave the others out, \
                     or pass the address of a struct"
                )));
            }
            match self.argument(&args)? {
                Some(arg) => args.push(arg),
                None if args.is_empty() && self.accept(')')? => return Ok(Vec::new()),
                None => {
                    return Err(start.error(
                        "`void` is not an argument: write `()` for no arguments, `void *` for an address",
                    ));
                }
            }
            if self.accept(')')? {
                return Ok(named(args));
            }
            self.separator()?;
        }
    }

    /// One argument, or `None` for a bare `void`.
    fn argument(&mut self, before: &[Arg<'s>]) -> Result<Option<Arg<'s>>> {
        let start = self.token.start;
        let words = self.type_words()?;
        if self.token.kind == Kind::Punct('(') {
            return Err(self.token.start.error("a function can't be passed: write `void *` for its address"));
        }
        let declared = words.declared().map_err(|message| start.error(message))?;
        let name = self.argument_name(before)?;
        match (declared, name) {
            (Declared::Type(ty), _) if self.token.kind == Kind::Punct('[') => Err(start.error(format!(
                "an array can't be passed: write `{ty} *{}` for the address of its first element",
                name.unwrap_or_default()
            ))),
            (Declared::Type(ty), _) => Ok(Some((name, ty))),
            (Declared::Void, None) => Ok(None),
            (Declared::Void, Some(name)) => {
                Err(start
                    .error(format!("`{name}` can't be of type `void`: write `void *{name}` for an address")))
            }
        }
    }

    /// The words and stars before an argument's name.
    fn type_words(&mut self) -> Result<Words<'s>> {
        let mut words = Words::default();
        while let Kind::Word(word) = self.token.kind {
            if !words.take(word) {
                break;
            }
            self.bump()?;
            if ctype::is_aggregate(word) {
                self.tag(word, &mut words)?;
            }
        }
        if words.is_empty() {
            return Err(match self.token.kind {
                Kind::Punct('.') => {
                    self.token.start.error("a probe has the same arguments each time: write each, not `...`")
                }
                _ => self.expected("the type of an argument, such as `uint64_t` or `char *`"),
            });
        }
        while self.accept('*')? {
            words.star();
            while let Kind::Word(word) = self.token.kind
                && ctype::is_qualifier(word)
            {
                words.spell(word);
                self.bump()?;
            }
        }
        Ok(words)
    }

    /// The name after `struct`, `union` or `enum`.
    fn tag(&mut self, keyword: &str, words: &mut Words<'s>) -> Result<()> {
        match self.token.kind {
            Kind::Word(tag) if !ctype::is_keyword(tag) => {
                words.spell(tag);
                self.bump()?;
                Ok(())
            }
            _ => Err(self.expected(&format!("the name of the {keyword}, as in `{keyword} NAME *`"))),
        }
    }

    /// The name of an argument, if it has one.
    fn argument_name(&mut self, before: &[Arg<'s>]) -> Result<Option<&'s str>> {
        let Kind::Word(name) = self.token.kind else { return Ok(None) };
        let at = self.token.start;
        if ctype::is_keyword(name) {
            return Err(
                at.error(format!("`{name}` belongs to C and can't name an argument: write `{name}_`"))
            );
        }
        if !name.is_ascii() {
            return Err(
                at.error(format!("`{name}` can't name an argument: write ASCII letters, digits and `_`"))
            );
        }
        if before.iter().any(|&(other, _)| other == Some(name)) {
            return Err(at.error(format!("two arguments are called `{name}`: rename one")));
        }
        self.bump()?;
        Ok(Some(name))
    }

    /// The `,` between two arguments.
    fn separator(&mut self) -> Result<()> {
        match self.token.kind {
            Kind::Punct(',') => self.bump().map(|_| ()),
            Kind::Punct(':') => Err(self.translated()),
            Kind::Punct('=') => Err(self.expected("`,` or `)`: an argument has no value here")),
            _ => Err(self.expected("`,` and another argument, or `)` after the last one")),
        }
    }

    /// The next token must be a name; `example` shows where it would stand.
    fn name(&mut self, what: &str, example: &str) -> Result<(&'s str, Position)> {
        let at = self.token.start;
        match self.token.kind {
            Kind::Word(name) => {
                self.bump()?;
                Ok((name, at))
            }
            Kind::Number(text) => Err(at.error(format!(
                "the name of {what} can't begin with a digit: write `_{text}`, or another name"
            ))),
            _ => Err(self.expected(&format!("the name of {what}, as in `{example}`"))),
        }
    }

    /// Takes the token if it is this character, or says what was expected.
    fn expect(&mut self, c: char, wanted: &str) -> Result<()> {
        if self.accept(c)? { Ok(()) } else { Err(self.expected(wanted)) }
    }

    /// Takes the token if it is this character.
    fn accept(&mut self, c: char) -> Result<bool> {
        let found = self.token.kind == Kind::Punct(c);
        if found {
            self.bump()?;
        }
        Ok(found)
    }

    /// Moves on, and gives the token that was looked at.
    fn bump(&mut self) -> Result<Token<'s>> {
        let next = self.lexer.next()?;
        self.previous_end = self.token.end;
        Ok(std::mem::replace(&mut self.token, next))
    }
}

/// The mistakes.
impl Parser<'_> {
    fn expected(&self, wanted: &str) -> DFileError {
        self.token.start.error(format!("expected {wanted}, found {}", found(self.token.kind)))
    }

    fn not_a_provider(&self) -> DFileError {
        let at = self.token.start;
        match self.token.kind {
            Kind::Word("probe") => {
                at.error("a probe belongs to a provider: write `provider NAME { probe …; };` around it")
            }
            Kind::Word(word @ ("typedef" | "struct" | "union" | "enum")) => at.error(format!(
                "`{word}` can't be declared here: remove it, and write what it stands for in the probes, \
                 or pass its address, as in `struct NAME *`"
            )),
            Kind::Word(word @ ("translator" | "inline")) => at.error(format!(
                "`{word}` is for scripts, a provider has no use for it: move it to a file of its own"
            )),
            Kind::Punct(';') => at.error("nothing ends here: remove this `;`"),
            _ => self.expected("`provider NAME { … };`"),
        }
    }

    fn missing_semicolon(&self, ident: &str) -> DFileError {
        let found = found(self.token.kind);
        self.previous_end.error(format!("write `;` here, after `probe {ident}(…)` and before {found}"))
    }

    fn translated(&self) -> DFileError {
        self.token.start.error(
            "translated arguments (`: (…)`) aren't supported: write only the arguments that the program passes",
        )
    }

    /// The error for a name with `-`, which says how to write the whole name.
    fn dashed<T>(&mut self, ident: &str) -> Result<T> {
        let at = self.token.start;
        let mut instead = ident.to_owned();
        while self.accept('-')? {
            instead.push_str("__");
            if let Kind::Word(part) | Kind::Number(part) = self.token.kind {
                instead.push_str(part);
                self.bump()?;
            }
        }
        Err(at.error(format!(
            "a `-` in the name of a probe is written `__` in this language: write `{instead}`"
        )))
    }
}

/// A token as an error shows it.
fn found(kind: Kind<'_>) -> String {
    match kind {
        Kind::Word(text) | Kind::Number(text) => format!("`{text}`"),
        Kind::Punct('`') => "a backquote".to_owned(),
        Kind::Punct(c) => format!("`{}`", c.escape_debug()),
        Kind::End => "the end of the file".to_owned(),
    }
}

/// Refuses the few names that Rust can't spell even as a raw identifier.
fn spellable(name: &str, at: Position) -> Result<()> {
    match rust::ident(name) {
        Some(_) => Ok(()),
        None => Err(at.error(format!("`{name}` can't be a name in Rust: write another, such as `{name}_`"))),
    }
}

/// Gives every argument a name: its own, or `argN`.
fn named(args: Vec<Arg<'_>>) -> Vec<Argument<CType>> {
    let taken: Vec<Option<&str>> = args.iter().map(|&(name, _)| name).collect();
    let name = |i: usize| {
        let mut name = format!("arg{i}");
        while taken.contains(&Some(&name)) {
            name.push('_');
        }
        name
    };
    let args = args.into_iter().enumerate();
    args.map(|(i, (own, ty))| Argument { name: own.map_or_else(|| name(i), str::to_owned), ty }).collect()
}
