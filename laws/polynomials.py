"""Reverse derivatives over ℤ₂: of polynomials, where all seven axioms hold, and of no functions."""

from functools import cache, reduce
from itertools import product

from verified_cat.audits import audit
from verified_cat.check import LAWS, sides
from verified_cat.draw import Style
from verified_cat.functions import Functions
from verified_cat.laws.iterated import not_transposed
from verified_cat.laws.reverse import doubled_back, overwritten
from verified_cat.objects import SCALAR, Pair, flatten, fold, leaves
from verified_cat.primitives import add, constant, multiply
from verified_cat.reference import boolean_polynomials as z2
from verified_cat.terms import Discard, First, Identity, Pairing, Second
from verified_cat.worlds import DrawnSource, Draws, Mutant, world

ENGINE = z2.BooleanPolynomials()
R, RR = SCALAR, Pair(SCALAR, SCALAR)

# ------------------------------------------------------------------------------------------------ the maps


def term_of(dom, cod, polynomials):
    """The polynomials, one for each leaf of the codomain, as a term between trees of scalars."""
    inputs, rest = _projections(dom), iter(polynomials)

    def output(_):
        return _sum(dom, [_product(dom, inputs, monomial) for monomial in sorted(next(rest))])

    return fold(cod, unit=Discard(dom), leaf=output, pair=Pairing)


def _projections(dom):
    """The leaves of the domain as terms."""
    if not isinstance(dom, Pair):
        return [Identity(dom)] if dom == SCALAR else []
    halves = (dom.left, First(dom.left, dom.right)), (dom.right, Second(dom.left, dom.right))
    return [half >> inner for ob, half in halves for inner in _projections(ob)]


def _product(dom, inputs, monomial):
    factors = [inputs[number] for number, power in enumerate(monomial) for _ in range(power)]
    one = Discard(dom) >> constant((), 1)
    return reduce(lambda f, g: Pairing(f, g) >> multiply(()), factors) if factors else one


def _sum(dom, summands):
    zero = Discard(dom) >> constant((), 0)
    return reduce(lambda f, g: Pairing(f, g) >> add(()), summands) if summands else zero


def polynomials_of(term):
    """The polynomials that a term is, one for each leaf."""
    found = Functions(ENGINE).meaning(term).run(ENGINE.symbols(term.dom))
    return flatten(term.cod, found)


def normalised(reverse):
    """R from polynomials to polynomials: the term that it gives is written out again."""

    def of_polynomials(term):
        found = reverse(term)
        return term_of(found.dom, found.cod, polynomials_of(found))

    return of_polynomials


def plain(mutant=None):
    """The world of R over polynomials."""
    return world("R", DrawnSource(ENGINE, Draws(lambda options: options[0], Style())), mutant)


@cache
def reverse_of(term):
    """R of a polynomial map, as a polynomial map."""
    return normalised(plain().reverse)(term)


@cache
def maps(dom, cod, degree):
    """Every tuple of polynomials of at most that degree, as terms."""
    count = sum(1 for _ in leaves(dom))
    powers = [each for each in product(range(degree + 1), repeat=count) if sum(each) <= degree]
    monomials = [tuple(_without_zeros(each)) for each in powers]
    chosen = product((False, True), repeat=len(monomials))
    single = [frozenset(m for m, taken in zip(monomials, each, strict=True) if taken) for each in chosen]
    return [term_of(dom, cod, each) for each in product(single, repeat=sum(1 for _ in leaves(cod)))]


def _without_zeros(powers):
    kept = list(powers)
    while kept and kept[-1] == 0:
        kept.pop()
    return kept


# ------------------------------------------------------------------------------------------------ the axioms


def instances():
    """(axiom, objects or terms): the seven axioms at polynomials of small degree."""
    line, plane, split = maps(R, R, 3), maps(RR, R, 2), maps(R, RR, 1)
    small, curved = maps(R, R, 2), [f for f in plane if () not in polynomials_of(f)[0]]
    squares = [f for f in curved if not {(1,), (0, 1)} & polynomials_of(f)[0]]
    parallel = [*product(small, repeat=2), *product(squares, maps(RR, R, 1)[:4])]
    composable = [*product(small, repeat=2), *product(split[:6], squares), *product(squares, small[:4])]
    yield from (("RD.1", {"f": f, "g": g}) for f, g in parallel)
    yield from (("RD.2", {"f": f}) for f in (*line, *plane, *maps(RR, RR, 1)))
    yield from (("RD.3", {"A": a, "B": b}) for a, b in product((R, RR, Pair(R, RR)), repeat=2))
    yield from (("RD.4", {"f": f, "g": g}) for f, g in parallel)
    yield from (("RD.5", {"f": f, "g": g}) for f, g in composable)
    yield from (("RD.6", {"f": f}) for f in (*line, *curved))
    yield from (("RD.7", {"f": f}) for f in squares)


