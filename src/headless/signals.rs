//! Ctrl-C and a polite request to end: the work is cancelled, so that it can tidy up after itself.

use crate::data::Control;

/// Cancels `control` on SIGINT, SIGTERM or SIGHUP. The process ends by itself if the work does not listen within a
/// second (it may be waiting for input), or at the second signal.
#[cfg(unix)]
pub fn watch(control: &Control) {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    const GRACE: std::time::Duration = std::time::Duration::from_secs(1);
    let Ok(mut signals) = signal_hook::iterator::Signals::new([SIGINT, SIGTERM, SIGHUP]) else { return };
    let control = control.clone();
    let leave = || {
        super::progress::erase();
        super::terminal::restore();
        let error = crate::error::Error::interrupted();
        super::report::error(&error, false);
        std::process::exit(error.kind.exit_code().into());
    };
    // A system that gives no thread keeps the signals' usual effect on the second one.
    let _ = std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
        for _ in signals.forever() {
            if control.is_cancelled() {
                leave();
            }
            control.cancel();
            let _ = std::thread::Builder::new().name("grace".to_owned()).spawn(move || {
                std::thread::sleep(GRACE);
                leave();
            });
        }
    });
}

/// Elsewhere the system ends the process.
#[cfg(not(unix))]
pub fn watch(_control: &Control) {}
