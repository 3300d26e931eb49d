"""A hundred ways to change a pack, each refused with the place named; also where the manifest was made anew."""

from __future__ import annotations

import io
import json
import os
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from probe.claim import verifier
from tests.claim import night
from tests.claim.night import edited, listed, relined, zipped
from tests.claim.test_pack import NAMES

Files = dict[str, bytes]
Forge = Callable[[Files], bytes]
PLAIN: Final = sorted(NAMES - {"manifest.json"})


def flipped(name: str) -> Forge:
    def forge(files: Files) -> bytes:
        data = files[name]
        half = len(data) // 2
        return zipped({**files, name: data[:half] + bytes([data[half] ^ 1]) + data[half + 1 :]})

    return forge


def removed(name: str) -> Forge:
    return lambda files: zipped({each: data for each, data in files.items() if each != name})


def emptied(name: str) -> Forge:
    return lambda files: zipped({**files, name: b""})


def swapped(one: str, two: str) -> Forge:
    return lambda files: zipped({**files, one: files[two], two: files[one]})


def added(name: str) -> Forge:
    return lambda files: zipped({**files, name: b"x"})


def reordered(files: Files) -> bytes:
    return zipped(files, lambda names: sorted(names, reverse=True))


def doubled(files: Files) -> bytes:
    held = io.BytesIO(zipped(files))
    with pytest.warns(UserWarning, match="Duplicate name"), zipfile.ZipFile(held, "a") as made:
        made.writestr(zipfile.ZipInfo("report.json", (1980, 1, 1, 0, 0, 0)), b"{}")
    return held.getvalue()


def redated(files: Files) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as made:
        for name in sorted(files):
            made.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), files[name])
    return held.getvalue()


def corrupt(files: Files) -> bytes:
    data = bytearray(zipped(files))
    with zipfile.ZipFile(io.BytesIO(data)) as held:
        data[held.getinfo("samples.jsonl").header_offset + 500] ^= 255
    return bytes(data)


def manifest(change: Callable[[dict[str, Any]], Any]) -> Forge:
    def forge(files: Files) -> bytes:
        said = json.loads(files["manifest.json"])
        change(said)
        return zipped({**files, "manifest.json": verifier.canonical(said) + b"\n"})

    return forge


def changed(name: str, change: Callable[[Any], Any]) -> Forge:
    """A JSON document, and the manifest with it."""
    return lambda files: zipped(edited(files, name, change))


def lined(name: str, change: Callable[[list[Any]], Any]) -> Forge:
    """A file of lines, and the manifest with it."""
    return lambda files: zipped(relined(files, name, change))


def replaced(name: str, old: bytes, new: bytes) -> Forge:
    def forge(files: Files) -> bytes:
        assert old in files[name]
        return zipped(listed({**files, name: files[name].replace(old, new)}))

    return forge


def put(*path: str | int, value: object) -> Callable[[Any], None]:
    """Set one value deep in a document."""

    def change(document: Any) -> None:
        for step in path[:-1]:
            document = document[step]
        assert document[path[-1]] != value
        document[path[-1]] = value

    return change


def window(name: str, value: object) -> Callable[[Any], None]:
    return put("windows", 0, name, value=value)


def front(column: int, value: object) -> Callable[[Any], None]:
    """How the shop's samples are read."""

    def change(record: Any) -> None:
        number = next(number for number, one in record["series"].items() if one["check"] == "shop-front")
        put("settings", number, 0, column, value=value)(record)

    return change


def last(said: dict[str, Any]) -> None:
    """The first file listed as the last one."""
    said["files"]["LETTER.txt"] = said["files"].pop("LETTER.txt")


def row(number: int, column: int, value: object) -> Callable[[list[Any]], None]:
    return put(number, "row", column, value=value)


def healed(given: list[Any]) -> None:
    """A failure becomes a success, in the row and in words."""
    one = next(one for one in given if one["check"] == "shop-front" and one["state"] == "down")
    one["state"], one["reason"], one["row"][4], one["row"][5] = "up", None, 0, None


def broken(given: list[Any]) -> None:
    """A success becomes a failure."""
    one = given[5]
    one["state"], one["reason"], one["row"][4], one["row"][5] = "down", "timeout", 1, "timeout"


def later(given: list[Any]) -> None:
    """One sample a millisecond later."""
    one = given[7]
    one["row"][0] += 1
    one["at"] = verifier.instant(one["row"][0])


