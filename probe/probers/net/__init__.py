"""The wire below the kinds: names, addresses, connections, and whose fault a failure is."""

import sys

sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]  # its command line, with Rich, Pygments and Click
