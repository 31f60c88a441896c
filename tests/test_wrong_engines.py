"""Engines that are wrong: one clear line each, and what they do wrong in the middle of a law is a refutation of it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from verified_cat.check import LAWS
from verified_cat.errors import MissingExtra, MissingOperation, UsageError
from verified_cat.laws import engines, suite
from verified_cat.primitives import TABLE
from verified_cat.reference.ieee import NumpyEngine
from verified_cat.report import Strength, Verdict
from verified_cat.sampling import sampled

GOOD = """
from fractions import Fraction
class Good:
    name, precision = "good", "float64"
    operation = lambda self, operation: lambda x: x
    lift = lambda self, ob, exact: exact
    lower = lambda self, ob, value: value
"""
suite.load()


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Writes a module, so that it can be imported by the name wrong_engine."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def write(text: str) -> str:
        (tmp_path / "wrong_engine.py").write_text(text, encoding="utf-8")
        return "wrong_engine"

    yield write
    sys.modules.pop("wrong_engine", None)
    engines.engine.cache_clear()


WRONG = {
    "a module that exits": ("raise SystemExit(3)", "Engine", "importing wrong_engine raised SystemExit: 3"),
    "a module that raises": ("1 / 0", "Engine", "importing wrong_engine raised ZeroDivisionError: division by zero"),
    "a module with a wrong syntax": ("def", "Engine", "importing wrong_engine raised SyntaxError"),
    "a module that lacks an attribute of another": (
        "import sys\nsys.nothing",
        "Engine",
        "importing wrong_engine raised AttributeError",
    ),
    "a module that needs another": ("import no_such_module", "Engine", "there is no module 'no_such_module'"),
    "no such object": (GOOD, "Goood", "wrong_engine has no 'Goood'; did you mean Good"),
    "a constructor that raises": (
        "class E:\n def __init__(self): raise KeyError('gpu')",
        "E",
        "E() raised KeyError: 'gpu'",
    ),
    "a constructor that exits": ("class E:\n def __init__(self): raise SystemExit(0)", "E", "E() raised SystemExit: 0"),
    "a constructor with arguments": ("class E:\n def __init__(self, x): pass", "E", "E() raised TypeError"),
    "no engine at all": ("E = 5", "E", "it has no name, no precision, no operation, no lift, no lower"),
    "no way out": (GOOD + "    del lower", "Good", "it has no lower, which every engine needs"),
    "another precision": (
        GOOD + "    precision = 'float8'",
        "Good",
        "its precision is 'float8'; a bound is derived for",
    ),
    "a precision that is no name": (GOOD + "    precision = ['x']", "Good", "its precision is ['x']"),
    "a name that is none": (GOOD + "    name = 3", "Good", "its name is 3, not a string"),
    "an operation that is none": (GOOD + "    operation = lift = None", "Good", "its operation, lift cannot be called"),
    "a member that raises": (
        GOOD + "    lift = property(lambda self: 1 / 0)",
        "Good",
        "reading its members raised ZeroDivisionError",
    ),
    "worlds without categories": (
        GOOD + "    worlds = {'functions'}",
        "Good",
        "it has no category, which every engine",
    ),
    "a world that is none": (
        GOOD + "    worlds = {'function'}\n    category = lambda self, world: None",
        "Good",
        "no own category can be in 'function'; did you mean functions",
    ),
    "a doctrine that is none": (
        GOOD + "    worlds = {'functions': 'monoidial'}\n    category = lambda self, world: None",
        "Good",
        "no doctrine is called 'monoidial'; did you mean monoidal",
    ),
    "worlds that are no names": (
        GOOD + "    worlds = 5\n    category = lambda self, world: None",
        "Good",
        "reading its members raised TypeError",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_an_engine_that_cannot_be_had_is_refused_in_one_line(case: str, module: Any) -> None:
    text, attribute, expected = WRONG[case]
    name = f"{module(text)}:{attribute}"
    with pytest.raises(UsageError) as refused:
        engines.engine(name)
    said = str(refused.value)
    assert said.startswith(f"--engine {name}: ")
    assert expected in said
    assert "\n" not in said


def test_a_module_that_is_missing_is_named() -> None:
    with pytest.raises(UsageError, match="--engine no_such_module:E: there is no module 'no_such_module'"):
        engines.engine("no_such_module:E")


def test_an_engine_whose_package_is_missing_says_so_in_its_rows(module: Any) -> None:
    text = "from verified_cat.errors import MissingExtra\nraise MissingExtra('pip install it')"
    with pytest.raises(MissingExtra, match="pip install it"):
        engines.engine(f"{module(text)}:Engine")


# ------------------------------------------------------------------------------------------------ in the middle of laws


class Wrong(NumpyEngine):
    """A right engine, one of whose members is replaced."""

    def __init__(self, **members: Any) -> None:
        super().__init__()
        self.__dict__.update(members)


RIGHT = NumpyEngine()


def verdict(engine: Any, law: str = "CAT-UNIT") -> Verdict:
    return sampled(LAWS[law], "functions", engine, engines.bounds_for("float64"), 10)


def raised(engine: Any) -> str:
    found = verdict(engine)
    assert found.strength is Strength.REFUTED
    return str(found.example["raised"])


def each(ob: Any, value: Any, leaf: Any) -> Any:
    """What the right engine gives, with each leaf changed."""
    found = RIGHT.lower(ob, value)
    return leaf(found) if type(found) is tuple and (not found or not isinstance(found[0], tuple)) else found


LOWERED = {
    "a list": (lambda ob, value: each(ob, value, list), "`lower` gave list for R"),
    "None": (lambda ob, value: each(ob, value, lambda _: None), "`lower` gave NoneType for R"),
    "an entry too many": (lambda ob, value: each(ob, value, lambda x: (*x, 0.0)), "entries for R"),
    "none of the entries": (lambda ob, value: each(ob, value, lambda _: ()), "`lower` gave 0 entries for R"),
    "text": (lambda ob, value: each(ob, value, lambda x: tuple(map(str, x))), "and no real number"),
    "complex numbers": (lambda ob, value: each(ob, value, lambda x: tuple(map(complex, x))), "and no real number"),
    "no pairs": (lambda ob, value: 0.0, "`lower` gave"),
}


@pytest.mark.parametrize("case", LOWERED)
def test_what_lower_gives_has_to_be_a_value_of_the_object(case: str) -> None:
    """Both sides of an equation are then wrong alike, which is no way to satisfy a law."""
    lower, expected = LOWERED[case]
    said = raised(Wrong(lower=lower))
    assert expected in said
    assert said.startswith("DataError: `lower` gave")


def test_an_operation_has_to_be_a_function() -> None:
    assert "gave NoneType, which cannot be called" in raised(Wrong(operation=lambda operation: None))
    assert "gave float, which cannot be called" in raised(Wrong(operation=lambda operation: 1.0))


def test_an_operation_that_raises_is_no_operation() -> None:
    def operation(operation: Any) -> Any:
        raise KeyError("kernel")

    said = raised(Wrong(operation=operation))
    assert said.startswith("OperationFault: operation(")
    assert "raised KeyError: 'kernel'" in said


def refusing(operation: Any) -> Any:
    raise MissingOperation(f"no {operation}")


def test_an_operation_that_is_declared_has_to_be_there() -> None:
    declared = Wrong(operation=refusing, operations=frozenset(TABLE))
    assert "is among its operations, and it refuses it: no" in raised(declared)


def test_what_is_not_declared_leaves_a_law_not_run() -> None:
    """Maps are drawn of what there is; a law that asks for more is not run, and says for what."""
    few = frozenset({"add", "negate", "scale", "sum", "broadcast", "reshape", "constant", "multiply"})
    engine = Wrong(operation=lambda op: RIGHT.operation(op) if op.name in few else refusing(op), operations=few)
    assert verdict(engine, "CART-UNIV").strength is Strength.SAMPLED
    found = sampled(LAWS["LOSS-SCE"], "R", engine, engines.bounds_for("float64"), 5)
    assert found.strength is Strength.NOT_RUN
    assert found.reason.startswith("no ")


@pytest.mark.parametrize("value", [None, "text", (1.0, 2.0, 3.0)])
def test_values_of_the_wrong_type_are_seen_where_they_come_out(value: Any) -> None:
    assert raised(Wrong(operation=lambda operation: lambda x: value))


def test_a_way_in_that_raises() -> None:
    def lift(ob: Any, exact: Any) -> Any:
        raise OSError("no memory")

    assert raised(Wrong(lift=lift)) == "OSError: no memory"


def test_the_right_engine_passes() -> None:
    assert verdict(RIGHT).strength is Strength.SAMPLED
