"""Damaged data, weights and records of runs: what ``tools.fuzzing`` found in their readers stays mended."""

from __future__ import annotations

import json
import zipfile
from io import BytesIO
from pathlib import Path
from pickletools import genops
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="not run: torch not installed (pip install verified-cat[gpu])")

import numpy as np  # noqa: E402

from tools.data_readers import DATA_READERS  # noqa: E402
from tools.readers import put  # noqa: E402
from verified_cat.errors import DataError, UsageError  # noqa: E402
from verified_cat.gpu import ablation, celeba, image_data, linear_regression, weight_files  # noqa: E402
from verified_cat.gpu.run_figures import number  # noqa: E402
from verified_cat.gpu.schema_report import opened  # noqa: E402
from verified_cat.reference import crosschecks  # noqa: E402
from verified_cat.schema_kinds import settings  # noqa: E402

NAMED = {reader.name: reader for reader in DATA_READERS}


def sound(name: str, place: int = 0) -> dict[str, bytes]:
    return NAMED[name].sound()[place]


# ------------------------------------------------------------------------------------------------ data


@pytest.mark.parametrize("rows", ["1,3\n1,4\n", "1e308,0\n-1e308,1\n1e308,2\n"], ids=["one x", "too far"])
def test_points_that_determine_no_line_are_said_of_their_file(tmp_path: Path, rows: str) -> None:
    put(tmp_path, {"x.csv": f"x,y\n{rows}".encode()})
    with pytest.raises(DataError, match=r"x\.csv: "):
        linear_regression.train(None, steps=1, data=tmp_path / "x.csv")


@pytest.mark.parametrize("shape", ["(10, 2, 2", "(10, 2, 2), '", "(10, 2, 9999999999)", "10"])
def test_an_array_with_a_damaged_header(tmp_path: Path, shape: str) -> None:
    content = sound("array")["x.npy"].replace(b"(10, 2, 2)", shape.encode())
    put(tmp_path, {"x.npy": content})
    with pytest.raises(DataError, match=r"x\.npy"):
        image_data.sets(settings("data", "npy", path=str(tmp_path / "x.npy")), "X", (2, 2))


def test_what_is_asked_of_a_table_of_faces_is_refused_with_its_name(tmp_path: Path) -> None:
    def asked(where: str, **options: Any) -> object:
        return celeba.found(settings("data", "celeba", path=str(tmp_path), where=where, **options))

    put(tmp_path, sound("faces"))
    assert len(celeba.having("Smiling", celeba.attributes(tmp_path / "list_attr_celeba.txt"))) == 2
    with pytest.raises(
        DataError, match=r"list_attr_celeba\.txt: no attribute is called 'Smilin'; did you mean Smiling"
    ):
        asked("Smilin")
    with pytest.raises(DataError, match=r"list_attr_celeba\.txt: none of 4 faces has"):
        asked("Smiling and not Smiling")
    with pytest.raises(DataError, match=r"list_eval_partition\.txt: no face with 'Smiling' is in the part 'valid'"):
        asked("Smiling")


@pytest.mark.parametrize("count", [pytest.param("9" * 5000, id="long"), "٤", "-4", "4.0", ""])
def test_the_number_of_faces_is_one(tmp_path: Path, count: str) -> None:
    files = sound("faces")
    put(tmp_path, files | {"list_attr_celeba.txt": count.encode() + files["list_attr_celeba.txt"][1:]})
    with pytest.raises(DataError, match=r"list_attr_celeba\.txt, line 1: the number of images is expected"):
        celeba.attributes(tmp_path / "list_attr_celeba.txt")


@pytest.mark.parametrize("name", ["list_attr_celeba.csv", "list_eval_partition.csv"])
def test_a_table_of_commas_that_is_none(tmp_path: Path, name: str) -> None:
    put(tmp_path, sound("faces", 1) | {name: b"image_id,a\n" + b"x" * 200_000})
    with pytest.raises(DataError, match=rf"{name} is not a table of commas"):
        (celeba.attributes if "attr" in name else celeba.partition)(tmp_path / name)


# ------------------------------------------------------------------------------------------------ weights


def named_by(size: int, zipped: bool) -> bytes:
    """A state dict with a name of so many characters, and a pickle that asks for a class of such a name."""
    file = BytesIO()
    torch.save({"a" * size: torch.ones(2)}, file, _use_new_zipfile_serialization=zipped)
    return file.getvalue()


