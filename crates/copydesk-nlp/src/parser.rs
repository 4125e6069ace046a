//! The arc-eager dependency parser with breaks (`spacy/pipeline/_parser_internals/{arc_eager,_state,nonproj}`).

use crate::error::ModelError;
use crate::transition::{Move, Rows, Scorer, ScorerScratch};

const SHIFT: u8 = 0;
const REDUCE: u8 = 1;
const LEFT: u8 = 2;
const RIGHT: u8 = 3;
const BREAK: u8 = 4;
/// Feature tokens of a state.
pub(crate) const FEATURES: usize = 8;

/// A parsed document: heads as token indices, labels as indices into [`Parser::labels`].
#[derive(Debug, Default)]
pub(crate) struct Tree {
    pub(crate) heads: Vec<usize>,
    pub(crate) labels: Vec<u16>,
    pub(crate) sent_starts: Vec<bool>,
}

/// The moves of a model with their labels.
#[derive(Debug)]
pub(crate) struct Parser {
    pub(crate) scorer: Scorer,
    moves: Vec<Move>,
    /// Label of each move, as an index into `labels`.
    move_labels: Vec<u16>,
    /// All labels, `ROOT` first; a label `X||Y` says that the true head is the first Y below the head.
    pub(crate) labels: Vec<String>,
    /// For a label `X||Y`: the indices of X and Y.
    decorated: Vec<Option<(u16, Option<u16>)>>,
}

impl Parser {
    pub(crate) fn new(scorer: Scorer, moves: Vec<Move>) -> Result<Self, ModelError> {
        if let Some(m) = moves.iter().find(|m| m.action > BREAK) {
            return Err(ModelError::malformed(
                "parser/moves",
                format!("action {} is unknown", m.action),
            ));
        }
        let has = |action| moves.iter().any(|m| m.action == action);
        if !has(SHIFT) || !has(REDUCE) {
            return Err(ModelError::malformed("parser/moves", "SHIFT or REDUCE is missing"));
        }
        let mut labels = vec!["ROOT".to_owned()];
        for m in &moves {
            for part in std::iter::once(m.label.as_str()).chain(m.label.split("||").take(1)) {
                if !labels.iter().any(|l| l == part) {
                    labels.push(part.to_owned());
                }
            }
        }
        let index = |label: &str| {
            labels.iter().position(|l| l == label).and_then(|n| u16::try_from(n).ok())
        };
        let too_many = || ModelError::malformed("parser/moves", "there are too many labels");
        let move_labels = moves.iter().map(|m| index(&m.label).ok_or_else(too_many));
        let move_labels = move_labels.collect::<Result<_, _>>()?;
        let decorated = labels.iter().map(|l| {
            let (label, head) = l.split_once("||")?;
            Some((index(label)?, index(head)))
        });
        let decorated = decorated.collect();
        Ok(Self { scorer, moves, move_labels, labels, decorated })
    }

    /// Parses a document of `spaces.len()` tokens; `rows` encodes them, `spaces` marks white space tokens. Each token of
    /// `starts` starts a sentence, as in spaCy when an earlier component has set `is_sent_start`.
    pub(crate) fn parse(
        &self,
        rows: &mut Rows,
        spaces: &[bool],
        starts: &[usize],
        scratch: &mut ScorerScratch,
    ) -> Tree {
        let n = spaces.len();
        Scorer::begin(n, scratch);
        let mut state = State::new(n);
        for &start in starts {
            state.breaks[start] = true;
        }
        while !state.is_final() {
            self.scorer.score(&state.features(), rows, scratch);
            let valid = state.valid();
            let best = scratch.best(&self.moves, |m| valid[usize::from(m.action)]);
            // SHIFT is valid on an empty stack and REDUCE on any other: there always is one.
            let best = best.expect("SHIFT or REDUCE is valid");
            state.apply(self.moves[best].action, self.move_labels[best]);
        }
        scratch.end();
        self.finish(state, spaces)
    }

