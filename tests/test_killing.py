"""The kill matrix as a file and as a table; what is no kill matrix is refused in one line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from verified_cat import killing
from verified_cat.cli import main
from verified_cat.errors import UsageError
from verified_cat.matrix import matrix

HOSTILE = "<script>alert(1)</script>"
WORDS = "refuted, survived, raised, not run, untouched"


def content() -> dict[str, Any]:
    named = {"name": HOSTILE, "judge": "CAT-ASSOC", "kind": "operation", "verdict": "refuted"}
    return {
        "schema": 1,
        "draws": 3,
        "controls": [named, named | {"name": "other", "verdict": "survived"}],
        "kills": {"CAT-ASSOC": {HOSTILE: "refuted", "other": "untouched"}, "CAT-UNIT": {HOSTILE: "survived"}},
        "mutants": {"CAT-ASSOC": {"wrong (in lens)": "refuted"}},
        "idle": {"CAT-UNIT": f"plumbing {HOSTILE}"},
        "left": [],
        "faults": {},
    }


def written(tmp_path: Path, data: Any) -> Path:
    path = tmp_path / "controls.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    return path


def test_the_matrix_is_read_and_counted(tmp_path: Path) -> None:
    kills = killing.read(written(tmp_path, content()))
    assert (kills.by_law("CAT-ASSOC"), kills.by_law("CAT-UNIT"), kills.by_law("none")) == (1, 0, 0)
    assert (kills.by_control(HOSTILE), kills.by_control("other")) == (1, 0)
    assert (kills.own("CAT-ASSOC"), kills.own("none"), kills.met("none")) == (1, 0, 0)
    assert kills.controls[1] == killing.Control("other", "CAT-ASSOC", "operation", "survived")
    whole = content()
    assert (kills.cells, kills.mutants, kills.idle) == (whole["kills"], whole["mutants"], whole["idle"])
    assert (kills.draws, kills.left) == (3, ()) and killing.unfinished(tmp_path / "controls.json") == whole
    for word in WORDS.split(", "):
        told = {"CAT-UNIT": {"other": word}}
        kills = killing.read(written(tmp_path, whole | {"kills": told, "faults": {"CAT-UNIT": {"other": "odd"}}}))
        assert kills.cells == told and kills.met("CAT-UNIT") == (word in ("refuted", "survived", "raised"))
        assert kills.by_law("CAT-UNIT") == kills.by_control("other") == (word == "refuted")


def test_what_is_not_finished_is_read_as_it_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="'schema' is not 1"):
        killing.unfinished(written(tmp_path, content() | {"schema": 2}))


def test_the_table_shows_kills_and_names_the_laws_that_have_none(tmp_path: Path) -> None:
    shown = matrix(killing.read(written(tmp_path, content())))
    assert "<script" not in shown and "&lt;script&gt;" in shown
    assert '<tr><th scope="row">CAT-ASSOC</th><td>1</td><td class="k">✗</td><td></td></tr>' in shown
    assert '<th scope="row">CAT-UNIT' not in shown
    assert "Refuting no broken engine: 1 law" in shown and "plumbing" in shown and "<dd>CAT-UNIT (1; 0)</dd>" in shown
    assert "1 of 2 broken engines" in shown


def test_an_interrupted_run_is_shown_as_one(tmp_path: Path) -> None:
    path = written(tmp_path, content() | {"left": ["CAT-ASSOC", "sum is the mean"]})
    assert killing.unfinished(path)["left"] == ["CAT-ASSOC", "sum is the mean"]
    kills = killing.read(path)
    assert "interrupted: 2 laws and controls" in matrix(kills)
    early = content()
    early["controls"].pop()
    assert killing.read(written(tmp_path, early | {"left": ["other"]})).left == ("other",)
    assert "interrupted" not in matrix(killing.read(written(tmp_path, content())))


def test_what_a_law_meets_is_what_it_was_run_on(tmp_path: Path) -> None:
    data = content()
    data["kills"]["CAT-UNIT"] = {HOSTILE: "not run", "other": "raised"}
    kills = killing.read(written(tmp_path, data))
    assert (kills.met("CAT-UNIT"), kills.met("CAT-ASSOC"), kills.own("CAT-ASSOC"), kills.own("CAT-UNIT")) == (
        1,
        1,
        1,
        0,
    )


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"schema": 2}, "its 'schema' is not 1, the only one that is known here"),
        ({"schema": True}, "its 'schema' is not 1, the only one that is known here"),
        ({"draws": "3"}, "its 'draws' is not a number"),
        ({"controls": {}}, "its 'controls' is not a list of controls, each a name, a judge, a kind and a verdict"),
        (
            {"controls": [{"name": "a"}]},
            "its 'controls' is not a list of controls, each a name, a judge, a kind and a verdict",
        ),
        (
            {"kills": {"CAT-UNIT": {"other": "passed"}}},
            f"its 'kills' is not a word ({WORDS}) for each name under each law",
        ),
        (
            {"kills": {"CAT-UNIT": {"other": ["refuted"]}}},
            f"its 'kills' is not a word ({WORDS}) for each name under each law",
        ),
        ({"kills": {"CAT-UNIT": ["refuted"]}}, f"its 'kills' is not a word ({WORDS}) for each name under each law"),
        ({"idle": ["CAT-UNIT"]}, "its 'idle' is not a reason for each law that refutes no control"),
        ({"faults": ["CAT-UNIT"]}, "its 'faults' are not exceptions under each law"),
        ({"controls": ["a"]}, "its 'controls' is not a list of controls, each a name, a judge, a kind and a verdict"),
        ({"kills": {"CAT-UNIT": {"nobody": "refuted"}}}, "it has verdicts on 'nobody', which is none of its controls"),
        ({"mutants": []}, f"its 'mutants' is not a word ({WORDS}) for each name under each law"),
        ({"idle": {"CAT-UNIT": 3}}, "its 'idle' is not a reason for each law that refutes no control"),
        ({"left": "CAT-UNIT"}, "its 'left' is not a list of what was not come to"),
        ({"left": [3]}, "its 'left' is not a list of what was not come to"),
        ({"faults": {"CAT-UNIT": "TypeError"}}, "its 'faults' are not exceptions under each law"),
    ],
)
def test_what_is_no_kill_matrix_is_refused(tmp_path: Path, change: dict[str, Any], says: str) -> None:
    path = written(tmp_path, content() | change)
    with pytest.raises(UsageError) as refused:
        killing.read(path)
    assert str(refused.value) == f"{path} is no kill matrix of this version: {says}"


@pytest.mark.parametrize("key", ["controls", "kills"])
def test_a_file_without_controls_or_kills_is_none_of_any_version(tmp_path: Path, key: str) -> None:
    path = written(tmp_path, {name: part for name, part in content().items() if name != key})
    with pytest.raises(UsageError) as refused:
        killing.read(path)
    assert str(refused.value) == f"{path} is no kill matrix: `verified-cat controls --json FILE` writes one"


@pytest.mark.parametrize("text", [b"", b"\xff", b"[]", b"{", b'{"verdicts": []}', b"[" * 100_000])
def test_what_is_another_file_is_refused(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "controls.json"
    path.write_bytes(text)
    with pytest.raises(UsageError, match="is no kill matrix: "):
        killing.read(path)
    report = tmp_path / "report.json"
    report.write_text("{}", encoding="utf-8")
    found = CliRunner().invoke(main, ["report", str(report), "--controls", str(path)])
    assert found.exit_code == 4 and len(found.stderr.strip().splitlines()) == 1
