"""An engine in NumPy: `pytest laws/ --engine examples.numpy_engine:NumpyEngine`; docs/your-engine.md explains it."""

import numpy as np

from verified_cat.errors import MissingOperation
from verified_cat.objects import Pair, Unit


def broadcast(shape, axes):
    return lambda x: np.broadcast_to(np.expand_dims(x, axes), shape)


def constant(shape, values):
    held = np.broadcast_to(np.array([float(v) for v in values]).reshape(() if len(values) == 1 else shape), shape)
    return lambda _: held


OPERATIONS = {
    "add": lambda shape: lambda xy: xy[0] + xy[1],
    "negate": lambda shape: np.negative,
    "scale": lambda factor, shape: lambda x: float(factor) * x,
    "sum": lambda shape, axes: lambda x: x.sum(axis=axes),
    "broadcast": broadcast,
    "reshape": lambda old, new: lambda x: x.reshape(new),
    "permute": lambda shape, order: lambda x: x.transpose(order),
    "multiply": lambda shape: lambda xy: xy[0] * xy[1],
    "contract": lambda subscripts, left, right: lambda xy: np.einsum(subscripts, *xy),
    "constant": constant,
    "reciprocal": lambda shape: lambda x: 1 / x,
    "sigmoid": lambda shape: lambda x: 0.5 * (1 + np.tanh(0.5 * x)),
    "relu": lambda shape: lambda x: np.maximum(x, 0),
    "step": lambda shape: lambda x: (x > 0).astype(float),
} | {f.__name__: lambda shape, f=f: f for f in (np.exp, np.log, np.sqrt, np.sin, np.cos, np.tanh)}


def quietly(run):
    def quiet(x):
        with np.errstate(all="ignore"):  # infinities and NaN are values of floats, not warnings
            return run(x)

    return quiet


class NumpyEngine:
    name, precision, operations = "numpy", "float64", frozenset(OPERATIONS)

    def operation(self, operation):
        if operation.name not in OPERATIONS:
            raise MissingOperation(f"numpy: no {operation}")
        return quietly(OPERATIONS[operation.name](*operation.arguments))

    def lift(self, ob, exact):
        if isinstance(ob, Pair):
            return self.lift(ob.left, exact[0]), self.lift(ob.right, exact[1])
        return () if isinstance(ob, Unit) else np.array([float(v) for v in exact]).reshape(ob.shape)

    def lower(self, ob, value):
        if isinstance(ob, Pair):
            return self.lower(ob.left, value[0]), self.lower(ob.right, value[1])
        return () if isinstance(ob, Unit) else tuple(np.asarray(value, dtype=float).reshape(-1).tolist())
