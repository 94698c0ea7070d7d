//! What a timeline line keeps of an action: the person's own words, and the facts that shells and
//! console need to say it in their language.

use serde_json::{Map, Value, json};

use crate::action::Action;

/// (own words, facts).
pub(super) fn of(action: &Action) -> (String, Map<String, Value>) {
    let words = match action {
        Action::RetireAsset { reason }
        | Action::RevokeDevice { reason }
        | Action::Decline { reason }
        | Action::CannotComplete { reason }
        | Action::ReturnItem { reason, .. }
        | Action::Cancel { reason }
        | Action::Reopen { reason }
        | Action::Discard { reason, .. } => reason.clone(),
        Action::Hold { words, .. } | Action::Complete { words } | Action::Settle { words, .. } => {
            words.clone()
        }
        Action::Close { without_evidence } => without_evidence.clone().unwrap_or_default(),
        Action::Comment { text } => text.clone(),
        Action::AddSite { .. }
        | Action::AddLocation { .. }
        | Action::AddAsset { .. }
        | Action::BindTag { .. }
        | Action::AddPerson { .. }
        | Action::SetRights { .. }
        | Action::Admit { .. }
        | Action::EnrolDevice { .. }
        | Action::RaiseOrder { .. }
        | Action::Assign { .. }
        | Action::Accept
        | Action::Travel
        | Action::Arrive
        | Action::Start
        | Action::Resume
        | Action::Submit
        | Action::AcceptItem { .. }
        | Action::Return
        | Action::Archive
        | Action::Remember(_)
        | Action::Change(_)
        | Action::AttachEvidence(_)
        | Action::EvidenceStored { .. } => String::new(),
    };
    (words, facts(action))
}

fn facts(action: &Action) -> Map<String, Value> {
    let value = match action {
        Action::BindTag { identifier, to } => json!({ "identifier": identifier, "to": to }),
        Action::RaiseOrder { number, title, assignees, .. } => {
            json!({ "number": number, "title": title, "to": assignees })
        }
        Action::Assign { to } => json!({ "to": to }),
        Action::Hold { reason, .. } => json!({ "reason": reason }),
        Action::AcceptItem { item } => json!({ "item": item }),
        Action::ReturnItem { item, slot, .. } => json!({ "item": item, "slot": slot }),
        Action::Change(field) => json!(field),
        Action::AttachEvidence(a) => json!({ "evidence": a.evidence, "item": a.item, "slot": a.slot }),
        Action::EvidenceStored { grade, .. } => json!({ "grade": grade }),
        Action::SetRights { grants, active } => json!({ "grants": grants, "active": active }),
        Action::Admit { occasion } => json!({ "occasion": occasion }),
        Action::AddPerson { code, name, .. } => json!({ "code": code, "name": name }),
        Action::AddSite { code, name }
        | Action::AddLocation { code, name, .. }
        | Action::AddAsset { code, name, .. } => {
            json!({ "code": code, "name": name })
        }
        Action::EnrolDevice { prefix, name, .. } => json!({ "prefix": prefix, "name": name }),
        Action::Settle { op, choice, .. } => json!({ "op": op, "choice": choice }),
        Action::Discard { op, .. } => json!({ "op": op }),
        Action::Close { without_evidence } => json!({ "without_evidence": without_evidence.is_some() }),
        Action::Remember(closing) => json!({ "number": closing.number }),
        Action::RetireAsset { .. }
        | Action::RevokeDevice { .. }
        | Action::Archive
        | Action::Accept
        | Action::Decline { .. }
        | Action::Travel
        | Action::Arrive
        | Action::Start
        | Action::Resume
        | Action::Complete { .. }
        | Action::CannotComplete { .. }
        | Action::Submit
        | Action::Return
        | Action::Cancel { .. }
        | Action::Reopen { .. }
        | Action::Comment { .. } => json!({}),
    };
    match value {
        Value::Object(map) => map,
        other => Map::from_iter([("value".to_owned(), other)]),
    }
}
