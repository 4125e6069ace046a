//! An online near-duplicate index for news.
