"""The vocabulary: what is tested, what was seen, and how it lies on a time line.

Instants are whole milliseconds since 1970-01-01 UTC (`*_ms`), spans of time are whole
milliseconds, latencies whole microseconds (`*_us`). Absence is None, never 0. Nothing here
reads a clock, a file or a socket.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final, NamedTuple

DETAIL_LIMIT: Final = 512
"""Characters of remote text that are kept; the rest is cut."""

FAILURE_FACTS: Final = frozenset({"chain", "cipher", "dialogue", "each", "redirect_chain", "tried"})
"""Facts that are recorded of failures only, as assertions are: long, and the same each time while all is well."""


class State(StrEnum):
    """What one attempt says about its target."""

    UP = "up"
    DOWN = "down"
    UNKNOWN = "unknown"


class Origin(StrEnum):
    """Why an attempt was made. Manual outcomes never enter a verdict; ratios use grid only."""

    GRID = "grid"
    RECHECK = "recheck"
    MANUAL = "manual"
    PUSH = "push"
    IMPORT = "import"


class Reason(StrEnum):
    """Why an outcome is not plainly up: a closed list. `state` is what it makes of the outcome.

    Ask of every failure whose fault it is: theirs is `down`, ours is `unknown`. One exception
    stands in the kinds: `name_not_found` is down for kind `dns` and where a check says
    `name_is_service`, since there the name is what is judged.
    """

    state: State
    meaning: str

    def __new__(cls, word: str, state: State, meaning: str) -> Reason:
        """A reason is its word, with the state it stands for and a sentence for people."""
        self = str.__new__(cls, word)
        self._value_ = word
        self.state = state
        self.meaning = meaning
        return self

    TIMEOUT = "timeout", State.DOWN, "no complete answer before the deadline"
    REFUSED = "refused", State.DOWN, "the target refused the connection"
    RESET = "reset", State.DOWN, "the target reset the connection"
    CLOSED = "closed", State.DOWN, "the target closed the connection before answering"
    UNREACHABLE_REMOTE = (
        "unreachable_remote",
        State.DOWN,
        "a router on the way or the target said unreachable",
    )
    TLS_EXPIRED = "tls_expired", State.DOWN, "the certificate has expired"
    TLS_NOT_YET_VALID = "tls_not_yet_valid", State.DOWN, "the certificate is not valid yet"
    TLS_NAME = "tls_name", State.DOWN, "the certificate is for another name"
    TLS_UNTRUSTED = "tls_untrusted", State.DOWN, "no trusted authority signed the certificate"
    TLS_HANDSHAKE = "tls_handshake", State.DOWN, "the TLS handshake failed"
    TLS_ISSUER = "tls_issuer", State.DOWN, "the certificate is from another issuer than expected"
    TLS_EXPIRES_SOON = "tls_expires_soon", State.DOWN, "the certificate has fewer days left than demanded"
    STATUS = "status", State.DOWN, "the HTTP status is not an expected one"
    BODY = "body", State.DOWN, "the body is not as expected"
    HEADER = "header", State.DOWN, "a header is not as expected"
    FINAL_URL = "final_url", State.DOWN, "the redirects ended at another URL than expected"
    TOO_SLOW = "too_slow", State.DOWN, "answered, but slower than the check allows"
    TOO_LARGE = "too_large", State.DOWN, "the answer is larger than the check allows"
    TOO_SMALL = "too_small", State.DOWN, "the answer is smaller than the check allows"
    REDIRECT_LOOP = "redirect_loop", State.DOWN, "more redirects than the limit"
    REDIRECT_REFUSED = "redirect_refused", State.DOWN, "redirected to where the address policy does not allow"
    PROTOCOL = "protocol", State.DOWN, "the answer is not valid in its protocol"
    ENCODING = "encoding", State.DOWN, "the body's content encoding is broken"
    TRUNCATED = "truncated", State.DOWN, "the body ended before it was complete"
    BANNER = "banner", State.DOWN, "the greeting is not as expected"
    LOSS = "loss", State.DOWN, "more packets of the burst were lost than allowed"
    RCODE = "rcode", State.DOWN, "the name server answered with another code than expected"
    RECORDS = "records", State.DOWN, "the records are not as expected"
    LATE = "late", State.DOWN, "no report came in time"
    REPORTED = "reported", State.DOWN, "whoever reports said that it is down"
    UNSTATED = "unstated", State.DOWN, "an imported outcome that gave no reason"

    NAME_NOT_FOUND = "name_not_found", State.UNKNOWN, "the target's name does not exist"
    RESOLVER_UNREACHABLE = "resolver_unreachable", State.UNKNOWN, "our own resolver gave no usable answer"
    NO_ROUTE_LOCAL = "no_route_local", State.UNKNOWN, "this machine has no route to the target"
    NO_PERMISSION = "no_permission", State.UNKNOWN, "this process may not send such packets"
    NO_ADDRESS = "no_address", State.UNKNOWN, "the name has no address of the family asked for"
    FD_LIMIT = "fd_limit", State.UNKNOWN, "this process is out of file descriptors"
    PORTS_EXHAUSTED = "ports_exhausted", State.UNKNOWN, "this machine is out of local ports"
    PROXY = "proxy", State.UNKNOWN, "the proxy that the check names failed"
    ADDRESS_POLICY = (
        "address_policy",
        State.UNKNOWN,
        "the address is private and the check does not allow that",
    )
    LOCAL_ERROR = "local_error", State.UNKNOWN, "this machine refused to send"
    SECRET_MISSING = "secret_missing", State.UNKNOWN, "a secret that the check refers to cannot be read"
    OVERRUN = "overrun", State.UNKNOWN, "the tick was due but could not start in time"
    CLOCK_STEP = "clock_step", State.UNKNOWN, "the clock was stepped during the attempt"
    SUSPEND = "suspend", State.UNKNOWN, "this machine slept during the attempt"
    STALL = "stall", State.UNKNOWN, "the agent was stalled during the attempt"
    DEAF = "deaf", State.UNKNOWN, "no report came, but the agent was not listening all the time"
    BUDGET = "budget", State.UNKNOWN, "the bytes allowed for the day are used up"
    CROSS_TRAFFIC = "cross_traffic", State.UNKNOWN, "other traffic of this machine took part of the line"
    EXPRESSION = "expression", State.UNKNOWN, "our own expression is too slow on this answer"
    INTERNAL = "internal", State.UNKNOWN, "a bug of ours: please report it"
    CONFLICT = "conflict", State.UNKNOWN, "two outcomes for one instant contradict each other"


class Role(StrEnum):
    """What a check is for: judged itself, or a witness for our own line."""

    CHECK = "check"
    REFERENCE = "reference"
    GATEWAY = "gateway"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing tested on a schedule. `settings` is the frozen Settings of its kind.

    `revision` names the check's meaning: the digest of `meaning`, the canonical JSON of kind,
    target, expectations, timeout and family. Name, service, interval, recheck and confirm are
    not in it. `key` is the name outcomes are recorded under; a check of family "both" is two
    values with the keys `name/4` and `name/6`.
    """

    name: str
    key: str
    kind: str
    target: str
    settings: Any
    family: str = "any"  # "4" | "6" | "any"
    role: Role = Role.CHECK
    network: str | None = None
    service: str | None = None
    interval_ms: int
    timeout_ms: int
    recheck_ms: int | None
    confirm: int = 3
    g_max_ms: int
    allow_private: bool = False
    name_is_service: bool = False
    revision: str
    meaning: str
    renamed_from: str | None = None


