"""What is proved of Para and Lens: composition by formula, 2-cells, coherence, interchange."""

from __future__ import annotations

from typing import Any

from verified_cat.functions import Value
from verified_cat.lens import Bundle
from verified_cat.objects import Pair
from verified_cat.observe import observe
from verified_cat.para import Para, ParaMap
from verified_cat.proofs.builders import opaque_arrow, opaque_lens, opaque_para
from verified_cat.proofs.obligations import Goal, Obligation
from verified_cat.proofs.statements import Sides, equal, statement
from verified_cat.proofs.worlds import World


def chain(w: World, para: Para[Any]) -> tuple[ParaMap[Any], ParaMap[Any], ParaMap[Any]]:
    """(P, f) : A → B, (Q, g) : B → C, (R, h) : C → D, arbitrary."""
    a, b, c, d, p, q, r = w.sorts("A B C D P Q R")
    f, g = opaque_para(para, "f", p, a, b), opaque_para(para, "g", q, b, c)
    return f, g, opaque_para(para, "h", r, c, d)


def _para_laws(w: World, para: Para[Any]) -> list[Sides]:
    f, g, h = chain(w, para)
    left, right = para.identity(f.dom), para.identity(f.cod)
    return [
        ("associator", para.associator_cell(f, g, h).target, para.compose(para.compose(f, g), h)),
        ("left unitor", para.left_unitor_cell(f).target, para.compose(left, f)),
        ("right unitor", para.right_unitor_cell(f).target, para.compose(f, right)),
    ]


@statement("PARA-ASSOC and PARA-UNIT over functions")
def para_category(w: World) -> Obligation:
    """f ; (g ; h) = (f ; g) ; h along α, id ; f = f along λ, f ; id = f along ρ (Cruttwell et al. 2021, 2.1)."""
    return equal(w.para, _para_laws(w, w.para))


@statement("PARA-ASSOC and PARA-UNIT over reverse mode")
def para_category_of_gad(w: World) -> Obligation:
    """The same with derivatives: pullbacks to parameters and inputs agree along α, λ and ρ."""
    return equal(w.para_gad, _para_laws(w, w.para_gad))


@statement("PARA-COMP")
def para_composition(w: World) -> Obligation:
    """(g ∘ f)((p, q), a) = g(q, f(p, a)) and (f ⊗ g)((p, q), (a, c)) = (f(p, a), g(q, c))."""
    f, g, _ = chain(w, w.para)
    d, e, s = w.sorts("D E S")
    k = opaque_para(w.para, "k", s, d, e)

    def composite(x: Value) -> Value:
        (p, q), a = x
        return g.inside.run((q, f.inside.run((p, a))))

    def beside(x: Value) -> Value:
        (p, q), (a, c) = x
        return f.inside.run((p, a)), k.inside.run((q, c))

    whole, both = w.para.compose(f, g), w.para.tensor(f, k)
    params = Pair(f.param, g.param), Pair(f.param, k.param)
    explicit = w.functions.arrow(Pair(params[0], f.dom), g.cod, composite)
    parallel = w.functions.arrow(Pair(params[1], Pair(f.dom, k.dom)), Pair(f.cod, k.cod), beside)
    return Obligation(
        "",
        (Goal(observe(w.para, whole), explicit, "composition"), Goal(observe(w.para, both), parallel, "tensor")),
    )


@statement("PARA-2CAT")
def two_cells(w: World) -> Obligation:
    """Reparametrisation is functorial, and composition of 1-cells respects it: r beside s is a 2-cell of composites."""
    a, b, c, p, q, p1, q1, p2 = w.sorts("A B C P Q P1 Q1 P2")
    para, base = w.para, w.functions
    f, g = opaque_para(para, "f", p, a, b), opaque_para(para, "g", q, b, c)
    r, r2, s = opaque_arrow(base, "r", p1, p), opaque_arrow(base, "r2", p2, p1), opaque_arrow(base, "s", q1, q)
    first = para.cell(f, r)
    second = para.cell(first.target, r2)
    beside = para.horizontal(first, para.cell(g, s))

    def explicit(x: Value) -> Value:
        changed, at = x
        return f.inside.run((r.run(changed), at))

    definition = para.of(p1, a, b, base.arrow(Pair(p1, a), b, explicit))
    return equal(
        para,
        [
            ("definition", first.target, definition),
            ("identity", para.reparam(f, base.identity(p)), f),
            ("vertical", para.vertical(first, second).target, para.reparam(f, para.vertical(first, second).along)),
            ("composite", para.reparam(para.reparam(f, r), r2), para.reparam(f, base.compose(r2, r))),
            ("horizontal", beside.target, para.reparam(beside.source, beside.along)),
        ],
    )


