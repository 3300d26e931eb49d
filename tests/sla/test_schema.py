"""The published JSON Schema of terms files, held against the files and against the parser."""

from __future__ import annotations

import ast
import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from probe.sla import counting, period, terms, vocabulary
from probe.sla.unstated import unstated
from tests.sla.build import PUBLISHED

ROOT = PUBLISHED.parents[2]
SCHEMA: dict[str, Any] = json.loads((ROOT / "docs" / "terms.schema.json").read_text(encoding="utf-8"))
FILES = sorted(PUBLISHED.rglob("*.toml"))
READERS = ("terms.py", "read_promise.py", "read_outage.py", "read_remedy.py")
TYPES: Mapping[str, type] = {"string": str, "integer": int, "boolean": bool, "object": dict, "array": list}
KNOWN = {
    "$ref", "type", "enum", "pattern", "minimum", "minItems", "minLength", "required", "properties",
    "additionalProperties", "items", "oneOf", "anyOf", "allOf", "not", "if", "then", "else", "dependentRequired",
    "description", "$schema", "$defs", "title",
}  # fmt: skip


def faults(value: Any, rule: Mapping[str, Any], place: str) -> Iterator[str]:
    """Where a value breaks a rule; the part of JSON Schema that ours uses."""
    assert set(rule) <= KNOWN
    if "$ref" in rule:
        yield from faults(value, SCHEMA["$defs"][rule["$ref"].rpartition("/")[2]], place)
    for word in ("oneOf", "anyOf"):
        fitting = sum(not list(faults(value, each, place)) for each in rule.get(word, ()))
        if word in rule and (fitting != 1 if word == "oneOf" else not fitting):
            yield f"{place}: {fitting} of {word} fit"
    yield from combined(value, rule, place)
    is_bool = isinstance(value, bool) and rule.get("type") != "boolean"
    if "type" in rule and (is_bool or not isinstance(value, TYPES[rule["type"]])):
        yield f"{place}: {value!r} is no {rule['type']}"
        return
    if "enum" in rule and value not in rule["enum"]:
        yield f"{place}: {value!r} is not one of them"
    if "pattern" in rule and isinstance(value, str) and not re.search(rule["pattern"].replace("$", r"\Z"), value):
        yield f"{place}: {value!r} does not match"
    if value_is_small(value, rule):
        yield f"{place}: too few"
    if isinstance(value, dict):
        yield from in_object(value, rule, place)
    if isinstance(value, list) and "items" in rule:
        for i, each in enumerate(value):
            yield from faults(each, rule["items"], f"{place}[{i}]")


def combined(value: Any, rule: Mapping[str, Any], place: str) -> Iterator[str]:
    """What rules made of other rules say: allOf, not, if with then and else."""
    for each in rule.get("allOf", ()):
        yield from faults(value, each, place)
    if "not" in rule and not list(faults(value, rule["not"], place)):
        yield f"{place}: is what it must not be"
    if "if" in rule:
        branch = "else" if list(faults(value, rule["if"], place)) else "then"
        yield from faults(value, rule.get(branch, {}), place)


def value_is_small(value: Any, rule: Mapping[str, Any]) -> bool:
    """Below a minimum, of a number, of entries or of characters."""
    for word, kind in (("minItems", list), ("minLength", str), ("minimum", int)):
        if word in rule and isinstance(value, kind):
            return bool((value if isinstance(value, int) else len(value)) < rule[word])
    return False


def in_object(value: dict[str, Any], rule: Mapping[str, Any], place: str) -> Iterator[str]:
    """Keys that lack or are too many, and what is wrong inside."""
    yield from (f"{place}: {key} is missing" for key in rule.get("required", ()) if key not in value)
    for key, others in rule.get("dependentRequired", {}).items():
        yield from (f"{place}: {other} goes with {key}" for other in others if key in value and other not in value)
    inner = rule.get("properties", {})
    for key, each in value.items():
        if key in inner:
            yield from faults(each, inner[key], f"{place}.{key}")
        elif rule.get("additionalProperties") is False:
            yield f"{place}.{key}: unknown"


