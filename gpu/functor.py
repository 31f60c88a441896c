"""Learning a functor out of a schema: a network for each edge, an adversary for each object, equations as losses.

The total is Σ_e L_adv(e) + Σ_q γ_q L_q over the generating edges and the equations (Gavranović 2020, Definitions 10 and
11), or over any paths in place of the edges. Every objective is a term over (what is learned) ⊗ (the rest), and every
gradient comes from D.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from verified_cat import primitives
from verified_cat.category import Terms
from verified_cat.errors import SchemaError, near
from verified_cat.gpu.adversaries import Adversary
from verified_cat.gpu.wasserstein import mixed, rows
from verified_cat.loss import mean_absolute_error, mean_squared_error
from verified_cat.networks import Objective
from verified_cat.objects import SCALAR, UNIT, Ob, Pair, Space, leaves
from verified_cat.program import program
from verified_cat.schema import Architecture, Edge, Path, PathEquation, product, project
from verified_cat.terms import Discard, First, Pairing, Second, Term

TERMS = Terms()
COSTS: dict[str, Callable[[Ob], Term]] = {"l1": mean_absolute_error, "l2": mean_squared_error}


@dataclass(frozen=True, slots=True)
class Loss:
    """An equation as a loss: γ times the mean cost between its sides, on the data, or on what the paths ``starts``
    bring to its source (then it is the equation of the paths with these before them); the mean over ``starts``."""

    equation: PathEquation
    weight: Fraction
    cost: str = "l1"
    starts: tuple[Path, ...] = ()

    @property
    def asked(self) -> tuple[Path, ...]:
        """``starts``; the identity where none are given."""
        return self.starts or (Path(self.equation.lhs.source),)


@dataclass(frozen=True, slots=True)
class Anchor:
    """γ · mean |f(x) - x| for an edge f whose ends are one space, on the data of its source or of its target."""

    edge: str
    weight: Fraction
    at_target: bool = False


@dataclass(frozen=True)
class FunctorTask:
    """What is learned: the edges of ``architecture``, against adversaries of objects that have data, under the losses.

    ``data`` names the objects with data; ``matched`` are the paths whose images are to have the law of the data, by
    default every edge with parameters into an object with an adversary. Raises SchemaError for names that are not
    there, for what starts without data, and for an edge that nothing would teach. Where ``scheduled``, the weights of
    the weighed losses are data of the step, and those that the losses have only say which are weighed.
    """

    architecture: Architecture[Term]
    data: tuple[str, ...]
    adversaries: Mapping[str, Adversary]
    losses: tuple[Loss, ...]
    paths: tuple[Path, ...] | None = None
    anchors: tuple[Anchor, ...] = ()
    scheduled: bool = False

    def __post_init__(self) -> None:
        schema, images = self.architecture.schema, self.architecture.objects
        for name in (*self.data, *self.adversaries):
            if name not in images:
                raise SchemaError(f"{schema.name} has no object {name!r}; {near(name, list(images))}")
        for name, adversary in self.adversaries.items():
            if name not in self.data or adversary.dom != images[name]:
                raise SchemaError(f"the critic of {name} starts from {adversary.dom}; it needs data in {images[name]}")
        for loss in self.weighed:
            schema.check(loss.equation)
            for start in loss.asked:
                self._needs_data(start.source, str(loss.equation))
        for path in self.matched:
            self._needs_data(path.source, str(path))
            if schema.target(path) not in self.adversaries:
                raise SchemaError(f"{path} is matched, and {schema.target(path)} has no adversary")
        for anchor in self.anchors:
            edge = schema.edge(anchor.edge)
            self._needs_data(edge.target if anchor.at_target else edge.source, f"the anchor of {edge}")
        for edge in self.learned:
            if not self._teaches(edge.name):
                raise SchemaError(f"nothing teaches {edge}: {edge.target} has no critic, no weighed equation has it")

    def _teaches(self, name: str) -> bool:
        """Whether some loss has the edge, or one that shares its parameters."""
        used = [path.edges for path in self.matched] + [(anchor.edge,) for anchor in self.anchors]
        used += [path.edges for loss in self.weighed for path in (*loss.asked, loss.equation.lhs, loss.equation.rhs)]
        return any(self.architecture.ties.get(each, each) == name for edges in used for each in edges)

    def _needs_data(self, name: str, where: str) -> None:
        if name not in self.data:
            raise SchemaError(f"{where} starts from {name}, which has no data to start from")

    @property
    def learned(self) -> list[Edge]:
        """The edges with parameters of their own."""
        schema, edges = self.architecture.schema, self.architecture.edges
        return [schema.edge(name) for name in self.architecture.owners if edges[name].param != UNIT]

    @cached_property
    def matched(self) -> tuple[Path, ...]:
        """The paths whose images are to have the law of the data in their targets."""
        if self.paths is not None:
            return self.paths
        edges = [edge for edge in self.architecture.schema.edges if edge.target in self.adversaries]
        return tuple(
            Path(edge.source, (edge.name,)) for edge in edges if self.architecture.edges[edge.name].param != UNIT
        )

    @cached_property
    def judged(self) -> tuple[Path, ...]:
        """The matched paths whose images a critic is shown."""
        return tuple(path for path in self.matched if self.adversary(path).judge is not None)

    @property
    def weighed(self) -> list[Loss]:
        """The losses with a weight other than 0."""
        return [loss for loss in self.losses if loss.weight]

    def adversary(self, path: Path) -> Adversary:
        """The one of the target."""
        return self.adversaries[self.architecture.schema.target(path)]

    # ---------------------------------------------------------------------------------------- objects

    @cached_property
    def critic_params(self) -> Ob:
        """Π_A P_{D_A}, over the objects with an adversary."""
        return product(TERMS, [each.param for each in self.adversaries.values()])  # type: ignore[no-any-return]

    @cached_property
    def batches(self) -> Ob:
        """Π_A F(A), over the objects with data."""
        return product(TERMS, [self.architecture.objects[name] for name in self.data])  # type: ignore[no-any-return]

    @cached_property
    def weights(self) -> Ob:
        """Π_q R, over the weighed losses."""
        return product(TERMS, [SCALAR for _ in self.weighed])  # type: ignore[no-any-return]

    def batch(self, name: str) -> Term:
        """Π_A F(A) → F(name)."""
        return project(TERMS, [self.architecture.objects[each] for each in self.data], self.data.index(name))

    def critic_param(self, name: str) -> Term:
        """Π_A P_{D_A} → P_{D_name}."""
        return project(TERMS, [each.param for each in self.adversaries.values()], list(self.adversaries).index(name))

    # ---------------------------------------------------------------------------------------- losses

    def made(self, path: Path) -> Term:
        """(π, x) ↦ F_π(path)(x_A) : Π P ⊗ Π F(A) → F(B), for a path A → B."""
        params, batches = self.architecture.parameters, self.batches
        here = Second(params, batches) >> self.batch(path.source)
        return Pairing(First(params, batches), here) >> self.architecture.tied(path).inside

    def gap(self, loss: Loss) -> Term:
        """(π, x) ↦ mean cost(F_π(lhs)(x_A), F_π(rhs)(x_A)) : Π P ⊗ Π F(A) → R, the mean over where it is asked for."""
        schema = self.architecture.schema
        distance = COSTS[loss.cost](self.architecture.objects[schema.target(loss.equation.lhs)])
        parts: list[Term] = []
        for start in loss.asked:
            sides = (schema.then(start, side) for side in (loss.equation.lhs, loss.equation.rhs))
            parts.append(Pairing(*map(self.made, sides)) >> distance)
        return _sum(parts, parts[0].dom) >> primitives.scale(Fraction(1, len(parts)), ())

    def anchored(self, anchor: Anchor) -> Term:
        """(π, x) ↦ mean |F_π(f)(x) - x| : Π P ⊗ Π F(A) → R."""
        params, batches, edge = self.architecture.parameters, self.batches, self.architecture.schema.edge(anchor.edge)
        here = Second(params, batches) >> self.batch(edge.target if anchor.at_target else edge.source)
        image = Pairing(First(params, batches), here) >> self.architecture.tied(Path(edge.source, (edge.name,))).inside
        return Pairing(image, here) >> mean_absolute_error(self.architecture.objects[edge.target])

    def deceived(self, path: Path) -> Term:
        """(π, (c, x)) ↦ what the arrows of the path pay to the adversary of its target."""
        params, rest = self.architecture.parameters, Pair(self.critic_params, self.batches)
        target = self.architecture.schema.target(path)
        both = self._on_data()
        own = Second(params, rest) >> First(self.critic_params, self.batches) >> self.critic_param(target)
        real = both >> Second(params, self.batches) >> self.batch(target)
        return Pairing(own, Pairing(real, both >> self.made(path))) >> self.adversaries[target].deceive

    def generator_objective(self) -> Objective:
        """(π, (c, x)) ↦ Σ_e L_adv(e) + Σ_q γ_q gap_q + anchors, over the parameters of all edges.

        Where ``scheduled``, (π, ((c, x), γ)) ↦ the same.
        """
        deceived = [self.deceived(path) for path in self.matched]
        if self.scheduled:
            return self._scheduled(self.objective(deceived, [], self.anchors))
        return self.objective(deceived, self.weighed, self.anchors)

    def _scheduled(self, plain: Objective) -> Objective:
        """(π, ((c, x), γ)) ↦ plain(π, (c, x)) + Σ_q γ_q gap_q."""
        params, known, scalars = plain.param, plain.data, [SCALAR for _ in self.weighed]
        rest = Pair(known, self.weights)
        here = Pairing(First(params, rest), Second(params, rest) >> First(known, self.weights))
        gammas = Second(params, rest) >> Second(known, self.weights)
        summands: list[Term] = [here >> plain.term]
        for position, loss in enumerate(self.weighed):
            gap = here >> self._on_data() >> self.gap(loss)
            summands.append(Pairing(gammas >> project(TERMS, scalars, position), gap) >> primitives.multiply(()))
        return Objective(params, rest, _sum(summands, Pair(params, rest)))

    def _on_data(self) -> Term:
        """(π, (c, x)) ↦ (π, x)."""
        params, rest = self.architecture.parameters, Pair(self.critic_params, self.batches)
        return Pairing(First(params, rest), Second(params, rest) >> Second(self.critic_params, self.batches))

    def objective(self, first: list[Term], losses: list[Loss], anchors: tuple[Anchor, ...] = ()) -> Objective:
        """Some of the summands of ``generator_objective``."""
        params, rest = self.architecture.parameters, Pair(self.critic_params, self.batches)
        both = self._on_data()
        summands = list(first)
        summands += [both >> self.gap(loss) >> primitives.scale(loss.weight, ()) for loss in losses]
        summands += [both >> self.anchored(each) >> primitives.scale(each.weight, ()) for each in anchors]
        return Objective(params, rest, _sum(summands, Pair(params, rest)))

    def critic_objective(self) -> Objective:
        """(c, ((x_B, (y, z)) for each judged path to B)) ↦ Σ judge_B, over the parameters of all critics."""
        params = self.critic_params
        triples = [self._triple(path) for path in self.judged]
        data = product(TERMS, triples)
        summands: list[Term] = []
        for position, path in enumerate(self.judged):
            own = First(params, data) >> self.critic_param(self.architecture.schema.target(path))
            judge = self.adversary(path).judge
            assert judge is not None
            summands.append(Pairing(own, Second(params, data) >> project(TERMS, triples, position)) >> judge)
        return Objective(params, data, _sum(summands, Pair(params, data)))

    def _triple(self, path: Path) -> Ob:
        ob = self.architecture.objects[self.architecture.schema.target(path)]
        return Pair(ob, Pair(ob, ob))

    @cached_property
    def shares(self) -> Ob:
        """Π R[rows]: for each judged path, where between real and made points a penalty is taken."""
        return product(TERMS, [self._share(path) for path in self.judged])  # type: ignore[no-any-return]

    def _share(self, path: Path) -> Space:
        return Space((rows(self.architecture.objects[self.architecture.schema.target(path)]),))

    def pushforward(self) -> Term:
        """((π, x), u) ↦ (x_B, (F_π(path)(x_A), the points between)) for each judged path: what critics are shown."""
        given = Pair(self.architecture.parameters, self.batches)
        whole, parts = First(given, self.shares), list[Term]()
        for position, path in enumerate(self.judged):
            target = self.architecture.schema.target(path)
            ob, share = self.architecture.objects[target], self._share(path)
            real = whole >> Second(self.architecture.parameters, self.batches) >> self.batch(target)
            u = Second(given, self.shares) >> project(TERMS, [self._share(each) for each in self.judged], position)
            inputs = Pairing(u, Pairing(real, whole >> self.made(path)))
            pair = Second(share, Pair(ob, ob))
            between = Pairing(pair >> First(ob, ob), Pairing(pair >> Second(ob, ob), mixed(ob)))
            parts.append(inputs >> between)
        return _together(parts, Pair(given, self.shares))


def evaluations(task: FunctorTask) -> dict[str, int]:
    """How often the network of each edge is evaluated in one step of the functor: what its first parameter enters.

    Paths share their beginnings: for CycleGAN f and g are evaluated twice each, on the data and on images.
    """
    whole = program(task.generator_objective().term)
    count, position = {}, 0
    for name in task.architecture.owners:
        found = sum(1 for _ in leaves(task.architecture.edges[name].param))
        if found:
            first = whole.inputs[position]
            count[name] = sum(first in wire.args for wire in whole.wires)
        position += found
    return count


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
