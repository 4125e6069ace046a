//! Finds or fetches pinned artefacts, checks them, moves them into place.
