"""What the slides display of morphisms of D and of functors out of schemas (Gavranović, SYCO 2, slides 19, 21, 22)."""

from __future__ import annotations

from typing import Any

from verified_cat import primitives as p
from verified_cat.congruence import dimension_obstruction
from verified_cat.functions import Arrow, Functions
from verified_cat.gad import forward_mode
from verified_cat.objects import SCALAR, Pair, space
from verified_cat.para import Para, ParaMap
from verified_cat.reference.engine import SympyEngine
from verified_cat.reference.formula import Formula, Sides, function, lifted, plain, symbols
from verified_cat.schema import CYCLE_GAN, Architecture, Path
from verified_cat.terms import Copy

ENGINE = SympyEngine()
FUNCTIONS = Functions(ENGINE)
PARA = Para(FUNCTIONS)
SLIDES = "Gavranović, SYCO 2 (2018), slide"
HORSE, ZEBRA = CYCLE_GAN.objects
THERE, BACK = (edge.name for edge in CYCLE_GAN.edges)
ROUND = Path(HORSE, (THERE, BACK))

x, u, v, s, t = symbols("x u v s t")


# ------------------------------------------------------------------------------------------------ D


SQUARE = Copy(SCALAR) >> p.multiply(())


def _value_and_derivative() -> Sides:
    """x² with its derivative at x, which takes u + v to the sum of what it takes u and v to."""
    value, push = forward_mode(ENGINE).differentiate(SQUARE)(lifted(x))
    return (plain(value), plain(push(lifted(u + v)))), (x**2, plain(push(lifted(u))) + plain(push(lifted(v))))


def _function_for_derivative() -> Sides:
    """x² itself is not additive, so it is no a ⊸ b."""
    return (u + v) ** 2, u**2 + v**2


# ------------------------------------------------------------------------------------------------ functors


def _map(f: Any) -> ParaMap[Arrow]:
    return ParaMap(SCALAR, SCALAR, SCALAR, FUNCTIONS.arrow(Pair(SCALAR, SCALAR), SCALAR, function(f)))


def _architecture(there: Any, back: Any) -> Architecture[Arrow]:
    objects = {name: SCALAR for name in CYCLE_GAN.objects}
    return Architecture(CYCLE_GAN, PARA, objects, {THERE: _map(there), BACK: _map(back)})


def _shift(pa: Any) -> Any:
    return pa[0] + pa[1]


def _shift_back(qb: Any) -> Any:
    return qb[1] - qb[0]


def _around(architecture: Architecture[Arrow], first: Any, second: Any) -> Any:
    """F(f ; g) at the parameters of f and of g."""
    path = architecture.on_path(ROUND)
    return plain(path.inside(lifted(((first, second), x))))


def _free() -> Sides:
    """F(f ; g) = F(f) ; F(g), which has both parameters."""
    architecture = _architecture(_shift, lambda qb: qb[0] * qb[1])
    return _around(architecture, s, t), t * (x + s)


def _free_with_one_parameter() -> Sides:
    return _free()[0], s * (x + s)


def _preserved() -> Sides:
    """a ↦ a + s and b ↦ b - s at the same s: both path equations hold."""
    return _around(_architecture(_shift, _shift_back), s, s), x


def _not_yet_preserved() -> Sides:
    """The same two networks before they have learned it: at other parameters the functor does not factor through C."""
    return _around(_architecture(_shift, _shift_back), s, t), x


def _images() -> Sides:
    return dimension_obstruction(CYCLE_GAN, dict.fromkeys(CYCLE_GAN.objects, space(64, 64, 3))), []


def _images_of_other_size() -> Sides:
    return dimension_obstruction(CYCLE_GAN, {HORSE: space(64, 64, 3), ZEBRA: space(32, 32, 3)}), []


FORMULAS = (
    Formula(
        "D-morphism",
        "a → b × (a ⊸ b)",
        f"{SLIDES} 19",
        _value_and_derivative,
        {"a → b × (a → b), with any function": _function_for_derivative},
    ),
    Formula(
        "free-functor",
        "Free(G) → Para, with (P × Q) × A → C for a path of two edges",
        f"{SLIDES} 21 and 22",
        _free,
        {"one parameter for both edges": _free_with_one_parameter},
    ),
    Formula(
        "schema-functor",
        "P : C → Para for C := (G, ≃): the functor preserves ≃",
        f"{SLIDES} 21",
        _preserved,
        {"every functor Free(G) → Para does": _not_yet_preserved},
    ),
    Formula(
        "horse-zebra-dimensions",
        "Pf, Pg : R^(64·64·3) → R^(64·64·3): no obstruction, of dimension",
        f"{SLIDES} 21 and 22",
        _images,
        {"images of another size": _images_of_other_size},
    ),
)
