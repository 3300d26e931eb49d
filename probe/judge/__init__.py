"""The judging way: configuration × record × period → assessments, outages, and what a screen shows.

Everything here reads; nothing changes the record. The instant of judging is handed in.
"""

from __future__ import annotations

from probe.judge.choice import PeriodChoice
from probe.judge.judging import assess, outages
from probe.judge.looking import snapshot

__all__ = ["PeriodChoice", "assess", "outages", "snapshot"]
