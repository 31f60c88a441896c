"""The laws of a category, of its tensor and of its product, stated once for every construction that has them."""

from __future__ import annotations

from typing import Any

from verified_cat.category import Symmetric
from verified_cat.lens import Bundle
from verified_cat.objects import Ob
from verified_cat.primitives import Symbol
from verified_cat.proofs.builders import (
    derivative_is_additive,
    opaque_functional,
    opaque_morphism,
)
from verified_cat.proofs.hypotheses import Hypotheses, additive_map, commutative_monoid
from verified_cat.proofs.obligations import Obligation
from verified_cat.proofs.statements import STATEMENTS, Sides, Statement, equal
from verified_cat.proofs.worlds import World


class Setting:
    """A construction of the world with its arbitrary objects, morphisms and, for Cont, the functional it is seen at."""

    def __init__(self, name: str, where: World) -> None:
        self.category: Any = {
            "functions": where.functions,
            "additive maps": where.additive,
            "dual": where.dual,
            "reverse mode": where.gad,
            "forward mode": where.forward,
            "lenses": where.lens,
        }.get(name)
        self.functional = None
        if name == "continuations":
            self.category = where.continuations(where.sort("R"))
            self.functional = opaque_functional(self.category)
        self.where = where
        self.bundles = name == "lenses"

    def objects(self, names: str) -> list[Any]:
        """Arbitrary objects."""
        fronts = self.where.sorts(names)
        if not self.bundles:
            return fronts
        backs = self.where.sorts(" ".join(f"{name}'" for name in names.split()))
        return [Bundle(front, back) for front, back in zip(fronts, backs, strict=True)]

    def morphism(self, name: str, dom: Any, cod: Any) -> Any:
        """An arbitrary morphism."""
        return opaque_morphism(self.category, name, dom, cod)

    def equal(self, sides: list[Sides], hypotheses: list[Hypotheses] | None = None) -> Obligation:
        """The obligation that the sides look the same in this construction."""
        return equal(self.category, sides, hypotheses or (), self.functional)


def category_laws(s: Setting) -> Obligation:
    """f ; (g ; h) = (f ; g) ; h, id ; f = f = f ; id (Mac Lane 1998, I.1)."""
    a, b, c, d = s.objects("A B C D")
    f, g, h, k = s.morphism("f", a, b), s.morphism("g", b, c), s.morphism("h", c, d), s.category
    return s.equal(
        [
            ("associativity", k.compose(f, k.compose(g, h)), k.compose(k.compose(f, g), h)),
            ("left identity", k.compose(k.identity(a), f), f),
            ("right identity", k.compose(f, k.identity(b)), f),
        ]
    )


def tensor_laws(s: Setting) -> Obligation:
    """(f ; g) ⊗ (f' ; g') = (f ⊗ f') ; (g ⊗ g') and id ⊗ id = id (Mac Lane 1998, VII.1)."""
    a, b, c, d, e, i = s.objects("A B C D E I")
    k = s.category
    f, g, f2, g2 = s.morphism("f", a, b), s.morphism("g", b, c), s.morphism("f2", d, e), s.morphism("g2", e, i)
    together = k.compose(k.tensor(f, f2), k.tensor(g, g2))
    return s.equal(
        [
            ("interchange", k.tensor(k.compose(f, g), k.compose(f2, g2)), together),
            ("identity", k.tensor(k.identity(a), k.identity(d)), k.identity(k.pair(a, d))),
        ]
    )


def isomorphism_laws(s: Setting) -> Obligation:
    """α, λ, ρ and σ are isomorphisms with the inverses given."""
    a, b, c = s.objects("A B C")
    k = s.category
    left, right, ia = k.pair(k.pair(a, b), c), k.pair(a, k.pair(b, c)), k.identity(a)
    there, back = k.associator(a, b, c), k.associator_inverse(a, b, c)
    lam, rho = (k.left_unitor(a), k.left_unitor_inverse(a)), (k.right_unitor(a), k.right_unitor_inverse(a))
    return s.equal(
        [
            ("α α⁻¹", k.compose(there, back), k.identity(left)),
            ("α⁻¹ α", k.compose(back, there), k.identity(right)),
            ("λ λ⁻¹", k.compose(*lam), k.identity(k.pair(k.unit, a))),
            ("λ⁻¹ λ", k.compose(*reversed(lam)), ia),
            ("ρ ρ⁻¹", k.compose(*rho), k.identity(k.pair(a, k.unit))),
            ("ρ⁻¹ ρ", k.compose(*reversed(rho)), ia),
            ("σ σ", k.compose(k.swap(a, b), k.swap(b, a)), k.identity(k.pair(a, b))),
        ]
    )


def naturality_laws(s: Setting) -> Obligation:
    """α, λ, ρ and σ are natural."""
    a, b, c, d, e, i = s.objects("A B C D E I")
    k = s.category
    f, g, h, one = s.morphism("f", a, b), s.morphism("g", c, d), s.morphism("h", e, i), k.identity(k.unit)
    t = k.tensor
    return s.equal(
        [
            ("α", k.compose(t(t(f, g), h), k.associator(b, d, i)), k.compose(k.associator(a, c, e), t(f, t(g, h)))),
            ("λ", k.compose(t(one, f), k.left_unitor(b)), k.compose(k.left_unitor(a), f)),
            ("ρ", k.compose(t(f, one), k.right_unitor(b)), k.compose(k.right_unitor(a), f)),
            ("σ", k.compose(t(f, g), k.swap(b, d)), k.compose(k.swap(a, c), t(g, f))),
        ]
    )


