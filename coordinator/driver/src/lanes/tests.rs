use futures::FutureExt as _;
use proptest::prelude::*;

use super::*;

fn goal(number: u128) -> GoalId {
    format!("{:032x}", (0x7_u128 << 76) | (0x8_u128 << 60) | number).parse().unwrap()
}

fn place(seq: u64) -> Place {
    Place { stream: 0, seq }
}

fn at(millis: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(millis).unwrap()
}

fn told(ticket: &mut Ticket) -> Option<Go> {
    ticket.turn().now_or_never()
}

fn back(millis: u64) -> Option<Go> {
    Some(Go::Back(Duration::from_millis(millis)))
}

#[test]
fn one_goal_goes_one_by_one_and_others_do_not_wait() {
    let lanes = Arc::new(Lanes::default());
    let mut tickets: Vec<_> = (1..=3).map(|seq| lanes.enter(goal(1), place(seq), at(0))).collect();
    let mut other = lanes.enter(goal(2), place(4), at(0));
    assert_eq!(told(&mut other), Some(Go::Now));
    for number in 0..3 {
        assert_eq!(told(&mut tickets[0]), Some(Go::Now), "{number}");
        assert!(tickets.iter_mut().skip(1).all(|ticket| told(ticket).is_none()), "{number}");
        tickets.remove(0).leave(None, at(0));
    }
    other.leave(None, at(0));
    assert!(lanes.lock().lanes.is_empty(), "nothing is left behind");
}

#[test]
fn what_was_given_back_is_waited_for_until_it_comes_again() {
    let lanes = Arc::new(Lanes::default());
    let first = lanes.enter(goal(1), place(1), at(0));
    let mut second = lanes.enter(goal(1), place(2), at(0));
    first.leave(Some(Duration::from_millis(250)), at(0));
    assert_eq!(told(&mut second), back(250));
    second.leave(Some(Duration::from_millis(250)), at(0));
    let mut third = lanes.enter(goal(1), place(3), at(100));
    assert_eq!(told(&mut third), back(150));
    third.leave(Some(Duration::from_millis(150)), at(100));
    let mut again: Vec<_> = (1..=3).map(|seq| lanes.enter(goal(1), place(seq), at(250))).collect();
    assert_eq!(told(&mut again[0]), Some(Go::Now));
    assert!(again.iter_mut().skip(1).all(|ticket| told(ticket).is_none()));
}

#[test]
fn what_does_not_come_again_is_not_waited_for_without_end() {
    let lanes = Arc::new(Lanes::default());
    lanes.enter(goal(1), place(1), at(0)).leave(Some(Duration::from_millis(100)), at(0));
    let mut early = lanes.enter(goal(1), place(2), at(2_000));
    assert_eq!(told(&mut early), back(50));
    early.leave(Some(BACK_MIN), at(2_000));
    let mut late = lanes.enter(goal(1), place(2), at(2_100));
    assert_eq!(told(&mut late), Some(Go::Now));
    late.leave(None, at(2_100));
    assert!(lanes.lock().lanes.is_empty());
}

#[test]
fn a_lane_is_short_and_what_does_not_fit_comes_back_in_its_turn() {
    let lanes = Arc::new(Lanes::default());
    let seqs = 0..u64::try_from(LANE_MAX * 3 + 1).unwrap();
    let mut tickets: Vec<_> = seqs.map(|seq| lanes.enter(goal(1), place(seq), at(0))).collect();
    let mut overflow = tickets.split_off(LANE_MAX + 1);
    assert!(tickets.iter_mut().skip(1).all(|ticket| told(ticket).is_none()));
    let want =
        std::iter::repeat_n(back(100), LANE_MAX).chain(std::iter::repeat_n(back(200), LANE_MAX));
    assert!(overflow.iter_mut().map(told).eq(want));
}

#[test]
fn what_is_dropped_unfinished_counts_as_given_back() {
    let lanes = Arc::new(Lanes::default());
    let mut first = lanes.enter(goal(1), place(1), at(0));
    let mut second = lanes.enter(goal(1), place(2), at(0));
    assert_eq!(told(&mut first), Some(Go::Now));
    drop(first);
    assert_eq!(told(&mut second), back(5_000));
    drop(second);
    let again = lanes.enter(goal(1), place(1), at(10));
    again.leave(None, at(10));
    let mut second = lanes.enter(goal(1), place(2), at(10));
    assert_eq!(told(&mut second), Some(Go::Now));
}

#[test]
fn lanes_that_wait_for_what_went_elsewhere_are_dropped() {
    let lanes = Arc::new(Lanes::default());
    for number in 0..5_000 {
        let now = at(i64::try_from(number).unwrap() * 10);
        lanes.enter(goal(number), place(1), now).leave(Some(BACK_MIN), now);
    }
    assert!(lanes.lock().lanes.len() <= 2 * PURGE_MIN);
}

/// A queue that delivers what is due by due time and place, as the bus does; one reader.
fn worked_on(count: u64, fails: &[(u64, u64)], batch: usize) -> Vec<u64> {
    let lanes = Arc::new(Lanes::default());
    let mut fails: BTreeMap<u64, u64> = fails.iter().copied().collect();
    let mut queue: Vec<(i64, u64)> = (0..count).map(|seq| (0, seq)).collect();
    let (mut now, mut done) = (0, Vec::new());
    while !queue.is_empty() {
        queue.sort_unstable();
        let due = queue.partition_point(|(at, _)| *at <= now).min(batch);
        let mut in_hand: Vec<_> = queue
            .drain(..due)
            .map(|(_, seq)| (seq, lanes.enter(goal(1), place(seq), at(now))))
            .collect();
        let turn = |in_hand: &mut Vec<(u64, Ticket)>| {
            let mut tickets = in_hand.iter_mut().enumerate();
            tickets.find_map(|(index, (_, ticket))| Some((index, told(ticket)?)))
        };
        while let Some((index, go)) = turn(&mut in_hand) {
            let (seq, ticket) = in_hand.remove(index);
            let failure = fails.get_mut(&seq).filter(|left| **left > 0);
            let back = match (go, failure) {
                (Go::Back(delay), _) => Some(delay),
                (Go::Now, Some(left)) => {
                    *left -= 1;
                    Some(Duration::from_millis(250))
                }
                (Go::Now, None) => {
                    done.push(seq);
                    None
                }
            };
            if let Some(delay) = back {
                queue.push((now + i64::try_from(delay.as_millis()).unwrap(), seq));
            }
            ticket.leave(back, at(now));
        }
        now += 10;
    }
    done
}

proptest! {
    #[test]
    fn one_reader_works_in_the_order_of_places(
        count in 1_u64..200,
        fails in prop::collection::vec((0_u64..200, 1_u64..4), 0..6),
        batch in 1_usize..100,
    ) {
        let done = worked_on(count, &fails, batch);
        prop_assert_eq!(done, (0..count).collect::<Vec<_>>());
    }
}
