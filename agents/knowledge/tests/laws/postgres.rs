//! Postgres, and what it promises beyond the laws: who may connect, tables that make themselves once,
//! servers that come and go.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use galley_agents_knowledge::{
    ConnectError, Embedder, Entry, Knowledge, Offline, Postgres, PostgresKnowledge, Query,
};
use galley_tests_support::postgres::Server;
use serde_json::json;
use tokio::task::JoinSet;
use tokio_postgres::{NoTls, SimpleQueryMessage};

use crate::laws::{entry, keys};
use crate::place::Place;

/// A database of its own.
pub(crate) struct Database {
    server: Arc<Server>,
    name: String,
}

impl Database {
    async fn on(server: Arc<Server>) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("galley_law_{}_{count}", std::process::id());
        sql(&server.url("galley"), &format!("DROP DATABASE IF EXISTS {name}")).await;
        sql(&server.url("galley"), &format!("CREATE DATABASE {name}")).await;
        Self { server, name }
    }

    fn config(&self) -> Postgres {
        at(&self.server.url(&self.name))
    }

    async fn connect(&self) -> Result<PostgresKnowledge, ConnectError> {
        PostgresKnowledge::connect(&self.config(), Arc::new(Offline)).await
    }

    async fn sql(&self, statements: &str) -> Vec<String> {
        sql(&self.server.url(&self.name), statements).await
    }
}

impl Place for Database {
    async fn make() -> Option<Self> {
        Some(Self::on(Server::shared()?).await)
    }

    async fn open(&self, embedder: Arc<dyn Embedder>) -> Arc<dyn Knowledge> {
        Arc::new(PostgresKnowledge::connect(&self.config(), embedder).await.unwrap())
    }
}

/// Does something in a database, and returns the first column of what comes.
async fn sql(url: &str, statements: &str) -> Vec<String> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    let mut both = JoinSet::new();
    both.spawn(connection);
    let first = |message: &SimpleQueryMessage| {
        let SimpleQueryMessage::Row(row) = message else { return None };
        row.get(0).map(str::to_owned)
    };
    client.simple_query(statements).await.unwrap().iter().filter_map(first).collect()
}

fn at(url: &str) -> Postgres {
    Postgres { url: Some(url.into()), ..Postgres::default() }
}

/// How a connection fails, with nothing of the password in it.
async fn refused(url: &str) -> (String, bool) {
    let error = PostgresKnowledge::connect(&at(url), Arc::new(Offline)).await.unwrap_err();
    let fault = error.fault();
    let told = format!("{fault:?} {error:?}");
    assert!(!told.contains("sesame"), "{told}");
    assert!(!fault.causes.is_empty() && !fault.hint.is_empty(), "{told}");
    (fault.code, fault.retryable)
}

