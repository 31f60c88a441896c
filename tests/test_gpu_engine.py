"""Every kernel against NumPy on random shapes, empty and 0-d ones among them; the symbolic zero; the way in and out."""

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from itertools import permutations
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch", reason="not run: torch not installed (pip install verified-cat[gpu])")

from verified_cat import primitives as table  # noqa: E402
from verified_cat.errors import DataError, MissingOperation, UsageError  # noqa: E402
from verified_cat.gpu.contraction import letters_of  # noqa: E402
from verified_cat.gpu.engine import DTYPES, TorchEngine  # noqa: E402
from verified_cat.gpu.kernels import LOWERINGS  # noqa: E402
from verified_cat.gpu.zero import Zero  # noqa: E402
from verified_cat.objects import SCALAR, UNIT, Ob, Pair, Sort, Space, flatten, space  # noqa: E402
from verified_cat.reference.cases import CASES  # noqa: E402
from verified_cat.terms import Generator, Term  # noqa: E402

ENGINE = TorchEngine()
SHAPES = st.lists(st.integers(0, 3), max_size=3).map(tuple)
QUICK = settings(max_examples=40, deadline=None)
Array = Any


def run(term: Term, engine: TorchEngine = ENGINE) -> Callable[[Any], Any]:
    assert isinstance(term, Generator)
    return engine.operation(term.operation)


def draw(shape: tuple[int, ...], seed: int, *, positive: bool = False) -> Array:
    entries = np.random.Generator(np.random.Philox(seed)).uniform(-2, 2, size=shape)
    return np.asarray(np.abs(entries) + 0.5 if positive else entries)


def same(tensor: Any, array: Array) -> None:
    """The same shape, and entries within 16 units of rounding of a result of size at most 8 (all of ours are)."""
    assert tuple(tensor.shape) == np.shape(array), (tensor.shape, np.shape(array))
    assert np.allclose(tensor.numpy(), array, rtol=16 * 2.0**-53, atol=8 * 16 * 2.0**-53, equal_nan=True)


def test_kernels_are_the_table() -> None:
    assert set(LOWERINGS) == set(table.TABLE)


REFERENCE: dict[str, Callable[[Array], Array]] = {
    "negate": np.negative,
    "exp": np.exp,
    "log": np.log,
    "reciprocal": np.reciprocal,
    "sqrt": np.sqrt,
    "sin": np.sin,
    "cos": np.cos,
    "tanh": np.tanh,
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "relu": lambda x: np.maximum(x, 0),
    "step": lambda x: (x > 0).astype(float),
    "softplus": lambda x: np.logaddexp(x, 0),
    "gaussian": lambda x: np.exp(-x * x / 2) / math.sqrt(2 * math.pi),
    "gaussian_cdf": lambda x: np.array([math.erfc(-n / math.sqrt(2)) / 2 for n in x.flat]).reshape(x.shape),
}


@pytest.mark.parametrize("name", sorted(REFERENCE))
@QUICK
@given(shape=SHAPES, seed=st.integers(0, 99))
def test_entrywise(name: str, shape: tuple[int, ...], seed: int) -> None:
    x = draw(shape, seed, positive=name in ("log", "sqrt", "reciprocal"))
    same(run(table.primitive(name, shape))(torch.from_numpy(x)), REFERENCE[name](x))


@pytest.mark.parametrize("name", sorted(REFERENCE))
def test_entrywise_beyond_numbers(name: str) -> None:
    """IEEE 754 decides at 0, ±∞ and NaN, as it does in NumPy: nothing is hidden and nothing raises."""
    x = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, -1.0])
    with np.errstate(all="ignore"):
        expected = REFERENCE[name](x)
    same(run(table.primitive(name, (6,)))(torch.from_numpy(x)), expected)


@QUICK
@given(shape=SHAPES, seed=st.integers(0, 99))
def test_binary(shape: tuple[int, ...], seed: int) -> None:
    x, y = draw(shape, seed), draw(shape, seed + 100)
    pair = (torch.from_numpy(x), torch.from_numpy(y))
    same(run(table.add(shape))(pair), x + y)
    same(run(table.multiply(shape))(pair), x * y)