def late(given: list[Any]) -> None:
    """A sample that is said not to be of the digest."""
    given[9]["standing"] = "late"


def gone(given: list[Any]) -> None:
    """A sample of the digest that is said not to count any more."""
    given[3]["standing"] = "replaced"


def relinked(files: Files) -> bytes:
    """The last head made anew, to fit other outcomes."""

    def change(heads: list[Any]) -> None:
        said = json.loads(heads[0]["document"])
        said["outcomes"] = "00" * 32
        heads[0]["document"] = json.dumps(said, sort_keys=True, separators=(",", ":"))

    return zipped(relined(files, "heads.jsonl", change))


def entry(kind: str, change: Callable[[dict[str, Any]], Any]) -> Forge:
    return lined("entries.jsonl", lambda given: change(next(one for one in given if one["kind"] == kind)))


MIDNIGHT: Final = "2026-10-02T00:00:00Z"
MIDDLE: Final = night.TEN + 115 * 60_000
FRONT: Final = ("assessments", 0)
FORGERIES: Final[list[tuple[str, str, Forge]]] = [
    *((f"{name} flipped", name, flipped(name)) for name in PLAIN),
    *((f"{name} removed", name, removed(name)) for name in sorted(NAMES)),
    *((f"{name} emptied", name, emptied(name)) for name in PLAIN if name != "tickets.json"),
    *(
        (f"{one} and {two} swapped", one, swapped(one, two))
        for one, two in (("LETTER.txt", "letter.html"), ("report.json", "outages.json"), ("heads.jsonl", "record.json"))
    ),
    *((f"{name} added", name, added(name)) for name in ("extra.txt", "a.json", "manifest.json.sig", "REPORT.json")),
    *(
        (f"{name} as a name", name, added(name))
        for name in ("../evil", "/etc/passwd", "sub/file", "C:\\x", ".hidden", "a\x1bb", "..", "deep/../../x")
    ),
    ("order of files", "report.json", reordered),
    ("a file twice", "report.json", doubled),
    ("other times", "LETTER.txt", redated),
    ("bytes of the zip", "samples.jsonl", corrupt),
    ("the zip cut", "forged.zip", lambda files: zipped(files)[:-30]),
    ("no zip", "forged.zip", lambda _: b"PK"),
    ("manifest: digest", "report.json", manifest(put("files", "report.json", value="00" * 32))),
    ("manifest: entry gone", "samples.jsonl", manifest(lambda said: said["files"].pop("samples.jsonl"))),
    ("manifest: entry more", "zz.txt", manifest(lambda said: said["files"].update({"zz.txt": "00"}))),
    ("manifest: schema", "manifest.json", manifest(put("schema", value=2))),
    ("manifest: signed", "manifest.json.sig", manifest(put("signed", value=True))),
    ("manifest: more said", "manifest.json", manifest(lambda said: said.update({"note": "fine"}))),
    ("manifest: order", "manifest.json", manifest(last)),
    ("report: raw more", "report.json", changed("report.json", put(*FRONT, "raw_downtime", "low", value="1800"))),
    ("report: raw less", "report.json", changed("report.json", put(*FRONT, "raw_downtime", "low", value="1680"))),
    ("report: net more", "report.json", changed("report.json", put(*FRONT, "downtime", "low", value="1740"))),
    ("report: net less", "report.json", changed("report.json", put(*FRONT, "downtime", "low", value="60"))),
    ("report: net none", "report.json", changed("report.json", put(*FRONT, "downtime", "low", value="0"))),
    ("report: counted", "report.json", changed("report.json", put(*FRONT, "outages", 0, "counted", value="900"))),
    ("report: budget", "report.json", changed("report.json", put(*FRONT, "budget", value="1000"))),
    ("report: verdict", "report.json", changed("report.json", put("assessments", 1, "verdict", value="missed"))),
    ("report: attempts", "outages.json", changed("report.json", put(*FRONT, "outages", 0, "attempts", value=31))),
    ("report: start", "outages.json", changed("report.json", put(*FRONT, "outages", 0, "start", "latest", value="x"))),
    ("report: cause", "outages.json", changed("report.json", put(*FRONT, "outages", 1, "cause", value="isp"))),
    ("report: one less", "claim.json", changed("report.json", lambda said: said["assessments"].pop())),
    ("report: period", "claim.json", changed("report.json", put(*FRONT, "period", "start", value=MIDNIGHT))),
    ("report: as of", "claim.json", changed("report.json", put(*FRONT, "as_of", value="2026-10-02T00:01:00Z"))),
    ("report: no figures", "forged.zip", changed("report.json", lambda said: said["assessments"][0].pop("downtime"))),
    ("outages: end", "outages.json", changed("outages.json", put("outages", 0, "end", value=None))),
    ("outages: gone", "outages.json", changed("outages.json", lambda said: said["outages"].clear())),
    ("outages: cause", "outages.json", changed("outages.json", put("outages", 1, "cause", value="provider_or_path"))),
    ("claim: by samples", "claim.json", changed("claim.json", put("recount", 0, "by_samples", value="1800"))),
    ("claim: endless figure", "forged.zip", changed("claim.json", put("recount", 0, "by_samples", value="1e99999999"))),
    ("claim: down longer", "claim.json", changed("claim.json", put("recount", 0, "down", 0, 0, value=night.TEN))),
    ("claim: down shorter", "report.json", changed("claim.json", put("recount", 0, "down", 0, 0, value=MIDDLE))),
    ("claim: down gone", "report.json", changed("claim.json", put("recount", 0, "down", value=[]))),
    ("claim: witnesses", "claim.json", changed("claim.json", put("recount", 0, "witnesses", value=[]))),
    ("claim: other check", "claim.json", changed("claim.json", put("recount", 0, "of", value=[2]))),
    ("claim: needed", "claim.json", changed("claim.json", put("recount", 0, "needed", value=2))),
    ("samples: healed", "samples.jsonl", lined("samples.jsonl", healed)),
    ("samples: broken", "samples.jsonl", lined("samples.jsonl", broken)),
    ("samples: later", "samples.jsonl", lined("samples.jsonl", later)),
    ("samples: late", "samples.jsonl", lined("samples.jsonl", late)),
    ("samples: replaced", "samples.jsonl", lined("samples.jsonl", gone)),
    ("samples: one gone", "samples.jsonl", lined("samples.jsonl", lambda given: given.pop(20))),
    ("samples: one twice", "samples.jsonl", lined("samples.jsonl", lambda given: given.insert(20, given[20]))),
    ("samples: order", "samples.jsonl", lined("samples.jsonl", lambda given: given.reverse())),
    ("samples: latency", "samples.jsonl", lined("samples.jsonl", row(3, 6, 1))),
    ("samples: origin", "samples.jsonl", lined("samples.jsonl", row(3, 3, 2))),
    ("samples: revision", "samples.jsonl", lined("samples.jsonl", row(3, 2, 9))),
    ("samples: words only", "samples.jsonl", lined("samples.jsonl", put(3, "state", value="down"))),
    ("samples: row only", "samples.jsonl", lined("samples.jsonl", row(3, 4, 1))),
    ("samples: of another", "samples.jsonl", lined("samples.jsonl", put(3, "check", value="mail"))),
    ("samples: of no series", "forged.zip", lined("samples.jsonl", put(3, "series", value=99))),
    ("record: g_max", "claim.json", changed("record.json", front(1, 1000))),
    ("record: confirm", "claim.json", changed("record.json", front(2, 31))),
    ("record: slept", "claim.json", changed("record.json", put("breaks", value=[["boot", 0, 10**12]]))),
    ("record: clock", "samples.jsonl", changed("record.json", put("clocks", "1", 2, value=1000))),
    ("record: names", "samples.jsonl", changed("record.json", put("series", "1", "check", value="other"))),
    ("digests: of a series", "digests.json", changed("digests.json", put("2026-10-01", "series", 0, 1, value=1))),
    ("digests: series gone", "digests.json", changed("digests.json", lambda said: said["2026-10-02"]["series"].pop())),
    ("digests: other day", "digests.json", changed("digests.json", lambda said: said.update(x=said.pop("2026-10-02")))),
    ("heads: made anew", "heads.jsonl", relinked),
    ("heads: hash", "heads.jsonl", lined("heads.jsonl", put(1, "hash", value="00" * 32))),
    ("heads: the first gone", "heads.jsonl", lined("heads.jsonl", lambda given: given.pop(0))),
    ("heads: the last gone", "digests.json", lined("heads.jsonl", lambda given: given.pop())),
    ("heads: order", "heads.jsonl", lined("heads.jsonl", lambda given: given.reverse())),
    ("entries: line", "entries.jsonl", entry("window", lambda one: one.update(line=one["line"] + " "))),
    ("entries: withheld", "entries.jsonl", entry("clock", lambda one: one.update(hash="00" * 32))),
    ("entries: another kind", "entries.jsonl", entry("ticket", lambda one: one.update(kind="window"))),
    ("entries: one gone", "entries.jsonl", lined("entries.jsonl", lambda given: given.pop(3))),
    ("entries: the last gone", "entries.jsonl", lined("entries.jsonl", lambda given: given.pop())),
    ("entries: order", "entries.jsonl", lined("entries.jsonl", lambda given: given.reverse())),
    ("window: announced", "maintenance.json", changed("maintenance.json", window("announced_at", None))),
    ("window: end", "maintenance.json", changed("maintenance.json", window("end", MIDNIGHT))),
    ("letter: figure", "LETTER.txt", replaced("LETTER.txt", b"840 s exactly", b"1740 s exactly")),
    ("letter: figure in HTML", "letter.html", replaced("letter.html", b"840 s exactly", b"1740 s exactly")),
]  # fmt: skip


