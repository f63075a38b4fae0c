//! Columns of text read as numbers or days where the rows are: where every text is one that all engines and this program
//! read alike, or a word for a value that has no place here. Other texts are read here, as people write them.

use super::ask::{Asked, Asking, unless};
use super::number::Value;
use crate::data::{Control, Place, cell_of};
use crate::op::convert::Target;
use crate::sql::{Aggregate, Call, Constant, Term, Type};
use crate::value::Kind;

/// Days there are, the years with a 29th of February told by their last four digits.
pub const DAY: &str = "^([0-9]{4}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)\
                       |02-(0[1-9]|1[0-9]|2[0-8]))|([0-9]{2}(0[48]|[2468][048]|[13579][26])\
                       |([02468][048]|[13579][26])00)-02-29)$";
/// Numbers in digits that do not begin as codes do, and that certainly have a place among floating-point numbers: engines
/// give up on others.
pub const SMALL_NUMBER: &str =
    "^-?(0|(0[.][0-9]{0,99}|[1-9][0-9]{0,99}([.][0-9]{0,99})?|[.][0-9]{1,99})([eE][-+]?[0-9]{1,2})?)$";

/// What engines write for values that have no place here and are no number and no day either.
const WORDS: [&str; 5] = ["NaN", "Infinity", "-Infinity", "infinity", "-infinity"];

/// Whether a text is one that all read alike as another kind; None for kinds of which that is not known.
fn is_plain(text: &Term, to: Target) -> Option<Term> {
    let matches = |pattern: &str| Term::Matches(Box::new(text.clone()), pattern.to_owned());
    match to {
        Target::Number => Some(matches(SMALL_NUMBER)),
        Target::Date => {
            // No engine has a year 0.
            let year = Term::Not(Box::new(Term::Starts(Box::new(text.clone()), "0000".to_owned())));
            Some(Term::All(vec![matches(DAY), year]))
        }
        _ => None,
    }
}

/// Texts of a column as values of another kind; missing where they are none that all read alike.
pub(super) fn read(column: &str, to: Target) -> Option<Value> {
    let text = Term::column(column);
    let plain = is_plain(&text, to)?;
    let (made, kind) = match to {
        Target::Date => (Term::Cast(Box::new(text), Type::Date), Kind::Date),
        _ => (Term::Real(Box::new(text)), Kind::Float),
    };
    Some(Value::new(made.only_if(plain), kind))
}

/// How many texts of a column have no counterpart, with the first of them in the order of code points; None where they
/// have to be read here.
pub fn lost(place: &Place, column: &str, to: Target, control: &Control) -> Asked<Option<(u64, Option<String>)>> {
    let text = Term::column(column);
    let Some(plain) = is_plain(&text, to) else { return Ok(None) };
    let other = unless(plain, text);
    let words = WORDS.map(|w| Constant::Text(w.to_owned())).to_vec();
    let word = Term::int(1).only_if(Term::Within(Box::new(other.clone()), words));
    let asked = vec![
        ("others".to_owned(), Aggregate::Present(other.clone())),
        ("words".to_owned(), Aggregate::Present(word)),
        ("example".to_owned(), Aggregate::Min(Term::call(Call::CodePoints, [other]))),
    ];
    let mut asking = Asking::new(place, control);
    let answer = asking.ask(&asking.rows().group(Vec::new(), asked), 1)?;
    let (others, words) = (answer.counts("others")?[0], answer.counts("words")?[0]);
    if others != words {
        return Ok(None);
    }
    let example = cell_of(&answer.series("example")?.into(), 0).plain();
    Ok(Some((others, (others > 0).then_some(example))))
}
