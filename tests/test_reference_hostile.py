"""Hostile input: five hundred injection strings at every public entry, deep nesting, numbers that are none.

A string is never read as an expression. Three watchers say so: a canary file that every payload would write, SymPy's
parser, which is replaced by one that tells, and an audit hook on the compilation of source text.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
import sympy as sp
from click.testing import CliRunner
from sympy.parsing import sympy_parser

from verified_cat import primitives as p
from verified_cat.cli import main
from verified_cat.errors import VerifiedCatError
from verified_cat.functions import Functions
from verified_cat.gad import reverse_mode
from verified_cat.objects import SCALAR, UNIT, Ob, Pair, Sort, flatten, fold, size
from verified_cat.portable import decode_exact, decode_object, decode_term, encode_exact, encode_object, encode_term
from verified_cat.reference import SympyEngine
from verified_cat.reference.decide import decide, decide_values
from verified_cat.reference.evaluate import enclose
from verified_cat.reference.field import residue_engine
from verified_cat.reference.graph import GraphEngine
from verified_cat.reference.jacobian import matrix, times_vector
from verified_cat.reference.kinked import Relu, Step
from verified_cat.schema import Edge, PathEquation, Schema
from verified_cat.schema import Path as SchemaPath
from verified_cat.terms import Compose, Copy, Identity, Tensor, Term

CANARY = Path(__file__).parent / "canary-of-hostile-input"
WRITES = [
    f"open({str(CANARY)!r}, 'w')",
    f"__import__('os').system('touch {CANARY}')",
    f"__import__('pathlib').Path({str(CANARY)!r}).touch()",
    f"exec(\"open({str(CANARY)!r}, 'w')\")",
    f"eval(compile(\"open({str(CANARY)!r}, 'w')\", 'x', 'eval'))",
    f"[c for c in ().__class__.__base__.__subclasses__()] and open({str(CANARY)!r}, 'w')",
    f"(lambda: open({str(CANARY)!r}, 'w'))()",
    f"$(touch {CANARY})",
    f"; touch {CANARY}",
    f"| touch {CANARY}",
    f"`touch {CANARY}`",
    f"cos\nsystem\n(S'touch {CANARY}'\ntR.",
    f"!!python/object/apply:os.system ['touch {CANARY}']",
    f"{{{{ cycler.__init__.__globals__.os.system('touch {CANARY}') }}}}",
    "{0.__class__.__mro__}",
    "%s%s%s%n",
    "1e999999999999",
    "1/0",
    "9" * 5000,
    "nan",
    "inf",
    "-Infinity",
    "x.__class__",
    "../../../../etc/passwd",
    "\x00",
]
FRAMES: list[Callable[[str], str]] = [
    lambda text: text,
    lambda text: f" {text} ",
    lambda text: f"({text})",
    lambda text: f"[{text}]",
    lambda text: f"x + {text}",
    lambda text: f"1 if {text} else 2",
    lambda text: f"Integer(1) + {text}",
    lambda text: f"sin({text})",
    lambda text: f"f'{{{text}}}'",
    lambda text: f"'{text}",
    lambda text: f'"{text}',
    lambda text: f"') or {text} or ('",
    lambda text: f'") or {text} or ("',
    lambda text: f"1; {text}",
    lambda text: f"\n{text}\n",
    lambda text: f"lambda x: {text}",
    lambda text: f"{text}#",
    lambda text: f"x={text}",
    lambda text: f"${{{text}}}",
    lambda text: f"((declare-fun |{text}| () Int))",
]
STRINGS = [frame(text) for text in WRITES for frame in FRAMES]

_heard: list[str] = []
_listening = False


def _listen(event: str, arguments: tuple[Any, ...]) -> None:
    if _listening and event == "compile" and CANARY.name in str(arguments[0]) and "_listen" not in str(arguments[0]):
        _heard.append(str(arguments[0])[:100])  # not this very file, which pytest compiles again to show a failure


sys.addaudithook(_listen)


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fails the test where a string was parsed by SymPy, compiled, or run."""
    global _listening
    parsed: list[str] = []
    monkeypatch.setattr(sympy_parser, "parse_expr", lambda text, *_, **__: parsed.append(text))
    _heard.clear()
    _listening = True
    yield
    _listening = False
    assert not parsed and not _heard and not CANARY.exists()