#[tokio::test]
async fn who_cannot_connect_is_told_why_and_never_the_password() {
    let Some(database) = Database::make().await else { return };
    let real = database.server.url(&database.name);
    let (_, host) = real.rsplit_once('@').unwrap();
    let check = async |url: &str, want: (&str, bool)| {
        let (code, retryable) = refused(url).await;
        assert_eq!((code.as_str(), retryable), want, "{url}");
    };
    check(&format!("postgres://galley:open-sesame@{host}"), ("GLY0282", false)).await;
    check(&database.server.url("nowhere"), ("GLY0282", false)).await;
    check("postgres://galley:open-sesame@127.0.0.1:1/galley", ("GLY0281", true)).await;
    check(&format!("{real}?sslmode=require"), ("GLY0283", false)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn tables_are_made_once_however_many_connect_at_once() {
    let Some(database) = Database::make().await.map(Arc::new) else { return };
    let mut all = JoinSet::new();
    for _ in 0..16 {
        let database = Arc::clone(&database);
        all.spawn(async move { database.connect().await.map(drop) });
    }
    while let Some(ended) = all.join_next().await {
        ended.unwrap().unwrap();
    }
    assert_eq!(database.sql("SELECT version FROM knowledge_schema").await, ["1"]);
}

#[tokio::test]
async fn tables_of_a_later_galley_are_left_alone() {
    let Some(database) = Database::make().await else { return };
    drop(database.connect().await.unwrap());
    database.sql("UPDATE knowledge_schema SET version = 7").await;
    let error = database.connect().await.unwrap_err();
    assert!(matches!(error, ConnectError::TooNew { found: 7, known: 1, .. }), "{error}");
    assert_eq!(error.fault().code, "GLY0285");
}

#[tokio::test]
async fn a_user_who_may_make_nothing_can_use_what_is_there() {
    let Some(database) = Database::make().await else { return };
    let memory = database.connect().await.unwrap();
    memory.remember(&[entry("a", "Bees dance")]).await.unwrap();
    let role = format!("{}_reader", database.name);
    let grants = format!(
        "CREATE ROLE {role} LOGIN PASSWORD 'sesame'; REVOKE CREATE ON SCHEMA public FROM PUBLIC;
         GRANT SELECT, INSERT, UPDATE, DELETE ON knowledge_entries, knowledge_vectors TO {role};
         GRANT SELECT ON knowledge_schema TO {role}"
    );
    database.sql(&grants).await;
    let url = database.server.url(&database.name);
    let (_, host) = url.rsplit_once('@').unwrap();
    let config = at(&format!("postgres://{role}:sesame@{host}"));
    let other = PostgresKnowledge::connect(&config, Arc::new(Offline)).await.unwrap();
    other.remember(&[entry("b", "Bees sleep")]).await.unwrap();
    assert_eq!(keys(&other, "bees dance", 5).await, ["a", "b"]);
}

#[tokio::test]
async fn connections_that_were_cut_are_made_again_unnoticed() {
    let Some(database) = Database::make().await else { return };
    let memory = database.connect().await.unwrap();
    for round in 0..5 {
        let key = format!("k{round}");
        memory.remember(&[entry(&key, "Bees dance")]).await.unwrap();
        database
            .sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                 WHERE application_name = 'galley' AND datname = current_database()",
            )
            .await;
        assert_eq!(keys(&memory, "bees", 100).await.len(), round + 1);
    }
}

#[tokio::test]
async fn a_server_that_starts_again_is_found_again_with_all_it_knew() {
    let Some(server) = Server::start().map(Arc::new) else { return };
    if !server.is_own() {
        println!("skipped: a server that was named is not stopped");
        return;
    }
    let database = Database::on(Arc::clone(&server)).await;
    let memory = database.connect().await.unwrap();
    memory.remember(&[entry("a", "Bees dance")]).await.unwrap();
    server.restart();
    assert_eq!(keys(&memory, "dancing bees", 5).await, ["a"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_process_has_no_more_connections_than_it_may() {
    let Some(database) = Database::make().await else { return };
    let config = Postgres { connections_max: 2, ..database.config() };
    let memory = PostgresKnowledge::connect(&config, Arc::new(Offline)).await.unwrap();
    let mut all = JoinSet::new();
    for i in 0..40 {
        let memory = memory.clone();
        all.spawn(async move {
            memory.remember(&[entry(&format!("k{i}"), "Bees dance")]).await.unwrap();
        });
    }
    while let Some(ended) = all.join_next().await {
        ended.unwrap();
    }
    let count = "SELECT count(*) FROM pg_stat_activity
                 WHERE application_name = 'galley' AND datname = current_database()";
    assert_eq!(database.sql(count).await, ["2"]);
}

#[tokio::test]
async fn a_text_is_found_by_the_grammar_of_its_language() {
    let Some(database) = Database::make().await else { return };
    let memory = database.connect().await.unwrap();
    let told = |key: &str, text: &str| Entry { text: text.to_owned(), ..entry(key, "") };
    let entries = [
        told("de", "Die Häuser der alten Städte sind im Winter für die Bewohner oft zu kalt."),
        told("es", "Las naciones pequeñas negocian cada año los precios de la energía."),
        told("en", "The small children were running through the gardens behind the school."),
    ];
    memory.remember(&entries).await.unwrap();
    let languages = database.sql("SELECT language FROM knowledge_entries ORDER BY key").await;
    assert_eq!(languages, ["german", "english", "spanish"]);
    for (question, want) in [("Haus Stadt", "de"), ("nación", "es"), ("run garden", "en")] {
        assert_eq!(keys(&memory, question, 1).await, [want], "{question}");
    }
}

#[tokio::test]
async fn what_is_kept_beside_comes_back_in_order() {
    let Some(database) = Database::make().await else { return };
    let memory = database.connect().await.unwrap();
    let meta = json!({ "z": 1, "a": ["\u{0}", 0.1, null], "m": { "ü": "…" } });
    let one = Entry { meta: meta.clone(), ..entry("a\0b", "Bees\0dance") };
    memory.remember(&[one]).await.unwrap();
    let query = Query { space: "articles".to_owned(), text: "bees".to_owned(), limit: 1 };
    let hit = memory.recall(&query).await.unwrap().remove(0);
    assert_eq!(hit.entry.meta.to_string(), meta.to_string());
    // The one thing that Postgres keeps in no text.
    assert_eq!(hit.entry.title, "Bees\u{fffd}dance");
    memory.forget("articles", "a\0b").await.unwrap();
    assert!(keys(&memory, "bees", 1).await.is_empty());
}
