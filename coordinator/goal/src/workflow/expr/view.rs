//! JSON as CEL sees it, and back.
//!
//! An object is lent, not copied: a field is converted when it is read. Its keys keep their order,
//! which CEL's own maps do not, so that running over one gives the same result every time.

use std::sync::OnceLock;

use cel::ExecutionError;
use cel::common::traits::{Container, Indexer, Iterable, Iterator as Lender, Sizer, Zeroer};
use cel::common::types::{
    CelBool, CelDouble, CelInt, CelList, CelMap, CelNull, CelString, CelUInt, MAP_TYPE, Type,
};
use cel::common::value::{CowVal, Val};
use serde_json::{Map, Number, Value};

/// A JSON value as a CEL value.
pub(super) fn of<'v>(value: &'v Value) -> Box<dyn Val + 'v> {
    match value {
        Value::Null => Box::new(CelNull),
        Value::Bool(bool) => Box::new(CelBool::from(*bool)),
        Value::Number(number) => of_number(number),
        Value::String(text) => Box::new(CelString::from(text.as_str())),
        Value::Array(list) => Box::new(CelList::from(list.iter().map(of).collect::<Vec<_>>())),
        Value::Object(map) => Box::new(Object { map, keys: OnceLock::new() }),
    }
}

/// A whole number is an `int` wherever it fits, so that `review.findings + 1` has an overload.
fn of_number(number: &Number) -> Box<dyn Val> {
    if let Some(int) = number.as_i64() {
        Box::new(CelInt::from(int))
    } else if let Some(uint) = number.as_u64() {
        Box::new(CelUInt::from(uint))
    } else {
        Box::new(CelDouble::from(number.as_f64().unwrap_or(f64::NAN)))
    }
}

/// A CEL value as JSON; the message says what has no JSON.
pub(super) fn to_json(value: &dyn Val) -> Result<Value, String> {
    if value.downcast_ref::<CelNull>().is_some() {
        Ok(Value::Null)
    } else if let Some(bool) = value.downcast_ref::<CelBool>() {
        Ok(Value::Bool(*bool.inner()))
    } else if let Some(int) = value.downcast_ref::<CelInt>() {
        Ok(Value::from(*int.inner()))
    } else if let Some(uint) = value.downcast_ref::<CelUInt>() {
        Ok(Value::from(*uint.inner()))
    } else if let Some(double) = value.downcast_ref::<CelDouble>() {
        Number::from_f64(*double.inner())
            .map(Value::Number)
            .ok_or_else(|| "the result is not a finite number".to_owned())
    } else if let Some(text) = value.downcast_ref::<CelString<'_>>() {
        Ok(Value::String(text.inner().to_owned()))
    } else if let Some(list) = value.downcast_ref::<CelList<'_>>() {
        list.inner().iter().map(|item| to_json(item.as_ref())).collect()
    } else {
        map_to_json(value)
    }
}

/// An object keeps its order; a map written in the expression has none and is sorted by key.
fn map_to_json(value: &dyn Val) -> Result<Value, String> {
    let (Some(keys), Some(entries)) = (value.as_iterable(), value.as_indexer()) else {
        return Err(format!("a result of type {} has no JSON", value.get_type().name()));
    };
    let mut members = Vec::new();
    let mut keys = keys.iter();
    while let Some(key) = keys.next() {
        let name = key.downcast_ref::<CelString<'_>>().ok_or("the keys of a map must be texts")?;
        let entry = entries.get(key).map_err(|error| error.to_string())?;
        members.push((name.inner().to_owned(), to_json(entry.as_ref())?));
    }
    if value.downcast_ref::<CelMap<'_>>().is_some() {
        members.sort_by(|(one, _), (other, _)| one.cmp(other));
    }
    Ok(Value::Object(members.into_iter().collect()))
}

