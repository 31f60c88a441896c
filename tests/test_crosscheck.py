"""The cross-check: the torch engine agrees with SymPy within its bounds, and every planted fault is found."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import FrozenInstanceError, replace
from fractions import Fraction
from typing import Any

import pytest
import sympy as sp

torch = pytest.importorskip("torch", reason="not run: torch not installed (pip install verified-cat[gpu])")

from verified_cat import primitives as p  # noqa: E402
from verified_cat.crosscheck import PRODUCTS, Instance, check, compare, crosscheck, instance, ones  # noqa: E402
from verified_cat.draw import is_trivial  # noqa: E402
from verified_cat.errors import MissingOperation, UsageError  # noqa: E402
from verified_cat.functions import Run  # noqa: E402
from verified_cat.gpu.engine import TorchEngine  # noqa: E402
from verified_cat.instances import of_json  # noqa: E402
from verified_cat.objects import SCALAR, Pair, space  # noqa: E402
from verified_cat.primitives import Elementwise, Primitive  # noqa: E402
from verified_cat.reference.agreement import FORWARD, PARTS, REVERSE, VALUES, Crosscheck, Outcome, gathered  # noqa: E402
from verified_cat.reference.evaluate import CannotEnclose, evaluate  # noqa: E402
from verified_cat.reference.jets import truth_by_jets  # noqa: E402
from verified_cat.reference.truth import Truth, agree, truth, written_out  # noqa: E402
from verified_cat.report import Strength  # noqa: E402
from verified_cat.rows import GEOMETRY  # noqa: E402
from verified_cat.shard import Shard  # noqa: E402
from verified_cat.terms import Copy, Discard, Identity, Operation, Pairing, Term, operations  # noqa: E402

Wrap = Callable[[Operation, Run], Run]
TERMS, SEED = 60, 0
ONE, ZERO = Fraction(1), Fraction(0)


class Faulty(TorchEngine):
    """The torch engine with one kernel wrapped."""

    def __init__(self, fault: str, precision: str = "float64") -> None:
        super().__init__(precision)
        self.name = fault
        self.wrap = FAULTS[fault]

    def operation(self, operation: Operation) -> Run:
        return self.wrap(operation, super().operation(operation))


def on(name: str, change: Callable[[Operation, Run], Run]) -> Wrap:
    return lambda operation, run: change(operation, run) if operation.name == name else run


def after(change: Callable[[Any], Any]) -> Callable[[Operation, Run], Run]:
    """The change made to what the kernel gives; a symbolic zero stays as it is."""

    def changed(_: Operation, run: Run) -> Run:
        def kernel(x: Any) -> Any:
            y = run(x)
            return change(y) if isinstance(y, torch.Tensor) else y

        return kernel

    return changed


def one_at_zero(_: Operation, run: Run) -> Run:
    return lambda x: (x >= 0).to(x.dtype) if isinstance(x, torch.Tensor) else run(x)


def in_float32(_: Operation, run: Run) -> Run:
    return lambda x: run(x.float()).double() if isinstance(x, torch.Tensor) else run(x)


def transposed(_: Operation, run: Run) -> Run:
    """The left operand of a product, where it is a square matrix, read by columns."""

    def kernel(xy: Any) -> Any:
        x, y = xy
        square = isinstance(x, torch.Tensor) and x.ndim == 2 and x.shape[0] == x.shape[1]
        return run((x.mT if square else x, y))

    return kernel


def other_axis(operation: Operation, run: Run) -> Run:
    """Where one axis of two equally long ones is summed, the other one."""
    assert isinstance(operation, Primitive)
    shape, axes = operation.arguments
    if len(shape) != 2 or len(axes) != 1 or shape[0] != shape[1]:
        return run
    return lambda x: torch.sum(x, 1 - axes[0]) if isinstance(x, torch.Tensor) else run(x)


def every_axis(operation: Operation, run: Run) -> Run:
    """All axes are summed, so that the result has another shape."""
    return lambda x: torch.sum(x) if isinstance(x, torch.Tensor) else run(x)


FAULTS: dict[str, Wrap] = {
    "tanh off by 1e-6": on("tanh", after(lambda y: y * (1 + 1e-6))),
    "step is 1 at 0": on("step", one_at_zero),
    "left operand transposed": on("contract", transposed),
    "sum over the other axis": on("sum", other_axis),
    "sum over every axis": on("sum", every_axis),
    "sin in float32": on("sin", in_float32),
    "exp gives NaN": on("exp", after(lambda y: y * math.nan)),
    "add drops the last bits": on("add", after(lambda y: y * (1 + 2.0**-40))),
    "negate does nothing": on("negate", lambda operation, run: lambda x: x),
}


def at(term: Term, point: Any, cotangent: Any) -> Instance:
    """The instance along the tangent of ones."""
    return Instance(term, point, cotangent, ones(term.dom))


def collected(*outcomes: Outcome, engine: str = "torch") -> Crosscheck:
    return gathered(0, (engine,), outcomes)


@pytest.fixture(scope="module")
def run() -> Crosscheck:
    """One run of the right engines and of every faulty one."""
    engines = [TorchEngine(), TorchEngine("float32"), *map(Faulty, FAULTS)]
    return crosscheck(TERMS, SEED, engines)


def refuted(found: Crosscheck, engine: str) -> bool:
    rows = [*found.rows.values(), *found.operations.values()]
    return any(row.excesses for row in rows if row.engine == engine)


# ------------------------------------------------------------------------------------------------ what must agree


def test_the_torch_engine_agrees(run: Crosscheck) -> None:
    assert not refuted(run, "torch") and not refuted(run, "torch-float32")
    for row in run.rows.values():
        if row.engine.startswith("torch"):
            assert row.entries > TERMS
            assert row.unbounded == 0
            assert 0 < row.share <= 1
            assert 0 < row.gap <= row.allowed < 1
    assert run.undecided == ()


def test_every_primitive_occurs(run: Crosscheck) -> None:
    drawn = {each.name for index in range(400) for each in operations(instance(SEED, index).term)}
    assert drawn == set(p.TABLE)
    assert set(p.TABLE) - {name for name, *_ in run.by_primitive} <= set(GEOMETRY)
    assert {part for *_, part in run.by_primitive} == set(PARTS)
    assert set(p.TABLE) - {name for name, _ in run.operations} <= set(GEOMETRY)
    assert all(row.terms > 0 for row in (*run.by_primitive.values(), *run.operations.values()))


def test_every_kind_of_product_occurs() -> None:
    """Batched, with the batch axis elsewhere in the result, outer, and summed over two axes."""
    found = [each for index in range(800) for each in operations(instance(SEED, index).term)]
    drawn = {each.arguments[0] for each in found if isinstance(each, Primitive) and each.name == "contract"}
    assert set(PRODUCTS) <= drawn


def test_instances_depend_on_seed_and_index_alone() -> None:
    first = [instance(3, index) for index in range(20)]
    assert first == [instance(3, index) for index in reversed(range(20))][::-1]
    assert len({repr(each) for each in first}) == 20
    assert instance(4, 0) != instance(3, 0)
    assert not any(is_trivial(each.term.cod) for each in first)


def test_processes_change_nothing() -> None:
    engines = [TorchEngine(), TorchEngine("float32")]
    assert replace(crosscheck(4, 1, engines, jobs=2), seconds=0) == replace(crosscheck(4, 1, engines), seconds=0)


def test_primitives_that_have_to_occur_do() -> None:
    """Three instances have few of them; the first later instances with the others are added."""
    few = crosscheck(3, SEED, [TorchEngine()])
    wanted = {"log", "sqrt", "permute", "add"}
    assert not wanted <= {name for name, *_ in few.by_primitive}
    found = crosscheck(3, SEED, [TorchEngine()], containing=wanted)
    assert wanted <= {name for name, *_ in found.by_primitive}
    assert 3 < found.terms <= 6
    assert crosscheck(3, SEED, [TorchEngine()], containing={"no such primitive"}).terms == 3


def test_shards_are_the_whole() -> None:
    numbers = [index for k in (1, 2, 3) for index in Shard(k, 3).numbers(10)]
    assert sorted(numbers) == list(range(10))
    with pytest.raises(UsageError, match="4/3"):
        Shard(4, 3)


# ------------------------------------------------------------------------------------------------ what must be found


@pytest.mark.parametrize("fault", [name for name in FAULTS if name != "step is 1 at 0"])
def test_a_planted_fault_is_found(run: Crosscheck, fault: str) -> None:
    assert refuted(run, fault), f"{fault}: no excess in {TERMS} terms"
    assert run.strength is Strength.REFUTED


def test_another_derivative_at_the_kink_is_found() -> None:
    """relu'(0) = 1 where the table says 0: only a point at the kink shows it, and only in the derivative."""
    found = check(at(p.relu(()), (ZERO,), (ONE,)), [TorchEngine(), Faulty("step is 1 at 0")])
    assert found.at_kink
    excesses = {(each.engine, each.part): each.excess for each in found.comparisons}
    for part in (REVERSE, FORWARD):
        wrong = excesses.pop(("step is 1 at 0", part))
        assert wrong is not None
        assert (float(wrong.found), float(wrong.exact)) == (1, 0)
    assert set(excesses.values()) == {None}
    assert [each.engine for each in found.steps if each.excess] == ["step is 1 at 0"]


