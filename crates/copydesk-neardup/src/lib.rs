//! An online near-duplicate index for news: is an article a copy, a version or a new one?
//!
//! [`Index::sketch`] cuts an article down to what is compared (about 650 bytes), [`Index::decide`] says what it is to
//! those before, and [`Index::insert`] takes it in. The three are apart so that a caller can store a decision before
//! the index knows of it: the index is a function of the sequence of inserts, and [`Index::snapshot`] shortens it.
//!
//! Candidates are found by containment, over sampled word triples in an inverted index (after Broder, 1997, and
//! Theobald, Siddharth & Paepcke, 2008), and not by bands of a `MinHash` signature: truncated and expanded copies have
//! little in common with their original by Jaccard's measure. How candidates are judged stands in the `judge` module.
//!
//! **Invariant: knows no other crate of the workspace, no runtime, no files and no clock.**
//!
//! ```
//! use copydesk_neardup::{Article, Index, Options, Verdict};
//!
//! let text = "The harbour bridge at Millport will stay shut until Monday after a barge struck its eastern pier, the \
//!     council said. Engineers found a crack of two metres below the water line. Buses go by the northern road.";
//! let mut index = Index::new(Options::default());
//! for (text, verdict) in [(text.to_owned(), Verdict::New), (format!("{text} Read more."), Verdict::Near)] {
//!     let sketch = index.sketch(&Article { text: &text, ..Article::default() });
//!     let finding = index.decide(&sketch);
//!     assert_eq!(finding.verdict, verdict);
//!     index.insert(&sketch, finding)?;
//! }
//! # Ok::<(), copydesk_neardup::Error>(())
//! ```

mod bits;
mod candidates;
mod compare;
mod decide;
mod fingerprint;
mod index;
mod judge;
mod postings;
mod sketch;
mod snapshot;
mod sorted;
mod tokens;
mod window;

pub use candidates::Candidate;
pub use compare::Comparison;
pub use fingerprint::Article;
pub use index::{Finding, Index, Options};
pub use judge::{Rule, Verdict};
pub use sketch::Sketch;

/// Why bytes or a decision cannot be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Another version of the format.
    #[error("read a format of another version")]
    Version,
    /// Not what was written.
    #[error("read damaged bytes")]
    Damaged,
    /// A decision names an article that was not inserted before it.
    #[error("link to an article that is not in the index")]
    Unknown,
    /// No number is left for another article.
    #[error("number another article")]
    Full,
}
