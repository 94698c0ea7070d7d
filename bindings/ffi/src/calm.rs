//! No panic crosses: what panicked becomes the error that a shell can explain.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use rounds_phone::PhoneError;

/// Runs a call; a panic becomes [`PhoneError::Failed`], which names what was being done.
///
/// What the call was in the middle of is rolled back by the store, so that the next call finds it whole.
pub(crate) fn calm<T>(doing: &str, call: impl FnOnce() -> Result<T, PhoneError>) -> Result<T, PhoneError> {
    catch_unwind(AssertUnwindSafe(call)).unwrap_or_else(|panic| {
        Err(PhoneError::Failed {
            doing: doing.to_owned(),
            reason: format!(
                "a fault in the app ({}); what was recorded before is kept",
                said(panic.as_ref())
            ),
        })
    })
}

fn said(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("without words")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_an_error_that_says_what_was_being_done() {
        let pump = 7;
        let said = [
            calm::<()>("reading", || panic!("broken pump")),
            calm::<()>("reading", || panic!("pump {pump}")),
        ];
        for (error, words) in said.into_iter().zip(["broken pump", "pump 7"]) {
            match error {
                Err(PhoneError::Failed { doing, reason }) => {
                    assert_eq!(doing, "reading");
                    assert!(reason.contains(words), "{reason}");
                }
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn an_answer_and_an_error_pass_as_they_are() {
        assert_eq!(calm("reading", || Ok(7)), Ok(7));
        assert_eq!(calm::<()>("reading", || Err(PhoneError::NeedsSignIn)), Err(PhoneError::NeedsSignIn));
    }
}
