"""What completes the induction over terms: linear maps, ⊗, transposes; that a derivative is unique and is Fréchet's.

The vocabulary, the facts about norms, and the chain rule itself are in `chain_rule`.
"""

from __future__ import annotations

from verified_cat.proofs.chain_rule import (
    BASE,
    GIVEN,
    apart,
    applied,
    assumed,
    both,
    equation,
    least,
    maps,
    minus,
    near,
    norm,
    positive,
    slope,
)
from verified_cat.proofs.firstorder import REAL, Conclusion, Expression, Lemma, Signature, Statement

# ------------------------------------------------------------------------------------------------ E: uniqueness

LARGER = ("+", norm("X", "v"), 1)
GAP = apart("Y", applied("XY", (("phi", "c"), "v")), applied("XY", (("psi", "c"), "v")))
EPSILON = ("/", GAP, ("*", 2, LARGER))
STEP = ("/", least(("d_phi", EPSILON), ("d_psi", EPSILON)), ("*", 2, LARGER))
POINT = ("plus X", "c", ("times X", STEP, "v"))
"""c + t v, so near to c that both slopes are within ε = ‖Φ(c) v - Ψ(c) v‖ / 2 (‖v‖ + 1) of their values at c."""


def _along(which: str, where: Expression) -> Expression:
    """Φ(y) v."""
    return applied("XY", ((which, where), "v"))


UNIQUE_FACTS = {
    "step": equation(
        (("t", REAL), ("a", "X"), ("v", "X")),
        minus("X", ("plus X", "a", ("times X", "t", "v")), "a"),
        ("times X", "t", "v"),
    ),
    "norm of a multiple": Statement(
        (("t", REAL), ("v", "X")),
        ("=>", ("<=", 0, "t"), ("=", norm("X", ("times X", "t", "v")), ("*", "t", norm("X", "v")))),
    ),
    "homogeneous": equation(
        (("l", "XY"), ("t", REAL), ("v", "X")),
        applied("XY", ("l", ("times X", "t", "v"))),
        ("times Y", "t", applied("XY", ("l", "v"))),
    ),
    "cancel": Statement(
        (("t", REAL), ("a", "Y"), ("b", "Y")),
        ("=>", both(("<", 0, "t"), ("=", ("times Y", "t", "a"), ("times Y", "t", "b"))), ("=", "a", "b")),
    ),
    "detour": Statement(
        (("a", "Y"), ("b", "Y"), ("m", "Y")),
        ("<=", apart("Y", "a", "b"), ("+", apart("Y", "m", "a"), apart("Y", "m", "b"))),
    ),
    "definite": Statement((("a", "Y"), ("b", "Y")), ("=>", ("<=", apart("Y", "a", "b"), 0), ("=", "a", "b"))),
}

E = Lemma(
    "E",
    "Two slopes of one map that are continuous at c have the same value there: the derivative is unique.",
    {**BASE, **GIVEN, **maps(psi="X XY", d_psi="R R")},
    {
        **assumed("operator norm XY", "norm X ≥ 0", "norm Y ≥ 0", "difference of maps"),
        **UNIQUE_FACTS,
        "slope phi": slope("f", "phi", "c", "X", "Y"),
        "slope psi": slope("f", "psi", "c", "X", "Y"),
        "positive phi": positive("d_phi"),
        "near phi": near("phi", "c", "d_phi", "X", "XY"),
        "positive psi": positive("d_psi"),
        "near psi": near("psi", "c", "d_psi", "X", "XY"),
    },
    {
        "unique": Conclusion(
            equation((("v", "X"),), _along("phi", "c"), _along("psi", "c")),
            (
                ("definite", (_along("phi", "c"), _along("psi", "c"))),
                ("norm X ≥ 0", ("v",)),
                ("positive phi", (EPSILON,)),
                ("positive psi", (EPSILON,)),
                ("step", (STEP, "c", "v")),
                ("norm of a multiple", (STEP, "v")),
                ("slope phi", (POINT,)),
                ("slope psi", (POINT,)),
                ("homogeneous", (("phi", POINT), STEP, "v")),
                ("homogeneous", (("psi", POINT), STEP, "v")),
                ("cancel", (STEP, _along("phi", POINT), _along("psi", POINT))),
                ("near phi", (EPSILON, POINT)),
                ("near psi", (EPSILON, POINT)),
                ("difference of maps", (("phi", POINT), ("phi", "c"), "v")),
                ("difference of maps", (("psi", POINT), ("psi", "c"), "v")),
                ("operator norm XY", (minus("XY", ("phi", POINT), ("phi", "c")), "v")),
                ("operator norm XY", (minus("XY", ("psi", POINT), ("psi", "c")), "v")),
                ("detour", (_along("phi", "c"), _along("psi", "c"), _along("phi", POINT))),
            ),
        ),
    },
)