def test_a_wrong_row_of_the_table_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """exp' = 2 exp obeys every law of reverse derivatives, and both engines share it; SymPy's derivative does not."""
    typing = p.row("exp").typing
    double = Elementwise(typing, lambda shape: p._y(shape) >> p.scale(2, shape))
    monkeypatch.setitem(p.TABLE, "exp", double)
    found = check(at(p.exp(()), (ONE,), (ONE,)), [TorchEngine()])
    assert [each.excess is None for each in found.comparisons] == [True, False, False]
    assert not any(each.excess for each in found.steps)


def test_an_excess_can_be_replayed() -> None:
    fault = Faulty("negate does nothing")
    found = crosscheck(20, SEED, [fault])
    steps = [excess for excess in found.excesses if excess.part.startswith("operation")]
    assert steps
    assert all(str(excess.at.term) == "negate" for excess in steps)
    for excess in found.excesses[:3]:
        assert f"instance({SEED}, {excess.at.index})" in str(excess)
        again = of_json(json.loads(json.dumps(excess.as_json()))["case"])
        assert again == excess.at
        assert any(each.excess is not None for each in check(again, [fault]).comparisons)
        assert not any(each.excess is not None for each in check(again, [TorchEngine()]).comparisons)


def test_an_engine_that_raises_fails() -> None:
    matrix = (ONE, ZERO, ONE, ONE, ZERO, ONE)
    term = p.sum_axes((2, 3), (0,))
    found = check(at(term, matrix, (ONE,) * 3), [Faulty("sum over every axis")])
    assert found.comparisons[0].excess is not None
    assert "DataError: a value of R[3] has the shape (3,), not ()" in found.comparisons[0].excess.found


