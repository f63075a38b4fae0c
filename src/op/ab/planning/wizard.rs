//! Which method answers a question about a cause: a tree of five questions, as data. The words are in the texts under
//! `wizard-…`; whoever shows the tree walks it and decides nothing.

use serde_json::{Value, json};

use crate::text::Msg;

/// Where an answer leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum To {
    /// To the question at this place of [`QUESTIONS`].
    Question(usize),
    /// To the leaf at this place of [`LEAVES`].
    Leaf(usize),
}

/// An answer that can be picked.
#[derive(Clone, Copy, Debug)]
pub struct Answer {
    text: &'static str,
    /// Where it leads.
    pub to: To,
}

/// A question.
#[derive(Clone, Copy, Debug)]
pub struct Question {
    text: &'static str,
    /// What can be answered.
    pub answers: &'static [Answer],
}

/// The end of a walk: a method, or that there is none.
#[derive(Clone, Copy, Debug)]
pub struct Leaf {
    /// The name for machines.
    pub key: &'static str,
    text: &'static str,
    /// What can be done about it here.
    pub state: State,
}

/// Whether a method can be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It is computed here.
    Computed,
    /// It is a method, but not computed here.
    NotYet,
    /// There is no method.
    NoMethod,
}

const fn answer(text: &'static str, to: To) -> Answer {
    Answer { text, to }
}

const fn leaf(key: &'static str, text: &'static str, state: State) -> Leaf {
    Leaf { key, text, state }
}

/// The questions; the walk begins with the first.
pub const QUESTIONS: &[Question] = &[
    Question {
        text: "wizard-random",
        answers: &[answer("wizard-answer-random-yes", To::Leaf(0)), answer("wizard-answer-random-no", To::Question(1))],
    },
    Question {
        text: "wizard-threshold",
        answers: &[
            answer("wizard-answer-threshold-yes", To::Leaf(4)),
            answer("wizard-answer-threshold-no", To::Question(2)),
        ],
    },
    Question {
        text: "wizard-everyone",
        answers: &[
            answer("wizard-answer-everyone-yes", To::Question(3)),
            answer("wizard-answer-everyone-no", To::Question(4)),
        ],
    },
    Question {
        text: "wizard-comparison",
        answers: &[
            answer("wizard-answer-comparison-series", To::Leaf(3)),
            answer("wizard-answer-comparison-groups", To::Leaf(5)),
            answer("wizard-answer-comparison-none", To::Leaf(7)),
        ],
    },
    Question {
        text: "wizard-known",
        answers: &[
            answer("wizard-answer-known-reasons", To::Leaf(2)),
            answer("wizard-answer-known-outcome", To::Leaf(1)),
            answer("wizard-answer-known-both", To::Leaf(6)),
            answer("wizard-answer-known-neither", To::Leaf(8)),
        ],
    },
];

/// The leaves.
pub const LEAVES: &[Leaf] = &[
    leaf("ab-test", "wizard-leaf-ab-test", State::Computed),
    leaf("regression", "wizard-leaf-regression", State::NotYet),
    leaf("propensity", "wizard-leaf-propensity", State::NotYet),
    leaf("causal-impact", "wizard-leaf-causal-impact", State::NotYet),
    leaf("discontinuity", "wizard-leaf-discontinuity", State::NotYet),
    leaf("differences", "wizard-leaf-differences", State::NotYet),
    leaf("doubly-robust", "wizard-leaf-doubly-robust", State::NotYet),
    leaf("before-after", "wizard-leaf-before-after", State::NoMethod),
    leaf("none", "wizard-leaf-none", State::NoMethod),
];

impl Answer {
    /// Its words.
    pub fn words(&self) -> Msg {
        Msg::new(self.text)
    }
}

impl Question {
    /// Its words.
    pub fn words(&self) -> Msg {
        Msg::new(self.text)
    }

    /// What helps to answer it.
    pub fn help(&self) -> String {
        self.words().attribute("help")
    }
}

/// The parts of a leaf: the text's attribute and its heading.
const PARTS: [(&str, &str); 4] = [
    ("assumption", "wizard-part-assumption"),
    ("bring", "wizard-part-bring"),
    ("check", "wizard-part-check"),
    ("sample", "wizard-part-sample"),
];

impl Leaf {
    /// What it is called.
    pub fn words(&self) -> Msg {
        Msg::new(self.text)
    }

    /// The method in a sentence.
    pub fn help(&self) -> String {
        self.words().attribute("help")
    }

    /// Its assumption, what to bring, the check and a worked sample, each with its heading.
    pub fn parts(&self) -> Vec<(Msg, String)> {
        PARTS.iter().map(|(part, heading)| (Msg::new(heading), self.words().attribute(part))).collect()
    }

