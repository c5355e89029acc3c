//! A kind goes from none to twenty processes and back, and everybody is replaced, while goals are under way.

use galley_bus_core::clock::{Chance as _, SystemChance};
use galley_tests_chaos::{Tide, ebb_and_flow, is_absent};
use galley_tests_support::galley;
use galley_tests_support::services::are_required;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_or_written_twice_while_processes_come_and_go() {
    let mut seed = [0; 4];
    SystemChance.fill(&mut seed);
    let plan = Tide {
        seed: u32::from_le_bytes(seed).into(),
        goals: 40,
        galley: galley::binary(),
        program: env!("CARGO_BIN_EXE_galley-tests-chaos").into(),
    };
    let ebb = match ebb_and_flow(&plan).await {
        Err(error) if is_absent(&error) && !are_required() => {
            println!("not run: {error}");
            return;
        }
        ebb => ebb.expect("the run comes to its end"),
    };
    println!("seed {}: {ebb}", plan.seed);
    assert_eq!(ebb.wrong(), Vec::<String>::new(), "seed {}: {ebb}", plan.seed);
}
