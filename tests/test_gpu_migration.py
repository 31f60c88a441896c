"""Trained functors pulled back along maps of schemas, and runs that start from others."""

from __future__ import annotations

import shutil
from pathlib import Path as File
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

torch = pytest.importorskip("torch", reason="not run: torch not installed (pip install verified-cat[gpu])")

from verified_cat.cli import main  # noqa: E402
from verified_cat.errors import SchemaError  # noqa: E402
from verified_cat.gpu.alternation import instance  # noqa: E402
from verified_cat.gpu.engine import TorchEngine  # noqa: E402
from verified_cat.gpu.migration import figures_along, pulled, warmed  # noqa: E402
from verified_cat.gpu.saving import load_weights  # noqa: E402
from verified_cat.gpu.schema_folder import begun, restored  # noqa: E402
from verified_cat.gpu.schema_metrics import figures  # noqa: E402
from verified_cat.gpu.schema_task import Built, built  # noqa: E402
from verified_cat.objects import unflatten  # noqa: E402
from verified_cat.schema import Path  # noqa: E402
from verified_cat.schema_file import load, read  # noqa: E402
from verified_cat.schema_map import SchemaMap, inclusion, pulled_back  # noqa: E402
from verified_cat.schema_map import load as load_map  # noqa: E402
from verified_cat.specification import Specification  # noqa: E402

ENGINE = TorchEngine("float64")
EXAMPLES = File(__file__).parent.parent / "examples"
CYCLEGAN, LOOP_FILE, ROUND_FILE = (
    EXAMPLES / name for name in ("schemas/cyclegan.toml", "migration/loop.toml", "migration/round.toml")
)
LARGE, LOOP = load(CYCLEGAN), load(LOOP_FILE)
ROUND = load_map(ROUND_FILE, LOOP.schema, LARGE.schema)


def point(job: Built, seed: int = 3) -> Any:
    """Parameters that are drawn."""
    numbers = np.random.default_rng(seed)
    drawn = [torch.tensor(each + 0.1 * numbers.standard_normal(each.shape)) for each in job.first_weights(seed)]
    return unflatten(job.task.architecture.parameters, drawn)


def test_the_pulled_back_arrow_is_the_composite_with_the_same_parameters() -> None:
    job, there = pulled(ROUND, LARGE, LOOP, 5), built(LARGE, 5)
    params, x = point(there), torch.rand(5, 2, dtype=torch.float64)
    assert job.task.architecture.parameters == there.task.architecture.parameters and job.names == there.names
    one = instance(job.task, params, ENGINE).edges["r"](x)
    functor = instance(there.task, params, ENGINE)
    assert torch.equal(one, functor.on_path(Path("A", ("f", "g")))(x))
    assert torch.equal(one, pulled_back(ROUND, functor).edges["r"](x))
    assert not torch.equal(one, functor.on_path(Path("A", ("f",)))(x))


def test_the_figures_are_those_of_the_composite() -> None:
    """The residual of r ; r = r at Δ_F is that of f ; g ; f ; g = f ; g; a map to another composite has another."""
    params = point(built(LARGE, 2))
    shown = figures_along(ROUND, LARGE, LOOP, params, 0, ENGINE)
    x = torch.tensor(_held_out(LOOP, "X"))
    functor = instance(built(LARGE, len(x)).task, params, ENGINE)
    twice, once = (functor.on_path(Path("A", ("f", "g") * count))(x) for count in (2, 1))
    wanted = float((twice - once).abs().mean())
    assert abs(shown["residual r ; r = r"] - wanted) < 1e-12 * wanted
    trivial = SchemaMap(LOOP.schema, LARGE.schema, {"X": "A"}, {"r": Path("A")})
    assert figures_along(trivial, LARGE, LOOP, params, 0, ENGINE)["residual r ; r = r"] == 0


def _held_out(whole: Specification, name: str) -> Any:
    from verified_cat.gpu.made_points import examples
    from verified_cat.gpu.randomness import stream

    return examples(whole, name, whole.training["held_out"], stream(0, name, "held out"))


def test_along_the_identity_nothing_changes() -> None:
    params = point(built(LARGE, 2))
    same = inclusion(LARGE.schema, LARGE.schema)
    assert figures_along(same, LARGE, LARGE, params, 0, ENGINE) == figures(LARGE, params, 0, ENGINE)