@pytest.mark.parametrize("factor", [Fraction(0), Fraction(1), Fraction(-1), Fraction(2, 3), Fraction(-7)])
@QUICK
@given(shape=SHAPES, seed=st.integers(0, 99))
def test_scale(factor: Fraction, shape: tuple[int, ...], seed: int) -> None:
    x = draw(shape, seed)
    same(ENGINE.dense(run(table.scale(factor, shape))(torch.from_numpy(x))), float(factor) * x)


@QUICK
@given(shape=SHAPES, seed=st.integers(0, 99), data=st.data())
def test_axes(shape: tuple[int, ...], seed: int, data: st.DataObject) -> None:
    axes = tuple(data.draw(st.lists(st.sampled_from(range(len(shape))), unique=True))) if shape else ()
    x = draw(shape, seed)
    total = x.sum(axis=axes) if axes else x
    same(run(table.sum_axes(shape, axes))(torch.from_numpy(x)), total)
    less = draw(np.shape(total), seed)
    spread = np.broadcast_to(np.expand_dims(less, tuple(sorted(axes))), shape)
    same(run(table.broadcast(shape, axes))(torch.from_numpy(less)), spread)


@QUICK
@given(shape=SHAPES, seed=st.integers(0, 99), data=st.data())
def test_layout(shape: tuple[int, ...], seed: int, data: st.DataObject) -> None:
    x = draw(shape, seed)
    order = data.draw(st.sampled_from(list(permutations(range(len(shape))))))
    turned = run(table.permute(shape, order))(torch.from_numpy(x))
    same(turned, x.transpose(order))
    flat = run(table.reshape(tuple(turned.shape), (x.size,)))(turned)  # of a view that is not contiguous
    same(flat, x.transpose(order).reshape(-1))


@st.composite
def contractions(draw_from: st.DrawFn) -> tuple[str, tuple[int, ...], tuple[int, ...]]:
    """Letters of the four kinds, each part in an order of its own, with lengths from 0 to 3."""
    letters = "abcdefgh"[: draw_from(st.integers(0, 6))]
    kinds = {letter: draw_from(st.sampled_from(["batch", "left", "right", "both"])) for letter in letters}
    lengths = {letter: draw_from(st.integers(0, 3)) for letter in letters}

    def part(*members: str) -> str:
        return "".join(draw_from(st.permutations([x for x in letters if kinds[x] in members])))

    left, right, out = part("batch", "left", "both"), part("batch", "right", "both"), part("batch", "left", "right")
    return f"{left},{right}->{out}", tuple(lengths[x] for x in left), tuple(lengths[x] for x in right)


@settings(max_examples=400, deadline=None)
@given(contraction=contractions(), seed=st.integers(0, 99))
@example(contraction=("ij,ji->", (2, 3), (3, 2)), seed=0)
@example(contraction=("abc,cab->", (2, 3, 2), (2, 2, 3)), seed=0)
@example(contraction=("cab,adbc->d", (2, 3, 2), (3, 2, 2, 2)), seed=0)
@example(contraction=("xaby,cbda->ydxc", (2, 3, 2, 3), (2, 2, 3, 3)), seed=0)
@example(contraction=("bija,ajcb->acbi", (2, 3, 2, 3), (3, 2, 2, 2)), seed=0)
@example(contraction=("ab,cb->cab", (2, 3), (2, 3)), seed=0)
def test_contract(contraction: tuple[str, tuple[int, ...], tuple[int, ...]], seed: int) -> None:
    subscripts, left, right = contraction
    x, y = draw(left, seed), draw(right, seed + 100)
    got = run(table.contract(subscripts, left, right))((torch.from_numpy(x), torch.from_numpy(y)))
    expected = np.einsum(subscripts, x, y)
    assert tuple(got.shape) == expected.shape
    # Higham 2002, (3.5): |error| <= gamma_n |x|·|y| in any order of summation; twice, since einsum rounds too.
    entries = int(
        np.prod([n for a, n in zip(subscripts.split(",")[0], left, strict=True) if a not in subscripts.split("->")[1]])
    )
    allowed = 2 * (entries + 1) * 2.0**-53 * np.einsum(subscripts, np.abs(x), np.abs(y))
    assert np.all(np.abs(got.numpy() - expected) <= allowed)


