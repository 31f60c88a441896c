"""Parameters as structure: tying, freezing, low rank and weight normalisation as 2-cells of Para between networks.

A 2-cell (P, f) ⇒ (P', f ∘ (r ⊗ A)) is a map r : P' → P of parameters. Its gradient is that of f pulled back along r
(law PARA-TIEGRAD): of a tied parameter the sum, of a frozen one nothing. ``>>`` is one after the other, ``@`` one on
each of two networks that are composed (laws PARA-2CAT, PARA-INTERCHANGE); names are kept throughout.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from verified_cat import primitives
from verified_cat.errors import BoundaryError, UsageError, near
from verified_cat.networks import PARA, Network, Objective
from verified_cat.objects import UNIT, Ob, Pair, Space, fold, leaves
from verified_cat.para import ParaMap, Reparam
from verified_cat.primitives import Shape
from verified_cat.terms import Copy, Discard, First, Identity, Pairing, Second, Tensor, Term


@dataclass(frozen=True, slots=True)
class Structure:
    """A 2-cell ``source`` ⇒ ``target`` along ``cell.along`` : P' → P."""

    source: Network
    target: Network
    cell: Reparam[Term]

    def __rshift__(self, other: Structure) -> Structure:
        """f ⇒ f' ⇒ f''. Raises BoundaryError where the second does not start from what the first ends in."""
        if other.source.map != self.target.map or other.source.names != self.target.names:
            raise BoundaryError(
                f"{other.cell.name} starts from a network with the parameters {', '.join(other.source.names)}, and "
                f"{self.cell.name} ends in one with {', '.join(self.target.names)}: make it of ``.target``"
            )
        return Structure(self.source, other.target, PARA.vertical(self.cell, other.cell))

    def __matmul__(self, other: Structure) -> Structure:
        """f ; g ⇒ f' ; g', along r ⊗ s. Raises BoundaryError where the networks do not compose."""
        cell = PARA.horizontal(self.cell, other.cell)
        source, target = self.source >> other.source, self.target >> other.target
        return Structure(source, Network(cell.target, target.names, target.ends), cell)


def unchanged(network: Network) -> Structure:
    """The identity 2-cell."""
    return Structure(network, network, Reparam(network.map, network.map, Identity(network.map.param), "nothing"))


def along(network: Network, change: Term, names: Sequence[str], name: str) -> Structure:
    """The 2-cell along r : P' → P, with names for the leaves of P'. Raises BoundaryError where r does not end in P."""
    cell = PARA.cell(network.map, change, name)
    return Structure(network, Network(cell.target, tuple(names), network.ends), cell)


def at(network: Network, changes: Mapping[str, tuple[Term, Sequence[str]]], name: str) -> Structure:
    """r on some leaves by themselves: name of a leaf ↦ (the map onto it, the names of what that starts from).

    Raises UsageError for a name that the network has not, BoundaryError where a map does not end in the leaf.
    """
    _must_be_there(network, changes)
    names: list[str] = []
    parts: list[Term] = []
    for leaf, each in zip(leaves(network.map.param), network.names, strict=True):
        change, given = changes.get(each, (Identity(leaf), (each,)))
        if change.cod != leaf:
            raise BoundaryError(f"{name}: {each} is in {leaf}, and what is put there ends in {change.cod}")
        parts.append(change)
        names += given
    supply = iter(parts)
    whole: Term = fold(network.map.param, unit=Identity(UNIT), leaf=lambda _: next(supply), pair=Tensor)
    return along(network, whole, names, name)


# ------------------------------------------------------------------------------------------------ one leaf


def frozen(network: Network, values: Mapping[str, Sequence[Fraction | int]]) -> Structure:
    """Along constants 1 → R^shape: those parameters are these exact numbers (in rows, or one for all entries)."""
    _must_be_there(network, values)
    shapes = dict(zip(network.names, map(_shape, leaves(network.map.param)), strict=True))
    changes = {name: (primitives.constant(shapes[name], *entries), ()) for name, entries in values.items()}
    return at(network, changes, f"frozen {', '.join(values)}")


