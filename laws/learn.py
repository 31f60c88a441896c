"""Learn: learners form a symmetric monoidal category up to isomorphism, and lenses embed into it."""

from verified_cat.check import law
from verified_cat.equation import Equation
from verified_cat.functions import right_of
from verified_cat.learn import Learn, keep, on_point
from verified_cat.lens import Bundle, Lens
from verified_cat.objects import UNIT, Pair
from verified_cat.worlds import Mutant

# ------------------------------------------------------------------------------------------------ wrong learners


def requests_the_current_value(learn, a):
    """id with r(a, b) = a, as in a published F# library."""
    right = Learn.identity(learn, a)

    def request(x):
        pa, _ = x
        _, point = pa
        return point

    return learn.of(UNIT, a, a, right.implement, right.update, request)


def updates_in_turn(learn, f, g):
    """The inner learner is asked with the outer's *updated* parameters."""
    right = Learn.compose(learn, f, g)

    def update(x):
        pqa, c = x
        pq, a = pqa
        p, q = pq
        b = f.implement((p, a))
        later = g.update(((q, b), c))
        return f.update(((p, a), g.request(((later, b), c)))), later

    return learn.of(right.param, right.dom, right.cod, right.implement, update, right.request)


def passes_the_target_through(learn, f, g):
    """The inner learner gets the outer target c instead of the request b̂ where it fits."""
    right = Learn.compose(learn, f, g)
    if f.cod != g.cod:
        return right

    def update(x):
        pqa, c = x
        pq, a = pqa
        p, q = pq
        return f.update(((p, a), c)), g.update(((q, f.implement((p, a))), c))

    def request(x):
        pqa, c = x
        pq, a = pqa
        p, _ = pq
        return f.request(((p, a), c))

    return learn.of(right.param, right.dom, right.cod, right.implement, update, request)


def one_target_for_both(learn, f, g):
    """U and r of f ⊗ g give both halves the first target where it fits."""
    right = Learn.tensor(learn, f, g)
    if f.cod != g.cod:
        return right

    def first_target(answer):
        def asked(x):
            seen, bd = x
            b, _ = bd
            return answer((seen, (b, b)))

        return asked

    update, request = first_target(right.update), first_target(right.request)
    return learn.of(right.param, right.dom, right.cod, right.implement, update, request)


def requests_the_input(learn, param, dom, cod, implement, update, request):
    """r((p, b), a) for r((p, a), b) where it fits."""
    right = Learn.of(learn, param, dom, cod, implement, update, request)
    if dom != cod:
        return right

    def turned(x):
        pa, b = x
        p, a = pa
        return request(((p, b), a))

    return Learn.of(learn, param, dom, cod, implement, update, turned)


CURRENT = Mutant("learn", {"identity": requests_the_current_value}, "the identity requests the value it has")
TARGET = Mutant("learn", {"compose": passes_the_target_through}, "the target is passed instead of the request")


# ------------------------------------------------------------------------------------------------ the laws


@law(
    "LEARN-CAT",
    "l : A -> B; m : B -> C; n : C -> D",
    worlds=("learn",),
    source="Fong, Spivak and Tuyéras 2019, Definition II.1 and Proposition II.4",
    equality="iso",
    mutants=(
        CURRENT,
        TARGET,
    ),
)
def learners_form_a_category(world, l, m, n):  # noqa: E741
    """Associativity of (I, U, r) along α, and units along λ and ρ."""
    c, base = world.category, world.category.base
    p, q, r = l.param, m.param, n.param
    there, back = base.associator(p, q, r), base.associator_inverse(p, q, r)
    right = c.transport(c.compose(l, c.compose(m, n)), there, back)
    yield Equation(c.compose(c.compose(l, m), n), right, along="associator")
    left = c.transport(l, base.left_unitor(p), base.left_unitor_inverse(p))
    yield Equation(c.compose(c.identity(l.dom), l), left, along="left unitor")
    right = c.transport(l, base.right_unitor(p), base.right_unitor_inverse(p))
    yield Equation(c.compose(l, c.identity(l.cod)), right, along="right unitor")


@law(
    "LEARN-COMP",
    "l : A -> B; m : B -> C",
    worlds=("learn",),
    source="Fong, Spivak and Tuyéras 2019, Definition II.1; slides of the talk, p. 16",
    mutants=(
        Mutant("learn", {"compose": updates_in_turn}, "the request is asked of the updated parameters"),
        TARGET,
    ),
)
def composition_of_learners(world, l, m):  # noqa: E741
    """With b = I(p, a), b̂ = s(q, b, c): (J(q, b), (U(p, a, b̂), V(q, b, c)), r(p, a, b̂)), from the old parameters."""
    c, functions = world.category, world.source.functions

    def all_three(x):
        pqa, target = x
        pq, a = pqa
        p, q = pq
        b = l.implement((p, a))
        asked = m.request(((q, b), target))
        value = m.implement((q, b))
        return (value, (l.update(((p, a), asked)), m.update(((q, b), target)))), l.request(((p, a), asked))

    params = Pair(l.param, m.param)
    dom, cod = Pair(Pair(params, l.dom), m.cod), Pair(Pair(m.cod, params), l.dom)
    return Equation(c.compose(l, m), functions.arrow(dom, cod, all_three))


