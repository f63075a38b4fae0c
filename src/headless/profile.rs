//! `profile`: what is in each column.

use crate::error::Result;
use crate::op::profile::Profile;
use crate::output::Format;

use super::run::Run;

pub fn run(run: &Run) -> Result<()> {
    let destination = run.destination(Some(Format::Term))?;
    let limit = run.limit(None)?;
    let dataset = run.rows(limit)?;
    let sending = run.sending(Some(&dataset), &destination)?;
    let profile = {
        let _progress = run.progress(false);
        let dataset = run.head(dataset.clone(), limit)?;
        Profile::default().run(&dataset, run.control())?
    };
    run.notices_of(&dataset);
    if let Some(sending) = sending {
        run.notices(&profile.ran);
        return run.write_sent(sending, &destination);
    }
    match destination.format() {
        Format::Json => {
            run.notices(&profile.ran);
            run.write_json(&profile.to_json(), &destination)?;
        }
        _ => run.write_result(&profile.to_table(), &destination)?,
    }
    run.check_rows(profile.rows)
}
