"""Tasks on real data, the options of a training, its command and the examples; each run of a few steps."""

from __future__ import annotations

import json
import runpy
import sys
import xml.etree.ElementTree as ElementTree
from fractions import Fraction
from math import log10
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

torch = pytest.importorskip("torch", reason="not run: torch not installed (pip install verified-cat[gpu])")

from verified_cat.cli import main  # noqa: E402
from verified_cat.errors import DataError, MissingExtra, UsageError  # noqa: E402
from verified_cat.gpu import curves, digits, digits_conv, fashion, idx, iris  # noqa: E402
from verified_cat.gpu.checkpoints import Checkpoints  # noqa: E402
from verified_cat.gpu.classification import SCHEDULES, Looks, table_of  # noqa: E402
from verified_cat.gpu.configuration import COMMON, Given, Option, from_file, from_words, plain, settled  # noqa: E402
from verified_cat.gpu.engine import TorchEngine  # noqa: E402
from verified_cat.gpu.live import LIVE  # noqa: E402
from verified_cat.gpu.saving import CURVES, HISTORY, METRICS, MODEL, RUN  # noqa: E402
from verified_cat.gpu.tasks import TASKS  # noqa: E402

ROOT = Path(__file__).parents[1]


def sklearn_or_skip() -> None:
    pytest.importorskip("sklearn", reason="not run: scikit-learn not installed (pip install verified-cat[data])")


def call(*words: Any) -> Any:
    return CliRunner().invoke(main, [str(word) for word in words])


# ---------------------------------------------------------------------------------------------- tasks


def test_iris_is_told_apart() -> None:
    sklearn_or_skip()
    metrics = iris.train(None, steps=300, seed=0)
    assert metrics["accuracy"] >= 0.9 and metrics["held_out"] == 30 and metrics["parameters"] == 4 * 20 + 20 + 60 + 3


def test_what_is_held_out_of_iris_is_not_used() -> None:
    sklearn_or_skip()
    examples = iris.examples(1)
    assert np.allclose(examples.learned[0].mean(axis=0), 0) and np.allclose(examples.learned[0].std(axis=0), 1)
    assert not np.allclose(examples.held_out[0].mean(axis=0), 0, atol=1e-3)
    assert len(examples.learned[0]) == 120 and len(examples.held_out[0]) == 30


def test_a_convolutional_network_learns_digits() -> None:
    sklearn_or_skip()
    metrics = digits_conv.train(None, steps=60, seed=0)
    assert metrics["accuracy"] > 0.6 and metrics["held_out"] == 360 and metrics["parameters"] == 6090


def test_the_convolutional_network_is_torchs() -> None:
    model = digits_conv.network(3)
    generator = torch.Generator().manual_seed(1)
    leaves = [torch.randn(leaf, generator=generator, dtype=torch.float64) for leaf in SHAPES]
    x = torch.randn(3, 64, generator=generator, dtype=torch.float64)
    from verified_cat.functions import Functions
    from verified_cat.objects import unflatten

    found = Functions(TorchEngine()).meaning(model.map.inside)((unflatten(model.map.param, leaves), x))
    k1, b1, k2, b2, w, b = leaves
    pool = torch.nn.functional.max_pool2d
    one = pool(torch.conv2d(x.reshape(3, 1, 8, 8), k1, b1, padding=1), 2).relu()
    two = pool(torch.conv2d(one, k2, b2, padding=1), 2).relu()
    assert torch.allclose(found, two.reshape(3, -1) @ w + b, rtol=1e-12, atol=1e-12)


SHAPES = [(16, 1, 3, 3), (16,), (32, 16, 3, 3), (32,), (128, 10), (10,)]


def made_fashion(folder: Path, counts: tuple[int, int] = (220, 30)) -> Path:
    """Files in the form of Fashion-MNIST: the shade of a picture says its label."""
    draw = np.random.default_rng(0)
    for part, count in zip(("train", "t10k"), counts, strict=True):
        labels = (np.arange(count) % 10).astype(np.uint8)
        pixels = draw.integers(0, 20, (count, 28, 28), dtype=np.uint8)
        for number, label in enumerate(labels):
            pixels[number, :, 2 * label : 2 * label + 6] += 200
        (folder / f"{part}-images-idx3-ubyte").write_bytes(idx.written(pixels))
        (folder / f"{part}-labels-idx1-ubyte").write_bytes(idx.written(labels))
    return folder