    /// Roots, deprojectivisation and sentence starts.
    fn finish(&self, state: State, spaces: &[bool]) -> Tree {
        let n = spaces.len();
        let mut heads: Vec<usize> =
            state.heads.iter().enumerate().map(|(i, h)| h.unwrap_or(i)).collect();
        let mut labels = state.labels;
        for i in 0..n {
            if heads[i] == i {
                labels[i] = 0;
            }
        }
        let (left, right) = edges(&heads);
        let mut moved = false;
        for i in 0..n {
            let Some((label, wanted)) = self.decorated[usize::from(labels[i])] else { continue };
            if let Some(head) = find_head(i, wanted, &heads, &labels, spaces, (&left, &right)) {
                heads[i] = head;
                moved = true;
            }
            labels[i] = label;
        }
        let left = if moved { edges(&heads).0 } else { left };
        let mut sent_starts = vec![false; n];
        for (i, head) in heads.iter().enumerate() {
            if *head == i {
                sent_starts[left[i]] = true;
            }
        }
        Tree { heads, labels, sent_starts }
    }
}

/// Breadth-first from the head of `i`: the first descendant with the label `wanted`.
fn find_head(
    i: usize,
    wanted: Option<u16>,
    heads: &[usize],
    labels: &[u16],
    spaces: &[bool],
    (left, right): (&[usize], &[usize]),
) -> Option<usize> {
    let mut queue = vec![heads[i]];
    // A token comes up once: it has one head, and the walk goes from heads to children.
    while !queue.is_empty() {
        let mut level = Vec::new();
        for t in queue {
            let children =
                (left[t]..=right[t]).filter(|&c| heads[c] == t && c != t && c != i && !spaces[c]);
            let start = level.len();
            level.extend(children);
            if let Some(&c) = level[start..].iter().find(|&&c| Some(labels[c]) == wanted) {
                return Some(c);
            }
        }
        queue = level;
        if queue.len() > heads.len() {
            return None;
        }
    }
    None
}

/// Left and right edge of each subtree, as spaCy finds them: a head takes over its children's edges, forwards and
/// backwards, until no head lies outside its sentence (at most 12 times).
pub(crate) fn edges(heads: &[usize]) -> (Vec<usize>, Vec<usize>) {
    let n = heads.len();
    let mut left: Vec<usize> = (0..n).collect();
    let mut right = left.clone();
    for _ in 0..12 {
        for i in (0..n).chain((0..n).rev()) {
            let h = heads[i];
            left[h] = left[h].min(left[i]);
            right[h] = right[h].max(right[i]);
        }
        let mut starts = vec![false; n];
        for (i, head) in heads.iter().enumerate() {
            if *head == i {
                starts[left[i]] = true;
            }
        }
        let (mut inside, mut begin) = (true, 0);
        for (i, starts) in starts.into_iter().enumerate() {
            if (i > 0 && starts) || i + 1 == n {
                if (begin..i).any(|j| heads[j] < begin || heads[j] > i) {
                    inside = false;
                    break;
                }
                begin = i;
            }
        }
        if inside {
            break;
        }
    }
    (left, right)
}

/// Parser state: the buffer is the rebuffer stack, then the tokens from `next` on.
struct State {
    n: usize,
    stack: Vec<usize>,
    rebuffer: Vec<usize>,
    next: usize,
    heads: Vec<Option<usize>>,
    labels: Vec<u16>,
    lefts: Children,
    rights: Children,
    unshiftable: Vec<bool>,
    breaks: Vec<bool>,
}

/// Children on one side of each token, as stacks that share one allocation.
struct Children {
    /// By token: its latest arc, as a place in `arcs` + 1; 0 for none.
    latest: Vec<u32>,
    /// A child, and the arc of the same head before it.
    arcs: Vec<(usize, u32)>,
}

impl Children {
    fn new(n: usize) -> Self {
        Self { latest: vec![0; n], arcs: Vec::new() }
    }

    fn newest(&self, head: usize) -> Option<usize> {
        let at = (self.latest[head] as usize).checked_sub(1)?;
        Some(self.arcs[at].0)
    }

    fn push(&mut self, head: usize, child: usize) {
        self.arcs.push((child, self.latest[head]));
        // A text of four billion arcs is not parsed; at the end of the range the newest child is not told apart.
        self.latest[head] = u32::try_from(self.arcs.len()).unwrap_or(0);
    }

