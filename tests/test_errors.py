"""Errors: one family, each also the built-in error that it is a case of, and messages in the caller's words."""

from __future__ import annotations

import pytest

from verified_cat import errors
from verified_cat.errors import BoundaryError, VerifiedCatError, must_meet, near
from verified_cat.objects import SCALAR, space

FAMILY = {
    "BoundaryError": TypeError,
    "ShapeError": TypeError,
    "MissingOperation": LookupError,
    "MissingExtra": ImportError,
    "DataError": ValueError,
    "SchemaError": ValueError,
    "ReplicaError": ConnectionError,
    "UsageError": ValueError,
}


def test_the_family_is_complete() -> None:
    found = {name for name, value in vars(errors).items() if getattr(value, "__module__", "") == errors.__name__}
    found -= {"VerifiedCatError", "must_meet", "inside", "near"}
    assert found == set(FAMILY)


@pytest.mark.parametrize("name", FAMILY)
def test_each_is_caught_as_ours_and_as_the_built_in_one(name: str) -> None:
    assert issubclass(getattr(errors, name), VerifiedCatError)
    assert issubclass(getattr(errors, name), FAMILY[name])


def test_must_meet_names_the_layer_both_morphisms_and_both_objects() -> None:
    must_meet("para", "f", "g", space(2), space(2))
    with pytest.raises(BoundaryError) as caught:
        must_meet("para", "f", "g", space(2), SCALAR)
    assert str(caught.value) == "para: f does not compose with g: the first ends in R[2], the second starts from R"


def test_near_names_are_hinted_else_all_are_listed() -> None:
    assert near("sigmod", ["sigmoid", "sin", "tanh"]) == "did you mean sigmoid?"
    assert near("xyz", ["sigmoid", "add"]) == "known: add, sigmoid"