def as_json(value: Any) -> Any:
    """TOML as JSON has it: dates are text."""
    if isinstance(value, dict):
        return {key: as_json(each) for key, each in value.items()}
    if isinstance(value, list):
        return [as_json(each) for each in value]
    return value.isoformat() if isinstance(value, date) else value


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_every_published_file_is_valid_by_the_schema(path: Path) -> None:
    """Other tools can write and check these files without us."""
    assert list(faults(as_json(tomllib.loads(path.read_text(encoding="utf-8"))), SCHEMA, path.name)) == []


def test_what_the_parser_refuses_the_schema_refuses() -> None:
    """A wrong file is wrong by both."""
    wrong = {
        "id": "x",
        "promise": {"metric": "availibility", "op": ">=", "target": "99.9"},
        "outage": {"min_requests": 0, "speling": 1, "shortest": 5},
        "formula": {},
        "source": [],
    }
    found = list(faults(wrong, SCHEMA, ""))
    for part in (
        ".id: 'x' does not match",
        ".promise: 0 of oneOf fit",
        ".outage.min_requests: too few",
        ".outage.speling: unknown",
        ".outage.shortest: 5 is no string",
        ".formula: archetype is missing",
        ".source: too few",
        ": provider is missing",
    ):
        assert part in found


def objects(rule: Any) -> Iterator[Mapping[str, Any]]:
    """Every object with properties in a schema."""
    if isinstance(rule, dict):
        if isinstance(rule.get("properties"), dict):
            yield rule["properties"]
        for each in rule.values():
            yield from objects(each)
    elif isinstance(rule, list):
        for each in rule:
            yield from objects(each)


def parsed_keys() -> tuple[set[str], dict[str, set[str]]]:
    """The keys that the readers ask for, and for those with a list of words the name of the list."""
    keys: set[str] = set()
    words: dict[str, set[str]] = {}
    methods = {
        "text", "needed", "flag", "count", "span", "ratio", "choice", "day", "texts", "table", "tables", "quantity",
        "figure", "wait", "credit", "one_or_more", "spans", "length",
    }  # fmt: skip
    for name in READERS:
        for node in ast.walk(ast.parse((PUBLISHED.parent / name).read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            if node.func.attr not in methods or not node.args or not isinstance(node.args[0], ast.Constant):
                continue
            key = str(node.args[0].value)
            keys.add(key)
            if node.func.attr == "choice" and isinstance(node.args[1], ast.Attribute):
                words.setdefault(key, set()).add(node.args[1].attr)
    return keys, words


def test_schema_and_parser_know_the_same_keys() -> None:
    """A key that one of them has and the other has not is a lie in the documentation."""
    keys, _ = parsed_keys()
    in_loops = {
        "id", "provider", "service", "version", "valid_from", "valid_to", "notes", "unevaluated", "at_least", "above",
        "up_to", "below",
    }  # fmt: skip
    documented = {key for each in objects(SCHEMA) for key in each}
    assert keys | in_loops == documented


def enums(rule: Any, key: str | None = None) -> Iterator[tuple[str | None, tuple[str, ...]]]:
    """Every list of words in the schema with the key that has it."""
    if isinstance(rule, dict):
        if "enum" in rule:
            yield key, tuple(rule["enum"])
        for name, each in rule.items():
            inner = key if name in {"oneOf", "items"} else name
            yield from enums(each, inner)
    elif isinstance(rule, list):
        for each in rule:
            yield from enums(each, key)


def test_schema_and_parser_know_the_same_words() -> None:
    """Every list of words is that of the program."""
    _, words = parsed_keys()
    lists: dict[str, tuple[str, ...]] = {**vars(vocabulary), **vars(counting), **vars(period)}
    found = list(enums(SCHEMA))
    assert len(found) > 30
    for key, options in found:
        allowed = {lists[name] for name in words.get(str(key), ())} | {("whole", "excess")}
        assert options in allowed, key


def test_the_example_in_the_guide_is_a_sound_file() -> None:
    """Examples are copied."""
    guide = (ROOT / "docs" / "terms.md").read_text(encoding="utf-8")
    example = tomllib.loads(guide.partition("```toml\n")[2].partition("```")[0])
    assert list(faults(as_json(example), SCHEMA, "the example")) == []
    assert [each.key for each in unstated(terms.parse(example, "the example"))] == [
        "period.partial_life",
        "outage.edge",
        "remedy.fee_base",
    ]
