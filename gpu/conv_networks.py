"""Convolutional networks between objects that hold an image (channels, height, width), and vectors beside it.

Down, through the middle and up again: for n widths, n convolutions of stride 2 each halve the sides; one of 3 by 3
stands in the middle; n times the sides are doubled by repeating entries, and a convolution follows; a last one gives
the image. Vectors beside the image of the source scale and shift the channels of every layer from the middle on (FiLM:
Perez et al. 2018, equation 1), or enter the middle as channels. Vectors of the target are a dense layer on the middle.

The critic has one convolution for each width and a dense layer to one number; five of window 5, with strides 2, 1, 2,
2, 2, are those of Gavranović 2020, Appendix A.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from math import prod

from verified_cat import primitives
from verified_cat.axes import concatenate, part
from verified_cat.category import Terms
from verified_cat.gpu.schema_networks import ACTIVATIONS, embedded
from verified_cat.gpu.wasserstein import chained, plus
from verified_cat.image_faults import halved
from verified_cat.images import conv2d, resize_nearest
from verified_cat.networks import PARA, Network, dense, entrywise
from verified_cat.objects import Ob, Pair, Space
from verified_cat.primitives import Shape
from verified_cat.schema import product, project
from verified_cat.schema_kinds import Settings
from verified_cat.terms import First, Identity, Pairing, Second, Term

Activation = Callable[[Shape], Term]

MIDDLE = 3
"""The window of the convolution in the middle."""


# ------------------------------------------------------------------------------------------------ objects with images


def held(ob: Ob) -> list[tuple[Shape, Term]]:
    """The spaces of an object from left to right, each with its projection."""
    if isinstance(ob, Pair):
        sides = (First(ob.left, ob.right), ob.left), (Second(ob.left, ob.right), ob.right)
        return [(shape, side >> rest) for side, half in sides for shape, rest in held(half)]
    assert isinstance(ob, Space)
    return [(ob.shape, Identity(ob))]


def image(ob: Ob) -> tuple[Shape, Term] | None:
    """The image that an object holds, A → R[rows, c, h, w]."""
    return next((each for each in held(ob) if len(each[0]) == 4), None)


def code(ob: Ob) -> tuple[int, Term] | None:
    """What stands beside the image, side by side: A → R[rows, k], with k."""
    found = [each for each in held(ob) if len(each[0]) == 2]
    if not found:
        return None
    (count, entries), whole = found[0]
    for shape, taken in found[1:]:
        whole = Pairing(whole, taken) >> concatenate((count, entries), shape, 1)
        entries += shape[1]
    return entries, whole


def assembled(ob: Ob, picture: Term | None, table: Term | None, start: int = 0) -> Term:
    """X → A from X → R[rows, c, h, w] and X → R[rows, k], as far as A holds them."""
    if isinstance(ob, Pair):
        taken = sum(shape[1] for shape, _ in held(ob.left) if len(shape) == 2)
        return Pairing(assembled(ob.left, picture, table, start), assembled(ob.right, picture, table, start + taken))
    assert isinstance(ob, Space)
    if len(ob.shape) == 4:
        assert picture is not None
        return picture
    assert table is not None and isinstance(table.cod, Space)
    stop = start + ob.shape[1]
    return table if ob == table.cod else table >> part(table.cod.shape, 1, start, stop)


# ------------------------------------------------------------------------------------------------ networks


class Layers:
    """The layers of a network from X, by name: put on terms P ⊗ X → A, where P has the parameters of all of them."""

    def __init__(self, source: Ob, own: dict[str, Network]) -> None:
        self.source, self.own = source, own
        self.params = [network.map.param for network in own.values()]
        self.param = product(Terms(), self.params)
        self.x = Second(self.param, source)

    def on(self, name: str, before: Term) -> Term:
        """(p, x) ↦ layer(p_layer, before(p, x))."""
        place = list(self.own).index(name)
        taken = First(self.param, self.source) >> project(Terms(), self.params, place)
        return Pairing(taken, before) >> self.own[name].map.inside

    def network(self, target: Ob, ended: Term, name: str) -> Network:
        """(P, ended) : X → Y."""
        names = tuple(each for network in self.own.values() for each in network.names)
        return Network(PARA.of(self.param, self.source, target, ended), names, (name, name))


@dataclass(frozen=True)
class Plan:
    """The layers that a network of the kind ``conv`` has: from images ``here`` or a code, to images ``there``, with so
    many entries of the codes that come in and go out."""

    made: Settings
    name: str
    here: Shape | None
    there: Shape | None
    given: int
    asked: int

    @cached_property
    def shape(self) -> Shape:
        """The images at an end."""
        known = self.here or self.there
        assert known is not None
        return known

    @cached_property
    def sizes(self) -> list[tuple[int, int]]:
        """Height and width, and after each halving."""
        found = [(self.shape[2], self.shape[3])]
        for _ in self.made["channels"]:
            found.append((halved(found[-1][0]), halved(found[-1][1])))
        return found

    def films(self, way: str) -> bool:
        """Whether a code comes in beside an image, this way."""
        return bool(self.given and self.here) and self.made["code"] == way

    def layers(self) -> dict[str, Network]:
        """The layers by name, in order."""
        return {each.ends[0].removeprefix(f"{self.name}."): each for each in (*self._below(), *self._above())}

    def _below(self) -> Iterator[Network]:
        """Down from an image or up from a code, and the middle; a head for a code."""
        widths, area = self.made["channels"], prod(self.sizes[-1])
        if self.here:
            for number, (channels, filters) in enumerate(pairwise((self.here[1], *widths)), start=1):
                yield self._layer(f"down{number}", channels, filters, number - 1, stride=2)
        else:
            yield self._dense("start", self.given, widths[-1] * area)
        entering = widths[-1] + (self.given if self.films("channels") else 0)
        yield self._layer("middle", entering, widths[-1], len(widths), window=MIDDLE)
        yield from self._film("middle", widths[-1])
        if self.asked:
            yield self._dense("head", widths[-1] * area, self.asked)

    def _above(self) -> Iterator[Network]:
        """Up to an image."""
        widths = self.made["channels"]
        for number in range(len(widths), 0, -1) if self.there else ():
            filters = widths[max(number - 2, 0)]
            yield self._layer(f"up{number}", widths[number - 1], filters, number - 1)
            yield from self._film(f"up{number}", filters)
        if self.there:
            yield self._layer("last", widths[0], self.there[1], 0)

    def _layer(self, key: str, channels: int, filters: int, size: int, stride: int = 1, window: int = 0) -> Network:
        images, side = (self.shape[0], channels, *self.sizes[size]), window or self.made["window"]
        around = (side // 2, side // 2)
        return conv2d(images, filters, (side, side), (stride, stride), around, name=f"{self.name}.{key}")

    def _film(self, key: str, channels: int) -> Iterator[Network]:
        if self.films("film"):
            yield self._dense(f"{key}_code", self.given, 2 * channels)

    def _dense(self, key: str, inputs: int, outputs: int) -> Network:
        return dense(self.shape[0], inputs, outputs, f"{self.name}.{key}")


def conv(made: Settings, source: Ob, target: Ob, name: str) -> Network:
    """The network of the kind ``conv`` between objects that ``image_faults.unfit_conv`` has nothing against."""
    here, there, given, asked = image(source), image(target), code(source), code(target)
    plan = Plan(made, name, here and here[0], there and there[0], given[0] if given else 0, asked[0] if asked else 0)
    wiring, act = Layers(source, plan.layers()), ACTIVATIONS[made["activation"]]
    x, z = here and wiring.x >> here[1], given and wiring.x >> given[1]
    h = _then(_modulated(wiring, "middle", _down(plan, wiring, x, z), z), act)
    table = _ended(wiring.on("head", _flat(h)), made["code_ending"]) if asked else None
    picture = None
    if there is not None:
        for number in range(len(made["channels"]), 0, -1):
            h = _then(_modulated(wiring, f"up{number}", _resized(h, plan.sizes[number - 1]), z), act)
        picture = _ended(wiring.on("last", h), made["ending"])
        if made["residual"]:
            assert x is not None
            picture = Pairing(x, picture) >> primitives.add(plan.shape)
    return wiring.network(target, assembled(target, picture, table), name)


def _down(plan: Plan, wiring: Layers, x: Term | None, z: Term | None) -> Term:
    """What the middle is given: the image after its halvings, with a code as channels; or a code as an image."""
    if x is None:
        assert z is not None
        return _reshaped(wiring.on("start", z), (plan.shape[0], plan.made["channels"][-1], *plan.sizes[-1]))
    for number in range(1, len(plan.sizes)):
        x = _then(wiring.on(f"down{number}", x), ACTIVATIONS[plan.made["activation"]])
    return _with_channels(x, z) if z is not None and plan.films("channels") else x


def _shape(term: Term) -> Shape:
    assert isinstance(term.cod, Space)
    return term.cod.shape


def _then(term: Term, act: Activation) -> Term:
    return term >> act(_shape(term))


def _ended(term: Term, ending: str) -> Term:
    return term if ending == "none" else _then(term, ACTIVATIONS[ending])


def _reshaped(term: Term, shape: Shape) -> Term:
    return term >> primitives.reshape(_shape(term), shape)


def _flat(term: Term) -> Term:
    count, *others = _shape(term)
    return _reshaped(term, (count, prod(others)))


def _resized(term: Term, sizes: tuple[int, int]) -> Term:
    return term >> resize_nearest(_shape(term), sizes)


def _with_channels(h: Term, z: Term) -> Term:
    """(h, z): each entry of z a channel of its own, the same at every place."""
    count, _, high, wide = _shape(h)
    spread = (count, _shape(z)[1], high, wide)
    return Pairing(h, z >> primitives.broadcast(spread, (2, 3))) >> concatenate(_shape(h), spread, 1)


def _modulated(layers: Layers, key: str, h: Term, z: Term | None) -> Term:
    """(1 + s(z)) y + t(z) for y = layer(h), where the layer has a code; else y."""
    y = layers.on(key, h)
    if z is None or f"{key}_code" not in layers.own:
        return y
    both = layers.on(f"{key}_code", z)
    return Pairing(y, both) >> scaled_and_shifted(_shape(y))


def scaled_and_shifted(shape: Shape) -> Term:
    """(y, (s, t)) ↦ (1 + s) y + t, with s and t for each channel : R[n,c,h,w] ⊗ R[n,2c] → R[n,c,h,w]."""
    count, channels = shape[:2]
    table = (count, 2 * channels)
    y, both = First(Space(shape), Space(table)), Second(Space(shape), Space(table))
    spread = primitives.broadcast(shape, (2, 3))
    scale = both >> part(table, 1, 0, channels) >> plus((count, channels), 1) >> spread
    shift = both >> part(table, 1, channels, 2 * channels) >> spread
    return Pairing(Pairing(y, scale) >> primitives.multiply(shape), shift) >> primitives.add(shape)


# ------------------------------------------------------------------------------------------------ critics


def critic(made: Settings, ob: Ob, name: str) -> Network:
    """One number for each image; with vectors beside it, of both jointly: these enter the last layer."""
    seen, beside_it, around = image(ob), code(ob), made["window"] // 2
    assert seen is not None
    shape, act, parts = seen[0], ACTIVATIONS[made["activation"]], list[Network]()
    for number, (filters, stride) in enumerate(zip(made["channels"], made["strides"], strict=True), start=1):
        window = (made["window"], made["window"])
        layer = conv2d(shape, filters, window, (stride, stride), (around, around), name=f"{name}.conv{number}")
        assert isinstance(layer.map.cod, Space)
        shape = layer.map.cod.shape
        parts += [layer, entrywise(act, *shape)]
    count, width = shape[0], prod(shape[1:])
    body = chained(*parts, embedded(primitives.reshape(shape, (count, width))))
    if beside_it is None:
        return chained(embedded(seen[1]), body, dense(count, width, 1, f"{name}.last"))
    entries, taken = beside_it
    kept = embedded(Identity(taken.cod))
    both = Network(PARA.tensor(body.map, kept.map), body.names)
    joined = embedded(concatenate((count, width), (count, entries), 1))
    after = chained(*_two_layers(count, width + entries, made["channels"][-1], act, name))
    return chained(embedded(Pairing(seen[1], taken)), both, joined, after)


def _two_layers(count: int, inputs: int, width: int, act: Activation, name: str) -> list[Network]:
    """R[count, inputs] → R[count, 1] through one hidden layer."""
    hidden = dense(count, inputs, width, f"{name}.hidden")
    return [hidden, entrywise(act, count, width), dense(count, width, 1, f"{name}.last")]
