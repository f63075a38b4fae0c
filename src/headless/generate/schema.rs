//! The JSON Schema of the configuration file, from the list of its keys.

use serde_json::{Map, Value, json};

use crate::config::{KEYS, KeyKind};
use crate::text::tr;

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
                "additionalProperties": {"type": "object", "description": tr("gen-connections")},
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
