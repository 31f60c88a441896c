"""Learning a functor out of a schema: a network for each edge, a critic for each object, equations as losses.

The total is Σ_e L_adv(e) + Σ_q γ_q L_q over the generating edges and the equations (Gavranović 2020, Definitions 10 and
11). Every objective is a term over (what is learned) ⊗ (the rest), and every gradient comes from D.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from verified_cat import primitives
from verified_cat.category import Terms
from verified_cat.errors import SchemaError, near
from verified_cat.gpu.wasserstein import critic_loss, mean_score, mixed, rows
from verified_cat.loss import mean_absolute_error
from verified_cat.networks import Objective
from verified_cat.objects import UNIT, Ob, Pair, Space
from verified_cat.para import ParaMap
from verified_cat.schema import Architecture, Edge, PathEquation, product, project
from verified_cat.terms import Discard, First, Pairing, Second, Term

TERMS = Terms()


@dataclass(frozen=True)
class FunctorTask:
    """What is learned: the edges of ``architecture``, against critics of objects that have data, under the equations.

    ``data`` names the objects with data, ``weights`` holds γ of each equation of the schema, ``penalty`` is λ. Raises
    SchemaError for names that are not there, and for an edge that nothing would teach.
    """

    architecture: Architecture[Term]
    data: tuple[str, ...]
    critics: Mapping[str, ParaMap[Term]]
    weights: tuple[Fraction, ...]
    penalty: Fraction = Fraction(10)

    def __post_init__(self) -> None:
        schema, images = self.architecture.schema, self.architecture.objects
        for name in (*self.data, *self.critics):
            if name not in images:
                raise SchemaError(f"{schema.name} has no object {name!r}; {near(name, list(images))}")
        for name, critic in self.critics.items():
            if name not in self.data or critic.dom != images[name]:
                raise SchemaError(f"the critic of {name} starts from {critic.dom}; it needs data in {images[name]}")
        if len(self.weights) != len(schema.equations):
            raise SchemaError(f"{schema.name} has {len(schema.equations)} equations, {len(self.weights)} weights came")
        for equation, _ in self.weighed:
            self._needs_data(equation.lhs.source, str(equation))
        for edge in self.matched:
            self._needs_data(edge.source, str(edge))
        for edge in self.learned:
            if edge not in self.matched and not any(edge.name in _edges(equation) for equation, _ in self.weighed):
                raise SchemaError(f"nothing teaches {edge}: {edge.target} has no critic, no weighed equation has it")

    def _needs_data(self, name: str, where: str) -> None:
        if name not in self.data:
            raise SchemaError(f"{where} starts from {name}, which has no data to start from")

    @property
    def learned(self) -> list[Edge]:
        """The edges with parameters."""
        edges = self.architecture.edges
        return [edge for edge in self.architecture.schema.edges if edges[edge.name].param != UNIT]

    @property
    def matched(self) -> list[Edge]:
        """The learned edges whose target has a critic: what they make is to have the law of the data there."""
        return [edge for edge in self.learned if edge.target in self.critics]

    @property
    def weighed(self) -> list[tuple[PathEquation, Fraction]]:
        """The equations with a weight other than 0."""
        pairs = zip(self.architecture.schema.equations, self.weights, strict=True)
        return [(equation, weight) for equation, weight in pairs if weight]

    @cached_property
    def critic_params(self) -> Ob:
        """Π_A P_{D_A}, over the objects with a critic."""
        return product(TERMS, [critic.param for critic in self.critics.values()])  # type: ignore[no-any-return]

    @cached_property
    def batches(self) -> Ob:
        """Π_A F(A), over the objects with data."""
        return product(TERMS, [self.architecture.objects[name] for name in self.data])  # type: ignore[no-any-return]

    def batch(self, name: str) -> Term:
        """Π_A F(A) → F(name)."""
        return project(TERMS, [self.architecture.objects[each] for each in self.data], self.data.index(name))

    def critic_param(self, name: str) -> Term:
        """Π_A P_{D_A} → P_{D_name}."""
        return project(TERMS, [each.param for each in self.critics.values()], list(self.critics).index(name))

    def made(self, edge: Edge) -> Term:
        """(π, x) ↦ f_e(π_e, x_A) : Π P ⊗ Π F(A) → F(B), for e : A → B."""
        params, batches = self.architecture.parameters, self.batches
        own = First(params, batches) >> self.architecture.parameter_of(edge.name)
        here = Second(params, batches) >> self.batch(edge.source)
        return Pairing(own, here) >> self.architecture.edges[edge.name].inside

    def gap(self, equation: PathEquation) -> Term:
        """(π, x) ↦ mean |F_π(lhs)(x_A) - F_π(rhs)(x_A)| : Π P ⊗ Π F(A) → R, the gap of the equation of terms."""
        objects, params = self.architecture.objects, self.architecture.parameters
        distance = mean_absolute_error(objects[self.architecture.schema.target(equation.lhs)])
        here = Second(params, self.batches) >> self.batch(equation.lhs.source)
        return Pairing(First(params, self.batches), here) >> self.architecture.equation(equation).gap(TERMS, distance)

    def generator_objective(self) -> Objective:
        """(π, (c, x)) ↦ - Σ_e mean D_B(f_e(x_A)) + Σ_q γ_q gap_q, over the parameters of all edges."""
        params, critics, batches = self.architecture.parameters, self.critic_params, self.batches
        rest = Pair(critics, batches)
        both = Pairing(First(params, rest), Second(params, rest) >> Second(critics, batches))
        all_critics = Second(params, rest) >> First(critics, batches)
        summands: list[Term] = []
        for edge in self.matched:
            scored = Pairing(all_critics >> self.critic_param(edge.target), both >> self.made(edge))
            summands.append(scored >> mean_score(self.critics[edge.target]) >> primitives.negate(()))
        for equation, weight in self.weighed:
            summands.append(both >> self.gap(equation) >> primitives.scale(weight, ()))
        return Objective(params, rest, _sum(summands, Pair(params, rest)))

    def critic_objective(self) -> Objective:
        """(c, ((x_B, (y, z)) for each e : A → B)) ↦ Σ_e critic loss of D_B, over the parameters of all critics."""
        params = self.critic_params
        triples = [self._triple(edge) for edge in self.matched]
        data = product(TERMS, triples)
        summands: list[Term] = []
        for position, edge in enumerate(self.matched):
            own = First(params, data) >> self.critic_param(edge.target)
            triple = Second(params, data) >> project(TERMS, triples, position)
            summands.append(Pairing(own, triple) >> critic_loss(self.critics[edge.target], self.penalty))
        return Objective(params, data, _sum(summands, Pair(params, data)))

    def _triple(self, edge: Edge) -> Ob:
        ob = self.architecture.objects[edge.target]
        return Pair(ob, Pair(ob, ob))

    @cached_property
    def shares(self) -> Ob:
        """Π_e R[rows]: for each matched edge, where between real and made points the penalty is taken."""
        return product(TERMS, [self._share(edge) for edge in self.matched])  # type: ignore[no-any-return]

    def _share(self, edge: Edge) -> Space:
        return Space((rows(self.architecture.objects[edge.target]),))

    def pushforward(self) -> Term:
        """((π, x), u) ↦ (x_B, (f_e(x_A), the points between)) for each matched edge: what the critics are shown."""
        given = Pair(self.architecture.parameters, self.batches)
        whole = First(given, self.shares)
        parts: list[Term] = []
        for position, edge in enumerate(self.matched):
            ob, share = self.architecture.objects[edge.target], self._share(edge)
            real = whole >> Second(self.architecture.parameters, self.batches) >> self.batch(edge.target)
            u = Second(given, self.shares) >> project(TERMS, [self._share(each) for each in self.matched], position)
            inputs = Pairing(u, Pairing(real, whole >> self.made(edge)))
            pair = Second(share, Pair(ob, ob))
            between = Pairing(pair >> First(ob, ob), Pairing(pair >> Second(ob, ob), mixed(ob)))
            parts.append(inputs >> between)
        return _together(parts, Pair(given, self.shares))


def _edges(equation: PathEquation) -> tuple[str, ...]:
    return equation.lhs.edges + equation.rhs.edges


def _together(parts: list[Term], source: Ob) -> Term:
    """⟨f₁, ⟨f₂, … fₙ⟩⟩."""
    whole = parts[-1] if parts else Discard(source)
    for part in reversed(parts[:-1]):
        whole = Pairing(part, whole)
    return whole


def _sum(summands: list[Term], source: Ob) -> Term:
    if not summands:
        return Discard(source) >> primitives.constant((), 0)
    whole = summands[0]
    for summand in summands[1:]:
        whole = Pairing(whole, summand) >> primitives.add(())
    return whole
