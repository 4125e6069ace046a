//! A native runtime for spaCy v3 CPU pipelines.
