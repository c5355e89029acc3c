//! What stands at the end of help: examples, and what else there is to know.

/// `galley`.
pub(super) const GALLEY: &str = "\
Begin with:
  galley run \"How coffee is roasted\"

Environment:
  GALLEY_MODEL_URL       Any OpenAI-compatible server; without a model,
                         articles are digests of attributed quotes
  GALLEY_MODEL           The model's name
  GALLEY_MODEL_KEY       Its key; GALLEY_MODEL_KEY_FILE names a file instead
  ANTHROPIC_API_KEY      Used when no GALLEY_MODEL_URL is set
  GALLEY_BUS             The bus, like --bus
  GALLEY_LOG             A log filter, in place of -v: galley=debug
  OTEL_EXPORTER_OTLP_ENDPOINT
                         A collector that traces and log lines are sent to
  NO_COLOR               Set it to have no colours

Exit codes:
  0    done
  1    it failed; `galley explain CODE` explains the code of the error
  2    the command line or the configuration is wrong
  3    a question waits for a person: see `galley show`
  4    there is no such goal, workflow or code
  130  interrupted; `galley run --resume` or `galley up` goes on";

/// `galley run`.
pub(super) const RUN: &str = "\
Examples:
  galley run \"How coffee is roasted\"
  galley run \"Chatbots in banking\" --sources docs/ https://example.org/feed
  galley run \"Heat pumps\" --words 600 --audience landlords --budget 0.50
  galley run \"Heat pumps\" --supervised      ask before publishing
  galley run --resume                       go on after an interruption";

/// `galley up`.
pub(super) const UP: &str = "\
Goals that were interrupted go on. The first Ctrl-C lets what is in hand finish,
the second ends at once; nothing is lost either way.

Examples:
  galley up --out /srv/www/site --read /srv/documents
  galley up -v                              with a log of what is done";

/// `galley submit`.
pub(super) const SUBMIT: &str = "\
Examples:
  galley submit \"How coffee is roasted\" --watch
  galley submit \"Heat pumps\" --sources https://example.org --autonomous
  galley submit \"Heat pumps\" --sources docs/    with galley up --read docs/
  galley submit --workflow article --input '{\"topic\": \"Heat pumps\"}'
  galley submit --input @goal.json --json   print the goal's id as JSON
  galley submit --workflow dry --watch --within 60
                                            does all of it work? writes nowhere";

/// `galley watch`.
pub(super) const WATCH: &str = "\
Examples:
  galley watch                              the newest goal
  galley watch df6794fe --json              each change as a line of JSON
  galley watch --within 600                 ends with 1 if it takes longer";

/// `galley goals`.
pub(super) const GOALS: &str = "\
Examples:
  galley goals --open
  galley goals --json | jq -r .goal         the ids";

/// `galley show`.
pub(super) const SHOW: &str = "\
Examples:
  galley show                               the newest goal
  galley show df6794fe --json | jq .steps";

/// `galley explain`.
pub(super) const EXPLAIN: &str = "\
Examples:
  galley explain                            the newest goal
  galley explain df6794fe --proof           each sentence with its quotes
  galley explain df6794fe --json            its records, one a line
  galley explain GLY0404                    an error code";

/// `galley approve`.
pub(super) const APPROVE: &str = "\
An approval counts for what was shown: if that changed meanwhile, it is asked anew.

Examples:
  galley approve df6794fe
  galley approve df6794fe --by editors --note \"good to go\"
  galley approve df6794fe --edited @value.json
  galley approve df6794fe --happened null   an unclear write did happen";

/// `galley reject`.
pub(super) const REJECT: &str = "\
Examples:
  galley reject df6794fe --note \"needs a second source\"
  galley reject df6794fe --did-not-happen   an unclear write did not happen";

/// `galley stop`.
pub(super) const STOP: &str = "\
What is out is fenced off: late results and late writes change nothing. The same
words after `galley resume` lift the stop.

Examples:
  galley stop --all --reason \"wrong sources\"
  galley stop --kind publishing             everything goes on but that
  galley stop --workflow article
  galley stop df6794fe";

/// `galley resume`.
pub(super) const RESUME: &str = "\
Examples:
  galley resume --all
  galley resume df6794fe";

/// `galley cancel`.
pub(super) const CANCEL: &str = "\
Examples:
  galley cancel df6794fe --reason \"no longer wanted\"";

/// `galley doctor`.
pub(super) const DOCTOR: &str = "\
Every goal that is not over is folded anew from its log and its invariants are
checked. Nothing is changed. Ends with 1 when something is wrong.

Examples:
  galley doctor
  galley doctor --json                      each fault as a line of JSON";

