//! Running a query to its result: ask, wait for the job as Redash's own page does, end it when the person gives up.

use std::time::{Duration, Instant};

use bytes::Bytes;
use serde_json::{Map, Value};

use super::api::{Answer, Api};
use super::things::{Job, State};
use crate::data::Control;
use crate::error::{Error, ErrorKind, Result};
use crate::source::http::{Stream, pause};
use crate::text::Msg;

/// How long ending a job on the server may take before the program goes on without.
const FAREWELL: Duration = Duration::from_secs(5);
/// Replies that make no sense before a job is given up.
const STRANGE: u32 = 3;

/// How often a job is looked at, and for how long at most.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// The shortest wait between two looks; the others are multiples of it.
    pub step: Duration,
    /// The longest a job may take.
    pub limit: Duration,
}

impl Pace {
    /// The wait before the look of this number, as Redash's page has it: half a second ten times, a second up to the
    /// fiftieth, then three.
    fn wait(&self, look: u32) -> Duration {
        self.step
            * match look {
                0 => 1,
                1..=10 => 2,
                11..=50 => 4,
                _ => 12,
            }
    }
}

/// Bytes of a result that are read at once where all are here.
const PIECE: usize = 1 << 18;

/// A result on its way: bytes read already, and the rest.
pub struct Body {
    head: Bytes,
    stream: Option<Stream>,
}

impl Body {
    /// Bytes that are here, and what follows.
    pub fn new(head: Bytes, stream: Stream) -> Self {
        Self { head, stream: Some(stream) }
    }

    /// What the server sends.
    pub fn of(stream: Stream) -> Self {
        Self::new(Bytes::new(), stream)
    }

    /// All bytes of a result.
    pub fn whole(bytes: Bytes) -> Self {
        Self { head: bytes, stream: None }
    }

    /// The next bytes; none at the end.
    pub fn next(&mut self, control: &Control) -> Result<Option<Bytes>> {
        control.check()?;
        match (self.head.is_empty(), &mut self.stream) {
            (false, _) => Ok(Some(self.head.split_to(PIECE.min(self.head.len())))),
            (true, Some(stream)) => stream.next(control),
            (true, None) => Ok(None),
        }
    }
}

/// What to run.
pub struct Order<'a> {
    /// The query.
    pub query: u64,
    /// Its stored result before, if there is one.
    pub before: Option<u64>,
    /// Values to send.
    pub parameters: &'a Map<String, Value>,
    /// Seconds a stored result may be old; any age if none.
    pub max_age: Option<u64>,
}

/// Gets the result of a query, running it where that is needed.
pub fn result(api: &Api, order: &Order, pace: Pace, control: &Control) -> Result<Body> {
    if order.parameters.is_empty()
        && order.max_age.is_none()
        && order.before.is_some()
        && let Some(stream) = api.stored(order.query, control)?
    {
        return Ok(Body::of(stream));
    }
    let started = Instant::now();
    let job = match api.run(order.query, order.parameters, order.max_age, control)? {
        Answer::Result(head, stream) => return Ok(Body::new(head, stream)),
        Answer::Job(job) => job,
    };
    let result = match wait(api, Some(order.query), job, pace, control)? {
        Ended::Done(Some(result), _) => result,
        Ended::Done(None, _) => return Err(api.failed("")),
        Ended::Failed(words) if words.is_empty() => return silent(api, order, started, control),
        Ended::Failed(words) => return Err(api.failed(&words)),
    };
    Ok(Body::of(api.result(Some(order.query), result, control)?))
}

/// How a job ended.
pub enum Ended {
    /// With a result, or with a value of its own.
    Done(Option<u64>, Value),
    /// With the server's words, or none.
    Failed(String),
}

/// Waits for a job. Ends it on the server if the work is given up here.
pub fn wait(api: &Api, query: Option<u64>, job: Job, pace: Pace, control: &Control) -> Result<Ended> {
    let id = job.id.clone();
    let waited = follow(api, query, job, pace, control);
    control.say(None);
    if let Err(error) = &waited
        && matches!(error.kind, ErrorKind::Interrupted | ErrorKind::Timeout)
    {
        let farewell = Control::new().with_deadline(Some(Instant::now() + FAREWELL));
        // Whether it worked changes nothing for the person who left.
        let _ = api.cancel(query, &id, &farewell);
    }
    waited
}

fn follow(api: &Api, query: Option<u64>, mut job: Job, pace: Pace, control: &Control) -> Result<Ended> {
    let end = Instant::now() + pace.limit;
    let looking = control.clone().with_deadline(Some(end));
    let slow = || {
        let message = Msg::new("error-redash-slow").with("seconds", pace.limit.as_secs());
        Error::new(ErrorKind::Timeout, message).hint(Msg::new("hint-redash-slow"))
    };
    let mut strange = 0;
    for look in 0.. {
        match job.state {
            State::Done(result) => return Ok(Ended::Done(result, job.result)),
            State::Failed(words) => return Ok(Ended::Failed(words)),
            State::Queued => control.say(Some(Msg::new("redash-queued"))),
            State::Running => control.say(Some(Msg::new("redash-running"))),
        }
        if Instant::now() >= end {
            return Err(slow());
        }
        pause(control, pace.wait(look))?;
        job = match api.job(query, &job.id, &looking) {
            // Of the two limits it was this one.
            Err(e) if e.kind == ErrorKind::Timeout && control.check().is_ok() && Instant::now() >= end => {
                return Err(slow());
            }
            // A server that does not know the job any more says it is broken.
            Err(e) if e.message.id == "error-redash-broken" && strange < STRANGE => {
                strange += 1;
                Job { state: State::Running, ..job }
            }
            Err(e) if e.message.id == "error-redash-broken" => return Ok(Ended::Failed(String::new())),
            other => Job { id: job.id, ..other? },
        };
    }
    Err(Error::interrupted())
}

/// A job that failed without a word: some versions say so while the worker goes on, so its result may be there.
fn silent(api: &Api, order: &Order, started: Instant, control: &Control) -> Result<Body> {
    if order.parameters.is_empty() {
        let now = api.query(order.query, control)?.result;
        return match now.filter(|n| order.before != Some(*n)) {
            Some(result) => Ok(Body::of(api.result(Some(order.query), result, control)?)),
            None => Err(api.failed("")),
        };
    }
    let age = started.elapsed().as_secs() + 2;
    match api.run(order.query, order.parameters, Some(age), control)? {
        Answer::Result(head, stream) => Ok(Body::new(head, stream)),
        Answer::Job(job) => {
            let _ = api.cancel(Some(order.query), &job.id, control);
            Err(api.failed(""))
        }
    }
}
