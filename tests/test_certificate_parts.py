"""The parts of a certificate, each from the files of a run: those of a task made by hand, those of a small schema."""

from __future__ import annotations

import json
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch", reason="not run: torch not installed (pip install verified-cat[gpu])")

from verified_cat.certificate_parts import parts_of, subject
from verified_cat.digests import of_program, of_term
from verified_cat.errors import DataError, UsageError, VerifiedCatError
from verified_cat.gpu.made_points import examples
from verified_cat.gpu.randomness import stream
from verified_cat.gpu.saving import RunFolder, load_weights
from verified_cat.gpu.schema_task import architecture_of
from verified_cat.gpu.schema_training import train
from verified_cat.gpu.watching import watched
from verified_cat.primitives import TABLE
from verified_cat.schema_file import read
from verified_cat.schema_text import written

METRICS = {
    "task": "linear-regression",
    "seed": 4,
    "steps": 5,
    "status": "finished",
    "reason": "all steps were made",
    "environment": {"precision": "float64"},
    "mean_square": 0.25,
    "rows": 2,
    "verified": False,
}
WEIGHTS = {"weight": np.array([[2.0, 1.0]], dtype=np.float32), "bias": np.array(3.0)}


def task_run(folder: Path, asked: Any = None, **metrics: Any) -> Path:
    """The folder of a run of linear regression on the points (1, 9) and (3, 5), written by hand."""
    (folder / "points.csv").write_text("x,y\n1,9\n3,5\n")
    whole = {"task": "linear-regression", "seed": 4, "steps": 5, "data": str(folder / "points.csv")}
    made = RunFolder(folder / "run")
    made.save(WEIGHTS, METRICS | metrics, [])
    made.put({"run.json": json.dumps({"asked": whole if asked is None else asked}).encode()})
    return folder / "run"


def digest(content: bytes) -> str:
    return sha256(content).hexdigest()


class Watch:
    """The steps that are compiled, by name, and the data they are given."""

    def __init__(self) -> None:
        self.steps: list[Any] = []

    def compiled(self, step: Any, data: tuple[Any, ...]) -> None:
        self.steps.append(step)


# ------------------------------------------------------------------------------------------------ the run of a task


def test_the_parts_of_the_run_of_a_task(tmp_path: Path) -> None:
    """Each by its own definition: digests of bytes as they lie in the files, of draws as the first step gets them."""
    run, watch = subject(task_run(tmp_path)), Watch()
    with watched(watch):
        found = parts_of(run)
    (step,) = watch.steps
    asked = {"data": str(tmp_path / "points.csv"), "seed": 4, "steps": 5, "task": "linear-regression"}
    operations = sorted({each.name for each in step.program.operations})
    assert {"add", "scale"} <= set(operations)
    assert {name: part for name, part in found.items() if name != "primitives"} == {
        "task": {
            "task": "linear-regression",
            "seed": 4,
            "steps": 5,
            "status": "finished",
            "reason": "all steps were made",
        },
        "subject": {
            "kind": "task",
            "asked": asked,
            "sha256": digest(json.dumps(asked, sort_keys=True, separators=(",", ":")).encode()),
        },
        "files": {
            name: digest((run.folder / name).read_bytes())
            for name in ("model.safetensors", "history.jsonl", "curves.svg", "metrics.json", "run.json")
        },
        "weights": {
            "file": "model.safetensors",
            "entries": 3,
            "tensors": {
                "weight": {"shape": [1, 2], "numbers": "float32", "sha256": digest(b"\0\0\0\x40\0\0\x80\x3f")},
                "bias": {"shape": [], "numbers": "float64", "sha256": digest(b"\0\0\0\0\0\0\x08\x40")},
            },
        },
        "data": {"first draws": digest(np.array([-1.0, 1.0, 1.0, -1.0]).tobytes())},
        "program": {
            "programs": [of_program(step.program)],
            "sources": [digest(step.source.encode())],
            "objectives": [of_term(step.objective.term)],
            "operations": operations,
            "check": {
                "sha256": digest(b"{}"),
                "verdict": None,
                "verified": False,
                "of these programs": False,
                "of these sources": False,
            },
        },
        "environment": {"precision": "float64"},
        "figures": {"mean_square": 0.25},
    }
    assert set(found["primitives"]) == set(operations) & set(TABLE)
    assert all(text.split()[0] == name and "certified" in text for name, text in found["primitives"].items())


