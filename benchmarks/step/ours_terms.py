"""A workload in our language: for each player an objective over all parameters, and which leaves that player moves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, reduce

import numpy as np

from benchmarks.step.ours_layers import network
from benchmarks.step.program import Batches
from benchmarks.step.workloads import (
    Adam,
    Array,
    CrossEntropy,
    Cycle,
    HalfSquares,
    LossTerm,
    Path,
    Penalty,
    Score,
    Workload,
)
from verified_cat import primitives
from verified_cat.category import Terms
from verified_cat.gpu.wasserstein import gradient_penalty, mixed
from verified_cat.loss import QUADRATIC, absolute, total
from verified_cat.networks import Network, Objective
from verified_cat.objects import Ob, Space, space
from verified_cat.optimiser import Optimiser, adam, gradient_descent
from verified_cat.primitives import Shape
from verified_cat.schema import product, project
from verified_cat.terms import First, Pairing, Second, Term

TERMS = Terms()


@dataclass(frozen=True, slots=True)
class Task:
    """``objectives`` by player; ``owners`` gives the player of each leaf, ``names`` its name, from left to right.

    ``encode`` turns one batch into the arrays of the objectives' data, from left to right.
    """

    objectives: dict[str, Objective]
    owners: tuple[str, ...]
    names: tuple[str, ...]
    rule: Optimiser
    encode: Callable[[dict[str, Array]], tuple[Array, ...]]


def task(workload: Workload, batches: Batches) -> Task:
    """The workload in terms; one copy of it, where there are several."""
    context = Context(workload, {name: array.shape for name, array in batches[0].items()})
    objectives = {player: context.objective(player) for player in workload.players}
    names = tuple(name for made in context.networks.values() for name in made.names)
    owners = tuple(workload.owner(name.partition(".")[0]) for name in names)
    rule = (adam if isinstance(workload.optimiser, Adam) else gradient_descent)(workload.optimiser.rate)

    def encode(batch: dict[str, Array]) -> tuple[Array, ...]:
        classes = {name: draw.classes for name, draw in workload.data.items()}
        return tuple(one_hot(array, classes[name]) if classes[name] else array for name, array in batch.items())

    return Task(objectives, owners, names, rule, encode)


def one_hot(labels: Array, classes: int) -> Array:
    return np.eye(classes, dtype=np.float32)[labels]


def summed(terms: list[Term]) -> Term:
    """x ↦ Σ t(x), for terms A → R."""
    return reduce(lambda one, other: Pairing(one, other) >> primitives.add(()), terms)


def mean(shape: Shape) -> Term:
    """x ↦ the mean of all entries : R^shape → R."""
    ob = Space(shape)
    return total(ob) >> primitives.scale(Fraction(1, int(np.prod(shape))), ())


@dataclass(frozen=True)
class Context:
    """P ⊗ D, the parameters of all networks and the parts of a batch, and the terms of a loss from it to R.

    A path that two terms look along is the same term in both: on wires it runs once.
    """

    workload: Workload
    shapes: dict[str, Shape]

    @cached_property
    def networks(self) -> dict[str, Network]:
        """Every network at the shape of the batches it meets; those of one architecture have one shape."""
        return {name: network(name, layers, self._input_shape(name)) for name, layers in self.workload.networks.items()}

    def _input_shape(self, name: str) -> Shape:
        """The shape at which a loss first runs the network."""
        for player in self.workload.players.values():
            for term in player.terms:
                path = getattr(term, "path", ())
                if name in path:
                    return self._end(path[: path.index(name)], term.source)
        raise KeyError(name)

    def _end(self, path: Path, source: str) -> Shape:
        shape = self.shapes[source]
        for name in path:
            cod = network(name, self.workload.networks[name], shape).map.cod
            shape = cod.shape
        return shape

    @cached_property
    def param(self) -> Ob:
        return product(TERMS, [made.map.param for made in self.networks.values()])  # type: ignore[no-any-return]

    @cached_property
    def data(self) -> Ob:
        return product(TERMS, [self.space_of(name) for name in self.shapes])  # type: ignore[no-any-return]

    def space_of(self, part: str) -> Ob:
        classes = self.workload.data[part].classes
        return space(*self.shapes[part], *([classes] if classes else []))

    def part(self, name: str) -> Term:
        """π : P ⊗ D → the part of the batch."""
        factors = [self.space_of(each) for each in self.shapes]
        return Second(self.param, self.data) >> project(TERMS, factors, list(self.shapes).index(name))

    def weights(self, name: str) -> Term:
        """π : P ⊗ D → the parameters of a network."""
        factors = [made.map.param for made in self.networks.values()]
        return First(self.param, self.data) >> project(TERMS, factors, list(self.networks).index(name))

    def along(self, path: Path, source: str) -> Term:
        """P ⊗ D → where the path ends."""
        here = self.part(source)
        for name in path:
            here = Pairing(self.weights(name), here) >> self.networks[name].map.inside
        return here

    def objective(self, player: str) -> Objective:
        terms = [self.value(term) for term in self.workload.players[player].terms]
        return Objective(self.param, self.data, summed(terms))

    def value(self, term: LossTerm) -> Term:
        """A term of the loss : P ⊗ D → R."""
        match term:
            case HalfSquares(path, source, target):
                both = Pairing(self.along(path, source), self.part(target))
                return both >> QUADRATIC.total(self.space_of(target))
            case CrossEntropy(path, source, target):
                return Pairing(self.along(path, source), self.part(target)) >> cross_entropy(self.space_of(target))
            case Score(path, source, sign):
                score = self.along(path, source)
                shape = shape_of(score.cod)
                return score >> primitives.scale(sign, shape) >> primitives.primitive("softplus", shape) >> mean(shape)
            case Cycle(path, source, weight):
                ob = self.space_of(source)
                gap = Pairing(self.along(path, source), self.part(source)) >> primitives.subtract_on(ob)
                return gap >> absolute(shape_of(ob)) >> mean(shape_of(ob)) >> primitives.scale(weight, ())
            case Penalty():
                return self.penalty(term)

    def penalty(self, term: Penalty) -> Term:
        real = self.space_of(term.real)
        critic = self.networks[term.critic].map
        share = self.part(term.mixture) >> primitives.reshape(self.shapes[term.mixture], self.shapes[term.mixture][:1])
        ends = Pairing(self.part(term.real), self.along(term.path, term.source))
        at = Pairing(self.weights(term.critic), Pairing(share, ends) >> mixed(real))
        return at >> gradient_penalty(critic, Fraction(term.weight))


def shape_of(ob: Ob) -> Shape:
    assert isinstance(ob, Space)
    return ob.shape


def cross_entropy(ob: Ob) -> Term:
    """(z, y) ↦ -1/rows Σ y log softmax(z), for one-hot rows y."""
    shape = shape_of(ob)
    inner = primitives.contract("bi,bi->", shape, shape) >> primitives.scale(Fraction(-1, shape[0]), ())
    return (primitives.log_softmax(shape, 1) @ TERMS.identity(ob)) >> inner
