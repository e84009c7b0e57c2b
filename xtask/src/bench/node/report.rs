//! The figures as tables, and as the part of `docs/benchmarks.md` that is about Node.

use super::super::goals::{self, Goal};
use super::super::machine::Machine;
use super::super::page::NODE;
use super::{Measured, Row};
use crate::table::Table;

pub(super) struct Report {
    machine: Machine,
    tables: Vec<Table>,
}

const INTRODUCTION: &str = "\
What a probe costs in JavaScript. `cargo xtask bench node --write` measures it anew and writes this part of the page.

The peer is `dtrace-provider` 0.8.8, installed without its install script; on Linux it is a stub that does nothing, with the
script too. The package `usdt`, which was built on libstapsdt, is not published any more, so it is not compared.

While nobody watches, V8 decides what a call costs: it compiles a function for all that it has been called with. So each row
has processes of its own, which take turns, and in them a loop that does nothing but this call. **The fastest round is
what counts**; how fast a process can be also depends on where its code and data happen to lie, which is what the median
shows. Empty functions and stubs vanish from such a loop altogether, and what V8 has to check before any call leaves it
with them. *above* is the distance to the row that stands first among its like.

While bpftrace watches, all rows run in one process, in turns, each round in another order. They are compared with a loop
in the native part that fires the same probe of the same image through the same stub, with values of the same types: so
*above* is the price of JavaScript, and the rest is the trap. Every firing was counted, or there would be no table. While the
recorder runs the same rows are measured in the same way, without a trap.
";

const DISABLED: &str = "Nanoseconds a call while nobody watches. *Watched before* is what was watched for 1000 firings: V8 then \
                        knows code that it had left out. *At one place* are probes that take turns where V8 can't know which \
                        one comes.";

const ATTACHED: &str =
    "Nanoseconds a firing while bpftrace counts it, attached by path. A text has 64 bytes.";

const RECORDED: &str = "Nanoseconds a firing while the recorder runs and nobody traces. A text has 64 bytes, all of which are kept.";

impl Report {
    pub(super) fn new(machine: Machine, measured: &[Measured]) -> Self {
        let tables = [
            table("While nobody watches", DISABLED, measured, |node| &node.disabled, 2),
            table("While bpftrace counts", ATTACHED, measured, |node| &node.attached, 0),
            table("While it is recorded", RECORDED, measured, |node| &node.recorded, 0),
        ];
        let goals: Vec<Goal> = measured.iter().flat_map(goals_of).collect();
        let tables = goals::table("Goals in Node", &goals).into_iter().chain(tables).collect();
        Self { machine, tables }
    }

    pub(super) fn plain(&self) -> String {
        self.machine.plain() + &self.tables.iter().map(Table::plain).collect::<String>()
    }

    pub(super) fn markdown(&self) -> String {
        let head = format!("{NODE}\n{INTRODUCTION}\n{}", self.machine.markdown());
        self.tables.iter().map(Table::markdown).fold(head, |page, table| page + "\n" + &table)
    }
}

fn goals_of(node: &Measured) -> Vec<Goal> {
    let goals = |rows: &[Row], when: &str, digits: usize| -> Vec<Goal> {
        rows.iter().filter_map(|row| goal(&node.version, row, when, digits)).collect()
    };
    let mut all = goals(&node.disabled, "disabled", 2);
    all.extend(goals(&node.attached, "attached", 0));
    all
}

fn goal(version: &str, row: &Row, when: &str, digits: usize) -> Option<Goal> {
    let Row { name, base: Some(base), goal: Some(goal), above: Some(above), min, .. } = row else {
        return None;
    };
    let promise = format!("Node {version}, {when}, {name}: at most {goal} ns above {base}");
    let measured = format!("{min:.digits$} ns: {above:.digits$} ns above");
    Some(Goal::new(promise, measured, above <= goal))
}

fn table(
    title: &'static str,
    note: &'static str,
    measured: &[Measured],
    rows_of: impl Fn(&Measured) -> &[Row],
    digits: usize,
) -> Table {
    let cells = |version: &str, row: &Row| {
        let figure = |value: f64| format!("{value:.digits$}");
        let above = row.above.map(figure).unwrap_or_default();
        vec![
            version.to_owned(),
            row.name.clone(),
            figure(row.min),
            figure(row.median),
            figure(row.p90),
            above,
        ]
    };
    let rows = measured.iter().flat_map(|node| rows_of(node).iter().map(|row| cells(&node.version, row)));
    Table { title, note, head: vec!["Node", "", "ns", "median", "p90", "above"], rows: rows.collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(name: &str, base: Option<&str>, goal: Option<f64>, min: f64, above: Option<f64>) -> Row {
        Row { name: name.to_owned(), base: base.map(str::to_owned), goal, above, min, median: 2.0, p90: 3.0 }
    }

    #[test]
    fn a_goal_is_about_the_distance() {
        let verdict = |above| {
            goal("20.1.0", &row("f()", Some("g()"), Some(1.0), 1.5, Some(above)), "disabled", 2)
                .map(|goal| (goal.promise, goal.measured, goal.kept))
        };
        let promise = "Node 20.1.0, disabled, f(): at most 1 ns above g()".to_owned();
        assert_eq!(verdict(1.0), Some((promise.clone(), "1.50 ns: 1.00 ns above".to_owned(), true)));
        assert_eq!(verdict(1.01), Some((promise, "1.50 ns: 1.01 ns above".to_owned(), false)));
    }

    #[test]
    fn what_has_no_goal_makes_none() {
        assert!(goal("20.1.0", &row("g()", None, None, 1.0, None), "disabled", 2).is_none());
        assert!(goal("20.1.0", &row("f()", Some("g()"), None, 1.0, Some(0.5)), "disabled", 2).is_none());
    }

    #[test]
    fn each_node_has_its_rows() {
        let measured = ["20.1.0", "22.1.0"].map(|version| Measured {
            version: version.to_owned(),
            disabled: vec![row("f()", None, None, 1.234, None)],
            attached: vec![],
            recorded: vec![],
        });
        let table = table("", "", &measured, |node| &node.disabled, 2);
        let rows = ["20.1.0", "22.1.0"].map(|version| vec![version, "f()", "1.23", "2.00", "3.00", ""]);
        assert_eq!(table.rows, rows);
    }
}