def test_the_check_of_a_run_is_held_against_the_programs_as_they_are_now(tmp_path: Path) -> None:
    run = subject(task_run(tmp_path))
    now = parts_of(run)["program"]
    for programs, sources in ((True, True), (True, False), (False, True)):
        said = {
            "programs": now["programs"] if programs else ["another"],
            "sources": now["sources"] if sources else ["another"],
            "verdict": "exact",
        }
        check = parts_of(replace(run, metrics=run.metrics | {"crosscheck": said, "verified": True}))["program"]["check"]
        assert check == {
            "sha256": digest(json.dumps(said, sort_keys=True, separators=(",", ":")).encode()),
            "verdict": "exact",
            "verified": True,
            "of these programs": programs,
            "of these sources": sources,
        }


def test_the_run_of_a_task_is_trained_again_for_all_of_its_steps_or_for_as_many_as_are_said(tmp_path: Path) -> None:
    run = subject(task_run(tmp_path))
    assert run.asked is not None and run.asked["steps"] == 5 and run.schema is None
    assert (run.train(None, None)["steps"], run.train(None, 2)["steps"]) == (5, 2)
    assert run.train(tmp_path / "again", None)["seed"] == 4 and "weight" in load_weights(tmp_path / "again")


def test_what_cannot_have_been_asked_for_is_refused(tmp_path: Path) -> None:
    folder, line = task_run(tmp_path), {"task": "linear-regression"}
    for asked, says in (
        ([], r"run\.json is damaged: .*attribute"),
        (7, r"run\.json is damaged: .*attribute"),
        ({"task": "nothing"}, r"^no task is called 'nothing'"),
        (line | {"step": 5}, r"^run\.json: there is no option 'step' here"),
        (line | {"steps": 0}, r"^run\.json: steps is a whole number >= 1, not 0"),
        (line | {"data": "a\0"}, r"^run\.json: data is the name of a file or folder, not"),
        (line | {"data": "a\ud800"}, r"^run\.json: data is the name of a file or folder, not"),
        (line | {"data": ""}, r"^run\.json: data is the name of a file or folder, not ''"),
    ):
        (folder / "run.json").write_text(json.dumps({"asked": asked}))
        with pytest.raises(VerifiedCatError, match=says):
            subject(folder)


def test_damaged_files_are_named(tmp_path: Path) -> None:
    folder = task_run(tmp_path)
    for content in (b"{}", b"[]", b"\xff", b"{", b'{"asked": null}'):
        (folder / "run.json").write_bytes(content)
        with pytest.raises(DataError, match=r"run\.json is damaged: "):
            subject(folder)
    (folder / "run.json").unlink()
    with pytest.raises(UsageError, match=r"^cannot read .*run\.json"):
        subject(folder)
    (folder / "history.jsonl").write_text("")
    with pytest.raises(DataError, match=r"history\.jsonl is damaged: it is not what was written, by its digest in me"):
        subject(folder)


def test_figures_that_no_run_leaves_are_refused(tmp_path: Path) -> None:
    """No crash, and no file outside of the folder is read."""
    folder = task_run(tmp_path, crosscheck={})
    whole = json.loads((folder / "metrics.json").read_text())
    names = ("../run/model.safetensors", "a/b", "a\0", "a\ud800", "modèle")
    files = ({name: digest((folder / "model.safetensors").read_bytes())} for name in names)
    for change in (
        *({"sha256": whole["sha256"] | each} for each in files),
        {"sha256": {"history.jsonl": digest((folder / "history.jsonl").read_bytes())}},
        *({"environment": wrong} for wrong in (None, "float32")),
        *({"crosscheck": wrong} for wrong in (None, "exact")),
    ):
        (folder / "metrics.json").write_text(json.dumps(whole | change))
        with pytest.raises(DataError, match=r"metrics\.json is not that of a run$"):
            subject(folder)
    (folder / "metrics.json").write_text(json.dumps(whole))
    assert subject(folder).metrics == whole


