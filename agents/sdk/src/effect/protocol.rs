//! The steps of an effect, as the parent module's tables have them.

use galley_schemas::fault::Fault;
use galley_schemas::id::EffectKey;
use galley_schemas::report::{Body, Intent, Settlement, Verdict};
use serde_json::Value;

use crate::context::attempt::Attempt;
use crate::context::fate::Dropped;
use crate::effect::latch::Latch;
use crate::effect::{Effect, Effector, Observed};
use crate::faults;

/// Carries an effect out; returns its receipt.
pub(crate) async fn carry_out(
    attempt: &Attempt,
    effect: Effect,
    effector: &dyn Effector,
) -> Result<Value, Fault> {
    attempt.claim("effect", &effect.key)?;
    attempt.note(&effect.summary);
    let Effect { key, target, content, summary } = effect;
    let intent = Intent { key: EffectKey::new(key), target, content, summary };
    let mut latch = Latch::take(attempt, &intent.key).await;
    let effect = Open { attempt, intent, effector };
    let result = tokio::select! {
        biased;
        () = latch.keep() => attempt.fate.end(Dropped::LatchLost).await,
        result = effect.carry_out() => result,
    };
    latch.give_back().await;
    result
}

/// What an intent's verdict permits.
enum Permit {
    Write,
    Done(Value),
    /// An earlier announcement is open: this one.
    AskFirst(Intent),
}

struct Open<'a> {
    attempt: &'a Attempt,
    intent: Intent,
    effector: &'a dyn Effector,
}

impl Open<'_> {
    async fn carry_out(&self) -> Result<Value, Fault> {
        match self.intend().await? {
            Permit::Write => self.write().await,
            Permit::Done(receipt) => Ok(receipt),
            Permit::AskFirst(earlier) => self.reconcile(&earlier).await,
        }
    }

    async fn intend(&self) -> Result<Permit, Fault> {
        let body = Body::EffectIntent { intent: self.intent.clone() };
        match self.attempt.report(body).await {
            Verdict::Accepted => Ok(Permit::Write),
            Verdict::AlreadyDone { receipt } => Ok(Permit::Done(receipt)),
            Verdict::Reconcile { intent } => Ok(Permit::AskFirst(intent)),
            Verdict::Malformed { fault } => Err(fault),
            Verdict::Stale { reason } => self.fenced(reason).await,
        }
    }

    /// An earlier attempt may have written: the target is asked before anything else.
    async fn reconcile(&self, earlier: &Intent) -> Result<Value, Fault> {
        match self.effector.observe().await? {
            Observed::Happened(receipt) => self.done(receipt).await,
            Observed::CannotTell(reason) => self.ask_person(reason).await,
            Observed::DidNotHappen => {
                if *earlier != self.intent {
                    let effect = self.key();
                    tracing::warn!(effect, "an earlier attempt meant to write something else");
                    self.not_done("the target does not have it").await?;
                }
                // Once more, so that a stop during the asking still prevents the write.
                match self.intend().await? {
                    Permit::Write => self.write().await,
                    Permit::Done(receipt) => Ok(receipt),
                    // Open as before, or by this very report, whose answer was lost: under the
                    // latch nobody else announces it, and nothing was written since the asking.
                    Permit::AskFirst(open) if open == self.intent => self.write().await,
                    Permit::AskFirst(_) => Err(faults::still_open(self.key())),
                }
            }
        }
    }

    async fn write(&self) -> Result<Value, Fault> {
        let fault = match self.effector.write().await {
            Ok(receipt) => return self.done(receipt).await,
            Err(fault) => fault,
        };
        if !fault.retryable {
            self.not_done(&fault.message).await?;
            return Err(fault);
        }
        match self.effector.observe().await? {
            Observed::Happened(receipt) => self.done(receipt).await,
            Observed::DidNotHappen => {
                self.not_done(&fault.message).await?;
                Err(fault)
            }
            Observed::CannotTell(reason) => {
                self.ask_person(format!("{}; {reason}", fault.message)).await
            }
        }
    }

    async fn done(&self, receipt: Value) -> Result<Value, Fault> {
        self.settle(Settlement::Done { receipt: receipt.clone() }).await?;
        Ok(receipt)
    }

    async fn not_done(&self, reason: &str) -> Result<(), Fault> {
        self.settle(Settlement::NotDone { reason: reason.to_owned() }).await
    }

    /// The coordinator ends the attempt and asks; nothing is left to do here.
    async fn ask_person(&self, reason: String) -> Result<Value, Fault> {
        self.settle(Settlement::Unknown { reason: reason.clone() }).await?;
        let key = self.key().to_owned();
        self.attempt.fate.end(Dropped::AwaitsPerson { key, reason }).await
    }

    async fn settle(&self, settlement: Settlement) -> Result<(), Fault> {
        let body = Body::EffectSettled { key: self.intent.key.clone(), settlement };
        match self.attempt.report(body).await {
            // Settled before, by this attempt: its verdict was lost on the way.
            Verdict::Accepted | Verdict::AlreadyDone { .. } => Ok(()),
            Verdict::Malformed { fault } => Err(fault),
            Verdict::Reconcile { .. } => Err(faults::verdict_out_of_place("a settled effect")),
            Verdict::Stale { reason } => self.fenced(reason).await,
        }
    }

    async fn fenced(&self, reason: String) -> ! {
        self.attempt.fate.end(Dropped::Fenced { reason }).await
    }

    fn key(&self) -> &str {
        self.intent.key.as_str()
    }
}