@pytest.mark.parametrize("zipped", [True, False])
def test_names_are_read_up_to_their_longest(tmp_path: Path, zipped: bool) -> None:
    put(tmp_path, {"x.pt": named_by(weight_files.LONGEST_NAME, zipped)})
    ((name, tensor),) = weight_files.read_weights(tmp_path / "x.pt").items()
    assert len(name) == weight_files.LONGEST_NAME and tensor.tolist() == [1, 1]
    put(tmp_path, {"x.pt": named_by(weight_files.LONGEST_NAME + 1, zipped)})
    with pytest.raises(DataError, match=r"x\.pt .* holds a text of 1001 characters"):
        weight_files.read_weights(tmp_path / "x.pt")


@pytest.mark.parametrize("zipped", [True, False])
def test_a_class_with_an_endless_name_is_refused_at_once(tmp_path: Path, zipped: bool) -> None:
    """torch 2.13 looks for words in its own message about it in time that grows with the square: minutes here."""
    asks = b"\x80\x02c" + b"[" * 400_000 + b"\nx\n."
    legacy = named_by(1, False)
    stream = BytesIO(legacy)
    for _ in range(3):  # the number, the version, the sizes; then comes the state dict
        assert list(genops(stream))
    content = legacy[: stream.tell()] + asks + legacy[stream.tell() :]
    if zipped:
        file = BytesIO()
        with zipfile.ZipFile(BytesIO(named_by(1, True))) as old, zipfile.ZipFile(file, "w") as new:
            for name in old.namelist():
                new.writestr(name, asks if name.endswith("data.pkl") else old.read(name))
        content = file.getvalue()
    put(tmp_path, {"x.pt": content})
    with pytest.raises(DataError, match=r"x\.pt is not a file of tensors.*400002 characters"):
        weight_files.read_weights(tmp_path / "x.pt")


# ------------------------------------------------------------------------------------------------ cross-checks


@pytest.fixture(scope="module")
def checked() -> list[dict[str, Any]]:
    """The reports of two shards."""
    return [json.loads(content) for content in sound("crosschecks", 1).values()]


def merged(folder: Path, *reports: dict[str, Any]) -> dict[str, Any]:
    files = {f"{place}.json": json.dumps(report).encode() for place, report in enumerate(reports, start=1)}
    return crosschecks.merge(sorted((put(folder, files) / name) for name in files))


def test_reports_of_a_cross_check_are_put_together(tmp_path: Path, checked: list[dict[str, Any]]) -> None:
    whole = merged(tmp_path, *checked)
    assert whole["terms"] == 4 and whole["verdict"] == "sampled"
    worst = {**checked[0], "rows": [row | {"share": "inf", "gap": "nan"} for row in checked[0]["rows"]]}
    assert {row["share"] for row in merged(tmp_path, worst, checked[1])["rows"]} == {"inf"}


ROW = ("rows", 0)


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("schema",), True),
        (("seed",), "0"),
        (("engines",), ["torch", 3]),
        (("environment",), []),
        (("terms",), -1),
        (("kinks",), True),
        (("excess_count",), 1.5),
        (("seconds",), "inf"),
        (("seconds",), -1.0),
        (("undecided",), {}),
        (("excesses",), ["x"]),
        (("rows",), {"x": 1}),
        (("by_primitive",), []),
        (("operations",), {"add": [{}]}),
        ((*ROW, "engine"), None),
        ((*ROW, "entries"), -1),
        ((*ROW, "share"), "much"),
        pytest.param((*ROW, "gap"), 10**400, id="no float"),
        ((*ROW, "allowed"), None),
        ((*ROW, "more"), 1),
    ],
)
def test_a_report_of_another_form_is_refused(
    tmp_path: Path, checked: list[dict[str, Any]], place: tuple[Any, ...], value: Any
) -> None:
    report = json.loads(json.dumps(checked[0]))
    inside = report
    for key in place[:-1]:
        inside = inside[key]
    inside[place[-1]] = value
    with pytest.raises(UsageError, match=rf"1\.json is not the report .* its '{place[0]}' has not our form"):
        merged(tmp_path, report, checked[1])


@pytest.mark.parametrize(
    "run",
    [{}, {"terms": "4"}, {"terms": 10**30}, {"shard": {"index": 3, "of": 2}}, {"shard": {"index": 1, "of": 10**9}}],
)
def test_a_report_of_no_part_is_refused(tmp_path: Path, checked: list[dict[str, Any]], run: dict[str, Any]) -> None:
    asked = checked[0]["run"] | run if run else []
    with pytest.raises(UsageError, match=r"1\.json is not the report of a shard"):
        merged(tmp_path, checked[0] | {"run": asked}, checked[1])