def refused(attempt: Callable[[], Any], *also: type[Exception]) -> None:
    """The attempt ends in one of our errors (or one of ``also``)."""
    with pytest.raises((VerifiedCatError, *also)):
        attempt()


def test_there_are_five_hundred() -> None:
    assert len(set(STRINGS)) >= 500


def test_the_watchers_watch(monkeypatch: pytest.MonkeyPatch) -> None:
    """SymPy itself does read strings, in the very call that a careless engine would make."""
    seen: list[str] = []

    def heard(text: str, *_: Any, **__: Any) -> Any:
        seen.append(text)
        return sp.Integer(0)

    monkeypatch.setattr(sympy_parser, "parse_expr", heard)
    sp.exp("1 + 1")
    assert seen == ["1 + 1"]
    global _listening
    _listening = True
    compile(f"'{CANARY.name}'", "planted", "eval")
    _listening = False
    assert _heard.pop()


# ------------------------------------------------------------------------------------------------ strings as numbers


ENGINES = [SympyEngine(), GraphEngine(), residue_engine(2**61 - 1, Random(0))]


@pytest.mark.usefixtures("watched")
@pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.name)
def test_no_engine_computes_with_a_string(engine: Any) -> None:
    operations = {name: engine.operation(p.primitive(name, ()).operation) for name in ("exp", "tanh", "relu", "step")}
    for text in STRINGS:
        refused(lambda text=text: engine.lift(SCALAR, (text,)))  # type: ignore[misc]
        value = np.empty((), dtype=object)
        value[()] = text
        for operation in operations.values():
            refused(lambda operation=operation, value=value: operation(value))  # type: ignore[misc]
        refused(lambda value=value: engine.lower(SCALAR, value))  # type: ignore[misc]


@pytest.mark.usefixtures("watched")
def test_no_procedure_reads_a_string() -> None:
    x = sp.Symbol("x", real=True)
    one = np.array([[x]], dtype=object)
    attempts: list[Callable[[str], Any]] = [
        lambda text: decide(text, x),
        lambda text: decide(x, text),
        lambda text: decide_values(SCALAR, (text,), (x,)),
        lambda text: matrix([text], [x]),
        lambda text: matrix([x], [text]),
        lambda text: times_vector(one, [text]),
        lambda text: enclose([text], {}),
        lambda text: enclose([x], {x: text}),  # type: ignore[dict-item]
        lambda text: Relu(text),
        lambda text: Step(text),
        lambda text: p.constant((), text),  # type: ignore[arg-type]
        lambda text: p.scale(text, ()),  # type: ignore[arg-type]
        lambda text: SympyEngine().symbols(SCALAR, f"{text}!"),
    ]
    for text in STRINGS:
        for attempt in attempts:
            refused(lambda attempt=attempt, text=text: attempt(text))  # type: ignore[misc]


# ------------------------------------------------------------------------------------------------ strings as names


@pytest.mark.usefixtures("watched")
def test_names_stay_names() -> None:
    """A symbol or an opaque object may be called anything; nothing is looked up by it, and it is written as data."""
    for text in STRINGS:
        term = Identity(Sort(text)) @ p.symbol(text, SCALAR, SCALAR)
        assert decode_term(json.loads(json.dumps(encode_term(term)))) == term
        assert decode_object(encode_object(term.dom)) == term.dom and text in str(term.dom)
        assert repr(text) in repr(term)
        refused(lambda term=term: Functions(SympyEngine()).meaning(term))  # type: ignore[misc]
        refused(lambda text=text: p.primitive(text, ()))  # type: ignore[misc]
        refused(lambda text=text: p.contract(text, (2,), (2,)))  # type: ignore[misc]


@pytest.mark.usefixtures("watched")
def test_schemas_hold_names_alone() -> None:
    for text in STRINGS:
        schema = Schema(text, (text, "B"), (Edge(text, text, "B"),))
        assert schema.edge(text).target == "B" and text in str(schema.edges[0])
        equation = PathEquation(SchemaPath(text, (text,)), SchemaPath(text))
        refused(lambda text=text, e=equation: Schema("S", (text, "B"), (Edge(text, text, "B"),), (e,)))  # type: ignore[misc]
        refused(lambda schema=schema, text=text: schema.edge(f"not {text}"))  # type: ignore[misc]


