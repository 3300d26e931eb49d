"""Messages in words: a subject that says the worst, and a line for each thing that happened.

Nothing is said to be a provider's fault unless its message says that a reference had answered.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from probe.model import Cause
from probe.store.outbox import Kind, Message

MOST_LINES: Final = 20
"""Of one kind; of more only the number is told."""

WHOSE: Final[Mapping[str | None, str]] = {
    Cause.PROVIDER_OR_PATH.value: "the provider or the path to it",
    Cause.UNKNOWN_REFERENCE.value: "whose fault is not known: no reference answered",
    None: "whose fault is not known",
}
COUNTED: Final[Mapping[Kind, tuple[str, str]]] = {
    Kind.LINE_DOWN: ("our own line is down", "our own line was down {n} times"),
    Kind.LINE_UP: ("our own line is up again", "our own line came up {n} times"),
    Kind.AGENT_GAP: ("the agent was away", "the agent was away {n} times"),
    Kind.OUTAGE_BEGAN: ("{key} is down", "{n} checks are down"),
    Kind.OUTAGE_ENDED: ("{key} is up again", "{n} checks are up again"),
    Kind.VERDICT: ("{service}: {verdict}", "{n} verdicts changed"),
    Kind.BUDGET_BURN: ("{service} burns its error budget", "{n} error budgets are burning"),
    Kind.CERTIFICATE: ("the certificate of {key} ends soon", "{n} certificates end soon"),
    Kind.CLAIM_DEADLINE: ("the claim for {service} is due soon", "{n} claims are due soon"),
}
"""How one and how several of a kind are named, the most urgent first."""


def subject(messages: Sequence[Message]) -> str:
    """One line that names everything by its number."""
    of_kind = {kind: [one for one in messages if one.kind is kind] for kind in COUNTED}
    return "probe: " + "; ".join(_named(kind, found) for kind, found in of_kind.items() if found)


def text(messages: Sequence[Message]) -> str:
    """A line for each, in the order of kinds and then of time."""
    lines: list[str] = []
    for kind in COUNTED:
        found = [one for one in messages if one.kind is kind]
        lines += [LINES[kind](one) for one in found[:MOST_LINES]]
        if len(found) > MOST_LINES:
            lines.append(f"… and {len(found) - MOST_LINES} more: {COUNTED[kind][1].format(n=len(found))}")
    return "\n".join(lines)


def _named(kind: Kind, found: Sequence[Message]) -> str:
    one, many = COUNTED[kind]
    if len(found) > 1:
        return many.format(n=len(found))
    first = found[0]
    return one.format(key=first.key, service=first.service, verdict=first.document.get("verdict", ""))


def _began(one: Message) -> str:
    said = one.document
    why = " ".join(filter(None, (said["reason"], f"({said['detail']})" if said["detail"] else "")))
    return f"{_what(one)} is down since {_range(said['start'])}: {why}; {WHOSE.get(said['cause'], said['cause'])}"


def _ended(one: Message) -> str:
    said = one.document
    whose = WHOSE.get(said["cause"], said["cause"])
    return f"{_what(one)} is up again: began {_range(said['start'])}, ended {_range(said['end'])}; {whose}"


def _line_down(one: Message) -> str:
    return f"our own line from {one.document['vantage']} is down since {one.document['since']}; nobody else is blamed"


def _line_up(one: Message) -> str:
    said = one.document
    return f"our own line from {said['vantage']} is up again since {said['until']}; it was down from {said['since']}"


def _gap(one: Message) -> str:
    said = one.document
    return f"the agent at {said['vantage']} measured nothing from {said['since']} to {said['until']}: {said['why']}"


def _burn(one: Message) -> str:
    said = one.document
    return (
        f"{_what(one)} spends its error budget {said['rate']}× faster than {said['target']} allows, "
        f"over {said['about']}; proven downtime only"
    )


def _verdict(one: Message) -> str:
    said = one.document
    return f"{_what(one)} for {said['period']}: {said['verdict']} (was {said['before']})"


def _certificate(one: Message) -> str:
    said = one.document
    return f"the certificate of {one.key} ends at {said['ends']}, in {said['days']} days"


def _claim(one: Message) -> str:
    said = one.document
    return f"{_what(one)} for {said['period']} was missed; the last day to claim is {said['deadline']}"


LINES: Final[Mapping[Kind, Callable[[Message], str]]] = {
    Kind.OUTAGE_BEGAN: _began,
    Kind.OUTAGE_ENDED: _ended,
    Kind.LINE_DOWN: _line_down,
    Kind.LINE_UP: _line_up,
    Kind.AGENT_GAP: _gap,
    Kind.BUDGET_BURN: _burn,
    Kind.VERDICT: _verdict,
    Kind.CERTIFICATE: _certificate,
    Kind.CLAIM_DEADLINE: _claim,
}


def _what(one: Message) -> str:
    parts = [part for part in (one.service, one.key) if part]
    provider = one.document.get("provider")
    return " / ".join(parts) + (f" ({provider})" if provider else "")


def _range(edges: Mapping[str, Any]) -> str:
    earliest, latest = edges["earliest"], edges["latest"]
    return f"not before {earliest} and not after {latest}" if earliest else f"not after {latest}"