def coherence_laws(s: Setting) -> Obligation:
    """Pentagon, triangle and hexagon (Mac Lane 1998, VII.1 (5), (7) and XI.1 (7))."""
    a, b, c, d = s.objects("A B C D")
    k = s.category
    ia, id_ = k.identity(a), k.identity(d)
    short = k.compose(k.associator(k.pair(a, b), c, d), k.associator(a, b, k.pair(c, d)))
    long = k.sequence(
        k.tensor(k.associator(a, b, c), id_),
        k.associator(a, k.pair(b, c), d),
        k.tensor(ia, k.associator(b, c, d)),
    )
    over = k.compose(k.associator(a, k.unit, b), k.tensor(ia, k.left_unitor(b)))
    straight = k.sequence(k.associator(a, b, c), k.swap(a, k.pair(b, c)), k.associator(b, c, a))
    around = k.sequence(
        k.tensor(k.swap(a, b), k.identity(c)),
        k.associator(b, a, c),
        k.tensor(k.identity(b), k.swap(a, c)),
    )
    return s.equal(
        [
            ("pentagon", short, long),
            ("triangle", over, k.tensor(k.right_unitor(a), k.identity(b))),
            ("hexagon", straight, around),
        ]
    )


def middle_four_law(s: Setting) -> Obligation:
    """The middle-four swap is what the associators and the symmetry make of it."""
    a, b, c, d = s.objects("A B C D")
    derived = Symmetric.middle_four(s.category, a, b, c, d)
    return s.equal([("middle four", s.category.middle_four(a, b, c, d), derived)])


def cartesian_laws(s: Setting) -> Obligation:
    """Copy and discard are natural and a cocommutative comonoid; pairing is universal (Fox 1976)."""
    a, b, c = s.objects("A B C")
    k = s.category
    f, g = s.morphism("f", a, b), s.morphism("g", a, c)
    copy, one = k.copy(a), k.identity(a)
    twice_left = k.sequence(copy, k.tensor(copy, one), k.associator(a, a, a))
    sides: list[Sides] = [
        ("copy is natural", k.compose(f, k.copy(b)), k.compose(copy, k.tensor(f, f))),
        ("discard is natural", k.compose(f, k.discard(b)), k.discard(a)),
        ("copy is coassociative", twice_left, k.compose(copy, k.tensor(one, copy))),
        ("copy is counital", k.sequence(copy, k.tensor(k.discard(a), one), k.left_unitor(a)), one),
        ("copy is cocommutative", k.compose(copy, k.swap(a, a)), copy),
        ("first of a pairing", k.compose(k.pairing(f, g), k.first(b, c)), f),
        ("second of a pairing", k.compose(k.pairing(f, g), k.second(b, c)), g),
        ("pairing is copy and tensor", k.pairing(f, g), k.compose(copy, k.tensor(f, g))),
        ("pairing of the projections", k.pairing(k.first(b, c), k.second(b, c)), k.identity(k.pair(b, c))),
    ]
    return s.equal(sides, _additivity(s, {"f": (a, b), "g": (a, c)}, [a, b, c]))


def _additivity(s: Setting, morphisms: dict[str, tuple[Ob, Ob]], objects: list[Ob]) -> list[Hypotheses]:
    """What makes the arbitrary morphisms members: nothing for functions, additivity where 0 and + are used."""
    where, k = s.where, s.category
    if k in (where.functions, where.additive, where.forward):
        return []
    monoids = [commutative_monoid(ob) for ob in dict.fromkeys(objects)]
    if k is where.dual:
        return monoids + [additive_map(Symbol(name, cod, dom)) for name, (dom, cod) in morphisms.items()]
    if k is where.gad:
        return monoids + [derivative_is_additive(k, name, *ends) for name, ends in morphisms.items()]
    result = where.sort("R")
    seen_at = [additive_map(Symbol("h", ob, result)) for ob in dict.fromkeys([*objects])]
    return [*monoids, commutative_monoid(result), *seen_at]


_LAWS = {
    "CAT": category_laws,
    "MON-FUNCT": tensor_laws,
    "MON-ISO inverses": isomorphism_laws,
    "MON-ISO naturality": naturality_laws,
    "MON-COH": coherence_laws,
    "MON-MID4": middle_four_law,
    "CART": cartesian_laws,
}
_EVERYWHERE = ("functions", "additive maps", "dual", "reverse mode", "forward mode", "lenses")


def _register(law: str, setting: str) -> None:
    STATEMENTS[f"{law} of {setting}"] = Statement(
        f"{law} of {setting}", lambda where: _LAWS[law](Setting(setting, where))
    )


for _law in _LAWS:
    for _setting in _EVERYWHERE:
        if not (_law == "CART" and _setting == "lenses"):
            _register(_law, _setting)
_register("CAT", "continuations")
