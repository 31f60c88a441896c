"""Schema files with known truth: maps by what they do, data along paths, each figure with a functor that is wrong."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path as File
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="not run: torch not installed (pip install verified-cat[gpu])")

from verified_cat.gpu.engine import TorchEngine  # noqa: E402
from verified_cat.gpu.made_points import examples  # noqa: E402
from verified_cat.gpu.randomness import stream  # noqa: E402
from verified_cat.gpu.schema_metrics import against, relative  # noqa: E402
from verified_cat.gpu.schema_networks import fixed  # noqa: E402
from verified_cat.gpu.schema_task import built  # noqa: E402
from verified_cat.gpu.schema_training import train  # noqa: E402
from verified_cat.gpu.true_maps import carried, true_image  # noqa: E402
from verified_cat.linear_maps import hue, linear, turn  # noqa: E402
from verified_cat.machine import evaluate  # noqa: E402
from verified_cat.objects import space  # noqa: E402
from verified_cat.schema_checks import findings  # noqa: E402
from verified_cat.schema_file import SchemaFileError, load, read  # noqa: E402
from verified_cat.schema_kinds import settings  # noqa: E402
from verified_cat.specification import Specification  # noqa: E402

ENGINE = TorchEngine("float64")
FOLDER = File(__file__).parent.parent / "examples" / "schemas"
NAMES = (
    "colours", "colours_symmetric", "square", "triangle", "cyclic", "cyclic_one", "retract", "hub", "pullback",
    "naturality", "coequalizer",
)  # fmt: skip


def spec(name: str) -> Specification:
    return load(FOLDER / f"{name}.toml")


def text_of(name: str) -> str:
    return (FOLDER / f"{name}.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_every_example_is_sound_and_makes_steps(name: str) -> None:
    """No check finds an error; two steps are made, and every target speaks of a figure of the run."""
    whole = spec(name)
    assert not [finding for finding in findings(whole) if finding.level == "error"]
    given = {key: value for key, value in whole.training.given.items() if key in ("match", "precision")}
    short = settings("training", "training", steps=2, batch=8, held_out=32, critic_steps=1, **given)
    metrics = train(replace(whole, training=short), None)
    assert metrics["status"] == "finished" and np.isfinite(metrics["loss"])
    assert whole.targets and all(target.figure in metrics for target in whole.targets)


# ------------------------------------------------------------------------------------------------ maps by what they do


def test_turns_and_hues() -> None:
    assert np.array_equal(np.array(turn(Fraction(90))), [[0, -1], [1, 0]])
    assert np.array_equal(np.array(turn(Fraction(-90))), [[0, 1], [-1, 0]])
    assert np.array_equal(np.array(hue(Fraction(120))), [[0, 0, 1], [1, 0, 0], [0, 1, 0]])
    assert hue(Fraction(0)) == hue(Fraction(360))
    third, grey = np.array(hue(Fraction(40)), dtype=float), np.ones(3)
    assert np.allclose(np.linalg.matrix_power(third, 3), np.array(hue(Fraction(120)), dtype=float), atol=1e-15)
    assert np.allclose(third @ grey, grey) and np.allclose(third @ third.T, np.eye(3))


def test_pictures_made_smaller_and_grey() -> None:
    """Pool and luma as torch computes them, as frozen maps and on tables; they commute."""
    pictures = torch.rand(5, 3, 4, 6, dtype=torch.float64)
    weights = torch.tensor([0.299, 0.587, 0.114], dtype=torch.float64)
    half = torch.nn.functional.avg_pool2d(pictures, 2)
    grey = (pictures * weights[:, None, None]).sum(1)
    pooled = fixed(settings("frozen", "pool"), space(5, 3, 4, 6), space(5, 3, 2, 3))
    luma = fixed(settings("frozen", "luma"), space(5, 3, 4, 6), space(5, 4, 6))
    assert torch.allclose(evaluate(pooled, pictures, ENGINE), half, atol=1e-15)
    assert torch.allclose(evaluate(luma, pictures, ENGINE), grey, atol=1e-15)
    table = true_image(settings("truth", "luma"), half.reshape(5, -1).numpy(), (3, 2, 3))
    other = true_image(settings("truth", "pool"), grey.reshape(5, -1).numpy(), (4, 6))
    assert np.allclose(table, other, atol=1e-15) and table.shape == (5, 6)


def test_the_given_truths_satisfy_the_equations() -> None:
    """Along the true maps both sides of every equation that they reach agree."""
    reached = 0
    for name in NAMES:
        whole = spec(name)
        known = dict(whole.truth)
        for demand in whole.demands:
            edges = {*demand.lhs.edges, *demand.rhs.edges}
            fixed_ = {arrow.name for arrow in whole.arrows if arrow.frozen or arrow.factors}
            if not edges <= fixed_ | set(known) or whole.thing(demand.lhs.source).data is None:
                continue
            points = examples(whole, demand.lhs.source, 20, stream(0, name, "truth"))
            left, right = (
                carried(whole, str(side), points) if side.edges else points for side in (demand.lhs, demand.rhs)
            )
            assert np.allclose(left, right, atol=1e-8), (name, str(demand.equation))
            reached += 1
    assert reached >= 12


def test_data_along_a_path() -> None:
    """The last cloud of the round is the first one, turned by 288 degrees; a mosaic is plain but for its texture."""
    whole = spec("cyclic")
    first, last = (examples(whole, name, 50, stream(0, "x", "y")) for name in ("A0", "A4"))
    assert np.allclose(last, true_image(settings("truth", "turn", degrees=288), first))
    square = spec("square")
    pictures = examples(square, "A", 50, stream(0, "x", "z")).reshape(50, 3, 2, 2, 2, 2)
    within = pictures.max(axis=(3, 5)) - pictures.min(axis=(3, 5))
    assert 0 < within.max() <= 2 * float(square.thing("A").data["texture"])  # type: ignore[index]
    assert examples(square, "D", 7, stream(0, "x", "d")).shape == (7, 4)


@pytest.mark.parametrize(
    ("name", "old", "new", "reason"),
    [
        ("cyclic", 'along = "r0 ; r1"', 'along = "r0 ; r2"', "A2 has its data along 'r0 ; r2', which is no path"),
        ("cyclic", 'of = "A0", along = "r0"', 'of = "A2", along = "r0"', "which has no data of its own"),
        ("cyclic", "[truth.r1]", "[truth.r9]", "the truth of 'r9', which is no arrow and no path"),
        ("hub", '[truth."e1 ; d2"]', '[truth."e1;d2"]', "this path is written 'e1 ; d2'"),
        ("square", 'frozen = "pool"', 'frozen = { kind = "pool", size = 3 }', "squares of 3 pixels, which do not fill"),
        ("square", 'frozen = "luma"', 'frozen = { kind = "luma", weights = [1, 1] }', "has 2 weights"),
        ("square", "shape = [3, 4, 4]", "shape = [3, 4, 5]", "a mosaic is a picture (channels, n, n)"),
        ("square", "[truth.m]", '[truth.m]\nup_to = "signed permutations"', "tried one by one, up to dimension 4"),
        ("cyclic_one", "degrees = 72", "degrees = 72\nshift = [1]", "the shift of the truth of r has 1 entries"),
        ("pullback", "a = [1, 2, 5]", "a = [1, 2]", "2 numbers a and 3 numbers b"),
    ],
)  # fmt: skip
def test_what_does_not_fit(name: str, old: str, new: str, reason: str) -> None:
    text = text_of(name)
    assert old in text
    with pytest.raises(SchemaFileError) as caught:
        read(text.replace(old, new, 1))
    assert any(reason in line for line in caught.value.lines), caught.value.lines


# ------------------------------------------------------------------------------------------------ figures, controls


def test_the_angle_of_a_map() -> None:
    """The truth has no error of angle, doing nothing has all of it, a mirror image has a wrong one."""
    truth, points = settings("truth", "turn", degrees=72, shift=[1, 2]), np.random.default_rng(0).random((200, 2))
    assert against("r", truth, true_image(truth, points), points)["angle error of r"] < 1e-12
    assert abs(against("r", truth, points, points)["angle error of r"] - 72) < 1e-12
    assert against("r", truth, true_image(truth, points)[:, ::-1], points)["angle error of r"] > 10
    half = settings("truth", "turn", degrees=350)
    back = true_image(settings("truth", "turn", degrees=-20), points)
    assert abs(against("r", half, back, points)["angle error of r"] - 10) < 1e-12


def test_errors_up_to_symmetries() -> None:
    """Another permutation of the channels is as good, before the truth or after it; a map that is none is not."""
    truth = dict(spec("colours_symmetric").truth)["f"]
    points = np.random.default_rng(0).random((2000, 3))
    figure = "error of f up to signed permutations"
    swapped = against("f", truth, true_image(truth, points[:, [1, 0, 2]]), points)
    assert swapped["error of f"] > 0.1 and swapped[figure] < 0.02
    mixed = against("f", truth, true_image(truth, points @ np.full((3, 3), 1 / 3)), points)
    assert mixed[figure] > 0.1


def test_residuals_in_units_of_their_spread() -> None:
    """0 where the sides agree, about 1 where they have nothing in common, no number where both are constant."""
    draws = np.random.default_rng(0)
    one, other = draws.random((500, 2)), draws.random((500, 2))
    assert relative(one, one) == 0 and abs(relative(one, other) - 1) < 0.1
    assert 0 < relative(one, one + 0.001) < 0.01
    constant = np.ones((500, 2))
    assert np.isnan(relative(constant, constant))


def planted(name: str, **arrows: Any) -> dict[str, float]:
    """The figures of a functor whose affine arrows are given: (matrix, shift)."""
    whole = spec(name)
    small = {key: value for key, value in whole.training.given.items() if key == "match"}
    whole = replace(whole, training=settings("training", "training", held_out=500, **small))
    from verified_cat.gpu.schema_metrics import figures
    from verified_cat.objects import unflatten

    job, params = built(whole, 500), []
    for leaf in job.names:
        arrow, _, kind = leaf.partition(".layer1.")
        matrix, shift = arrows[arrow]
        residual = whole.arrow(arrow).network["residual"]  # type: ignore[index]
        table = np.array(matrix, dtype=float).T - (np.eye(len(matrix)) if residual else 0)
        params.append(torch.tensor(table if kind == "weight" else np.array(shift, dtype=float)))
    return figures(whole, unflatten(job.task.architecture.parameters, params), 0, ENGINE, job)


def test_a_planted_hub() -> None:
    """Right translations through a hub of any coordinates; one wrong decoder shows in its own translations alone."""
    inside = np.array([[1, 0.2, 0], [0, 1, 0.3], [0.1, 0, 1]])
    arrows = {}
    for n in range(4):
        there = np.array(hue(Fraction(-30 * n)), dtype=float)
        arrows[f"e{n + 1}"] = (inside @ there, [0, 0, 0])
        arrows[f"d{n + 1}"] = (np.linalg.inv(inside @ there), [0, 0, 0])
    right = planted("hub", **arrows)
    errors = [key for key in right if key.startswith("error") and not key.endswith("nothing")]
    assert len(errors) == 12 and max(right[key] for key in errors) < 1e-12
    wrong = planted("hub", **arrows | {"d4": (np.eye(3), [0, 0, 0])})
    assert {key for key in errors if wrong[key] > 0.05} == {f"error of e{n} ; d4" for n in (1, 2, 3)}


def test_a_planted_retract() -> None:
    """The projector is the same for any coordinates of B; keeping the wrong two directions is seen."""
    q = np.array([[1, 1, 1, 1], [1, -1, 1, -1], [1, 1, -1, -1], [1, -1, -1, 1]]) / 2
    turned = np.array([[2, 1], [0.5, 1]])
    right = planted("retract", r=(turned @ q[:, :2].T, [0, 0]), s=(q[:, :2] @ np.linalg.inv(turned), [0] * 4))
    assert right["error of r ; s"] < 1e-12 and right["relative residual r ; s ; r ; s = r ; s"] < 1e-12
    wrong = planted("retract", r=(q[:, 1:3].T, [0, 0]), s=(q[:, 1:3], [0] * 4))
    assert wrong["error of r ; s"] > 0.1 and wrong["relative residual s ; r = id_B"] < 1e-12


def test_a_planted_square_and_naturality() -> None:
    """Figures of truths of other kinds: exact for the truth, and not for half the brightness, nor for an idle t1."""
    whole = spec("square")
    sides = {}
    for name in ("m", "q"):
        shape = whole.thing(whole.arrow(name).source).shape
        assert shape is not None
        sides[name] = (linear(dict(whole.truth)[name], shape)[0], [0] * 4)
    right = planted("square", **sides)
    assert max(right["error of m"], right["error of q"], right["residual p ; m = l ; q"]) < 1e-12
    half = planted("square", **sides | {"m": (np.array(sides["m"][0], dtype=float) / 2, [0] * 4)})
    assert half["error of m"] > 0.1 and half["error of q"] < 1e-12 and half["relative residual p ; m = l ; q"] > 0.1
    turns = {name: (np.array(hue(Fraction(by)), dtype=float), at) for name, by, at in
             (("t0", 40, [0, 0, 0]), ("t1", 100, [0.5, 0, 0]))}  # fmt: skip
    assert planted("naturality", **turns)["error of t1"] < 1e-12
    idle = planted("naturality", **turns | {"t1": (np.eye(3), [0, 0, 0])})
    assert idle["error of t1"] > 0.1 and idle["relative residual x ; t1 = t0 ; y"] > 0.1


def test_one_object_without_pairs_admits_the_identity() -> None:
    """Z_5 on one object: with the pairs r = id is no model; without them it is, and the check says so."""
    text = text_of("cyclic_one")
    assert not [each for each in findings(read(text)) if each.about == "trivial model"]
    start = text.index('[[equations]]\nleft = "p ; r"')
    alone = read(text[:start] + text[text.index("[training]") :])
    told = [str(each) for each in findings(alone) if each.about == "trivial model"]
    assert any("where r do nothing (the identity); nothing else speaks against it" in each for each in told)
