//! One record of the log: how it is written, and what the bytes at a place of the log are.
//!
//! | bytes | content |
//! |---|---|
//! | 4 | length of the key |
//! | 4 | length of the value, or [`DELETED`] |
//! | 4 | CRC-32 of key and value |
//! | 4 | CRC-32 of the 12 bytes before |
//! | … | the key, the value |
//!
//! Numbers are little-endian. The header has a checksum of its own so that a damaged length is told from a record that a
//! crash cut short: the one is an error, the other is expected.

/// Size of what stands before the key.
pub(super) const HEADER: usize = 16;

/// The length of a value that says that the key has none from here on.
const DELETED: u32 = u32::MAX;

/// What stands at a place of the log.
#[derive(Debug, PartialEq)]
pub(super) enum Found<'log> {
    /// A whole record, `len` bytes long.
    Record { key: &'log str, value: Option<&'log [u8]>, len: usize },
    /// Nothing: the log ends here.
    End,
    /// A record that was not written to its end; nothing follows it.
    Torn,
    /// Something that this program didn't write.
    Damaged,
}

/// The record that sets `key` to `value`, or removes it; `None` if one of them has more than 4 GiB.
pub(super) fn encode(key: &str, value: Option<&[u8]>) -> Option<Vec<u8>> {
    let value_len = match value {
        Some(value) => u32::try_from(value.len()).ok().filter(|&len| len != DELETED)?,
        None => DELETED,
    };
    let value = value.unwrap_or_default();
    let mut record = Vec::with_capacity(HEADER + key.len() + value.len());
    record.extend(u32::try_from(key.len()).ok()?.to_le_bytes());
    record.extend(value_len.to_le_bytes());
    record.extend(crc32(&[key.as_bytes(), value]).to_le_bytes());
    record.extend(crc32(&[&record]).to_le_bytes());
    record.extend_from_slice(key.as_bytes());
    record.extend_from_slice(value);
    Some(record)
}

/// What `log`, the rest of a log from some record on, begins with.
pub(super) fn decode(log: &[u8]) -> Found<'_> {
    if log.is_empty() {
        return Found::End;
    }
    let Some((header, rest)) = log.split_at_checked(HEADER) else { return Found::Torn };
    let word = |n: usize| u32::from_le_bytes([header[n], header[n + 1], header[n + 2], header[n + 3]]);
    if crc32(&[&header[..12]]) != word(12) {
        // A file system may have made the file longer without writing to it.
        return if log.iter().all(|&byte| byte == 0) { Found::Torn } else { Found::Damaged };
    }
    let (key_len, value_len) = (word(0) as usize, word(4));
    let body_len = key_len + if value_len == DELETED { 0 } else { value_len as usize };
    let Some((body, after)) = rest.split_at_checked(body_len) else { return Found::Torn };
    if crc32(&[body]) != word(8) {
        return if after.is_empty() { Found::Torn } else { Found::Damaged };
    }
    let (key, value) = body.split_at(key_len);
    let Ok(key) = std::str::from_utf8(key) else { return Found::Damaged };
    Found::Record { key, value: (value_len != DELETED).then_some(value), len: HEADER + body_len }
}

/// CRC-32 (IEEE 802.3) of the parts, one after the other.
fn crc32(parts: &[&[u8]]) -> u32 {
    let bytes = parts.iter().copied().flatten();
    !bytes.fold(!0, |crc, byte| TABLE[usize::from(crc.to_le_bytes()[0] ^ byte)] ^ (crc >> 8))
}

const TABLE: [u32; 256] = {
    let mut table = [0; 256];
    let mut n = 0;
    while n < 256 {
        // n is below 256.
        #[allow(clippy::cast_possible_truncation)]
        let mut crc = n as u32;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 1 == 1 { 0xedb8_8320 ^ (crc >> 1) } else { crc >> 1 };
            bit += 1;
        }
        table[n] = crc;
        n += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_the_known_one() {
        assert_eq!(crc32(&[b"1234", b"56789"]), 0xcbf4_3926);
    }

    #[test]
    fn what_was_written_is_read() {
        for value in [None, Some(&b""[..]), Some(b"value")] {
            let mut log = encode("key", value).unwrap();
            let len = log.len();
            log.extend(b"the next record");
            assert_eq!(decode(&log), Found::Record { key: "key", value, len });
        }
    }

    #[test]
    fn cut_anywhere_it_is_torn() {
        let record = encode("key", Some(b"value")).unwrap();
        assert_eq!(decode(&[]), Found::End);
        for len in 1..record.len() {
            assert_eq!(decode(&record[..len]), Found::Torn, "{len} bytes");
        }
        assert_eq!(decode(&[0; 100]), Found::Torn);
    }

    #[test]
    fn changed_anywhere_before_another_record_it_is_damaged() {
        let record = encode("key", Some(b"value")).unwrap();
        for at in 0..record.len() {
            let mut log = [&record[..], &record].concat();
            log[at] ^= 4;
            assert_eq!(decode(&log), Found::Damaged, "byte {at}");
        }
    }
}