# ------------------------------------------------------------------------------------------------ files and commands


@pytest.mark.usefixtures("watched")
def test_what_a_file_says_is_looked_up_and_not_run() -> None:
    for text in STRINGS:
        hostile: list[Any] = [
            [{"operation": {"name": text, "arguments": []}}],
            [{"operation": {"name": "exp", "arguments": [text]}}],
            [{"operation": {"name": "scale", "arguments": [{"number": f"{text}!"}, []]}}],
            [{"operation": {"name": "contract", "arguments": [text, [2], [2]]}}],
            [{"node": text, "parts": [], "objects": ["1"]}],
            [{"node": "Identity", "parts": text, "objects": ["1"]}],
            [{"node": "Identity", "parts": [], "objects": text}],
            [{"node": "Identity", "parts": [], "objects": [text]}],
            [{"node": [text], "parts": [], "objects": []}],
            text,
        ]
        for data in hostile:
            refused(lambda data=data: decode_term(data))  # type: ignore[misc]
        refused(lambda text=text: decode_object({"space": [text]}))  # type: ignore[misc]
        refused(lambda text=text: decode_object({text: ["1", "1"]}))  # type: ignore[misc]
        refused(lambda text=text: decode_exact(SCALAR, text))  # type: ignore[misc]
        refused(lambda text=text: decode_exact(SCALAR, [f"{text}!"]))  # type: ignore[misc]


def test_a_number_in_a_file_has_no_exponent_and_is_finite_where_it_is_an_argument() -> None:
    for text in ("1e9", "1e999999999999", "nan", "inf", "0x10", "1_000", "٣", " 1", "1/0", "", "1/-2", True, None, 0.5):
        refused(lambda text=text: decode_term([{"operation": {"name": "scale", "arguments": [{"number": text}, []]}}]))  # type: ignore[misc]
    (scaled,) = encode_term(p.scale(Fraction(-3, 7), ()))
    assert decode_term([scaled]) == p.scale(Fraction(-3, 7), ())


def test_a_tree_that_doubles_and_a_space_too_large_are_refused() -> None:
    nodes: list[Any] = [{"node": "Identity", "parts": [], "objects": [{"space": []}]}]
    nodes += [{"node": "Tensor", "parts": [index, index], "objects": []} for index in range(100)]
    with pytest.raises(VerifiedCatError, match="leaves or fewer"):
        decode_term(nodes)
    with pytest.raises(VerifiedCatError, match="entries or fewer"):
        decode_object({"space": [10**6, 10**6]})


COMMANDS = [
    ["laws", "--show"],
    ["report"],
    ["replay"],
    ["merge", "--out"],
    ["crosscheck", "--precision"],
    ["crosscheck", "--seed"],
]


