"""Errors: one family, each also the built-in error that it is a case of, and messages in the caller's words."""

from __future__ import annotations

import pytest

from verified_cat import errors
from verified_cat.errors import BoundaryError, DataError, UsageError, VerifiedCatError, inside, must_meet, near
from verified_cat.objects import SCALAR, Pair, space

FAMILY = {
    "BoundaryError": TypeError,
    "ShapeError": TypeError,
    "MissingOperation": LookupError,
    "MissingExtra": ImportError,
    "GaveUp": RuntimeError,
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


def test_equal_objects_meet_also_where_they_are_not_one() -> None:
    must_meet("para", "f", "g", Pair(SCALAR, SCALAR), Pair(SCALAR, SCALAR))


def test_three_near_names_and_twelve_others_are_shown() -> None:
    names = [f"name{k:02}" for k in range(13)]
    assert near("name1", ["name1a", "name1b", "name1c", "name1d"]).count(",") == 2
    assert near("?", names[:12]) == f"known: {', '.join(names[:12])}"
    assert near("?", names[::-1]) == f"known: {', '.join(names[:12])} and 1 more"
    assert near("?", []) == "known: "


@pytest.mark.parametrize("kind", [UsageError, DataError])
def test_what_is_refused_inside_a_file_has_its_name(kind: type[Exception]) -> None:
    with pytest.raises(kind) as refused, inside("run.json"):
        raise kind("no such rule")
    assert type(refused.value) is kind and str(refused.value) == "run.json: no such rule"
    assert str(refused.value.__cause__) == "no such rule"


def test_other_errors_inside_a_file_are_left_as_they_are() -> None:
    with pytest.raises(BoundaryError, match=r"^they do not meet$"), inside("run.json"):
        raise BoundaryError("they do not meet")
    with inside("run.json"):
        pass
