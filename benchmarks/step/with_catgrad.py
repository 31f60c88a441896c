"""The step in catgrad 0.2.2 (open hypergraphs, reverse derivatives as optics), over NumPy and over torch.

    python -m venv .venv-catgrad && .venv-catgrad/bin/python -m pip install catgrad==0.2.2 torch==2.13.0

It has dense layers, sigmoid, relu, the gradient of ½ Σ of squares, and descent; no convolution, softmax or Adam. tanh
is composed here, as 2 σ(2x) - 1. Its own ``bias`` has a number for every row of the batch; here all rows share one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from catgrad.bidirectional import operation as rd
from catgrad.combinators import identity
from catgrad.compile import compile_model
from catgrad.signature import Dtype, NdArrayType, obj, op
from catgrad.special.parameter import parameter

from benchmarks.step.program import Batches, NotApplicable, Parameters, Program
from benchmarks.step.workloads import Activation, Array, Dense, Descent, HalfSquares, Layer, Workload


def wire(*shape: int) -> Any:
    return NdArrayType(shape, Dtype.float32)


def dense(batch: int, layer: Dense) -> Any:
    rows, inner, outputs = wire(batch), wire(layer.inputs), wire(layer.outputs)
    weighted = (identity(obj(rows + inner)) @ parameter(obj(inner + outputs))) >> op(rd.Compose(rows, inner, outputs))
    spread = parameter(obj(outputs)) >> op(rd.NCopy(outputs, rows)) >> op(rd.Permute(outputs + rows, [1, 0]))
    return (weighted @ spread) >> rd.add(obj(rows + outputs))


def tanh(on: Any) -> Any:
    """2 σ(2x) - 1."""
    return rd.scale(2)(on) >> rd.sigmoid(on) >> rd.scale(2)(on) >> rd.increment(-1)(on)


ACTIVATIONS: dict[str, Callable[[Any], Any]] = {"sigmoid": rd.sigmoid, "relu": rd.relu, "tanh": tanh}


def diagram(layers: tuple[Layer, ...], batch: int) -> Any:
    """The network, and the names of its parameters in the order catgrad finds them."""
    whole, width = None, 0
    for layer in layers:
        if isinstance(layer, Dense):
            part, width = dense(batch, layer), layer.outputs
        elif isinstance(layer, Activation) and layer.function in ACTIVATIONS:
            part = ACTIVATIONS[layer.function](obj(wire(batch, width)))
        else:
            raise NotApplicable(f"catgrad 0.2.2 has no {type(layer).__name__.lower()} layer")
        whole = part if whole is None else whole >> part
    return whole


def build(workload: Workload, parameters: Parameters, batches: Batches, library: str) -> Program:
    term = workload.supervised
    if not isinstance(term, HalfSquares) or workload.copies:
        raise NotApplicable("catgrad 0.2.2 has no softmax cross-entropy, adversarial loss or ensemble")
    if not isinstance(workload.optimiser, Descent):
        raise NotApplicable("catgrad 0.2.2 has descent alone")
    layers = workload.networks[term.path[0]]
    model = diagram(layers, len(batches[0][term.source]))
    dynamic, wires, _ = compile_model(model, rd.sgd(float(workload.optimiser.rate)), rd.mse)
    names = ordered(layers, term.path[0], [tuple(one.shape) for one in wires.table], parameters)
    return program(dynamic, names, parameters, [(b[term.source], b[term.target]) for b in batches], library)


def ordered(layers: tuple[Layer, ...], network: str, shapes: list[tuple[int, ...]], given: Parameters) -> list[str]:
    """The parameters' names in catgrad's order: layer by layer, as composed. Their shapes are compared."""
    names = [f"{network}.{x.name}.{part}" for x in layers if isinstance(x, Dense) for part in ("weight", "bias")]
    if [given[name].shape for name in names] != shapes:
        raise NotApplicable(f"catgrad lists the parameters in another order: {shapes}")
    return names


def program(
    dynamic: Any, names: list[str], parameters: Parameters, data: list[tuple[Array, Array]], library: str
) -> Program:
    if library == "torch":
        import torch
        from catgrad.target.python.array_backend import Torch as Backend

        torch.set_grad_enabled(False)
        convert: Callable[[Array], Any] = torch.tensor
    else:
        from catgrad.target.python.array_backend import Numpy as Backend

        convert = np.array
    run, pairs = dynamic(Backend), [(convert(x), convert(y)) for x, y in data]
    held: list[list[Any]] = [[]]

    def reset() -> None:
        held[0] = [convert(parameters[name]) for name in names]

    def step(index: int) -> None:
        held[0] = run.step(*held[0], *pairs[index % len(pairs)])

    reset()
    return Program(step, reset, lambda: {n: np.array(a) for n, a in zip(names, held[0], strict=True)})


def over_numpy(workload: Workload, parameters: Parameters, batches: Batches) -> Program:
    return build(workload, parameters, batches, "numpy")


def over_torch(workload: Workload, parameters: Parameters, batches: Batches) -> Program:
    return build(workload, parameters, batches, "torch")
