"""Networks as 1-cells of Para over terms: dense layers on batches, activations, and the objective of a supervised task.

A parameter keeps a name, so that saved weights are found again however the tree of parameters is bracketed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from verified_cat import primitives
from verified_cat.category import Terms
from verified_cat.errors import BoundaryError, UsageError
from verified_cat.objects import SCALAR, Ob, Pair, leaf_count, space
from verified_cat.para import Para, ParaMap
from verified_cat.primitives import Shape
from verified_cat.shown import Shown
from verified_cat.terms import Associator, AssociatorInverse, Copy, Identity, Swap, Term

PARA: Para[Term] = Para(Terms())
"""Para over the terms: where networks are composed."""


@dataclass(frozen=True, slots=True)
class Network(Shown):
    """A 1-cell of Para over terms with a name for each leaf of its parameters, from left to right.

    ``ends`` names its first and its last layer, for whoever composes what does not fit.
    """

    map: ParaMap[Term]
    names: tuple[str, ...]
    ends: tuple[str, str] = ("a layer", "a layer")

    def __post_init__(self) -> None:
        count = leaf_count(self.map.param)
        if len(self.names) != count or len(set(self.names)) != count:
            raise UsageError(f"{self.map.param} has {count} leaves; they need as many distinct names, not {self.names}")

    def __rshift__(self, other: Network) -> Network:
        """f >> g is f then g, with the parameters P ⊗ Q. Raises BoundaryError, with both shapes, where these differ."""
        if self.map.cod != other.map.dom:
            raise BoundaryError(
                f"{other.ends[0]} takes {other.map.dom}, and {self.ends[1]} before it gives {self.map.cod}"
            )
        ends = self.ends[0], other.ends[1]
        return Network(PARA.compose(self.map, other.map), self.names + other.names, ends)


def dense(batch: int, inputs: int, outputs: int, name: str = "dense") -> Network:
    """((W, b), x) ↦ x W + b, for each row of x : (R[inputs,outputs] ⊗ R[outputs]) ⊗ R[batch,inputs] → R[batch,outputs].

    Nothing is copied or discarded, so the reverse derivative adds nothing up.
    """
    weight, bias, rows = space(inputs, outputs), space(outputs), space(batch, inputs)
    spread = primitives.broadcast((batch, outputs), (0,))
    product = primitives.contract("ij,bi->bj", weight.shape, rows.shape)
    inside = (
        (Swap(weight, bias) @ Identity(rows))
        >> Associator(bias, weight, rows)
        >> (spread @ product)
        >> primitives.add((batch, outputs))
    )
    inner = PARA.of(Pair(weight, bias), rows, space(batch, outputs), inside)
    return Network(inner, (f"{name}.weight", f"{name}.bias"), (name, name))


def entrywise(activation: Callable[[Shape], Term], *shape: int) -> Network:
    """(1, x ↦ f(x)) : R^shape → R^shape, an activation; it has nothing to learn."""
    name = getattr(activation, "__name__", "an activation")
    return Network(PARA.embed(activation(shape)), (), (name, name))


def perceptron(batch: int, widths: tuple[int, ...], activation: Callable[[Shape], Term]) -> Network:
    """Dense layers R[batch,w₀] → R[batch,w₁] → … with the activation between them; layer i is named ``layer<i>``.

    Raises UsageError for fewer than two widths.
    """
    if len(widths) < 2:
        raise UsageError(f"a perceptron needs the widths of its input and its output, not {widths}")
    network = dense(batch, widths[0], widths[1], "layer1")
    for index in range(2, len(widths)):
        between = entrywise(activation, batch, widths[index - 1])
        network = network >> between >> dense(batch, widths[index - 1], widths[index], f"layer{index}")
    return network


@dataclass(frozen=True, slots=True)
class Objective(Shown):
    """What is minimised over the parameters: ``term`` : P ⊗ D → R, for data D. Raises BoundaryError otherwise."""

    param: Ob
    data: Ob
    term: Term

    def __post_init__(self) -> None:
        if self.term.dom != Pair(self.param, self.data) or self.term.cod != SCALAR:
            raise BoundaryError(
                f"an objective over {self.param} on data {self.data} goes from their pair to R, "
                f"not from {self.term.dom} to {self.term.cod}"
            )


def supervised(model: ParaMap[Term], distance: Term) -> Objective:
    """(p, (x, y)) ↦ d(f(p, x), y) : P ⊗ (X ⊗ Y) → R, for a model (P, f) : X → B and a distance d : B ⊗ Y → R."""
    if not isinstance(distance.dom, Pair) or distance.dom.left != model.cod:
        raise BoundaryError(f"the distance starts from {distance.dom}; the model ends in {model.cod}")
    target = distance.dom.right
    term = AssociatorInverse(model.param, model.dom, target) >> (model.inside @ Identity(target)) >> distance
    return Objective(model.param, Pair(model.dom, target), term)


def batched(objective: Term, param: Ob) -> Objective:
    """(P ⊗ X) ⊗ Y → R as an objective P ⊗ (X ⊗ Y) → R. Raises BoundaryError where the boundary is another one."""
    source = objective.dom
    if not isinstance(source, Pair) or not isinstance(source.left, Pair) or source.left.left != param:
        raise BoundaryError(f"an objective over {param} starts from ({param} ⊗ X) ⊗ Y, not from {source}")
    inputs, targets = source.left.right, source.right
    term = AssociatorInverse(param, inputs, targets) >> objective
    return Objective(param, Pair(inputs, targets), term)


def mean_square(rows: int, columns: int) -> Term:
    """(z, y) ↦ 1/rows · Σ (z - y)² : R[rows,columns] ⊗ R[rows,columns] → R, as ⟨z - y, z - y⟩ / rows."""
    table = space(rows, columns)
    if not rows:
        raise UsageError("the mean square over 0 rows does not exist")
    inner = Copy(table) >> primitives.contract("ij,ij->", table.shape, table.shape)
    return primitives.subtract_on(table) >> inner >> primitives.scale(Fraction(1, rows), ())