def low_rank(network: Network, name: str, rank: int, scale: Fraction | int = 1) -> Structure:
    """(W, (A, B)) ↦ W + s A B, for A : R[m,rank] and B : R[rank,n] (Hu et al. 2022, equation 3, s = α / rank).

    The parts are ``name``, ``name.left`` and ``name.right``; what is adapted is usually ``frozen`` after it, or
    ``withheld``. Raises UsageError where the parameter is no matrix, or the rank no whole number >= 1.
    """
    shape = _shape_of(network, name)
    if len(shape) != 2:
        raise UsageError(f"low_rank: {name} is in {Space(shape)}, which is no space of matrices")
    if isinstance(rank, bool) or not isinstance(rank, int) or rank < 1:
        raise UsageError(f"low_rank: the rank is a whole number >= 1, not {rank!r}")
    product = primitives.matmul(shape[0], rank, shape[1]) >> primitives.scale(scale, shape)
    change = (Identity(Space(shape)) @ product) >> primitives.add(shape)
    return at(network, {name: (change, (name, f"{name}.left", f"{name}.right"))}, f"low rank {name}")


def weight_norm(network: Network, name: str, axis: int) -> Structure:
    """(g, v) ↦ g v / |v|, a length for each index along an axis (Salimans and Kingma 2016, equation 2).

    torch's weight_norm has the axis of outputs, which is 1 in ``dense``. The parts are ``name.length`` and
    ``name.direction``. Not defined at v = 0.
    """
    shape = _shape_of(network, name)
    if axis not in range(len(shape)):
        raise UsageError(f"weight_norm: {name} is in {Space(shape)}; {axis!r} is no axis of it")
    length, direction = Space((shape[axis],)), Space(shape)
    share = _norms(shape, axis) >> primitives.reciprocal(length.shape)
    factor = (Identity(length) @ share) >> primitives.multiply(length.shape)
    spread = factor >> primitives.broadcast(shape, _others(shape, axis))
    change = Pairing(spread, Second(length, direction)) >> primitives.multiply(shape)
    return at(network, {name: (change, (f"{name}.length", f"{name}.direction"))}, f"normalised {name}")


def normal_form(shape: Shape, axis: int) -> Term:
    """W ↦ (|W|, W) : the length and direction from which weight normalisation makes W; a section of it."""
    return Pairing(_norms(shape, axis), Identity(Space(shape)))


def _norms(shape: Shape, axis: int) -> Term:
    """v ↦ the norms over the other axes : R^shape → R[shape[axis]]."""
    squares = Copy(Space(shape)) >> primitives.multiply(shape) >> primitives.sum_axes(shape, _others(shape, axis))
    return squares >> primitives.sqrt((shape[axis],))


def _others(shape: Shape, axis: int) -> tuple[int, ...]:
    return tuple(each for each in range(len(shape)) if each != axis)


# ------------------------------------------------------------------------------------------------ several leaves


def tied(network: Network, leader: str, followers: Mapping[str, Term] | Sequence[str]) -> Structure:
    """Along Δ: the followers are the leader, or what the given maps make of it (its transpose, say).

    The parameters of P' are those of P without the followers. Raises UsageError where the leader is one of them,
    BoundaryError where a shape does not fit.
    """
    spaces = dict(zip(network.names, leaves(network.map.param), strict=True))
    _must_be_there(network, [leader, *followers])
    if leader in followers:
        raise UsageError(f"tied: {leader} is to follow itself")
    maps = followers if isinstance(followers, Mapping) else {name: Identity(spaces[leader]) for name in followers}
    for name, change in maps.items():
        if change.dom != spaces[leader] or change.cod != spaces[name]:
            raise BoundaryError(
                f"tied: {name} is in {spaces[name]} and {leader} in {spaces[leader]}; "
                f"the map between them goes from {change.dom} to {change.cod}"
            )
    kept = _without(network.map.param, [name in maps for name in network.names])
    names = [name for name in network.names if name not in maps]
    found = dict(zip(names, _projections(kept), strict=True))
    parts = [found[leader] >> maps[name] if name in maps else found[name] for name in network.names]
    return along(network, _assembled(network.map.param, kept, parts), names, f"tied {leader} to {', '.join(maps)}")


