//! Text that may be the operands of a note: nothing panics, and what is wrong is a part of the text.
//!
//! `seeds/operands` holds what compilers write on each architecture.
#![no_main]

use libfuzzer_sys::fuzz_target;
use usdt_core::model::Architecture;
use usdt_core::stapsdt::operand::{parse, width};

fuzz_target!(|text: &str| {
    for architecture in Architecture::ALL {
        for operand in parse(text, architecture) {
            match operand {
                Ok(operand) => assert!(matches!(operand.width.bytes, 1 | 2 | 4 | 8)),
                Err(error) => {
                    assert!(text.contains(&error.operand), "{error}");
                    let _ = width(&error.operand);
                }
            }
        }
    }
});
