"""Snapshot in, renderable out: no query, no clock, no arithmetic. The only home of Rich."""