# ------------------------------------------------------------------------------------------------ F, G: Fréchet

REMAINDER = norm(
    "Y", minus("Y", minus("Y", ("f", "y"), ("f", "c")), applied("XY", (("phi", "c"), minus("X", "y", "c"))))
)

F = Lemma(
    "F",
    "A slope that is continuous at c is there the derivative of Fréchet: ‖f(y) - f(c) - Φ(c)(y - c)‖ ≤ ε ‖y - c‖.",
    {**BASE, **GIVEN},
    assumed(
        "operator norm XY",
        "norm X ≥ 0",
        "difference of maps",
        slope=slope("f", "phi", "c", "X", "Y"),
        near=near("phi", "c", "d_phi", "X", "XY"),
    ),
    {
        "Fréchet": Conclusion(
            Statement(
                (("e", REAL), ("y", "X")),
                (
                    "=>",
                    both(("<", 0, "e"), ("<", apart("X", "y", "c"), ("d_phi", "e"))),
                    ("<=", REMAINDER, ("*", "e", apart("X", "y", "c"))),
                ),
            ),
            (
                ("slope", ("y",)),
                ("near", ("e", "y")),
                ("difference of maps", (("phi", "y"), ("phi", "c"), minus("X", "y", "c"))),
                ("operator norm XY", (minus("XY", ("phi", "y"), ("phi", "c")), minus("X", "y", "c"))),
                ("norm X ≥ 0", (minus("X", "y", "c"),)),
            ),
        ),
    },
)


def size(number: Expression) -> Expression:
    """|number|."""
    return ("ite", ("<=", 0, number), number, ("-", number))


def _rise(at: Expression) -> Expression:
    return ("-", ("h", at), ("h", "a"))


WITHIN = both(("<", 0, "e"), ("<", size(("-", "y", "a")), ("d", "e")))
FROM_HALF = both(("<", 0, "e"), ("<", size(("-", "y", "a")), ("d_slope", "e")))
FRECHET = ("<=", size(("-", _rise("y"), ("*", "l", ("-", "y", "a")))), ("*", "e", size(("-", "y", "a"))))

G = Lemma(
    "G",
    "On the line, a derivative in ε and δ has the slope (h(y) - h(a)) / (y - a), continuous at a: δ(ε) = δ(ε/2).",
    maps(h="R R", a="R", l="R", d="R R", quotient="R R", d_slope="R R"),
    {"positive": positive("d"), "Fréchet": Statement((("e", REAL), ("y", REAL)), ("=>", WITHIN, FRECHET))},
    {
        "slope": Conclusion(
            equation((("y", REAL),), _rise("y"), ("*", ("quotient", "y"), ("-", "y", "a"))), (("quotient", ("y",)),)
        ),
        "value": Conclusion(equation((), ("quotient", "a"), "l"), (("quotient", ("a",)),)),
        "positive": Conclusion(positive("d_slope"), (("d_slope", ("e",)), ("positive", (("/", "e", 2),)))),
        "near": Conclusion(
            Statement(
                (("e", REAL), ("y", REAL)),
                ("=>", FROM_HALF, ("<", size(("-", ("quotient", "y"), ("quotient", "a"))), "e")),
            ),
            (("d_slope", ("e",)), ("slope", ("y",)), ("value", ()), ("Fréchet", (("/", "e", 2), "y"))),
        ),
    },
    {
        "quotient": equation(
            (("y", REAL),),
            ("quotient", "y"),
            ("ite", ("=", "y", "a"), "l", ("/", _rise("y"), ("-", "y", "a"))),
        ),
        "d_slope": equation((("e", REAL),), ("d_slope", "e"), ("d", ("/", "e", 2))),
    },
)

