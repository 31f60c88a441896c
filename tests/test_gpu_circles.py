"""Circles: the data, the figures of what learned nothing and of planted wrong functors, the networks, a short run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path as File
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="not run: torch not installed (pip install verified-cat[gpu])")

from verified_cat.gpu import image_networks  # noqa: E402
from verified_cat.gpu.circle_metrics import Examples, baselines, evaluation, measured  # noqa: E402
from verified_cat.gpu.engine import TorchEngine  # noqa: E402
from verified_cat.gpu.made_images import LAWS, disc, drawn, plain, rendered, side_of  # noqa: E402
from verified_cat.gpu.made_points import examples  # noqa: E402
from verified_cat.gpu.randomness import Array, stream  # noqa: E402
from verified_cat.gpu.schema_metrics import summary  # noqa: E402
from verified_cat.gpu.schema_training import train  # noqa: E402
from verified_cat.machine import evaluate  # noqa: E402
from verified_cat.objects import Pair, Space, leaves, space, unflatten  # noqa: E402
from verified_cat.schema_file import SchemaFileError, load, read  # noqa: E402
from verified_cat.schema_kinds import settings  # noqa: E402
from verified_cat.specification import Specification  # noqa: E402

ENGINE = TorchEngine("float64")
FILE = File(__file__).parent.parent / "examples" / "schemas" / "circles.toml"
CIRCLES = settings("data", "circles")


def schema(side: int = 32, **training: Any) -> Specification:
    text = FILE.read_text(encoding="utf-8").replace("[3, 32, 32]", f"[3, {side}, {side}]")
    whole = read(text)
    return replace(whole, training=settings("training", "training", **(whole.training.given | training)))


# ------------------------------------------------------------------------------------------------ data


def test_the_mask_is_the_share_of_points_within_the_radius() -> None:
    mask = disc(32)
    i, j = 8, 12
    points = [(i + (a + 0.5) / 8 - 16, j + (b + 0.5) / 8 - 16) for a in range(8) for b in range(8)]
    assert mask[i, j] == sum(x * x + y * y <= 64 for x, y in points) / 64
    assert 0 < mask[9, 11] < 1 and mask[16, 16] == 1 and mask[0, 0] == 0
    assert abs(mask.mean() - np.pi / 16) < 5e-4 and abs(disc(64).mean() - np.pi / 16) < 2e-4
    assert np.array_equal(mask, mask.T) and np.array_equal(mask, mask[::-1])


def test_pictures_are_the_linear_image_of_their_colours() -> None:
    made = drawn(CIRCLES, 20, 32, stream(0, "A", "test"))
    table = LAWS["circles"](CIRCLES, 20, 3072, stream(0, "A", "test"))
    assert np.array_equal(table.reshape(20, 3, 32, 32), made.pictures) and side_of(3072) == 32
    assert np.array_equal(made.pictures[:, :, 0, 0], made.background)
    assert np.allclose(made.pictures[:, :, 16, 16], made.colour, rtol=0, atol=1e-15)
    alone = LAWS["plain"](settings("data", "plain"), 5, 192, stream(0, "B", "test")).reshape(5, 3, 8, 8)
    assert np.array_equal(alone, np.broadcast_to(alone[:, :, :1, :1], alone.shape)) and len(np.unique(alone)) == 15


def test_variants_of_the_data() -> None:
    far = drawn(settings("data", "circles", min_contrast=0.4), 500, 8, stream(0, "A", "x"))
    assert np.abs(far.background - far.colour).max(axis=1).min() >= 0.4
    near = drawn(CIRCLES, 500, 8, stream(0, "A", "x"))
    assert np.abs(near.background - near.colour).max(axis=1).min() < 0.2
    laws = settings("data", "circles", channels=[[2, 5], [5, 2], [1, 3]])
    skewed = drawn(laws, 20_000, 8, stream(0, "A", "y"))
    assert np.allclose(skewed.background.mean(axis=0), [2 / 7, 5 / 7, 1 / 4], rtol=0, atol=0.006)
    assert np.allclose(skewed.colour.var(axis=0), [10 / 392, 10 / 392, 3 / 80], rtol=0, atol=0.002)
    moving = drawn(settings("data", "circles", wander=0.2, radii=[0.1, 0.3]), 400, 32, stream(0, "A", "z"))
    areas = moving.mask.mean(axis=(1, 2))
    assert moving.mask.shape == (400, 32, 32) and np.all(np.abs(areas - np.pi * 0.04) < np.pi * 0.06)
    assert areas.std() > 0.03 and len(np.unique(moving.mask[:, 16, 8])) > 2
    middle = (moving.mask * np.arange(32)[:, None]).sum(axis=(1, 2)) / moving.mask.sum(axis=(1, 2)) - 15.5
    assert np.abs(middle).max() < 0.2 * 32 + 0.1 and middle.std() > 2


def test_the_streams_are_apart() -> None:
    """Another seed gives other pictures; the set for measuring is one and the same, and no training draws it."""
    whole = schema()
    one, two = (examples(whole, "A", 4, stream(seed, "A", "critics")) for seed in (0, 1))
    fixed = evaluation(whole, "f", 4)
    assert not np.array_equal(one, two) and np.array_equal(one, examples(whole, "A", 4, stream(0, "A", "critics")))
    again = evaluation(replace(whole, name="other"), "f", 4)
    assert np.array_equal(fixed.discs.pictures, again.discs.pictures) and np.array_equal(fixed.code, again.code)
    assert not np.array_equal(fixed.colour, fixed.discs.background)


# ------------------------------------------------------------------------------------------------ figures


@pytest.fixture(scope="module")
def given() -> Examples:
    return evaluation(schema(16), "f")


def removed(given: Examples, pictures: Array) -> tuple[Array, Array]:
    """The truth: the colours of the corner and of the middle, however the picture was made."""
    side = given.side
    return plain(pictures[:, :, 0, 0], side), np.array(pictures[:, :, side // 2, side // 2])


def added(given: Examples, pictures: Array, code: Array) -> Array:
    return rendered(pictures[:, :, 0, 0], code, given.discs.mask)


def figures(
    given: Examples, remove: Callable[..., Any] = removed, insert: Callable[..., Any] = added
) -> dict[str, float]:
    return measured(given, lambda x: remove(given, x), lambda x, c: insert(given, x, c))


def test_the_truth_has_no_errors(given: Examples) -> None:
    shown = figures(given)
    assert shown["removal PSNR"] == 60 and shown["ICC"] > 1 - 1e-9 and shown["collapse"] == 0
    zero = ["removal MAE", "background error", "hole error", "ghost", "added background error", "added roughness"]
    zero += [name for name in shown if "residual" in name]
    assert len(zero) == 12 and all(abs(shown[name]) < 1e-12 for name in zero)
    assert abs(shown["contrast"] - 1 / 3) < 0.02 and shown["cells of added colours"] == 64
    assert shown["R2 background from picture"] > 1 - 1e-6 and shown["R2 disc from code"] > 1 - 1e-6
    assert abs(shown["leak"]) < 0.06 and shown["sliced W1 of added colours"] < 0.03 and 0.4 < shown["birthday"] < 2.5


def test_what_learned_nothing() -> None:
    """The closed forms: E|x - y| = 1/3 and E(x - y)² = 1/6 for independent uniform x, y, on a disc of share π/16."""
    given = evaluation(schema(), "f")
    shown = {who: measured(given, *maps) for who, maps in baselines(given).items()}
    same, grey, other = shown["doing nothing"], shown["grey"], shown["independent colour"]
    table = {
        "removal PSNR": (16.35, 11.61, 9.13, 0.25),
        "removal MAE": (np.pi / 48, 0.25, 1 / 3, 0.01),
        "background error": (np.pi / 48, 0.25, 1 / 3, 0.01),
        "hole error": (1 / 3, 0.25, 1 / 3, 0.012),
        "ghost": (1 / 3, 0, 0, 0.012),
        "R2 background from picture": (0.94, 0, 0, 0.05),
        "R2 disc from code": (0, 0, 0, 0.05),
        "leak": (0, 0, 0, 0.05),
        "contrast": (0, 0, 1 / 3, 0.012),
        "residual g.f": (0, None, 1 / 3, 0.012),
        "residual f.g picture": (0, 0.25, 1 / 3, 0.012),
        "ICC": (0, 0, 0, 0.09),
        "collapse": (0, 1, 0, 0),
    }
    for name, (*wanted, within) in table.items():
        for found, value in zip((same, grey, other), wanted, strict=True):
            assert value is None or abs(found[name] - value) <= within, (name, found[name], value)
    squares = -10 * np.log10((disc(32) ** 2).mean() / 6)
    assert 0.5 < same["removal PSNR"] - squares < 2  # the mean of logarithms exceeds the logarithm of the mean


def wrong_recolouring(given: Examples, x: Array) -> tuple[Array, Array]:
    bare, code = removed(given, x)
    return 1 - bare, code


def wrong_leak(given: Examples, x: Array) -> tuple[Array, Array]:
    bare, _ = removed(given, x)
    return bare, np.array(bare[:, :, 0, 0])


def wrong_ghost(given: Examples, x: Array) -> tuple[Array, Array]:
    bare, code = removed(given, x)
    return bare + 0.2 * given.discs.mask, code


def wrong_pixel(given: Examples, x: Array) -> tuple[Array, Array]:
    bare, code = removed(given, x)
    bare = np.array(bare)
    bare[0, 0, 0, 1] += 0.5
    return bare, code


def wrong_constant(given: Examples, x: Array, code: Array) -> Array:
    return added(given, x, np.full_like(code, 0.3))


def wrong_background(given: Examples, x: Array, code: Array) -> Array:
    return added(given, 1 - x, code)


def wrong_mixture(given: Examples, x: Array, code: Array) -> Array:
    return added(given, x, (code + x[:, :, 0, 0]) / 2)


def wrong_texture(given: Examples, x: Array, code: Array) -> Array:
    checks = (np.indices((given.side, given.side)).sum(axis=0) % 2) * 2 - 1
    return np.asarray(added(given, x, code) + 0.1 * checks)


@pytest.mark.parametrize(
    ("wrong", "name", "low", "high"),
    [
        (wrong_recolouring, "removal PSNR", 4, 9),
        (wrong_recolouring, "R2 background from picture", 0.999, 1),  # recovered, up to an automorphism
        (wrong_leak, "leak", 0.999, 1),
        (wrong_leak, "R2 disc from code", -0.1, 0.1),
        (wrong_leak, "residual g.f", 0.05, 0.1),
        (wrong_ghost, "ghost", 0.2 - 1e-9, 0.2 + 1e-9),
        (wrong_ghost, "hole error", 0.2 - 1e-9, 0.2 + 1e-9),
        (wrong_pixel, "largest residual f.g picture", 0.5 - 1e-9, 0.5 + 1e-9),
        (wrong_pixel, "residual f.g picture", 0, 1e-5),
    ],
)
def test_wrong_ways_to_take_a_disc_off(
    given: Examples, wrong: Callable[..., Any], name: str, low: float, high: float
) -> None:
    assert low <= figures(given, remove=wrong)[name] <= high


@pytest.mark.parametrize(
    ("wrong", "name", "low", "high"),
    [
        (wrong_constant, "collapse", 1, 1),
        (wrong_constant, "cells of added colours", 1, 1),
        (wrong_constant, "residual f.g code", 0.2, 0.4),
        (wrong_constant, "sliced W1 of added colours", 0.1, 1),
        (wrong_background, "added background error", 0.45, 0.55),
        (wrong_mixture, "ICC", 0.4, 0.6),
        (wrong_mixture, "contrast", 1 / 6 - 0.01, 1 / 6 + 0.01),
        (wrong_texture, "added roughness", 0.0999, 0.1001),
        (wrong_texture, "ICC", 0.999, 1),
    ],
)
def test_wrong_ways_to_put_a_disc_on(
    given: Examples, wrong: Callable[..., Any], name: str, low: float, high: float
) -> None:
    assert low <= figures(given, insert=wrong)[name] <= high


def test_few_colours_made_over_and_over_are_a_collapse(given: Examples) -> None:
    """Sixty-four colours in as many cells: only the pairs that coincide tell."""
    grid = (np.stack(np.meshgrid(*3 * [np.arange(4)]), axis=-1).reshape(64, 3) + 0.5) / 4

    def insert(given: Examples, x: Array, code: Array) -> Array:
        return added(given, x, grid[np.arange(len(code)) % 64])

    shown = figures(given, insert=insert)
    assert shown["cells of added colours"] == 64 and shown["birthday"] > 50 and shown["collapse"] == 1


def test_discs_that_wander_are_measured_where_they_are() -> None:
    text, _, _ = FILE.read_text(encoding="utf-8").partition("[families]")  # which are of discs that stay
    text = text.replace("[3, 32, 32]", "[3, 16, 16]")
    wandering = 'data = { kind = "circles", wander = 0.2, radii = [0.2, 0.3] }'
    given = evaluation(read(text.replace('data = "circles"', wandering)), "f", 64)
    shown = measured(given, *baselines(given)["doing nothing"])
    assert abs(shown["ghost"] - 1 / 3) < 0.08 and "ICC" not in shown and "contrast" not in shown


# ------------------------------------------------------------------------------------------------ networks


def by_hand(kind: str, w: dict[str, Any], x: Any, code: Any = None) -> Any:
    """Prototype's networks in plain PyTorch: features of patches, a code that scales and shifts, an addition."""
    act = torch.nn.functional.relu if kind != "critic" else lambda y: torch.nn.functional.leaky_relu(y, 0.2)
    rows, _, side, _ = x.shape
    patches = torch.nn.functional.unfold(x, 4, stride=4).transpose(1, 2)
    h = act(patches @ w["patches.weight"] + w["patches.bias"]).reshape(rows, -1)
    for layer in ("layer1", "layer2"):
        h = act(h @ w[f"{layer}.weight"] + w[f"{layer}.bias"])
    if kind == "critic":
        both = torch.cat([h, code], 1)
        h = act(both @ w["joint.layer1.weight"] + w["joint.layer1.bias"])
        return h @ w["joint.layer2.weight"] + w["joint.layer2.bias"]
    seen = h
    if kind == "g":
        c = act((2 * code - 1) @ w["code.layer1.weight"] + w["code.layer1.bias"])
        scale, shift = (c @ w["code.layer2.weight"] + w["code.layer2.bias"]).chunk(2, 1)
        h = act((1 + scale) * h + shift)
    y = act(h @ w["paint1.weight"] + w["paint1.bias"]) @ w["paint2.weight"] + w["paint2.bias"]
    y = act(y).reshape(rows, -1, w["last.weight"].shape[0]) @ w["last.weight"] + w["last.bias"]
    picture = x + torch.nn.functional.fold(y.transpose(1, 2), (side, side), 4, stride=4)
    return picture if kind == "g" else (picture, torch.sigmoid(seen @ w["read.weight"] + w["read.bias"]))


