"""What a library would only load by the way is left out, and can be had later."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from probe.lean import without


def run(script: str) -> str:
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.strip()


def test_a_part_counts_as_absent_and_comes_back() -> None:
    """Also when the import fails."""
    name = "xml.dom.pulldom"
    sys.modules.pop(name, None)
    with pytest.raises(ModuleNotFoundError), without(name):
        __import__(name)
    assert __import__(name) is not None
    with without(name):
        assert __import__(name) is not None


def test_the_store_loads_no_array_library(tmp_path: Path) -> None:
    """sqlite-utils would: some 11 MiB for a type that is never stored."""
    script = (
        f"import sys; from pathlib import Path; from probe.store.database import open_writing\n"
        f"open_writing(Path({str(tmp_path)!r}) / 'probe.db').close()\n"
        "print('sqlite_utils' in sys.modules, 'numpy' in sys.modules)"
    )
    assert run(script) == "True False"


def test_the_probers_do_not_load_the_command_line_of_httpx() -> None:
    """It brings Rich, Pygments and Click with it."""
    script = (
        "import sys; from probe.probers.net import http_attempt\n"
        "import httpx\nprint(sorted({'click', 'pygments', 'rich'} & sys.modules.keys()))"
    )
    assert run(script) == "[]"