@pytest.mark.parametrize("kind", ["BF16", "F8_E4M3"])
def test_weights_of_a_kind_that_numpy_lacks_are_refused(tmp_path: Path, kind: str) -> None:
    """A file of half as wide numbers is a safetensors file, but none of a run."""
    folder = task_run(tmp_path)
    bits = 16 if kind == "BF16" else 8
    header = json.dumps({"weight": {"dtype": kind, "shape": [2], "data_offsets": [0, 2 * bits // 8]}}).encode()
    content = len(header).to_bytes(8, "little") + header + bytes(2 * bits // 8)
    whole = json.loads((folder / "metrics.json").read_text())
    whole["sha256"]["model.safetensors"] = digest(content)
    (folder / "model.safetensors").write_bytes(content)
    (folder / "metrics.json").write_text(json.dumps(whole))
    with pytest.raises(DataError, match=rf"model\.safetensors holds numbers of the kind '{kind}', which no run is sav"):
        parts_of(subject(folder))


# ------------------------------------------------------------------------------------------------ the run of a schema

SCHEMA = """
name = "There"
[objects.A]
shape = [2]
data = { kind = "uniform", low = -1, high = 1 }
[objects.B]
shape = [3]
[arrows.f]
from = "A"
to = "B"
network = { kind = "mlp", hidden = [2] }
[arrows.g]
from = "B"
to = "A"
network = { kind = "mlp", hidden = [2] }
[[equations]]
left = "f ; g"
right = "id_A"
[training]
steps = 2
batch = 3
held_out = 16
"""


@pytest.fixture(scope="module")
def round_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "round"
    train(read(SCHEMA), folder, seed=1)
    return folder


def test_the_parts_of_the_run_of_a_schema(round_run: Path) -> None:
    run, whole = subject(round_run), read((round_run / "schema.toml").read_text())
    found, architecture = parts_of(run), architecture_of(whole, 1)[0]
    (demand,) = whole.demands
    sides = architecture.equation(demand.equation)
    terms = {name: of_term(architecture.edges[name].inside) for name in ("f", "g")}
    assert found["subject"] == {
        "kind": "schema",
        "text": written(whole),
        "sha256": digest(written(whole).encode()),
        "arrows": terms,
        "equations": {"f ; g = id_A": {"left": of_term(sides.lhs), "right": of_term(sides.rhs)}},
        "parameters": [
            f"{arrow}.{layer}.{part}" for arrow in "fg" for layer in ("layer1", "layer2") for part in WEIGHTS
        ],
    }
    assert len({*terms.values(), of_term(sides.lhs), of_term(sides.rhs)}) == 4
    held = examples(whole, "A", 256, stream(1, "A", "held out")).astype(np.float64)
    assert held.shape == (256, 2) and found["data"]["held out"] == {"A": digest(held.tobytes())}
    assert set(found["data"]) == {"first draws", "held out"} and run.asked is None
    assert set(found["files"]) >= {"schema.toml", "metrics.json"}
    assert found["weights"]["entries"] == (2 * 2 + 2) + (2 * 3 + 3) + (3 * 2 + 2) + (2 * 2 + 2)


def test_a_training_made_again_leaves_the_same_files(round_run: Path, tmp_path: Path) -> None:
    """The weights to the bit, and all that was met on the way."""
    subject(round_run).train(tmp_path / "again", None)
    for name in ("model.safetensors", "history.jsonl", "schema.toml"):
        assert (tmp_path / "again" / name).read_bytes() == (round_run / name).read_bytes()
    assert "residual f ; g = id_A" in (round_run / "history.jsonl").read_text()
