//! What can be wrong with a model.

use std::path::PathBuf;

/// Why a model cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// The file or directory cannot be read.
    #[error("read the model {path}")]
    Read {
        /// What was opened.
        path: PathBuf,
        /// Why it failed.
        #[source]
        source: std::io::Error,
    },
    /// Neither a model directory nor a wheel.
    #[error("find config.cfg in {0}: give a spaCy model directory or a wheel (.whl)")]
    NoModel(PathBuf),
    /// The wheel is no zip archive, or one of its members is damaged.
    #[error("read the wheel {path}: {what}")]
    Wheel {
        /// The wheel.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// A file of the model is missing.
    #[error("find {0} in the model")]
    Missing(String),
    /// A file of the model does not hold what it should.
    #[error("read {file} of the model: {what}")]
    Malformed {
        /// Path inside the model.
        file: String,
        /// What is wrong.
        what: String,
    },
    /// A part of the model that this runtime does not compute.
    #[error("{component} needs {what}, which this runtime does not support")]
    Unsupported {
        /// Component of the pipeline.
        component: String,
        /// What it asks for.
        what: String,
    },
}

impl ModelError {
    pub(crate) fn malformed(file: &str, what: impl Into<String>) -> Self {
        Self::Malformed { file: file.into(), what: what.into() }
    }

    pub(crate) fn unsupported(component: &str, what: impl Into<String>) -> Self {
        Self::Unsupported { component: component.into(), what: what.into() }
    }
}
