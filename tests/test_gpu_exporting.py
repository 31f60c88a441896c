import warnings
from collections.abc import Iterable
from dataclasses import replace
from functools import reduce
from pathlib import Path
from typing import Any

import pytest
import torch

from verified_cat import primitives
from verified_cat.errors import DataError, MissingExtra, UsageError
from verified_cat.gpu.engine import TorchEngine
from verified_cat.gpu.exporting import ExportEngine, Forward, exported, write_onnx
from verified_cat.gpu.kernels import LOWERINGS
from verified_cat.machine import evaluate
from verified_cat.networks import PARA, Network, dense, entrywise, perceptron
from verified_cat.objects import Space, leaves, unflatten
from verified_cat.primitives import Shape, primitive
from verified_cat.rows import GEOMETRY
from verified_cat.terms import Copy, Pairing, Swap

CONVOLUTION = ((2, 2, 5, 4), (4, 1, 2, 3), (2, 1), (1, 0), (1, 1), 2)


def convolving(name: str) -> Network:
    """An operation of the family with its second operand as a parameter."""
    operation = primitive(name, *CONVOLUTION)
    left, right = operation.dom.left, operation.dom.right  # type: ignore[attr-defined]
    return Network(PARA.of(right, left, operation.cod, Swap(right, left) >> operation), ("kernel",))


def forked(*shape: int) -> Network:
    """x ↦ (tanh x, 0): two results, one of them a zero that nothing computes."""
    return Network(PARA.embed(Pairing(primitives.tanh(shape), primitives.scale(0, shape))), ())


NETWORKS: dict[str, Network] = {
    "perceptron": perceptron(5, (4, 7, 6, 3), primitives.tanh),
    "classifier": perceptron(5, (4, 3), primitives.relu) >> entrywise(lambda s: primitives.log_softmax(s, 1), 5, 3),
    "twice": dense(5, 4, 4, "a") >> entrywise(lambda s: Copy(Space(s)) >> primitives.multiply(s), 5, 4),
    "convolve": convolving("convolve"),
    "convolve_input": convolving("convolve_input"),
    "forked": forked(2, 3),
}


def drawn(network: Network) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(2)
    return {
        name: torch.randn(leaf.shape, generator=generator, dtype=torch.float64)  # type: ignore[attr-defined]
        for name, leaf in zip(network.names, leaves(network.map.param), strict=True)
    }


def inputs(network: Network, dtype: torch.dtype = torch.float64) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(4)
    shapes: list[Shape] = [leaf.shape for leaf in leaves(network.map.dom)]  # type: ignore[attr-defined]
    return [torch.randn(shape, generator=generator, dtype=torch.float64).to(dtype) for shape in shapes]


def results(value: Any) -> list[torch.Tensor]:
    return list(value) if isinstance(value, tuple) else [value]


@pytest.mark.filterwarnings("ignore:The given buffer is not writable")  # from torch.export.load itself, 2.11 and 2.12
@pytest.mark.parametrize("name", NETWORKS)
def test_what_is_exported_computes_the_term(name: str, tmp_path: Path) -> None:
    network, engine = NETWORKS[name], TorchEngine("float64")
    weights, data = drawn(network), inputs(network)
    forward = Forward(network, weights, engine)
    assert list(forward.state_dict()) == list(network.names)
    param = unflatten(network.map.param, list(weights.values()))
    value = evaluate(network.map.inside, (param, unflatten(network.map.dom, data)), engine)
    expected = [engine.dense(part) for part in results(value)]
    out = exported(forward)
    torch.export.save(out, tmp_path / "a.pt2")
    again = torch.export.load(tmp_path / "a.pt2")
    for found in (forward(*data), out.module()(*data), again.module()(*data)):
        for one, other in zip(results(found), expected, strict=True):
            # The same kernels, but for transposed convolutions: sums of at most 24 products of numbers below 8.
            torch.testing.assert_close(one, other, rtol=0, atol=2**-52 * 24 * 64 if name == "convolve_input" else 0)
    assert sum(node.op == "call_function" for node in out.graph.nodes) > 0


