"""Pages for people with a browser: the report and the status page, drawn from the documents of `probe.report`.

The only home of Jinja2 and matplotlib, which come with the extra `html`. Nothing is judged here: every figure
is one of a document, every chart shows slices that were made for it.
"""

from __future__ import annotations

from importlib.util import find_spec

from probe.errors import UsageError


def require() -> None:
    """UsageError with the remedy where the extra is not installed."""
    missing = [title for module, title in (("jinja2", "Jinja2"), ("matplotlib", "matplotlib")) if not find_spec(module)]
    if missing:
        raise UsageError(f"pages need {' and '.join(missing)}: pip install 'sla-probe[html]'")
