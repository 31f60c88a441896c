"""Claims established with commands that are ours: the worst of the results, the manifest, the record, the check."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from verified_cat import __version__, reproducing, results_folder
from verified_cat.claim_runs import Ended
from verified_cat.claims import Claim, Result, Word, read
from verified_cat.errors import DataError, UsageError

sys.path.insert(0, str(Path(__file__).parent))
from claims_at_work import established, tree

HERE = {"torch": "9", "ATEN_CPU_CAPABILITY": "avx2"}
PACKAGES = {"torch": {"version": "9", "files": "0" * 64}}
FILE = """
[[claims]]
name = "two numbers"
says = "they are small"
command = "python make.py"
minutes = 1
results = [
    { file = "n.json", figure = "a", at_most = 1 },
    { file = "n.json", figure = "b", at_most = 1 },
]

[[claims]]
name = "page"
says = "it is printed"
command = "python make.py"
minutes = 1
results = [{ file = "output", page = "page.md" }]
"""
ENDED = Ended("", 1.26, 2.34)


class Commands:
    """What stands for the commands: each makes these files, and ends so."""

    def __init__(self) -> None:
        self.makes: dict[str, str] = {"n.json": '{"a": 0.5, "b": 1}', "output": "a page"}
        self.ended = ENDED
        self.dirty: list[bool] = []
        self.given: list[tuple[Any, ...]] = []

    def run(self, claim: Claim, root: Path, folder: Path, pinned: Mapping[str, str], slack: float) -> Ended:
        self.given.append((claim.name, root, folder, pinned["ATEN_CPU_CAPABILITY"], slack))
        folder.mkdir(parents=True)
        for name, text in self.makes.items():
            (folder / name).write_text(text)
        return self.ended

    def source(self, root: Path, out: Path) -> dict[str, Any]:
        assert (root / "artifact").is_dir() and out.is_dir() and out.is_absolute()
        return {"commit": "abcd", "dirty": self.dirty.pop(0) if self.dirty else False}


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> Commands:
    made = Commands()
    monkeypatch.setattr(reproducing, "run", made.run)
    monkeypatch.setattr(reproducing, "source", made.source)
    monkeypatch.setattr(reproducing, "packages", lambda: PACKAGES)
    monkeypatch.setattr(reproducing, "environment", lambda words="avx2": {**HERE, "ATEN_CPU_CAPABILITY": words})
    return made


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "page.md").write_text("a page")
    return tree(tmp_path, FILE)


def manifest(root: Path, out: str = "a") -> Any:
    return json.loads((root / out / "manifest.json").read_text())


# ------------------------------------------------------------------------------------------------ a claim


def test_what_a_manifest_says_of_a_claim() -> None:
    claim = Claim("a number", "it is small", "python x", 1)
    made = reproducing.Established(claim, "holds", "exit code 0", {"x": 1}, Ended("exit code 2", 1.26, 2.34))
    assert made.as_json() == {
        "name": "a number",
        "says": "it is small",
        "command": "python x",
        "verdict": "holds",
        "why": "exit code 0",
        "found": {"x": 1},
        "folder": "a-number",
        "ended": "exit code 2",
        "seconds": 1.3,
        "cpu_seconds": 2.3,
    }
    assert reproducing.folder_of(Path("out"), claim) == Path("out/a-number")


FOUND: list[tuple[tuple[Word, ...], str]] = [
    ((), "holds"),
    (("identical",), "identical"),
    (("identical", "within bound"), "within bound"),
    (("within bound", "holds", "identical"), "holds"),
    (("holds", "not run", "identical"), "not run"),
    (("not run", "mismatch", "within bound"), "mismatch"),
]


@pytest.mark.parametrize(("words", "worst"), FOUND)
def test_the_worst_of_the_results_is_that_of_the_claim(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[Word, ...], worst: str
) -> None:
    left = list(words)
    monkeypatch.setattr(Result, "found", lambda self, folder: 1)
    monkeypatch.setattr(Result, "judged", lambda *given: (left[0], f"{left.pop(0)} it is"))
    claim = Claim("x", "y", "z", 1, results=tuple(Result(f"f{k}", bits=True) for k in range(len(words))))
    made = reproducing.judged(claim, tmp_path, tmp_path, ENDED, {}, HERE)
    assert (made.word, made.why) == (worst, f"{worst} it is" if words else "exit code 0")
    assert made.found == {f"f{k}": 1 for k in range(len(words))} and made.ended == ENDED and made.claim == claim


def test_what_was_not_made_and_what_did_not_end_well_is_a_mismatch(root: Path) -> None:
    claim = read(root / "artifact/claims.toml")[0]
    (root / "n.json").write_text('{"b": 0.25}')
    made = reproducing.judged(claim, root, root, ENDED, {}, HERE)
    assert (made.word, made.why) == ("mismatch", "n.json: a is not there: KeyError: 'a'")
    assert made.found == {"n.json: b": 0.25}
    ended = reproducing.judged(claim, root, root, Ended("exit code 3", 0, 0), {}, HERE)
    assert (ended.word, ended.why) == ("mismatch", "exit code 3")


@pytest.mark.parametrize(
    ("record", "word"),
    [
        ({}, "within bound"),
        ({"environment": HERE}, "within bound"),
        ({"environment": HERE, "claims": {"page": {"n.json: a": 0.5, "n.json: b": 1}}}, "within bound"),
        ({"environment": HERE, "claims": {"two numbers": {"n.json: a": 0.5, "n.json: b": 1}}}, "identical"),
        ({"environment": HERE, "claims": {"two numbers": {"n.json: a": 0.5}}}, "within bound"),
        ({"environment": HERE, "claims": {"two numbers": {"n.json: a": 0.5, "n.json: b": 0.9}}}, "mismatch"),
        ({"environment": {}, "claims": {"two numbers": {"n.json: a": 0.5, "n.json: b": 0.9}}}, "within bound"),
    ],
)
def test_what_was_recorded_binds_in_its_environment(root: Path, record: dict[str, Any], word: str) -> None:
    (root / "n.json").write_text('{"a": 0.5, "b": 1}')
    claim = read(root / "artifact/claims.toml")[0]
    assert reproducing.judged(claim, root, root, ENDED, record, HERE).word == word


# ------------------------------------------------------------------------------------------------ all claims


def test_the_manifest(root: Path, commands: Commands) -> None:
    told: list[str] = []
    claims = iter(read(root / "artifact/claims.toml"))
    done = reproducing.reproduce(root, root / "b" / "a", claims, lambda each: told.append(each.claim.name))
    assert told == ["two numbers", "page"] == [each.claim.name for each in done]
    out = (root / "b" / "a").resolve()
    assert commands.given == [
        ("two numbers", root, out / "two-numbers", "avx2", 5.0),
        ("page", root, out / "page", "avx2", 5.0),
    ]
    whole = manifest(root, "b/a")
    times = [whole.pop(key) for key in ("began", "ended")]
    assert all(re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ", time) for time in times)
    assert whole == {
        "kind": "verified-cat results",
        "version": __version__,
        "source": {"commit": "abcd", "dirty": False},
        "environment": HERE,
        "packages": PACKAGES,
        "claims_file": sha256(FILE.encode()).hexdigest(),
        "claims": [each.as_json() for each in done],
        "files": results_folder.digests(out),
    }
    assert [each["verdict"] for each in whole["claims"]] == ["within bound", "identical"]
    assert reproducing.checked(root, root / "b" / "a") == []


def test_the_manifest_is_written_after_every_claim(root: Path, commands: Commands) -> None:
    def told(each: reproducing.Established) -> None:
        there = root / "a" / "manifest.json"
        found = [row["name"] for row in manifest(root)["claims"]] if there.exists() else []
        assert found == {"two numbers": [], "page": ["two numbers"]}[each.claim.name]

    reproducing.reproduce(root, root / "a", read(root / "artifact/claims.toml"), told)


def test_instructions_and_slack(root: Path, commands: Commands) -> None:
    established(root, "a", "default", 7.0)
    assert [each[3:] for each in commands.given] == [("default", 7.0)] * 2
    assert manifest(root)["environment"]["ATEN_CPU_CAPABILITY"] == "default"
    assert reproducing.checked(root, root / "a") == []


@pytest.mark.parametrize(
    ("dirty", "found"),
    [([False] * 3, False), ([False, True, False], True), ([False, False, True], True), ([True] * 3, True)],
)
def test_a_tree_that_changes_is_of_no_commit(root: Path, commands: Commands, dirty: list[bool], found: bool) -> None:
    commands.dirty = dirty
    established(root, "a")
    assert manifest(root)["source"]["dirty"] is found
    wrong = ["the results are of no commit: files differed from it, or it changed while commands ran"]
    assert reproducing.checked(root, root / "a") == wrong * found


def test_folders_of_results(root: Path, commands: Commands) -> None:
    (root / "empty").mkdir()
    established(root, "empty")
    for name in ("empty", "page.md"):
        with pytest.raises(UsageError, match=f"{name} is not an empty folder"):
            established(root, name)


# ------------------------------------------------------------------------------------------------ the record


def test_what_is_recorded(root: Path, commands: Commands) -> None:
    """Found by commands that ended well, pages apart; what was recorded of other claims in this environment stays."""
    kept = {"other": {"x": 1}, "two numbers": {"n.json: a": 3}}
    (root / "artifact/expected.json").write_text(json.dumps({"environment": HERE, "claims": kept}))
    reproducing.record(root, established(root, "a"))
    wanted = {"environment": HERE, "claims": {"other": {"x": 1}, "two numbers": {"n.json: a": 0.5, "n.json: b": 1.0}}}
    text = (root / "artifact/expected.json").read_text()
    assert text == json.dumps(wanted, indent=2) + "\n" and reproducing.recorded(root) == wanted
    commands.ended = Ended("exit code 1", 0, 0)
    commands.makes["n.json"] = '{"a": 0.6, "b": 1}'
    reproducing.record(root, established(root, "b"))
    assert reproducing.recorded(root) == wanted


def test_names_are_recorded_in_order_and_as_they_are(root: Path, commands: Commands) -> None:
    kept = {"é": {"x": 1}}
    (root / "artifact/expected.json").write_text(json.dumps({"environment": HERE, "claims": kept}))
    reproducing.record(root, established(root, "a"))
    text = (root / "artifact/expected.json").read_text()
    assert list(json.loads(text)["claims"]) == ["two numbers", "é"] and '"é"' in text


def test_the_record_of_another_environment_goes(root: Path, commands: Commands) -> None:
    reproducing.record(root, established(root, "a"))
    reproducing.record(root, [], "default")
    assert reproducing.recorded(root) == {"environment": {**HERE, "ATEN_CPU_CAPABILITY": "default"}, "claims": {}}


def test_records_that_cannot_be_read(root: Path) -> None:
    assert reproducing.recorded(root) == {}
    (root / "artifact/expected.json").write_text("{")
    with pytest.raises(DataError, match=r"expected.json cannot be read"):
        reproducing.recorded(root)


# ------------------------------------------------------------------------------------------------ checking

Change = Callable[[Path, Any], object]
NOWHERE = "the environment is another: the verdicts that rest on identical results are not derived again"
LACKS = "manifest.json lacks what report.html, ro-crate-metadata.json, provenance.json are made of"
OF_NO_COMMIT = "the results are of no commit: files differed from it, or it changed while commands ran"
MADE = ("page/n.json", "page/output", "two-numbers/n.json", "two-numbers/output")
CHANGED: list[tuple[Change, list[str]]] = [
    (lambda out, whole: None, []),
    (
        lambda out, whole: (out / "page/output").unlink(),
        ["page/output is not there", "page: verdict", "page: why", "page: f"],
    ),
    (lambda out, whole: (out / "more").write_text(""), ["more is in no manifest"]),
    (lambda out, whole: (out / "page/n.json").write_text("{}"), ["page/n.json has other bytes"]),
    (
        lambda out, whole: (out / "page/n.json").write_text("/home/me/x"),
        ["page/n.json has", "page/n.json names a folder"],
    ),
    (lambda out, whole: whole.pop("files"), [*(f"{name} is in no manifest" for name in MADE), LACKS]),
    (lambda out, whole: whole.update(claims_file="0"), ["artifact/claims.toml is another than that of the results"]),
    (lambda out, whole: whole["source"].update(dirty=None), [OF_NO_COMMIT]),
    (lambda out, whole: whole.update(source=3), [LACKS, OF_NO_COMMIT]),
    (lambda out, whole: whole["environment"].update(torch="8"), [NOWHERE]),
    (lambda out, whole: whole.update(environment=3), [LACKS, NOWHERE]),
    (lambda out, whole: whole["environment"].update(ATEN_CPU_CAPABILITY="default"), []),
    (lambda out, whole: whole["packages"]["torch"].update(version="8"), [NOWHERE]),
    (
        lambda out, whole: whole["claims"][1].update(verdict="holds"),
        ["page: verdict is 'holds', and the files give 'identical'"],
    ),
    (lambda out, whole: whole["claims"][1].pop("ended"), ["page: ended is None, and the files give ''"]),
    (lambda out, whole: whole["claims"][1].update(seconds=99, cpu_seconds=77), []),
    (lambda out, whole: whole["claims"][1].update(name="two"), ["{'name': 'two', 'says': "]),
    (lambda out, whole: whole["claims"].append("x" * 70), [LACKS, "x" * 60 + " is no claim of artifact/claims.toml"]),
    (
        lambda out, whole: whole["claims"][0].update(ended="exit code 1"),
        [
            "two numbers: verdict is 'within bound', and the files give 'mismatch'",
            "two numbers: why is 'a 0.5, at most 1', and the files give 'exit code 1'",
        ],
    ),
]


@pytest.mark.parametrize(("change", "wrong"), CHANGED)
def test_results_are_held_to_their_files(root: Path, commands: Commands, change: Change, wrong: list[str]) -> None:
    established(root, "a")
    whole = manifest(root)
    change(root / "a", whole)
    text = json.dumps(whole)
    (root / "a" / "manifest.json").write_text(text)
    try:
        made = results_folder.derived(text)
    except (LookupError, TypeError, AttributeError):
        made = {}
    for name, content in made.items():
        (root / "a" / name).write_text(content)
    found = reproducing.checked(root, root / "a")
    assert len(found) == len(wrong), found
    assert (NOWHERE in wrong) == (NOWHERE in found)
    assert all(said.startswith(part) for part, said in zip(wrong, found, strict=True)), found


@pytest.mark.parametrize(
    ("text", "kind", "reason"),
    [
        (None, UsageError, "manifest.json cannot be read: No such file"),
        ("{", DataError, "manifest.json is not JSON"),
        ("[]", DataError, "manifest.json is no manifest of verified-cat reproduce"),
        ("{}", DataError, "no manifest"),
        ('{"kind": "verified-cat results"}', DataError, "no manifest"),
        ('{"kind": "photos", "claims": []}', DataError, "no manifest"),
    ],
)
def test_what_is_no_folder_of_results(root: Path, text: str | None, kind: type[Exception], reason: str) -> None:
    (root / "a").mkdir()
    if text is not None:
        (root / "a" / "manifest.json").write_text(text)
    with pytest.raises(kind, match=reason):
        reproducing.checked(root, root / "a")
