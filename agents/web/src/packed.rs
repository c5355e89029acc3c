//! Unpacking within bounds: what comes out is bounded in bytes and in its ratio to what went in.

use std::io::Read;

/// How many times larger than its packed form honest data may be.
pub(crate) const RATIO_MAX: u64 = 100;
/// Small data may be packed as well as it likes.
pub(crate) const RATIO_FROM_BYTES: u64 = 1024 * 1024;

/// Data that unpacks to more than is taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unpacking {
    /// It is larger than the bound, or than its packed form warrants.
    #[error("it unpacks to more than {bytes_max} bytes")]
    TooLarge {
        /// The bound.
        bytes_max: u64,
    },
    /// It is not packed as it says.
    #[error("it is packed in a way that cannot be read")]
    Broken,
}

/// The most bytes that so many packed bytes may become.
pub(crate) fn most(packed: u64, bytes_max: u64) -> u64 {
    bytes_max.min(packed.saturating_mul(RATIO_MAX).max(RATIO_FROM_BYTES))
}

/// Reads an unpacker to its end, within the bound for what it was made of.
pub(crate) fn read(unpacker: impl Read, packed: u64, bytes_max: u64) -> Result<Vec<u8>, Unpacking> {
    let most = most(packed, bytes_max);
    let mut bytes = Vec::new();
    let taken = unpacker.take(most.saturating_add(1)).read_to_end(&mut bytes);
    let Ok(taken) = taken else { return Err(Unpacking::Broken) };
    if u64::try_from(taken).unwrap_or(u64::MAX) > most {
        return Err(Unpacking::TooLarge { bytes_max: most });
    }
    Ok(bytes)
}

/// Unpacks gzip when that is what the bytes are.
pub(crate) fn gunzipped(bytes: &[u8], bytes_max: u64) -> Result<Option<Vec<u8>>, Unpacking> {
    if !bytes.starts_with(b"\x1f\x8b") {
        return Ok(None);
    }
    let packed = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    read(flate2::read::MultiGzDecoder::new(bytes), packed, bytes_max).map(Some)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn packed(bytes: &[u8]) -> Vec<u8> {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        packer.write_all(bytes).unwrap();
        packer.finish().unwrap()
    }

    #[test]
    fn honest_data_is_unpacked_and_bombs_are_not() {
        let text = b"some text ".repeat(100);
        assert_eq!(gunzipped(&packed(&text), 10_000), Ok(Some(text)));
        assert_eq!(gunzipped(b"plain", 10), Ok(None));
        let zeros = packed(&vec![0; 4 * 1024 * 1024]);
        let too_large = |most| Err(Unpacking::TooLarge { bytes_max: most });
        assert_eq!(gunzipped(&zeros, 1000), too_large(1000));
        assert_eq!(gunzipped(&zeros, 1 << 30), too_large(RATIO_FROM_BYTES));
        assert_eq!(gunzipped(b"\x1f\x8bgarbage", 1000), Err(Unpacking::Broken));
    }
}
