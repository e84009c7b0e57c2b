//! What the numbers were measured on.

use anyhow::Result;

use super::tools::stdout;

/// The machine and its tools.
pub(crate) struct Machine {
    pub(crate) date: String,
    pub(crate) facts: Vec<(&'static str, String)>,
}

impl Machine {
    pub(crate) fn describe() -> Result<Self> {
        let line = |program: &str, args: &[&str]| -> Result<String> {
            Ok(stdout(program, args)?.lines().next().unwrap_or_default().trim().to_owned())
        };
        let facts = vec![
            ("CPU", processor()?),
            ("kernel", line("uname", &["-srm"])?),
            ("rustc", line("rustc", &["--version"])?),
            ("gcc", line("gcc", &["--version"])?),
            ("bpftrace", line("bpftrace", &["--version"])?),
        ];
        Ok(Self { date: line("date", &["--utc", "+%F"])?, facts })
    }
}

fn processor() -> Result<String> {
    let text = std::fs::read_to_string("/proc/cpuinfo")?;
    let value = |name: &str| {
        let line = text.lines().find(|line| line.starts_with(name))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    };
    let count = text.lines().filter(|line| line.starts_with("processor")).count();
    let of = |name| value(name).unwrap_or_else(|| "?".to_owned());
    Ok(format!("{}, family {} model {}, {count} CPUs", of("model name"), of("cpu family"), of("model\t")))
}