def test_there_are_a_hundred() -> None:
    """And no two of one name."""
    assert len({name for name, _, _ in FORGERIES}) == len(FORGERIES) >= 100


@pytest.mark.parametrize(("place", "forge"), [each[1:] for each in FORGERIES], ids=[each[0] for each in FORGERIES])
def test_it_is_refused_with_the_place_named(files: Files, tmp_path: Path, place: str, forge: Forge) -> None:
    """No pack that was changed passes, and its reader is told where to look."""
    path = tmp_path / "forged.zip"
    path.write_bytes(forge(dict(files)))
    problems, _ = verifier.verify(path)
    assert place in {where for where, _ in problems}, problems


def test_what_was_not_changed_passes(files: Files, tmp_path: Path) -> None:
    """The same way of forging, with nothing forged."""
    path = tmp_path / "forged.zip"
    for data in (zipped(files), zipped(listed(files)), zipped(edited(files, "report.json", lambda _: None))):
        path.write_bytes(data)
        assert verifier.verify(path)[0] == []


def test_an_outcome_that_came_late_is_not_counted_among_those_under_a_head(files: Files, tmp_path: Path) -> None:
    """The digest of its day does not have it, so whoever reads is told that one more is enclosed than is covered."""
    path = tmp_path / "forged.zip"

    def more(given: list[Any]) -> None:
        given.insert(20, json.loads(json.dumps(given[20])) | {"standing": "late"})

    path.write_bytes(lined("samples.jsonl", more)(dict(files)))
    problems, notes = verifier.verify(path)
    number = len(files["samples.jsonl"].splitlines())
    assert problems == []
    assert notes[0].startswith(f"{number} of {number + 1} enclosed outcomes are covered by 2 heads")


