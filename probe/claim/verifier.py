"""Checks a claim pack. It needs Python 3.11 and nothing else: python3 verify.py [PACK.zip | unpacked folder]

1. Every file is listed in manifest.json with its SHA-256, and nothing else is there.
2. Heads (heads.jsonl), one a day, each covering the one before; the digests of the enclosed days (digests.json) are
   what their heads cover, the enclosed outcomes (samples.jsonl) what those digests are of; the rows of windows,
   tickets and evidence (entries.jsonl) are linked to the heads.
3. The proven downtime of the plain measure, counted anew from the outcomes: stretches between two failures that follow
   each other within g_max, in runs of at least `confirm`, and while the answers of both were awaited some reference was
   certainly up. What the report states must lie in that, and its figures must be the sums (docs: method.md, section 9).
4. A signature of the manifest or of a head, where there is one, with OpenSSH. Whose key it is you must know yourself.
"""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

Files = dict[str, bytes]
Pairs = list[tuple[int, int]]
Problem = tuple[str, str]
MANIFEST, SIGNATURE = "manifest.json", "manifest.json.sig"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,80}")
NUMBER = re.compile(r"-?\d{1,400}(\.\d{1,400}|/[1-9]\d{0,399})?")
MOST = 2 << 30
CHAIN, SEAL = b"probe-rec-v1\0", b"probe-seal-v1\0"
UP, DOWN, UNKNOWN = STATES = ("up", "down", "unknown")
OUTAGE = ("check", "start", "end", "attempts", "cause", "confirmed")
WINDOW = ("start", "end", "announced_at", "entered_at")
MANUAL, DAY_MS, EPOCH = 2, 86_400_000, datetime(1970, 1, 1, tzinfo=UTC)


def verify(path: Path) -> tuple[list[Problem], list[str]]:
    """What is wrong with a pack, as place and words, and what was found to be in order."""
    notes: list[str] = []
    problems: list[Problem] = []
    try:
        files = unpacked(path, problems) if path.is_dir() else unzipped(path, problems)
        problems += [] if problems else listed(files)
        for look in () if problems else (sealed, chained, samples_alike, told_alike, recounted, signed):
            problems.extend(look(files, notes))
    except (OSError, zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError) as error:
        problems.append((path.name, f"cannot be read: {error}"))
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, ArithmeticError) as error:
        problems.append((path.name, f"is not made as a claim pack is: {type(error).__name__}: {error}"))
    return problems, notes


def unpacked(folder: Path, problems: list[Problem]) -> Files:
    """The files of an unpacked pack; of a folder that is none, nothing is read."""
    if not (folder / MANIFEST).is_file():
        return {}
    found = [(each, each.is_file()) for each in sorted(folder.iterdir())]
    if sum(each.stat().st_size for each, is_file in found if is_file) > MOST:
        problems.append((folder.name, "is larger than any claim pack"))
        return {}
    return {each.name: each.read_bytes() if is_file else b"" for each, is_file in found}


def unzipped(path: Path, problems: list[Problem]) -> Files:
    """The files of a zip; nothing is written anywhere."""
    files: Files = {}
    with zipfile.ZipFile(path) as pack:
        found = pack.infolist()
        names, made = [one.filename for one in found], (1980, 1, 1, 0, 0, 0)
        problems += [(name[:80], "is no name of a file in a claim pack") for name in names if not NAME.fullmatch(name)]
        problems += [(b, f"does not follow {a} in the order of names") for a, b in pairwise(names) if a >= b]
        other = [one.filename for one in found if (one.date_time, one.extra) != (made, b"")]
        problems += [(name, "was put in by another hand") for name in other]
        if sum(one.file_size for one in found) > MOST:
            problems.append((path.name, "is larger than any claim pack"))
        for one in [] if problems else found:
            try:
                files[one.filename] = pack.read(one)
            except (zipfile.BadZipFile, zlib.error, EOFError) as error:
                problems.append((one.filename, f"is damaged: {error}"))
    return files


