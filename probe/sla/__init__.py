"""From samples to a verdict: pure arithmetic. Values in, values out; no clock, no database, no float."""
