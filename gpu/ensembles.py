"""Many members as one: the functor f ↦ fⁿ on terms, with an axis of length n in front of every space, and its steps.

fⁿ : Aⁿ → Bⁿ is f on each member (law: member i of fⁿ is f at member i), where R^s becomes R^(n,s), 1 stays 1, pairs are
pairs, and each row of the table becomes a row or few. Its reverse derivative is that of f on each member, so an
ensemble is one objective like any other: the sum of the members' objectives, whose gradient is each member's own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from string import ascii_letters
from typing import Any

import torch

from verified_cat import geometry, primitives
from verified_cat.descent import asked_at, step
from verified_cat.errors import MissingOperation, ShapeError, UsageError
from verified_cat.functions import Value
from verified_cat.gpu.engine import TorchEngine
from verified_cat.gpu.loops import LoopStep
from verified_cat.machine import evaluate
from verified_cat.networks import Objective
from verified_cat.objects import SCALAR, UNIT, Ob, Pair, Space, fold
from verified_cat.optimiser import Optimiser, scheduled
from verified_cat.primitives import Primitive, Shape, primitive
from verified_cat.program import Program, Wires, trace
from verified_cat.terms import Generator, Identity, Tensor, Term
from verified_cat.terms import fold as fold_term


def many_of(ob: Ob, count: int) -> Ob:
    """Aⁿ: an axis of length n in front of every space. Raises ShapeError for an opaque sort."""
    return fold(ob, unit=UNIT, leaf=lambda leaf: Space((count, *leaf.shape)), pair=Pair)  # type: ignore[no-any-return]


def many(term: Term, count: int) -> Term:
    """fⁿ : Aⁿ → Bⁿ. Raises MissingOperation for a free symbol, of which nothing is known."""

    def image(node: Term, parts: list[Term]) -> Term:
        if isinstance(node, Generator):
            return _row(node, count)
        return type(node)(*parts, *(many_of(ob, count) for ob in node._data))

    return fold_term(term, image)


def shared(ob: Ob, count: int) -> Term:
    """x ↦ (x, …, x) : A → Aⁿ, the same for every member."""
    spread: Term = fold(
        ob, unit=Identity(UNIT), leaf=lambda leaf: primitives.broadcast((count, *leaf.shape), (0,)), pair=Tensor
    )
    return spread


# ------------------------------------------------------------------------------------------------ rows of the table


def _row(node: Generator, count: int) -> Term:
    operation = node.operation
    if not isinstance(operation, Primitive) or operation.name not in ROWS:
        raise MissingOperation(f"{operation} has no form for many members: it is no row of the table")
    return ROWS[operation.name](operation.name, count, *operation.arguments)


Rule = Callable[..., Term]
"""(name, n, *arguments) ↦ the term of the operation on n members."""


def _shapes(name: str, n: int, *shapes: Any) -> Term:
    """Operations whose arguments are shapes: entry by entry, or in row-major order."""
    return primitive(name, *((n, *shape) for shape in shapes))


def _first_shape(name: str, n: int, shape: Shape, *rest: Any) -> Term:
    """Operations of the last axes."""
    return primitive(name, (n, *shape), *rest)


def _scale(name: str, n: int, factor: Any, shape: Shape) -> Term:
    return primitive(name, factor, (n, *shape))


def _axes(name: str, n: int, shape: Shape, axes: tuple[int, ...]) -> Term:
    return primitive(name, (n, *shape), tuple(axis + 1 for axis in axes))


def _axis(name: str, n: int, shape: Shape, axis: int, *rest: Any) -> Term:
    return primitive(name, (n, *shape), axis + 1, *rest)


def _permute(name: str, n: int, shape: Shape, order: tuple[int, ...]) -> Term:
    return primitive(name, (n, *shape), (0, *(axis + 1 for axis in order)))


def _slice(name: str, n: int, shape: Shape, starts: Shape, lengths: Shape, steps: Shape) -> Term:
    return primitive(name, (n, *shape), (0, *starts), (n, *lengths), (1, *steps))


def _contract(name: str, n: int, subscripts: str, left: Shape, right: Shape) -> Term:
    """An axis more in both operands and in the result."""
    unused = [letter for letter in ascii_letters if letter not in subscripts]
    if not unused:
        raise ShapeError(f"contract[{subscripts}]: no letter is left for the members")
    one, two, out = subscripts.replace("->", ",").split(",")
    m = unused[0]
    return primitive(name, f"{m}{one},{m}{two}->{m}{out}", (n, *left), (n, *right))


def _constant(name: str, n: int, shape: Shape, values: tuple[Any, ...]) -> Term:
    return primitive(name, shape, values) >> primitives.broadcast((n, *shape), (0,))


def _convolutions(name: str, n: int, image: Shape, kernel: Shape, *given: Any) -> Term:
    """The members become groups: image (N, n C, H, W), kernel (n O, C / g, i, j), n g groups."""
    *sizes, groups = given
    out = geometry.convolved(image, kernel, *given)
    whole, tall = _wide(image, n), (n * kernel[0], *kernel[1:])
    inner = primitive(name, whole, tall, *sizes, n * groups)

    def images(shape: Shape) -> Term:
        turned = (shape[0], n, *shape[1:])
        return primitives.permute((n, *shape), (1, 0, 2, 3, 4)) >> primitives.reshape(turned, _wide(shape, n))

    def back(shape: Shape) -> Term:
        turned = (shape[0], n, *shape[1:])
        return primitives.reshape(_wide(shape, n), turned) >> primitives.permute(turned, (1, 0, 2, 3, 4))

    kernels, split = primitives.reshape((n, *kernel), tall), primitives.reshape(tall, (n, *kernel))
    if name == "convolve":
        return (images(image) @ kernels) >> inner >> back(out)
    if name == "convolve_input":
        return (images(out) @ kernels) >> inner >> back(image)
    return (images(out) @ images(image)) >> inner >> split


def _wide(shape: Shape, n: int) -> Shape:
    """The shape of images side by side along the channels."""
    return shape[0], n * shape[1], *shape[2:]


ENTRYWISE = (
    *("add", "negate", "multiply", "exp", "log", "reciprocal", "sqrt", "sin", "cos", "tanh", "sigmoid", "relu", "step"),
    *("softplus", "gaussian", "gaussian_cdf"),
)

ROWS: Mapping[str, Rule] = {
    **{name: _shapes for name in (*ENTRYWISE, "reshape")},
    **{name: _first_shape for name in ("windows", "fold_windows", "one_hot")},
    **{name: _axes for name in ("sum", "broadcast", "maximum", "first_maximum")},
    **{name: _axis for name in ("gather", "scatter", "softmax", "log_softmax")},
    **{name: _slice for name in ("slice", "place")},
    **{name: _convolutions for name in ("convolve", "convolve_input", "convolve_weight")},
    "scale": _scale,
    "permute": _permute,
    "contract": _contract,
    "constant": _constant,
}
"""How each row of the table is on many members."""


# ------------------------------------------------------------------------------------------------ objectives and rules


def members(objective: Objective, count: int, *, same_data: bool = False) -> Term:
    """(p₁, …, pₙ; d₁, …, dₙ) ↦ (E(p₁, d₁), …, E(pₙ, dₙ)) : Pⁿ ⊗ Dⁿ → R[n]; Pⁿ ⊗ D with ``same_data`` for all."""
    if isinstance(count, bool) or not isinstance(count, int) or count < 1:
        raise UsageError(f"the number of members is a whole number >= 1, not {count!r}")
    each = many(objective.term, count)
    if not same_data:
        return each
    return (Identity(many_of(objective.param, count)) @ shared(objective.data, count)) >> each


def ensemble(objective: Objective, count: int, *, same_data: bool = False) -> Objective:
    """Σ_i E(p_i, d_i): minimised by rules that act on each member, it minimises each member's objective."""
    term = members(objective, count, same_data=same_data) >> primitives.sum_axes((count,))
    data = objective.data if same_data else many_of(objective.data, count)
    return Objective(many_of(objective.param, count), data, term)


