//! Taking turns at what tasks share: whoever comes first has it, and the others wait. What it is, is not known here.

use std::sync::{Mutex, MutexGuard, TryLockError};

use super::http::{LOOK, pause};
use crate::data::Control;
use crate::error::Result;

/// What is never held while something is waited for. What a thread that panicked left behind is as good as before.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|e| e.into_inner())
}

/// What another task may hold for long: waited for unless the work is stopped.
pub fn alone<'a, T>(mutex: &'a Mutex<T>, control: &Control) -> Result<MutexGuard<'a, T>> {
    loop {
        match mutex.try_lock() {
            Ok(held) => return Ok(held),
            Err(TryLockError::Poisoned(held)) => return Ok(held.into_inner()),
            Err(TryLockError::WouldBlock) => pause(control, LOOK)?,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    #[test]
    fn who_is_stopped_waits_no_longer() {
        let (mutex, control) = (Mutex::new(1), Control::new());
        let first = alone(&mutex, &control).unwrap();
        control.cancel();
        assert_eq!(alone(&mutex, &control).err().map(|e| e.kind), Some(ErrorKind::Interrupted));
        drop(first);
        assert_eq!(alone(&mutex, &Control::new()).map(|held| *held).ok(), Some(1));
    }
}