@pytest.mark.parametrize(
    ("subscripts", "kinds"),
    [
        ("ij,jk->ik", ("", "i", "k", "j")),
        ("ij,j->i", ("", "i", "", "j")),
        ("bij,bjk->bik", ("b", "i", "k", "j")),
        ("ik,jk->ij", ("", "i", "j", "k")),
        (",->", ("", "", "", "")),
    ],
)
def test_kinds_of_letters(subscripts: str, kinds: tuple[str, ...]) -> None:
    found = letters_of(subscripts)
    assert (found.batch, found.left_only, found.right_only, found.contracted) == kinds


def test_constant_is_made_once() -> None:
    three = run(table.constant((2, 2), 1, 2, 3, 4))
    assert three(()) is three(())
    same(three(()), np.array([[1.0, 2.0], [3.0, 4.0]]))
    same(run(table.constant((2, 3), Fraction(1, 3)))(()), np.full((2, 3), 1 / 3))
    same(run(table.constant((), 5))(()), np.array(5.0))


# ---------------------------------------------------------------------------------------------- the symbolic zero


def test_zero_is_zero_everywhere() -> None:
    """Each kernel at a symbolic zero gives what it gives at a tensor of zeros."""
    shape = (2, 3)
    zero, zeros, x = (
        run(table.constant(shape, 0))(()),
        torch.zeros(shape, dtype=torch.float64),
        torch.rand(shape).double(),
    )
    assert zero == Zero(shape)
    unary: list[Term] = [table.primitive(name, shape) for name in REFERENCE if name not in ("log", "reciprocal")]
    unary += [
        table.scale(3, shape),
        table.sum_axes(shape, (0,)),
        table.reshape(shape, (6,)),
        table.permute(shape, (1, 0)),
    ]
    unary += [table.broadcast((2, 4, 3), (1,))]
    for term in unary:
        same(ENGINE.dense(run(term)(zero)), run(term)(zeros).numpy())
    for term in (table.add(shape), table.multiply(shape), table.contract("ij,ij->i", shape, shape)):
        for symbolic, written in (((zero, x), (zeros, x)), ((x, zero), (x, zeros)), ((zero, zero), (zeros, zeros))):
            same(ENGINE.dense(run(term)(symbolic)), run(term)(written).numpy())


def test_zero_is_free() -> None:
    """0 + x is x itself, and 0 · x is the symbol, even where IEEE 754 has 0 · ∞ = NaN: the documented difference."""
    zero, x = Zero((2,)), torch.tensor([torch.inf, 1.0], dtype=torch.float64)
    assert run(table.add((2,)))((zero, x)) is x
    assert run(table.add((2,)))((x, zero)) is x
    assert run(table.multiply((2,)))((zero, x)) == zero
    assert ENGINE.lower(space(2), zero) == (0.0, 0.0)


# ---------------------------------------------------------------------------------------------- inputs, names, errors


def leaf_tensors(ob: Ob, seed: int, dtype: Any = torch.float64) -> Any:
    """Numbers from 1/2 to 5/2 as a value of ``ob``."""
    if isinstance(ob, Pair):
        return leaf_tensors(ob.left, seed, dtype), leaf_tensors(ob.right, seed + 1, dtype)
    return torch.from_numpy(draw(ob.shape, seed, positive=True)).to(dtype) if isinstance(ob, Space) else ()


@pytest.mark.parametrize("name", sorted(LOWERINGS))
def test_inputs_are_not_written_to(name: str) -> None:
    for arguments in (*CASES[name][0], *CASES[name][1]):
        operation = table.Primitive(name, arguments)
        given_value = leaf_tensors(operation.dom, 1)
        before = [leaf.clone() for leaf in flatten(operation.dom, given_value)]
        result = ENGINE.dense(ENGINE.operation(operation)(given_value))
        assert all(map(torch.equal, flatten(operation.dom, given_value), before))
        assert not result.requires_grad and tuple(result.shape) == operation.cod.shape  # type: ignore[attr-defined]


@pytest.mark.parametrize("precision", ["float64", "float32"])
@pytest.mark.parametrize("name", sorted(LOWERINGS))
def test_every_kernel_is_within_its_rounding_bound(name: str, precision: str) -> None:
    """At small and larger arguments, each entry against an enclosure of the exact one."""
    pytest.importorskip("flint", reason="not run: python-flint not installed (pip install verified-cat[balls])")
    from verified_cat.reference.stepwise import measured

    engine, compared = TorchEngine(precision), 0
    for arguments in (*CASES[name][0], *CASES[name][1]):
        operation = table.Primitive(name, arguments)
        x = leaf_tensors(operation.dom, 7, DTYPES[precision])
        y = engine.operation(operation)(x)
        found = measured(operation, engine.lower(operation.dom, x), engine.lower(operation.cod, y), precision)
        assert found.share <= 1 and not found.unbounded, found
        compared += found.entries
    assert compared


