//! placeholder
use copydesk_nlp::Doc;
use copydesk_types::{Claim, Record};
pub(super) fn find(_doc: &Doc, _record: &Record) -> Vec<Claim> {
    Vec::new()
}
