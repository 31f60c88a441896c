"""A schema file as a task: its networks, adversaries and losses over batches of so many examples."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from verified_cat.gpu import adversaries, conv_networks, image_networks
from verified_cat.gpu.adversaries import Adversary
from verified_cat.gpu.functor import Anchor, FunctorTask, Loss
from verified_cat.gpu.randomness import Array
from verified_cat.gpu.schema_networks import (
    ACTIVATIONS,
    coupling,
    embedded,
    factors,
    first_weights,
    fixed,
    layers,
    network,
)
from verified_cat.gpu.shaping import joined, width
from verified_cat.gpu.wasserstein import chained, rows
from verified_cat.networks import PARA, Network
from verified_cat.objects import Ob, Pair
from verified_cat.para import ParaMap
from verified_cat.schema import Architecture
from verified_cat.schema_checks import measured
from verified_cat.specification import Arrow, Specification
from verified_cat.terms import Term


@dataclass(frozen=True)
class Built:
    """The task, the names of its parameters and those of its critics, leaf by leaf."""

    whole: Specification
    task: FunctorTask
    names: tuple[str, ...]
    critic_names: tuple[str, ...]

    def first_weights(self, seed: int) -> list[Array]:
        """The first parameters of the arrows."""
        found: list[Array] = []
        for name in self.task.architecture.owners:
            settings, param = self.whole.arrow(name).network, self.task.architecture.edges[name].param
            own = tuple(each for each in self.names if each.startswith(f"{name}."))
            if settings is not None:
                begin = image_networks.first_weights if settings.kind in image_networks.KINDS else first_weights
                found += begin(param, own, seed, settings["last"])
        return found

    def first_critics(self, seed: int) -> list[Array]:
        """The first parameters of the critics."""
        return first_weights(self.task.critic_params, self.critic_names, seed)


def architecture_of(whole: Specification, count: int) -> tuple[Architecture[Term], tuple[str, ...]]:
    """The networks of the arrows on batches of ``count`` examples, and the names of their parameters."""
    objects = {thing.name: whole.ob(thing.name, count) for thing in whole.things}
    networks = {arrow.name: _network(whole, arrow, objects) for arrow in whole.arrows}
    ties = {arrow.name: arrow.other for arrow in whole.arrows if arrow.other != arrow.name}
    architecture = Architecture(whole.schema, PARA, objects, {name: made.map for name, made in networks.items()}, ties)
    return architecture, tuple(name for owner in architecture.owners for name in networks[owner].names)


def built(whole: Specification, count: int, gammas: tuple[Fraction | None, ...] = ()) -> Built:
    """The task on batches of ``count`` examples; ``gammas`` in place of the weights that the equations have. A weight
    that is not known yet is 1."""
    return task_of(whole, count, *architecture_of(whole, count), gammas)


def task_of(
    whole: Specification,
    count: int,
    architecture: Architecture[Term],
    names: tuple[str, ...],
    gammas: tuple[Fraction | None, ...] = (),
) -> Built:
    """``built`` with another architecture on the same objects: one that was pulled back along a map of schemas."""
    objects = architecture.objects
    targets = dict.fromkeys(whole.schema.target(path) for path in whole.matched)
    made = {name: adversary(whole, name, objects[name]) for name in targets}
    weights = gammas or tuple(demand.weight for demand in whole.demands)
    losses = tuple(
        Loss(each.equation, Fraction(1) if weight is None else weight, each.cost, tuple(measured(whole, each)))
        for each, weight in zip(whole.demands, weights, strict=True)
    )
    data = tuple(thing.name for thing in whole.things if thing.data is not None)
    against = {name: each for name, (each, _) in made.items()}
    again = whole.training["balance_every"] and None in [each.weight for each in whole.demands]
    anchors, scheduled = tuple(_anchors(whole)), bool(whole.training["ramp"] or again)
    task = FunctorTask(architecture, data, against, losses, whole.matched, anchors, scheduled)
    return Built(whole, task, names, tuple(name for _, called in made.values() for name in called))


def _network(whole: Specification, arrow: Arrow, objects: dict[str, Ob]) -> Network:
    source, target = objects[arrow.source], objects[arrow.target]
    if arrow.frozen is not None:
        return embedded(fixed(arrow.frozen, source, target))
    if arrow.factors:
        return embedded(factors(arrow.factors, [objects[name] for name in whole.thing(arrow.source).product]))
    settings = whole.arrow(arrow.other).network
    assert settings is not None
    if arrow.inverse_of:
        return coupling(settings, source, target, arrow.other, inverse=True)
    if settings.kind == "conv":
        return conv_networks.conv(settings, source, target, arrow.other)
    if settings.kind in image_networks.KINDS:
        return image_networks.KINDS[settings.kind](settings, source, target, arrow.other)
    return network(settings, source, target, arrow.other)


def _anchors(whole: Specification) -> list[Anchor]:
    found = [Anchor(arrow.name, arrow.identity, True) for arrow in whole.arrows if arrow.identity]
    return found + [Anchor(arrow.name, arrow.budget) for arrow in whole.arrows if arrow.budget]


# ------------------------------------------------------------------------------------------------ adversaries


def adversary(whole: Specification, name: str, ob: Ob) -> tuple[Adversary, tuple[str, ...]]:
    """The adversary of an object, and the names of the parameters of its critics."""
    settings = whole.adversary_of(name)
    if settings.kind == "factors":
        return _beside(whole, whole.thing(name).product, ob, name)
    return _one(whole, name, name, ob)


def _beside(whole: Specification, parts: tuple[str, ...], ob: Ob, where: str) -> tuple[Adversary, tuple[str, ...]]:
    """Factor by factor, each as its own object says (or the file)."""
    if len(parts) == 1:
        return _one(whole, parts[0], f"{where}.{parts[0]}", ob)
    assert isinstance(ob, Pair)
    left, names = _one(whole, parts[0], f"{where}.{parts[0]}", ob.left)
    right, others = _beside(whole, parts[1:], ob.right, where)
    return adversaries.beside(left, right), names + others


def _one(whole: Specification, name: str, where: str, ob: Ob) -> tuple[Adversary, tuple[str, ...]]:
    settings = whole.adversary_of(name)
    if settings.kind in ("none", "factors"):
        settings = whole.adversary or settings
    if settings.kind == "energy":
        return adversaries.energy(ob), ()
    if settings.kind == "mmd":
        return adversaries.mmd(ob, settings["widths"]), ()
    network = critic(whole, name, where, ob)
    made: ParaMap[Term] = network.map
    if settings.kind == "wgan-gp":
        return adversaries.wgan_gp(made, settings["penalty"]), network.names
    if settings.kind == "non-saturating":
        return adversaries.non_saturating(made, settings["penalty"]), network.names
    return {"lsgan": adversaries.lsgan, "hinge": adversaries.hinge}[settings.kind](made), network.names


def critic(whole: Specification, name: str, where: str, ob: Ob) -> Network:
    """One number for each example."""
    settings = whole.critic_of(name)
    if settings.kind == "conv":
        return conv_networks.critic(settings, ob, f"critic_{where}")
    if settings.kind == "patches":
        return image_networks.critic(settings, ob, f"critic_{where}")
    body = layers(rows(ob), (width(ob), *settings["hidden"], 1), ACTIVATIONS[settings["activation"]], f"critic_{where}")
    return chained(embedded(joined(ob)), body)