/// A JSON object, lent.
#[derive(Debug, Clone)]
struct Object<'v> {
    map: &'v Map<String, Value>,
    /// The keys as values; made when somebody runs over them.
    keys: OnceLock<Vec<CelString<'v>>>,
}

impl<'v> Object<'v> {
    fn find(&self, key: &dyn Val) -> Option<&'v Value> {
        self.map.get(key.downcast_ref::<CelString<'_>>()?.inner())
    }
}

impl Val for Object<'_> {
    fn get_type(&self) -> &Type {
        &MAP_TYPE
    }

    fn cel_type() -> &'static Type {
        &MAP_TYPE
    }

    fn as_container(&self) -> Option<&dyn Container> {
        Some(self)
    }

    fn as_indexer<'b, 'w>(&'b self) -> Option<&'b (dyn Indexer + 'w)>
    where
        Self: 'w,
    {
        Some(self)
    }

    fn as_iterable<'b, 'w>(&'b self) -> Option<&'b (dyn Iterable + 'w)>
    where
        Self: 'w,
    {
        Some(self)
    }

    fn as_sizer(&self) -> Option<&dyn Sizer> {
        Some(self)
    }

    fn as_zeroer(&self) -> Option<&dyn Zeroer> {
        Some(self)
    }

    fn equals(&self, other: &dyn Val) -> bool {
        let (Some(sizer), Some(entries)) = (other.as_sizer(), other.as_indexer()) else {
            return false;
        };
        if other.get_type() != &MAP_TYPE || sizer.size() != self.size() {
            return false;
        }
        self.map.iter().all(|(key, value)| {
            let key = CelString::from(key.as_str());
            entries.get(&key).is_ok_and(|theirs| of(value).equals(theirs.as_ref()))
        })
    }

    fn clone_as_boxed<'w>(&self) -> Box<dyn Val + 'w>
    where
        Self: 'w,
    {
        Box::new(self.clone())
    }
}

impl Container for Object<'_> {
    fn contains(&self, key: &dyn Val) -> Result<bool, ExecutionError> {
        Ok(self.find(key).is_some())
    }
}

impl Indexer for Object<'_> {
    fn get<'b, 'w>(&'b self, key: &dyn Val) -> Result<CowVal<'b, 'w>, ExecutionError>
    where
        Self: 'w,
    {
        let value = self.find(key).ok_or_else(|| absent(key))?;
        Ok(CowVal::Owned(of(value)))
    }

    fn steal<'w>(self: Box<Self>, key: &dyn Val) -> Result<Box<dyn Val + 'w>, ExecutionError>
    where
        Self: 'w,
    {
        self.find(key).map(|value| of(value) as Box<dyn Val + 'w>).ok_or_else(|| absent(key))
    }
}

fn absent(key: &dyn Val) -> ExecutionError {
    ExecutionError::no_such_key(key.downcast_ref::<CelString<'_>>().map_or("?", |key| key.inner()))
}

impl<'v> Iterable for Object<'v> {
    fn iter<'b, 'w>(&'b self) -> Box<dyn Lender<'b, 'w> + 'b>
    where
        Self: 'w,
    {
        let keys = self.keys.get_or_init(|| {
            self.map.keys().map(|key| CelString::from(key.as_str())).collect::<Vec<_>>()
        });
        Box::new(Keys(keys.iter()))
    }
}

struct Keys<'b, 'v>(std::slice::Iter<'b, CelString<'v>>);

impl<'b, 'v, 'w> Lender<'b, 'w> for Keys<'b, 'v>
where
    'v: 'w,
{
    fn next(&mut self) -> Option<&'b (dyn Val + 'w)> {
        self.0.next().map(|key| key as &'b (dyn Val + 'w))
    }
}

impl Sizer for Object<'_> {
    fn size(&self) -> CelInt {
        CelInt::from(i64::try_from(self.map.len()).unwrap_or(i64::MAX))
    }
}

impl Zeroer for Object<'_> {
    fn is_zero_value(&self) -> bool {
        self.map.is_empty()
    }
}
