"""`python -m bench [--short] [NAME …]`: run the benchmarks one after the other, each in its own process.

Each benchmark is a module beside this one with a `main(short: bool) -> dict` that returns its figures.
The figures are printed and written to bench/results/NAME.json; what was to be reached is one table at the end, and
bench/results/targets.json. Machines are shared: compare ratios of
one run, CPU time before wall time.
"""

from __future__ import annotations

import argparse
import importlib
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bench import _targets

RESULTS = Path(__file__).parent / "results"
ALONE = "import sys; from bench.__main__ import run; run(sys.argv[1], sys.argv[2] == '1')"
NAMES = sorted(path.stem for path in Path(__file__).parent.glob("*.py") if not path.stem.startswith("_"))


def run(name: str, short: bool) -> None:
    """Run one benchmark in this process, print its figures and keep them."""
    figures = importlib.import_module(f"bench.{name}").main(short)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.json").write_text(json.dumps(figures, indent=1) + "\n")
    print(f"{name}:")
    for key, value in figures.items():
        if key not in {"targets", "rounds"}:  # the table shows them
            print(f"  {key:<44} {value}")


def _alone(name: str, short: bool) -> int:
    """Run one benchmark in its own process; its exit code."""
    done = subprocess.run(
        [sys.executable, "-c", ALONE, name, str(int(short))],
        stdout=subprocess.PIPE,  # what it tells while it works goes to stderr as it comes
        text=True,
        check=False,
    )
    print(done.stdout, end="", flush=True)
    return done.returncode


def main() -> int:
    """Run the named benchmarks, or all."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__.splitlines()[0])
    parser.add_argument("--short", action="store_true", help="smaller sizes, for CI")
    parser.add_argument("names", nargs="*", choices=[[], *NAMES], help="which; default all")
    options = parser.parse_args()
    names = options.names or NAMES
    with ThreadPoolExecutor(2 if options.short else 1) as places:  # a short run only shows that all of them work
        codes = list(places.map(lambda name: _alone(name, options.short), names))
    rows = _targets.collect(RESULTS, names)
    if rows:
        print(f"\n{_targets.show(rows)}")
    if not options.names:
        (RESULTS / "targets.json").write_text(json.dumps([row.document() for row in rows], indent=1) + "\n")
    return 1 if any(codes) else 0


if __name__ == "__main__":
    sys.exit(main())
