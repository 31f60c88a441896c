"""Doctrines: how much structure a category has, as the methods that it brings (those of ``verified_cat.category``).

category < monoidal < symmetric < cartesian < biproduct, each with all that is before it. What a construction has on top
(a lens its parts, Para its parameters) follows from the world, and is not declared.
"""

from __future__ import annotations

from verified_cat.errors import UsageError, near

DOCTRINES: dict[str, tuple[str, ...]] = {
    "category": ("dom", "cod", "identity", "compose", "generator", "observe"),
    "monoidal": (
        "tensor",
        "associator",
        "associator_inverse",
        "left_unitor",
        "left_unitor_inverse",
        "right_unitor",
        "right_unitor_inverse",
    ),
    "symmetric": ("swap",),
    "cartesian": ("copy", "discard"),
    "biproduct": ("zero", "merge"),
}
"""The methods that each doctrine asks for beyond those of the one before it (Mac Lane 1998, I.1, VII, XI; Fox 1976)."""

DERIVED: dict[str, tuple[str, ...]] = {
    "category": ("follow", "sequence", "image"),
    "monoidal": ("unit", "pair"),
    "symmetric": ("middle_four",),
    "cartesian": ("first", "second", "pairing"),
    "biproduct": ("inject_first", "inject_second", "copairing", "add"),
}
"""The methods of each doctrine that follow from those it asks for."""

OF_WORLDS: dict[str, tuple[str, ...]] = {
    "R": ("reverse",),
    "lens": ("of",),
    "para": ("of", "param", "reparam"),
    "para over D": ("of", "param", "reparam"),
    "para over lens": ("of", "param", "reparam"),
    "learn": ("of",),
}
"""What the category of a construction has beside its doctrine: the parts of its morphisms."""


def up_to(doctrine: str) -> tuple[str, ...]:
    """The doctrines that a doctrine includes, itself last. Raises UsageError where there is none of that name."""
    if doctrine not in DOCTRINES:
        raise UsageError(f"no doctrine is called {doctrine!r}; {near(doctrine, list(DOCTRINES))}")
    order = list(DOCTRINES)
    return tuple(order[: order.index(doctrine) + 1])


def promised(doctrine: str, world: str) -> frozenset[str]:
    """The methods that a category of a doctrine promises to have in a world."""
    asked = [method for each in up_to(doctrine) for method in DOCTRINES[each]]
    return frozenset([*asked, *OF_WORLDS.get(world, ())])


def level(method: str) -> str | None:
    """The doctrine that a method belongs to, None where it belongs to a construction."""
    for doctrine in DOCTRINES:
        if method in DOCTRINES[doctrine] or method in DERIVED[doctrine]:
            return doctrine
    return None


# ------------------------------------------------------------------------------------------------ of laws

CONSTRUCTIONS = {
    **dict.fromkeys(("forward", "D", "R"), "reverse"),
    **dict.fromkeys(("lens", "optic"), "lens"),
    **dict.fromkeys(("para", "para over D", "para over lens"), "para"),
    **dict.fromkeys(("acting on itself", "acting linearly", "acting by powers"), "para"),
    **dict.fromkeys(("additive", "dual", "cont", "begin"), "biproduct"),
    "learn": "learn",
}
"""What only some worlds have: derivatives, parts of lenses, parameters, requests, sums of maps."""

ORDER = (*DOCTRINES, "reverse", "lens", "para", "learn")
"""Every doctrine of a law: those of plain categories, then the constructions."""


def of_worlds(worlds: tuple[str, ...]) -> str:
    """The doctrine of a law that is stated in these worlds and names none: theirs where they share one."""
    met = {CONSTRUCTIONS.get(world, "cartesian") for world in worlds}
    return met.pop() if len(met) == 1 else "cartesian"
