//! Bodies within bounds: of bytes as they come, of bytes as they unpack, and of the ratio between them.
//! The client does not unpack, because it keeps no ratio.

use bytes::{Bytes, BytesMut};
use flate2::read::MultiGzDecoder;
use reqwest::Response;
use reqwest::header::{CONTENT_ENCODING, HeaderMap};

use crate::packed::{self, Unpacking};

/// Why a body is not taken.
#[derive(Debug, thiserror::Error)]
pub(super) enum BodyError {
    /// More bytes than are taken, packed or unpacked.
    #[error("it is larger than {bytes_max} bytes")]
    TooLarge { bytes_max: u64 },
    /// It is packed in a way that is not read: more than once, or not as it says.
    #[error("the content encoding {encoding:?} is not read")]
    Encoding { encoding: String },
    /// It broke off.
    #[error("it broke off")]
    Broken(#[source] reqwest::Error),
}

/// How a body is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Packing {
    None,
    Gzip,
}

/// Reads a body to its end.
pub(super) async fn whole(mut response: Response, bytes_max: u64) -> Result<Bytes, BodyError> {
    let packing = packing(response.headers())?;
    let (body, is_whole) = start(&mut response, bytes_max).await?;
    if !is_whole {
        return Err(BodyError::TooLarge { bytes_max });
    }
    match packing {
        Packing::None => Ok(body),
        Packing::Gzip => unpacked(body, bytes_max).await,
    }
}

/// Reads a body as far as its bound, and says whether that is all. One that is packed is not read.
pub(super) async fn beginning(mut response: Response, bytes_max: u64) -> Result<Bytes, BodyError> {
    if packing(response.headers())? != Packing::None {
        return whole(response, bytes_max).await;
    }
    Ok(start(&mut response, bytes_max).await?.0)
}

async fn start(response: &mut Response, bytes_max: u64) -> Result<(Bytes, bool), BodyError> {
    let most = usize::try_from(bytes_max).unwrap_or(usize::MAX);
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await.map_err(BodyError::Broken)? {
        let left = most - body.len();
        if chunk.len() > left {
            body.extend_from_slice(chunk.get(..left).unwrap_or_default());
            return Ok((body.freeze(), false));
        }
        body.extend_from_slice(&chunk);
    }
    Ok((body.freeze(), true))
}

/// Unpacking takes its time: other pages are read meanwhile.
async fn unpacked(body: Bytes, bytes_max: u64) -> Result<Bytes, BodyError> {
    let broken = || BodyError::Encoding { encoding: "gzip".to_owned() };
    let packed = u64::try_from(body.len()).unwrap_or(u64::MAX);
    let work = tokio::task::spawn_blocking(move || {
        packed::read(MultiGzDecoder::new(body.as_ref()), packed, bytes_max)
    });
    match work.await {
        Ok(Ok(bytes)) => Ok(bytes.into()),
        Ok(Err(Unpacking::TooLarge { bytes_max })) => Err(BodyError::TooLarge { bytes_max }),
        Ok(Err(Unpacking::Broken)) | Err(_) => Err(broken()),
    }
}

fn packing(headers: &HeaderMap) -> Result<Packing, BodyError> {
    let said: Vec<&[u8]> = headers.get_all(CONTENT_ENCODING).iter().map(|v| v.as_bytes()).collect();
    let said = String::from_utf8_lossy(&said.join(&b", "[..])).to_ascii_lowercase();
    match said.trim() {
        "" | "identity" => Ok(Packing::None),
        "gzip" | "x-gzip" => Ok(Packing::Gzip),
        _ => Err(BodyError::Encoding { encoding: said.chars().take(100).collect() }),
    }
}