def test_what_is_used_twice_is_computed_once() -> None:
    """(tanh x) (tanh x), written with two copies of x: one tanh in the exported program."""
    twice = Copy(Space((2, 3))) >> (primitives.tanh((2, 3)) @ primitives.tanh((2, 3))) >> primitives.multiply((2, 3))
    out = exported(Forward(Network(PARA.embed(twice), ()), {}, TorchEngine()))
    names = [str(node.target) for node in out.graph.nodes if node.op == "call_function"]
    assert [name for name in names if "tanh" in name] == ["aten.tanh.default"]


@pytest.mark.parametrize("name", sorted(set(LOWERINGS) & set(GEOMETRY)))
def test_every_row_of_layers_is_exported(name: str) -> None:
    for arguments in GEOMETRY[name]:
        term = primitive(name, *arguments)
        network, engine = Network(PARA.embed(term), ()), TorchEngine("float64")
        data = inputs(network)
        expected = engine.dense(evaluate(term, unflatten(term.dom, data), engine))
        torch.testing.assert_close(exported(Forward(network, {}, engine)).module()(*data), expected, rtol=0, atol=1e-14)


def test_weights_and_inputs_that_do_not_fit_are_refused() -> None:
    network = NETWORKS["perceptron"]
    weights = drawn(network)
    with pytest.raises(DataError, match=r"named layer1.weight.*not layer1.weight$"):
        Forward(network, {"layer1.weight": weights["layer1.weight"]})
    with pytest.raises(DataError, match=r"layer1.bias has the shape \(4,\); the network's is \(7,\)"):
        Forward(network, {**weights, "layer1.bias": torch.ones(4)})
    with pytest.raises(DataError, match=r"takes \(5, 4\), not \(4, 4\)"):
        Forward(network, weights)(torch.ones(4, 4))
    assert ExportEngine("float32").precision == "float32"


# ------------------------------------------------------------------------------------------------ ONNX


def side_by_side(networks: Iterable[Network]) -> Network:
    """All of them at once, the first with the first inputs."""
    return reduce(lambda f, g: Network(PARA.tensor(f.map, g.map), (*f.names, *g.names)), networks)


def test_an_onnx_file_computes_the_terms(tmp_path: Path) -> None:
    """One file of all networks, as exporting takes most of the time however little is exported."""
    pytest.importorskip("onnx", reason="not run: the extra 'onnx' is not installed")
    pytest.importorskip("onnxscript", reason="not run: the extra 'onnx' is not installed")
    runtime = pytest.importorskip("onnxruntime", reason="not run: onnxruntime is not installed")
    named = (replace(each, names=tuple(f"{name}.{part}" for part in each.names)) for name, each in NETWORKS.items())
    network = side_by_side(named)
    forward = Forward(network, drawn(network), TorchEngine("float32"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter warns of its own insides
        write_onnx(tmp_path / "a.onnx", forward)
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.onnx"]
    session = runtime.InferenceSession(tmp_path / "a.onnx", providers=["CPUExecutionProvider"])
    data = inputs(network, torch.float32)
    given = {each.name: part.numpy() for each, part in zip(session.get_inputs(), data, strict=True)}
    for one, other in zip(session.run(None, given), results(forward(*data)), strict=True):
        # Sums of at most 24 products of numbers below 8, through three layers, and elementary functions to some ulps.
        torch.testing.assert_close(torch.as_tensor(one), other, rtol=0, atol=2**-23 * 24 * 64 * 3)


def test_an_operation_that_onnx_lacks_is_told_of(tmp_path: Path) -> None:
    pytest.importorskip("onnx", reason="not run: the extra 'onnx' is not installed")
    pytest.importorskip("onnxscript", reason="not run: the extra 'onnx' is not installed")
    network = convolving("convolve_weight")
    with warnings.catch_warnings(), pytest.raises(UsageError, match="ONNX cannot say what this network does"):
        warnings.simplefilter("ignore")
        write_onnx(tmp_path / "a.onnx", Forward(network, drawn(network)))
    assert not list(tmp_path.iterdir())


def test_without_the_extra_there_is_a_plain_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("verified_cat.gpu.exporting.find_spec", lambda name: None)
    network = NETWORKS["twice"]
    with pytest.raises(MissingExtra, match=r"needs onnx and onnxscript: pip install verified-cat\[onnx\]"):
        write_onnx(tmp_path / "a.onnx", Forward(network, drawn(network)))
    assert not list(tmp_path.iterdir())
