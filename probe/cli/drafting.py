"""`probe import FORM FILE --to NEW`: another monitor's configuration as a file of checks, judged first."""

from __future__ import annotations

import os
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Final

from probe.cli.command import Call
from probe.cli.exits import Exit
from probe.errors import ConfigError, UsageError

if TYPE_CHECKING:
    from probe.importers.drafts import Draft, Drafting

MAIN: Final = '[agent]\nvantage = "draft"\n'
SHOWN: Final = 200


def draft(call: Call) -> Exit:
    """Read, judge, write a file that was not there; exit code 1 when something could not be carried."""
    options = call.options
    path: Path = options.to
    if path.suffix != ".toml":
        raise UsageError(f"--to {path}: the name of a file of checks ends with .toml")
    if path.exists() or path.is_symlink():
        raise UsageError(f"{path}: exists; name another file or move it away")
    drafting = _read(call)
    good = [one for one in drafting.drafts if _is_sound(drafting, one)]
    drafting.drafts[:] = good
    for remark in drafting.remarks[:SHOWN]:
        call.out.note(f"{options.file}: not carried: {remark}")
    if len(drafting.remarks) > SHOWN:
        call.out.note(f"{options.file}: and {len(drafting.remarks) - SHOWN:,} more")
    if not good:
        raise UsageError(f"{options.file}: nothing that can be tested was found; nothing is written")
    _write(path, drafting, options)
    if options.json:
        names = [one.name for one in good]
        call.out.document({"schema": 1, "file": str(path), "checks": names, "left_out": drafting.remarks})
    else:
        from probe.view.wording import count

        said = count(len(good), "check"), count(len(drafting.remarks), "remark")
        call.out.line(f"wrote {path}: {', '.join(said)}")
        call.out.note("next: look it over, give each check its service, then probe validate")
    return Exit.FAILED if drafting.remarks else Exit.FINE


def _read(call: Call) -> Drafting:
    options = call.options
    names = {"kuma": "kuma_checks"}
    module = import_module(f"probe.importers.{names.get(options.form, options.form)}")
    path = Path(options.file)
    if options.form == "blackbox":
        read: Drafting = module.read(path, options.modules)
    else:
        read = module.read(path)
    return read


def _is_sound(drafting: Drafting, one: Draft) -> bool:
    """Whether our own configuration would take it; otherwise what it says against it is a remark."""
    import tempfile

    from probe.config.loading import load
    from probe.importers.drafts import Drafting as Alone
    from probe.importers.drafts import as_toml

    alone = Alone()
    alone.drafts.append(one)
    with tempfile.TemporaryDirectory(prefix="probe-import-") as folder:
        main = Path(folder) / "probe.toml"
        main.write_text(MAIN, encoding="utf-8")
        (Path(folder) / "checks.d").mkdir()
        (Path(folder) / "checks.d" / "10.toml").write_text(as_toml(alone, "a test"), encoding="utf-8")
        try:
            load(main)
        except ConfigError as error:
            drafting.remarks += [f"{one.name}: {_bare(problem, one.name)}" for problem in error.problems]
            return False
    return True


def _bare(problem: str, name: str) -> str:
    """A problem without the temporary file's place."""
    return problem.partition(".toml")[2].partition(": ")[2].removeprefix(f'check "{name}": ') or problem


def _write(path: Path, drafting: Drafting, options: object) -> None:
    from probe.importers.drafts import as_toml

    source = f"{getattr(options, 'form', '')}: {Path(getattr(options, 'file', '')).name}"
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(as_toml(drafting, source))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror}") from error