@statement("PARA-2CAT interchange")
def two_cell_interchange(w: World) -> Obligation:
    """(r ; r') beside (s ; s') = (r beside s) ; (r' beside s'), as reparametrisations."""
    p, p1, p2, q, q1, q2, a, b, c = w.sorts("P P1 P2 Q Q1 Q2 A B C")
    para, base = w.para, w.functions
    f, g = opaque_para(para, "f", p, a, b), opaque_para(para, "g", q, b, c)
    one, one2 = para.cell(f, opaque_arrow(base, "r", p1, p)), para.cell(g, opaque_arrow(base, "s", q1, q))
    two = para.cell(one.target, opaque_arrow(base, "r2", p2, p1))
    two2 = para.cell(one2.target, opaque_arrow(base, "s2", q2, q1))
    left = para.horizontal(para.vertical(one, two), para.vertical(one2, two2))
    right = para.vertical(para.horizontal(one, one2), para.horizontal(two, two2))
    return equal(base, [("interchange", left.along, right.along)])


@statement("PARA-COH")
def para_coherence(w: World) -> Obligation:
    """Pentagon and triangle of the associator and unitor cells, as reparametrisations (Bénabou 1967)."""
    f, g, h = chain(w, w.para)
    e, t = w.sorts("E T")
    para, base = w.para, w.functions
    k = opaque_para(para, "k", t, h.cod, e)

    def whisker(left: Any, cell: Any, right: Any) -> Any:
        if left is not None:
            cell = para.horizontal(para.cell(left, base.identity(left.param)), cell)
        return cell if right is None else para.horizontal(cell, para.cell(right, base.identity(right.param)))

    fg, gh, hk = para.compose(f, g), para.compose(g, h), para.compose(h, k)
    short = para.vertical(para.associator_cell(f, g, hk), para.associator_cell(fg, h, k))
    long = para.vertical(
        para.vertical(whisker(f, para.associator_cell(g, h, k), None), para.associator_cell(f, gh, k)),
        whisker(None, para.associator_cell(f, g, h), k),
    )
    middle = para.identity(f.cod)
    unit_left = para.vertical(whisker(f, para.left_unitor_cell(g), None), para.associator_cell(f, middle, g))
    return equal(
        base,
        [
            ("pentagon", short.along, long.along),
            ("triangle", unit_left.along, whisker(None, para.right_unitor_cell(f), g).along),
        ],
    )


@statement("PARA-INTERCHANGE")
def para_interchange(w: World) -> Obligation:
    """(f ; g) ⊗ (f' ; g') = (f ⊗ f') ; (g ⊗ g') along the middle-four swap, over functions."""
    return equal(w.para, _interchange(w, w.para))


@statement("PARA-INTERCHANGE over reverse mode")
def para_interchange_of_gad(w: World) -> Obligation:
    """The same with derivatives."""
    return equal(w.para_gad, _interchange(w, w.para_gad))


def _interchange(w: World, para: Para[Any]) -> list[Sides]:
    f, g, _ = chain(w, para)
    a, b, c, p, q = w.sorts("A' B' C' P' Q'")
    f2, g2 = opaque_para(para, "f2", p, a, b), opaque_para(para, "g2", q, b, c)
    cell = para.interchanger_cell(f, f2, g, g2)
    return [("interchanger", cell.target, para.compose(para.tensor(f, f2), para.tensor(g, g2)))]


@statement("PARA-EMB")
def base_embeds(w: World) -> Obligation:
    """embed(f ; g) = embed f ; embed g along λ : 1 ⊗ 1 → 1."""
    a, b, c = w.sorts("A B C")
    para, base = w.para, w.functions
    f, g = opaque_arrow(base, "f", a, b), opaque_arrow(base, "g", b, c)
    whole = para.reparam(para.embed(base.compose(f, g)), base.left_unitor(para.unit))
    return equal(para, [("composition", whole, para.compose(para.embed(f), para.embed(g)))])


@statement("LENS-CAT composition")
def lens_composition(w: World) -> Obligation:
    """get = f.get ; g.get and put(a, c) = f.put(a, g.put(f.get(a), c)) (Cruttwell et al. 2021, Definition 2.4)."""
    a, b, c = (Bundle(w.sort(n), w.sort(f"{n}'")) for n in "ABC")
    f, g = opaque_lens(w.lens, "f", a, b), opaque_lens(w.lens, "g", b, c)

    def explicit(x: Value) -> Value:
        at, back = x
        b = f.get.run(at)
        return g.get.run(b), f.put.run((at, g.put.run((b, back))))

    rule = w.functions.arrow(Pair(a.front, c.back), Pair(c.front, a.back), explicit)
    return Obligation("", (Goal(observe(w.lens, w.lens.compose(f, g)), rule, "composition"),))
