//! What the handler writes down of a firing: a record of a fixed size, and a piece of memory for texts.
//!
//! # Safety
//!
//! `unsafe` is here to read bytes of which only this file knows that they were written.
#![allow(unsafe_code)]

use std::mem::MaybeUninit;

use usdt_core::model::MAX_OPERANDS;

use super::breakpoint::Breakpoint;
use crate::decode;
use crate::machine::{Fetched, Memory};

/// A firing.
#[derive(Clone, Copy)]
pub(super) struct Record {
    pub(super) breakpoint: &'static Breakpoint,
    /// Nanoseconds of the monotonic clock.
    pub(super) time: u64,
    pub(super) pid: u32,
    pub(super) tid: u32,
    pub(super) cpu: u32,
    /// What the operands were, as many as the site has.
    pub(super) operands: [decode::Operand; MAX_OPERANDS],
    /// What they point at.
    pub(super) pieces: Pieces,
}

/// A piece of memory that was copied.
#[derive(Clone, Copy, Default)]
struct Piece {
    address: u64,
    start: usize,
    end: usize,
}

/// The pieces of a record.
#[derive(Clone, Copy, Default)]
pub(super) struct Pieces {
    all: [Piece; MAX_OPERANDS],
    count: usize,
}

/// Where a record's pieces are copied to.
pub(super) struct Room<'a> {
    bytes: &'a mut [MaybeUninit<u8>],
    used: usize,
    pieces: Pieces,
}

impl<'a> Room<'a> {
    pub(super) fn new(bytes: &'a mut [MaybeUninit<u8>]) -> Room<'a> {
        Room { bytes, used: 0, pieces: Pieces::default() }
    }

    /// Keeps what `copy` puts into the free part, of which it may use a share: the others want some too. It says how many
    /// bytes it has used. Where there is no room nothing is kept.
    pub(super) fn keep(
        &mut self,
        address: u64,
        share: usize,
        copy: impl FnOnce(&mut [MaybeUninit<u8>]) -> usize,
    ) {
        let free = &mut self.bytes[self.used..];
        let share = share.min(free.len());
        if share == 0 {
            return;
        }
        let used = copy(&mut free[..share]).min(share);
        if let Some(piece) = self.pieces.all.get_mut(self.pieces.count) {
            *piece = Piece { address, start: self.used, end: self.used + used };
            self.pieces.count += 1;
            self.used += used;
        }
    }

    /// How many bytes are free.
    pub(super) fn free(&self) -> usize {
        self.bytes.len() - self.used
    }

    pub(super) fn pieces(&self) -> Pieces {
        self.pieces
    }
}

/// The memory of a firing: what was copied of it.
pub(super) struct Copied<'a> {
    pub(super) record: &'a Record,
    pub(super) bytes: &'a [MaybeUninit<u8>],
}

impl Copied<'_> {
    /// The longest piece that begins at an address.
    fn piece(&self, address: u64) -> Option<Piece> {
        let pieces = &self.record.pieces;
        let own = pieces.all[..pieces.count].iter().filter(|piece| piece.address == address);
        own.max_by_key(|piece| piece.end - piece.start).copied()
    }
}

impl Memory for Copied<'_> {
    fn at_hand(&self, address: u64) -> &[u8] {
        let Some(Piece { start, end, .. }) = self.piece(address) else { return &[] };
        let bytes = &self.bytes[start..end];
        // SAFETY: `Room::keep` was told that these bytes were written.
        unsafe { std::slice::from_raw_parts(bytes.as_ptr().cast(), bytes.len()) }
    }

    fn read(&self, address: u64, _: &mut [u8]) -> Result<Fetched, &'static str> {
        Err(if self.piece(address).is_some() { "not mapped" } else { "no room was left for it" })
    }
}