/// `galley workflow check`.
pub(super) const CHECK: &str = "\
Examples:
  galley workflow show article --text > mine.yaml
  galley workflow check mine.yaml
  galley workflow check mine.yaml --json    for editors and pipelines";

/// `galley workflow show`.
pub(super) const PICTURE: &str = "\
Examples:
  galley workflow show
  galley workflow show mine.yaml
  galley workflow show article --text";

/// `galley agent list`.
pub(super) const KINDS: &str = "\
Examples:
  galley agent list
  galley agent list --json | jq .input      the schemas of what they take";

/// `galley completions`.
pub(super) const COMPLETIONS: &str = "\
Examples:
  source <(galley completions bash)
  galley completions zsh > \"${fpath[1]}/_galley\"
  galley completions fish > ~/.config/fish/completions/galley.fish";

/// `galley coordinator`.
pub(super) const COORDINATOR: &str = "\
Coordinators share the work without a leader: each goal goes on where any of them
is. A coordinator that ends loses nothing.

Examples:
  galley coordinator --bus nats://127.0.0.1:4222
  galley coordinator --bus nats://127.0.0.1:4222 --listen 0.0.0.0:8080";

/// `galley relay`.
pub(super) const RELAY: &str = "\
Kafka is named in the configuration, under `kafka`. While it is down, or no relay
runs, what happened waits in the log: goals that ended long ago stay there until
a relay has carried them. Whoever stops using Kafka ends the relays and retires
them; one that is started later begins with what the log holds then.

Examples:
  galley relay --bus nats://127.0.0.1:4222 --config galley.yaml
  galley relay --retire --bus nats://127.0.0.1:4222";

/// `galley bus init`.
pub(super) const INIT: &str = "\
What is there already stays as it is. Nothing is ever removed.

Examples:
  galley bus init --bus nats://127.0.0.1:4222 --dry-run
  galley bus init --bus nats://127.0.0.1:4222 --kinds fact-check";

/// `galley bus accounts`.
pub(super) const ACCOUNTS: &str = "\
Needs no server. Run again, it keeps every key and writes what has changed: after
an upgrade, or for a kind more. To change a key, remove its file first. Every
right stands in deploy/nats/rights.md, or in the output of --json.

Examples:
  galley bus accounts --out nats --dry-run
  galley bus accounts --out nats --kinds fact-check
  galley bus accounts --out nats --form jwt
  galley bus accounts --out nats --json | jq '.accounts[].users[].role'";

/// `galley feedback`.
pub(super) const FEEDBACK: &str = "\
Examples:
  galley feedback df6794fe views 1250 --by analytics
  galley feedback df6794fe rating 4.5";

/// `galley conformance`.
pub(super) const CONFORMANCE: &str = "\
Takes a coordinator's place on a bus where none runs (a scratch server; missing
streams are made), hands out offers, loses verdicts, stops, and sees what the
agent makes of it. Start the agent before or after. Ends with 1 when a promise
was broken. Takes about half a minute: a sign of life is waited for.

Checks: takes, names-its-attempt, reports-to, output, unknown-field, falls-back,
asks-again, heartbeat, acknowledges, redelivered, announces, stale, stop,
bad-input, malformed, no-offer

Examples:
  galley conformance fact-check --bus nats://127.0.0.1:4222 --input @task.json
  galley conformance fact-check --bus nats://127.0.0.1:4222 --input '{}' --json
  galley conformance ingestion --bus nats://127.0.0.1:4222 --only stop stale";

/// Examples for an agent kind at work.
macro_rules! work {
    ($kind:literal) => {
        concat!(
            "Examples:\n  galley agent ",
            $kind,
            " --bus nats://127.0.0.1:4222\n  galley agent ",
            $kind,
            " --bus nats://127.0.0.1:4222 --slots 8 --listen 0.0.0.0:8080"
        )
    };
}
pub(super) use work;

/// `galley agent ingestion`.
pub(super) const INGESTION: &str = "\
Examples:
  galley agent ingestion --bus nats://127.0.0.1:4222 --read /srv/documents";

/// `galley agent publishing`.
pub(super) const PUBLISHING: &str = "\
Examples:
  galley agent publishing --bus nats://127.0.0.1:4222 --out /srv/www/site";

/// `galley agent learning`.
pub(super) const LEARNING: &str = "\
Reads the feedback topic when the configuration names Kafka, else the log itself.

Examples:
  galley agent learning --bus nats://127.0.0.1:4222 --config galley.yaml";

/// `galley bus show`.
pub(super) const BUS: &str = "\
Examples:
  galley bus show --bus nats://127.0.0.1:4222
  galley bus show --json";