def test_fashion_on_made_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made_fashion(tmp_path)
    metrics = fashion.train(None, steps=12, seed=0, data=tmp_path, batch=20)
    assert metrics["held_out"] == 30 and metrics["parameters"] == 160 + 4640 + 1568 * 128 + 128 + 1290
    assert metrics["loss"] < 2.2
    monkeypatch.setenv(fashion.FOLDER, str(tmp_path))
    assert fashion.examples(0).learned[0].shape == (220, 784)
    assert fashion.examples(0).learned[0].max() <= 1 and fashion.examples(0).held_out[1].sum() == 30


def test_fashion_files_that_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(fashion.FOLDER, raising=False)
    with pytest.raises(UsageError, match=r"--data FOLDER, or the variable VERIFIED_CAT_FASHION"):
        fashion.train(None, steps=1)
    with pytest.raises(UsageError, match="train-images-idx3-ubyte"):
        fashion.train(None, steps=1, data=tmp_path)
    made_fashion(tmp_path)
    wrong: dict[str, list[tuple[Any, str]]] = {
        "train-labels-idx1-ubyte": [
            (np.zeros(219, np.uint8), "220 pictures and 219 labels"),
            (np.full(220, 10, np.uint8), "up to 10"),
        ],
        "train-images-idx3-ubyte": [
            (np.zeros((220, 28, 27), np.uint8), "28 by 27"),
            (np.zeros((0, 28, 28), np.uint8), "0 pictures"),
        ],
    }
    for name, cases in wrong.items():
        for array, message in cases:
            made_fashion(tmp_path)
            (tmp_path / name).write_bytes(idx.written(array))
            with pytest.raises(DataError, match=message):
                fashion.train(None, steps=1, data=tmp_path)


def test_looks_in_portions_are_looks_at_all() -> None:
    sklearn_or_skip()
    engine, examples = TorchEngine(), digits.examples(0)
    model = digits.network(1)
    from verified_cat.gpu.randomness import initial_weights
    from verified_cat.objects import unflatten

    weights = [torch.tensor(w) for w in initial_weights(model.map.param, model.names, 0).values()]
    point = unflatten(model.map.param, weights)
    x, y = (torch.tensor(part) for part in examples.learned)
    w1, b1, w2, b2 = weights
    outputs = (x @ w1 + b1).relu() @ w2 + b2
    found = Looks(digits.TASK, engine).at(point, table_of(examples.learned, engine))
    assert found["loss"] == pytest.approx(float(((outputs - y) ** 2).sum() / len(x)), rel=1e-12)
    assert found["accuracy"] == float((outputs.argmax(1) == y.argmax(1)).double().mean())


def test_schedules() -> None:
    assert {name: (falls(0.0), round(falls(0.5), 15), round(falls(1.0), 15)) for name, falls in SCHEDULES.items()} == {
        "constant": (1, 1, 1),
        "linear": (1, 0.5, 0),
        "cosine": (1, 0.5, 0),
    }


def test_an_early_stop_on_real_data() -> None:
    sklearn_or_skip()
    asked = {"validation": 30, "look_every": 5, "patience": 2, "rate": Fraction(1, 2)}
    metrics = iris.train(None, steps=2000, seed=0, **asked)
    assert metrics["status"] == "stopped early" and metrics["steps"] < 2000
    assert "no smaller validation_loss in 2 looks" in metrics["reason"]


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"patience": 1}, "patience needs examples to judge by"),
        ({"validation": 120}, "takes 120 of 120 examples"),
        ({"batch": 121}, "batches of 121 rows cannot be drawn from 120 rows"),
        ({"rat": 1}, "no option 'rat' here; did you mean rate"),
        ({"schedule": "cosin"}, "did you mean cosine"),
        ({"momentum": 2}, "from 0 to 1, not 2"),
    ],
)
def test_options_of_a_classification_that_are_refused(asked: dict[str, Any], message: str) -> None:
    sklearn_or_skip()
    with pytest.raises((UsageError, DataError), match=message):
        iris.train(None, steps=1, **asked)


