"""What sqlite-utils and Datasette can call once this package is installed beside them: sealed outcomes as JSON.

`block_outcomes(data, series)` gives the outcomes of a row of `block` as a JSON array, each with the columns of `hot`;
`json_each` makes rows of it. Both programs load this by the package's entry points; the agent loads no plug-in.
"""

from __future__ import annotations

import json
import sqlite3

from pluggy import HookimplMarker

from probe.store.codec import decode


def block_outcomes(data: bytes | None, series: int) -> str | None:
    """A block's outcomes as JSON; None when they were pruned. A damaged block is an error of the query."""
    if data is None:
        return None
    return json.dumps([row._asdict() for row in decode(data, series)], separators=(",", ":"))


@HookimplMarker("datasette")
@HookimplMarker("sqlite_utils")
def prepare_connection(conn: sqlite3.Connection) -> None:
    """Give a connection of the host program the function."""
    conn.create_function("block_outcomes", 2, block_outcomes, deterministic=True)
