"""Schema files trained: their networks and maps, their data, weights by gradients, shared parameters, a short run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path as File
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

torch = pytest.importorskip("torch", reason="not run: torch not installed (pip install verified-cat[gpu])")

from verified_cat.cli import main  # noqa: E402
from verified_cat.errors import DataError, SchemaError  # noqa: E402
from verified_cat.gpu import schema_metrics  # noqa: E402
from verified_cat.gpu.balancing import gradient_norm  # noqa: E402
from verified_cat.gpu.engine import TorchEngine  # noqa: E402
from verified_cat.gpu.functor import evaluations  # noqa: E402
from verified_cat.gpu.made_points import LAWS, examples, read_points, sampler, valued  # noqa: E402
from verified_cat.gpu.measuring import energy_distance  # noqa: E402
from verified_cat.gpu.randomness import stream  # noqa: E402
from verified_cat.gpu.schema_networks import coupling, factors, first_weights, fixed, network  # noqa: E402
from verified_cat.gpu.schema_task import built  # noqa: E402
from verified_cat.gpu.schema_training import Run, train, with_training  # noqa: E402
from verified_cat.gpu.true_maps import true_image  # noqa: E402
from verified_cat.machine import evaluate  # noqa: E402
from verified_cat.objects import Ob, Pair, space, unflatten  # noqa: E402
from verified_cat.schema_file import load, read  # noqa: E402
from verified_cat.schema_kinds import DATA, settings  # noqa: E402
from verified_cat.specification import Specification  # noqa: E402

ENGINE = TorchEngine("float64")
FOLDER = File(__file__).parent.parent / "examples" / "schemas"


def numbers(*rows: Any) -> Any:
    return torch.tensor(rows, dtype=torch.float64)


def weights(param: Ob, names: tuple[str, ...]) -> Any:
    return unflatten(param, [torch.tensor(each) for each in first_weights(param, names, 0)])


# ------------------------------------------------------------------------------------------------ networks and maps


def test_a_perceptron_between_products() -> None:
    source, target = Pair(space(5, 2), space(5, 1)), Pair(space(5, 1), space(5, 3))
    kind = settings("network", "mlp", hidden=[4], activation="leaky relu", ending="sigmoid")
    made = network(kind, source, target, "f")
    assert made.names == ("f.layer1.weight", "f.layer1.bias", "f.layer2.weight", "f.layer2.bias")
    w, c, v, d = (torch.tensor(each) for each in first_weights(made.map.param, made.names, 0))
    x, y = torch.rand(5, 2, dtype=torch.float64), torch.rand(5, 1, dtype=torch.float64)
    left, right = evaluate(made.map.inside, (unflatten(made.map.param, [w, c, v, d]), (x, y)), ENGINE)
    hidden = torch.nn.functional.leaky_relu(torch.cat([x, y], 1) @ w + c, 0.2)
    wanted = torch.sigmoid(hidden @ v + d)
    assert torch.allclose(torch.cat([left, right], 1), wanted, rtol=0, atol=1e-14)


def test_a_coupling_has_an_inverse_by_construction() -> None:
    """g(f(x)) = x and f(g(y)) = y to rounding, at any parameters, and f is not the identity."""
    source, target = Pair(space(6, 2), space(6, 1)), space(6, 3)
    kind = settings("network", "coupling", layers=3, hidden=[5])
    there = coupling(kind, source, target, "f", inverse=False)
    back = coupling(kind, target, source, "f", inverse=True)
    assert there.names == back.names and there.map.param == back.map.param
    p, x = weights(there.map.param, there.names), (torch.rand(6, 2).double(), torch.rand(6, 1).double())
    y = evaluate(there.map.inside, (p, x), ENGINE)
    again = evaluate(back.map.inside, (p, y), ENGINE)
    assert all(torch.allclose(one, two, rtol=0, atol=1e-14) for one, two in zip(again, x, strict=True))
    assert float((y - torch.cat(x, 1)).abs().max()) > 0.1


def test_frozen_maps() -> None:
    plane, line = space(2, 2), space(2, 1)
    affine = fixed(settings("frozen", "affine", matrix=[[1, 2]], shift=[0.5]), plane, line)
    assert evaluate(affine, numbers([1, 1], [0, 3]), ENGINE).tolist() == [[3.5], [6.5]]
    polynomial = fixed(settings("frozen", "polynomial", terms=[[2, 2, 1], [-1, 0, 0]]), plane, line)
    assert evaluate(polynomial, numbers([3, 2], [1, 0]), ENGINE).tolist() == [[35.0], [-1.0]]
    same = fixed(settings("frozen", "identity"), Pair(line, line), plane)
    assert evaluate(same, (numbers([1], [2]), numbers([3], [4])), ENGINE).tolist() == [[1, 3], [2, 4]]
    swapped = evaluate(factors((2, 1), [plane, line]), (numbers([1, 2], [3, 4]), numbers([5], [6])), ENGINE)
    assert swapped[0].tolist() == [[5], [6]] and swapped[1].tolist() == [[1, 2], [3, 4]]


# ------------------------------------------------------------------------------------------------ data


def spec(name: str) -> Specification:
    return load(FOLDER / f"{name}.toml")


def test_laws_have_their_moments() -> None:
    """Means and spreads of 20,000 points within five standard errors."""
    draws = stream(0, "test", "laws")
    given: dict[str, Any] = {
        "beta": {"a": 2, "b": 5},
        "betas": {"a": [1, 2], "b": [3, 2]},
        "segment": {"start": [0, 0], "end": [2, 4]},
    }
    given["mixture"] = {"centres": [[0, 0], [4, 0]], "width": 0.1, "shares": [3, 1]}
    means: dict[str, Any] = {
        "beta": 2 / 7,
        "betas": [1 / 4, 1 / 2],
        "segment": [1, 2],
        "mixture": [1, 0],
        "uniform": 0,
        "normal": 0,
        "ring": 0,
        "circle": 0,
    }
    for kind, mean in means.items():
        data = settings("data", kind, **given.get(kind, {}))
        points = LAWS[kind](data, 20_000, 2, draws)
        assert points.shape == (20_000, 2)
        assert np.all(np.abs(points.mean(axis=0) - mean) < 5 * points.std(axis=0) / np.sqrt(20_000) + 1e-12)
    assert set(LAWS) < set(DATA)


def test_images_factors_and_pairs() -> None:
    whole = spec("product")
    table = examples(whole, "AB", 4, stream(0, "x", "y"))
    parts = examples(whole, "A * B", 4, stream(0, "x", "y"))
    matrix = np.array([[float(each) for each in row] for row in dict(whole.truth)["c"]["matrix"]])
    assert np.allclose(table, parts @ matrix.T) and np.allclose(true_image(dict(whole.truth)["d"], table), parts)
    left, right = valued(whole, "A * B", parts, ENGINE)
    assert left.tolist() == parts[:, :2].tolist() and right.tolist() == parts[:, 2:].tolist()
    paired = read(
        (FOLDER / "cyclegan.toml").read_text(encoding="utf-8").replace("[arrows.f]", PAIRS + "[arrows.f]", 1)
        + '[[equations]]\nleft = "p ; f"\nright = "q"\n'
    )
    rows = examples(paired, "P", 3, stream(0, "x", "y"))
    assert np.allclose(rows[:, 2:], true_image(dict(paired.truth)["f"], rows[:, :2]))
    batch = sampler(paired, "P", 50, 0, ENGINE)(stream(0, "x", "z"))
    assert len({tuple(row) for row in batch[0].tolist()}) <= 8  # only eight pairs are known
    job = built(paired, 8)
    assert {"p", "q"} <= set(job.task.architecture.owners) and [edge.name for edge in job.task.learned] == ["f", "g"]


PAIRS = """[objects.P]
product = ["A", "B"]
data = { kind = "pairs", arrow = "f", points = 8 }
adversary = "none"
[arrows.p]
from = "P"
to = "A"
factors = [1]
[arrows.q]
from = "P"
to = "B"
factors = [2]
"""


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("x,y\n1,2\n3,nan\n", "line 3: a number that is not finite"),
        ("1,2\n3\n", "line 2: 1 numbers; an example holds 2"),
        ("1,2\n3,four\n", "line 2: ['3', 'four'] are not all numbers"),
        ("x,y\n", "holds no examples"),
    ],
)
def test_data_files_that_are_none(tmp_path: File, text: str, reason: str) -> None:
    (tmp_path / "points.csv").write_text(text, encoding="utf-8")
    with pytest.raises(DataError) as caught:
        read_points(str(tmp_path / "points.csv"), 2)
    assert reason in str(caught.value)
    with pytest.raises(DataError, match="cannot be read"):
        read_points(str(tmp_path / "none.csv"), 2)


# ------------------------------------------------------------------------------------------------ tasks


def test_the_evaluations_of_the_examples() -> None:
    counts = {name: evaluations(built(spec(name), 4).task) for name in ("gan", "cyclegan", "product", "equalizer")}
    assert counts == {"gan": {"h": 1}, "cyclegan": {"f": 2, "g": 2}, "product": {"d": 2, "c": 2}, "equalizer": {"h": 1}}


def test_an_inverse_shares_its_parameters() -> None:
    text = (FOLDER / "product.toml").read_text(encoding="utf-8")
    network_line = 'network = { kind = "mlp", hidden = [48, 48], residual = true, last = 0.1 }'
    text = text.replace(network_line, 'network = { kind = "coupling", hidden = [8] }', 1)
    whole = read(text.replace(network_line, 'inverse_of = "d"', 1))
    job = built(whole, 16)
    assert job.task.architecture.owners == ["d"] and job.task.architecture.ties == {"c": "d"}
    params = unflatten(job.task.architecture.parameters, [torch.tensor(each) for each in job.first_weights(0)])
    shown = schema_metrics.figures(whole, params, 0, ENGINE)
    assert max(shown["residual d ; c = id_AB"], shown["residual c ; d = id_A * B"]) < 1e-14


def test_weights_by_the_ratio_of_gradients() -> None:
    """At the weight that is found, the gradient of the equation is as long as that of the adversaries."""
    text = (FOLDER / "equalizer.toml").read_text(encoding="utf-8").replace("weight = 1", 'weight = "auto"')
    whole = replace(
        read(text), training=settings("training", "training", batch=32, match=["h ; p"], precision="float64")
    )
    run = Run(with_training(whole, steps=5), ENGINE, 3)
    gammas = run.gammas()
    job, (gamma,) = run.built(gammas), gammas
    task = job.task
    learning = run.learning(task)
    _, batches, _ = run.data(task).at(0)
    state = run.start(job, learning)
    point = learning.parameters(state), (learning.judges(state[1]), batches)
    against = gradient_norm(task.objective([task.deceived(path) for path in task.matched], []), ENGINE)(point)
    own = gradient_norm(task.objective([], task.weighed), ENGINE)(point)
    assert abs(own / against - 1) < 1e-5 and gamma > 0 and run.gammas() == gammas


def test_a_short_run_is_the_same_twice(tmp_path: File) -> None:
    rounds = {"head_start": 2, "head_start_critic_steps": 3, "critic_steps": 1}
    training = settings("training", "training", steps=6, batch=16, average=0.5, held_out=64, **rounds)
    whole = replace(spec("cyclegan"), training=training)
    one, two = train(whole, tmp_path / "one"), train(whole, tmp_path / "two")
    assert one["sha256"] == two["sha256"] and one["error of f"] == two["error of f"]
    assert one["status"] == "finished" and one["evaluations"] == {"f": 2, "g": 2}
    assert one["targets"] == {"error of f <= 0.1": False, "error of g <= 0.1": False}
    assert train(whole, None, seed=1)["error of f"] != one["error of f"]
    assert train(whole, None, steps=3)["error of f"] != one["error of f"]


@pytest.mark.parametrize("kind", ["wgan-gp", "lsgan", "non-saturating", "hinge", "energy", "mmd"])
def test_every_adversary_trains_factor_by_factor(kind: str) -> None:
    """On a product: critics for A and for B where the adversary has any, equations on images, a term on each arrow."""
    text = (
        (FOLDER / "product.toml").read_text(encoding="utf-8").replace('adversary = "energy"', f'adversary = "{kind}"')
    )
    text = text.replace('data = "factors"', 'data = "factors"\nadversary = "factors"')
    text = text.replace("weight = 0.3", 'weight = 0.3\non = "mix"')
    training = settings("training", "training", steps=4, batch=8, critic_steps=1, held_out=32, rate=0.01)
    whole = replace(read(text), training=training)
    job = built(whole, 8)
    critics = {name.partition(".layer")[0] for name in job.critic_names}
    assert critics == (set() if kind in ("energy", "mmd") else {"critic_AB", "critic_A * B.A", "critic_A * B.B"})
    metrics = train(whole, None)
    assert (
        metrics["status"] == "finished" and np.isfinite(metrics["loss"]) and ("critic_loss" in metrics) == bool(critics)
    )


def test_what_no_check_lets_pass_is_not_trained() -> None:
    with pytest.raises(SchemaError, match="nothing teaches h"):
        train(replace(spec("gan"), things=tuple(replace(each, adversary=None) for each in spec("gan").things)), None)


def test_the_figures_of_the_truth_itself() -> None:
    """The control: the true map has error 0, eight modes and no distance; a constant has none of these."""
    ring = settings("data", "ring", width=0.1)
    real = LAWS["ring"](ring, 1000, 2, stream(0, "ring", "a"))
    from verified_cat.schema import Path

    assert schema_metrics.modes(Path("Z", ("h",)), ring, real)["modes of h"] == 8
    assert schema_metrics.modes(Path("Z", ("h",)), ring, np.ones((1000, 2)))["modes of h"] == 0
    other = LAWS["ring"](ring, 1000, 2, stream(0, "ring", "b"))
    assert abs(energy_distance(real, other)) < 0.02 < energy_distance(real, other + 0.5)
    x = np.linspace(-1, 1, 500)
    curve = settings("truth", "curve", terms=[[1, 2]])
    on, off = np.stack([x, x**2], 1), np.stack([x / 2, x**2 / 4], 1)
    assert schema_metrics.against("h", curve, on, x[:, None])["Hausdorff distance of h"] < 0.01
    half = schema_metrics.against("h", curve, off, x[:, None])
    assert half["distance of h to the curve"] < 0.01 and half["uncovered by h"] > 0.8


def test_the_command(tmp_path: File) -> None:
    text = (FOLDER / "equalizer.toml").read_text(encoding="utf-8").replace("batch = 256", "batch = 16\nheld_out = 32")
    (tmp_path / "e.toml").write_text(text, encoding="utf-8")
    given = [str(tmp_path / "e.toml"), "--out", str(tmp_path / "run"), "--steps", "2", "--no-crosscheck"]
    ran = CliRunner().invoke(main, ["schema", "train", *given])
    assert ran.exit_code == 0 and "MISSED: Hausdorff distance of h <= 0.05" in ran.output
    assert (tmp_path / "run" / "metrics.json").exists()
    again = CliRunner().invoke(main, ["train", *given[:2], str(tmp_path / "two"), *given[3:]])
    assert again.exit_code == 0 and again.output.splitlines()[0] == ran.output.splitlines()[0]
    assert CliRunner().invoke(main, ["train", *given, "--set", "rates=1"]).exit_code == 4
    refused = CliRunner().invoke(main, ["schema", "train", "none.toml", "--out", str(tmp_path / "other")])
    assert refused.exit_code == 4 and "cannot read none.toml: No such file" in refused.output
