//! Sorting more aliases than fit into memory: sorted runs in temporary files, merged at the end.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::PathBuf;

use crate::error::BuildError;

/// A folded alias or a hash, and what belongs to it.
pub(crate) type Pair = (Vec<u8>, u32);

/// Collects pairs and gives them back in order.
#[derive(Debug)]
pub(crate) struct Sorter {
    directory: PathBuf,
    buffer: Vec<Pair>,
    buffered: usize,
    limit: usize,
    runs: Vec<File>,
}

impl Sorter {
    /// Runs are written to unnamed files in `directory` whenever `limit` bytes have come together.
    pub(crate) fn new(directory: PathBuf, limit: usize) -> Self {
        Self { directory, buffer: Vec::new(), buffered: 0, limit, runs: Vec::new() }
    }

    pub(crate) fn push(&mut self, key: &[u8], posting: u32) -> Result<(), BuildError> {
        // A vector on the heap takes some bytes more than it holds.
        self.buffered += key.len() + 16 + size_of::<Pair>();
        self.buffer.push((key.to_vec(), posting));
        if self.buffered < self.limit {
            return Ok(());
        }
        self.spill().map_err(BuildError::io("write a sorted run"))
    }

    fn spill(&mut self) -> std::io::Result<()> {
        self.buffer.sort_unstable();
        let mut out = BufWriter::new(tempfile::tempfile_in(&self.directory)?);
        for (key, posting) in &self.buffer {
            let length = u16::try_from(key.len()).unwrap_or(u16::MAX);
            out.write_all(&length.to_le_bytes())?;
            out.write_all(key.get(..usize::from(length)).unwrap_or(key))?;
            out.write_all(&posting.to_le_bytes())?;
        }
        self.runs.push(out.into_inner().map_err(std::io::IntoInnerError::into_error)?);
        (self.buffer, self.buffered) = (Vec::new(), 0);
        Ok(())
    }

    /// Every pair once, in order.
    pub(crate) fn finish(mut self) -> Result<Merge, BuildError> {
        // Once there are runs, the rest is one too: another sorter may want the memory.
        if !self.runs.is_empty() {
            self.spill().map_err(BuildError::io("write a sorted run"))?;
        }
        self.buffer.sort_unstable();
        let mut sources = vec![Source::Memory(self.buffer.into_iter())];
        for mut run in self.runs {
            run.seek(SeekFrom::Start(0)).map_err(BuildError::io("read a sorted run"))?;
            sources.push(Source::Run(BufReader::new(run)));
        }
        let mut heap = BinaryHeap::new();
        for (number, source) in sources.iter_mut().enumerate() {
            heap.extend(source.next()?.map(|pair| Reverse((pair, number))));
        }
        Ok(Merge { sources, heap })
    }
}

#[derive(Debug)]
enum Source {
    Memory(std::vec::IntoIter<Pair>),
    Run(BufReader<File>),
}

impl Source {
    fn next(&mut self) -> Result<Option<Pair>, BuildError> {
        let run = match self {
            Self::Memory(pairs) => return Ok(pairs.next()),
            Self::Run(run) => run,
        };
        let mut length = [0; 2];
        match run.read_exact(&mut length) {
            Err(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => return Ok(None),
            other => other.map_err(BuildError::io("read a sorted run"))?,
        }
        let mut key = vec![0; usize::from(u16::from_le_bytes(length))];
        let mut posting = [0; 4];
        run.read_exact(&mut key).map_err(BuildError::io("read a sorted run"))?;
        run.read_exact(&mut posting).map_err(BuildError::io("read a sorted run"))?;
        Ok(Some((key, u32::from_le_bytes(posting))))
    }
}

/// The merged pairs.
#[derive(Debug)]
pub(crate) struct Merge {
    sources: Vec<Source>,
    heap: BinaryHeap<Reverse<(Pair, usize)>>,
}

impl Merge {
    pub(crate) fn next(&mut self) -> Result<Option<Pair>, BuildError> {
        let Some(Reverse((pair, number))) = self.heap.pop() else { return Ok(None) };
        self.heap.extend(self.sources[number].next()?.map(|next| Reverse((next, number))));
        Ok(Some(pair))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn runs_merge_to_what_sorting_gives(pairs in prop::collection::vec(("[a-z]{0,4}", any::<u32>()), 0..80)) {
            let mut sorter = Sorter::new(std::env::temp_dir(), 700);
            for (alias, posting) in &pairs {
                sorter.push(alias.as_bytes(), *posting).unwrap();
            }
            let mut merge = sorter.finish().unwrap();
            let mut merged = Vec::new();
            while let Some((alias, posting)) = merge.next().unwrap() {
                merged.push((String::from_utf8(alias).unwrap(), posting));
            }
            let mut expected = pairs;
            expected.sort();
            prop_assert_eq!(merged, expected);
        }
    }
}