def shared(network: Network, count: int) -> ParaMap[Term]:
    """fⁿ tied along Δ : P → P ⊗ (P ⊗ …): the same parameters on n inputs A ⊗ (A ⊗ …); one for n = 1.

    A batch is this, with an axis for the power (law BATCH-SUM).
    """
    if isinstance(count, bool) or not isinstance(count, int) or count < 1:
        raise UsageError(f"shared: the number of copies is a whole number >= 1, not {count!r}")
    one = network.map
    whole, diagonal = one, Identity(one.param)
    for _ in range(count - 1):
        whole, diagonal = PARA.tensor(one, whole), Pairing(Identity(one.param), diagonal)  # type: ignore[assignment]
    return PARA.reparam(whole, diagonal)


def withheld(objective: Objective, names: Sequence[str], kept_out: Sequence[str]) -> Objective:
    """E with some parameters as data, P' ⊗ (F ⊗ D) → R: frozen without being written into the program.

    F is their leaves, (f₁ ⊗ (f₂ ⊗ …)), in the order of P. At any values of them it is E frozen there.
    """
    if unknown := [name for name in kept_out if name not in names]:
        raise UsageError(f"no parameter is called {unknown[0]!r}; {near(unknown[0], list(names))}")
    out = [name in kept_out for name in names]
    spaces = list(leaves(objective.param))
    kept = _without(objective.param, out)
    given = _row([leaf for leaf, gone in zip(spaces, out, strict=True) if gone])
    whole, data = Pair(kept, Pair(given, objective.data)), Pair(given, objective.data)
    ours = iter([First(kept, data) >> each for each in _projections(kept)])
    theirs = iter([Second(kept, data) >> First(given, objective.data) >> each for each in _projections(given)])
    parts = [next(theirs if gone else ours) for gone in out]
    point = _assembled(objective.param, whole, parts)
    term = Pairing(point, Second(kept, data) >> Second(given, objective.data)) >> objective.term
    return Objective(kept, data, term)


# ------------------------------------------------------------------------------------------------ trees of leaves


def _without(param: Ob, gone: Sequence[bool]) -> Ob:
    """The tree with 1 for the leaves that are gone."""
    supply = iter(gone)
    left: Ob = fold(param, unit=UNIT, leaf=lambda leaf: UNIT if next(supply) else leaf, pair=Pair)
    return left


def _projections(ob: Ob) -> Iterator[Term]:
    """The projections onto the leaves, from left to right."""
    pending: list[tuple[Ob, Term]] = [(ob, Identity(ob))]
    while pending:
        here, reached = pending.pop()
        if isinstance(here, Pair):
            one, two = First(here.left, here.right), Second(here.left, here.right)
            start = isinstance(reached, Identity)
            pending += [(here.right, two if start else reached >> two), (here.left, one if start else reached >> one)]
        elif isinstance(here, Space):
            yield reached


def _assembled(param: Ob, context: Ob, parts: Sequence[Term]) -> Term:
    """C → P from maps C → leaf."""
    supply = iter(parts)
    whole: Term = fold(param, unit=Discard(context), leaf=lambda _: next(supply), pair=Pairing)
    return whole


def _row(spaces: Sequence[Ob]) -> Ob:
    """A ⊗ (B ⊗ (…))."""
    whole: Ob = spaces[-1] if spaces else UNIT
    for each in reversed(spaces[:-1]):
        whole = Pair(each, whole)
    return whole


def _must_be_there(network: Network, names: Sequence[str] | Mapping[str, object]) -> None:
    for name in names:
        if name not in network.names:
            raise UsageError(f"no parameter is called {name!r}; {near(name, list(network.names))}")


def _shape(leaf: Ob) -> Shape:
    if not isinstance(leaf, Space):
        raise BoundaryError(f"{leaf} is opaque: it has no entries to structure")
    return leaf.shape


def _shape_of(network: Network, name: str) -> Shape:
    _must_be_there(network, [name])
    return _shape(dict(zip(network.names, leaves(network.map.param), strict=True))[name])
