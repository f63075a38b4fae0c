//! What work on rows that are somewhere else is expected to take, and how much of it goes on before somebody is asked.
//!
//! Whoever has the engine estimates and asks through [`Allowance::admit`]; who started the work answers through its
//! [`Control`]. Nothing here knows how an engine makes its estimates.

use std::sync::Mutex;

use super::control::Control;
use crate::error::{Error, Result};
use crate::text::{Msg, number};

/// What an engine expects of a query, by its plan; nothing was run for it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Estimate {
    /// Rows of the answer.
    pub rows: Option<u64>,
    /// Bytes of the answer.
    pub bytes: Option<u64>,
    /// What the whole takes, in the engine's own unit.
    pub cost: Option<f64>,
    /// Most rows that any part of the plan gives: what has to be read or made on the way to the answer.
    pub scanned: Option<u64>,
}

/// What work may take without anybody being asked; none where it may take any amount.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Ceiling {
    /// Rows, those on the way included.
    pub rows: Option<u64>,
    /// Cost, in the engine's own unit.
    pub cost: Option<f64>,
}

/// What a person says to work that would take much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consent {
    /// It may take as much, and so may other work on the same table.
    AsMuch,
    /// Work on this table may take what it takes.
    Always,
}

impl Estimate {
    /// The most rows that are handled at any point.
    pub fn handled(&self) -> Option<u64> {
        self.rows.max(self.scanned)
    }

    /// The estimate in words.
    pub fn words(&self, name: &str) -> Msg {
        let figure = |n: Option<u64>| n.map_or_else(|| "?".to_owned(), number::count);
        Msg::new("cost-expected")
            .with("name", name)
            .with("rows", figure(self.handled()))
            .with("cost", figure(self.cost.map(|c| c.max(0.0) as u64)))
    }
}

impl Ceiling {
    fn rows_exceeded(&self, by: &Estimate) -> Option<u64> {
        by.handled().filter(|rows| self.rows.is_some_and(|most| *rows > most))
    }

    fn cost_exceeded(&self, by: &Estimate) -> Option<f64> {
        by.cost.filter(|cost| self.cost.is_some_and(|most| *cost > most))
    }

    /// The flags that would let this through, with round values; none if it passes.
    fn flags(&self, estimate: &Estimate) -> Option<String> {
        let rows = self.rows_exceeded(estimate).map(|n| format!("--max-rows {}", rounded_up(n)));
        let cost = self.cost_exceeded(estimate).map(|n| format!("--max-cost {}", rounded_up(n.ceil() as u64)));
        let flags: Vec<String> = rows.into_iter().chain(cost).collect();
        (!flags.is_empty()).then(|| flags.join(" "))
    }

    fn raised(&self, estimate: &Estimate) -> Self {
        // The queries of one step differ a little, and one answer is to do for all of them.
        let rows = self.rows.map(|most| most.max(estimate.handled().unwrap_or(0).saturating_mul(2)));
        let cost = self.cost.map(|most| most.max(estimate.cost.unwrap_or(0.0) * 2.0));
        Self { rows, cost }
    }
}

/// The next number up with two digits that are not zero.
fn rounded_up(n: u64) -> u64 {
    let unit = 10u64.pow(n.max(1).ilog10().saturating_sub(1));
    n.div_ceil(unit).saturating_mul(unit)
}

/// What work on one table, and on what is made of it, may take.
#[derive(Debug)]
pub struct Allowance {
    ceiling: Mutex<Ceiling>,
    /// Held while somebody is asked, so that nobody is asked twice at the same time.
    asking: Mutex<()>,
}

impl Allowance {
    /// What is allowed as long as nobody has said anything.
    pub fn new(ceiling: Ceiling) -> Self {
        Self { ceiling: Mutex::new(ceiling), asking: Mutex::default() }
    }