def test_a_missing_entry_fails() -> None:
    class Short(TorchEngine):
        def lower(self, ob: Any, value: Any) -> Any:
            return super().lower(ob, value)[1:]

    found = check(at(p.negate((2,)), (ONE, ZERO), (ONE, ONE)), [Short()])
    assert found.comparisons[0].excess is not None
    assert "[1, 1, 1] entries where [2, 2, 2] were expected" in found.comparisons[0].excess.found


def test_a_missing_operation_is_said() -> None:
    class Without(TorchEngine):
        def operation(self, operation: Operation) -> Run:
            raise MissingOperation(f"no kernel for {operation.name}")

    with pytest.raises(MissingOperation, match="no kernel for exp"):
        check(at(p.exp(()), (ONE,), (ONE,)), [Without()])


def test_entries_against_bounds() -> None:
    """NaN and infinities exceed every bound, the bound itself does not; an entry without a bound counts for nothing."""
    point, engine = at(p.negate(()), (ONE,), (ONE,)), "torch"

    def excess(found: float, bound: float) -> bool:
        return compare(point, engine, VALUES, [found], [ONE], [bound]).excess is not None

    assert excess(math.nan, 1.0)
    assert excess(math.inf, 1e300)
    assert excess(1.0 + 2**-52, 2.0**-53)
    assert excess(1.5, 0.0)
    assert excess(1e308, 1e-300)
    assert not excess(1.0 + 2**-52, 2.0**-52)
    assert not excess(1.0, 0.0)
    unbounded = compare(point, engine, VALUES, [math.nan, 1.0], [ONE, ONE], [math.inf, 0.0])
    assert (unbounded.entries, unbounded.unbounded, unbounded.excess) == (2, 1, None)