@pytest.mark.usefixtures("watched")
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_arguments_of_commands(command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is refused in one line: an exit code of a refused request, and no traceback."""
    monkeypatch.chdir(tmp_path)
    runner = CliRunner()
    for text in STRINGS[:: 1 if command[0] != "laws" else 5]:
        if "\x00" in text:  # no process can be given such an argument
            continue
        found = runner.invoke(main, [*command, text])
        assert found.exit_code == 4 and isinstance(found.exception, SystemExit), (text, found.output, found.exception)


# ------------------------------------------------------------------------------------------------ depth

DEPTH = 10_000


def leaning(name: str) -> Term:
    term: Term = p.primitive(name, ())
    for _ in range(DEPTH):
        term = Compose(p.primitive(name, ()), term)
    return term


@pytest.mark.parametrize("name", ["negate", "tanh", "sigmoid", "exp"])
def test_deep_terms(name: str) -> None:
    """Interpreted, differentiated, printed and written; SymPy's refusal says what has no such limit."""
    term = leaning(name)
    assert str(term).count(name) == DEPTH + 1
    assert decode_term(encode_term(term)) == term
    engine = SympyEngine()
    function, derivative = Functions(engine).meaning(term), reverse_mode(engine).differentiate(term)
    for point in (engine.symbols(SCALAR), engine.lift(SCALAR, (Fraction(1, 2),))):
        if name == "negate":
            assert function(point) == point * (-1) ** (DEPTH + 1) and derivative(point)[0] == function(point)
        else:
            for run in (function, derivative):
                refused(lambda run=run, point=point: run(point))  # type: ignore[misc]
    if name == "tanh":
        with pytest.raises(VerifiedCatError, match="GraphEngine takes any depth"):
            function(engine.symbols(SCALAR))


def test_deep_tensors_and_objects() -> None:
    term: Term = Identity(SCALAR)
    ob: Ob = SCALAR
    for _ in range(DEPTH):
        term, ob = Tensor(term, Identity(SCALAR)), Pair(ob, SCALAR)
    assert term.dom == ob and hash(term.dom) == hash(ob) and size(ob) == DEPTH + 1
    assert str(ob).count("⊗") == DEPTH and repr(ob).count("Pair") == DEPTH
    assert decode_object(encode_object(ob)) == ob and ob != Pair(ob, UNIT)
    engine = SympyEngine()
    values = fold(ob, unit=(), leaf=lambda _: (Fraction(1, 2),), pair=lambda left, right: (left, right))
    lifted = engine.lift(ob, decode_exact(ob, encode_exact(ob, values)))
    assert sum(fold_entries(ob, engine.lower(ob, lifted))) == Fraction(DEPTH + 1, 2)
    assert Functions(engine).meaning(term).dom == ob
    assert len(fold_entries(ob, engine.lower(ob, engine.symbols(ob)))) == DEPTH + 1


def fold_entries(ob: Ob, observed: Any) -> list[Any]:
    return [entry for leaf in flatten(ob, observed) for entry in leaf]


BUILDS: list[Callable[[Any], Any]] = [lambda e: -e + 1, lambda e: e**2 + 1, lambda e: Relu(e) - 1]


@pytest.mark.parametrize("build", BUILDS, ids=["sum", "square", "relu"])
def test_deep_expressions_are_decided_or_left_open(build: Callable[[Any], Any]) -> None:
    x, y = sp.symbols("x y", real=True)
    deep = x
    for _ in range(150):
        deep = build(deep)
    assert decide(deep, deep).verdict == "equal"
    assert decide(deep, deep + sp.tanh(y)).verdict in ("different", "undecided")


def test_a_number_squared_without_end_is_refused_by_its_length() -> None:
    square: Term = Copy(SCALAR) >> p.multiply(())
    term: Term = square
    for _ in range(100):
        term = term >> square
    for engine in (SympyEngine(), GraphEngine()):
        with pytest.raises(VerifiedCatError, match="more than 1000000 bits"):
            Functions(engine).meaning(term)(engine.lift(SCALAR, (Fraction(2, 3),)))


def test_deep_data_is_refused() -> None:
    deep: Any = []
    for _ in range(DEPTH):
        deep = [deep]
    refused(lambda: decode_term(deep))
    refused(lambda: decode_term([{"operation": {"name": "exp", "arguments": deep}}]))
    refused(lambda: decode_exact(SCALAR, deep))
    refused(lambda: decode_object(deep))
    refused(lambda: decode_object({"pair": ["1", deep]}))


# ------------------------------------------------------------------------------------------------ numbers that are none

NONE = [float("nan"), float("inf"), float("-inf"), sp.nan, sp.oo, -sp.oo, sp.zoo, np.float64("nan")]


@pytest.mark.parametrize("number", NONE, ids=repr)
def test_nan_and_infinities_are_refused_by_name(number: Any) -> None:
    said = "nan|NaN" if "nan" in repr(number) else "inf|oo|no exact number|zoo"
    for attempt in (
        lambda: SympyEngine().lift(SCALAR, (number,)),
        lambda: SympyEngine().lift(SCALAR, (sp.Symbol("x") + number if isinstance(number, sp.Expr) else number,)),
        lambda: GraphEngine().lift(SCALAR, (number,)),
        lambda: decide(number, sp.S.One),
        lambda: p.constant((), number),
        lambda: p.scale(number, ()),
    ):
        with pytest.raises(VerifiedCatError, match=said):
            attempt()
