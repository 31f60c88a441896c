"""Certificates: written from a run, checked from its files, and refused where anything was changed."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

pytest.importorskip("torch")

sys.path.insert(0, str(Path(__file__).parent))
import tamper_certificates as tampering

from verified_cat.certificate_file import PARTS, content, differences, load, read, sealed
from verified_cat.certificate_parts import subject
from verified_cat.certified_laws import REPORT, laws
from verified_cat.certifying import certificate, certify, verify, write
from verified_cat.cli import main
from verified_cat.errors import DataError, UsageError
from verified_cat.gpu import linear_regression
from verified_cat.gpu.repeating import keeping
from verified_cat.gpu.saving import RunFolder
from verified_cat.gpu.schema_training import train
from verified_cat.residuals import How
from verified_cat.schema_file import read as read_schema
from verified_cat.training_check import checked

SCHEMA = """
name = "Round"
adversary = "energy"
[objects.A]
shape = [1]
data = { kind = "uniform", low = -1, high = 1 }
[objects.B]
shape = [1]
data = { kind = "uniform", low = 0, high = 2 }
[arrows.f]
from = "A"
to = "B"
network = { kind = "mlp", hidden = [3], residual = true }
[arrows.g]
from = "B"
to = "A"
network = { kind = "mlp", hidden = [3], residual = true }
[[equations]]
left = "f ; g"
right = "id_A"
[training]
steps = 3
batch = 4
held_out = 16
"""


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of a schema."""
    folder = tmp_path_factory.mktemp("runs") / "round"
    train(read_schema(SCHEMA), folder, seed=1)
    return folder


@pytest.fixture(scope="module")
def run(trained: Path) -> Path:
    """The same with its certificate."""
    told = trained.parent / "told.json"
    told.write_text(json.dumps(report("CAT-ASSOC", "CAT-UNIT", "META-SAT")))
    write(certify(trained, ("A: box -1 0.5",), 200, 500, 0, told), trained / tampering.NAME)
    return trained


def report(*laws: str, word: str = "exact") -> dict[str, Any]:
    """A report of a run of these laws."""
    figures = {"witnesses": 7, "gap": 0.0, "allowed": 1e-9, "seconds": 0.25}
    row: dict[str, Any] = {"engine": "sympy", "method": "normal form", "verdict": word, "worlds": {"Terms": word}}
    row |= {"reason": "", "example": None, "figures": {"Terms": figures}, **figures}
    rows = [{"law": law, **row} for law in laws]
    return {"schema": 1, "environment": {"python": "3"}, "run": {}, "coverage": {}, "verdicts": rows}


@pytest.fixture(scope="module")
def record(run: Path) -> dict[str, Any]:
    return load(run / tampering.NAME)


# ------------------------------------------------------------------------------------------------ without a training

HOW = {"families": ["A: box -1 0.5", "B: a: b"], "boxes": 20, "points": 50, "seed": 3, "laws": None}


def small(folder: Path, how: Any = None, **parts: Any) -> Path:
    """The file of a certificate with hardly anything in it."""
    record: dict[str, Any] = {name: kind() for name, kind in PARTS.items() if kind is not str and kind is not int}
    write(sealed(record | {"how": HOW if how is None else how} | parts), folder / tampering.NAME)
    return folder / tampering.NAME


class Made:
    """Stands for the making of certificates: what it was asked for; it makes the same again, with these parts."""

    def __init__(self, file: Path, **parts: Any) -> None:
        self.record, self.asked = load(file) | parts, list[tuple[Path, How, list[Any] | None]]()

    def __call__(self, folder: Path, how: How, stated: list[Any] | None) -> dict[str, Any]:
        self.asked.append((folder, how, stated))
        return self.record


def task_run(folder: Path) -> Path:
    """The folder of a run of a task, written by hand."""
    made = RunFolder(folder / "line")
    metrics = {"task": linear_regression.NAME, "seed": 0, "steps": 1, "environment": {}}
    made.save({"weight": np.array(2.0), "bias": np.array(1.0)}, metrics, [])
    made.put({"run.json": json.dumps({"asked": {"task": linear_regression.NAME, "steps": 1}}).encode()})
    return folder / "line"


