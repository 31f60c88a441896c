"""A category from nothing: lists of floats with a composition of its own. docs/your-engine.md explains it."""

import math
from functools import reduce
from operator import itemgetter

from verified_cat.errors import MissingOperation
from verified_cat.functions import Arrow
from verified_cat.objects import Pair

EACH = {"negate": float.__neg__, "tanh": math.tanh, "sin": math.sin, "cos": math.cos}


class Chains:
    """A morphism is (where it starts, where it ends, functions of lists to be applied one after another)."""

    dom, cod = itemgetter(0), itemgetter(1)

    def identity(self, a):
        return a, a, ()

    def compose(self, f, g):
        return f[0], g[1], f[2] + g[2]

    def generator(self, op):
        if op.name in EACH:
            return op.dom, op.cod, (lambda x: [EACH[op.name](v) for v in x],)
        if op.name == "sum" and op.cod.shape == ():
            return op.dom, op.cod, (lambda x: [sum(x)],)
        if op.name == "broadcast" and op.dom.shape == ():
            return op.dom, op.cod, (lambda x: x * math.prod(op.cod.shape),)
        raise MissingOperation(f"core: no {op}")

    def observe(self, f):
        return Arrow(f[0], f[1], lambda x: reduce(lambda y, step: step(y), f[2], x))


class CoreEngine:
    name, precision, operations = "core", "float64", frozenset({*EACH, "sum", "broadcast"})

    def __init__(self):
        self.worlds = {"functions": "category"}  # where it has a category, and the doctrine that it promises there
        self.category = {"functions": Chains()}.get

    def lift(self, ob, exact):
        return tuple(map(self.lift, (ob.left, ob.right), exact)) if isinstance(ob, Pair) else [float(v) for v in exact]

    def lower(self, ob, value):
        return tuple(map(self.lower, (ob.left, ob.right), value)) if isinstance(ob, Pair) else tuple(value)
