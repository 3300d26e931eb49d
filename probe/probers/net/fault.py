"""How an attempt ends early: an exception inside the room of the probers, a finding outside."""

from __future__ import annotations

from probe.model import Assertion, Finding, Reason, State
from probe.probers.net.clean import clean
from probe.trail import Trail


class Fault(Exception):
    """An attempt is over for this reason. state differs from the reason's own only by a rule of the check."""

    def __init__(self, reason: Reason, detail: str = "", state: State | None = None) -> None:
        """detail: text for people, cleaned here."""
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = clean(detail)
        self.state = reason.state if state is None else state
        self.broken: Assertion | None = None
        """The expectation that this broke, where there was one."""

    def breaks(self, expectation: str, seen: str = "") -> Fault:
        """This fault, as the end of an expectation; seen: without it the detail."""
        self.broken = Assertion(expectation, clean(seen) or self.detail, held=False)
        return self

    def finding(self, trail: Trail) -> Finding:
        """What to record: the fault, and how far the attempt had come."""
        return Finding(
            state=self.state,
            reason=self.reason,
            phases_us=dict(trail.phases_us),
            address=trail.address,
            detail=self.detail,
            facts=dict(trail.facts),
            assertions=() if self.broken is None else (self.broken,),
        )
