//! Sorted sets of numbers in few bits: differences in Golomb–Rice code (Rice, 1979; parameter from the mean difference).

/// Appends bits to bytes, low bits first.
#[derive(Debug, Default)]
pub(crate) struct BitWriter {
    pub(crate) bytes: Vec<u8>,
    held: u64,
    count: u32,
}

impl BitWriter {
    /// With room for so many bytes.
    pub(crate) fn with_capacity(bytes: usize) -> Self {
        Self { bytes: Vec::with_capacity(bytes), ..Self::default() }
    }

    /// The low `width` bits of `value`; `width` up to 32.
    pub(crate) fn put(&mut self, value: u32, width: u32) {
        self.held |= (u64::from(value) & ((1 << width) - 1)) << self.count;
        self.count += width;
        while self.count >= 8 {
            self.bytes.push((self.held & 0xff) as u8);
            self.held >>= 8;
            self.count -= 8;
        }
    }

    /// A number in 7-bit groups.
    pub(crate) fn put_varint(&mut self, mut value: u32) {
        while value >= 0x80 {
            self.put(value & 0x7f | 0x80, 8);
            value >>= 7;
        }
        self.put(value, 8);
    }

    /// A strictly rising list of numbers below 2^`width`.
    pub(crate) fn put_set(&mut self, set: &[u32], width: u32) {
        self.put_varint(u32::try_from(set.len()).expect("bounded by MAX_TOKENS"));
        let parameter = rice_parameter(set.len(), width);
        let mut next = 0;
        for &value in set {
            let gap = value - next;
            let mut ones = gap >> parameter;
            while ones >= 16 {
                self.put(0xffff, 16);
                ones -= 16;
            }
            self.put((1 << ones) - 1, ones + 1);
            self.put(gap, parameter);
            next = value.wrapping_add(1);
        }
    }

    /// The bytes, the last one filled with zeros.
    pub(crate) fn finish(mut self) -> Vec<u8> {
        if self.count > 0 {
            self.put(0, 8 - self.count);
        }
        self.bytes
    }
}

/// Reads what [`BitWriter`] wrote. `None` when the bytes do not hold what is asked for.
#[derive(Debug)]
pub(crate) struct BitReader<'a> {
    bytes: &'a [u8],
    held: u64,
    count: u32,
}

impl<'a> BitReader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, held: 0, count: 0 }
    }

    /// Holds at least 56 bits, as far as there are so many. What stands above them is what comes next, not yet counted.
    fn fill(&mut self) {
        if let Some(word) = self.bytes.first_chunk::<8>() {
            self.held |= u64::from_le_bytes(*word) << self.count;
            let whole = (63 - self.count) / 8;
            self.count += 8 * whole;
            self.bytes = self.bytes.get(whole as usize..).unwrap_or_default();
            return;
        }
        while self.count < 56 {
            let Some((&byte, rest)) = self.bytes.split_first() else { return };
            self.held |= u64::from(byte) << self.count;
            self.count += 8;
            self.bytes = rest;
        }
    }

    pub(crate) fn take(&mut self, width: u32) -> Option<u32> {
        if self.count < width {
            self.fill();
        }
        self.count = self.count.checked_sub(width)?;
        let value = self.held & ((1 << width) - 1);
        self.held >>= width;
        u32::try_from(value).ok()
    }

    pub(crate) fn take_varint(&mut self) -> Option<u32> {
        let mut value = 0;
        for shift in [0, 7, 14, 21, 28] {
            let byte = self.take(8)?;
            value |= (byte & 0x7f).checked_shl(shift)?;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }

    pub(crate) fn take_set(&mut self, width: u32, most: usize) -> Option<Vec<u32>> {
        let mut set = Vec::new();
        self.read_set(width, most, &mut set)?;
        Some(set)
    }

    /// Appends a set to `out`.
    pub(crate) fn read_set(&mut self, width: u32, most: usize, out: &mut Vec<u32>) -> Option<()> {
        let len = usize::try_from(self.take_varint()?).ok().filter(|len| *len <= most)?;
        let parameter = rice_parameter(len, width);
        out.reserve(len);
        let mut next = 0_u64;
        for _ in 0..len {
            let value = next + self.take_gap(parameter)?;
            out.push(u32::try_from(value).ok()?);
            next = value + 1;
        }
        Some(())
    }

    fn take_gap(&mut self, parameter: u32) -> Option<u64> {
        if self.count < 48 {
            self.fill();
        }
        let ones = self.held.trailing_ones();
        let bits = ones + 1 + parameter;
        if bits > self.count {
            let high = self.take_unary()?;
            return Some((high << parameter) + u64::from(self.take(parameter)?));
        }
        let low = (self.held >> (ones + 1)) & ((1 << parameter) - 1);
        self.held >>= bits;
        self.count -= bits;
        Some((u64::from(ones) << parameter) + low)
    }

    /// The number of ones before a zero.
    fn take_unary(&mut self) -> Option<u64> {
        let mut ones = 0;
        loop {
            if self.count == 0 {
                self.fill();
            }
            let run = self.held.trailing_ones().min(self.count);
            ones += u64::from(run);
            if run < self.count {
                self.held = self.held >> run >> 1;
                self.count -= run + 1;
                return Some(ones);
            }
            if self.count == 0 {
                return None;
            }
            (self.held, self.count) = (0, 0);
        }
    }

    /// Whether nothing but the filling of the last byte is left.
    pub(crate) fn is_done(&mut self) -> bool {
        self.fill();
        self.count < 8 && self.held == 0
    }
}

/// About log2 of the mean difference, times ln 2 (Kiely, 2004).
fn rice_parameter(len: usize, width: u32) -> u32 {
    let mean = (1_u64 << width) / (len as u64 + 1);
    (mean * 69 / 100).max(1).ilog2()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn sets_come_back(values in prop::collection::btree_set(any::<u32>(), 0..80), small in prop::collection::btree_set(0_u32..65536, 0..80)) {
            let list = |s: &BTreeSet<u32>| s.iter().copied().collect::<Vec<_>>();
            let mut writer = BitWriter::default();
            writer.put_set(&list(&values), 32);
            writer.put(5, 3);
            writer.put_set(&list(&small), 16);
            let bytes = writer.finish();
            let mut reader = BitReader::new(&bytes);
            prop_assert_eq!(reader.take_set(32, 100), Some(list(&values)));
            prop_assert_eq!(reader.take(3), Some(5));
            prop_assert_eq!(reader.take_set(16, 100), Some(list(&small)));
            prop_assert!(reader.is_done());
            let short = bytes.get(..bytes.len() - 1).unwrap();
            let mut reader = BitReader::new(short);
            let cut = reader.take_set(32, 100).and_then(|_| reader.take(3)).and_then(|_| reader.take_set(16, 100));
            prop_assert!(cut.is_none() || cut != Some(list(&small)) || small.is_empty() || bytes.last() == Some(&0));
        }

        #[test]
        fn any_bytes_are_read(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            let mut reader = BitReader::new(&bytes);
            while reader.take_set(32, 1000).is_some() && !reader.is_done() {}
        }
    }

    #[test]
    fn a_set_is_small() {
        let set: Vec<u32> = (0..200).map(|i| i * 21_474_836).collect();
        let mut writer = BitWriter::default();
        writer.put_set(&set, 32);
        assert!(writer.finish().len() <= 200 * 26 / 8 + 2);
    }
}
