"""Lanes: one a check, so that its attempts follow each other, and the limits that all lanes share."""

from probe.lanes.lane import Lane, Order, late_after_ms
from probe.lanes.lanes import Ending, Lanes
from probe.lanes.limits import Admission, Limits, Rate

__all__ = ["Admission", "Ending", "Lane", "Lanes", "Limits", "Order", "Rate", "late_after_ms"]