def weights_of(param: Any, names: tuple[str, ...], name: str) -> tuple[Any, dict[str, Any]]:
    """Weights, and biases that are not 0."""
    generator = torch.Generator().manual_seed(7)
    shapes = [leaf.shape for leaf in leaves(param) if isinstance(leaf, Space)]
    made = [torch.randn(shape, generator=generator, dtype=torch.float64) / 4 for shape in shapes]
    return unflatten(param, made), {each.removeprefix(f"{name}."): w for each, w in zip(names, made, strict=True)}


@pytest.mark.parametrize("kind", ["f", "g", "critic"])
def test_networks_on_patches_are_those_written_by_hand(kind: str) -> None:
    pictures, codes = space(3, 3, 8, 8), space(3, 2)
    made = settings("network", "patches", width=5, hidden=6)
    if kind == "critic":
        own = settings("critic", "patches", width=5, hidden=6, activation="leaky relu")
        network = image_networks.critic(own, Pair(pictures, codes), kind)
    else:
        whole = Pair(pictures, codes)
        source, target = (pictures, whole) if kind == "f" else (whole, pictures)
        network = image_networks.patches(made, source, target, kind)
    point, named = weights_of(network.map.param, network.names, kind)
    x, c = torch.rand(3, 3, 8, 8, dtype=torch.float64), torch.rand(3, 2, dtype=torch.float64)
    found = evaluate(network.map.inside, (point, x if kind == "f" else (x, c)), ENGINE)
    wanted = by_hand(kind, named, x, c)
    for one, two in zip(found if kind == "f" else (found,), wanted if kind == "f" else (wanted,), strict=True):
        assert torch.allclose(one, two, rtol=0, atol=1e-12) and float(two.std()) > 1e-3


