"""What does not fit together in a specification, each fault with its place: names, types, sides, dimensions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import isqrt, prod
from typing import TYPE_CHECKING

from verified_cat.circle_faults import unfit_circles, unfit_patches, unfit_patches_critic
from verified_cat.errors import SchemaError, near
from verified_cat.family_words import unfit
from verified_cat.image_faults import unfit_conv, unfit_conv_critic, unfit_pictures
from verified_cat.linear_maps import is_linear, unfit_linear
from verified_cat.schema import Edge, Schema
from verified_cat.schema_kinds import LINEAR, Settings
from verified_cat.specification import COSTS, MEASURES, Arrow, Specification, Thing, Where, fits_for_name, path_in
from verified_cat.truth_faults import truth_faults, unfit_polynomial

if TYPE_CHECKING:
    from collections.abc import Callable

Fault = tuple[Where, str]

LARGEST_DIMENSION, MOST_SPACES = 10**7, 64


def faults(whole: Specification) -> list[Fault]:
    """All faults; those of a later part only where the parts that it speaks of have none."""
    for look in (_names, _objects, _arrows, _equations, _rest, _critics, _families):
        found = list(look(whole))
        if found:
            return found
    return []


def _names(whole: Specification) -> Iterator[Fault]:
    if (why := fits_for_name(whole.name)) is not None:
        yield ("name",), why
    if not whole.things:
        yield ("objects",), "there are no objects"
    if not whole.arrows:
        yield ("arrows",), "there are no arrows: there is nothing to learn"
    for kind, parts in (("objects", whole.things), ("arrows", whole.arrows)):
        seen: set[str] = set()
        for part in parts:
            if (why := fits_for_name(part.name)) is not None:
                yield (kind, str(part.name)), why
            elif part.name in seen:
                yield (kind, part.name), f"two {kind} are called {part.name!r}"
            seen.add(part.name)


# ------------------------------------------------------------------------------------------------ objects


def _objects(whole: Specification) -> Iterator[Fault]:
    names = [thing.name for thing in whole.things]
    for thing in whole.things:
        here = ("objects", thing.name)
        if (thing.shape is None) == (not thing.product):
            yield here, f"the object {thing.name} needs a shape or a product of other objects, one of the two"
        for factor in thing.product:
            if factor not in names:
                yield (
                    (*here, "product"),
                    f"{thing.name} is a product of {factor!r}, which is no object; {near(factor, names)}",
                )
        if len(thing.product) == 1:
            yield (*here, "product"), f"{thing.name} is a product of one object: name two or more"
        if thing.shape is not None and not _plain(thing.shape):
            yield (*here, "shape"), f"the shape of {thing.name} is a list of lengths >= 1, not {list(thing.shape)}"
    circular = list(_circular(whole)) or list(_too_many(whole))
    yield from circular or (fault for thing in whole.things for fault in _examples(whole, thing))


def _plain(shape: tuple[int, ...]) -> bool:
    whole = all(isinstance(n, int) and not isinstance(n, bool) and n >= 1 for n in shape)
    return bool(shape) and len(shape) <= 4 and whole and prod(shape) <= LARGEST_DIMENSION


def _circular(whole: Specification) -> Iterator[Fault]:
    """Products that hold themselves."""
    for thing in whole.things:
        if thing.name in _reached(whole, thing.product):
            yield ("objects", thing.name, "product"), f"the product {thing.name} holds itself"


def _reached(whole: Specification, names: Iterable[str]) -> set[str]:
    """These objects, their factors, the factors of those, and so on."""
    factors = {each.name: each.product for each in whole.things}
    reached, pending = set[str](), list(names)
    while pending:
        here = pending.pop()
        if here not in reached:
            reached.add(here)
            pending += factors.get(here, ())
    return reached


def _can_be_measured(whole: Specification, name: str) -> bool:
    """Whether it and all that it is a product of are there, with shapes that are none of the faults."""
    named = {each.name: each for each in whole.things}
    parts = [named.get(part) for part in _reached(whole, [name])]
    return all(part and (part.product if part.shape is None else _plain(part.shape)) for part in parts)


def _too_many(whole: Specification) -> Iterator[Fault]:
    """Products of more spaces than anyone means, found without taking them apart."""
    counts = {thing.name: 1 for thing in whole.things if not thing.product}
    for _ in whole.things:
        for thing in whole.things:
            if thing.product and all(factor in counts for factor in thing.product):
                counts[thing.name] = sum(counts[factor] for factor in thing.product)
    for name, count in counts.items():
        if count > MOST_SPACES:
            yield (
                ("objects", name, "product"),
                f"{name} is a product of {count} spaces; at most {MOST_SPACES} are dealt with",
            )


def _examples(whole: Specification, thing: Thing) -> Iterator[Fault]:
    """Faults of data, adversary and critic of an object whose spaces are known to be there."""
    here: Where = ("objects", thing.name)
    if not _can_be_measured(whole, thing.name):
        return
    if thing.data is not None:
        yield from (((*here, "data"), why) for why in _unfit_data(whole, thing, thing.data))
    if thing.adversary is not None and thing.adversary.kind != "none":
        if thing.data is None:
            yield (*here, "adversary"), f"{thing.name} has an adversary and no data that it could compare with"
        if thing.adversary.kind == "factors" and not thing.product:
            yield (*here, "adversary"), f"{thing.name} is no product: it has no factors to compare one by one"


def _unfit_data(whole: Specification, thing: Thing, data: Settings) -> Iterator[str]:
    dimension = whole.dimension(thing.name)
    if dimension > LARGEST_DIMENSION:
        yield f"{thing.name} has the dimension {dimension}; at most {LARGEST_DIMENSION} are dealt with"
    if data.kind in ("factors", "pairs") and not thing.product:
        yield f"{thing.name} is no product: data of the kind {data.kind!r} are drawn for products"
    if data.kind == "factors":
        for factor in thing.product:
            if whole.thing(factor).data is None:
                yield f"{thing.name} draws from its factors, and {factor} has no data"
    yield from unfit_pictures(thing.name, data, thing.shape)
    if data.kind in ("circles", "plain"):
        yield from unfit_circles(thing.name, data, thing.shape)
    if data.kind == "pairs":
        yield from _unfit_pairs(whole, thing, data)
    if data.kind == "image":
        yield from _unfit_image(whole, data)
    for says, wanted in _dimensions(data).items():
        if wanted not in (0, dimension):
            yield f"{says} has {wanted} entries a point; {thing.name} has the dimension {dimension}"
    own = _own_dimension(data)
    if data.kind == "image" and not data["along"] and not _moved(data) and _can_be_measured(whole, data["of"]):
        own = whole.dimension(data["of"])
    if own and not _moved(data) and own != dimension:
        yield f"data of the kind {data.kind!r} have dimension {own}; {thing.name} has {dimension}"
    if data.kind in ("mixture", "mosaic") and data["shares"] and len(data["shares"]) != len(data["centres"]):
        yield f"the mixture has {len(data['centres'])} centres and {len(data['shares'])} shares"
    if data.kind == "betas" and len(data["a"]) != len(data["b"]):
        yield f"the law has {len(data['a'])} numbers a and {len(data['b'])} numbers b; each coordinate has one of each"
    if data.kind == "mosaic":
        yield from _unfit_mosaic(data, thing.shape)
    if data.kind == "uniform" and data["low"] >= data["high"]:
        yield "the low end of a uniform law lies below its high end"
    if _moved(data) and own and len(data["matrix"][0]) != own:
        yield f"the matrix takes points of dimension {len(data['matrix'][0])}; the law has dimension {own}"


def _unfit_image(whole: Specification, data: Settings) -> Iterator[str]:
    names = [thing.name for thing in whole.things]
    if data["of"] not in names:
        yield f"the image of {data['of']!r}, which is no object; {near(data['of'], names)}"
        return
    of = whole.thing(data["of"])
    if of.data is None or of.data.kind in ("image", "pairs"):
        yield f"the image of {of.name}, which has no data of its own"
    elif data["along"] or not data["matrix"] or not _can_be_measured(whole, of.name):
        return
    elif len(data["matrix"][0]) != whole.dimension(of.name):
        yield f"the matrix takes points of dimension {len(data['matrix'][0])}; {of.name} has {whole.dimension(of.name)}"


def _unfit_mosaic(data: Settings, shape: tuple[int, ...] | None) -> Iterator[str]:
    """A square picture, a whole number of pixels in each of n × n cells, one number for each channel of each cell."""
    if shape is None or len(shape) != 3 or shape[1] != shape[2]:
        yield f"a mosaic is a picture (channels, n, n), not {shape or 'a product'}"
        return
    cells = len(data["centres"][0]) // shape[0]
    side = isqrt(cells)
    if side == 0 or side**2 * shape[0] != len(data["centres"][0]) or shape[1] % side:
        yield (
            f"a mosaic of n × n cells has {shape[0]} n² numbers in each of its centres, where n divides {shape[1]}, "
            f"not {len(data['centres'][0])}"
        )


def _moved(data: Settings) -> bool:
    return bool("matrix" in dict(data.options) and data["matrix"])


def _dimensions(data: Settings) -> dict[str, int]:
    """How long the points are, by what says so; 0 where nothing does."""
    options = dict(data.options)
    return {"the matrix": len(options.get("matrix", ())), "the shift": len(options.get("shift", ()))}


def _own_dimension(data: Settings) -> int:
    """The dimension of the law before it is moved; 0 where any will do."""
    if data.kind in ("ring", "rods", "circle"):
        return 2
    if data.kind == "mixture":
        return len(data["centres"][0])
    if data.kind == "betas":
        return len(data["a"])
    if data.kind == "segment":
        return len(data["start"]) if len(data["start"]) == len(data["end"]) else -1
    return 0


def _unfit_pairs(whole: Specification, thing: Thing, data: Settings) -> Iterator[str]:
    names = [arrow.name for arrow in whole.arrows]
    if data["arrow"] not in names:
        yield f"pairs of {data['arrow']!r}, which is no arrow; {near(data['arrow'], names)}"
        return
    arrow = whole.arrow(data["arrow"])
    if thing.product != (arrow.source, arrow.target):
        yield f"pairs of {arrow.name} are examples of {arrow.source} ⊗ {arrow.target}; {thing.name} is another product"
    truth = dict(whole.truth).get(arrow.name)
    if truth is None or not is_linear(truth):
        yield f"pairs of {arrow.name} need its truth, of one of the kinds {', '.join(LINEAR)}"


# ------------------------------------------------------------------------------------------------ arrows


def _arrows(whole: Specification) -> Iterator[Fault]:
    names = [thing.name for thing in whole.things]
    astray = False
    for arrow in whole.arrows:
        for key, end in (("from", arrow.source), ("to", arrow.target)):
            if end not in names:
                astray = True
                hint = near(str(end), names)
                yield ("arrows", arrow.name, key), f"{arrow.name} goes {key} {end!r}, which is no object; {hint}"
    for arrow in () if astray else whole.arrows:
        here: Where = ("arrows", arrow.name)
        ways = [arrow.network, arrow.frozen, arrow.factors, arrow.inverse_of, arrow.tied_to]
        if sum(map(bool, ways)) != 1:
            yield (
                here,
                (
                    f"the arrow {arrow.name} needs one of: network, frozen, factors, inverse_of, tied_to; "
                    f"it has {sum(map(bool, ways)) or 'none'}"
                ),
            )
        else:
            yield from ((here + key, why) for key, why in _unfit_arrow(whole, arrow))


def _unfit_arrow(whole: Specification, arrow: Arrow) -> Iterator[tuple[Where, str]]:
    into, out = whole.dimension(arrow.source), whole.dimension(arrow.target)
    if arrow.network is not None:
        coupling = arrow.network.kind == "coupling"
        if arrow.network.kind == "patches":
            spaces = whole.leaves(arrow.source), whole.leaves(arrow.target)
            yield from ((("network",), why) for why in unfit_patches(arrow.name, arrow.network, *spaces))
        if arrow.network.kind == "conv":
            ends = whole.leaves(arrow.source), whole.leaves(arrow.target)
            yield from ((("network",), why) for why in unfit_conv(arrow.name, arrow.network, *ends))
        elif (coupling or dict(arrow.network.options).get("residual")) and into != out:
            what = "a coupling network" if coupling else "x + f(x)"
            yield ("network",), f"{what} needs ends of one dimension; {arrow.name} has {into} and {out}"
        if coupling and into < 2:
            yield ("network",), "a coupling network needs two numbers or more"
    if arrow.frozen is not None:
        yield from ((("frozen",), why) for why in _unfit_frozen(arrow, into, out, whole))
    if arrow.factors:
        yield from ((("factors",), why) for why in _unfit_factors(whole, arrow))
    for key, other in (("inverse_of", arrow.inverse_of), ("tied_to", arrow.tied_to)):
        if other:
            yield from (((key,), why) for why in _unfit_other(whole, arrow, key, other))
    for key, weight in (("identity", arrow.identity), ("budget", arrow.budget)):
        if weight and whole.leaves(arrow.source) != whole.leaves(arrow.target):
            yield (key,), f"{arrow.name} cannot be compared with the identity: its ends are different spaces"
        if weight and not arrow.trained:
            yield (key,), f"{arrow.name} is not trained: a weight on it changes nothing"
        end = arrow.target if key == "identity" else arrow.source
        if weight and whole.thing(end).data is None:
            yield (key,), f"the {key} term of {arrow.name} needs data in {end}"


def _unfit_frozen(arrow: Arrow, into: int, out: int, whole: Specification) -> Iterator[str]:
    fixed = arrow.frozen
    assert fixed is not None
    if is_linear(fixed):
        yield from unfit_linear(arrow.name, fixed, whole.thing(arrow.source).shape, into, out)
    if fixed.kind == "polynomial":
        yield from unfit_polynomial(f"the polynomial of {arrow.name}", fixed, into)
        if out != 1:
            yield f"a polynomial gives one number; {arrow.target} has the dimension {out}"
    if fixed.kind == "identity" and whole.leaves(arrow.source) != whole.leaves(arrow.target):
        yield f"{arrow.name} cannot be the identity: its ends are different spaces"


def _unfit_factors(whole: Specification, arrow: Arrow) -> Iterator[str]:
    factors = whole.thing(arrow.source).product
    if not factors:
        yield f"{arrow.source} is no product: it has no factors to take"
    elif not all(1 <= number <= len(factors) for number in arrow.factors):
        yield f"{arrow.source} has the factors 1 to {len(factors)}, not {list(arrow.factors)}"
    else:
        shapes = [shape for number in arrow.factors for shape in whole.leaves(factors[number - 1])]
        if shapes != whole.leaves(arrow.target):
            yield f"these factors are not the spaces of {arrow.target}"


def _unfit_other(whole: Specification, arrow: Arrow, key: str, other: str) -> Iterator[str]:
    names = [each.name for each in whole.arrows]
    if other not in names:
        yield f"{arrow.name} is {key.replace('_', ' ')} {other!r}, which is no arrow; {near(other, names)}"
        return
    owner = whole.arrow(other)
    if owner.network is None:
        yield f"{other} has no network of its own: {arrow.name} cannot share its parameters"
        return
    ends = (whole.leaves(owner.source), whole.leaves(owner.target))
    own = (whole.leaves(arrow.source), whole.leaves(arrow.target))
    if key == "inverse_of" and owner.network.kind != "coupling":
        yield f"only a coupling network has an inverse by construction; {other} is of the kind {owner.network.kind!r}"
    if own != (ends if key == "tied_to" else ends[::-1]):
        yield f"{arrow.name} does not have the spaces of {other}" + (" turned round" if key == "inverse_of" else "")


# ------------------------------------------------------------------------------------------------ equations


def _equations(whole: Specification) -> Iterator[Fault]:
    edges = tuple(Edge(arrow.name, arrow.source, arrow.target) for arrow in whole.arrows)
    bare, seen = Schema(whole.name, tuple(thing.name for thing in whole.things), edges), set[object]()
    for number, demand in enumerate(whole.demands):
        here: Where = ("equations", number)
        why = _refused(lambda: bare.check(demand.equation))  # noqa: B023  (called at once)
        sides = frozenset((demand.lhs, demand.rhs))
        if why is not None:
            yield here, why
        elif len(sides) == 1:
            yield here, f"{demand.equation} says nothing, both sides are the same path"
        elif sides in seen:
            yield here, f"the equation {demand.equation} is given twice"
        seen.add(sides)
        if demand.weight is not None and demand.weight < 0:
            yield (*here, "weight"), "a weight is not below 0"
        if demand.cost not in COSTS:
            yield (*here, "cost"), f"the cost is one of {', '.join(COSTS)}, not {demand.cost!r}"
        if demand.on not in MEASURES:
            yield (*here, "on"), f"an equation is asked for on one of {', '.join(MEASURES)}, not {demand.on!r}"


def _refused(look: Callable[[], object]) -> str | None:
    """Why the schema refuses, without the name of the schema."""
    try:
        look()
    except SchemaError as refused:
        return str(refused).partition(": ")[2] or str(refused)
    return None


def _rest(whole: Specification) -> Iterator[Fault]:
    """Paths that are matched, truths and targets."""
    for text in whole.training["match"]:
        path = None
        try:
            path = path_in(whole.schema, text)
        except SchemaError as refused:
            yield ("training", "match"), str(refused).partition(": ")[2]
        if path is not None and whole.thing(path.source).data is None:
            yield ("training", "match"), f"{text} starts from {path.source}, which has no data"
        if path is not None and whole.thing(whole.schema.target(path)).data is None:
            yield ("training", "match"), f"{text} ends in {whole.schema.target(path)}, which has no data to match"
    yield from truth_faults(whole)
    for number, target in enumerate(whole.targets):
        if target.at_most is None and target.at_least is None:
            yield ("targets", number), f"the target for {target.figure!r} needs at_most or at_least"


def _critics(whole: Specification) -> Iterator[Fault]:
    """Critics that cannot look at the objects that they judge: factor by factor, where the adversary is so."""
    for target in dict.fromkeys(whole.schema.target(path) for path in whole.matched):
        beside = whole.adversary_of(target).kind == "factors"
        for name in whole.thing(target).product if beside else (target,):
            adversary, critic = whole.adversary_of(name), whole.critic_of(name)
            if adversary.kind in ("none", "factors"):
                adversary = whole.adversary or adversary
            fits = {"conv": unfit_conv_critic, "patches": unfit_patches_critic}.get(critic.kind)
            if fits is not None and adversary.kind not in ("none", "energy", "mmd"):
                reasons = fits(name, critic, whole.leaves(name))
                yield from ((("objects", name, "critic"), why) for why in reasons)


def _families(whole: Specification) -> Iterator[Fault]:
    """Families of objects that are none, or in words that say nothing."""
    names = [thing.name for thing in whole.things]
    for name, texts in whole.families:
        if name not in names:
            yield ("families", name), f"a family of {name!r}, which is no object; {near(name, names)}"
            continue
        for text in texts:
            if (why := unfit(whole, name, text)) is not None:
                yield ("families", name), why
        if len(set(texts)) < len(texts):
            yield ("families", name), f"a family of {name} is there twice"
