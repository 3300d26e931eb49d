"""blackbox_exporter: CPU of its process per probe that it is asked for; what asking costs us is not counted."""

from __future__ import annotations

import asyncio
from typing import Any

from bench.peers.house import House

AT_ONCE = 16


def measure(house: House, module: str, target: str, count: int) -> dict[str, Any]:
    """CPU per probe, the first hundred left out."""
    asyncio.run(_ask(house, module, target, 100))
    before = house.cpu_s("blackbox")
    good = asyncio.run(_ask(house, module, target, count))
    cpu = house.cpu_s("blackbox") - before
    return {"cpu_us": round(cpu / count * 1e6, 1), "good": good, "count": count}


async def _ask(house: House, module: str, target: str, count: int) -> int:
    numbers, good = iter(range(count)), 0

    async def work() -> None:
        nonlocal good
        reader, writer = await asyncio.open_connection("127.0.0.1", house.ports["blackbox"])
        for number in numbers:
            where = target.replace("{host}", f"127.0.0.{number % 39 + 1}")
            writer.write(f"GET /probe?module={module}&target={where} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            body = await _body(reader)
            good += b"probe_success 1" in body
        writer.close()

    await asyncio.gather(*(work() for _ in range(AT_ONCE)))
    return good


async def _body(reader: asyncio.StreamReader) -> bytes:
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    if b"content-length:" in head:
        return await reader.readexactly(int(head.split(b"content-length:")[1].split(b"\r\n")[0]))
    body = b""
    while size := int(await reader.readline(), 16):
        body += await reader.readexactly(size)
        await reader.readline()
    await reader.readline()
    return body