def test_a_network_between_pictures_alone() -> None:
    """Without a code at either end; with the dense painter; what is added at first is small."""
    pictures = space(2, 3, 8, 8)
    made = settings("network", "patches", painter="dense", last=0.01)
    network = image_networks.patches(made, pictures, pictures, "r")
    first = image_networks.first_weights(network.map.param, network.names, 0, made["last"])
    point = unflatten(network.map.param, [torch.tensor(each) for each in first])
    x = torch.rand(2, 3, 8, 8, dtype=torch.float64)
    change = evaluate(network.map.inside, (point, x), ENGINE) - x
    assert 0 < float(change.abs().max()) < 0.05
    score = image_networks.critic(settings("critic", "patches"), pictures, "c")
    assert score.map.cod == space(2, 1) and score.names[-1] == "c.score.bias"


# ------------------------------------------------------------------------------------------------ files


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('data = "circles"', 'data = { kind = "circles", radii = [0.4, 0.6] }', "radii are two shares of the side"),
        ('data = "circles"', 'data = { kind = "circles", channels = [[2, 5]] }', "channels are three pairs [a, b]"),
        ('data = "circles"', 'data = { kind = "circles", min_contrast = 0.9 }', "a number from 0 to 1/2, not 0.9"),
        ("shape = [3, 32, 32]", "shape = [3, 32, 24]", "pictures [3, n, n]"),
        ("shape = [3, 32, 32]", "shape = [3, 4, 4]", "8 by 8 pixels or more, not 4 by 4"),
        ("shape = [3]\n", "shape = [3, 1]\n", "from a picture, or a picture and a code"),
        ('{ kind = "patches" }', '{ kind = "patches", patch = 5 }', "into patches of 5 by 5: they do not fit"),
        ('activation = "leaky relu" }', "patch = 3 }", "the critic of A cuts pictures of 32 by 32 into patches of 3"),
        ('inverse = "g"', 'inverse = "h"', "the inverse in the truth of f: no arrow is called 'h'"),
        ('inverse = "g"', 'inverse = "f"', "the inverse of f goes from B * C to A; f does not"),
        ('data = "circles"', 'data = "plain"', "needs data of the kind 'circles' in A"),
        ("[truth.f]", "[truth.g]", "takes pictures apart into plain pictures"),
    ],
)
def test_files_that_do_not_fit(old: str, new: str, reason: str) -> None:
    text = FILE.read_text(encoding="utf-8")
    assert old in text
    with pytest.raises(SchemaFileError) as caught:
        read(text.replace(old, new))
    assert any(reason in line for line in caught.value.lines), caught.value.lines


