//! Who runs: coordinators and agents, each on a machine of its own, started again whenever it ends.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use galley_agents_sdk::harness::{Pages, WordKnowledge};
use galley_agents_sdk::{Agent, Config as AgentConfig, Ports, Runner, Tools};
use galley_coordinator_driver::{Config, Coordinator};
use galley_schemas::id::WorkflowName;
use galley_tests_support::dice::Dice;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::agents::{Eraser, Judge, Maker, Press};
use crate::broker::{Broker, Link};
use crate::chance::Drawn;
use crate::clock::WallClock;
use crate::desk::{Oracle, SimDesk};
use crate::lock;
use crate::process::Process;
use crate::target::Target;
use crate::world::World;

/// How long a machine takes to start its process again.
const RESTART: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(45));

/// What a machine runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Coordinator,
    Maker,
    Judge,
    Press,
    Eraser,
}

/// How many machines there are for each role.
const MACHINES: [(Role, &str, usize); 5] = [
    (Role::Coordinator, "coordinator", 3),
    (Role::Maker, "maker", 2),
    (Role::Judge, "judge", 1),
    (Role::Press, "press", 3),
    (Role::Eraser, "eraser", 1),
];

/// A machine: it has a clock, and a process that runs on it.
#[derive(Debug)]
pub(crate) struct Machine {
    name: String,
    role: Role,
    /// Its clock, which outlives its processes.
    pub(crate) clock: Arc<WallClock>,
    now: Mutex<Option<Arc<Process>>>,
}

impl Machine {
    /// The process that runs on it, if one does.
    pub(crate) fn process(&self) -> Option<Arc<Process>> {
        lock(&self.now).clone()
    }
}

/// Everybody who runs.
#[derive(Debug)]
pub(crate) struct Crew {
    pub(crate) machines: Vec<Arc<Machine>>,
    keepers: JoinSet<()>,
    over: CancellationToken,
}

impl Crew {
    /// Starts every machine.
    pub(crate) fn start(broker: &Arc<Broker>, target: &Arc<Target>) -> Self {
        let (over, mut keepers) = (CancellationToken::new(), JoinSet::new());
        let mut machines = Vec::new();
        for (role, name, count) in MACHINES {
            for number in 1..=count {
                let clock = Arc::new(WallClock::new(broker.world.began()));
                let name = format!("{name}-{number}");
                let machine = Arc::new(Machine { name, role, clock, now: Mutex::new(None) });
                let keeper = Keeper {
                    machine: Arc::clone(&machine),
                    broker: Arc::clone(broker),
                    target: Arc::clone(target),
                };
                keepers.spawn(keeper.run(over.clone()));
                machines.push(machine);
            }
        }
        Self { machines, keepers, over }
    }

    /// Stops everybody in order; says who did not end in time.
    pub(crate) async fn stop(mut self, patience: Duration) -> Vec<String> {
        self.over.cancel();
        let all = async { while self.keepers.join_next().await.is_some() {} };
        let ended = tokio::time::timeout(patience, all).await.is_ok();
        self.keepers.shutdown().await;
        let running = |machine: &&Arc<Machine>| machine.process().is_some();
        let late = self.machines.iter().filter(running).map(|machine| machine.name.clone());
        if ended { Vec::new() } else { late.collect() }
    }
}

/// Keeps one machine's process running.
struct Keeper {
    machine: Arc<Machine>,
    broker: Arc<Broker>,
    target: Arc<Target>,
}

impl Keeper {
    async fn run(self, over: CancellationToken) {
        let world = Arc::clone(&self.broker.world);
        let mut life = 0_u32;
        while !over.is_cancelled() {
            life += 1;
            let process = self.new_process(life);
            *lock(&self.machine.now) = Some(Arc::clone(&process));
            world.say(&process.name, "starts");
            let mut running = JoinSet::new();
            self.spawn(&process, &mut running);
            tokio::select! {
                biased;
                () = process.died.cancelled() => {
                    running.shutdown().await;
                    world.say(&process.name, "is dead");
                }
                Some(_) = running.join_next() => world.say(&process.name, "has ended"),
                () = over.cancelled() => {
                    process.stop.cancel();
                    while running.join_next().await.is_some() {}
                }
            }
            *lock(&self.machine.now) = None;
            process.kill();
            let pause = world.draw(|dice| dice.between(RESTART.0, RESTART.1));
            tokio::select! {
                biased;
                () = over.cancelled() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    fn new_process(&self, life: u32) -> Arc<Process> {
        let Self { machine, broker, .. } = self;
        let name = format!("{}#{life}", machine.name);
        let chance = Drawn::new(broker.world.draw(Dice::fork));
        Arc::new(Process::new(name, Arc::clone(&machine.clock), chance))
    }

    fn spawn(&self, process: &Arc<Process>, running: &mut JoinSet<()>) {
        let link = Link::new(&self.broker, process);
        let desk = SimDesk {
            world: Arc::clone(&self.broker.world),
            target: Arc::clone(&self.target),
            process: Arc::clone(process),
        };
        match self.machine.role {
            Role::Coordinator => {
                let (clock, chance) = (Arc::clone(&process.clock), Arc::clone(&process.chance));
                let coordinator = Coordinator::new(link.bus(), clock, chance, coordinator());
                running.spawn(coordinator.run(process.stop.clone()));
            }
            Role::Maker => run(Maker(desk.clone()), &link, desk, running),
            Role::Judge => run(Judge(desk.clone()), &link, desk, running),
            Role::Press => run(Press(desk.clone()), &link, desk, running),
            Role::Eraser => run(Eraser(desk.clone()), &link, desk, running),
        }
    }
}

fn run<A: Agent>(agent: A, link: &Link, desk: SimDesk, running: &mut JoinSet<()>) {
    let process = Arc::clone(&desk.process);
    let tools = Tools {
        model: Some(Arc::new(Oracle::new(desk))),
        knowledge: Arc::new(WordKnowledge::default()),
        web: Arc::new(Pages::default()),
        search: Arc::default(),
    };
    let (clock, chance) = (Arc::clone(&process.clock), Arc::clone(&process.chance));
    let ports = Ports::new(&link.bus(), clock, chance, tools);
    let config = AgentConfig { slots: 3, grace_secs: 20 };
    running.spawn(Runner::new(agent, ports, config, "1").run(process.stop.clone()));
}

/// How the coordinators run: as by default, but for periods that fit a run of an hour.
fn coordinator() -> Config {
    Config {
        default_workflow: WorkflowName::new("line").expect("it is a name"),
        view_period_ms: 1_000,
        refresh_period_secs: 30,
        sweep_period_secs: 60,
        ..Config::default()
    }
}

/// The process through which people speak; it never dies.
pub(crate) fn people(world: &World) -> Arc<Process> {
    let chance = Drawn::new(world.draw(Dice::fork));
    let clock = Arc::new(WallClock::new(world.began()));
    Arc::new(Process::new(crate::broker::link::PEOPLE.to_owned(), clock, chance))
}
