"""Stock httpx as one would use it for fresh connections: one client, no keep-alive; CPU per request as JSON."""

from __future__ import annotations

import asyncio
import json
import resource
import ssl
import sys
from typing import Any

import httpx

AT_ONCE = 16


async def measure(target: str, count: int, ca_file: str) -> dict[str, Any]:
    """CPU of this process per request, the first hundred left out."""
    context = ssl.create_default_context(cafile=ca_file)
    limits = httpx.Limits(max_keepalive_connections=0)
    async with httpx.AsyncClient(verify=context, limits=limits) as client:

        async def run(count: int) -> int:
            numbers, good = iter(range(count)), 0

            async def work() -> None:
                nonlocal good
                for number in numbers:
                    answer = await client.get(target.replace("{host}", f"127.0.0.{number % 39 + 1}"))
                    good += answer.status_code == 200

            await asyncio.gather(*(work() for _ in range(AT_ONCE)))
            return good

        await run(100)
        before = resource.getrusage(resource.RUSAGE_SELF)
        good = await run(count)
        after = resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"cpu_us": round(cpu / count * 1e6, 1), "good": good, "count": count}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(measure(sys.argv[1], int(sys.argv[2]), sys.argv[3]))))
