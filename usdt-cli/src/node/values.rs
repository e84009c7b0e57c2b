//! Variables of a paused function, each as a short text. No code of the program runs for it: getters are not called.

use std::time::Duration;

use anyhow::Result;
use serde_json::{Value, json};

use super::frames::Scope;
use super::protocol::{Client, Thread};

/// How much is shown: the process stands still meanwhile.
const MOST_VARIABLES: usize = 20;
const LONGEST: usize = 120;
const PATIENCE: Duration = Duration::from_secs(1);

/// What is the same in each function is not shown: the global scope, and what a script or module has at its top.
const SHOWN: [&str; 6] = ["local", "block", "closure", "catch", "with", "eval"];

/// The variables that a function sees, of those scopes that are its own.
pub(super) fn scopes(client: &mut Client, thread: &Thread, chain: &Value) -> Result<Vec<Scope>> {
    let mut scopes = Vec::new();
    for scope in chain.as_array().into_iter().flatten() {
        let kind = scope["type"].as_str().unwrap_or_default();
        let Some(object) = scope["object"]["objectId"].as_str().filter(|_| SHOWN.contains(&kind)) else {
            continue;
        };
        let params = json!({ "objectId": object, "ownProperties": true, "generatePreview": true });
        let answer = client.ask(thread, "Runtime.getProperties", params, PATIENCE)?.unwrap_or_default();
        let all = answer["result"]["result"].as_array().map(Vec::as_slice).unwrap_or_default();
        if !all.is_empty() {
            scopes.push(Scope {
                kind: kind.to_owned(),
                variables: all.iter().take(MOST_VARIABLES).map(variable).collect(),
                is_cut: all.len() > MOST_VARIABLES,
            });
        }
    }
    Ok(scopes)
}

fn variable(property: &Value) -> (String, String) {
    let name = property["name"].as_str().unwrap_or_default().to_owned();
    let value = property.get("value").map_or_else(|| "(not computed)".to_owned(), shown);
    (name, shortened(&value))
}

/// A value as JavaScript writes it, objects one level deep.
fn shown(value: &Value) -> String {
    if let Some(preview) = value.get("preview") {
        return object(value, preview);
    }
    match value["type"].as_str() {
        Some("undefined") => "undefined".to_owned(),
        Some("string") => value["value"].to_string(),
        Some("function") => "function".to_owned(),
        _ => described(value).unwrap_or_else(|| value["value"].to_string()),
    }
}

/// `{id: 1, name: "a"}`, `[1, 2, …]`, `Map(2)`
fn object(value: &Value, preview: &Value) -> String {
    let is_array = preview["subtype"] == "array";
    let properties = preview["properties"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut parts: Vec<String> = properties.iter().map(|property| part(property, is_array)).collect();
    if preview["overflow"] == true {
        parts.push("…".to_owned());
    }
    let name = described(value).unwrap_or_default();
    let parts = parts.join(", ");
    match preview["subtype"].as_str() {
        Some("array") => format!("[{parts}]"),
        // These say more by their names than by their properties.
        Some("error" | "date" | "regexp" | "map" | "set" | "promise" | "typedarray" | "proxy") => name,
        _ if name == "Object" => format!("{{{parts}}}"),
        _ => format!("{name} {{{parts}}}"),
    }
}

fn part(property: &Value, is_array: bool) -> String {
    let name = property["name"].as_str().unwrap_or_default();
    let value = property["value"].as_str().unwrap_or_default();
    let value = match property["type"].as_str() {
        Some("string") => Value::from(value).to_string(),
        Some("function") => "function".to_owned(),
        Some("accessor") => "(not computed)".to_owned(),
        _ => value.to_owned(),
    };
    if is_array && name.bytes().all(|byte| byte.is_ascii_digit()) {
        value
    } else {
        format!("{name}: {value}")
    }
}

/// The first line of how V8 describes a value.
fn described(value: &Value) -> Option<String> {
    Some(value["description"].as_str()?.lines().next().unwrap_or_default().to_owned())
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_as_javascript_writes_them() {
        let preview =
            |subtype: Value, properties: Value| json!({ "subtype": subtype, "properties": properties });
        let one = json!({ "name": "0", "type": "number", "value": "1" });
        let text = json!({ "name": "a", "type": "string", "value": "x\"" });
        for (value, expected) in [
            (json!({ "type": "number", "value": 8080, "description": "8080" }), "8080"),
            (json!({ "type": "number", "unserializableValue": "-0", "description": "-0" }), "-0"),
            (json!({ "type": "string", "value": "a\n" }), r#""a\n""#),
            (json!({ "type": "undefined" }), "undefined"),
            (json!({ "type": "object", "subtype": "null", "value": null }), "null"),
            (json!({ "type": "boolean", "value": true }), "true"),
            (json!({ "type": "function", "description": "function f() { }" }), "function"),
            (
                json!({ "type": "object", "description": "Array(1)", "preview": preview("array".into(), json!([one])) }),
                "[1]",
            ),
            (
                json!({ "type": "object", "description": "Object", "preview": preview(Value::Null, json!([text])) }),
                r#"{a: "x\""}"#,
            ),
            (
                json!({ "type": "object", "description": "Shop", "preview": preview(Value::Null, json!([])) }),
                "Shop {}",
            ),
            (
                json!({ "type": "object", "description": "Error: no\n  at f", "preview": preview("error".into(), json!([])) }),
                "Error: no",
            ),
        ] {
            assert_eq!(shown(&value), expected, "{value}");
        }
    }

    #[test]
    fn long_ones_are_cut() {
        assert_eq!(shortened(&"é".repeat(200)).chars().count(), LONGEST + 1);
        assert_eq!(variable(&json!({ "name": "get" })), ("get".to_owned(), "(not computed)".to_owned()));
    }
}
