//! The laws of [`galley_bus_core::calls::Calls`].

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::stream::BoxStream;
use futures::{FutureExt as _, StreamExt as _};
use galley_bus_core::BoxError;
use galley_bus_core::calls::{Call, CallError};
use galley_bus_core::topology;
use tokio::task::JoinSet;

use crate::{Harness, NEVER, Outcome, SOON};

const SUBJECT: &str = "galley.report.research";

/// Answers every request with itself and a name, and counts them.
async fn echo(mut calls: BoxStream<'static, Call>, name: &'static str) -> usize {
    let mut count = 0;
    while let Some(call) = calls.next().await {
        count += 1;
        let answer = format!("{} by {name}", String::from_utf8_lossy(&call.payload));
        // A caller that has gone wants no answer.
        drop(call.reply.send(Bytes::from(answer)));
        if call.payload.as_ref() == b"end" {
            break;
        }
    }
    count
}

/// A request reaches one server, of however many serve its subject.
pub async fn a_request_is_answered_by_one_server<H: Harness>() -> Outcome {
    let harness = H::open(topology::streams()).await?;
    let calls = harness.bus().calls;
    let mut servers = JoinSet::new();
    for name in ["a", "b"] {
        servers.spawn(echo(calls.serve(SUBJECT).await?, name));
    }
    for number in 0..50 {
        let answer = calls.call(SUBJECT, Bytes::from(number.to_string()), SOON).await?;
        let answer = String::from_utf8_lossy(&answer).into_owned();
        assert!(answer.starts_with(&format!("{number} by ")), "{answer}");
    }
    let mut served = 0;
    while !servers.is_empty() {
        calls.call(SUBJECT, Bytes::from_static(b"end"), SOON).await?;
        served += servers.join_next().await.transpose()?.unwrap_or(0);
    }
    assert_eq!(served, 52);
    Ok(())
}

/// A reply reaches only its caller.
pub async fn a_reply_reaches_its_caller_only<H: Harness>() -> Outcome {
    let harness = H::open(topology::streams()).await?;
    let calls = harness.bus().calls;
    let mut tasks = JoinSet::new();
    tasks.spawn(echo(calls.serve(SUBJECT).await?, "a").map(|_| Ok::<_, BoxError>(())));
    let mut callers = JoinSet::new();
    for number in 0..64 {
        let calls = Arc::clone(&calls);
        callers.spawn(async move {
            let answer = calls.call(SUBJECT, Bytes::from(number.to_string()), SOON).await?;
            assert_eq!(answer, Bytes::from(format!("{number} by a")));
            Ok::<_, CallError>(())
        });
    }
    while let Some(ended) = callers.join_next().await {
        ended??;
    }
    Ok(())
}

/// Nobody serves it now: before anybody did, and after the last one ended.
pub async fn a_subject_that_nobody_serves_is_refused_at_once<H: Harness>() -> Outcome {
    let harness = H::open(topology::streams()).await?;
    let calls = harness.bus().calls;
    let refused = calls.call(SUBJECT, Bytes::new(), SOON).await;
    assert!(matches!(refused, Err(CallError::NoResponder { .. })), "{refused:?}");
    let server = calls.serve(SUBJECT).await?;
    let other = calls.call("galley.report.other", Bytes::new(), SOON).await;
    assert!(matches!(other, Err(CallError::NoResponder { .. })), "{other:?}");
    drop(server);
    let refused = match calls.call(SUBJECT, Bytes::new(), NEVER).await {
        // The request crossed the end of its server: the caller asks again.
        Err(CallError::Timeout { .. }) => calls.call(SUBJECT, Bytes::new(), SOON).await,
        answered => answered,
    };
    assert!(matches!(refused, Err(CallError::NoResponder { .. })), "{refused:?}");
    Ok(())
}

/// Whether the server never looks, or drops the request.
pub async fn a_request_without_an_answer_times_out<H: Harness>() -> Outcome {
    let harness = H::open(topology::streams()).await?;
    let calls = harness.bus().calls;
    let mut server = calls.serve(SUBJECT).await?;
    let asked = calls.call(SUBJECT, Bytes::new(), NEVER).await;
    let Err(CallError::Timeout { wait: NEVER, .. }) = asked else {
        return Err(format!("expected a timeout, got {asked:?}").into());
    };
    // The one that timed out, then the one that is dropped.
    drop(server.next().await);
    let (asked, _) = tokio::join!(calls.call(SUBJECT, Bytes::new(), NEVER), server.next());
    assert!(matches!(asked, Err(CallError::Timeout { .. })), "{asked:?}");
    Ok(())
}

/// At most 1,024 requests wait unread at one server.
pub async fn a_server_has_a_bounded_number_unread<H: Harness>() -> Outcome {
    let harness = H::open(topology::streams()).await?;
    let calls = harness.bus().calls;
    let mut server = calls.serve(SUBJECT).await?;
    let mut callers = JoinSet::new();
    for _ in 0..1_100 {
        let calls = Arc::clone(&calls);
        callers.spawn(async move {
            calls.call(SUBJECT, Bytes::new(), Duration::from_millis(500)).await
        });
    }
    while let Some(ended) = callers.join_next().await {
        let ended = ended?;
        assert!(matches!(ended, Err(CallError::Timeout { .. })), "{ended:?}");
    }
    let mut unread = 0;
    while tokio::time::timeout(NEVER, server.next()).await.is_ok_and(|call| call.is_some()) {
        unread += 1;
    }
    assert!(unread <= 1_024, "{unread} waited");
    Ok(())
}
