"""What the induction over terms needs beside composition: linear maps, ⊗ and transposes, lemmas K, T and H."""

from __future__ import annotations

from verified_cat.proofs.chain_rule import GIVEN
from verified_cat.proofs.firstorder import REAL, Conclusion, Lemma, Signature, Statement
from verified_cat.proofs.norms import (
    BASE,
    apart,
    applied,
    assumed,
    equation,
    least,
    maps,
    minus,
    near,
    norm,
    positive,
    slope,
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
