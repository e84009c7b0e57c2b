//! One JSON object for a process.

use serde_json::{Value, json};

use super::frames::{Asked, Doing, Frame};
use super::process::Process;

pub(super) fn line(process: &Process, threads: &[Asked]) -> String {
    let threads: Vec<Value> = threads.iter().map(thread).collect();
    json!({ "pid": process.pid, "process": process.name, "threads": threads }).to_string()
}

fn thread(asked: &Asked) -> Value {
    let worker = asked.worker.as_ref().map(|worker| json!({ "id": worker.id, "file": worker.file }));
    let mut object = json!({ "worker": worker });
    match &asked.doing {
        Doing::Running { frames: own, parents, paused } => {
            object["state"] = "running".into();
            object["paused_ns"] = u64::try_from(paused.as_nanos()).unwrap_or(u64::MAX).into();
            object["frames"] = frames(own);
            let parents = parents.iter();
            let parents =
                parents.map(|it| json!({ "description": it.description, "frames": frames(&it.frames) }));
            object["async_parents"] = parents.collect();
        }
        Doing::Held { frames: own } => {
            object["state"] = "held".into();
            object["frames"] = frames(own);
        }
        Doing::Idle { resources } => {
            object["state"] = "idle".into();
            object["resources"] = json!(resources);
        }
        Doing::Silent => object["state"] = "silent".into(),
    }
    object
}

fn frames(frames: &[Frame]) -> Value {
    let frame = |frame: &Frame| {
        let scopes = frame.scopes.iter().map(|scope| {
            let variables: serde_json::Map<_, _> =
                scope.variables.iter().map(|(name, value)| (name.clone(), value.clone().into())).collect();
            json!({ "kind": scope.kind, "variables": variables, "cut": scope.is_cut })
        });
        json!({
            "function": frame.function,
            "file": frame.file,
            "line": frame.line,
            "column": frame.column,
            "scopes": scopes.collect::<Vec<_>>(),
        })
    };
    frames.iter().map(frame).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::node::frames::Worker;

    #[test]
    fn each_state_has_a_name() {
        let state = |doing| thread(&Asked { worker: None, doing });
        let frames = vec![Frame { function: "pick".to_owned(), line: 12, column: 5, ..Frame::default() }];
        let paused = Duration::from_micros(3);
        let running = state(Doing::Running { frames: frames.clone(), parents: Vec::new(), paused });
        assert_eq!(running["state"], "running");
        assert_eq!(running["paused_ns"], 3000);
        assert_eq!(running["frames"][0]["function"], "pick");
        assert_eq!(state(Doing::Held { frames })["frames"][0]["line"], 12);
        assert_eq!(state(Doing::Silent), json!({ "worker": null, "state": "silent" }));
        let worker = Some(Worker { id: "1".to_owned(), file: "/a.js".to_owned() });
        let idle = thread(&Asked { worker, doing: Doing::Idle { resources: vec!["Timeout".to_owned()] } });
        assert_eq!(
            idle,
            json!({ "worker": { "id": "1", "file": "/a.js" }, "state": "idle", "resources": ["Timeout"] })
        );
    }
}
