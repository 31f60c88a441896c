"""Learners as spans of lenses: composition over the pullback of the legs is composition of learners."""

from verified_cat.check import law
from verified_cat.equation import Equation
from verified_cat.functions import left_of, right_of
from verified_cat.laws.learn import updates_in_turn
from verified_cat.laws.lens import lens_laws
from verified_cat.span import Spans
from verified_cat.worlds import Mutant


def target_is_kept(spans, f, g):
    """The put into the pullback keeps b̂ instead of recomputing I(p', a')."""
    right, base = Spans.onto_second(spans, f, g), spans.base

    def put(x):
        st, new = x
        s, _ = st
        return f.put.run((s, g.get.run(new))), new

    return spans.lens.of(right.dom, right.cod, right.get, base.arrow(right.put.dom, right.put.cod, put))


@law(
    "FJ-SPAN",
    "l : A -> B; m : B -> C",
    worlds=("learn",),
    source="Fong and Johnson 2019, section 1; Cruttwell et al. 2021, section 2.5.1",
    equality="iso",
    mutants=(
        Mutant("learn", {"onto_second": target_is_kept}, "b̂ is put into the pullback in place of I(p', a')", "spans"),
        Mutant("learn", {"compose": updates_in_turn}, "the request is asked of the updated parameters"),
    ),
)
def learners_are_spans_of_lenses(world, l, m):  # noqa: E741
    """A ← P ⊗ A → B, left with the constant complement P, right (I, (U, r)): identities and composites are those of
    spans, along λ and along (P ⊗ Q) ⊗ A ≅ {((p, a), (q, b)) : I(p, a) = b}. The left leg is very well behaved, so every
    put lands in the pullback, though PutGet fails of the right one; and the span determines the learner."""
    learn, spans = world.category, world.spans
    base, first, second = spans.base, spans.of_learner(l), spans.of_learner(m)
    yield from lens_laws(base, first.left)
    yield Equation(_learner_of(learn, l.param, first), l)
    into, out = spans.into_pullback(l, m), spans.out_of_pullback(l, m)
    yield Equation(base.compose(into, out), base.identity(into.dom))
    yield from _lands(base, into, first, second)
    made = spans.compose(first, second)
    yield from _lands(base, made.right.put, first, second)
    yield from _lands(base, made.left.put, first, second)
    yield from _along(base, into, spans.of_learner(learn.compose(l, m)), made, "pullback")
    same = spans.of_learner(learn.identity(l.dom))
    yield from _along(base, base.left_unitor(l.dom), same, spans.identity(l.dom), "left unitor")


def _learner_of(learn, param, span):
    """(P, I, U, r) from the right leg."""
    get, put = span.right.get.run, span.right.put.run
    dom, cod = span.left.cod.front, span.right.cod.front
    return learn.of(param, dom, cod, get, lambda x: left_of(put(x)), lambda x: right_of(put(x)))


def _lands(base, f, first, second):
    """f : X → S ⊗ T ends in the pullback of I and of the left leg."""
    one, other = base.first(first.apex, second.apex), base.second(first.apex, second.apex)
    yield Equation(base.sequence(f, one, first.right.get), base.sequence(f, other, second.left.get))


def _along(base, bijection, span, other, name):
    """A function between the apexes takes one span to another: gets and puts of both legs agree along it."""
    for one, two in ((span.left, other.left), (span.right, other.right)):
        yield Equation(one.get, base.compose(bijection, two.get), along=name)
        asked = base.tensor(bijection, base.identity(one.cod.back))
        yield Equation(base.compose(one.put, bijection), base.compose(asked, two.put), along=name)
