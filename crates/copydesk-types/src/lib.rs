//! The copydesk record: article, spans, entities, claims, ids, JSON Schema.
