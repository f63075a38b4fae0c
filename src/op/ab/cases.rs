//! Reads the reference numbers in `tests/fixtures/ab`: each is `{v, atol, rtol}` from an independent library, and passes
//! when |got − v| ≤ atol + rtol·|v|; `v: null` must be reported as undefined.

use serde_json::Value;

use super::{Counts, Histogram, Moments, PairMoments};

/// One file of reference numbers.
pub struct Case {
    name: String,
    json: Value,
}

impl Case {
    /// Opens a file by its name without ending.
    pub fn open(name: &str) -> Self {
        let path = format!("{}/tests/fixtures/ab/{name}.json", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path}: {e}"));
        Self { name: name.to_owned(), json: serde_json::from_str(&text).unwrap() }
    }

    /// The input.
    pub fn input(&self) -> &Value {
        &self.json["input"]
    }

    /// Counts under a key of the input.
    pub fn counts(&self, key: &str) -> Counts {
        let arm = &self.input()[key];
        Counts::new(arm["conversions"].as_u64().unwrap(), arm["n"].as_u64().unwrap()).unwrap()
    }

    /// Joint moments under a key of the input.
    pub fn pairs(&self, key: &str) -> PairMoments {
        let arm = &self.input()[key];
        let f = |k: &str| arm[k].as_f64().unwrap();
        let y = Moments::new(f("n"), f("mean_y"), f("squares_y")).unwrap();
        let x = Moments::new(f("n"), f("mean_x"), f("squares_x")).unwrap();
        PairMoments::new(y, x, f("products")).unwrap()
    }

    /// Values, single or with counts, under a key of the input.
    pub fn histogram(&self, key: &str) -> Histogram {
        let bins = self.input()[key].as_array().unwrap().iter().map(|v| match v.as_f64() {
            Some(x) => (x, 1),
            None => (v[0].as_f64().unwrap(), v[1].as_u64().unwrap()),
        });
        Histogram::new(bins).unwrap()
    }

    /// The expected numbers at a path such as `A/mean`.
    pub fn expected(&self, path: &str) -> &Value {
        let found = self.json.pointer(&format!("/expected/{path}"));
        found.unwrap_or_else(|| panic!("{}: nothing at {path}", self.name))
    }

    /// Whether there is an expectation at a path.
    pub fn has(&self, path: &str) -> bool {
        self.json.pointer(&format!("/expected/{path}")).is_some()
    }

    /// Holds a number against the one at `path`.
    #[track_caller]
    pub fn check(&self, path: &str, got: f64) {
        self.check_option(path, Some(got));
    }

    /// Holds a number, or its absence, against what is at `path`. Infinite and missing are both absent.
    #[track_caller]
    pub fn check_option(&self, path: &str, got: Option<f64>) {
        let want = self.expected(path);
        match (want["v"].as_f64(), got) {
            (Some(v), Some(got)) => {
                let room = want["atol"].as_f64().unwrap() + want["rtol"].as_f64().unwrap() * v.abs();
                assert!((got - v).abs() <= room, "{} {path}: {got} instead of {v} ± {room:e}", self.name);
            }
            (None, None) => {}
            (v, got) => panic!("{} {path}: {got:?} instead of {v:?}", self.name),
        }
    }

    /// Holds both ends of an interval against `path/low` and `path/high`.
    #[track_caller]
    pub fn check_interval(&self, path: &str, got: [f64; 2]) {
        self.check(&format!("{path}/low"), got[0]);
        self.check(&format!("{path}/high"), got[1]);
    }
}