def listed(files: Files) -> Iterator[Problem]:
    """The manifest against the files."""
    if MANIFEST not in files:
        yield MANIFEST, "is missing"
        return
    manifest = json.loads(files[MANIFEST])
    is_ours = list(manifest) == ["schema", "signed", "files"] and list(manifest["files"]) == sorted(manifest["files"])
    if canonical(manifest) + b"\n" != files[MANIFEST] or manifest["schema"] != 1 or not is_ours:
        yield MANIFEST, "is not written as the program writes it"
    hashes, given = manifest["files"], set(files) - {MANIFEST, SIGNATURE}
    if manifest["signed"] != (SIGNATURE in files):
        yield SIGNATURE, "is missing" if manifest["signed"] else "is not said to be there"
    for name in sorted(given | set(hashes)):
        if name not in given or name not in hashes:
            yield name, "is missing" if name in hashes else "is not in the manifest"
        elif hashlib.sha256(files[name]).hexdigest() != hashes[name]:
            yield name, "is not what the manifest lists: its SHA-256 is another"


def sealed(files: Files, notes: list[str]) -> Iterator[Problem]:
    """Heads, the digests that they cover, the outcomes that those are of."""
    before, heads = "00" * 32, {}
    for head in lines(files, "heads.jsonl"):
        said = json.loads(head["document"])
        is_made = hashlib.sha256(SEAL + head["document"].encode()).hexdigest() == head["hash"]
        if not is_made or said["previous"] != before:
            yield "heads.jsonl", f"the head of {said['day']} is not what was made, or not the one after that before it"
            return
        before, heads[said["day"]] = head["hash"], said["outcomes"]
    given, counted = list(lines(files, "samples.jsonl")), 0
    days = by_day(given)
    for day, about in load(files, "digests.json").items():
        text = "".join(f"{series} {n} {digest}\n" for series, n, digest in about["series"])
        if hashlib.sha256(text.encode()).hexdigest() != heads.get(day):
            yield "digests.json", f"what it lists for {day} is not what the head of that day covers"
        for series, n, digest in [each for each in about["series"] if each[0] in about["whole"]]:
            rows = days.get((day, series), [])
            counted += len(rows)
            if (len(rows), hashlib.sha256(b"".join(rows)).hexdigest()) != (n, digest):
                yield "samples.jsonl", f"the outcomes of series {series} on {day} are not those that the head covers"
    heads_said = f"{len(heads)} heads, the last one {before}" if heads else "heads: no day is sealed yet"
    notes.append(f"{counted} of {len(given)} enclosed outcomes are covered by {heads_said}")