def _stated(axiom, given, mutant, reverse):
    """The axiom's equations, as trees of polynomials."""
    draws = Draws(lambda options: options[0], Style())
    if axiom == "RD.3":
        draws.objects = dict(given)
    else:
        draws.terms = dict(given)
        f, g = given["f"], given.get("g")
        draws.objects = {"A": f.dom, "B": f.cod} | ({"C": g.cod} if g is not None else {})
    where = world("R", DrawnSource(ENGINE, draws), mutant)
    if mutant is None and reverse is None:
        where.reverse = reverse_of
    else:
        where.reverse = normalised(reverse or where.reverse)
    for lhs, rhs, _ in sides(LAWS[axiom], where):
        yield lhs.run(ENGINE.symbols(lhs.dom)), rhs.run(ENGINE.symbols(rhs.dom))


def axiom_faults(mutant=None, reverse=None, cases=None):
    """The axioms that fail somewhere, each with the first place."""
    failed = {}
    for axiom, given in cases or instances():
        if axiom not in failed and any(left != right for left, right in _stated(axiom, given, mutant, reverse)):
            failed[axiom] = f"{axiom} fails at {given}"
    return list(failed.values())


def reduced_first(term):
    """R of the polynomials without squares that a term is as functions on {0, 1}: x² ↦ x, then R."""
    return plain().reverse(term_of(term.dom, term.cod, [z2.reduced(each) for each in polynomials_of(term)]))


# ------------------------------------------------------------------------------------------------ the law


def _formal_faults(mutant=None):
    """Terms whose R is not the formal derivative of their polynomials: composites, which are not written out, too."""
    where = plain(mutant)
    composites = [f >> g for f, g in product(maps(R, RR, 1)[::5], maps(RR, R, 2)[::3])]
    for term in (*maps(R, R, 3), *maps(RR, R, 2), *composites):
        inputs = sum(1 for _ in leaves(term.dom))
        formal = z2.reverse_derivative(polynomials_of(term), inputs)
        if polynomials_of(where.reverse(term)) != formal:
            yield f"R[{term}] is not the formal derivative"


def _function_faults(reverse):
    """What must be so of t and t²: one function on {0, 1}, two polynomials, two derivatives."""
    t = z2.variable(0)
    line, square = term_of(R, R, [t]), term_of(R, R, [z2.multiply(t, t)])
    as_functions = [[Functions(ENGINE).meaning(f).run(at) for at in (z2.ZERO, z2.ONE)] for f in (line, square)]
    if as_functions[0] != as_functions[1]:
        yield "t and t² are different functions on {0, 1}"
    if polynomials_of(reverse(line)) == polynomials_of(reverse(square)):
        yield "t and t² have one derivative"


def _found(method, wrong):
    """What is wrong with R with that method: at few instances of the axioms, else against the formal derivative."""
    mutant = Mutant("R", {method: wrong}, "")
    return axiom_faults(mutant, cases=_few()) or _formal_faults(mutant)


def _chain_faults_of_functions():
    chain = [("RD.5", {"f": f, "g": g}) for f, g in product(maps(R, RR, 1), maps(RR, R, 2))]
    return axiom_faults(reverse=reduced_first, cases=chain)


def _few():
    """One instance of some axioms."""
    f, g = maps(R, R, 3)[6], maps(RR, R, 2)[21]
    return [("RD.3", {"A": R, "B": RR}), ("RD.4", {"f": f, "g": f}), ("RD.7", {"f": g})]


@audit(
    "RD-Z2",
    source="Cockett et al. 2019, Example 14; Wilson and Zanasi 2020",
    controls={
        "R[id] doubles, and so forgets, the cotangent": lambda: _found("identity", doubled_back),
        "the gradient of a reused variable is overwritten": lambda: _found("pairing", overwritten),
        "the gradient of a product repeats one factor": lambda: _found("generator", not_transposed),
        "x² is reduced to x before differentiating": _chain_faults_of_functions,
        "one function has one derivative": lambda: _function_faults(reduced_first),
    },
)
def reverse_derivative_of_boolean_polynomials():
    """Over ℤ₂ R is the formal derivative of polynomials, and RD.1 to RD.7 hold, R being iterated on its own terms.

    At all polynomials in x of degree 2 or 3, and in x, y of degree 2, for some axioms without lower terms. On
    functions there is no R: t and t² are one function on {0, 1} with the derivatives y and 0, and R after x² ↦ x breaks
    the chain rule RD.5.
    """
    cases = list(instances())
    return len(cases), [*axiom_faults(cases=cases), *_formal_faults(), *_function_faults(plain().reverse)]
