"""Convolutional networks between objects that hold an image (channels, height, width), and vectors beside it.

Down, through the middle and up again: for n widths, n convolutions of stride 2 each halve the sides; one of 3 by 3
stands in the middle; n times the sides are doubled by repeating entries, and a convolution follows; a last one gives
the image. Vectors beside the image of the source scale and shift the channels of every layer from the middle on (FiLM:
Perez et al. 2018, equation 1), or enter the middle as channels. Vectors of the target are a dense layer on the middle.

The critic has one convolution for each width and a dense layer to one number; five of window 5, with strides 2, 1, 2,
2, 2, are those of Gavranović 2020, Appendix A.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod

from verified_cat import primitives
from verified_cat.axes import concatenate, part
from verified_cat.category import Terms
from verified_cat.gpu.schema_networks import ACTIVATIONS, embedded
from verified_cat.gpu.wasserstein import chained, plus, rows
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


def conv(made: Settings, source: Ob, target: Ob, name: str) -> Network:
    """The network of the kind ``conv`` between objects that ``image_faults.unfit_conv`` has nothing against."""
    here, there, given, asked = image(source), image(target), code(source), code(target)
    known = here or there
    assert known is not None
    wiring = Layers(source, _layers(made, name, here and here[0], there and there[0], given, asked))
    act, sizes = ACTIVATIONS[made["activation"]], _sizes(known[0], len(made["channels"]))
    x, z = wiring.x, given and wiring.x >> given[1]
    h: Term
    if here is not None:
        h = x >> here[1]
        for number in range(1, len(sizes)):
            h = _then(wiring.on(f"down{number}", h), act)
        if z is not None and made["code"] == "channels":
            h = _with_channels(h, z)
    else:
        assert z is not None
        h = _reshaped(wiring.on("start", z), (rows(source), made["channels"][-1], *sizes[-1]))
    h = _then(_modulated(wiring, "middle", h, z), act)
    table = _ended(wiring.on("head", _flat(h)), made["code_ending"]) if asked else None
    picture = None
    if there is not None:
        for number in reversed(range(1, len(sizes))):
            h = _then(_modulated(wiring, f"up{number}", _resized(h, sizes[number - 1]), z), act)
        picture = _ended(wiring.on("last", h), made["ending"])
        if made["residual"]:
            assert here is not None
            picture = Pairing(x >> here[1], picture) >> primitives.add(here[0])
    return wiring.network(target, assembled(target, picture, table), name)


def _layers(
    made: Settings,
    name: str,
    here: Shape | None,
    there: Shape | None,
    given: tuple[int, Term] | None,
    asked: tuple[int, Term] | None,
) -> dict[str, Network]:
    """The layers by name. Down from an image or up from a code, the middle, a head for a code, and up to an image."""
    shape, widths, window = here or there, made["channels"], made["window"]
    assert shape is not None
    count, sizes = shape[0], _sizes(shape, len(widths))
    found: dict[str, Network] = {}

    def layer(key: str, channels: int, filters: int, side: int, size: int, stride: int = 1) -> None:
        around = (side // 2, side // 2)
        images = (count, channels, *sizes[size])
        found[key] = conv2d(images, filters, (side, side), (stride, stride), around, name=f"{name}.{key}")

    def film(key: str, channels: int) -> None:
        if given and here and made["code"] == "film":
            found[f"{key}_code"] = dense(count, given[0], 2 * channels, f"{name}.{key}_code")

    entering = given[0] if given and here and made["code"] == "channels" else 0
    for number, (channels, filters) in enumerate(zip((shape[1], *widths), widths, strict=False), start=1):
        if here:
            layer(f"down{number}", channels, filters, window, number - 1, 2)
    area = prod(sizes[-1])
    if not here:
        assert given is not None
        found["start"] = dense(count, given[0], widths[-1] * area, f"{name}.start")
    layer("middle", widths[-1] + entering, widths[-1], MIDDLE, len(widths))
    film("middle", widths[-1])
    if asked:
        found["head"] = dense(count, widths[-1] * area, asked[0], f"{name}.head")
    if there:
        for number in reversed(range(1, len(sizes))):
            filters = widths[max(number - 2, 0)]
            layer(f"up{number}", widths[number - 1], filters, window, number - 1)
            film(f"up{number}", filters)
        layer("last", widths[0], there[1], window, 0)
    return found


def _sizes(shape: Shape, count: int) -> list[tuple[int, int]]:
    """Height and width, and after each halving."""
    found = [(shape[2], shape[3])]
    for _ in range(count):
        found.append((halved(found[-1][0]), halved(found[-1][1])))
    return found


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
