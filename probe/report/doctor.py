"""The document of `probe doctor --json`."""

from __future__ import annotations

from typing import Any

from probe.view.doctor import Diagnosis, Error

Document = dict[str, Any]


def doctor_document(found: Diagnosis, exit_code: int) -> Document:
    """Every symptom and the timing errors in ms."""
    return {
        "schema": 1,
        "exit_code": exit_code,
        "symptoms": [one._asdict() for one in found.symptoms],
        "timing_errors": [_error(one) for one in found.errors],
    }


def _error(one: Error) -> Document:
    return {
        "kind": one.kind,
        "attempts": one.attempts,
        "p50_ms": one.p50_us / 1000,
        "p99_ms": one.p99_us / 1000,
        "beyond_kernel_p50_ms": one.beyond_us[0] / 1000 if one.beyond_us else None,
        "beyond_kernel_p99_ms": one.beyond_us[1] / 1000 if one.beyond_us else None,
    }
