//! Names that are not read: files on their way.

use std::path::Path;

/// Patterns of file names, with `*` for any run of characters and `?` for one.
#[derive(Debug, Clone)]
pub(super) struct Ignore {
    patterns: Vec<String>,
}

impl Ignore {
    pub(super) fn new(patterns: &[String]) -> Self {
        Self { patterns: patterns.to_vec() }
    }

    /// Whether one part of a path is not read: it starts with a dot, or a pattern fits.
    pub(super) fn name(&self, name: &str) -> bool {
        let fits = |pattern: &String| fits(pattern.as_bytes(), name.as_bytes());
        name.starts_with('.') || self.patterns.iter().any(fits)
    }

    /// Whether any part of a path relative to the inbox is not read.
    pub(super) fn path(&self, relative: &Path) -> bool {
        relative.components().any(|part| self.name(&part.as_os_str().to_string_lossy()))
    }
}

/// Matches without recursion: on a mismatch the last star takes one character more.
fn fits(pattern: &[u8], name: &[u8]) -> bool {
    let (mut p, mut n) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while n < name.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, n));
                p += 1;
            }
            Some(c) if *c == b'?' || Some(c) == name.get(n) => {
                p += 1;
                n += 1;
            }
            _ => match star {
                Some((at, taken)) => {
                    star = Some((at, taken + 1));
                    p = at + 1;
                    n = taken + 1;
                }
                None => return false,
            },
        }
    }
    pattern.get(p..).is_some_and(|rest| rest.iter().all(|c| *c == b'*'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn temporary_names_are_not_read() {
        let shipped = ["*.tmp", "*.part", "*.partial", "*.crdownload", "*.filepart", "*~"];
        let ignore = Ignore::new(&shipped.map(str::to_owned));
        let check = |path: &str, ignored: bool| {
            assert_eq!(ignore.path(Path::new(path)), ignored, "{path}");
        };
        check("a.txt", false);
        check("wire/2026/a.txt", false);
        check(".a.txt", true);
        check(".git/a.txt", true);
        check("a.txt.tmp", true);
        check("a.tmp.txt", false);
        check("upload.part/a.txt", true);
        check("a.crdownload", true);
        check("a.filepart", true);
        check("a.partial", true);
        check("a.txt~", true);
        check("tmp", false);
        check("étude.txt", false);
    }

    #[test]
    fn stars_and_question_marks() {
        let check = |pattern: &str, name: &str, expected: bool| {
            assert_eq!(fits(pattern.as_bytes(), name.as_bytes()), expected, "{pattern} {name}");
        };
        check("*", "", true);
        check("*", "abc", true);
        check("a?c", "abc", true);
        check("a?c", "ac", false);
        check("*.t*t", "x.tmp.txt", true);
        check("*ab", "aab", true);
        check("a*b*c", "a-b-b-c", true);
        check("a*b*c", "a-c-b", false);
        check("", "a", false);
        check("abc", "abcd", false);
    }
}
