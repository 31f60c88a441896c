"""Optics keep a residual; sliding does not change what they do, unless what slides is not pure."""

from __future__ import annotations

from itertools import count

import pytest

from verified_cat.errors import BoundaryError
from verified_cat.functions import Arrow, Functions
from verified_cat.lens import Bundle, LensMap
from verified_cat.objects import UNIT, Pair, Sort, space
from verified_cat.optic import Optic, OpticMap

A, A2, B, B2, C, C2, M, N = (Sort(name) for name in ("A", "A'", "B", "B'", "C", "C'", "M", "N"))
IN, MID, OUT = Bundle(A, A2), Bundle(B, B2), Bundle(C, C2)


def optic(name: str, dom: Bundle, cod: Bundle, residual: Sort) -> OpticMap[Arrow]:
    """Both ways write down what they were called with."""
    forward = Arrow(dom.front, Pair(residual, cod.front), lambda a: (f"{name}.keep({a})", f"{name}.get({a})"))
    backward = Arrow(Pair(residual, cod.back), dom.back, lambda mb: f"{name}.back({mb[0]}, {mb[1]})")
    return OpticMap(dom, cod, residual, forward, backward)


F, G = optic("f", IN, MID, M), optic("g", MID, OUT, N)


def test_composition_keeps_the_inner_residual_first(plain: Functions) -> None:
    both = Optic(plain).compose(F, G)
    assert both.residual == Pair(M, N)
    assert both.forward("a") == (("f.keep(a)", "g.keep(f.get(a))"), "g.get(f.get(a))")
    assert both.backward((("m", "n"), "c'")) == "f.back(m, g.back(n, c'))"
    with pytest.raises(BoundaryError, match="optics over functions of plain: an optic does not compose with the next"):
        Optic(plain).compose(G, G)


def test_tensor(plain: Functions) -> None:
    both = Optic(plain).tensor(F, G)
    assert both.forward(("a", "b")) == (("f.keep(a)", "g.keep(b)"), ("f.get(a)", "g.get(b)"))
    assert both.backward((("m", "n"), ("b'", "c'"))) == ("f.back(m, b')", "g.back(n, c')")


def test_isomorphisms_keep_nothing(plain: Functions) -> None:
    swap = Optic(plain).swap(IN, MID)
    assert (swap.residual, swap.forward(("a", "b"))) == (UNIT, ((), ("b", "a")))
    assert swap.backward(((), ("b'", "a'"))) == ("a'", "b'")


def test_as_a_lens_it_computes_the_residual_again(plain: Functions) -> None:
    lens = Optic(plain).as_lens(F)
    assert (lens.get("a"), lens.put(("a", "b'"))) == ("f.get(a)", "f.back(f.keep(a), b')")
    again = Optic(plain).of_lens(lens)
    assert (again.residual, again.forward("a")) == (A, ("a", "f.get(a)"))
    assert again.backward(("a", "b'")) == "f.back(f.keep(a), b')"


def test_the_ends_of_a_slide(plain: Functions) -> None:
    k = Arrow(N, M, lambda n: f"k({n})")
    forward = Arrow(A, Pair(N, B), lambda a: (f"n({a})", f"b({a})"))
    cell = Optic(plain).slide(IN, MID, forward, k, F.backward)
    assert (cell.source.residual, cell.target.residual) == (M, N)
    assert cell.source.forward("a") == ("k(n(a))", "b(a)")
    assert cell.target.backward(("n", "b'")) == "f.back(k(n), b')"
    with pytest.raises(BoundaryError, match=r"the first ends in \(N ⊗ B'\), the second starts from \(M ⊗ B'\)"):
        Optic(plain).slide(IN, MID, forward, Arrow(N, N, str), F.backward)


def test_of_checks_each_part(plain: Functions) -> None:
    make = Optic(plain)
    assert make.of(IN, MID, M, F.forward, F.backward).backward is F.backward
    for bad, words in (
        ((MID, MID, M), "the source of the way forward does not compose with A"),
        ((IN, MID, N), "the way forward does not compose with M ⊗ B"),
        ((IN, Bundle(B, C2), M), "the source of the way back does not compose with M ⊗ B'"),
        ((Bundle(A, C2), MID, M), "the way back does not compose with A'"),
    ):
        with pytest.raises(BoundaryError, match=words):
            make.of(*bad, F.forward, F.backward)


def test_a_mask_drawn_anew_does_not_slide(plain: Functions) -> None:
    """k = a mask of dropout: slid past B it is drawn on the way back, another one than on the way forward."""
    draws = count(1)
    mask = Arrow(space(), space(), lambda _: (next(draws),))
    keep = Arrow(space(), Pair(space(), space()), lambda a: ((0,), a))
    scale = Arrow(Pair(space(), space()), space(), lambda mb: (mb[0][0] * mb[1][0],))
    dom = Bundle(space(), space())
    cell = Optic(plain).slide(dom, dom, keep, mask, scale)
    for each in (cell.source, cell.target):
        m, _ = each.forward((7,))
        first, second = each.backward((m, (1,))), each.backward((m, (1,)))
        assert (first == second) is (each is cell.source)  # kept, one mask serves as often as it is asked for


def test_an_optic_over_no_cartesian_category_is_no_lens(plain: Functions) -> None:
    over = Optic(Optic(plain))
    with pytest.raises(TypeError, match="optics over functions of plain is none"):
        over.as_lens(over.identity(Bundle(IN, IN)))
    lens: LensMap[OpticMap[Arrow]] = LensMap(Bundle(IN, IN), Bundle(IN, IN), F, F)
    with pytest.raises(TypeError, match="optics are lenses over a cartesian category"):
        over.of_lens(lens)
