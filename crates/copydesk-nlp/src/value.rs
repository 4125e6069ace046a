//! A reader of `MessagePack` for hostile input: borrowed data, depth and length checked before anything is allocated.
//!
//! Source: the `MessagePack` specification; the array form is `srsly`'s `msgpack_numpy`.

/// Deepest nesting that is read.
const DEPTH: usize = 32;

/// One value; strings and bytes point into the input.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value<'a> {
    Nil,
    Bool(bool),
    Int(i64),
    UInt(u64),
    Float(f64),
    Str(&'a str),
    Bin(&'a [u8]),
    Array(Vec<Value<'a>>),
    Map(Vec<(Value<'a>, Value<'a>)>),
}

impl<'a> Value<'a> {
    /// Reads one value that fills `data`.
    pub(crate) fn read(data: &'a [u8]) -> Result<Self, String> {
        let mut reader = Reader { data, at: 0 };
        let value = reader.value(0)?;
        if reader.at == data.len() { Ok(value) } else { Err("bytes after the value".into()) }
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Value<'a>> {
        self.as_map()?.iter().find(|(k, _)| k.as_str() == Some(key)).map(|(_, v)| v)
    }

    pub(crate) fn as_map(&self) -> Option<&[(Value<'a>, Value<'a>)]> {
        if let Value::Map(pairs) = self { Some(pairs) } else { None }
    }

    pub(crate) fn as_array(&self) -> Option<&[Value<'a>]> {
        if let Value::Array(items) = self { Some(items) } else { None }
    }

    pub(crate) fn as_str(&self) -> Option<&'a str> {
        if let Value::Str(s) = self { Some(s) } else { None }
    }

    pub(crate) fn as_bytes(&self) -> Option<&'a [u8]> {
        if let Value::Bin(b) = self { Some(b) } else { None }
    }

    pub(crate) fn as_bool(&self) -> Option<bool> {
        if let Value::Bool(b) = self { Some(*b) } else { None }
    }

    pub(crate) fn as_u64(&self) -> Option<u64> {
        if let Value::UInt(n) = *self { Some(n) } else { u64::try_from(self.as_i64()?).ok() }
    }

    pub(crate) fn as_i64(&self) -> Option<i64> {
        if let Value::Int(n) = *self {
            return Some(n);
        }
        if let Value::UInt(n) = *self { i64::try_from(n).ok() } else { None }
    }
}

struct Reader<'a> {
    data: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, n: usize) -> Result<&'a [u8], String> {
        let end = self.at.checked_add(n).filter(|&e| e <= self.data.len());
        let end = end.ok_or("the data ends too early")?;
        let bytes = &self.data[self.at..end];
        self.at = end;
        Ok(bytes)
    }

    fn uint(&mut self, bytes: usize) -> Result<u64, String> {
        Ok(self.take(bytes)?.iter().fold(0, |n, &b| n << 8 | u64::from(b)))
    }

    fn int(&mut self, bytes: usize) -> Result<i64, String> {
        let shift = 64 - 8 * bytes;
        Ok((self.uint(bytes)? << shift).cast_signed() >> shift)
    }

    fn length(&mut self, bytes: usize) -> Result<usize, String> {
        usize::try_from(self.uint(bytes)?).map_err(|_| "a length is too large".into())
    }

    fn str(&mut self, n: usize) -> Result<Value<'a>, String> {
        std::str::from_utf8(self.take(n)?)
            .map(Value::Str)
            .map_err(|_| "a string is not UTF-8".into())
    }

    /// A container of `n` parts needs at least `n` bytes: so a false length cannot ask for memory.
    fn room(&self, n: usize, depth: usize) -> Result<(), String> {
        if depth >= DEPTH {
            return Err("values are nested too deeply".into());
        }
        if n <= self.data.len() - self.at { Ok(()) } else { Err("a length is too large".into()) }
    }

    fn array(&mut self, n: usize, depth: usize) -> Result<Value<'a>, String> {
        self.room(n, depth)?;
        let mut items = Vec::new();
        for _ in 0..n {
            items.push(self.value(depth + 1)?);
        }
        Ok(Value::Array(items))
    }

    fn map(&mut self, n: usize, depth: usize) -> Result<Value<'a>, String> {
        self.room(n, depth)?;
        let mut pairs = Vec::new();
        for _ in 0..n {
            pairs.push((self.value(depth + 1)?, self.value(depth + 1)?));
        }
        Ok(Value::Map(pairs))
    }

    fn value(&mut self, depth: usize) -> Result<Value<'a>, String> {
        let kind = self.take(1)?[0];
        match kind {
            0x00..=0x7f => Ok(Value::UInt(kind.into())),
            0x80..=0x8f => self.map((kind & 0xf).into(), depth),
            0x90..=0x9f => self.array((kind & 0xf).into(), depth),
            0xa0..=0xbf => self.str((kind & 0x1f).into()),
            0xc0 => Ok(Value::Nil),
            0xc2 | 0xc3 => Ok(Value::Bool(kind == 0xc3)),
            0xc4..=0xc6 => {
                let n = self.length(1 << (kind - 0xc4))?;
                self.take(n).map(Value::Bin)
            }
            0xca => {
                let bits = u32::try_from(self.uint(4)?).map_err(|e| e.to_string())?;
                Ok(Value::Float(f32::from_bits(bits).into()))
            }
            0xcb => Ok(Value::Float(f64::from_bits(self.uint(8)?))),
            0xcc..=0xcf => self.uint(1 << (kind - 0xcc)).map(Value::UInt),
            0xd0..=0xd3 => self.int(1 << (kind - 0xd0)).map(Value::Int),
            0xd9..=0xdb => {
                let n = self.length(1 << (kind - 0xd9))?;
                self.str(n)
            }
            0xdc | 0xdd => {
                let n = self.length(2 << (kind - 0xdc))?;
                self.array(n, depth)
            }
            0xde | 0xdf => {
                let n = self.length(2 << (kind - 0xde))?;
                self.map(n, depth)
            }
            0xe0..=0xff => Ok(Value::Int(i64::from(kind.cast_signed()))),
            other => Err(format!("type byte {other:#x} is not supported")),
        }
    }
}

