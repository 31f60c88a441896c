"""How often things are computed: sharing in GAD, and what a composite lens recomputes."""

from dataclasses import dataclass, field
from functools import partial

from verified_cat.audits import audit
from verified_cat.dual import Dual
from verified_cat.functions import AdditiveMaps, Arrow, Functions
from verified_cat.gad import GAD
from verified_cat.lens import Bundle, Lens, LensMap
from verified_cat.objects import SCALAR, Pair
from verified_cat.worlds import mutated

LAYERS = 8


@dataclass
class _Counts:
    """How often each layer was run forward and back."""

    there: list[int] = field(default_factory=lambda: [0] * LAYERS)
    back: list[int] = field(default_factory=lambda: [0] * LAYERS)

    def forward(self, number):
        def run(a):
            self.there[number] += 1
            return a

        return run

    def backward(self, number):
        def run(w):
            self.back[number] += 1
            return w

        return run


class _Nothing:
    """An engine without operations: only counting runs."""

    name = "counters"


def left_nested(category, parts):
    """((f₁ ; f₂) ; f₃) ; …"""
    return category.sequence(*parts)


def right_nested(category, parts):
    """f₁ ; (f₂ ; (f₃ ; …))."""
    *others, whole = parts
    for part in reversed(others):
        whole = category.compose(part, whole)
    return whole


def balanced(category, parts):
    """(f₁ ; … ; fₖ) ; (fₖ₊₁ ; … ; fₙ), and so on within."""
    if len(parts) == 1:
        return parts[0]
    middle = len(parts) // 2
    return category.compose(balanced(category, parts[:middle]), balanced(category, parts[middle:]))


NESTINGS = {"left": left_nested, "right": right_nested, "balanced": balanced}


# ------------------------------------------------------------------------------------------------ D-ONCE


def recomputing(gad, f, g):
    """f ; g that computes f(a) again where it needs the derivative."""
    right = GAD.compose(gad, f, g)

    def run(a):
        f.run(a)
        return right.run(a)

    return gad.of(right.dom, right.cod, run)


def _shared(gad):
    """What is not computed once in composites of LAYERS counting layers."""
    for name, nest in NESTINGS.items():
        counts = _Counts()

        def layer(number, counts=counts):
            there, back = counts.forward(number), Arrow(SCALAR, SCALAR, counts.backward(number))
            return gad.of(SCALAR, SCALAR, lambda a: (there(a), back))

        whole = nest(gad, [layer(number) for number in range(LAYERS)])
        _, derivative = whole.run(1)
        if counts.there != [1] * LAYERS or counts.back != [0] * LAYERS:
            yield f"{gad.name}, nested {name}: the forward pass ran {counts.there}, back {counts.back}"
        derivative.run(1)
        if (counts.there, counts.back) != ([1] * LAYERS, [1] * LAYERS):
            yield f"{gad.name}, nested {name}: with the derivative, {counts.there} forward and {counts.back} back"


def _modes():
    functions, additive = Functions(_Nothing()), AdditiveMaps(_Nothing())
    return GAD(functions, additive), GAD(functions, Dual(additive))


def _shared_by_broken(which):
    return _shared(mutated(_modes()[which], {"compose": recomputing}))


@audit(
    "D-ONCE",
    source="Elliott 2018, Corollary 1.1, 'efficiently'",
    controls={
        f"f(a) is computed again for the derivative, in {name} mode": partial(_shared_by_broken, which)
        for which, name in enumerate(("forward", "reverse"))
    },
)
def every_layer_is_computed_once():
    """In a composite of n layers, however nested, each is run once forward and its derivative once per pass back."""
    return len(_modes()) * len(NESTINGS), [fault for gad in _modes() for fault in _shared(gad)]


# ------------------------------------------------------------------------------------------------ LENS-COST


def gets_of_put(lens, nest):
    """How many gets run when the put of a composite of LAYERS lenses is run."""
    counts, ends = _Counts(), Bundle(SCALAR, SCALAR)

    def layer(number):
        put = lens.base.second(SCALAR, SCALAR)
        return LensMap(ends, ends, lens.base.arrow(SCALAR, SCALAR, counts.forward(number)), put)

    nest(lens, [layer(number) for number in range(LAYERS)]).put.run((1, 1))
    return sum(counts.there)


EXPECTED = {"left": LAYERS * (LAYERS - 1) // 2, "right": LAYERS - 1, "balanced": 12}
"""n (n - 1) / 2, n - 1, and n log₂(n) / 2 for n = 8."""


def _recomputed(lens):
    for name, nest in NESTINGS.items():
        found = gets_of_put(lens, nest)
        if found != EXPECTED[name]:
            yield f"nested {name}: {found} gets, where {EXPECTED[name]} are due"


def asked_twice(lens, f, g):
    """f ; g whose put computes get once more than it needs to."""
    right = Lens.compose(lens, f, g)

    def put(x):
        a, _ = x
        f.get.run(a)
        return right.put.run(x)

    return LensMap(right.dom, right.cod, right.get, lens.base.arrow(Pair(f.dom.front, g.cod.back), f.dom.back, put))


def _asking_twice():
    return _recomputed(mutated(Lens(Functions(_Nothing())), {"compose": asked_twice}))


@audit(
    "LENS-COST",
    source="derived here; compare the oplaxator from lenses to optics",
    controls={"the put of a composite computes get once more": _asking_twice},
)
def what_a_composite_lens_recomputes():
    """put of n lenses runs get n (n - 1) / 2 times nested to the left, n - 1 to the right, n log₂(n) / 2 balanced."""
    return len(NESTINGS), list(_recomputed(Lens(Functions(_Nothing()))))