def test_spaces_have_to_be_the_same() -> None:
    wide = read(
        'name = "wide"\n[objects.X]\nshape = [3]\ndata = "normal"\n[arrows.r]\nfrom = "X"\nto = "X"\nnetwork = "mlp"\n'
        '[[equations]]\nleft = "r ; r"\nright = "r"\n'
    )
    with pytest.raises(SchemaError, match=r"X of wide is .*3.*, and its image A in CycleGAN"):
        pulled(SchemaMap(wide.schema, LARGE.schema, {"X": "A"}, {"r": Path("A", ("f", "g"))}), LARGE, wide, 4)


def test_the_command(tmp_path: File) -> None:
    run = CliRunner().invoke
    trained = ["train", str(CYCLEGAN), "--steps", "2", "--out", str(tmp_path / "run"), "--no-crosscheck"]
    assert run(main, trained).exit_code == 0
    moved = run(main, ["schema", "migrate", str(tmp_path / "run"), str(LOOP_FILE), "--along", str(ROUND_FILE)])
    assert moved.exit_code == 0 and "r ; r = r, sent to f ; g ; f ; g = f ; g: follows" in moved.output
    assert ": residual r ; r = r <= 0.1" in moved.output
    assert run(main, ["schema", "migrate", str(tmp_path), str(LOOP_FILE), "--along", str(ROUND_FILE)]).exit_code == 4


# ------------------------------------------------------------------------------------------------ warm starts


def first(whole: Specification, seed: int) -> dict[str, Any]:
    job = built(whole, 2)
    return dict(zip(job.names, job.first_weights(seed), strict=True))


SHAPES = {name: array.shape for name, array in first(LARGE, 0).items()}
TURN = SchemaMap(LARGE.schema, LARGE.schema, {"A": "B", "B": "A"}, {"f": Path("B", ("g",)), "g": Path("A", ("f",))})


def test_a_warm_start_takes_what_goes_to_one_arrow() -> None:
    trained = first(LARGE, 1)
    warm = warmed(TURN, trained, SHAPES, {})
    assert set(warm) == set(trained)
    for name, array in warm.items():
        assert np.array_equal(array, trained[{"f": "g", "g": "f"}[name[0]] + name[1:]])


def test_what_cannot_be_a_warm_start_is_refused() -> None:
    trained = first(LARGE, 1)
    with pytest.raises(SchemaError, match="nothing of a run of Loop"):
        warmed(ROUND, first(LOOP, 0), SHAPES, {})
    with pytest.raises(SchemaError, match=r"shape \[5\] for g\.layer1\.weight"):
        warmed(TURN, {"f.layer1.weight": np.zeros(5)}, SHAPES, {})
    with pytest.raises(SchemaError, match=r"f and g give other parameters for f\."):
        warmed(TURN, trained, SHAPES, {"g": "f"})


def test_a_run_begins_from_another(tmp_path: File) -> None:
    """After one step of a small rate the arrows are still near those of the other run, which is no longer needed."""
    run, other, warm = CliRunner().invoke, tmp_path / "other", tmp_path / "warm"
    file = tmp_path / "turn.toml"
    file.write_text('[objects]\nA = "B"\nB = "A"\n[edges]\nf = "g"\ng = "f"\n')
    train = ["train", str(CYCLEGAN), "--no-crosscheck", "--out"]
    assert run(main, [*train, str(other), "--steps", "3"]).exit_code == 0
    begin = ["--set", f"start_from={other}", "--set", f"along={file}", "--set", "rate=0.000001"]
    assert run(main, [*train, str(warm), "--steps", "1", "--seed", "7", "--set", "average=0", *begin]).exit_code == 0
    given, made = load_weights(other), load_weights(warm)
    for name, array in made.items():
        assert np.allclose(array, given[{"f": "g", "g": "f"}[name[0]] + name[1:]], rtol=0, atol=1e-5)
    shutil.rmtree(other)
    assert set(begun(warm)) == set(made)
    assert restored(warm).whole.name == "CycleGAN"
    alone = run(main, [*train, str(tmp_path / "x"), "--set", f"along={file}"])
    assert alone.exit_code == 4 and "start_from" in alone.output
    gone = run(main, [*train, str(tmp_path / "y"), "--set", f"start_from={other}"])
    assert gone.exit_code == 4 and "metrics.json" in gone.output