def test_without_scikit_learn(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("sklearn", "sklearn.datasets"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(MissingExtra, match=r"pip install verified-cat\[data\]"):
        iris.train(None, steps=1)


# ---------------------------------------------------------------------------------------------- options

OPTIONS = (
    *COMMON,
    Option("rate", Fraction(1, 10), "the rate", Fraction, 0),
    Option("width", 3, "the width", low=1, high=9),
    Option("share", 0.5, "a share", float, 0, 1),
    Option("rule", "sgd", "the rule", str, choices=("sgd", "adam")),
    Option("data", None, "a file", Path),
)


def options(text: str, tmp_path: Path) -> dict[str, Any]:
    (tmp_path / "run.toml").write_text(text, encoding="utf-8")
    return settled(OPTIONS, from_file(tmp_path / "run.toml"))


def test_options_from_a_file_and_the_command_line(tmp_path: Path) -> None:
    found = options('rate = 0.1\nwidth = 4\nshare = 1\nrule = "adam"\ndata = "x.csv"\ncrosscheck = false', tmp_path)
    assert (found["rate"], found["width"], found["share"]) == (Fraction(1, 10), 4, 1.0)
    assert (found["rule"], found["data"], found["crosscheck"], found["seed"]) == ("adam", Path("x.csv"), False, 0)
    words = from_words(("width=5", "rate=1/40", "rule=sgd", "share = 0.25"))
    both = settled(OPTIONS, from_file(tmp_path / "run.toml"), words)
    assert (both["width"], both["rate"], both["rule"], both["share"]) == (5, Fraction(1, 40), "sgd", 0.25)
    assert both["data"] == Path("x.csv"), "what the command line does not say stays"
    again = {name: value for name, value in plain(both).items() if value is not None}
    assert again["rate"] == "1/40" and settled(OPTIONS, Given(again, str)) == both, "and so they come back from JSON"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("seed = 1\n\nwitdh = 3", r"run\.toml, line 3: there is no option 'witdh' here; did you mean width"),
        ("seed = 1\nwidth = 0", r"line 2: width is a whole number from 1 to 9, not 0"),
        ("width = 10", r"line 1: width is a whole number from 1 to 9, not 10"),
        ("width = 3.0", "width is a whole number, not 3.0"),
        ("width = true", "width is a whole number, not True"),
        ('width = "3"', "width is a whole number, not '3'"),
        ("rate = -0.1", "rate is a number, or a fraction such as .*>= 0"),
        ('rate = "1/0"', "rate is a number"),
        ("share = nan", "share is a number, not nan"),
        ("share = 1.5", "from 0 to 1, not 1.5"),
        ('# rule\nrule = "adma"', "line 2: rule is none of its values 'adma'; did you mean adam"),
        ("crosscheck = 1", "crosscheck is true or false"),
        ("data = 3", "data is the name of a file or folder"),
        ("\n[width]\na = 1", "line 2: width is a whole number, not"),
        ("seed = \nkeep = 1", "is no TOML file: Invalid value .at line 1"),
        ("seed = 1\nseed = 2", "is no TOML file: Cannot overwrite a value"),
        ("keep_checkpoints = 0", "keep_checkpoints is a whole number >= 1"),
    ],
)
def test_options_that_are_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        options(text, tmp_path)


def test_files_and_words_that_are_no_options(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot read"):
        from_file(tmp_path / "none.toml")
    (tmp_path / "bad.toml").write_bytes(b"a = '\xff'")
    with pytest.raises(UsageError, match="UTF-8"):
        from_file(tmp_path / "bad.toml")
    for word in ("rate", "=3"):
        with pytest.raises(UsageError, match="--set takes NAME=VALUE"):
            from_words((word,))


def test_the_options_of_every_task_are_settled_by_their_defaults() -> None:
    for task in TASKS.values():
        found = settled(task.all_options)
        for option in task.all_options:
            assert option.says and (option.default is None or option.checked(option.default, "") == found[option.name])


# ---------------------------------------------------------------------------------------------- the command


def test_a_training_from_a_file(tmp_path: Path) -> None:
    config = tmp_path / "line.toml"
    config.write_text(f'task = "linear-regression"\nout = "{tmp_path / "run"}"\nsteps = 30\ncrosscheck = false\n')
    assert call("train", "--config", config, "--steps", 20).exit_code == 0
    folder = tmp_path / "run"
    metrics = json.loads((folder / METRICS).read_text())
    assert metrics["steps"] == 20 and metrics["crosscheck"] == {"verdict": "not run"}
    assert {path.name for path in folder.iterdir() if path.name[0] != "."} == {
        *(METRICS, MODEL, HISTORY, CURVES, LIVE, RUN),
        "checkpoints",
    }
    said = json.loads((folder / RUN).read_text())
    assert said["asked"]["steps"] == 20 and said["identity"] == metrics["identity"]
    assert len(Checkpoints(folder).files()) == 2
    before = {name: (folder / name).read_bytes() for name in (MODEL, HISTORY)}
    assert call("train", "--resume", folder).exit_code == 0, "all that it needs is in the folder"
    assert {name: (folder / name).read_bytes() for name in (MODEL, HISTORY)} == before
    refused = call("train", "--resume", folder, "--steps", 40)
    assert refused.exit_code == 4 and "begun with steps = 20, not 40" in refused.output


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('task = "linear-regresion"', "no task is called 'linear-regresion'; did you mean linear-regression"),
        ("steps = 3", "which task?"),
        ('task = "iris"\nstep = 3', "line 2: there is no option 'step' here; did you mean steps"),
        ('task = "iris"\nsteps = 0', "line 2: steps is a whole number >= 1, not 0"),
        ('task = "iris"', "Missing option '--out'"),
    ],
)
def test_files_that_are_refused_before_the_first_step(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "run.toml").write_text(text)
    found = call("train", "--config", tmp_path / "run.toml")
    assert found.exit_code == 4 and message in found.output
    assert [path.name for path in tmp_path.iterdir()] == ["run.toml"]


