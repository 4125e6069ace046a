//! What the extract stage knows from outside: the base and the user's lists, which can be replaced while it runs.

use std::sync::{Arc, PoisonError, RwLock};

use copydesk_kb::{Base, UserLists};
use sha2::{Digest as _, Sha256};

/// A base and lists, as one article sees them.
#[derive(Debug, Clone)]
pub(super) struct Known {
    pub(super) base: Arc<Base>,
    pub(super) lists: Arc<UserLists>,
}

impl Known {
    /// The hash of the settings that a record came with, made to cover what is in the base and in the lists: a path says
    /// nothing of that, and both can be replaced while a run goes on.
    pub(super) fn config(&self, settings: Option<&str>) -> Option<String> {
        let mut hash = Sha256::new_with_prefix(settings?);
        hash.update(self.base.checksum());
        hash.update(self.lists.digest());
        Some(format!("sha256:{:x}", hash.finalize()))
    }
}

/// A handle on the base and the lists that stages share. A replacement holds from the next article on; an article that
/// is being worked on keeps what it started with, so nothing waits and nothing is lost.
#[derive(Debug, Clone)]
pub struct Knowledge(Arc<RwLock<Known>>);

impl Knowledge {
    /// A base and the user's lists.
    pub fn new(base: Arc<Base>, lists: UserLists) -> Self {
        Self(Arc::new(RwLock::new(Known { base, lists: Arc::new(lists) })))
    }

    /// The base that is part of the program, and no lists.
    pub fn embedded() -> Self {
        Self::new(Arc::new(Base::embedded()), UserLists::default())
    }

    /// From the next article on, this base.
    pub fn replace_base(&self, base: Arc<Base>) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).base = base;
    }

    /// From the next article on, these lists.
    pub fn replace_lists(&self, lists: UserLists) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).lists = Arc::new(lists);
    }

    pub(super) fn now(&self) -> Known {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
