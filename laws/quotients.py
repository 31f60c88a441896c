"""Equivalence by bijections of parameters, over small sets, exhaustively: what it is, and what weaker ones are not."""

from collections import namedtuple
from itertools import permutations, product

from verified_cat.audits import audit

Finite = namedtuple("Finite", "param dom cod implement update request")
"""A learner of finite sets: sizes, and I(p, a), U(p, a, b), r(p, a, b) as tables."""

ALL = ("implement", "update", "request")


def learners(dom, cod, sizes):
    """Every learner dom → cod with so many parameters."""
    for size in sizes:
        seen, asked = list(product(range(size), range(dom))), list(product(range(size), range(dom), range(cod)))
        parts = product(_tables(seen, cod), _tables(asked, size), _tables(asked, dom))
        yield from (Finite(size, dom, cod, *part) for part in parts)


def _tables(keys, count):
    """Every function from the keys to range(count)."""
    return [dict(zip(keys, values, strict=True)) for values in product(range(count), repeat=len(keys))]


def composite(f, g):
    """f ; g, with (p, q) for the parameter p |Q| + q."""
    implement, update, request = {}, {}, {}
    for p, q, a in product(range(f.param), range(g.param), range(f.dom)):
        b, both = f.implement[p, a], p * g.param + q
        implement[both, a] = g.implement[q, b]
        for c in range(g.cod):
            asked = g.request[q, b, c]
            update[both, a, c] = f.update[p, a, asked] * g.param + g.update[q, b, c]
            request[both, a, c] = f.request[p, a, asked]
    return Finite(f.param * g.param, f.dom, g.cod, implement, update, request)


def beside(f, g):
    """f ⊗ g, with pairs numbered in the same way."""
    implement, update, request = {}, {}, {}
    for p, q, a, c in product(*(range(size) for size in (f.param, g.param, f.dom, g.dom))):
        both, point = p * g.param + q, a * g.dom + c
        implement[both, point] = f.implement[p, a] * g.cod + g.implement[q, c]
        for b, d in product(range(f.cod), range(g.cod)):
            target = b * g.cod + d
            update[both, point, target] = f.update[p, a, b] * g.param + g.update[q, c, d]
            request[both, point, target] = f.request[p, a, b] * g.dom + g.request[q, c, d]
    return Finite(f.param * g.param, f.dom * g.dom, f.cod * g.cod, implement, update, request)


def bijections(m, n):
    """The bijections of sets of m and n elements, as tuples of values."""
    return list(permutations(range(n))) if m == n else []


def mere_maps(m, n):
    """All maps of sets of m and n elements."""
    return list(product(range(n), repeat=m))


def simulates(f, g, along, conditions):
    """Whether I, U and r (or some of them) of f are those of g along a map of parameters."""
    return (
        ("implement" not in conditions or all(g.implement[along[p], a] == v for (p, a), v in f.implement.items()))
        and (
            "update" not in conditions or all(g.update[along[p], a, b] == along[v] for (p, a, b), v in f.update.items())
        )
        and ("request" not in conditions or all(g.request[along[p], a, b] == v for (p, a, b), v in f.request.items()))
    )


def related(f, g, maps, conditions):
    """The maps along which f is related to g."""
    return [along for along in maps(f.param, g.param) if simulates(f, g, along, conditions)]


def relation_faults(every, maps, conditions):
    """Where the relation is not reflexive, symmetric or transitive, or relates what disagrees after an update."""
    pairs = {(i, j): related(f, g, maps, conditions) for (i, f), (j, g) in product(enumerate(every), repeat=2)}
    after = {i: {j for j in range(len(every)) if pairs[i, j]} for i in range(len(every))}
    if any(i not in after[i] for i in after):
        yield "it is not reflexive"
    if any(i not in after[j] for i in after for j in after[i]):
        yield "it is not symmetric"
    if any(not after[j] <= after[i] for i in after for j in after[i]):
        yield "it is not transitive"
    if "update" in conditions or conditions == ("implement", "request"):
        found = ((every[i], every[j], along) for (i, j), maps in pairs.items() for along in maps)
        if any(not _agree_after_an_update(*each) for each in found):
            yield "it relates learners that disagree after an update"


def _agree_after_an_update(f, g, along):
    """Whether I(U(p, a, b), a') = I'(U'(φp, a, b), a')."""
    return all(
        f.implement[later, c] == g.implement[g.update[along[p], a, b], c]
        for (p, a, b), later in f.update.items()
        for c in range(f.dom)
    )


def congruence_faults(conditions=ALL):
    """Composites of related learners that no bijection relates."""
    there, back = list(learners(1, 2, (2,))), [*learners(2, 1, (1,)), *list(learners(2, 1, (2,)))[::16]]
    for one, others in ((there, back), (back, there[::5])):
        pairs = [(f, g, along[0]) for f, g in _same_size(one) if (along := related(f, g, bijections, conditions))]
        for (f, g, along), h in product(pairs[:: 1 + len(pairs) // 90], others):
            for make in (lambda x, h=h: composite(x, h), lambda x, h=h: composite(h, x), lambda x, h=h: beside(x, h)):
                if not _still_related(make(f), make(g), conditions):
                    yield f"{f} ~ {g} along {along}, but not beside or after {h}"


def _same_size(every):
    return ((f, g) for f, g in product(every, repeat=2) if f.param == g.param)


def _still_related(f, g, conditions):
    return any(simulates(f, g, along, conditions) for along in bijections(f.param, g.param))


def _weaker(maps, parts):
    return relation_faults(list(learners(1, 2, (1, 2))), maps, parts)


@audit(
    "QUOT-FIN",
    source="our own, beside PARA-QUOT and LEARN-EQ",
    controls={
        "maps without inverses, {0} → {0, 1} among them": lambda: _weaker(mere_maps, ALL),
        "maps without inverses, of parametrised maps": lambda: _weaker(mere_maps, ("implement",)),
        "U is not looked at": lambda: _weaker(bijections, ("implement", "request")),
        "r is not looked at": lambda: congruence_faults(("implement", "update")),
    },
)
def only_bijections_make_classes():
    """Over small sets, for all learners: bijections give an equivalence of them and of parametrised maps, a congruence.

    Of composites and tensors a cross-section is looked at. Mere maps give no symmetric relation; one that does not look
    at U relates what disagrees after an update; one that does not look at r is no congruence.
    """
    every = list(learners(1, 2, (1, 2)))
    wrong = [*relation_faults(every, bijections, ALL), *relation_faults(every, bijections, ("implement",))]
    return 2 * len(every) ** 2, [*wrong, *congruence_faults()]
