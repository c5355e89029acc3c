//! Stops: which are in force, and the fence they raise.

use galley_schemas::id::{AgentKind, Epoch};
use galley_schemas::input::Scope;

/// The last order for each scope that reached the goal, and the fence.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Fences {
    epoch: Epoch,
    orders: Vec<Order>,
}

#[derive(Debug, Clone, PartialEq)]
struct Order {
    scope: Scope,
    epoch: Epoch,
    stops: bool,
}

impl Fences {
    /// The fence: what was handed out under a lower one is stale.
    pub(crate) fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// Raises the fence; it never falls.
    pub(crate) fn raise(&mut self, epoch: Epoch) {
        self.epoch = self.epoch.max(epoch);
    }

    /// Takes in an order to stop (or no longer to stop) a scope.
    pub(crate) fn order(&mut self, scope: &Scope, epoch: Epoch, stops: bool) {
        self.raise(epoch);
        self.orders.retain(|order| order.scope != *scope);
        self.orders.push(Order { scope: scope.clone(), epoch, stops });
    }

    /// Whether an order is older than the last for its scope, or the same again.
    pub(crate) fn has_passed(&self, scope: &Scope, epoch: Epoch) -> bool {
        self.orders.iter().any(|order| order.scope == *scope && epoch <= order.epoch)
    }

    /// Whether a stop for exactly this scope is in force.
    pub(crate) fn is_in_force(&self, scope: &Scope) -> bool {
        self.in_force().any(|one| one == scope)
    }

    /// The scopes whose stop is in force.
    pub(crate) fn in_force(&self) -> impl Iterator<Item = &Scope> {
        self.orders.iter().filter(|order| order.stops).map(|order| &order.scope)
    }

    /// Whether the whole goal is stopped.
    pub(crate) fn is_stopped(&self) -> bool {
        self.in_force().any(|scope| match scope {
            Scope::All | Scope::Workflow { .. } | Scope::Goal { .. } => true,
            Scope::Kind { .. } => false,
        })
    }

    /// Whether a stop for an agent kind is in force.
    pub(crate) fn holds(&self, kind: &AgentKind) -> bool {
        self.in_force().any(|scope| match scope {
            Scope::Kind { kind: held } => held == kind,
            Scope::All | Scope::Workflow { .. } | Scope::Goal { .. } => false,
        })
    }
}