# ------------------------------------------------------------------------------------------------ the exact side


def exact(term: Term, point: Any, cotangent: Any) -> Truth:
    """The numbers by SymPy and in balls, which agree."""
    symbolic = truth(term, point, cotangent, ones(term.dom))
    in_balls = truth_by_jets(term, point, cotangent, ones(term.dom))
    assert agree(symbolic, in_balls)
    return symbolic


def test_the_exact_side_differentiates_the_expression() -> None:
    product = exact(p.multiply(()), ((Fraction(3),), (Fraction(5),)), (Fraction(2),))
    assert product == Truth((Fraction(15),), (Fraction(10), Fraction(6)), (Fraction(8),), False)
    cosine = exact(p.sin(()), (ONE,), (ONE,))
    assert abs(float(cosine.pulled[0]) - math.cos(1)) < 1e-15


def test_branches_between_kinks_and_conventions_at_them() -> None:
    nested = p.relu((2,)) >> p.scale(-1, (2,)) >> p.relu((2,))
    assert exact(p.relu((2,)), (ONE, -ONE), (ONE, ONE)).pulled == (ONE, ZERO)
    assert exact(p.step((2,)), (ONE, -ONE), (ONE, ONE)) == Truth((ONE, ZERO), (ZERO, ZERO), (ZERO, ZERO), False)
    assert exact(nested, (ONE, -ONE), (ONE, ONE)).at_kink  # -relu(-1) = 0 is the kink of the outer one
    shifted = Pairing(p.relu(()), Discard(SCALAR) >> p.constant((), -1)) >> p.add(()) >> p.relu(())
    assert exact(shifted, (Fraction(3),), (ONE,)) == Truth((Fraction(2),), (ONE,), (ONE,), False)
    assert exact(p.relu(()), (ZERO,), (ONE,)) == Truth((ZERO,), (ZERO,), (ZERO,), True)


def zero_in_disguise() -> Term:
    """x ↦ sin²x + cos²x - 1, which SymPy does not collect."""
    squares = [f(()) >> Copy(SCALAR) >> p.multiply(()) for f in (p.sin, p.cos)]
    one = Discard(SCALAR) >> p.constant((), -1)
    return Pairing(Pairing(*squares) >> p.add(()), one) >> p.add(())


def test_a_sign_that_stays_open_is_undecided_and_no_pass() -> None:
    found = check(at(zero_in_disguise() >> p.relu(()), (ONE,), (ONE,)), [TorchEngine()])
    assert "open" in found.undecided
    assert found.comparisons == ()
    assert collected(found).strength is Strength.VACUOUS


def test_nothing_bounded_is_vacuous() -> None:
    """exp(128) is beyond float32: nothing is claimed of it, so nothing passes."""
    found = check(at(p.scale(8, ()) >> p.exp(()), (Fraction(16),), (ONE,)), [TorchEngine("float32")])
    assert [(each.entries, each.unbounded) for each in found.comparisons] == [(1, 1)] * 3
    assert collected(found, engine="torch-float32").strength is Strength.VACUOUS


def test_powers_that_sympy_makes_are_enclosed() -> None:
    x = sp.Symbol("x", positive=True)
    assert abs(evaluate(x ** sp.Rational(3, 4), {x: Fraction(16)}) - 8) < Fraction(1, 10**29)
    tower = sp.Integer(10) ** sp.exp(x)
    assert abs(float(evaluate(tower, {x: Fraction(-1)})) - 10 ** math.exp(-1)) < 1e-14
    with pytest.raises(CannotEnclose):
        evaluate(x ** sp.Rational(1, 3), {x: Fraction(8)})


