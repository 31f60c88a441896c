"""Objects and terms as formulas: LaTeX for paper, MathML for pages."""

from __future__ import annotations

from typing import Any

from verified_cat.markup import Markup, tag
from verified_cat.objects import Ob, Space, fold, leaf_count
from verified_cat.terms import Compose, Generator, Pairing, Tensor, Term
from verified_cat.terms import fold as fold_term
from verified_cat.unfolding import operations_in

LEAVES = 40
"""No object of more leaves is written out, and no term of more operations."""


def latex(value: Any) -> str:
    """A formula, between dollars."""
    if isinstance(value, Ob):
        return f"${_latex_object(value)}$"
    return f"${_latex_term(value)} : {_latex_object(value.dom)} \\to {_latex_object(value.cod)}$"


def _latex_object(ob: Ob) -> str:
    if leaf_count(ob) > LEAVES:
        return f"\\text{{{leaf_count(ob)} spaces}}"

    def leaf(here: Any) -> str:
        if not isinstance(here, Space):
            return _name(str(here))
        shape = " \\times ".join(map(str, here.shape))
        return f"\\mathbb{{R}}^{{{shape}}}" if shape else "\\mathbb{R}"

    return fold(ob, unit="1", leaf=leaf, pair=lambda a, b: f"({a} \\otimes {b})")  # type: ignore[no-any-return]


def _latex_term(term: Term) -> str:
    if operations_in(term)[term] > LEAVES:
        return f"\\text{{{operations_in(term)[term]} operations}}"

    def write(node: Term, parts: list[str]) -> str:
        if isinstance(node, Compose):
            return f"({parts[0]} \\mathbin{{;}} {parts[1]})"
        if isinstance(node, Tensor):
            return f"({parts[0]} \\otimes {parts[1]})"
        if isinstance(node, Pairing):
            return f"\\langle {parts[0]}, {parts[1]} \\rangle"
        return _name(str(node.operation)) if isinstance(node, Generator) else STRUCTURE[type(node).__name__]

    return fold_term(term, write)


def _name(text: str) -> str:
    signs = {"\\": "\\backslash ", "→": "\\to ", "^": "\\hat{}", "~": "\\sim "}
    safe = "".join(signs.get(c, f"\\{c}" if c in "_{}$%#&" else c) for c in text[:60])
    return f"\\mathrm{{{safe}}}"


STRUCTURE = {
    "Identity": "\\mathrm{id}", "Associator": "\\alpha", "AssociatorInverse": "\\alpha^{-1}", "LeftUnitor": "\\lambda",
    "LeftUnitorInverse": "\\lambda^{-1}", "RightUnitor": "\\rho", "RightUnitorInverse": "\\rho^{-1}",
    "Swap": "\\sigma", "Copy": "\\Delta", "Discard": "{!}", "First": "\\pi_0", "Second": "\\pi_1",
}  # fmt: skip


def mathml(ob: Ob) -> Markup:
    """The object: R^shape, 1 and ⊗."""

    def leaf(here: Any) -> Markup:
        if not isinstance(here, Space):
            return tag("mi", str(here))
        reals = tag("mi", "ℝ")
        return tag("msup", reals, tag("mn", "×".join(map(str, here.shape)))) if here.shape else reals

    def pair(left: Markup, right: Markup) -> Markup:
        return tag("mrow", tag("mo", "("), left, tag("mo", "⊗"), right, tag("mo", ")"))

    return fold(ob, unit=tag("mn", "1"), leaf=leaf, pair=pair)  # type: ignore[no-any-return]
