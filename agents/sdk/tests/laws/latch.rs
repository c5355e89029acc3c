//! Two processes have the same attempt: its offer came twice, or its loan ran out. One writes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use futures::stream::BoxStream;
use galley_agents_sdk::{Agent, Config, Context, Effect, Effector, Observed, Ports, Runner};
use galley_bus_core::Unreachable;
use galley_bus_core::kv::{Change, Entry, KeyValue, Put, PutError};
use galley_bus_core::queue::Depth;
use galley_schemas::artifact::Digest;
use galley_schemas::fault::Fault;
use galley_schemas::report::{Body, Settlement, Verdict};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::bench::Bench;

/// A slow target that counts what lands. A write that is dropped before its end does not land.
struct Target {
    takes: Duration,
    began: AtomicU32,
    landed: AtomicU32,
}

impl Target {
    fn slow() -> Arc<Self> {
        let (began, landed) = (AtomicU32::new(0), AtomicU32::new(0));
        Arc::new(Self { takes: Duration::from_secs(40), began, landed })
    }

    fn landed(&self) -> u32 {
        self.landed.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl Effector for Target {
    async fn observe(&self) -> Result<Observed, Fault> {
        Ok(if self.landed() > 0 {
            Observed::Happened(json!("seen"))
        } else {
            Observed::DidNotHappen
        })
    }

    async fn write(&self) -> Result<Value, Fault> {
        self.began.fetch_add(1, Ordering::SeqCst);
        tokio::time::sleep(self.takes).await;
        self.landed.fetch_add(1, Ordering::SeqCst);
        Ok(json!("written"))
    }
}

struct Posts(Arc<Target>);

#[async_trait]
impl Agent for Posts {
    type Input = Value;
    type Output = Value;
    const KIND: &'static str = "posts";
    const SUMMARY: &'static str = "Posts once.";
    const EFFECTS: bool = true;

    async fn run(&self, ctx: &Context, _: Value) -> Result<Value, Fault> {
        let (key, target, summary) = ("post".to_owned(), "site".to_owned(), "post it".to_owned());
        let effect = Effect { key, target, content: Digest::of(b"text"), summary };
        ctx.effect(effect, &*self.0).await
    }
}

/// A coordinator for one effect.
fn ledger() -> impl FnMut(&Body) -> Option<Verdict> + Send + 'static {
    let (mut open, mut done) = (None, None);
    move |body| {
        Some(match body {
            Body::EffectIntent { intent } => match (&done, &open) {
                (Some(receipt), _) => Verdict::AlreadyDone { receipt: Value::clone(receipt) },
                (None, Some(_)) => Verdict::Reconcile { intent: intent.clone() },
                (None, None) => {
                    open = Some(());
                    Verdict::Accepted
                }
            },
            Body::EffectSettled { settlement: Settlement::Done { receipt }, .. } => {
                done = Some(receipt.clone());
                Verdict::Accepted
            }
            Body::EffectSettled { .. } => {
                open = None;
                Verdict::Accepted
            }
            Body::Done { .. } | Body::Failed { .. } | Body::Progress { .. } => Verdict::Accepted,
        })
    }
}

/// Lets one process each work on these ports, until every task is settled.
async fn work(bench: &Bench, target: &Arc<Target>, ports: [Ports; 2]) {
    let stop = CancellationToken::new();
    let mut processes = JoinSet::new();
    for ports in ports {
        let one_each = Config { slots: 1, ..Config::default() };
        let runner = Runner::new(Posts(Arc::clone(target)), ports, one_each, "1");
        processes.spawn(runner.run(stop.clone()));
    }
    while bench.left().await != Depth::default() {
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    stop.cancel();
    while processes.join_next().await.is_some() {}
}

#[tokio::test(start_paused = true)]
async fn of_two_processes_on_one_attempt_one_writes() {
    let bench = Bench::new("posts", ledger()).await;
    let target = Target::slow();
    bench.publish().await;
    bench.publish().await;
    work(&bench, &target, [bench.ports.clone(), bench.ports.clone()]).await;
    assert_eq!((target.landed(), target.began.load(Ordering::SeqCst)), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_process_that_cannot_renew_its_latch_lets_go_of_its_write() {
    let bench = Bench::new("posts", ledger()).await;
    let target = Target::slow();
    bench.publish().await;
    bench.publish().await;
    let kv = Arc::new(PutsOnce { inner: Arc::clone(&bench.ports.kv), puts: AtomicU32::new(0) });
    let cut_off = Ports { kv, ..bench.ports.clone() };
    work(&bench, &target, [cut_off, bench.ports.clone()]).await;
    assert_eq!((target.landed(), target.began.load(Ordering::SeqCst)), (1, 2));
}

/// Buckets of which the journal takes one put: a latch is taken and never renewed.
struct PutsOnce {
    inner: Arc<dyn KeyValue>,
    puts: AtomicU32,
}

#[async_trait]
impl KeyValue for PutsOnce {
    async fn get(&self, bucket: &str, key: &str) -> Result<Option<Entry>, Unreachable> {
        self.inner.get(bucket, key).await
    }

    async fn put(&self, bucket: &str, key: &str, put: Put) -> Result<u64, PutError> {
        if bucket.starts_with("journal_") && self.puts.fetch_add(1, Ordering::SeqCst) > 0 {
            let cause = "cut off".into();
            return Err(Unreachable { what: "put".to_owned(), cause }.into());
        }
        self.inner.put(bucket, key, put).await
    }

    async fn delete(&self, bucket: &str, key: &str) -> Result<(), Unreachable> {
        self.inner.delete(bucket, key).await
    }

    async fn keys(&self, bucket: &str, prefix: &str) -> Result<Vec<String>, Unreachable> {
        self.inner.keys(bucket, prefix).await
    }

    async fn watch(
        &self,
        bucket: &str,
        prefix: &str,
    ) -> Result<BoxStream<'static, Change>, Unreachable> {
        self.inner.watch(bucket, prefix).await
    }
}
