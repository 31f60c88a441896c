"""A report read back: what its rows say in words, and the limits of what is taken for one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from verified_cat.errors import UsageError
from verified_cat.reading import Found, LawReport, counted, lines_of, read
from verified_cat.report import Report, Row, Strength, Verdict

PROVED, EXACT, SAMPLED, NOT_RUN, UNDECIDED, VACUOUS, REFUTED = Strength


def row(**changes: Any) -> Found:
    worlds = {"functions": SAMPLED, "lens": EXACT, "dual": SAMPLED}
    given: dict[str, Any] = {"law": "A", "engine": "torch", "method": "drawn", "strength": SAMPLED, "worlds": worlds}
    given |= {"parts": {}, "witnesses": 3, "gap": 0.125, "allowed": 2.0, "seconds": 0.0123456, "reason": ""}
    return Found(**given | {"example": None} | changes)


def test_figures_are_short() -> None:
    assert row().figures() == "3 witnesses; gap 0.125, allowed 2; 0.0123 s"
    assert row(witnesses=1, gap=None).figures() == "1 witness; 0.0123 s"
    assert row(witnesses=0, gap="inf", allowed=None, seconds=0).figures() == "0 witnesses; gap inf, allowed -; 0 s"
    assert row(gap=1.23456e-17, allowed="nan", seconds=1234.5).figures() == (
        "3 witnesses; gap 1.23e-17, allowed nan; 1.23e+03 s"
    )


def test_worlds_come_under_their_word() -> None:
    assert row().by_word() == [(EXACT, ["lens"]), (SAMPLED, ["functions", "dual"])]
    assert counted([REFUTED, EXACT, EXACT, NOT_RUN]) == "2 exact, 1 not run, 1 refuted"
    assert counted([]) == ""


@pytest.mark.parametrize(
    ("example", "replayable"), [({"terms": {}}, True), ({"text": {}}, False), (None, False), (["terms"], False)]
)
def test_an_example_with_terms_can_be_replayed(example: Any, replayable: bool) -> None:
    assert row(example=example).replayable is replayable


def test_engines_of_the_package_stand_first() -> None:
    rows = [row(engine=name) for name in ("b", "torch", "solver", "a", "torch")]
    report = LawReport({}, rows)
    assert report.engines == ["solver", "torch", "a", "b"]
    assert (report.counts(), report.file) == ("5 sampled", "report.json")


def written(folder: Path, **changes: Any) -> Path:
    report = Report()
    verdicts = {
        "lens": Verdict(SAMPLED, "drawn", 2, 0.5, 1.0, seconds=0.25),
        "D": Verdict(NOT_RUN, "drawn", reason="no D"),
    }
    report.record(Row("A", "mine", "drawn", verdicts))
    path = folder / "some report.json"
    report.write(path)
    data = json.loads(path.read_text(encoding="utf-8"))
    data["verdicts"][0] |= changes
    path.write_text(json.dumps(data), encoding="utf-8")
    return path


def test_a_row_is_read_as_it_was_written(tmp_path: Path) -> None:
    found = read(written(tmp_path))
    assert found.file == "some report.json" and "python" in found.environment
    assert found.rows == [
        row(
            engine="mine",
            worlds={"lens": SAMPLED, "D": NOT_RUN},
            parts={"lens": "2 witnesses; gap 0.5, allowed 1; 0.25 s"},
            **{"witnesses": 2, "gap": 0.5, "allowed": 1.0, "seconds": 0.25, "reason": "D: no D"},
        )
    ]


@pytest.mark.parametrize(
    "changes",
    [
        {"law": "x" * 300},
        {"witnesses": 10**300 - 1},
        {"gap": 5000, "allowed": -1},
        {"gap": "-inf", "allowed": "nan"},
        {"gap": None, "allowed": None},
        {"example": []},
        {"example": {"points": {"x": [1, 2]}, "text": {"f": "tanh"}}},
    ],
)
def test_what_is_still_a_row(tmp_path: Path, changes: dict[str, Any]) -> None:
    (found,) = read(written(tmp_path, **changes)).rows
    assert all(getattr(found, key) == value for key, value in changes.items())


def test_reports_of_earlier_versions_have_no_figures(tmp_path: Path) -> None:
    path = written(tmp_path)
    data = json.loads(path.read_text(encoding="utf-8"))
    del data["verdicts"][0]["figures"]
    path.write_text(json.dumps(data), encoding="utf-8")
    assert read(path).rows[0].parts == {}


def refused(path: Path) -> str:
    """What a file that is no report is refused with, but for its name."""
    with pytest.raises(UsageError) as fault:
        read(path)
    return str(fault.value).removeprefix(f"{path} is not a law report")


OTHER = " of this version: "


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"law": "x" * 301}, "has a 'law' that is not a name"),
        ({"witnesses": 10**300}, "has a 'witnesses' that is not a count"),
        ({"seconds": "1"}, "has a 'seconds' that is not a number"),
        ({"gap": "1"}, "has a 'gap' that is not a number"),
        ({"gap": 10**300}, "has a 'gap' that is not a number"),
        ({"verdict": "x" * 60}, f"says '{'x' * 39}, which is none of the seven words"),
        ({"example": {"points": {"x": [1]}}}, "has a 'example' that is not an example"),
        ({"example": {"points": []}}, "has a 'example' that is not an example"),
        (
            {"figures": {"lens": {"gap": None, "allowed": None, "witnesses": 1}}},
            "in 'lens' has no 'seconds'",
        ),
        ({"worlds": {}}, "has a 'worlds' that is not an object that is not empty"),
        ({"worlds": []}, "has a 'worlds' that is not an object that is not empty"),
        ({"engine": 1}, "has a 'engine' that is not a name"),
        ({"method": ""}, "has a 'method' that is not a name"),
        ({"witnesses": 1.0}, "has a 'witnesses' that is not a count"),
        ({"allowed": True}, "has a 'allowed' that is not a number"),
        ({"reason": 3}, "has a 'reason' that is not a text"),
        ({"verdict": "proved"}, "says 'proved', but its worlds come to 'sampled'"),
        ({"figures": {"none": {}}}, "has a 'figures' that is not by world"),
        ({"figures": {"lens": []}}, "has figures that are not an object"),
        ({"figures": {"lens": {"gap": "x"}}}, "in 'lens' has a 'gap' that is not a number"),
        ({"figures": {"lens": {"gap": 1, "allowed": "x"}}}, "in 'lens' has a 'allowed' that is not a number"),
        (
            {"figures": {"lens": {"gap": 1, "allowed": 1, "witnesses": 1, "seconds": "x"}}},
            "in 'lens' has a 'seconds' that is not a number",
        ),
        (
            {"figures": {"lens": {"gap": 1, "allowed": 1, "witnesses": -1}}},
            "in 'lens' has a 'witnesses' that is not a count",
        ),
    ],
)
def test_what_is_no_row(tmp_path: Path, changes: dict[str, Any], says: str) -> None:
    assert refused(written(tmp_path, **changes)) == f"{OTHER}verdicts[0] {says}"


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"verdicts": []}, "it has no verdict in it"),
        ({"verdicts": {}}, "it has a 'verdicts' that is not a list"),
        ({"verdicts": [{}]}, "verdicts[0] has no 'worlds'"),
        ({"verdicts": [[]]}, "it has a verdicts[0] that is not an object"),
        ({"environment": {"python": 3}}, "it has a 'environment' that is not an object of texts"),
        ({"environment": []}, "it has a 'environment' that is not an object of texts"),
        ({"schema": 2}, "it has a 'schema' that is not 1, the only one that is known here"),
    ],
)
def test_what_is_no_report_of_this_version(tmp_path: Path, changes: dict[str, Any], says: str) -> None:
    path = written(tmp_path)
    data = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(data | changes), encoding="utf-8")
    assert refused(path) == OTHER + says
    del data["verdicts"]
    path.write_text(json.dumps(data), encoding="utf-8")
    assert refused(path) == ": it has no 'verdicts'; `pytest laws/ --law-report FILE` writes one"


def test_two_rows_of_one_law_engine_and_method(tmp_path: Path) -> None:
    path = written(tmp_path)
    data = json.loads(path.read_text(encoding="utf-8"))
    data["verdicts"].append(data["verdicts"][0])
    path.write_text(json.dumps(data), encoding="utf-8")
    with pytest.raises(UsageError, match=r"has two rows for A, mine, drawn$"):
        read(path)
    data["verdicts"][1] = data["verdicts"][0] | {"method": "another"}
    path.write_text(json.dumps(data), encoding="utf-8")
    assert len(read(path).rows) == 2


def test_an_example_is_shown_a_line_each() -> None:
    assert lines_of(lambda example: ["a\nb", str(example)], 3) == ["a b", "3"]
