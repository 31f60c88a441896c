"""Symmetric monoidal categories: the tensor is a functor, its isomorphisms are natural and coherent."""

from verified_cat.category import Symmetric
from verified_cat.check import CATEGORIES, law
from verified_cat.equation import Equation
from verified_cat.functions import Functions
from verified_cat.worlds import Mutant


def first_input_twice(functions, f, g):
    """(a, c) ↦ (f(a), g(a)) where it fits."""
    right = Functions.tensor(functions, f, g)
    if f.dom != g.dom:
        return right

    def run(ac):
        a, _ = ac
        return f.run(a), g.run(a)

    return functions.arrow(right.dom, right.cod, run)


def permuting_associator(functions, a, b, c):
    """((a, b), c) ↦ (a, (c, b)) where it fits."""
    right = Functions.associator(functions, a, b, c)
    if b != c:
        return right

    def run(abc):
        ab, z = abc
        x, y = ab
        return x, (z, y)

    return functions.arrow(right.dom, right.cod, run)


def wrong_middle_four(functions, a, b, c, d):
    """((a, b), (c, d)) ↦ ((a, d), (b, c)) where it fits."""
    right = Functions.middle_four(functions, a, b, c, d)
    if c != d:
        return right

    def run(abcd):
        ab, cd = abcd
        x, y = ab
        z, w = cd
        return (x, w), (y, z)

    return functions.arrow(right.dom, right.cod, run)


def idle_swap(functions, a, b):
    """(a, b) ↦ (a, b) where it fits."""
    return Functions.identity(functions, Functions.pair(functions, a, a)) if a == b else Functions.swap(functions, a, b)


PERMUTING = Mutant("functions", {"associator": permuting_associator}, "α exchanges its last two factors")


@law(
    "MON-FUNCT",
    "f : A -> B; f' : C -> D; g : B -> E; g' : D -> F",
    worlds=CATEGORIES,
    doctrine="monoidal",
    source="Mac Lane 1998, VII.1; Elliott 2018, section 4.2",
    mutants=(Mutant("functions", {"tensor": first_input_twice}, "f ⊗ g gives both maps the first input"),),
)
def tensor_is_a_functor(world, f, f2, g, g2):
    """id ⊗ id = id and (f ⊗ f') ; (g ⊗ g') = (f ; g) ⊗ (f' ; g')."""
    c = world.category
    a, b = c.dom(f), c.dom(f2)
    yield Equation(c.tensor(c.identity(a), c.identity(b)), c.identity(c.pair(a, b)))
    both = c.compose(c.tensor(f, f2), c.tensor(g, g2))
    yield Equation(both, c.tensor(c.compose(f, g), c.compose(f2, g2)))


@law(
    "MON-ISO",
    "f : A -> A'; g : B -> B'; h : C -> C'",
    worlds=CATEGORIES,
    doctrine="symmetric",
    source="Mac Lane 1998, VII.1 and XI.1",
    mutants=(
        PERMUTING,
        Mutant("functions", {"swap": idle_swap}, "σ does nothing where the two objects agree"),
    ),
)
def structural_isomorphisms(world, f, g, h):
    """α, λ, ρ and σ are invertible and natural."""
    c = world.category
    a, b, d = c.dom(f), c.dom(g), c.dom(h)
    yield from _inverse(c, c.associator(a, b, d), c.associator_inverse(a, b, d))
    yield from _inverse(c, c.left_unitor(a), c.left_unitor_inverse(a))
    yield from _inverse(c, c.right_unitor(a), c.right_unitor_inverse(a))
    yield from _inverse(c, c.swap(a, b), c.swap(b, a))
    x, y, z = c.cod(f), c.cod(g), c.cod(h)
    natural = c.compose(c.tensor(c.tensor(f, g), h), c.associator(x, y, z))
    yield Equation(natural, c.compose(c.associator(a, b, d), c.tensor(f, c.tensor(g, h))))
    yield Equation(c.compose(c.tensor(f, g), c.swap(x, y)), c.compose(c.swap(a, b), c.tensor(g, f)))
    one = c.identity(c.unit)
    yield Equation(c.compose(c.tensor(one, f), c.left_unitor(x)), c.compose(c.left_unitor(a), f))
    yield Equation(c.compose(c.tensor(f, one), c.right_unitor(x)), c.compose(c.right_unitor(a), f))


def _inverse(c, there, back):
    yield Equation(c.compose(there, back), c.identity(c.dom(there)))
    yield Equation(c.compose(back, there), c.identity(c.dom(back)))


@law(
    "MON-COH",
    "A B C D",
    worlds=CATEGORIES,
    doctrine="symmetric",
    source="Mac Lane 1998, VII.1 and XI.1",
    mutants=(PERMUTING,),
)
def coherence(world, a, b, c, d):
    """Pentagon, triangle and hexagon."""
    k = world.category
    one = k.identity
    pentagon = k.sequence(
        k.tensor(k.associator(a, b, c), one(d)),
        k.associator(a, k.pair(b, c), d),
        k.tensor(one(a), k.associator(b, c, d)),
    )
    yield Equation(pentagon, k.compose(k.associator(k.pair(a, b), c, d), k.associator(a, b, k.pair(c, d))))
    triangle = k.compose(k.associator(a, k.unit, b), k.tensor(one(a), k.left_unitor(b)))
    yield Equation(triangle, k.tensor(k.right_unitor(a), one(b)))
    hexagon = k.sequence(k.associator(a, b, c), k.swap(a, k.pair(b, c)), k.associator(b, c, a))
    around = k.sequence(k.tensor(k.swap(a, b), one(c)), k.associator(b, a, c), k.tensor(one(b), k.swap(a, c)))
    yield Equation(hexagon, around)


@law(
    "MON-MID4",
    "A B C D",
    worlds=tuple(name for name in CATEGORIES if name != "cont"),  # there cvc5 does not decide it
    doctrine="symmetric",
    source="bgavran/Compositional_Deep_Learning, CategoricDefinitions.hs, swapParam",
    mutants=(Mutant("functions", {"middle_four": wrong_middle_four}, "((a,b),(c,d)) goes to ((a,d),(b,c))"),),
)
def middle_four(world, a, b, c, d):
    """The middle-four swap is the composite of α, σ and α⁻¹ that defines it, and an involution."""
    k = world.category
    swap = k.middle_four(a, b, c, d)
    yield Equation(swap, Symmetric.middle_four(k, a, b, c, d))
    yield Equation(k.compose(swap, k.middle_four(a, c, b, d)), k.identity(k.dom(swap)))
