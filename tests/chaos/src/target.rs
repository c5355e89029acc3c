//! The outside world that agents write to: a web server of this process that counts every write that
//! lands. It is truthful: what it says of a write is so, or it says that it cannot tell.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::get;
use galley_schemas::id::{GoalId, TaskId};
use galley_schemas::subject::key_part;
use galley_tests_support::dice::Dice;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// How long a write takes.
const WRITE: (Duration, Duration) = (Duration::from_millis(2), Duration::from_millis(60));
/// How long a slow one takes, and how many of a thousand are slow: enough of them that processes are
/// killed in the middle of one.
const SLOW: (Duration, Duration) = (Duration::from_millis(300), Duration::from_millis(2_500));
const SLOW_PERMILLE: u32 = 250;
/// How many of a thousand writes land without an answer, do not land, and are refused.
const UNHEARD_PERMILLE: u32 = 40;
const LOST_PERMILLE: u32 = 40;
const REFUSED_PERMILLE: u32 = 5;
/// How many of a thousand questions are not answered, and answered with a shrug.
const SILENT_PERMILLE: u32 = 30;
const SHRUG_PERMILLE: u32 = 60;
/// How long a client waits: longer than any write takes.
const PATIENCE: Duration = Duration::from_secs(8);

/// What it is called in logs.
pub(crate) const NAME: &str = "chaos target";

/// What tells a write from all others.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key(String);

impl Key {
    pub(crate) fn new(goal: &GoalId, task: &TaskId, effect: &str) -> Self {
        Self(format!("{goal}/{}/{}", key_part(task.as_str()), key_part(effect)))
    }

    /// As the path of an address, without the first slash.
    pub(crate) fn path(&self) -> &str {
        &self.0
    }
}

/// What the target says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    Has,
    HasNot,
    CannotTell,
    Refuses,
    Silent,
}

/// The outside world, from outside.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) host: String,
    world: Arc<World>,
    /// Ends when this is dropped.
    _serving: JoinSet<()>,
}

/// What it counted.
#[derive(Debug, Clone, Default)]
pub(crate) struct Counted {
    /// How often each write landed.
    pub(crate) landed: BTreeMap<Key, u32>,
    /// Requests to write.
    pub(crate) writes: u64,
    /// Requests to look.
    pub(crate) looks: u64,
}

#[derive(Debug)]
struct World {
    counted: Mutex<Counted>,
    dice: Mutex<Dice>,
    /// Writes on their way: they land whatever becomes of who sent them.
    on_their_way: Mutex<JoinSet<()>>,
}

impl Target {
    pub(crate) async fn start(dice: Dice) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let host = listener.local_addr()?.to_string();
        let world = Arc::new(World {
            counted: Mutex::default(),
            dice: Mutex::new(dice),
            on_their_way: Mutex::default(),
        });
        let router = Router::new()
            .route("/{goal}/{task}/{effect}", get(looked).post(written))
            .with_state(Arc::clone(&world));
        let mut serving = JoinSet::new();
        serving.spawn(async move { drop(axum::serve(listener, router).await) });
        Ok(Self { host, world, _serving: serving })
    }

    /// What it counted so far.
    pub(crate) fn counted(&self) -> Counted {
        lock(&self.world.counted).clone()
    }

    /// How often a write landed.
    pub(crate) fn count(&self, key: &Key) -> u32 {
        lock(&self.world.counted).landed.get(key).copied().unwrap_or(0)
    }
}

type Place = Path<(String, String, String)>;

fn key(Path((goal, task, effect)): Place) -> Key {
    Key(format!("{goal}/{task}/{effect}"))
}

async fn looked(State(world): State<Arc<World>>, place: Place) -> StatusCode {
    let (silent, shrugs) = {
        let mut dice = lock(&world.dice);
        (dice.permille(SILENT_PERMILLE), dice.permille(SHRUG_PERMILLE))
    };
    let mut counted = lock(&world.counted);
    counted.looks += 1;
    match counted.landed.contains_key(&key(place)) {
        _ if silent => StatusCode::SERVICE_UNAVAILABLE,
        _ if shrugs => StatusCode::CONFLICT,
        true => StatusCode::OK,
        false => StatusCode::NOT_FOUND,
    }
}

async fn written(State(world): State<Arc<World>>, place: Place) -> StatusCode {
    let key = key(place);
    lock(&world.counted).writes += 1;
    let (takes, unheard, lost, refused) = {
        let mut dice = lock(&world.dice);
        let (least, most) = if dice.permille(SLOW_PERMILLE) { SLOW } else { WRITE };
        let takes = dice.between(least, most);
        let mut strikes = |share| dice.permille(share);
        (takes, strikes(UNHEARD_PERMILLE), strikes(LOST_PERMILLE), strikes(REFUSED_PERMILLE))
    };
    if refused {
        return StatusCode::UNPROCESSABLE_ENTITY;
    }
    if lost {
        return StatusCode::SERVICE_UNAVAILABLE;
    }
    let (landed, heard) = tokio::sync::oneshot::channel();
    let landing = Arc::clone(&world);
    lock(&world.on_their_way).spawn(async move {
        tokio::time::sleep(takes).await;
        *lock(&landing.counted).landed.entry(key).or_default() += 1;
        // Nobody may be there any more to hear of it.
        landed.send(()).unwrap_or_default();
    });
    drop(heard.await);
    if unheard { StatusCode::GATEWAY_TIMEOUT } else { StatusCode::OK }
}

/// Writes.
pub(crate) async fn write(host: &str, key: &Key) -> io::Result<Answer> {
    ask(host, "POST", key).await
}

/// Asks whether a write landed.
pub(crate) async fn look(host: &str, key: &Key) -> io::Result<Answer> {
    ask(host, "GET", key).await
}

async fn ask(host: &str, method: &str, key: &Key) -> io::Result<Answer> {
    let path = key.path();
    let status = request(host, method, path);
    let timed_out = |_| io::Error::from(io::ErrorKind::TimedOut);
    Ok(match tokio::time::timeout(PATIENCE, status).await.map_err(timed_out)?? {
        200 => Answer::Has,
        404 => Answer::HasNot,
        409 => Answer::CannotTell,
        422 => Answer::Refuses,
        _ => Answer::Silent,
    })
}

/// The status that a request is answered with. Nothing of it runs in another task: dropped, it sends
/// nothing more.
pub(crate) async fn request(host: &str, method: &str, path: &str) -> io::Result<u16> {
    let mut stream = TcpStream::connect(host).await?;
    let head = format!(
        "{method} /{path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    let status =
        answer.get(9..12).and_then(|status| std::str::from_utf8(status).ok()?.parse().ok());
    status.ok_or_else(|| io::ErrorKind::InvalidData.into())
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
