"""The record: one SQLite file, one writing thread, any number of short readers. The only home of SQLite.

Nothing is imported here: a command that only reads must not pay for what only the agent needs.
"""