def test_a_certificate_is_held_against_the_one_that_is_made_anew_from_its_folder(tmp_path: Path) -> None:
    file, other = small(tmp_path, residuals=[{"largest": 0.5}]), tmp_path / "other"
    made = Made(file)
    assert verify(file, made=made) == [] == verify(file, other, made=made)
    how = How((("A", "box -1 0.5"), ("B", "a: b")), 20, 50, 3, False)
    assert made.asked == [(tmp_path, how, None), (other, how, None)]
    changed = Made(file, task={"seed": 1}, residuals=[{"largest": 0.25}])
    lines = ["residuals[0].largest: it says 0.5; it comes to 0.25", "task.seed: it says nothing, and 1 comes out"]
    assert verify(file, made=changed) == lines
    assert verify(file, retrain=True, made=changed) == lines  # a training would tell no more


def test_quick_takes_the_residuals_as_they_are_stated(tmp_path: Path) -> None:
    folder = task_run(tmp_path)
    file = small(tmp_path)
    assert verify(file, folder, quick=True, made=(made := Made(file))) == []
    assert [stated for _, _, stated in made.asked] == [[]]
    file = small(tmp_path, residuals=[{"largest": 0.5}])
    assert verify(file, folder, quick=True, made=(made := Made(file))) == ["residuals: the run of a task has none"]
    assert [stated for _, _, stated in made.asked] == [[{"largest": 0.5}]]
    (line,) = verify(small(tmp_path, HOW | {"families": []}, residuals=[{"largest": 0.5}]), folder, quick=True)
    assert line == "residuals: these are not those of a certificate: KeyError('by')"


def test_a_training_is_made_again_only_where_all_else_holds_and_it_is_asked_for(tmp_path: Path) -> None:
    """The folder holds no run here, so training again is refused."""
    file = small(tmp_path)
    assert verify(file, made=Made(file)) == []
    (line,) = verify(file, retrain=True, made=Made(file))
    assert line.startswith("cannot read ") and "metrics.json" in line
    other = "weights: the training, made again here, does not end in the weights of model.safetensors"
    assert verify(file, task_run(tmp_path), retrain=True, made=Made(file)) == [other]


@pytest.mark.parametrize(("name", "lowest", "highest"), [("boxes", 1, 10**7), ("points", 1, 10**8), ("seed", 0, 2**63)])
def test_options_of_a_certificate_have_limits(tmp_path: Path, name: str, lowest: int, highest: int) -> None:
    for number in (lowest, highest):
        file = small(tmp_path, HOW | {name: number})
        assert verify(file, made=(made := Made(file))) == []
        assert getattr(made.asked[0][1], name) == number
    for wrong in (lowest - 1, highest + 1, True, 1.0, "1", None):
        file = small(tmp_path, HOW | {name: wrong})
        said = f"how.{name}: it is a whole number from {lowest} to {highest}, not {wrong!r}"
        assert verify(file, made=Made(file)) == [said]


def test_options_of_a_certificate_are_all_there_and_no_others(tmp_path: Path) -> None:
    less = ({key: HOW[key] for key in HOW if key != left} for left in HOW)
    others = ({"families": "A: grey"}, {"families": [1]}, {"families": None}, {"laws": "other.json"}, {"more": 1})
    for wrong in (*less, *(HOW | other for other in others)):
        file = small(tmp_path, wrong)
        assert verify(file, made=Made(file)) == ["how: these are not the options of a certificate"]
    file = small(tmp_path, HOW | {"laws": REPORT})
    assert verify(file, made=(made := Made(file))) == [] and made.asked[0][1].laws


def test_a_certificate_that_cannot_be_written_says_where(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match=r"^cannot write .*file.*certificate\.json: File exists"):
        write({}, tmp_path / "file" / "certificate.json")


# ------------------------------------------------------------------------------------------------ with one


def test_families_are_written_in_one_way_only(trained: Path) -> None:
    """By the names of their objects; and the run of a task has none at all."""
    one, other = ("A", "box -1 0.5"), ("B", "box 0 1")
    with pytest.raises(DataError, match=r"^how\.families: \['B: box 0 1', 'A: box -1 0\.5'\] are not written in their"):
        certificate(trained, How((other, one)), [])
    assert certificate(trained, How((one, other)), [])["how"]["families"] == ["A: box -1 0.5", "B: box 0 1"]


MADE = tampering.remembered()
"""Certificates made anew, once for equal files."""


def test_a_certificate_holds_from_its_files_alone(run: Path, record: dict[str, Any], tmp_path: Path) -> None:
    copy = tmp_path / "elsewhere"
    shutil.copytree(run, copy)
    assert verify(copy / tampering.NAME) == []
    shutil.move(copy / tampering.NAME, tmp_path / "alone.json")
    assert verify(tmp_path / "alone.json", copy, quick=True) == []
    (residual,) = record["residuals"]
    assert residual["sampled"]["largest"] <= residual["largest"] <= 2 * residual["sampled"]["largest"]
    assert record["subject"]["text"] == (run / "schema.toml").read_text()


