//! What WordPress answers, as far as it is read, and the meta keys of search engine plugins.

use galley_schemas::content::Article;
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// A post as it is stored.
#[derive(Debug, Deserialize)]
pub(super) struct Stored {
    pub(super) id: u64,
    pub(super) link: String,
    pub(super) status: String,
    pub(super) content: Content,
}

/// The text of a post, as it was written.
#[derive(Debug, Deserialize)]
pub(super) struct Content {
    #[serde(default)]
    pub(super) raw: String,
}

/// A picture.
#[derive(Debug, Deserialize)]
pub(super) struct Known {
    pub(super) id: u64,
    pub(super) slug: String,
}

/// A category or a tag.
#[derive(Debug, Deserialize)]
pub(super) struct Term {
    pub(super) id: u64,
    pub(super) name: String,
}

/// Why something was not made.
#[derive(Debug, Deserialize)]
pub(super) struct Refusal {
    code: String,
    data: Option<Value>,
}

impl Refusal {
    /// The id of the term that is there already.
    pub(super) fn existing(&self) -> Option<u64> {
        let id = self.data.as_ref()?.get("term_id")?;
        let id = id.as_u64().or_else(|| id.as_str()?.parse().ok())?;
        (self.code == "term_exists").then_some(id)
    }
}

/// What search engines are told of an article.
#[derive(Debug)]
pub(super) struct Meta<'a> {
    title: &'a str,
    description: &'a str,
    keyphrase: &'a str,
}

impl<'a> Meta<'a> {
    pub(super) fn of(article: &'a Article) -> Self {
        let meta = &article.meta;
        let title = if meta.title.is_empty() { &article.title } else { &meta.title };
        Self { title, description: &meta.description, keyphrase: &article.keyphrase }
    }
}

/// The answer to OPTIONS: which meta keys a post may have.
#[derive(Debug, Deserialize)]
pub(super) struct MetaKeys {
    #[serde(default)]
    schema: Value,
}

impl MetaKeys {
    /// The registered ones among those that are known, each with its value.
    pub(super) fn fill(&self, meta: &Meta<'_>) -> Value {
        let registered = self.schema.pointer("/properties/meta/properties");
        let known = [
            ("_yoast_wpseo_title", meta.title),
            ("_yoast_wpseo_metadesc", meta.description),
            ("_yoast_wpseo_focuskw", meta.keyphrase),
            ("rank_math_title", meta.title),
            ("rank_math_description", meta.description),
            ("rank_math_focus_keyword", meta.keyphrase),
        ];
        let has = |key: &str| registered.is_some_and(|keys| keys.get(key).is_some());
        let filled = known.iter().filter(|(key, _)| has(key));
        let filled: Map<String, Value> =
            filled.map(|(key, value)| ((*key).to_owned(), json!(value))).collect();
        Value::Object(filled)
    }
}

/// A name as it was given: WordPress answers with what HTML needs in its place.
pub(super) fn decode(name: &str) -> String {
    let named = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#039;", "'"),
        ("&#038;", "&"),
        ("&amp;", "&"),
    ];
    named.iter().fold(name.to_owned(), |text, (entity, sign)| text.replace(entity, sign))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::tests::article;

    #[test]
    fn only_registered_meta_is_sent() {
        let article = article();
        let meta = Meta::of(&article);
        let keys = |json: Value| serde_json::from_value::<MetaKeys>(json).unwrap();
        assert_eq!(keys(json!({})).fill(&meta), json!({}));
        let yoast = json!({ "schema": { "properties": { "meta": { "properties": {
            "_yoast_wpseo_metadesc": {}, "footnotes": {} } } } } });
        let want = json!({ "_yoast_wpseo_metadesc": article.meta.description });
        assert_eq!(keys(yoast).fill(&meta), want);
    }

    #[test]
    fn a_term_that_is_there_is_read_from_the_refusal() {
        let read = |text: &str| serde_json::from_str::<Refusal>(text).unwrap().existing();
        assert_eq!(read(r#"{"code":"term_exists","data":{"status":400,"term_id":2}}"#), Some(2));
        assert_eq!(read(r#"{"code":"rest_cannot_create","data":{"status":403}}"#), None);
    }

    #[test]
    fn names_are_compared_as_they_were_given() {
        assert_eq!(decode("R&amp;D &lt;x&gt; &#039;y&#039;"), "R&D <x> 'y'");
        assert_eq!(decode("&amp;lt;"), "&lt;");
    }
}
