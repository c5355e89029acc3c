//! TLS and SASL SCRAM from files, and rights by lists.

use std::sync::Arc;
use std::time::Duration;

use galley_bus_core::feedback::{DeliverError, FeedbackSource as _, FeedbackTopic as _};
use galley_bus_kafka::{Config, KafkaSource, KafkaTopic, Mechanism, Sasl, Tls, admin};
use galley_schemas::subject::FEEDBACK_TOPIC;

use crate::broker::{Broker, Speech};
use crate::stories::by_id;
use crate::topic::{Kept, read, some_parcels};

fn as_user(broker: &Broker, user: &str, password_of: &str) -> Config {
    let sasl = Sasl {
        user: user.to_owned(),
        password_file: broker.path().join(format!("{password_of}.password")),
        mechanism: Mechanism::ScramSha512,
    };
    let tls = Tls { ca_file: Some(broker.path().join("tls/ca.pem")), ..Tls::default() };
    Config { tls: Some(tls), sasl: Some(sasl), ..broker.config(FEEDBACK_TOPIC) }
}

async fn refusal(config: Config) -> String {
    let parcels = some_parcels(1).await;
    match KafkaTopic::new(config).unwrap().deliver(&parcels).await {
        Err(DeliverError::Unreachable(error)) => format!("{:?}", error.cause),
        other => panic!("delivered: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_role_has_its_rights_and_no_more() {
    let Some(broker) = Broker::start(Speech::Secure) else { return };
    let admin = as_user(&broker, "admin", "admin");
    admin::apply(&admin, &admin::plan(&admin).await.unwrap()).await.unwrap();
    assert_eq!(admin::plan(&admin).await.unwrap(), []);

    let (relay, learner) =
        (as_user(&broker, "relay", "relay"), as_user(&broker, "learner", "learner"));
    let parcels = some_parcels(2).await;
    let topic = KafkaTopic::new(relay.clone()).unwrap();
    topic.check().await.unwrap();
    topic.deliver(&parcels).await.unwrap();
    let read = read(&learner, &Arc::new(Kept::default()), parcels.len()).await;
    assert_eq!(by_id(&read).0.len(), parcels.len());

    // The learner may not write, the relay may not read, a stranger may do nothing.
    let refused = refusal(learner).await;
    assert!(refused.contains("Refused"), "{refused}");
    let mut reader = KafkaSource::new(relay).open(Arc::new(Kept::default())).await.unwrap();
    let refused = loop {
        match reader.next(10, Duration::from_secs(5)).await {
            Ok(batch) => assert!(batch.received.is_empty(), "the relay may read"),
            Err(error) => break format!("{:?}", error.cause),
        }
    };
    assert!(refused.contains("Refused"), "{refused}");
    reader.close().await;
    let stranger = as_user(&broker, "stranger", "stranger");
    let topic = KafkaTopic::new(stranger).unwrap();
    assert_eq!(topic.check().await.unwrap_err().fault().code, "GLY0253");

    // A wrong password, and a broker whose certificate nobody here vouches for.
    let wrong = as_user(&broker, "relay", "stranger");
    let error = admin::plan(&wrong).await.unwrap_err().fault();
    assert_eq!(error.code, "GLY0252", "{error:?}");
    let mut unknown = as_user(&broker, "relay", "relay");
    unknown.tls = Some(Tls::default());
    let error = admin::plan(&unknown).await.unwrap_err().fault();
    assert_eq!(error.code, "GLY0252", "{error:?}");
}