@pytest.mark.parametrize("function", [p.sigmoid, p.exp, p.softplus])
def test_what_underflows_is_not_called_exactly_0(function: Callable[..., Term]) -> None:
    """step(sigmoid(-2048)) = 1, and 0 in floats: both are within the bound. Found as instance 41242 of seed 0."""
    term = function(()) >> p.step(())
    found = check(at(term, (Fraction(-2048),), (ONE,)), [TorchEngine(), TorchEngine("float32")])
    values = [each for each in found.comparisons if each.part == VALUES]
    assert [(each.excess, each.gap, each.allowed >= 1) for each in values] == [(None, 1.0, True)] * 2


def test_what_sympy_would_write_out_without_end_is_left_to_balls() -> None:
    """x ↦ x + sin x, sixteen times: 32 operations that share, 163,839 symbols where nothing is shared."""
    step = Copy(SCALAR) >> (Identity(SCALAR) @ p.sin(())) >> p.add(())
    chain = step
    for _ in range(15):
        chain = chain >> step
    with pytest.raises(CannotEnclose, match=r"too large for SymPy.* 163839 symbols"):
        truth(chain, (ONE,), (ONE,), (ONE,))
    found = check(at(chain, (ONE,), (ONE,)), [TorchEngine()])
    assert not found.undecided and len(found.comparisons) == 3
    x, y = sp.symbols("x y")
    assert written_out([(x + y) * sp.sin(x + y), x]) == 9
    assert agree(truth(step, (ONE,), (ONE,), (ONE,)), truth_by_jets(step, (ONE,), (ONE,), (ONE,)))


# ------------------------------------------------------------------------------------------------ the result


def test_the_result_is_frozen_and_the_report_is_json(run: Crosscheck) -> None:
    with pytest.raises(FrozenInstanceError):
        run.seed = 1  # type: ignore[misc]
    report = json.loads(json.dumps(run.as_json(), allow_nan=False))
    assert (report["schema"], report["verdict"], report["terms"], report["seed"]) == (2, "refuted", TERMS, SEED)
    assert report["excess_count"] == run.excess_count > len(report["excesses"]) > 0
    assert {row["engine"] for row in report["rows"]} == set(run.engines)
    assert "torch" in "\n".join(run.table())


def test_kinks_are_counted() -> None:
    outcomes = [check(at(p.relu(()), (x,), (ONE,)), [TorchEngine()]) for x in (ZERO, ONE)]
    assert collected(*outcomes).kinks == 1
    assert [sorted(outcome.primitives) for outcome in outcomes] == [["relu"], ["relu"]]


@pytest.mark.parametrize("count", [0, -1, True, 1.5])
def test_a_count_below_one_is_refused(count: Any) -> None:
    with pytest.raises(UsageError, match="number of terms"):
        crosscheck(count, 0)
    with pytest.raises(UsageError, match="number of jobs"):
        crosscheck(1, 0, jobs=count)


def test_progress_sees_every_outcome() -> None:
    seen: list[Outcome] = []
    found = crosscheck(3, 0, [TorchEngine()], progress=seen.append)
    assert found == replace(gathered(0, ("torch",), seen), seconds=found.seconds)
    assert len(seen) == 3


def test_operations_of_an_instance_are_in_its_outcome() -> None:
    drawn = instance(0, 7)
    assert check(drawn, []).primitives == {operation.name for operation in operations(drawn.term)}


def test_pairs_and_identities_need_no_primitive() -> None:
    ob = Pair(SCALAR, space(2))
    found = check(at(Identity(ob), ((ONE,), (ONE, ZERO)), ((ONE,), (ZERO, ONE))), [TorchEngine()])
    assert [each.entries for each in found.comparisons] == [3, 3, 3]
    assert [each.share for each in found.comparisons] == [0, 0, 0]