# ------------------------------------------------------------------------------------------------ K: linear maps

K = Lemma(
    "K",
    "A linear map has a constant slope, itself, which is continuous: δ(ε) = ε.",
    {**BASE, **GIVEN, **maps(l="XY")},
    {
        "linear": equation(
            (("y", "X"), ("w", "X")), minus("Y", ("f", "y"), ("f", "w")), applied("XY", ("l", minus("X", "y", "w")))
        ),
        "no distance": equation((("u", "XY"),), apart("XY", "u", "u"), 0),
    },
    {
        "slope": Conclusion(slope("f", "phi", "c", "X", "Y"), (("linear", ("y", "c")), ("phi", ("y",)))),
        "positive": Conclusion(positive("d_phi"), (("d_phi", ("e",)),)),
        "near": Conclusion(
            near("phi", "c", "d_phi", "X", "XY"), (("phi", ("y",)), ("phi", ("c",)), ("no distance", ("l",)))
        ),
    },
    {
        "phi": equation((("y", "X"),), ("phi", "y"), "l"),
        "d_phi": equation((("e", REAL),), ("d_phi", "e"), "e"),
    },
)

# ------------------------------------------------------------------------------------------------ T: side by side

PRODUCTS = {
    **{f"norm {sort}": Signature((sort,), REAL) for sort in ("P", "Q", "PQ")},
    **{f"minus {sort}": Signature((sort, sort), sort) for sort in ("P", "Q", "PQ")},
    **maps(left="P X", right="P Y", pair="Y Z Q", block="XY YZ PQ", beside="P Q", blocks="P PQ", p="P", d_pair="R R"),
    "apply PQ": Signature(("PQ", "P"), "Q"),
}
"""P = X ⊗ Y and Q = Y ⊗ Z, with the larger of the two norms; block(L, M) = L ⊗ M."""


def _half(name: str, sort: str) -> dict[str, Statement]:
    two = (("z", "P"), ("w", "P"))
    return {
        f"{name} of a difference": equation(two, (name, minus("P", "z", "w")), minus(sort, (name, "z"), (name, "w"))),
        f"norm of the {name}": Statement((("v", "P"),), ("<=", norm(sort, (name, "v")), norm("P", "v"))),
    }


FOUR = (("k", "XY"), ("l", "XY"), ("m", "YZ"), ("n", "YZ"))
ENTRIES = (("a", "Y"), ("s", "Y"), ("b", "Z"), ("t", "Z"))
LARGEST = ("ite", ("<", apart("XY", "k", "l"), apart("YZ", "m", "n")), apart("YZ", "m", "n"), apart("XY", "k", "l"))

PAIR_FACTS = {
    **_half("left", "X"),
    **_half("right", "Y"),
    "norm of blocks": Statement(FOUR, ("<=", apart("PQ", ("block", "k", "m"), ("block", "l", "n")), LARGEST)),
    "blocks apply": equation(
        (("l", "XY"), ("m", "YZ"), ("v", "P")),
        ("apply PQ", ("block", "l", "m"), "v"),
        ("pair", applied("XY", ("l", ("left", "v"))), applied("YZ", ("m", ("right", "v")))),
    ),
    "difference of pairs": equation(
        ENTRIES,
        minus("Q", ("pair", "a", "b"), ("pair", "s", "t")),
        ("pair", minus("Y", "a", "s"), minus("Z", "b", "t")),
    ),
}

