"""Everything with which the agent faces people and other programs; none of it may hold up a probe."""

from __future__ import annotations

from collections.abc import Callable

from probe.agent.answers import Face
from probe.agent.desk import Desk
from probe.agent.lookout import Lookout
from probe.agent.postman import Postman
from probe.agent.record import Record
from probe.clock import Clock
from probe.config import Config
from probe.errors import ConfigError
from probe.notify.channels import missing_library


class Outward:
    """The messages, what gives rise to them beside outcomes, and the listener."""

    def __init__(self, clock: Clock, record: Record, desk: Desk, ails: Callable[[], str]) -> None:
        """Nothing is open before `start`. ails: "" or what is wrong with the agent.

        Raises ConfigError where a channel needs what is not installed.
        """
        if remedy := missing_library(record.config.channels):
            raise ConfigError((f"{record.config.path}: notify: {remedy}",))
        self._postman = Postman(record.config, record.writer, clock)
        self._lookout = Lookout(record.config, record.writer, clock)
        self._face = Face(clock, record, desk, ails)

    async def start(self, config: Config) -> None:
        """From now on."""
        self._postman.start()
        self._lookout.start()
        await self._face.follow(config.web)

    async def follow(self, config: Config) -> None:
        """The configuration is another one."""
        self._postman.config = self._lookout.config = config
        await self._face.follow(config.web)

    async def stop(self) -> None:
        """No more; what is on its way has a moment."""
        await self._face.stop()
        await self._lookout.stop()
        await self._postman.stop()

    @property
    def port(self) -> int | None:
        """Where the listener is."""
        return self._face.port
