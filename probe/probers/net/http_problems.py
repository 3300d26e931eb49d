"""What is wrong with the settings of an HTTP check: every problem, none left for the first attempt to find."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from probe.probers.net.endpoint import parse_proxy
from probe.probers.net.expression import find_problem
from probe.probers.net.json_path import find_path_problem
from probe.probers.net.tls_problems import find_tls_problems

if TYPE_CHECKING:
    from probe.probers.http import HttpSettings

TOKEN: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
STATUS_CLASS: Final = re.compile(r"[1-5]xx")
BODY_CEILING: Final = 64 << 20


def find_problems(settings: HttpSettings) -> list[str]:
    """Each problem as `key: what is wrong`."""
    return [
        *_request_problems(settings),
        *_expectation_problems(settings),
        *_limit_problems(settings),
        *find_tls_problems(settings),
        *_http2_problems(settings),
        *_proxy_problems(settings),
    ]


def _request_problems(settings: HttpSettings) -> list[str]:
    problems = []
    if not TOKEN.fullmatch(settings.method):
        problems.append(f'method: "{settings.method}" is not a method')
    for name, value in settings.headers.items():
        if not TOKEN.fullmatch(name):
            problems.append(f'headers: "{name}" is not a header name')
        if isinstance(value, str) and not (value.isascii() and value.isprintable()):
            problems.append(f"headers: {name}: only printable ASCII may be sent")
    if (settings.auth_user is None) != (settings.auth_password is None):
        problems.append("auth_user and auth_password: give both or neither")
    if settings.auth_bearer is not None and settings.auth_user is not None:
        problems.append("auth_bearer: cannot be combined with auth_user")
    return problems


def _expectation_problems(settings: HttpSettings) -> list[str]:
    problems = []
    for one in settings.expect_status:
        is_class = isinstance(one, str) and STATUS_CLASS.fullmatch(one)
        is_code = isinstance(one, int) and 100 <= one <= 599
        if not is_class and not is_code:
            problems.append(f'expect_status: {one!r} is neither a code nor a class such as "2xx"')
    if not settings.expect_status:
        problems.append("expect_status: must name at least one code or class")
    if settings.expect_body_regex is not None and (problem := find_problem(settings.expect_body_regex)):
        problems.append(f"expect_body_regex: {problem}")
    problems += [f"expect_json: {problem}" for path in settings.expect_json if (problem := find_path_problem(path))]
    return problems


def _http2_problems(settings: HttpSettings) -> list[str]:
    if not settings.http2:
        return []
    try:
        import h2
    except ImportError:
        return ["http2: HTTP/2 is not installed; pip install 'sla-probe[http2]'"]
    del h2
    return []


def _proxy_problems(settings: HttpSettings) -> list[str]:
    problems = []
    if settings.proxy is not None:
        try:
            parse_proxy(settings.proxy)
        except ValueError as error:
            problems.append(f"proxy: {error}")
    if (settings.proxy_user is None) != (settings.proxy_password is None):
        problems.append("proxy_user and proxy_password: give both or neither")
    if settings.proxy_user is not None and settings.proxy is None:
        problems.append("proxy_user: needs proxy")
    if settings.all_addresses and settings.proxy is not None:
        problems.append("all_addresses: cannot be combined with proxy, which looks the name up itself")
    return problems


def _limit_problems(settings: HttpSettings) -> list[str]:
    problems = []
    for key in ("min_bytes", "max_bytes", "body_limit"):
        value = getattr(settings, key)
        if value is not None and not 0 <= value <= BODY_CEILING:
            problems.append(f"{key}: must be from 0 to {BODY_CEILING}")
    if settings.max_time_ms is not None and settings.max_time_ms <= 0:
        problems.append("max_time: must be longer than 0")
    if not 0 <= settings.max_redirects <= 20:
        problems.append("max_redirects: must be from 0 to 20")
    return problems
