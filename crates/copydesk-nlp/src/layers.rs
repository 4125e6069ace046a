//! The layers of a component, read from thinc's `model` file.

use crate::error::ModelError;
use crate::files::Files;
use crate::linalg::Affine;
use crate::value::{Tensor, Value};

/// One node of a layer tree with its arrays.
#[derive(Debug)]
struct Node {
    name: String,
    params: Vec<(String, Tensor)>,
    seed: Option<u32>,
}

/// The nodes of one component in breadth-first order.
#[derive(Debug)]
pub(crate) struct Layers {
    file: String,
    nodes: Vec<Node>,
}

impl Layers {
    /// Reads `<component>/model`.
    pub(crate) fn read(files: &Files, component: &str) -> Result<Self, ModelError> {
        let file = format!("{component}/model");
        let data = files.need(&file)?;
        let nodes = Value::read(&data).and_then(|v| nodes(&v));
        let nodes = nodes.map_err(|e| ModelError::malformed(&file, e))?;
        Ok(Self { file, nodes })
    }

    pub(crate) fn bad(&self, what: &str) -> ModelError {
        ModelError::malformed(&self.file, what)
    }

    /// The arrays called `param` of all nodes called `name`, in order.
    pub(crate) fn arrays(&self, name: &str, param: &str) -> Vec<&Tensor> {
        let nodes = self.nodes.iter().filter(|n| n.name == name);
        nodes.filter_map(|n| Some(&n.params.iter().find(|(p, _)| p == param)?.1)).collect()
    }

    pub(crate) fn array(
        &self,
        name: &str,
        number: usize,
        param: &str,
    ) -> Result<&Tensor, ModelError> {
        let found = self.arrays(name, param).get(number).copied();
        found.ok_or_else(|| self.bad(&format!("layer {name} number {number} has no {param}")))
    }

    /// Seeds of all `hashembed` nodes, in order.
    pub(crate) fn seeds(&self) -> Vec<u32> {
        self.nodes.iter().filter(|n| n.name == "hashembed").filter_map(|n| n.seed).collect()
    }

    /// A matrix with its bias.
    pub(crate) fn affine(&self, name: &str, number: usize) -> Result<Affine, ModelError> {
        let (w, b) = (self.array(name, number, "W")?, self.array(name, number, "b")?);
        let [rows, columns] = *w.shape else {
            return Err(self.bad(&format!("W of {name} is no matrix")));
        };
        let affine = Affine::new(rows, columns, w.data.clone(), b.data.clone());
        affine.ok_or_else(|| self.bad(&format!("W and b of {name} do not fit")))
    }
}

fn nodes(model: &Value) -> Result<Vec<Node>, String> {
    let list = |name: &str| {
        model.get(name).and_then(Value::as_array).ok_or_else(|| format!("{name} is missing"))
    };
    let (nodes, attrs, params) = (list("nodes")?, list("attrs")?, list("params")?);
    if nodes.len() != attrs.len() || nodes.len() != params.len() {
        return Err("nodes, attrs and params differ in length".into());
    }
    let mut out = Vec::new();
    for ((node, attrs), params) in nodes.iter().zip(attrs).zip(params) {
        let name = node.get("name").and_then(Value::as_str).ok_or("a node has no name")?;
        let mut read = Vec::new();
        for (key, value) in params.as_map().unwrap_or_default() {
            if *value != Value::Nil {
                let key = key.as_str().ok_or("an array has no name")?;
                read.push((key.to_owned(), Tensor::read(value)?));
            }
        }
        let seed = attrs.get("seed").and_then(Value::as_bytes);
        let seed = seed.map(Value::read).transpose()?.and_then(|v| v.as_u64());
        let seed = seed.and_then(|n| u32::try_from(n).ok());
        out.push(Node { name: name.to_owned(), params: read, seed });
    }
    Ok(out)
}