/// A dense array of `f32`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Tensor {
    pub(crate) shape: Vec<usize>,
    pub(crate) data: Vec<f32>,
}

impl Tensor {
    /// Reads the map `{nd, type, shape, data}`; its size must agree with its shape.
    pub(crate) fn read(value: &Value) -> Result<Self, String> {
        // Written by Python 2 heritage code, the keys may be byte strings.
        let field = |name: &str| {
            value.as_map()?.iter().find_map(|(k, v)| {
                (k.as_str() == Some(name) || k.as_bytes() == Some(name.as_bytes())).then_some(v)
            })
        };
        let kind = field("type").and_then(|v| v.as_str().map(str::as_bytes).or(v.as_bytes()));
        if kind != Some(b"<f4") {
            return Err("an array is not of 32-bit floats".into());
        }
        let shape = field("shape").and_then(Value::as_array).ok_or("an array has no shape")?;
        let shape: Option<Vec<usize>> =
            shape.iter().map(|v| v.as_u64().and_then(|n| usize::try_from(n).ok())).collect();
        let shape = shape.ok_or("an array has an odd shape")?;
        let data = field("data").and_then(Value::as_bytes).ok_or("an array has no data")?;
        let size = shape.iter().try_fold(4usize, |n, d| n.checked_mul(*d));
        if size != Some(data.len()) {
            return Err(format!("an array of shape {shape:?} has {} bytes", data.len()));
        }
        Ok(Self { shape, data: floats(data) })
    }
}

/// Little-endian floats.
pub(crate) fn floats(bytes: &[u8]) -> Vec<f32> {
    bytes.as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn values() {
        let check = |bytes: &[u8], expected: Value| assert_eq!(Value::read(bytes), Ok(expected));
        check(&[0x07], Value::UInt(7));
        check(&[0xff], Value::Int(-1));
        check(&[0xd1, 0xff, 0xfe], Value::Int(-2));
        check(&[0xa2, b'h', b'i'], Value::Str("hi"));
        check(&[0xc4, 1, 9], Value::Bin(&[9]));
        check(&[0x92, 0xc0, 0xc3], Value::Array(vec![Value::Nil, Value::Bool(true)]));
        check(&[0x81, 0x01, 0x02], Value::Map(vec![(Value::UInt(1), Value::UInt(2))]));
        check(&[0xcb, 0x3f, 0xf0, 0, 0, 0, 0, 0, 0], Value::Float(1.0));
    }

    #[test]
    fn refusals() {
        let check = |bytes: &[u8], expected: &str| {
            assert_eq!(Value::read(bytes).unwrap_err(), expected, "{bytes:x?}");
        };
        check(&[0xdd, 0xff, 0xff, 0xff, 0xff], "a length is too large");
        check(&[0xc6, 0xff, 0xff, 0xff, 0xff], "the data ends too early");
        check(&[0x91; 40], "values are nested too deeply");
        check(&[0xc0, 0xc0], "bytes after the value");
        check(&[0xa1, 0xff], "a string is not UTF-8");
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(value) = Value::read(&bytes) {
                prop_assert!(Tensor::read(&value).is_err());
            }
        }
    }
}