def flips(pack: bytes) -> Iterator[bytes]:
    """The zip with one byte turned, at places all over it."""
    for place in range(100, len(pack), len(pack) // 40):
        yield pack[:place] + bytes([pack[place] ^ 0x55]) + pack[place + 1 :]


def test_a_byte_of_the_zip_changes_no_content_unseen(pack: bytes, files: Files, tmp_path: Path) -> None:
    """A turned byte is refused, or it was none of any file's."""
    path = tmp_path / "forged.zip"
    for data in flips(pack):
        path.write_bytes(data)
        problems, _ = verifier.verify(path)
        assert problems or night.opened(data) == files


def test_a_folder_with_more_in_it_is_refused(files: Files, tmp_path: Path) -> None:
    """Also a folder in a folder."""
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    assert verifier.verify(tmp_path)[0] == []
    (tmp_path / "more").mkdir()
    assert verifier.verify(tmp_path)[0] == [("more", "is not in the manifest")]


def test_a_folder_that_is_no_pack_is_not_read(files: Files, tmp_path: Path) -> None:
    """Whoever names a wrong folder waits for nothing; nor for one that holds more than a pack can."""
    (tmp_path / "large").write_bytes(b"")
    os.truncate(tmp_path / "large", verifier.MOST + 1)
    assert verifier.verify(tmp_path)[0] == [("manifest.json", "is missing")]
    (tmp_path / "manifest.json").write_bytes(files["manifest.json"])
    assert verifier.verify(tmp_path)[0] == [(tmp_path.name, "is larger than any claim pack")]