    /// What can be done about it here.
    pub fn remark(&self) -> Msg {
        Msg::new(match self.state {
            State::Computed => "wizard-computed",
            State::NotYet => "wizard-not-yet",
            State::NoMethod => "wizard-no-method",
        })
    }
}

/// The whole tree in lines, for reading at one go: each answer under its question, then the leaves.
pub fn lines() -> Vec<String> {
    let mut lines = vec![Msg::new("wizard-title").to_string(), String::new()];
    for (i, question) in QUESTIONS.iter().enumerate() {
        lines.push(format!("{}. {}", i + 1, question.words()));
        lines.push(format!("   {}", question.help()));
        for answer in question.answers {
            let to = match answer.to {
                To::Question(at) => Msg::new("wizard-go-on").with("number", at + 1).to_string(),
                To::Leaf(at) => LEAVES[at].words().to_string(),
            };
            lines.push(format!("   - {} → {to}", answer.words()));
        }
        lines.push(String::new());
    }
    for leaf in LEAVES {
        lines.push(leaf.words().to_string());
        lines.push(format!("   {}", leaf.help()));
        lines.extend(leaf.parts().into_iter().map(|(heading, text)| format!("   {heading}: {text}")));
        lines.push(format!("   {}", leaf.remark()));
        lines.push(String::new());
    }
    lines
}

/// The tree for machines.
pub fn to_json() -> Value {
    let to = |to: To| match to {
        To::Question(at) => json!({"question": at + 1}),
        To::Leaf(at) => json!({"leaf": LEAVES[at].key}),
    };
    let questions: Vec<Value> = QUESTIONS
        .iter()
        .map(|q| {
            let answers: Vec<Value> =
                q.answers.iter().map(|a| json!({"text": a.words().to_string(), "to": to(a.to)})).collect();
            json!({"text": q.words().to_string(), "help": q.help(), "answers": answers})
        })
        .collect();
    let leaves: Vec<Value> = LEAVES
        .iter()
        .map(|l| {
            let mut leaf = json!({"key": l.key, "name": l.words().to_string(), "text": l.help(),
                "computed": l.state == State::Computed});
            for (part, _) in PARTS {
                leaf[part] = l.words().attribute(part).into();
            }
            leaf
        })
        .collect();
    json!({"schema_version": 1, "questions": questions, "leaves": leaves})
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Lang;

    #[test]
    fn every_question_and_leaf_is_reached_once_and_the_walk_ends() {
        let mut questions = vec![0; QUESTIONS.len()];
        let mut leaves = vec![0; LEAVES.len()];
        questions[0] = 1;
        for (i, q) in QUESTIONS.iter().enumerate() {
            for a in q.answers {
                match a.to {
                    To::Question(at) => {
                        assert!(at > i, "question {i} leads back");
                        questions[at] += 1;
                    }
                    To::Leaf(at) => leaves[at] += 1,
                }
            }
        }
        assert_eq!((questions, leaves), (vec![1; 5], vec![1; 9]));
    }

    #[test]
    fn every_part_of_the_tree_has_words_in_both_languages() {
        for lang in [Lang::En, Lang::Ja] {
            lang.make_current();
            for leaf in LEAVES {
                assert!(!leaf.help().is_empty(), "{}", leaf.key);
                for (heading, text) in leaf.parts() {
                    assert!(!text.is_empty() && heading.to_string() != heading.id, "{} {heading}", leaf.key);
                }
            }
            assert!(QUESTIONS.iter().all(|q| !q.help().is_empty()));
        }
        Lang::En.make_current();
    }

    #[test]
    fn roads_lead_where_the_guide_says() {
        let walk = |answers: &[usize]| {
            let mut at = To::Question(0);
            for pick in answers {
                let To::Question(q) = at else { panic!("the walk ended early") };
                at = QUESTIONS[q].answers[*pick].to;
            }
            let To::Leaf(leaf) = at else { panic!("the walk has not ended") };
            LEAVES[leaf].key
        };
        assert_eq!(walk(&[0]), "ab-test");
        assert_eq!(walk(&[1, 0]), "discontinuity");
        assert_eq!(walk(&[1, 1, 0, 0]), "causal-impact");
        assert_eq!(walk(&[1, 1, 0, 1]), "differences");
        assert_eq!(walk(&[1, 1, 0, 2]), "before-after");
        assert_eq!(walk(&[1, 1, 1, 0]), "propensity");
        assert_eq!(walk(&[1, 1, 1, 1]), "regression");
        assert_eq!(walk(&[1, 1, 1, 2]), "doubly-robust");
        assert_eq!(walk(&[1, 1, 1, 3]), "none");
    }
}
