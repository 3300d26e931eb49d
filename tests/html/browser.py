"""Headless Chromium from Debian, spoken to through a pipe: what a page logs, asks for and looks like."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

FLAGS: Final = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-extensions",
    "--disable-sync",
    "--no-first-run",
    "--no-default-browser-check",
    "--hide-scrollbars",
    "--remote-debugging-pipe",
)
PROGRAM: Final = shutil.which("chromium")


class Browser:
    """One Chromium with one page. `seen` holds every request, console message and exception since it began."""

    def __init__(self, commands: int, answers: int) -> None:
        """The descriptors that Chromium reads from and writes to."""
        self._commands, self._answers = commands, answers
        self._waiting = b""
        self._number = 0
        self.seen: list[dict[str, Any]] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log", "Security"):
            self.page(f"{domain}.enable")

    def call(self, method: str, session: str | None = None, **given: Any) -> Any:
        """Ask, and collect what happens until the answer is there."""
        self._number += 1
        asked = {"id": self._number, "method": method, "params": given} | ({"sessionId": session} if session else {})
        os.write(self._commands, json.dumps(asked).encode() + b"\0")
        while True:
            said = self._next()
            if said.get("id") == self._number:
                assert "error" not in said, said
                return said["result"]
            self.seen.append(said)

    def page(self, method: str, **given: Any) -> Any:
        """The same of the page."""
        return self.call(method, self._session, **given)

    def open(self, path: Path) -> None:
        """Load a file and wait until it is there."""
        self.seen.clear()
        self.page("Page.navigate", url=path.absolute().as_uri())
        while not any(one.get("method") == "Page.loadEventFired" for one in self.seen):
            self.seen.append(self._next())

    def run(self, script: str) -> Any:
        """The value of an expression, awaited."""
        found = self.page("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def look(self, width: int, *, is_dark: bool = False) -> None:
        """Be a screen of that width, light or dark."""
        self.page("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if is_dark else "light"}
        self.page("Emulation.setEmulatedMedia", features=[scheme])

    def picture(self) -> bytes:
        """The whole page as PNG."""
        return base64.b64decode(self.page("Page.captureScreenshot", captureBeyondViewport=True)["data"])

    def paper(self) -> bytes:
        """The page as PDF, by its own style for paper."""
        found = self.page("Page.printToPDF", preferCSSPageSize=True, printBackground=True)
        return base64.b64decode(found["data"])

    @property
    def complaints(self) -> list[str]:
        """Whatever the console, the log or the script engine said since the page was opened."""
        found = []
        for one in self.seen:
            said = one.get("params", {})
            if one.get("method") in {"Runtime.consoleAPICalled", "Runtime.exceptionThrown"}:
                found.append(json.dumps(said))
            if one.get("method") == "Log.entryAdded":
                found.append(said["entry"]["text"])
        return found

    @property
    def requests(self) -> list[str]:
        """The address of everything asked for since the page was opened."""
        sent = [one for one in self.seen if one.get("method") == "Network.requestWillBeSent"]
        return [one["params"]["request"]["url"] for one in sent]

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._waiting:
            more = os.read(self._answers, 1 << 16)
            assert more, "Chromium went away"
            self._waiting += more
        said, _, self._waiting = self._waiting.partition(b"\0")
        found: dict[str, Any] = json.loads(said)
        return found


@contextmanager
def browser() -> Iterator[Browser]:
    """A Chromium of our own, ended with its folder at the end."""
    assert PROGRAM is not None
    to_read, to_command = os.pipe()
    to_hear, to_answer = os.pipe()
    with tempfile.TemporaryDirectory(prefix="probe-chromium-", ignore_cleanup_errors=True) as folder:
        # Chromium reads from descriptor 3 and writes to 4
        shell = f"exec {PROGRAM} {' '.join(FLAGS)} --user-data-dir={folder} 3<&{to_read} 4>&{to_answer}"
        process = subprocess.Popen(
            ["bash", "-c", shell],
            pass_fds=(to_read, to_answer),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(to_read)
        os.close(to_answer)
        try:
            yield Browser(to_command, to_hear)
        finally:
            process.kill()
            process.wait()
            os.close(to_command)
            os.close(to_hear)