    /// Takes `child` from its head, if it is the newest.
    fn pop_newest(&mut self, head: usize, child: usize) {
        if self.newest(head) == Some(child) {
            self.latest[head] = self.arcs[self.latest[head] as usize - 1].1;
        }
    }
}

impl State {
    fn new(n: usize) -> Self {
        Self {
            n,
            stack: Vec::new(),
            rebuffer: Vec::new(),
            next: 0,
            heads: vec![None; n],
            labels: vec![0; n],
            lefts: Children::new(n),
            rights: Children::new(n),
            unshiftable: vec![false; n],
            breaks: vec![false; n],
        }
    }

    fn is_final(&self) -> bool {
        self.stack.is_empty() && self.buffer_len() == 0
    }

    fn buffer_len(&self) -> usize {
        self.rebuffer.len() + self.n - self.next
    }

    fn buffer(&self, i: usize) -> Option<usize> {
        if let Some(at) = self.rebuffer.len().checked_sub(i + 1) {
            return Some(self.rebuffer[at]);
        }
        Some(self.next + i - self.rebuffer.len()).filter(|t| *t < self.n)
    }

    fn stack(&self, i: usize) -> Option<usize> {
        self.stack.len().checked_sub(i + 1).map(|at| self.stack[at])
    }

    fn features(&self) -> [Option<usize>; FEATURES] {
        let (b0, s0) = (self.buffer(0), self.stack(0));
        // The child that was added last.
        let newest = |children: &Children, head: Option<usize>| children.newest(head?);
        [
            b0,
            self.buffer(1),
            s0,
            self.stack(1),
            self.stack(2),
            newest(&self.lefts, b0),
            newest(&self.lefts, s0),
            newest(&self.rights, s0),
        ]
    }

    /// Which actions are valid, by number.
    fn valid(&self) -> [bool; 5] {
        let (left, b0, b1) = (self.buffer_len(), self.buffer(0), self.buffer(1));
        let marked = |t: Option<usize>| t.is_some_and(|t| self.breaks[t]);
        let unshiftable = b0.is_some_and(|t| self.unshiftable[t]);
        let arc = !self.stack.is_empty() && left > 0 && !marked(b0);
        [
            self.stack.is_empty() || (left >= 2 && !marked(b0) && !unshiftable),
            !self.stack.is_empty(),
            arc,
            arc,
            left >= 2 && b1 == b0.map(|b| b + 1) && !marked(b1),
        ]
    }

    fn push(&mut self) {
        let token = self.rebuffer.pop().unwrap_or_else(|| {
            self.next += 1;
            self.next - 1
        });
        self.stack.push(token);
    }

    fn add_arc(&mut self, head: usize, child: usize, label: u16) {
        if let Some(old) = self.heads[child] {
            let table = if old > child { &mut self.lefts } else { &mut self.rights };
            // spaCy takes an older arc off the list only when it was added last.
            table.pop_newest(old, child);
        }
        let table = if head > child { &mut self.lefts } else { &mut self.rights };
        table.push(head, child);
        (self.heads[child], self.labels[child]) = (Some(head), label);
    }

    fn apply(&mut self, action: u8, label: u16) {
        match (action, self.stack(0), self.buffer(0)) {
            (REDUCE, Some(s0), _) => {
                self.stack.pop();
                if self.heads[s0].is_none() && !self.stack.is_empty() {
                    self.unshiftable[s0] = true;
                    self.rebuffer.push(s0);
                }
            }
            (LEFT, Some(s0), Some(b0)) => {
                self.add_arc(b0, s0, label);
                self.unshiftable[b0] = false;
                self.stack.pop();
            }
            (RIGHT, Some(s0), Some(b0)) => {
                self.add_arc(s0, b0, label);
                self.push();
            }
            (BREAK, _, _) => {
                if let Some(b1) = self.buffer(1) {
                    self.breaks[b1] = true;
                }
            }
            _ => self.push(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::edges;

    #[test]
    fn edges_of_a_tree() {
        let (left, right) = edges(&[1, 1, 1, 4, 4]);
        assert_eq!((left, right), (vec![0, 0, 2, 3, 3], vec![0, 2, 2, 3, 4]));
    }
}
