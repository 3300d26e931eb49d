"""Who is at the keyboard, for the audit trail."""

from __future__ import annotations

import os


def person() -> str:
    """The login name, with the one that sudo was called by; the user's number where it has no name."""
    before = os.environ.get("SUDO_USER", "")
    try:
        import pwd

        name = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        name = f"uid {os.getuid()}"
    return f"{before} as {name}" if before else name
