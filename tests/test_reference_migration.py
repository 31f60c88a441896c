"""Finite instances: natural transformations, Δ, and the two Kan extensions at examples computed by hand."""

from __future__ import annotations

from dataclasses import replace

from verified_cat.reference.finite import presented
from verified_cat.reference.migration import (
    Instance,
    SchemaMap,
    after,
    composite,
    counit,
    delta,
    homs,
    identity_map,
    instances,
    is_identity,
    natural,
    pi,
    sigma,
    unit,
)
from verified_cat.schema import CYCLE_GAN, Edge, Path, Schema

POINT = presented(Schema("point", ("*",), ()))
TWO = presented(Schema("two", ("0", "1"), ()))
ARROW = presented(Schema("arrow", ("0", "1"), (Edge("e", "0", "1"),)))
ISO = presented(CYCLE_GAN)
FOLD = SchemaMap(TWO, POINT, {"0": "*", "1": "*"}, {})
COLLAPSE = SchemaMap(ARROW, POINT, {"0": "*", "1": "*"}, {"e": Path("*")})
END = SchemaMap(POINT, ARROW, {"*": "1"}, {})
INTO_ISO = SchemaMap(ARROW, ISO, {"0": "A", "1": "B"}, {"e": Path("A", ("f",))})


def test_instances_are_the_functors() -> None:
    assert len(list(instances(ARROW, 2))) == 11
    assert len(list(instances(ISO, 2))) == 1 + 1 + 2
    broken = Instance(ISO, {"A": 2, "B": 2}, {"f": (0, 1), "g": (1, 0)})
    assert not broken.is_functor()


def test_maps_of_schemas() -> None:
    assert INTO_ISO.faults() == [] and identity_map(ISO).faults() == []
    assert replace(INTO_ISO, edges={"e": Path("B", ("g",))}).faults() == ["e : 0 → 1 goes to g"]
    doubled = SchemaMap(ISO, presented(replace(CYCLE_GAN, equations=CYCLE_GAN.equations[:1])), {"A": "A", "B": "B"},
                        {"f": Path("A", ("f",)), "g": Path("B", ("g",))})  # fmt: skip
    assert doubled.faults() == ["g ; f = id_B is not kept"]
    back = SchemaMap(ISO, ARROW, {"A": "0", "B": "0"}, {"f": Path("0"), "g": Path("0")})
    there_and_back = composite(INTO_ISO, back)
    assert there_and_back.objects == {"0": "0", "1": "0"} and there_and_back.on(Path("0", ("e",))) == Path("0")


def test_natural_transformations() -> None:
    """From 2 → 1 to 2 → 2, constant at 0: any function at 0, then 0 at 1."""
    source = Instance(ARROW, {"0": 2, "1": 1}, {"e": (0, 0)})
    target = Instance(ARROW, {"0": 2, "1": 2}, {"e": (0, 0)})
    assert len(homs(source, target)) == 4
    assert not natural(source, target, {"0": (0, 1), "1": (1,)})
    assert is_identity(after({"0": (1, 0)}, {"0": (1, 0)})) and not is_identity({"0": (1, 0)})


def test_delta_pulls_back() -> None:
    instance = Instance(ISO, {"A": 2, "B": 2}, {"f": (1, 0), "g": (1, 0)})
    assert delta(INTO_ISO, instance) == Instance(ARROW, {"0": 2, "1": 2}, {"e": (1, 0)})
    assert delta(COLLAPSE, Instance(POINT, {"*": 2}, {})).edges == {"e": (0, 1)}


def test_along_the_fold_sum_and_product() -> None:
    instance = Instance(TWO, {"0": 2, "1": 3}, {})
    assert sigma(FOLD, instance).instance.sizes == {"*": 5}
    assert pi(FOLD, instance).instance.sizes == {"*": 6}
    assert sigma(FOLD, instance, glued=False).instance.sizes == {"*": 3}


def test_along_the_collapse_colimit_and_limit() -> None:
    """Over the arrow the colimit is what it ends in, and the limit what it starts from."""
    instance = Instance(ARROW, {"0": 2, "1": 3}, {"e": (2, 2)})
    assert sigma(COLLAPSE, instance).instance.sizes == {"*": 3}
    assert pi(COLLAPSE, instance).instance.sizes == {"*": 2}


def test_along_the_end_of_the_arrow() -> None:
    """Σ is empty at the start; Π repeats the set there, and its arrow is the identity."""
    instance = Instance(POINT, {"*": 2}, {})
    assert sigma(END, instance).instance.sizes == {"0": 0, "1": 2}
    assert pi(END, instance).instance == Instance(ARROW, {"0": 2, "1": 2}, {"e": (0, 1)})


def test_the_arrow_is_made_invertible() -> None:
    """Σ along the arrow into the isomorphism keeps where it ends, Π where it starts."""
    instance = Instance(ARROW, {"0": 2, "1": 3}, {"e": (0, 2)})
    low, high = sigma(INTO_ISO, instance), pi(INTO_ISO, instance)
    assert low.instance.sizes == {"A": 3, "B": 3} and low.instance.is_functor()
    assert high.instance.sizes == {"A": 2, "B": 2} and high.instance.is_functor()
    assert natural(instance, delta(INTO_ISO, low.instance), unit(INTO_ISO, instance, low))
    assert natural(delta(INTO_ISO, high.instance), instance, counit(INTO_ISO, instance, high))