def test_it_says_that_the_programs_were_not_checked_where_they_were_not(record: dict[str, Any]) -> None:
    assert record["program"]["check"]["verdict"] == "not run"
    assert "NOT known to be validated" in record["claims"][0]


def test_it_is_bound_to_the_check_of_the_very_programs(tmp_path: Path) -> None:
    whole, folder = read_schema(SCHEMA), tmp_path / "run"
    with keeping() as kept:
        train(whole, folder, seed=1)
    checks = checked(lambda n: train(whole, None, steps=n, seed=1, looked=False), kept, 1, terms=1)
    RunFolder(folder).add(checks)
    found = certify(folder, (), 20, 50, 0)["program"]
    assert found["check"]["of these programs"] and found["check"]["of these sources"]
    assert found["programs"] == checks["crosscheck"]["programs"]
    checks["crosscheck"]["programs"] = checks["crosscheck"]["programs"][:-1]
    RunFolder(folder).add(checks)
    assert not certify(folder, (), 20, 50, 0)["program"]["check"]["of these programs"]


def test_a_training_made_again_ends_in_the_same_weights(run: Path) -> None:
    assert verify(run / tampering.NAME, retrain=True, made=MADE) == []


def test_a_sample_of_tamperings_is_refused(run: Path) -> None:
    every = tampering.tamperings(run, 10_000, 0, None)
    assert len(every) > 150
    cheap = [each for each in every if "fit" not in each.says and "how." not in each.says]
    for each in Random(0).sample(cheap, 40):
        assert tampering.refused(run, each, MADE), each.says


def test_weights_with_a_digest_that_fits_and_options_that_do_not_are_refused(run: Path) -> None:
    every = tampering.tamperings(run, 10_000, 0, None)
    chosen = [each for each in every if "metrics.json fits" in each.says][:1]
    chosen += [each for each in every if each.says == "all of it fits but the training"]
    chosen += [each for each in every if "how.families" in each.says][1:3]
    for each in chosen:
        assert tampering.refused(run, each, MADE), each.says


def test_what_differs_is_named(run: Path, record: dict[str, Any], tmp_path: Path) -> None:
    wrong = json.loads(json.dumps(record))
    wrong["residuals"][0]["largest"] *= 0.9
    wrong["weights"]["tensors"]["f.layer1.bias"]["sha256"] = "0" * 64
    (tmp_path / "wrong.json").write_bytes(tampering.resealed(wrong))
    lines = verify(tmp_path / "wrong.json", run, made=MADE)
    assert any(line.startswith("residuals[0].largest: it says") for line in lines)
    assert any(line.startswith("weights.tensors.f.layer1.bias.sha256: it says") for line in lines)


def test_quick_holds_fresh_points_against_the_bounds(run: Path, record: dict[str, Any], tmp_path: Path) -> None:
    from verified_cat.certificate_claims import claims

    wrong = json.loads(json.dumps(record))
    wrong["residuals"][0]["largest"] *= 0.5
    wrong["claims"] = claims(wrong)
    (tmp_path / "wrong.json").write_bytes(tampering.resealed(wrong))
    (line,) = verify(tmp_path / "wrong.json", run, quick=True)
    assert "and a point reaches" in line


def test_the_run_of_a_task_has_a_certificate_without_residuals(tmp_path: Path) -> None:
    runner, out = CliRunner(), tmp_path / "line"
    said = ["train", linear_regression.NAME, "--steps", "5", "--out", str(out), "--no-crosscheck"]
    assert runner.invoke(main, said).exit_code == 0
    made = runner.invoke(main, ["certify", str(out)])
    assert made.exit_code == 0 and "NOT known to be validated" in made.output
    assert runner.invoke(main, ["verify", str(out / tampering.NAME), "--retrain"]).output.endswith("all of it holds\n")
    refused = runner.invoke(main, ["certify", str(out), "--family", "A: box 0 1"])
    assert refused.exit_code == 4 and "no equations" in refused.output
    (out / "history.jsonl").write_text("")
    broken = runner.invoke(main, ["verify", str(out / tampering.NAME)])
    assert broken.exit_code == 1 and "history.jsonl is damaged" in broken.output


