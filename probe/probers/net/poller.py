"""One epoll for all connections of a loop: each is registered once, and told of whatever becomes possible on it.

The loop's own readers and writers are registered and let go again for every wait, and each event is a handle and
a context of its own: some 10 µs a wait. Here the kernel is asked once a connection, edge by edge, and the loop
sees one descriptor, which is there only while there are connections.
"""

from __future__ import annotations

import asyncio
import logging
import select
from typing import Final, Protocol

log = logging.getLogger(__name__)

READABLE: Final = select.EPOLLIN | select.EPOLLRDHUP | select.EPOLLHUP | select.EPOLLERR
WRITABLE: Final = select.EPOLLOUT | select.EPOLLHUP | select.EPOLLERR
EDGES: Final = select.EPOLLIN | select.EPOLLOUT | select.EPOLLRDHUP | select.EPOLLET


class Watched(Protocol):
    """Who wants to know."""

    def tell(self, events: int) -> None:
        """These have become possible; called from the loop, and must not raise."""
        ...


class Poller:
    """The connections of one loop, while there are any. Descriptors must be dropped before they are closed."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Nothing is watched yet."""
        self._loop = loop
        self._watched: dict[int, Watched] = {}
        self._epoll = select.epoll()
        loop.add_reader(self._epoll.fileno(), self._dispatch)

    def watch(self, descriptor: int, watched: Watched) -> None:
        """From now on tell of every edge, and first of what is possible already. Raises OSError."""
        self._watched[descriptor] = watched
        try:
            self._epoll.register(descriptor, EDGES)
        except OSError:
            self._forget(descriptor)
            raise

    def drop(self, descriptor: int) -> None:
        """Tell no more.

        Closing would take it from the kernel's list as well, but not while a process that was just begun still
        holds a copy: the next socket of this number would be told what befell this one.
        """
        try:
            self._epoll.unregister(descriptor)
        finally:
            self._forget(descriptor)

    def _forget(self, descriptor: int) -> None:
        del self._watched[descriptor]
        if not self._watched:
            del _POLLERS[self._loop]
            self._loop.remove_reader(self._epoll.fileno())
            self._epoll.close()

    def _dispatch(self) -> None:
        told = [(number, self._watched[number], events) for number, events in self._epoll.poll(0)]
        for number, watched, events in told:
            if self._watched.get(number) is not watched:  # whoever was told before may have closed it
                continue
            try:
                watched.tell(events)
            except Exception:  # an edge is told of once: the others must hear of theirs
                log.exception("a connection broke")


_POLLERS: Final[dict[asyncio.AbstractEventLoop, Poller]] = {}


def poller_of(loop: asyncio.AbstractEventLoop) -> Poller:
    """The loop's poller, which keeps one descriptor until its last connection is dropped. Raises OSError."""
    poller = _POLLERS.get(loop)
    if poller is None:
        poller = _POLLERS[loop] = Poller(loop)
    return poller
