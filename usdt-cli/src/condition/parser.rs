//! Tokens → expression.
//!
//! ```text
//! or      = and ("||" and)*
//! and     = not ("&&" not)*
//! not     = "!" (not | "(" or ")" | value) | "(" or ")" | compare
//! compare = value [("==" | "!=" | "<" | "<=" | ">" | ">=") value | ("~" | "!~") text]
//! ```
//!
//! `!a == b` is refused: half of the readers take it for `!(a == b)`, the others for `(!a) == b`.

use std::iter::Peekable;
use std::ops::Range;
use std::vec::IntoIter;

use regex::Regex;

use super::Name;
use super::comparable::Comparable;
use super::error::Problem;
use super::expression::{Expression, Operand, Term};
use super::lexer::{Placed, Token};

/// The expression that the tokens of a text of `length` bytes are.
pub(super) fn parse(tokens: Vec<Placed>, length: usize) -> Result<Expression, Problem> {
    let mut parser = Parser { tokens: tokens.into_iter().peekable(), end: length..length, depth: 0 };
    let expression = parser.or()?;
    match parser.tokens.next() {
        None => Ok(expression),
        Some((Token::Close, place)) => Err(Problem::new(place, "there is no `(` for this")),
        Some((Token::Compare(_) | Token::Match { .. }, place)) => Err(one_value_a_side(place)),
        Some((_, place)) => Err(nothing_between(place)),
    }
}

/// How deep parentheses and `!` may stand in each other.
const DEEPEST: usize = 100;

struct Parser {
    tokens: Peekable<IntoIter<Placed>>,
    /// The place behind the last token.
    end: Range<usize>,
    depth: usize,
}

impl Parser {
    fn or(&mut self) -> Result<Expression, Problem> {
        let mut left = self.and()?;
        while self.take(&Token::Or).is_some() {
            left = Expression::Or(Box::new(left), Box::new(self.and()?));
        }
        Ok(left)
    }

    fn and(&mut self) -> Result<Expression, Problem> {
        let mut left = self.not()?;
        while self.take(&Token::And).is_some() {
            left = Expression::And(Box::new(left), Box::new(self.not()?));
        }
        Ok(left)
    }

    fn not(&mut self) -> Result<Expression, Problem> {
        if let Some(open) = self.take(&Token::Open) {
            return self.deeper(open.clone(), |parser| parser.rest_of_parentheses(open));
        }
        let Some(not) = self.take(&Token::Not) else { return self.compare() };
        let inner = match self.tokens.peek() {
            Some((Token::Open | Token::Not, _)) => self.deeper(not, Parser::not)?,
            _ => Expression::Truth(self.operand()?),
        };
        match self.tokens.peek() {
            Some((Token::Compare(_) | Token::Match { .. }, place)) => {
                Err(Problem::new(place.clone(), "what `!` turns around must be in parentheses: `!(a == b)`"))
            }
            _ => Ok(Expression::Not(Box::new(inner))),
        }
    }

    fn rest_of_parentheses(&mut self, open: Range<usize>) -> Result<Expression, Problem> {
        let inner = self.or()?;
        match self.tokens.peek() {
            Some((Token::Close, _)) => {
                self.tokens.next();
                Ok(inner)
            }
            Some((Token::Compare(_) | Token::Match { .. }, place)) => Err(one_value_a_side(place.clone())),
            Some((_, place)) => Err(nothing_between(place.clone())),
            None => Err(Problem::new(open, "there is no `)` for this")),
        }
    }

    fn compare(&mut self) -> Result<Expression, Problem> {
        let left = self.operand()?;
        match self.tokens.peek() {
            Some(&(Token::Compare(comparison), _)) => {
                self.tokens.next();
                Ok(Expression::Compare(left, comparison, self.operand()?))
            }
            Some(&(Token::Match { negated }, _)) => {
                self.tokens.next();
                let matches = Expression::Match(left, self.regex()?);
                Ok(if negated { Expression::Not(Box::new(matches)) } else { matches })
            }
            _ => Ok(Expression::Truth(left)),
        }
    }

    fn operand(&mut self) -> Result<Operand, Problem> {
        match self.tokens.next() {
            Some((Token::Name(name), place)) => Ok(Operand { term: Term::Name(Name::of(&name)), place }),
            Some((Token::Literal(value), place)) => Ok(Operand { term: Term::Literal(value), place }),
            Some((_, place)) => Err(Problem::new(place, "there must be a name or a value here")),
            None => Err(Problem::new(self.end.clone(), "there must be a name or a value here")),
        }
    }

    fn regex(&mut self) -> Result<Regex, Problem> {
        let operand = self.operand()?;
        let Term::Literal(Comparable::Text(text)) = operand.term else {
            return Err(Problem::new(operand.place, "a regular expression is written in quotes"));
        };
        Regex::new(&text).map_err(|error| {
            // The last line says what; those before show the expression again.
            let what =
                error.to_string().lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
            Problem::new(operand.place, format!("this is no regular expression: {what}"))
        })
    }

    /// Takes the next token if it is this one; gives its place.
    fn take(&mut self, token: &Token) -> Option<Range<usize>> {
        self.tokens.next_if(|(next, _)| next == token).map(|(_, place)| place)
    }

    fn deeper(
        &mut self,
        place: Range<usize>,
        parse: impl FnOnce(&mut Parser) -> Result<Expression, Problem>,
    ) -> Result<Expression, Problem> {
        if self.depth == DEEPEST {
            return Err(Problem::new(place, "this is nested too deeply"));
        }
        self.depth += 1;
        let inner = parse(self);
        self.depth -= 1;
        inner
    }
}

fn one_value_a_side(place: Range<usize>) -> Problem {
    Problem::new(place, "a comparison has one value on each side; join comparisons with `&&`")
}

fn nothing_between(place: Range<usize>) -> Problem {
    Problem::new(place, "there must be `&&` or `||` before this")
}
