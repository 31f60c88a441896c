"""Lenses between small sets, exhaustively: which of the lens laws are closed under composition by themselves."""

from collections import namedtuple
from functools import cache
from itertools import product

from verified_cat.audits import audit

FiniteLens = namedtuple("FiniteLens", "dom cod get put")
"""A lens of sets of ``dom`` and ``cod`` elements: get as a tuple of values, put as a table of (a, b)."""


def lenses(dom, cod):
    """Every lens between sets of these sizes."""
    asked = list(product(range(dom), range(cod)))
    for get in product(range(cod), repeat=dom):
        for values in product(range(dom), repeat=len(asked)):
            yield FiniteLens(dom, cod, get, dict(zip(asked, values, strict=True)))


def get_put(f):
    """put(a, get a) = a."""
    return all(f.put[a, f.get[a]] == a for a in range(f.dom))


def put_get(f):
    """get(put(a, b)) = b."""
    return all(f.get[new] == b for (_, b), new in f.put.items())


def put_put(f):
    """put(put(a, b), b') = put(a, b')."""
    return all(f.put[new, c] == f.put[a, c] for (a, _), new in f.put.items() for c in range(f.cod))


def composite(f, g):
    """f ; g: put(a, c) = f*(a, g*(f(a), c))."""
    put = {(a, c): f.put[a, g.put[f.get[a], c]] for a, c in product(range(f.dom), range(g.cod))}
    return FiniteLens(f.dom, g.cod, tuple(g.get[b] for b in f.get), put)


def beside(f, g):
    """f ⊗ g, with the pair (a, c) numbered a |C| + c."""
    get = tuple(b * g.cod + d for b, d in product(f.get, g.get))
    asked = product(range(f.dom), range(g.dom), range(f.cod), range(g.cod))
    put = {(a * g.dom + c, b * g.cod + d): f.put[a, b] * g.dom + g.put[c, d] for a, c, b, d in asked}
    return FiniteLens(f.dom * g.dom, f.cod * g.cod, get, put)


SIZES = ((3, 2, 2), (2, 3, 2), (2, 2, 3), (2, 2, 2))
"""Sizes of A, B and C, for all lenses A → B and B → C."""


@cache
def _with(laws, dom, cod):
    return [f for f in lenses(dom, cod) if all(holds(f) for holds in laws)]


def closure_faults(law, assumed, combine, sizes):
    """Lenses that obey what is assumed, the law among it, whose composite or tensor does not obey the law."""
    looked, found = 0, []
    for a, b, c in sizes:
        for f, g in product(_with(assumed, a, b), _with(assumed, b, c)):
            looked += 1
            if not law(combine(f, g)):
                found.append(f"{law.__name__} fails of {combine.__name__}: {f}, {g}")
    return looked, found


def ignoring_the_middle(f, g):
    """put(a, c) = f*(a, g*(get of the first element, c))."""
    put = {(a, c): f.put[a, g.put[f.get[0], c]] for a, c in product(range(f.dom), range(g.cod))}
    return FiniteLens(f.dom, g.cod, tuple(g.get[b] for b in f.get), put)


ALONE = ((get_put, (get_put,)), (put_get, (put_get,)), (put_put, (put_put, put_get)))
"""Each law with what has to be assumed for it to be closed under composition."""


def _faults_of(law, assumed, combine=composite, sizes=SIZES):
    return closure_faults(law, assumed, combine, sizes)[1]


@audit(
    "LL-FIN",
    source="our own, beside LL-CLOSED; Foster et al. 2007",
    controls={
        "PutPut is closed without PutGet": lambda: _faults_of(put_put, (put_put,)),
        "PutPut is closed with GetPut in place of PutGet": lambda: _faults_of(put_put, (put_put, get_put)),
        "PutGet is closed where only the second has it": lambda: _mixed(put_get),
        "composition that does not look at the middle": lambda: _faults_of(get_put, (get_put,), ignoring_the_middle),
    },
)
def each_lens_law_is_closed_with_what_it_needs():
    """GetPut is closed under ; by itself, PutGet by itself, PutPut with PutGet and not without; under ⊗ each by itself.

    For all lenses A → B and B → C between sets of two or three elements, and ⊗ of all those of two elements.
    """
    found = [closure_faults(law, assumed, composite, SIZES) for law, assumed in ALONE]
    found += [closure_faults(law, (law,), beside, ((2, 2, 2),)) for law, _ in ALONE]
    return sum(looked for looked, _ in found), [fault for _, faults in found for fault in faults]


def _mixed(law):
    """Composites of any lens with one that obeys the law."""
    pairs = product(_with((), 2, 2), _with((law,), 2, 2))
    return [f"{f} ; {g}" for f, g in pairs if not law(composite(f, g))]