class Tick(NamedTuple):
    """One instant at which an attempt of a check is wanted. `due_boot_ms` is on the boottime clock."""

    check: Check
    due_boot_ms: int
    origin: Origin


class Assertion(NamedTuple):
    """One expectation, what was seen, and whether it held; shown by `probe check`."""

    expectation: str
    seen: str
    held: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a prober saw in one attempt.

    latency_us is what the kind calls its latency (its module says what is in it), None when there
    was no answer. phases_us: phase name → µs, only phases that ended. address: the socket address
    actually used. detail: cleaned remote or error text of at most 512 characters. facts: what else
    is worth keeping, as JSON values (status, certificate, sent/received, banner …).
    """

    state: State
    reason: Reason | None = None
    latency_us: int | None = None
    phases_us: Mapping[str, int] = field(default_factory=dict)
    address: str | None = None
    detail: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    assertions: tuple[Assertion, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The recorded result of one attempt: the sample and what explains it.

    at_ms is the send time on the scale of clock segment `clock` (boottime + that segment's
    offset); `due_ms` is when it was due on the same scale, None when nothing was due.
    """

    key: str
    revision: str
    at_ms: int
    clock: int
    origin: Origin
    finding: Finding
    due_ms: int | None = None

    @property
    def state(self) -> State:
        """The state that the attempt saw."""
        return self.finding.state


class SpanClass(StrEnum):
    """What a stretch between two samples of one check is, before anybody asks whose fault."""

    UP = "up"
    DOWN = "down"
    TRANS_DOWN = "trans_down"
    TRANS_UP = "trans_up"
    SUSPECT = "suspect"
    UNKNOWN = "unknown"


class Rule(NamedTuple):
    """How samples are read at one time: largest spacing that links two samples, failures that confirm."""

    g_max_ms: int
    confirm: int


class Sample(NamedTuple):
    """One outcome as a point. is_broken: a suspend, reboot or stall lies between it and the one before."""

    at_ms: int
    state: State
    revision: int
    rule: Rule
    is_broken: bool = False