def test_the_targets_stand_in_the_file() -> None:
    whole = load(FILE)
    said = {str(target) for target in whole.targets}
    assert {"removal PSNR of f >= 28", "R2 disc from code of f >= 0.95", "leak of f <= 0.05", "ICC of f >= 0.95"} < said
    few = evaluation(whole, "f", 16)
    shown = {f"{figure} of f" for figure in measured(few, *baselines(few)["grey"])}
    assert {target.figure for target in whole.targets} <= shown


def test_baselines_are_printed_beside_the_result() -> None:
    lines = summary({"ghost of f": 0.1, "ghost of f, doing nothing": 0.5, "ghost of f, grey": 0.0, "loss": 2.0})
    assert [line.split() for line in lines] == [
        ["ghost", "of", "f", "0.1", "(doing", "nothing", "0.5,", "grey", "0)"],
        ["loss", "2"],
    ]


# ------------------------------------------------------------------------------------------------ a run


def short(**more: Any) -> dict[str, Any]:
    """Small networks on pictures of 8 by 8 pixels, equations of half the weight."""
    text = FILE.read_text(encoding="utf-8").replace("[3, 32, 32]", "[3, 8, 8]").replace("weight = 40", "weight = 10")
    text = text.replace('kind = "patches"', 'kind = "patches", hidden = 48').replace("weight = 20", "weight = 10")
    options = {"batch": 16, "decay": "none", "average": 0.8, "held_out": 16, "backend": "python"}
    rates = {"rate": 0.004, "critic_rate": 0.004, "head_start_critic_steps": 10}
    whole = read(text)
    given = whole.training.given | options | rates | more
    return train(replace(whole, training=settings("training", "training", **given)), None)


def test_a_short_run_takes_something_off_the_disc() -> None:
    """150 steps: the ghost of the disc fades, and the background is still told by the picture."""
    shown = short(steps=150)
    assert shown["ghost of f, doing nothing"] > 0.32 and shown["ghost of f"] < 0.25
    assert shown["removal PSNR of f"] > shown["removal PSNR of f, doing nothing"] + 1
    assert shown["R2 background from picture of f"] > 0.94 and shown["ICC of f"] > 0.2
    assert shown["evaluations"] == {"f": 2, "g": 2}


def test_the_wide_file_is_built_and_makes_two_steps() -> None:
    """Not on a GPU here: on the processor, on small pictures and batches of four."""
    assert load(FILE.with_name("circles_wide.toml")).training["device"] == "cuda"
    text = FILE.with_name("circles_wide.toml").read_text(encoding="utf-8").replace("[3, 32, 32]", "[3, 8, 8]")
    whole = read(text)
    small = {"device": "cpu", "batch": 4, "head_start": 0, "steps": 2}
    shown = train(replace(whole, training=settings("training", "training", **(whole.training.given | small))), None)
    assert shown["status"] == "finished" and np.isfinite(shown["loss"])
    assert shown["targets"]["removal PSNR of f >= 32"] is False
