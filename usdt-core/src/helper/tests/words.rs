//! What people read.

use crate::helper::device::errno::*;
use crate::helper::{Refusal, Status, Step, System};

fn text(system: System, step: Step, errno: i32) -> String {
    Status::Unavailable { why: Refusal::new(system, step, errno) }.to_string()
}

#[test]
fn a_refusal_names_the_device_the_error_and_the_way_out() {
    for (system, step, errno, words) in [
        (System::Illumos, Step::Open, ENOENT, ["/dev/dtrace/helper", "(os error 2)", "zone"]),
        (System::FreeBsd, Step::Open, ENOENT, ["/dev/dtrace/helper", "(os error 2)", "kldload dtraceall"]),
        (System::MacOs, Step::Open, ENOENT, ["/dev/dtracehelper", "(os error 2)", "sandbox"]),
        (System::Illumos, Step::Open, EACCES, ["can't open", "(os error 13)", "permissions"]),
        (System::FreeBsd, Step::Open, EACCES, ["can't open", "(os error 13)", "devfs.rules"]),
        (System::MacOs, Step::Register, EACCES, ["can't register", "(os error 13)", "get-task-allow"]),
        (System::MacOs, Step::Register, EPERM, ["can't register", "(os error 1)", "csrutil"]),
        (System::FreeBsd, Step::Unregister, EPERM, ["can't unregister", "(os error 1)", "root"]),
        (System::Illumos, Step::Open, EMFILE, ["can't open", "(os error 24)", "ulimit -n"]),
        (
            System::Illumos,
            Step::Register,
            EINVAL,
            ["can't register", "(os error 22)", "variable dtrace_err_verbose"],
        ),
        (
            System::FreeBsd,
            Step::Register,
            EINVAL,
            ["can't register", "(os error 22)", "kern.dtrace.err_verbose"],
        ),
        (System::MacOs, Step::Register, E2BIG, ["can't register", "(os error 7)", "fewer probes"]),
        (System::MacOs, Step::Register, EFAULT, ["can't register", "(os error 14)", "couldn't read"]),
        (System::Illumos, Step::Register, ENOMEM, ["can't register", "(os error 12)", "no memory"]),
    ] {
        let text = text(system, step, errno);
        assert!(text.starts_with("not registered: "), "{text}");
        for word in words {
            assert!(text.contains(word), "{word}: {text}");
        }
    }
}

#[test]
fn what_is_not_an_error_number_has_words_too() {
    let text = |why| Status::Unavailable { why }.to_string();
    assert!(text(Refusal::TooMany { limit: 32 }).contains("keeps 32 DOFs"));
    assert!(text(Refusal::SwitchedOff).contains("kern.dtrace.dof_mode"));
    assert!(text(Refusal::Nonsense { generation: -7 }).contains("-7"));
    assert!(text(Refusal::Unsupported).contains("--cfg usdt_probes_off"));
    assert_eq!(Status::Unregistered.to_string(), "not registered");
    assert_eq!(Status::Registered { generation: 3 }.to_string(), "registered as number 3");
    let doubtful = Status::Doubtful { generation: 70, limit: 64 }.to_string();
    assert!(doubtful.contains("number 70") && doubtful.contains("64 DOFs"), "{doubtful}");
}