def ensemble_rule(rule: Optimiser, count: int) -> Optimiser:
    """The rule on each member: Uⁿ, with the state S(P)ⁿ, also where it does not act entry by entry."""

    def own(shape: Shape) -> Shape:
        if shape[:1] != (count,):
            raise UsageError(f"{rule.name} for {count} members is of spaces R[{count},…], not of {Space(shape)}")
        return shape[1:]

    def one_of(param: Ob) -> Ob:
        return fold(param, unit=UNIT, leaf=lambda leaf: Space(own(leaf.shape)), pair=Pair)  # type: ignore[no-any-return]

    def paced(shape: Shape) -> Term:
        held = Identity(many_of(Pair(rule.leaf_state(own(shape)), Space(own(shape))), count))
        return (held @ (Identity(Space(shape)) @ shared(SCALAR, count))) >> many(scheduled(rule, own(shape)), count)

    ask, prepare = rule.leaf_ask, rule.prepare
    return Optimiser(
        rule.name,
        lambda shape: many_of(rule.leaf_state(own(shape)), count),
        lambda shape: many(rule.leaf_initial(own(shape)), count),
        lambda shape: many(rule.leaf_update(own(shape)), count),
        None if ask is None else lambda shape: many(ask(own(shape)), count),
        None if prepare is None else lambda param: many(prepare(one_of(param)), count),
        None if rule.leaf_paced is None else paced,
    )


class EnsembleStep(LoopStep):
    """A step of n members as one program; ``step`` gives the losses of all, a tensor of n numbers."""

    def __init__(
        self,
        objective: Objective,
        rule: Optimiser,
        count: int,
        engine: TorchEngine,
        *,
        same_data: bool = False,
        **options: Any,
    ) -> None:
        self.count = count
        self._members = members(objective, count, same_data=same_data)
        whole = ensemble(objective, count, same_data=same_data)
        super().__init__(whole, ensemble_rule(rule, count), engine, **options)

    def traced(self) -> Program:
        """The program (S ⊗ P)ⁿ ⊗ D → (S ⊗ P)ⁿ ⊗ R[n]."""
        param = self.objective.param
        held = Pair(self.rule.state(param), param)
        given = Pair(self.objective.data, SCALAR) if self.paced else self.objective.data

        def run(wires: Wires, value: Value) -> Value:
            state, batch = value
            data, rate = batch if self.paced else (batch, None)
            following, _ = step(self.objective, self.rule, state, data, wires, rate=rate)
            asked = asked_at(param, self.rule, state, wires, rate)
            return following, evaluate(self._members, (asked, data), wires)  # the same wires: nothing runs twice

        return trace(run, Pair(held, given), Pair(held, Space((self.count,))))

    def member(self, number: int) -> list[torch.Tensor]:
        """The parameters of one member, as views."""
        return [leaf[number] for leaf in self.parameters()]