@law("LEARN-ID", "A", worlds=("learn",), source="Fong, Spivak and Tuyéras 2019, II", mutants=(CURRENT,))
def identity_learner(world, a):
    """I(a) = a, there is nothing to update, and r(a, b) = b."""
    c, functions = world.category, world.source.functions

    def stated(x):
        pa, wanted = x
        p, value = pa
        return (value, p), wanted

    yield Equation(c.identity(a), functions.arrow(Pair(Pair(UNIT, a), a), Pair(Pair(a, UNIT), a), stated))


@law(
    "LEARN-MON",
    "l : A -> B; m : B -> C; l' : D -> E; m' : E -> F",
    worlds=("learn",),
    source="Fong, Spivak and Tuyéras 2019, Proposition II.4",
    equality="iso",
    mutants=(Mutant("learn", {"tensor": one_target_for_both}, "both halves of f ⊗ g get the first target"), TARGET),
)
def learners_are_symmetric_monoidal(world, l, m, l2, m2):  # noqa: E741
    """(l ⊗ l') ; (m ⊗ m') is (l ; m) ⊗ (l' ; m') along the middle four, and σ is natural along σ of the parameters."""
    c, base = world.category, world.category.base
    p, p2, q, q2 = l.param, l2.param, m.param, m2.param
    apart = c.tensor(c.compose(l, m), c.compose(l2, m2))
    there, back = base.middle_four(p, p2, q, q2), base.middle_four(p, q, p2, q2)
    together = c.compose(c.tensor(l, l2), c.tensor(m, m2))
    yield Equation(together, c.transport(apart, there, back), along="middle four")
    before = c.compose(c.swap(l.dom, l2.dom), c.tensor(l2, l))
    after = c.compose(c.tensor(l, l2), c.swap(l.cod, l2.cod))
    yield Equation(before, c.transport(after, *_turned_round(base, p, p2)), along="swap")
    explicit = c.of(Pair(p, p2), Pair(l.dom, l2.dom), Pair(l.cod, l2.cod), *_beside(l, l2))
    yield Equation(c.tensor(l, l2), explicit)


def _turned_round(base, p, q):
    """1 ⊗ (Q ⊗ P) → (P ⊗ Q) ⊗ 1 and back."""
    there = base.sequence(base.left_unitor(Pair(q, p)), base.swap(q, p), base.right_unitor_inverse(Pair(p, q)))
    back = base.sequence(base.right_unitor(Pair(p, q)), base.swap(p, q), base.left_unitor_inverse(Pair(q, p)))
    return there, back


def _beside(f, g):
    """I, U and r of f ⊗ g: each half its own input and target."""

    def implement(x):
        pq, ac = x
        (p, q), (a, c) = pq, ac
        return f.implement((p, a)), g.implement((q, c))

    def halves(x):
        pqac, bd = x
        pq, ac = pqac
        (p, q), (a, c), (b, d) = pq, ac, bd
        return ((p, a), b), ((q, c), d)

    def update(x):
        one, two = halves(x)
        return f.update(one), g.update(two)

    def request(x):
        one, two = halves(x)
        return f.request(one), g.request(two)

    return implement, update, request


@law(
    "FJ-EMB",
    "A B C D",
    worlds=("learn",),
    source="Fong and Johnson 2019, lenses as learners without parameters; no lens law is needed",
    equality="iso",
    mutants=(
        TARGET,
        Mutant("learn", {"tensor": one_target_for_both}, "both halves of f ⊗ g get the first target"),
        Mutant("learn", {"of": requests_the_input}, "put is given its arguments exchanged"),
    ),
)
def lenses_embed_into_learners(world, a, b, c, d):
    """(get, put) ↦ (1, get, (), put) preserves composition, ⊗ and σ along λ : 1 ⊗ 1 → 1, and the identity.

    It is faithful: get is I(*, -) and put is r(*, -, -).
    """
    learn, source = world.category, world.source
    lens = Lens(source.functions)

    def drawn(name, dom, cod):
        get, put = source.arrow(f"{name}.get", dom, cod), source.arrow(f"{name}.put", Pair(dom, cod), dom)
        return lens.of(Bundle(dom, dom), Bundle(cod, cod), get, put)

    def embedded(one):
        def request(x):
            pa, back = x
            return one.put.run((right_of(pa), back))

        return learn.of(UNIT, one.dom.front, one.cod.front, on_point(one.get.run), keep, request)

    def along_unit(one):
        return learn.transport(one, learn.base.left_unitor(UNIT), learn.base.left_unitor_inverse(UNIT))

    f, g, h = drawn("f", a, b), drawn("g", b, c), drawn("h", a, d)
    composed, beside = along_unit(embedded(lens.compose(f, g))), along_unit(embedded(lens.tensor(f, h)))
    yield Equation(learn.compose(embedded(f), embedded(g)), composed, along="left unitor")
    yield Equation(learn.tensor(embedded(f), embedded(h)), beside, along="left unitor")
    yield Equation(embedded(lens.identity(Bundle(a, a))), learn.identity(a))
    yield Equation(embedded(lens.swap(Bundle(a, a), Bundle(b, b))), learn.swap(a, b))
    recovered = _read_off(lens, embedded(f))
    yield Equation(recovered.get, f.get)
    yield Equation(recovered.put, f.put)


def _read_off(lens, learner):
    """The lens (I(*, -), r(*, -, -)) of a learner with the parameters 1."""
    a, b = learner.dom, learner.cod

    def put(x):
        point, wanted = x
        return learner.request((((), point), wanted))

    get = lens.base.arrow(a, b, lambda point: learner.implement(((), point)))
    return lens.of(Bundle(a, a), Bundle(b, b), get, lens.base.arrow(Pair(a, b), a, put))