@pytest.mark.parametrize("name", ["convolve", "convolve_input", "convolve_weight"])
def test_a_convolution_of_a_symbolic_zero_or_of_nothing_is_zero(name: str) -> None:
    operation = table.Primitive(name, CASES[name][0][0])
    assert isinstance(operation.dom, Pair) and isinstance(operation.dom.left, Space)
    _, y = leaf_tensors(operation.dom, 1)
    assert type(ENGINE.operation(operation)((Zero(operation.dom.left.shape), y))) is Zero
    empty = table.Primitive(name, ((0, 2, 3, 3), (2, 2, 2, 2), (1, 1), (0, 0), (1, 1), 1))
    found = ENGINE.dense(ENGINE.operation(empty)(leaf_tensors(empty.dom, 1)))
    assert tuple(found.shape) == empty.cod.shape and not found.any()  # type: ignore[attr-defined]


def test_lift_and_lower() -> None:
    ob = (space(2, 2) @ UNIT) @ (SCALAR @ space(0))
    exact = (((Fraction(1), Fraction(1, 3), Fraction(-2), Fraction(0)), ()), ((Fraction(5),), ()))
    assert ENGINE.lower(ob, ENGINE.lift(ob, exact)) == (((1.0, 1 / 3, -2.0, 0.0), ()), ((5.0,), ()))
    single = TorchEngine("float32")
    (third,) = single.lower(SCALAR, single.lift(SCALAR, (Fraction(1, 3),)))
    assert third == float(np.float32(1 / 3))


@pytest.mark.parametrize(
    ("ob", "exact"),
    [
        (space(2), (Fraction(1),)),
        (space(2), 1.0),
        (SCALAR @ SCALAR, (Fraction(1),)),
        (UNIT, (Fraction(1),)),
        (Sort("A"), (Fraction(1),)),
        (SCALAR, (Fraction(10**400),)),
    ],
)
def test_lift_refuses(ob: Any, exact: Any) -> None:
    with pytest.raises(DataError):
        ENGINE.lift(ob, exact)


def test_too_large_for_float32() -> None:
    with pytest.raises(DataError, match="float32"):
        TorchEngine("float32").lift(SCALAR, (Fraction(10**39),))


@pytest.mark.parametrize(
    ("ob", "value"),
    [
        (space(2), torch.zeros(3)),
        (space(2), [0.0, 0.0]),
        (SCALAR @ SCALAR, torch.zeros(2)),
        (UNIT, torch.zeros(())),
        (Sort("A"), torch.zeros(())),
    ],
)
def test_lower_refuses(ob: Any, value: Any) -> None:
    with pytest.raises(DataError):
        ENGINE.lower(ob, value)


def test_names() -> None:
    assert (ENGINE.name, ENGINE.precision) == ("torch", "float64")
    single = TorchEngine("float32")
    assert (single.name, single.precision) == ("torch-float32", "float32")


def test_what_is_not_there() -> None:
    with pytest.raises(MissingOperation, match="free symbol"):
        ENGINE.operation(table.symbol("f", SCALAR, SCALAR).operation)
    with pytest.raises(UsageError, match="float8"):
        TorchEngine("float8")
    for device in ("cuda:99", "meta", "abacus"):
        with pytest.raises(UsageError, match=device):
            TorchEngine(device=device)


def test_without_torch() -> None:
    """The import says which command installs what is missing."""
    program = "import sys; sys.modules['torch'] = None\nimport verified_cat.gpu"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "MissingExtra" in done.stderr and "pip install verified-cat[gpu]" in done.stderr


def test_space_of_an_empty_batch() -> None:
    got = run(table.matmul(0, 0, 2))((torch.zeros(0, 0).double(), torch.zeros(0, 2).double()))
    same(got, np.zeros((0, 2)))
    got = run(table.matmul(2, 0, 2))((torch.zeros(2, 0).double(), torch.zeros(0, 2).double()))
    same(got, np.zeros((2, 2)))
    assert Space((0, 2)) == table.matmul(0, 0, 2).cod