def test_a_report_of_less_than_its_shard_is_refused(tmp_path: Path, checked: list[dict[str, Any]]) -> None:
    with pytest.raises(UsageError, match=r"1\.json: 1 terms were compared; its shard has 2 of 4"):
        merged(tmp_path, checked[0] | {"terms": 1}, checked[1])
    for rows in ([], checked[0]["rows"][1:], [row | {"engine": "other"} for row in checked[0]["rows"]]):
        with pytest.raises(UsageError, match=r"2\.json: its rows are not of each engine and each of values, reverse"):
            merged(tmp_path, checked[0], checked[1] | {"rows": rows})


def test_shards_that_are_missing_are_missing_from_files(tmp_path: Path, checked: list[dict[str, Any]]) -> None:
    with pytest.raises(UsageError, match=r"1\.json: of 2 shards 1 are missing: 2"):
        merged(tmp_path, checked[0])
    with pytest.raises(UsageError, match=r"1\.json and 1 more: .* are both shard 1"):
        merged(tmp_path, checked[0], checked[0])


# ------------------------------------------------------------------------------------------------ runs


@pytest.fixture(scope="module")
def run() -> dict[str, bytes]:
    """The files of a training of one step."""
    return sound("run-page")


@pytest.mark.parametrize(
    "row",
    [
        "[1]",
        '"step"',
        '{"step": "1"}',
        '{"step": 1e3}',
        pytest.param('{"step": 1' + "0" * 400 + "}", id="no float"),
        pytest.param("[" * 99_999, id="deep"),
    ],
)
def test_a_history_of_other_rows_is_damaged(tmp_path: Path, run: dict[str, bytes], row: str) -> None:
    assert [each["step"] for each in opened(put(tmp_path, run))[1]] == [0, 1]
    put(tmp_path, {"history.jsonl": run["history.jsonl"] + row.encode() + b"\n"})
    with pytest.raises(DataError, match=r"history\.jsonl is damaged"):
        opened(tmp_path)


def test_weights_of_equations_are_by_equation(tmp_path: Path, run: dict[str, bytes]) -> None:
    metrics = json.dumps(json.loads(run["metrics.json"]) | {"gammas": [1]}).encode()
    with pytest.raises(DataError, match=r"metrics\.json is damaged: its 'gammas'"):
        opened(put(tmp_path, run | {"metrics.json": metrics}))


def test_a_figure_is_a_number_that_a_float_holds() -> None:
    assert [number(value) for value in (2, 0.5, "inf", -(10**308))] == [2, 0.5, np.inf, -1e308]
    others: list[Any] = [10**400, -(10**400), True, None, "x", []]
    assert [number(value) for value in others] == [None] * 6
    assert np.isnan(number(float("nan")) or 0) and np.isnan(number("nan") or 0)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"runs": {"../x": {}}}, "not by seed"),
        ({"runs": []}, "not by seed"),
        ({"runs": {}}, "no runs"),
        ({"runs": {"0": {"a": "inf"}, "1": {"a": 1}}}, "not numbers"),
        pytest.param({"runs": {"0": {"a": 10**400}, "1": {"a": 1}}}, "not numbers", id="no float"),
        ({"runs": {"0": {"a": float("inf")}, "1": {"a": 1}}}, "not numbers"),
        ({"runs": {"0": [], "1": {}}}, "not numbers"),
        ({"runs": {"0": {"a": 1}}}, "other seeds"),
        ({"without": 3}, "does not say"),
        ({"not_run": None}, "does not say"),
    ],
)
def test_an_ablation_of_another_form_is_damaged(tmp_path: Path, change: dict[str, Any], why: str) -> None:
    whole = json.loads(sound("ablation")["ablation.json"])
    whole["variants"][1] |= change
    put(tmp_path, {"ablation.json": json.dumps(whole).encode()})
    with pytest.raises(DataError, match=rf"ablation\.json is damaged: .*{why}"):
        ablation.kept(tmp_path)
    put(tmp_path, {"ablation.json": json.dumps(whole | {"variants": []}).encode()})
    with pytest.raises(DataError, match=r"ablation\.json is damaged"):
        ablation.whole_runs(tmp_path)