def test_the_command_lists_options_and_refuses(tmp_path: Path) -> None:
    listed = call("train", "iris", "--options").stdout
    assert all(option.name in listed for option in TASKS["iris"].all_options) and "[1/50]" in listed
    assert "--out does not go with it" in call("train", "iris", "--out", "a", "--resume", "b").output
    assert "--set rate: rate is" in call("train", "iris", "--out", tmp_path / "r", "--set", "rate=fast").output
    assert not (tmp_path / "r").exists()


# ---------------------------------------------------------------------------------------------- curves


def test_curves_are_the_figures() -> None:
    history = [
        {"step": step, "loss": 100.0 / (step + 1), **({"gap": -1.0} if step % 5 == 0 else {})} for step in range(50)
    ]
    whole = ElementTree.fromstring(curves.svg(history, "a <run>"))
    lines = [each for each in whole.iter() if each.tag.endswith("polyline")]
    assert [len(each.attrib["points"].split()) for each in lines] == [50, 10]
    down = [float(pair.split(",")[1]) for pair in lines[0].attrib["points"].split()]
    shares = [(y - down[0]) / (down[-1] - down[0]) for y in down]
    assert shares == pytest.approx([log10(step + 1) / log10(50) for step in range(50)], abs=1e-3), "a logarithmic scale"
    words = [each.text for each in whole.iter() if each.tag.endswith("text")]
    assert {"loss", "gap", "step 49", "step 45", "10", "100"} <= set(words)
    assert next(each.text for each in whole.iter() if each.tag.endswith("title")) == "a <run>"


@pytest.mark.parametrize("values", [[], [1.0], [3.0, 3.0], [float("inf"), 1.0, 2.0], [0.0, -5.0], [1e-300, 1e300]])
def test_curves_of_odd_figures(values: list[float]) -> None:
    text = curves.svg([{"step": step, "loss": value} for step, value in enumerate(values)], "odd")
    assert "nan" not in text and "inf" not in text
    ElementTree.fromstring(text)


def test_long_curves_are_thinned() -> None:
    text = curves.svg([{"step": step, "loss": float(step % 7)} for step in range(5000)], "long")
    (line,) = (each for each in ElementTree.fromstring(text).iter() if each.tag.endswith("polyline"))
    assert 700 <= len(line.attrib["points"].split()) <= curves.MOST


# ---------------------------------------------------------------------------------------------- examples


@pytest.mark.parametrize("name", ["linear_regression", "iris", "digits", "digits_conv", "fashion"])
def test_examples_run(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["5"]
    if name == "fashion":
        (tmp_path / "files").mkdir()
        words = [str(made_fashion(tmp_path / "files")), str(tmp_path / "out"), "2"]
    elif name != "linear_regression":
        sklearn_or_skip()
    path = ROOT / "examples" / f"{name}.py"
    monkeypatch.setattr(sys, "argv", [str(path), *words])
    runpy.run_path(str(path))
    shown = capsys.readouterr().out
    assert ("finished" if name == "linear_regression" else "accuracy") in shown
    body = path.read_text().split('"""')[2].strip().splitlines()
    assert len(body) <= 26, "twenty lines and some imports"
