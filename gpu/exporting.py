"""A network as an ordinary module of torch, for ``torch.export`` and ONNX: its forward program, operation by operation.

The module runs the straight-line program of x ↦ f(p, x), in which what is used twice is computed once. Its parameters
have the network's names, so its state dict is the saved weights. Shapes are those of the network, batch included.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from uuid import uuid4

import torch
from torch import nn

from verified_cat.errors import DataError, MissingExtra, UsageError
from verified_cat.functions import Run, Value
from verified_cat.geometry import convolved, reach
from verified_cat.gpu.engine import TorchEngine
from verified_cat.networks import Network
from verified_cat.objects import Space, flatten, leaves, unflatten
from verified_cat.primitives import Primitive, Shape
from verified_cat.program import program, running
from verified_cat.terms import Operation


class Forward(nn.Module):
    """x ↦ f(p, x) for the parameters p of a network, by name; one argument and one result for each leaf.

    Raises DataError where the weights are not those of the network.
    """

    def __init__(self, network: Network, weights: Mapping[str, Any], engine: TorchEngine | None = None) -> None:
        super().__init__()
        given = engine or TorchEngine("float32")
        self._engine = ExportEngine(given.precision, str(given.device))
        self._names, self._cod, whole = network.names, network.map.cod, program(network.map.inside)
        self._dom, self._run = whole.dom, running(whole, self._engine)
        self._shapes = tuple(_shapes_of(network.map.dom))
        if set(weights) != set(network.names):
            raise DataError(f"the weights are named {', '.join(network.names)}, not {', '.join(weights)}")
        for name, shape in zip(network.names, _shapes_of(network.map.param), strict=True):
            value = torch.as_tensor(weights[name]).to(self._engine.device, self._engine.dtype, copy=True)
            if value.shape != shape:
                raise DataError(f"{name} has the shape {tuple(value.shape)}; the network's is {shape}")
            _hold(self, name, nn.Parameter(value, requires_grad=False))

    def forward(self, *data: torch.Tensor) -> Any:
        """f(p, x)."""
        found = [tuple(part.shape) for part in data]
        if found != list(self._shapes):
            raise DataError(f"the network takes {', '.join(map(str, self._shapes))}, not {', '.join(map(str, found))}")
        weights = [self.get_parameter(name) for name in self._names]
        value = self._run(unflatten(self._dom, [*weights, *data]))
        results = tuple(self._engine.dense(part) for part in flatten(self._cod, value))
        return results[0] if len(results) == 1 else results

    def example(self) -> tuple[torch.Tensor, ...]:
        """Inputs of the right shapes, for what wants some."""
        return tuple(torch.zeros(shape, dtype=self._engine.dtype, device=self._engine.device) for shape in self._shapes)


class ExportEngine(TorchEngine):
    """The engine of torch, with a transposed convolution under the name that other programs know."""

    def operation(self, operation: Operation) -> Run:
        """The function that the operation is."""
        if isinstance(operation, Primitive) and operation.name == "convolve_input":
            return self._transposed_convolution(*operation.arguments)
        return super().operation(operation)

    def _transposed_convolution(
        self, image: Shape, kernel: Shape, stride: Shape, padding: Shape, dilation: Shape, groups: int
    ) -> Run:
        """(y, k) ↦ x by conv_transpose2d; rows and columns that no window reaches are its output padding."""
        out = convolved(image, kernel, stride, padding, dilation, groups)  # type: ignore[arg-type]
        each = zip(image[2:], out[2:], kernel[2:], stride, padding, dilation, strict=True)
        left = tuple(length - s * (n - 1) - reach(w, d) + 2 * p for length, n, w, s, p, d in each)

        def run(yk: Value) -> Value:
            y, k = map(self.dense, yk)
            return torch.conv_transpose2d(y, k, None, stride, padding, left, groups, dilation)

        return run


def _shapes_of(ob: Any) -> Iterator[Shape]:
    for leaf in leaves(ob):
        assert isinstance(leaf, Space)
        yield leaf.shape


def _hold(module: nn.Module, name: str, parameter: nn.Parameter) -> None:
    """The parameter under its name; each part of the name before a dot is a module, as in every state dict."""
    *path, last = name.split(".")
    for part in path:
        if part not in module._modules:
            module.add_module(part, nn.Module())
        inner = module._modules[part]
        assert inner is not None
        module = inner
    module.register_parameter(last, parameter)


# ------------------------------------------------------------------------------------------------ out


def exported(forward: Forward) -> torch.export.ExportedProgram:
    """The program as ``torch.export`` has it; ``torch.export.save`` writes it to a file."""
    return torch.export.export(forward, forward.example())


def write_onnx(path: str | os.PathLike[str], forward: Forward) -> None:
    """The program as an ONNX file, with the parameters inside it.

    Raises MissingExtra where the packages for it are absent, UsageError where ONNX has no such operation.
    """
    absent = [name for name in ("onnx", "onnxscript") if find_spec(name) is None]
    if absent:
        raise MissingExtra(f"an ONNX file needs {' and '.join(absent)}: pip install verified-cat[onnx]")
    file = Path(path)
    temporary = file.with_name(f".{file.name}.{uuid4().hex}")
    try:
        torch.onnx.export(
            exported(forward), forward.example(), temporary, dynamo=True, external_data=False, verbose=False
        )
        os.replace(temporary, file)
    except torch.onnx.errors.OnnxExporterError as fault:
        raise UsageError(f"ONNX cannot say what this network does: {str(fault).splitlines()[0]}") from fault
    except OSError as fault:
        raise UsageError(f"cannot write {file}: {fault.strerror or fault}") from None
    finally:
        temporary.unlink(missing_ok=True)