    /// What is allowed now.
    pub fn ceiling(&self) -> Ceiling {
        *self.ceiling.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// Lets work go on that is expected to take this much at the engine called `name`; asks who started it where that is
    /// more than allowed. An error if the answer is no, or if nobody is there to ask.
    pub fn admit(&self, estimate: &Estimate, name: &str, control: &Control) -> Result<()> {
        if self.ceiling().flags(estimate).is_none() {
            return Ok(());
        }
        let _asking = self.asking.lock().unwrap_or_else(|e| e.into_inner());
        let ceiling = self.ceiling();
        let Some(flags) = ceiling.flags(estimate) else { return Ok(()) };
        let Some(consent) = control.ask(estimate.words(name))? else {
            return Err(Error::refused(estimate.words(name)).hint(Msg::new("hint-cost").with("flags", flags)));
        };
        *self.ceiling.lock().unwrap_or_else(|e| e.into_inner()) = match consent {
            Consent::AsMuch => ceiling.raised(estimate),
            Consent::Always => Ceiling::default(),
        };
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    fn estimate(rows: u64, cost: f64) -> Estimate {
        Estimate { rows: Some(1), scanned: Some(rows), cost: Some(cost), bytes: None }
    }

    #[test]
    fn what_is_too_much_is_refused_with_the_flags_that_allow_it() {
        let allowance = Allowance::new(Ceiling { rows: Some(1_000), cost: Some(50.0) });
        let admit = |e: &Estimate| allowance.admit(e, "prod", &Control::new());
        assert!(admit(&estimate(1_000, 50.0)).is_ok());
        assert!(admit(&Estimate::default()).is_ok(), "an engine that expects nothing is not held up");
        for (over, flags) in [
            (estimate(1_001, 1.0), "--max-rows 1100"),
            (estimate(1, 50.5), "--max-cost 51"),
            (estimate(123_456_789, 7_000_000.0), "--max-rows 130000000 --max-cost 7000000"),
        ] {
            let error = admit(&over).unwrap_err();
            assert_eq!(error.kind, ErrorKind::Refused);
            assert!(error.hint.unwrap().to_string().contains(&format!("with {flags},")), "{flags}");
        }
    }

    #[test]
    fn consent_lasts_for_as_much_or_for_good() {
        let answered = |consent: Consent, allowance: &Allowance, e: Estimate| {
            let control = Control::new();
            control.attend(true);
            std::thread::scope(|scope| {
                let work = scope.spawn(|| allowance.admit(&e, "prod", &control));
                while control.question().is_none() {
                    std::thread::yield_now();
                }
                control.answer(consent);
                work.join().unwrap()
            })
        };
        let allowance = Allowance::new(Ceiling { rows: Some(10), cost: None });
        assert!(answered(Consent::AsMuch, &allowance, estimate(100, 1.0)).is_ok());
        let unasked = |rows| allowance.admit(&estimate(rows, 1.0), "prod", &Control::new()).is_ok();
        assert!(unasked(200) && !unasked(201));
        assert!(answered(Consent::Always, &allowance, estimate(300, 1.0)).is_ok());
        assert!(unasked(u64::MAX));
    }

    #[test]
    fn an_answer_given_beforehand_is_for_one_question() {
        let allowance = Allowance::new(Ceiling { rows: Some(10), cost: None });
        let control = Control::new();
        control.attend(true);
        control.agree(Consent::AsMuch);
        assert!(allowance.admit(&estimate(100, 1.0), "prod", &control).is_ok());
        control.attend(false);
        assert!(allowance.admit(&estimate(200, 1.0), "prod", &control).is_ok(), "as much was agreed to");
        assert!(allowance.admit(&estimate(201, 1.0), "prod", &control).is_err());
    }

    #[test]
    fn who_stops_the_work_says_no() {
        let allowance = Allowance::new(Ceiling { rows: Some(10), cost: None });
        let control = Control::new();
        control.attend(true);
        let error = std::thread::scope(|scope| {
            let work = scope.spawn(|| allowance.admit(&estimate(100, 1.0), "prod", &control));
            while control.question().is_none() {
                std::thread::yield_now();
            }
            control.cancel();
            work.join().unwrap().unwrap_err()
        });
        assert_eq!(error.kind, ErrorKind::Interrupted);
        assert_eq!(control.question(), None);
    }
}
