"""A category from nothing: lists of floats and its own composition. `pytest laws/ --engine examples.core_engine:CoreEngine`"""

import math

from verified_cat.errors import MissingOperation
from verified_cat.functions import Arrow

UNARY = {"negate": float.__neg__, "tanh": math.tanh, "sin": math.sin, "cos": math.cos}


class Chain:
    """A morphism: a list of functions of lists, to be applied one after another."""

    def __init__(self, dom, cod, steps):
        self.dom, self.cod, self.steps = dom, cod, steps


class Chains:
    dom, cod = staticmethod(lambda f: f.dom), staticmethod(lambda f: f.cod)

    def identity(self, a):
        return Chain(a, a, [])

    def compose(self, f, g):
        return Chain(f.dom, g.cod, f.steps + g.steps)

    def generator(self, op):
        if op.name in UNARY:
            return Chain(op.dom, op.cod, [lambda x: [UNARY[op.name](v) for v in x]])
        if op.name == "scale":
            return Chain(op.dom, op.cod, [lambda x: [float(op.arguments[0]) * v for v in x]])
        if op.name == "sum" and op.cod.shape == ():
            return Chain(op.dom, op.cod, [lambda x: [sum(x)]])
        if op.name == "broadcast" and len(op.arguments[1]) == len(op.cod.shape):
            return Chain(op.dom, op.cod, [lambda x: x * math.prod(op.cod.shape)])
        raise MissingOperation(f"core: no {op}")

    def observe(self, f):
        def run(x):
            for step in f.steps:
                x = step(x)
            return x

        return Arrow(f.dom, f.cod, run)


class CoreEngine:
    name, precision, worlds = "core", "float64", {"functions": "category"}
    operations = {*UNARY, "scale", "sum", "broadcast"}
    category = staticmethod({"functions": Chains()}.get)
    lift = staticmethod(lambda ob, exact: [float(v) for v in exact])
    lower = staticmethod(lambda ob, value: tuple(value))
