//! Static word vectors (md and lg models).

use crate::error::ModelError;
use crate::files::Files;
use crate::value::{Value, floats};

/// Rows of vectors and which word has which.
#[derive(Debug)]
pub(crate) struct Vectors {
    /// Ids of words, sorted, with their row.
    rows: Vec<(u64, u32)>,
    width: usize,
    data: Vec<f32>,
}

impl Vectors {
    /// Reads `vocab/key2row` and `vocab/vectors`; `None` when the model has none.
    pub(crate) fn read(files: &Files) -> Result<Option<Self>, ModelError> {
        let (Some(keys), Some(npy)) = (files.get("vocab/key2row")?, files.get("vocab/vectors")?)
        else {
            return Ok(None);
        };
        let bad = |what: &str| ModelError::malformed("vocab/key2row", what);
        let keys = Value::read(&keys).map_err(|e| bad(&e))?;
        let keys = keys.as_map().ok_or_else(|| bad("the vectors have no table of keys"))?;
        if keys.is_empty() {
            return Ok(None);
        }
        let (height, width, data) =
            read_npy(&npy).map_err(|e| ModelError::malformed("vocab/vectors", e))?;
        let row = |(k, v): &(Value, Value)| {
            // -1 marks a key without a row.
            let row = v.as_i64()?;
            Some((k.as_u64()?, u32::try_from(row).unwrap_or(u32::MAX)))
        };
        let rows: Option<Vec<(u64, u32)>> = keys.iter().map(row).collect();
        let mut rows = rows.ok_or_else(|| bad("a key is odd"))?;
        rows.retain(|r| r.1 != u32::MAX);
        if rows.iter().any(|r| r.1 as usize >= height) {
            return Err(bad("a key points behind the last vector"));
        }
        rows.sort_unstable();
        rows.shrink_to_fit();
        Ok(Some(Self { rows, width, data }))
    }

    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// The vector of the word with this id.
    pub(crate) fn get(&self, orth: u64) -> Option<&[f32]> {
        let at = self.rows.binary_search_by_key(&orth, |r| r.0).ok()?;
        let start = self.rows[at].1 as usize * self.width;
        self.data.get(start..start + self.width)
    }
}

/// A matrix of `<f4` in C order (numpy's format, version 1 to 3).
fn read_npy(bytes: &[u8]) -> Result<(usize, usize, Vec<f32>), String> {
    let rest = bytes.strip_prefix(b"\x93NUMPY").ok_or("it is no .npy file")?;
    let (size, start) = match rest {
        [1, _, a, b, ..] => (u16::from_le_bytes([*a, *b]).into(), 4),
        [2 | 3, _, a, b, c, d, ..] => (u32::from_le_bytes([*a, *b, *c, *d]) as usize, 6),
        _ => return Err("the header is cut off".into()),
    };
    let header = rest.get(start..start + size).ok_or("the header is cut off")?;
    let header = std::str::from_utf8(header).map_err(|_| "the header is no text")?;
    if !header.contains("'<f4'") || !header.contains("'fortran_order': False") {
        return Err("it is no C-ordered matrix of 32-bit floats".into());
    }
    let shape = header.split_once("'shape': (").and_then(|(_, s)| s.split_once(')'));
    let (shape, _) = shape.ok_or("the header has no shape")?;
    let shape: Vec<usize> = shape.split(',').filter_map(|n| n.trim().parse().ok()).collect();
    let [height, width] = *shape else { return Err("it is no matrix".into()) };
    let data = rest.get(start + size..).unwrap_or_default();
    if width == 0 || height.checked_mul(width).and_then(|n| n.checked_mul(4)) != Some(data.len()) {
        return Err("its size does not agree with its shape".into());
    }
    Ok((height, width, floats(data)))
}
