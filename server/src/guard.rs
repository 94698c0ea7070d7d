//! One op that breaks the rulebook breaks alone.

use std::panic::{AssertUnwindSafe, catch_unwind};

use rounds_model::Effect;

use crate::error::{Result, ServerError};

/// Runs the rulebook so that what breaks it breaks one op and not the others. A fault of the
/// database is nobody's op: it goes up and the whole batch is tried again.
pub(crate) fn guard(rule: impl FnOnce() -> Result<Effect>) -> Result<Result<Effect, String>> {
    match catch_unwind(AssertUnwindSafe(rule)) {
        Ok(Ok(effect)) => Ok(Ok(effect)),
        Ok(Err(damaged @ ServerError::Damaged { .. })) => Ok(Err(damaged.to_string())),
        Ok(Err(fault)) => Err(fault),
        Err(panic) => {
            let said = panic
                .downcast_ref::<String>()
                .map(String::as_str)
                .or_else(|| panic.downcast_ref::<&str>().copied())
                .unwrap_or("no message");
            Ok(Err(format!("the rulebook panicked: {said}")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_or_a_damaged_document_is_one_ops_trouble_and_a_database_fault_is_everybodys() {
        let panicked = guard(|| panic!("boom")).expect("stays with the op");
        assert_eq!(panicked, Err("the rulebook panicked: boom".to_owned()));
        let damaged = guard(|| Err(ServerError::damaged("order/7", &"no title"))).expect("stays with the op");
        assert!(damaged.is_err_and(|said| said.contains("order/7")));
        let fault = guard(|| Err(rusqlite::Error::InvalidQuery.into()));
        assert!(matches!(fault, Err(ServerError::Database(_))));
    }
}