def test_what_is_no_run_has_no_certificate(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot read"):
        subject(tmp_path)
    (tmp_path / "metrics.json").write_text("{}")
    with pytest.raises(DataError, match="is damaged"):
        subject(tmp_path)
    (tmp_path / "metrics.json").write_text('{"kind": "verified-cat run", "seed": 0, "sha256": {"../x": ""}}')
    with pytest.raises(DataError, match="is not that of a run"):
        subject(tmp_path)


def test_a_certificate_says_what_its_report_of_laws_says(run: Path, record: dict[str, Any]) -> None:
    told = record["laws"]["report"]
    assert told["verdicts"] == {"exact": 3} and told["laws"] == told["rows"] == 3 and told["do not hold"] == []
    assert len(told["missing"]) == record["laws"]["laws"] - 3 and record["how"]["laws"] == REPORT
    assert "3 laws of this package in sympy: 3 exact" in record["claims"][1]
    assert "laws of this package are not in the report" in record["claims"][1]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (report("CAT-ASSOC", "NOWHERE"), "speaks of NOWHERE, which is no law of this package"),
        ({"verdicts": []}, "is not a law report of this version"),
        (report("CAT-ASSOC", word="fine"), "none of the seven words"),
    ],
)
def test_reports_of_other_laws_are_refused(run: Path, tmp_path: Path, content: dict[str, Any], says: str) -> None:
    shutil.copytree(run, tmp_path / "run")
    (tmp_path / "told.json").write_text(json.dumps(content))
    with pytest.raises(DataError, match=says):
        certify(tmp_path / "run", (), 20, 50, 0, tmp_path / "told.json")


def test_laws_that_do_not_hold_are_said_not_to(run: Path, tmp_path: Path) -> None:
    shutil.copytree(run, tmp_path / "run")
    (tmp_path / "told.json").write_text(json.dumps(report("CAT-ASSOC", word="refuted")))
    found = certify(tmp_path / "run", (), 20, 50, 0, tmp_path / "told.json")
    assert "1 refuted; NOT all of them hold: CAT-ASSOC" in found["claims"][1]


def test_the_families_of_the_schema_are_certified_where_none_is_asked_for(tmp_path: Path) -> None:
    text, folder = SCHEMA + '[families]\nA = ["box -1 0.5", "segment -1 1"]\n', tmp_path / "run"
    train(read_schema(text), folder, seed=1)
    found = certify(folder, (), 20, 50, 0)
    assert [each["family"]["name"] for each in found["residuals"]] == ["A: box -1 0.5", "A: segment -1 1"]
    assert found["how"]["families"] == [] and "segment -1 1" in found["subject"]["text"]
    write(found, folder / tampering.NAME)
    assert verify(folder / tampering.NAME, quick=True) == []
    asked = certify(folder, ("A: box 0 1",), 20, 50, 0)
    assert [each["family"]["name"] for each in asked["residuals"]] == ["A: box 0 1"]
    assert asked["subject"] == found["subject"] and asked["how"]["families"] == ["A: box 0 1"]


def test_laws_are_those_of_the_ledger() -> None:
    found = laws()
    assert found["laws"] == sum(found["evidence"].values()) and found["proofs"]["files"] > 50


def test_only_the_canonical_form_is_read(record: dict[str, Any]) -> None:
    given = content(record)
    assert read(given) == record
    for each in tampering.forms():
        assert each.says.startswith("the file: ")
    with pytest.raises(DataError, match="canonical"):
        read(given + b"\n")
    with pytest.raises(DataError, match="changed"):
        read(content({**record, "claims": []}))
    with pytest.raises(DataError, match="which no certificate has"):
        read(content(sealed({**{k: v for k, v in record.items() if k != "digest"}, "more": 1})))
    with pytest.raises(DataError, match="a key stands twice"):
        read(given.replace(b'"how"', b'"how": {},\n "how"', 1))


def test_numbers_may_differ_in_the_last_digit_among_residuals_only() -> None:
    assert differences({"residuals": [{"a": 1.00001}]}, {"residuals": [{"a": 1.00002}]}) == []
    assert len(differences({"residuals": [{"a": 1.0001}]}, {"residuals": [{"a": 1.0002}]})) == 1
    assert len(differences({"figures": {"a": 1.00001}}, {"figures": {"a": 1.00002}})) == 1
    assert len(differences({"a": 1}, {"a": True})) == 1 and len(differences({"a": [1]}, {"a": [1, 2]})) == 1
    assert differences({"a": 1}, {}) == ["a: it says 1, and nothing comes out"]
