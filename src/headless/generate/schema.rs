//! The JSON Schema of the configuration file, from the list of its keys.

use serde_json::{Map, Value, json};

use crate::config::{KEYS, KeyKind};
use crate::source::KINDS;
use crate::source::fields::{ConnectionKind, FieldKind};
use crate::text::tr;

/// What the table of a connection may hold.
fn connection(kind: &ConnectionKind) -> Value {
    let mut properties = Map::new();
    properties.insert("kind".to_owned(), json!({"const": kind.name}));
    for field in kind.fields {
        let mut entry = match field.kind {
            FieldKind::Url => json!({"type": "string", "format": "uri"}),
            FieldKind::Choice(words) => json!({"enum": words}),
            FieldKind::Number => json!({"type": "integer", "minimum": 0}),
            FieldKind::Secrets => json!({"type": "object", "additionalProperties": {"type": "string"}}),
            FieldKind::Text | FieldKind::Secret | FieldKind::Path | FieldKind::Span => json!({"type": "string"}),
        };
        entry["description"] = Value::String(field.label().to_string());
        properties.insert(field.key.to_owned(), entry);
    }
    let needed = kind.fields.iter().filter(|f| f.required).map(|f| f.key);
    json!({
        "type": "object",
        "title": kind.title,
        "additionalProperties": false,
        "required": std::iter::once("kind").chain(needed).collect::<Vec<_>>(),
        "properties": properties,
    })
}

/// The schema, with a line break at its end.
pub fn schema() -> String {
    let mut properties = Map::new();
    for key in KEYS {
        let mut entry = match key.kind {
            KeyKind::Choice(words) => json!({"enum": words}),
            KeyKind::Text => json!({"type": "string"}),
            KeyKind::Flag => json!({"type": "boolean"}),
            KeyKind::Size => json!({"type": "string", "pattern": "^[0-9.]+ *([kKmMgGtT]?[bB]?|[kKmMgG][iI][bB])$"}),
            KeyKind::Tables => json!({
                "type": "object",
                "additionalProperties": {
                    "description": tr("gen-connections"),
                    "oneOf": KINDS.iter().map(|k| connection(k)).collect::<Vec<_>>(),
                },
            }),
        };
        entry["description"] = Value::String(key.help().to_string());
        properties.insert(key.name.to_owned(), entry);
    }
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": tr("gen-schema-title"),
        "type": "object",
        "additionalProperties": false,
        "properties": properties,
    });
    format!("{schema:#}\n")
}
