//! What the numbers were measured on.

use anyhow::Result;

use super::tools::stdout;

/// The machine and its tools.
pub(crate) struct Machine {
    date: String,
    pub(crate) facts: Vec<(&'static str, String)>,
}

impl Machine {
    /// This machine, and the versions of these programs.
    pub(crate) fn describe(programs: &[&'static str]) -> Result<Self> {
        let line = |program: &str, args: &[&str]| -> Result<String> {
            Ok(stdout(program, args)?.lines().next().unwrap_or_default().trim().to_owned())
        };
        let mut facts = vec![("CPU", processor()?), ("kernel", line("uname", &["-srm"])?)];
        for &program in programs {
            facts.push((program, line(program, &["--version"])?));
        }
        Ok(Self { date: line("date", &["--utc", "+%F"])?, facts })
    }

    /// For a terminal.
    pub(crate) fn plain(&self) -> String {
        let width = self.facts.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        let facts = self.facts.iter().map(|(name, value)| format!("  {name:<width$} {value}\n"));
        format!("Measured on {}\n\n", self.date) + &facts.collect::<String>()
    }

    /// For a page.
    pub(crate) fn markdown(&self) -> String {
        let facts = self.facts.iter().map(|(name, value)| format!("| {name} | {value} |\n"));
        format!("Measured on {}:\n\n| | |\n|---|---|\n", self.date) + &facts.collect::<String>()
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
