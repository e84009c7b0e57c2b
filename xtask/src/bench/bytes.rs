//! What a site adds to the code that runs while nobody watches, read from the disassembly: the functions in
//! `benches/peers` that hold one site each are walked from their entry to their `ret`, with the semaphore at zero.

use anyhow::{Context, Result, bail};

use super::peers::{Case, Peers};
use super::tools::{progress, stdout};

/// What one site costs in code.
pub(super) struct Hot {
    pub(super) peer: String,
    pub(super) kind: String,
    /// Instructions on the way, and their bytes; the `ret` isn't counted.
    pub(super) instructions: usize,
    pub(super) bytes: usize,
    /// Whether the way leads over a jump that is taken.
    pub(super) jumps: bool,
    /// Bytes of the function that are not on the way: they stand among the hot code all the same.
    pub(super) beside: usize,
}

pub(super) fn measure(peers: &Peers) -> Result<Vec<Hot>> {
    progress("reading the disassembly");
    let program = peers.program.to_string_lossy();
    let text = stdout("objdump", ["--disassemble", "--demangle", "--insn-width=16", &program])?;
    let cases = peers.cases()?;
    let probes = cases.iter().filter(|case| !case.peer.starts_with("empty"));
    probes.map(|case| hot(case, &text).with_context(|| case.symbol.clone())).collect()
}

fn hot(case: &Case, disassembly: &str) -> Result<Hot> {
    let code = function(disassembly, &case.symbol).context("not in the disassembly")?;
    let Path { instructions, bytes, jumps } = walk(&code)?;
    let all: usize = code.iter().map(|instruction| instruction.bytes).sum();
    // One byte is the `ret`.
    let beside = all.saturating_sub(bytes + 1);
    Ok(Hot { peer: case.peer.clone(), kind: case.kind.clone(), instructions, bytes, jumps, beside })
}

#[derive(Debug)]
struct Instruction {
    address: u64,
    bytes: usize,
    name: String,
    /// Where it jumps to.
    target: Option<u64>,
}

/// The instructions of one function, without the padding behind it.
fn function(disassembly: &str, symbol: &str) -> Option<Vec<Instruction>> {
    let heading = format!(" <{symbol}>:\n");
    let start = disassembly.find(&heading)? + heading.len();
    let body = disassembly.get(start..)?;
    let lines = body.lines().take_while(|line| !line.is_empty());
    let mut code: Vec<Instruction> = lines.filter_map(instruction).collect();
    let last = code.iter().rposition(|instruction| !is_padding(&instruction.name))?;
    code.truncate(last + 1);
    Some(code)
}

fn is_padding(name: &str) -> bool {
    name == "int3" || name == "xchg" || name.starts_with("nop") || name == "cs" || name == "data16"
}

/// The address, the bytes and the text of one instruction, with tabs between them.
fn instruction(line: &str) -> Option<Instruction> {
    let mut columns = line.split('\t');
    let address = u64::from_str_radix(columns.next()?.trim().strip_suffix(':')?, 16).ok()?;
    let bytes = columns.next()?.split_whitespace().count();
    let mut words = columns.next()?.split_whitespace();
    let name = words.next()?.to_owned();
    let target = words.next().and_then(|word| u64::from_str_radix(word, 16).ok());
    Some(Instruction { address, bytes, name, target })
}

#[derive(Debug, PartialEq)]
struct Path {
    instructions: usize,
    bytes: usize,
    jumps: bool,
}

/// From the first instruction to the `ret`. Each comparison is one of the semaphore with zero, and they are equal.
fn walk(code: &[Instruction]) -> Result<Path> {
    let mut path = Path { instructions: 0, bytes: 0, jumps: false };
    let mut next = 0;
    for _ in code {
        let instruction = code.get(next).context("the way leaves the function")?;
        let jump = match instruction.name.as_str() {
            "ret" => return Ok(path),
            "je" | "jmp" => true,
            "jne" => false,
            name if name.starts_with('j') => bail!("don't know where `{name}` goes"),
            _ => false,
        };
        path.instructions += 1;
        path.bytes += instruction.bytes;
        path.jumps |= jump;
        next = match instruction.target.filter(|_| jump) {
            Some(target) => {
                code.iter().position(|other| other.address == target).context("a jump out of it")?
            }
            None => next + 1,
        };
    }
    bail!("no `ret` on the way")
}

#[cfg(test)]
mod tests {
    use super::*;

    const DISASSEMBLY: &str = "
0000000000038ec0 <usdt::two>:
   38ec0:\t48 8b 05 51 ab 04 00 \tmov    0x4ab51(%rip),%rax        # 83d20 <_DYNAMIC+0x3b0>
   38ec7:\t66 83 38 00          \tcmpw   $0x0,(%rax)
   38ecb:\t74 04                \tje     38ed1 <usdt::two+0x11>
   38ecd:\t48 63 f6             \tmovslq %esi,%rsi
   38ed0:\t90                   \tnop
   38ed1:\tc3                   \tret
   38ed2:\tcc                   \tint3

0000000000038f00 <other>:
";

    #[test]
    fn the_way_of_a_disabled_site_is_walked() {
        let code = function(DISASSEMBLY, "usdt::two").expect("it is there");
        assert_eq!(code.len(), 6);
        assert_eq!(walk(&code).expect("it has a ret"), Path { instructions: 3, bytes: 13, jumps: true });
    }

    #[test]
    fn a_function_that_is_missing_is_no_function() {
        assert!(function(DISASSEMBLY, "nobody").is_none());
    }
}
