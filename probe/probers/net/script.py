"""What kind tcp says and hears on an open connection: a preset, or the steps of the configuration."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from probe.model import Assertion, Reason
from probe.probers.attempting import Judged
from probe.probers.net.certificate import TlsContexts, TlsPolicy
from probe.probers.net.clean import clean
from probe.probers.net.connection import Connection
from probe.probers.net.dialogue import Dialogue
from probe.probers.net.expression import search
from probe.probers.net.fault import Fault
from probe.probers.net.handshake import context_for, shake_hands
from probe.probers.net.presets import PRESETS
from probe.trail import Trail

if TYPE_CHECKING:
    from probe.probers.tcp import TcpSettings

BANNER_LIMIT: Final = 4096
"""Bytes that are read for one expression at most."""
UNJUDGED: Final = TlsPolicy(verify=False)
Pair = tuple[str, str]
"""What is done ("send", "expect") and with what."""


def prepare(settings: TcpSettings, contexts: TlsContexts) -> None:
    """Make what the attempts share: a TLS context takes longer than a whole attempt. Raises ValueError."""
    if settings.preset is not None and PRESETS[settings.preset].under_tls:
        contexts.get(UNJUDGED)


def steps_of(settings: TcpSettings) -> list[Pair]:
    """What the settings say, in order."""
    single = [(word, text) for word in ("send", "expect") if (text := getattr(settings, word)) is not None]
    return [pair for step in settings.steps for pair in step.items()] if settings.steps else single


class Preset:
    """The dialogue of a preset on a connection."""

    def __init__(self, connection: Connection, settings: TcpSettings, contexts: TlsContexts, trail: Trail) -> None:
        """Nothing is said yet."""
        self._connection = connection
        self._settings = settings
        self._contexts = contexts
        self._trail = trail

    async def follow(self, name: str) -> list[Judged]:
        """All of it, to the server of this name, and what its greeting must hold besides. Raises Fault."""
        preset, expect = self._settings.preset or "", self._settings.expect
        dialogue = Dialogue(self._connection, self._trail)
        await dialogue.run(PRESETS[preset].steps)
        if PRESETS[preset].under_tls:
            dialogue.refuse_unread()
            context = context_for(UNJUDGED, self._contexts)
            await shake_hands(self._connection, context, name, self._trail, "tls")
            await dialogue.run(PRESETS[preset].under_tls)
        said = dialogue.greeting[:BANNER_LIMIT]
        judged = [(Reason.BANNER, Assertion(f"speaks {preset}", clean(said), held=True))]
        if expect is not None:
            held = await search(expect.encode(), said, self._trail)
            judged.append((Reason.BANNER, Assertion(f"expect {clean(expect)}", clean(said), held)))
        return judged


async def follow_steps(connection: Connection, steps: Sequence[Pair], trail: Trail) -> list[Judged]:
    """Every step until one does not hold. Raises Fault when the server says nothing where it should."""
    judged: list[Judged] = []
    for word, text in steps:
        if word == "send":
            await connection.send(text.encode())
            continue
        phase = "dialogue" if judged else "banner"
        judged.append(await _expect(connection, text, phase, trail))
        if not judged[-1][1].held:
            break
    return judged


async def _expect(connection: Connection, expect: str, phase: str, trail: Trail) -> Judged:
    """Read until the expression is found, the server ends or 4 KiB are full."""
    said = b""
    held = False
    with connection.during(trail, phase):
        while not held and len(said) < BANNER_LIMIT:
            more = await connection.receive()
            if not more:
                break
            said = (said + more)[:BANNER_LIMIT]
            held = await search(expect.encode(), said, trail)
            if phase == "banner":
                trail.facts["banner"] = clean(said)
    if not said:
        raise Fault(Reason.CLOSED, "closed before saying anything")
    return Reason.BANNER, Assertion(f"expect {clean(expect)}", clean(said), held)
