//! A base as a source: a base of one's own can start from another one.

use crate::base::Base;
use crate::build::Builder;
use crate::error::BuildError;

/// Takes in all entities of a base with their names, and its licences.
pub fn read_base(builder: &mut Builder, base: &Base) -> Result<(), BuildError> {
    base.licences().lines().for_each(|line| builder.licence(line));
    let mut numbers = Vec::new();
    for entity in 0..u32::try_from(base.len()).unwrap_or(u32::MAX) {
        let record = base.record(entity).zip(base.fact(entity));
        let (record, fact) = record.ok_or(BuildError::Base(entity))?;
        numbers.push(builder.push_record(record, fact.name, base.details(entity))?);
    }
    base.each_alias(&mut |alias, hit| {
        let number = usize::try_from(hit.entity).ok().and_then(|at| numbers.get(at));
        let number = number.ok_or(BuildError::Base(hit.entity))?;
        builder.push_alias(alias, *number, hit.alias)
    })
}
