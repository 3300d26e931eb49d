"""sd_notify in a dozen lines: tell the service manager that we are ready, reloading, stopping, alive.

The protocol is one datagram to the socket named in NOTIFY_SOCKET; without it everything here does nothing.
"""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Mapping

log = logging.getLogger(__name__)


class ServiceManager:
    """The manager that started us, if any."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        """Read NOTIFY_SOCKET."""
        address = environment.get("NOTIFY_SOCKET", "")
        self._address = "\0" + address[1:] if address.startswith("@") else address

    def tell(self, *lines: str) -> None:
        """Send these assignments (`READY=1`, `STATUS=…`); that nobody hears them is not our trouble."""
        if not self._address:
            return
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as peer:
            peer.setblocking(False)
            try:
                peer.sendto("\n".join(lines).encode(), self._address)
            except OSError as error:
                log.debug("the service manager did not listen", extra={"error": error.strerror})