T = Lemma(
    "T",
    "f ⊗ g has the slope Φ(x) ⊗ Γ(y), and it is continuous: δ(ε) = min(δ_Φ(ε), δ_Γ(ε)).",
    {**BASE, **GIVEN, **PRODUCTS},
    {
        **PAIR_FACTS,
        "slope f": slope("f", "phi", ("left", "p"), "X", "Y"),
        "slope g": slope("g", "gamma", ("right", "p"), "Y", "Z"),
        "positive phi": positive("d_phi"),
        "near phi": near("phi", ("left", "p"), "d_phi", "X", "XY"),
        "positive gamma": positive("d_gamma"),
        "near gamma": near("gamma", ("right", "p"), "d_gamma", "Y", "YZ"),
    },
    {
        "slope": Conclusion(
            equation(
                (("y", "P"),),
                minus("Q", ("beside", "y"), ("beside", "p")),
                ("apply PQ", ("blocks", "y"), minus("P", "y", "p")),
            ),
            (
                ("beside", ("y",)),
                ("beside", ("p",)),
                ("blocks", ("y",)),
                ("slope f", (("left", "y"),)),
                ("slope g", (("right", "y"),)),
                ("left of a difference", ("y", "p")),
                ("right of a difference", ("y", "p")),
                ("blocks apply", (("phi", ("left", "y")), ("gamma", ("right", "y")), minus("P", "y", "p"))),
                (
                    "difference of pairs",
                    (("f", ("left", "y")), ("f", ("left", "p")), ("g", ("right", "y")), ("g", ("right", "p"))),
                ),
            ),
        ),
        "positive": Conclusion(
            positive("d_pair"), (("d_pair", ("e",)), ("positive phi", ("e",)), ("positive gamma", ("e",)))
        ),
        "near": Conclusion(
            near("blocks", "p", "d_pair", "P", "PQ"),
            (
                ("d_pair", ("e",)),
                ("blocks", ("y",)),
                ("blocks", ("p",)),
                ("near phi", ("e", ("left", "y"))),
                ("near gamma", ("e", ("right", "y"))),
                ("left of a difference", ("y", "p")),
                ("right of a difference", ("y", "p")),
                ("norm of the left", (minus("P", "y", "p"),)),
                ("norm of the right", (minus("P", "y", "p"),)),
                (
                    "norm of blocks",
                    (
                        ("phi", ("left", "y")),
                        ("phi", ("left", "p")),
                        ("gamma", ("right", "y")),
                        ("gamma", ("right", "p")),
                    ),
                ),
            ),
        ),
    },
    {
        "beside": equation((("y", "P"),), ("beside", "y"), ("pair", ("f", ("left", "y")), ("g", ("right", "y")))),
        "blocks": equation(
            (("y", "P"),), ("blocks", "y"), ("block", ("phi", ("left", "y")), ("gamma", ("right", "y")))
        ),
        "d_pair": equation((("e", REAL),), ("d_pair", "e"), least(("d_phi", "e"), ("d_gamma", "e"))),
    },
)

# ------------------------------------------------------------------------------------------------ H: transposes

TRANSPOSED = maps(i="XY", j="YZ", **{"i*": "Y X", "j*": "Z Y"})


def _adjoint(linear: str, back: str, dom: str, cod: str) -> Statement:
    """⟨L v, w⟩ = ⟨v, L* w⟩."""
    there = applied(dom + cod, (linear, "v"))
    return equation((("v", dom), ("w", cod)), (f"inner {cod}", there, "w"), (f"inner {dom}", "v", (back, "w")))


H = Lemma(
    "H",
    "The transpose of L ; M is M* and then L*: the order in which reverse mode composes pullbacks.",
    {**BASE, **TRANSPOSED},
    assumed("composition", L=_adjoint("i", "i*", "X", "Y"), M=_adjoint("j", "j*", "Y", "Z")),
    {
        "transpose": Conclusion(
            equation(
                (("v", "X"), ("w", "Z")),
                ("inner Z", applied("XZ", (("then", "i", "j"), "v")), "w"),
                ("inner X", "v", ("i*", ("j*", "w"))),
            ),
            (
                ("composition", ("i", "j", "v")),
                ("L", ("v", ("j*", "w"))),
                ("M", (applied("XY", ("i", "v")), "w")),
            ),
        ),
    },
)