class Span(NamedTuple):
    """A maximal run of one class, half-open [t0, t1), between samples.

    first, last: the states of the samples at t0 and t1. n: the samples in [t0, t1).
    max_spacing_ms: the largest distance of two neighbours in it. Never merged across a good
    sample unless the class is up.
    """

    t0_ms: int
    t1_ms: int
    cls: SpanClass
    n: int
    max_spacing_ms: int
    first: State
    last: State
    revision: int


class EventKind(StrEnum):
    """What happened to the agent itself; each is a fact the record keeps."""

    START = "start"
    STOP = "stop"
    RELOAD = "reload"
    RELOAD_REFUSED = "reload_refused"
    CLOCK_STEP = "clock_step"
    SUSPEND = "suspend"
    STALL = "stall"
    PAUSE = "pause"
    RESUME = "resume"
    STORAGE = "storage"
    IMPORT = "import"


class Event(NamedTuple):
    """An agent event: when (recorded scale), how long it lasted, and its facts as JSON values.

    For suspend and stall [at_ms, at_ms + lasted_ms) is the stretch that nothing can be said about.
    """

    at_ms: int
    clock: int
    kind: EventKind
    lasted_ms: int | None
    facts: Mapping[str, Any]


class EvidenceKind(StrEnum):
    """What was looked at while a fault was on."""

    ROUTE = "route"
    CERTIFICATE = "certificate"


class Evidence(NamedTuple):
    """What was seen of a check's target during a fault, beside the outcomes: when (recorded scale), and JSON values."""

    key: str
    at_ms: int
    clock: int
    kind: EvidenceKind
    document: Mapping[str, Any]


class WindowKind(StrEnum):
    """Whether planned work was planned."""

    SCHEDULED = "scheduled"
    EMERGENCY = "emergency"


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Declared maintenance: one-off (`start_ms`, `end_ms`) or recurring (`every` and its companions).

    Scope: any of provider, service, checks; all None or empty means everything. Recurring windows
    are wall-clock times: `every` is an RRULE, `from_time` "HH:MM", `lasts_ms` elapsed on the wall
    clock of `zone`; no occurrence before `starts` (ISO date) nor after `until`.
    announced_at_ms: when the provider announced it, None when not known. entered_at_ms, entered_by
    and source: when, by whom and how it came into the record. uid: the event of a calendar or notice
    that it came from, with the occurrence; impact: what the provider expects of it, in its own word.
    """

    id: int | None = None
    provider: str | None = None
    service: str | None = None
    checks: tuple[str, ...] = ()
    kind: WindowKind = WindowKind.SCHEDULED
    start_ms: int | None = None
    end_ms: int | None = None
    every: str | None = None
    from_time: str | None = None
    lasts_ms: int | None = None
    zone: str = "UTC"
    starts: str | None = None
    until: str | None = None
    announced_at_ms: int | None = None
    entered_at_ms: int | None = None
    entered_by: str = ""
    source: str = "typed"  # typed | file | ical | mail | import
    reason: str = ""
    uid: str | None = None
    impact: str | None = None
    removed_at_ms: int | None = None

    @property
    def is_after_the_fact(self) -> bool:
        """Whether a window came into the record when it, or the first day of its recurrence, was past already."""
        if self.entered_at_ms is None:
            return False
        if self.start_ms is None:
            return self.starts is not None and self.starts < _day_of(self.entered_at_ms)
        return self.entered_at_ms > self.start_ms


def _day_of(at_ms: int) -> str:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=at_ms)).date().isoformat()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """What the provider was told about an outage, and when it answered: many clauses start their clock there.

    number: the provider's own. key: the check it is about, None for the whole service. outage_ms: an
    instant in the outage it is about, None for the one that it was opened in. Instants are None until
    they are known. entered_at_ms, entered_by: when and by whom the first row of it was entered; `entries`
    is how many rows of the record make it up.
    """

    service: str
    number: str
    key: str | None = None
    outage_ms: int | None = None
    opened_ms: int | None = None
    answered_ms: int | None = None
    closed_ms: int | None = None
    note: str = ""
    is_withdrawn: bool = False
    entered_at_ms: int | None = None
    entered_by: str = ""
    entries: int = 1


class Cause(StrEnum):
    """Whose fault an outage or an unknown stretch is; decided when judging."""

    PROVIDER_OR_PATH = "provider_or_path"
    ISP = "isp"
    OWN_NETWORK = "own_network"
    OWN_NETWORK_OR_ISP = "own_network_or_isp"
    AGENT_GAP = "agent_gap"
    UNKNOWN_REFERENCE = "unknown_reference"
    UNKNOWN_TARGET = "unknown_target"

    @property
    def is_own_line(self) -> bool:
        """True for the causes that a screen calls "our own line"."""
        return self in {Cause.OWN_NETWORK, Cause.OWN_NETWORK_OR_ISP}
