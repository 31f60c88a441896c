"""Generic morphisms that are meanings of drawn terms: in a category of another's, and in the construction it is like.

Both are given the same terms, so that the bound of an instance is that of the construction here at the same operations.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from verified_cat.category import interpret
from verified_cat.draw import Style
from verified_cat.lens import Bundle
from verified_cat.objects import Ob, Pair
from verified_cat.own import OwnCategory
from verified_cat.terms import Term

Meaning = Callable[[Any, Any, str, Any, Any], Any]
"""(category, source, name, dom, cod) ↦ a generic morphism of the category."""


def meaning(category: Any, term: Term) -> Any:
    """F(term): what a term is in a category, ours or another's."""
    return category.meaning(term) if isinstance(category, OwnCategory) else interpret(term, category)


def _plain(category: Any, source: Any, name: str, dom: Ob, cod: Ob) -> Any:
    return meaning(category, source.term(name, dom, cod))


def _term(category: Any, source: Any, name: str, dom: Ob, cod: Ob) -> Any:
    """The term itself: the laws of R differentiate terms, and only then ask what they mean."""
    return source.term(name, dom, cod)


def _linear_term(source: Any, name: str, dom: Ob, cod: Ob) -> Term:
    return source.draws.term(name, dom, cod, Style("linear", source.draws.style.fuel))  # type: ignore[no-any-return]


def _linear(category: Any, source: Any, name: str, dom: Ob, cod: Ob) -> Any:
    return meaning(category, _linear_term(source, name, dom, cod))


def _transposed(category: Any, source: Any, name: str, dom: Ob, cod: Ob) -> Any:
    """A linear term read in Dual: each operation is its transpose, which is its derivative there, at any point."""
    term = _linear_term(source, name, dom, cod)
    if isinstance(category, OwnCategory):
        return category.meaning(term)
    return interpret(term, category, lambda operation: category.derivative(operation)(()))


def _continuation(category: Any, source: Any, name: str, dom: Ob, cod: Ob) -> Any:
    term = _linear_term(source, name, dom, cod)
    if isinstance(category, OwnCategory):
        return category.meaning(term)
    return category.of(interpret(term, source.additive))


def _lens(category: Any, source: Any, name: str, dom: Bundle, cod: Bundle) -> Any:
    """(get, put) from two unrelated terms."""
    base = category.base
    get = meaning(base, source.term(f"{name}.get", dom.front, cod.front))
    put = meaning(base, source.term(f"{name}.put", Pair(dom.front, cod.back), dom.back))
    return category.of(dom, cod, get, put)


def _para(inner: Meaning, over_bundles: bool = False) -> Meaning:
    def make(category: Any, source: Any, name: str, dom: Any, cod: Any) -> Any:
        param = source.object(f"{name}.P")
        if over_bundles:
            param = Bundle(param, source.object(f"{name}.P back"))
        base = category.base
        return category.of(param, dom, cod, inner(base, source, name, base.pair(param, dom), cod))

    return make


def _learner(category: Any, source: Any, name: str, dom: Ob, cod: Ob) -> Any:
    """(P, I, U, r) from three unrelated terms."""
    param = source.object(f"{name}.P")
    asked = Pair(Pair(param, dom), cod)
    terms = {"I": (Pair(param, dom), cod), "U": (asked, param), "r": (asked, dom)}
    parts = [source.term(f"{name}.{part}", *boundary) for part, boundary in terms.items()]
    if isinstance(category, OwnCategory):
        return category.of(param, dom, cod, *(category.base.meaning(part) for part in parts))
    return category.of(param, dom, cod, *(interpret(part, category.base).run for part in parts))


MEANINGS: dict[str, Meaning] = {
    "functions": _plain,
    "additive": _linear,
    "dual": _transposed,
    "cont": _continuation,
    "forward": _plain,
    "D": _plain,
    "R": _term,
    "lens": _lens,
    "para": _para(_plain),
    "para over D": _para(_plain),
    "para over lens": _para(_lens, over_bundles=True),
    "learn": _learner,
}
"""The worlds in which an engine may have a category of its own, with their generic morphisms."""
