//! The stages of copydesk: dedup, extract (entities and claims), relate.