def by_day(given: list[Any]) -> dict[tuple[str, int], list[bytes]]:
    """The rows that the digest of a day is about, by day and series."""
    days: dict[tuple[str, int], list[bytes]] = {}
    for one in given:
        if one.get("standing") != "late":
            day = instant(one["row"][0] // DAY_MS * DAY_MS)[:10]
            days.setdefault((day, one["series"]), []).append(canonical(one["row"]) + b"\n")
    return days


def chained(files: Files, notes: list[str]) -> Iterator[Problem]:
    """The enclosed stretch of the chain, from one head to another; the hash of a withheld line is taken as given."""
    found, heads = list(lines(files, "entries.jsonl")), [json.loads(h["document"]) for h in lines(files, "heads.jsonl")]
    if not found:
        return
    anchors = {0: "00" * 32, **{head["entries"]: head["head"] for head in heads}}
    before, first = anchors.get(found[0]["entry"] - 1, ""), found[0]["entry"]
    if not before or found[-1]["entry"] not in anchors:
        yield "entries.jsonl", "does not reach from one head to another"
    for number, one in enumerate(found, first):
        kind, row, said = one["kind"], one["row"], one["hash"]
        if one["line"] is not None:
            said = hashlib.sha256(CHAIN + bytes.fromhex(before) + one["line"].encode()).hexdigest()
        is_it = one["line"] is None or json.loads(one["line"])[:2] == [kind, row]
        if one["entry"] != number or not is_it or said != one["hash"] or anchors.get(number, said) != said:
            yield "entries.jsonl", f"entry {one['entry']} ({kind} {row}) is not what was chained"
            return
        before = one["hash"]
    withheld = sum(one["line"] is None for one in found)
    notes.append(f"{len(found)} entries of the chain link two heads, {withheld} of them withheld: these on trust")


def samples_alike(files: Files, _notes: list[str]) -> Iterator[Problem]:
    """Samples say what their rows say, in order, and are replaced only by late ones; windows what the chain says."""
    record, before, given = load(files, "record.json"), (0, 0), list(lines(files, "samples.jsonl"))
    late = {(one["series"], *one["row"][:2]) for one in given if one.get("standing") == "late"}
    for number, one in enumerate(given, 1):
        at, clock, _revision, _origin, state, reason, *_ = one["row"]
        check, said = record["series"][str(one["series"])]["check"], instant(at + record["clocks"][str(clock)][2])
        if [check, said, STATES[state], reason] != [one["check"], one["at"], one["state"], one["reason"]]:
            yield "samples.jsonl", f"line {number} says otherwise than its own row"
        if one.get("standing") == "replaced" and (one["series"], *one["row"][:2]) not in late:
            yield "samples.jsonl", f"line {number} is said to be replaced, and no late one replaces it"
        if before > (one["series"], at):
            yield "samples.jsonl", f"line {number} is not in the order of series and time"
        before = one["series"], at
    shown = {(one["kind"], one["row"]): json.loads(one["line"] or "[]") for one in lines(files, "entries.jsonl")}
    for one in load(files, "maintenance.json")["windows"]:
        row = shown.get(("window", one["id"]))
        if row and [at and instant(at) for at in (row[7], row[8], row[15], row[16])] != [one[name] for name in WINDOW]:
            yield "maintenance.json", f"window {one['id']} is told otherwise than the chain has it"


def told_alike(files: Files, notes: list[str]) -> Iterator[Problem]:
    """Letter, outages and report say the same."""
    named = [tuple(map(one.get, OUTAGE)) for one in load(files, "outages.json")["outages"]]
    for one in load(files, "report.json")["assessments"]:
        for each in [each for each in one["outages"] if tuple(map(each.get, OUTAGE)) not in named]:
            yield "outages.json", f"the outage of {each['check']} from {each['start']['latest']} is told otherwise"
        exactly = f"{one['downtime']['low']} s exactly".encode()
        for letter in ("LETTER.txt", "letter.html") if one["verdict"] == "missed" else ():
            if exactly not in files[letter]:
                yield letter, f"does not state the {one['downtime']['low']} s of downtime that the report has"
    notes.append("letter, outages, samples and report tell the same")


def recounted(files: Files, notes: list[str]) -> Iterator[Problem]:
    """The proven downtime of each assessment, from the outcomes."""
    record, claim, report = (load(files, f"{name}.json") for name in ("record", "claim", "report"))
    given = list(lines(files, "samples.jsonl"))
    if len(claim["recount"]) != len(report["assessments"]):
        yield "claim.json", "is about other assessments than report.json"
    for mine, theirs in zip(claim["recount"], report["assessments"], strict=False):
        name, down = f"{theirs['service']} / {theirs['check']}", [(a, b) for a, b in mine["down"]]
        if mine["of"] is None:
            notes.append(f"{name}: not counted anew: {mine['why']}")
            continue
        found = anew(record, given, mine, theirs)
        total = seconds(found)
        if total != exact(mine["by_samples"]):
            yield "claim.json", f"{name}: by the samples {total} s are proven, {mine['by_samples']} are stated"
        if any(not any(a <= start and end <= b for a, b in found) for start, end in down):
            yield "claim.json", f"{name}: downtime is stated that the samples do not prove"
        yield from figures(name, mine["repeats"], theirs, seconds(down))
        rule = (
            ""
            if "downtime" in mine["repeats"]
            else f"; what counts of it by the terms ({theirs['rule']}) is not repeated"
        )
        notes.append(f"{name}: {float(total):.3f} s proven by the samples, {float(seconds(down)):.3f} s stated{rule}")


def anew(record: dict[str, Any], given: list[Any], mine: dict[str, Any], theirs: dict[str, Any]) -> Pairs:
    """The proven downtime of one assessment within its period."""
    samples: dict[int, list[Any]] = {}
    for one in given:
        if one["row"][3] != MANUAL and one.get("standing") != "replaced":
            samples.setdefault(one["series"], []).append(one["row"])
    counter = Counter(record, samples)
    edges = ms(theirs["period"]["start"]), min(ms(theirs["period"]["end"]), ms(theirs["as_of"]))
    return at_least([counter.proven(each, mine["witnesses"]) for each in mine["of"]], mine["needed"], edges)


def figures(name: str, repeats: list[str], theirs: dict[str, Any], stated_s: Fraction) -> Iterator[Problem]:
    """The report's figures that are sums of what was recounted."""
    raw, net = exact(theirs["raw_downtime"]["low"]), exact(theirs["downtime"]["low"])
    forgiven = sum((exact(each["forgiven"]) for each in theirs["exclusions"]), Fraction(0))
    counted = sum((exact(each["counted"]) for each in theirs["outages"]), Fraction(0))
    if "raw_downtime" in repeats and (raw != stated_s or net > raw):
        yield "report.json", f"{name}: {raw} s before and {net} s after maintenance, the samples give {stated_s}"
    if "downtime" in repeats and net != raw - forgiven:
        yield "report.json", f"{name}: downtime is {net} s, {raw} less {forgiven} forgiven are {raw - forgiven}"
    if "outages" in repeats and counted != net:
        yield "report.json", f"{name}: the outages add up to {counted} s, downtime is {net}"
    if theirs["verdict"] == "missed" and theirs["budget"] is not None and net < exact(theirs["budget"]):
        yield "report.json", f"{name}: missed, and yet {net} s are within the {theirs['budget']} allowed"


def signed(files: Files, notes: list[str]) -> Iterator[Problem]:
    """Every signature, by OpenSSH; the fingerprint of its key is told."""
    heads = [(each["document"], each["signature"]) for each in lines(files, "heads.jsonl") if each["signature"]]
    what = [("heads.jsonl", document.encode(), made.encode(), "probe-evidence@v1") for document, made in heads]
    if SIGNATURE in files:
        what.append((SIGNATURE, files[MANIFEST], files[SIGNATURE], "probe-claim@v1"))
    for place, document, made, space in what:
        with tempfile.NamedTemporaryFile() as file:
            file.write(made)
            file.flush()
            words = ["ssh-keygen", "-Y", "check-novalidate", "-n", space, "-s", file.name]
            try:
                done = subprocess.run(words, input=document, capture_output=True, check=False)
            except FileNotFoundError:
                notes.append(f"{place}: signed, and not looked at: there is no ssh-keygen here")
                continue
        said = (done.stderr if done.returncode else done.stdout).decode(errors="replace").strip()[:200]
        if done.returncode:
            yield place, f"the signature is not good: {said}"
        notes.append(f"{place}: {said}")
    digest = hashlib.sha256(files[MANIFEST]).hexdigest()
    notes.append(f"manifest SHA-256 {digest}: compare it with what you were told by another way")


class Counter:
    """The plain measure over recorded rows: [at, clock, revision, origin, state, ...], by corrected instants."""

    def __init__(self, record: dict[str, Any], samples: dict[int, list[Any]]) -> None:
        """clocks: number to boot, its offset, its correction; settings: [valid from, g_max, confirm, timeout]."""
        self.settings, self.breaks = record["settings"], record["breaks"]
        self.clocks = {int(number): about for number, about in record["clocks"].items()}
        self.samples = samples

    def proven(self, series: int, witnesses: list[int]) -> Pairs:
        """Downtime between failures that a witness vouches for."""
        ups = joined([pair for each in witnesses for pair in self.ups(each)])
        wait = self.settings[str(series)][-1][3]
        found = []
        for run in self.runs(series, DOWN):
            for start, end in ups if len(run) >= self.rule(series, run[0])[1] else []:
                seen = [at for at in run if start <= at and at + wait <= end]
                found += [(seen[0], seen[-1])] if len(seen) > 1 else []
        return joined(found)

    def ups(self, series: int) -> Pairs:
        """Where it was certainly up: between good answers close enough."""
        return [(run[0], run[-1]) for run in self.runs(series, UP)]

    def rule(self, series: int, at: int) -> Any:
        """g_max and confirm at an instant."""
        valid = [each for each in self.settings[str(series)] if each[0] <= at]
        return (valid[-1] if valid else self.settings[str(series)][0])[1:3]

    def runs(self, series: int, state: str) -> Iterator[list[int]]:
        """The instants of samples of one state that are linked, each to the next."""
        run: list[int] = []
        last: Any = None
        for at, row in self.one_an_instant(series):
            linked = last is not None and self.is_linked(last[1], row) and at - last[0] <= self.rule(series, last[0])[0]
            if run and not (linked and row[4] == STATES.index(state)):
                yield run
                run = []
            if row[4] == STATES.index(state):
                run.append(at)
            last = at, row
        if run:
            yield run

    def one_an_instant(self, series: int) -> list[tuple[int, Any]]:
        """The samples in order; of two at one instant that contradict each other nothing is known."""
        found: dict[int, Any] = {}
        for row in self.samples.get(series, []):
            at = row[0] + self.clocks[row[1]][2]
            other = found.get(at, row)
            found[at] = row if other[4] == row[4] else [*row[:4], STATES.index(UNKNOWN), *row[5:]]
        return sorted(found.items())

    def is_linked(self, one: Any, two: Any) -> bool:
        """Whether something can be said of the time between two samples: same meaning, same boot, nobody slept."""
        (boot, offset, *_), (other, theirs, *_) = self.clocks[one[1]], self.clocks[two[1]]
        span = one[0] - offset, two[0] - theirs
        slept = any(each == boot and start < span[1] and end > span[0] for each, start, end in self.breaks)
        return one[2] == two[2] and (boot == other or 0 in (one[1], two[1])) and not slept


def at_least(parts: list[Pairs], needed: int, edges: tuple[int, int]) -> Pairs:
    """Where so many of the parts are, within the edges."""
    turns = sorted((at, step) for part in parts for a, b in part for at, step in ((a, 1), (b, -1)))
    found, depth, since = [], 0, 0
    for at, step in turns:
        if depth == needed - 1 and step == 1:
            since = at
        if depth == needed and step == -1:
            found.append((max(since, edges[0]), min(at, edges[1])))
        depth += step
    return joined([(a, b) for a, b in found if a < b])


def joined(pairs: Pairs) -> Pairs:
    """Overlapping and touching stretches as one."""
    found: Pairs = []
    for start, end in sorted(pairs):
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(end, found[-1][1])
        else:
            found.append((start, end))
    return found


def seconds(pairs: Pairs) -> Fraction:
    """Their length."""
    return sum((Fraction(b - a, 1000) for a, b in pairs), Fraction(0))


def exact(text: str) -> Fraction:
    """A decimal or a fraction of a document; an exponent would keep us busy for as long as it says."""
    if not NUMBER.fullmatch(text):
        raise ValueError(f"{text[:40]} is no exact number")
    return Fraction(text)


def canonical(value: Any) -> bytes:
    """JSON as it is hashed."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def load(files: Files, name: str) -> Any:
    """A JSON file of the pack."""
    return json.loads(files[name])


def lines(files: Files, name: str) -> Iterator[Any]:
    """A file with a JSON value a line."""
    return map(json.loads, files[name].splitlines())


def instant(at_ms: int) -> str:
    """ISO 8601 in UTC."""
    text = (EPOCH + timedelta(milliseconds=at_ms)).replace(tzinfo=None)
    return text.isoformat(timespec="milliseconds" if at_ms % 1000 else "seconds") + "Z"


def ms(text: str) -> int:
    """An instant of a document."""
    return (datetime.fromisoformat(text) - EPOCH) // timedelta(milliseconds=1)


def told(path: Path) -> tuple[list[str], bool]:
    """The result as lines, and whether the pack is sound; the last line says so."""
    problems, notes = verify(path)
    is_sound = not problems
    said = [f"{place}: {what}" for place, what in problems] if problems else notes
    end = "sound: every check passed" if is_sound else f"REFUSED: {len(problems)} problem{'s' * (len(problems) > 1)}"
    return [*said, f"{path.name or path}: {end}"], is_sound


if __name__ == "__main__":
    here = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent
    said, is_sound = told(here)
    sys.stdout.write("".join(f"{ascii(line)[1:-1]}\n" for line in said))
    sys.exit(not is_sound)
