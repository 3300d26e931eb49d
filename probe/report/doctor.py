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
        "systematic_ms": _ms(one.systematic_us),
        "random_95_ms": _ms(one.random_us),
        "p50_ms": _ms(one.systematic_us),
        "p99_ms": _ms(one.p99_us),
        "beyond_kernel_p50_ms": _ms(one.beyond_us[0] if one.beyond_us else None),
        "beyond_kernel_p99_ms": _ms(one.beyond_us[1] if one.beyond_us else None),
        "not_tried": one.says or None,
    }


def _ms(us: int | None) -> float | None:
    return None if us is None else us / 1000
