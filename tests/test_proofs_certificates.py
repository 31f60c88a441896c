"""Stored certificates against the running code: replayed without a solver, stale where the code says something else."""

from __future__ import annotations

import ast
import builtins
import inspect
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

import pytest

from verified_cat.check import LAWS, Law
from verified_cat.laws import suite
from verified_cat.proofs import certificates, certify
from verified_cat.proofs.certificates import (
    METHODS,
    Row,
    Stored,
    bound,
    file_of,
    provable,
    replay_law,
    stored,
    summary,
)
from verified_cat.proofs.checker import Refused, Terms, load
from verified_cat.proofs.code_mutants import applied, listed
from verified_cat.proofs.evidence import obligation_of
from verified_cat.proofs.obligations import traced
from verified_cat.proofs.smtlib import in_order, smtlib
from verified_cat.proofs.statements import NOT_TRACED, goals_of, statement
from verified_cat.proofs.symbols import Node, node
from verified_cat.worlds import Mutant

suite.load()


def on_file(law: str) -> Stored:
    return stored(load(file_of(law).read_bytes()))


def statuses(rows: list[Row]) -> set[str]:
    return {row.status for row in rows}


# ------------------------------------------------------------------------------------------------ replay

REPLAY = """
import json, sys
sys.modules["z3"] = sys.modules["cvc5"] = None  # as where they are not installed
from verified_cat.laws import suite
suite.load()
from verified_cat.proofs import certificates
rows = certificates.replay()
print(json.dumps([[row.law, row.world, row.status, row.method, row.why] for row in rows]))
assert not [name for name in sys.modules if name.partition(".")[0] in ("z3", "cvc5") and sys.modules[name]]
"""


def test_every_goal_of_every_law_is_proved_by_certificate_without_a_solver() -> None:
    """A law or a construction that changed makes this fail: ``verified-cat proofs --write-certificates``."""
    ran = subprocess.run([sys.executable, "-c", REPLAY], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    rows = json.loads(ran.stdout)
    assert [row for row in rows if row[2] != "certified"] == []
    asked = {(law.name, world) for law in provable() for world in law.worlds if traceable(law, world)}
    assert {(row[0], row[1]) for row in rows if row[0] in LAWS} == asked
    assert [row[3] for row in rows if row[0] not in LAWS] == ["polynomial"]
    assert len(asked) >= 190
    assert len(rows) >= 840
    assert {row[3] for row in rows} <= {*METHODS}
    assert sum(row[3] == "steps" for row in rows) >= 140


def traceable(law: Law, world: str) -> bool:
    try:
        return bool(goals_of(law, world)[0])
    except NOT_TRACED:
        return False


def test_the_summary_counts_what_is_not_proved() -> None:
    rows = [
        Row("A", "w", 0, "certified", "", "steps", 7, 2),
        Row("A", "w", 1, "stale", "the code of today says something else"),
        Row("B", "w", 0, "missing"),
    ]
    assert summary(rows) == [
        "A in w, goal 1: stale: the code of today says something else",
        "B in w, goal 0: missing",
        "3 goals of 2 laws: 1 proved by certificate, 1 stale, 0 vacuous, 0 refused, 1 missing",
        "1 by steps; 7 steps; 1 do without some hypotheses",
    ]


def test_an_equation_of_one_term_with_itself_is_said_to_be_one() -> None:
    found = [row for row in replay_law(LAWS["GAD-FORGET"]) if row.method == "x = x"]
    assert found
    for row in found:
        formula = goals_of(LAWS["GAD-FORGET"], row.world)[0][row.goal]
        assert formula.lhs is formula.rhs


# ------------------------------------------------------------------------------------------------ files


def test_no_file_is_missing_and_a_broken_one_is_refused(tmp_path: Path) -> None:
    law = LAWS["CAT-ASSOC"]
    assert statuses(replay_law(law, tmp_path)) == {"missing"}
    (tmp_path / "CAT-ASSOC.json").write_text("{")
    assert statuses(replay_law(law, tmp_path)) == {"refused"}


WRONG_WORLDS: tuple[object, ...] = (
    None,
    [],
    {"functions": 3},
    {"functions": [10_000]},
    {"functions": [True]},
    {"functions": ["0"]},
)


@pytest.mark.parametrize("worlds", WRONG_WORLDS, ids=str)
def test_worlds_that_are_no_table_are_refused(worlds: object) -> None:
    data = load(file_of("CAT-ASSOC").read_bytes())
    with pytest.raises(Refused):
        stored({**data, "worlds": worlds})


def test_a_certificate_of_another_goal_or_another_law_is_stale(tmp_path: Path) -> None:
    """A true theorem in the wrong place proves nothing there."""
    law = LAWS["CAT-UNIT"]
    data = json.loads(file_of(law.name).read_text())
    data["worlds"] = {world: list(reversed(numbers)) for world, numbers in data["worlds"].items()}
    (tmp_path / "CAT-UNIT.json").write_text(json.dumps(data))
    assert "stale" in statuses(replay_law(law, tmp_path))
    (tmp_path / "CAT-UNIT.json").write_bytes(file_of("PARA-ASSOC").read_bytes())
    assert "certified" not in statuses(replay_law(law, tmp_path))


def test_one_bad_certificate_is_refused_and_the_others_stand() -> None:
    law = LAWS["L-FUNCT"]
    data = load(file_of(law.name).read_bytes())
    data["certificates"][0]["steps"].pop()
    rows = list(bound(law, law.worlds[0], stored(data)))
    assert [row.status for row in rows] == ["refused", "certified"]


def test_hypotheses_that_are_not_true_of_the_symbols_do_not_count() -> None:
    """The right hypotheses, but the law of today may assume nothing."""
    law, found = LAWS["L-FUNCT"], on_file("L-FUNCT")
    formulas, assumed = goals_of(law, law.worlds[0])
    row = Row(law.name, law.worlds[0], 0, "missing")
    checked = found.checked[found.worlds[law.worlds[0]][0]]
    assert certificates._compared(row, found, checked, formulas[0], assumed).status == "certified"
    assert certificates._compared(row, found, checked, formulas[0], ()).status == "stale"


# ------------------------------------------------------------------------------------------------ binding

STORED = [law for law in provable() if file_of(law.name).exists()]
OWN = [(law, mutant) for law in STORED for mutant in law.mutants]


def said(law: Law, mutant: Mutant, wrong: bool) -> list[str]:
    """The traced goals as text, where all objects differ and where all are one; nothing where they do not fit."""
    try:
        chosen = mutant if wrong else None
        goals = [*obligation_of(law, mutant.world, chosen).goals]
        goals += obligation_of(law, mutant.world, chosen, one_sort=True).goals
        return [smtlib([], [traced(goal, "x")]) for goal in goals]
    except NOT_TRACED:
        return []


def test_every_mutant_that_changes_a_goal_makes_a_certificate_stale() -> None:
    """Those that do not are about spaces and numbers, of which opaque symbols know nothing."""
    files, stale, same = {law.name: on_file(law.name) for law in STORED}, 0, list[str]()
    rights: dict[tuple[str, str], list[str]] = {}
    for law, mutant in OWN:
        found = statuses(list(bound(law, mutant.world, files[law.name], mutant)))
        right = (law.name, mutant.world)
        if right not in rights:
            rights[right] = said(law, mutant, wrong=False)
        if said(law, mutant, wrong=True) == rights[right]:
            assert found == {"certified"}
            same.append(mutant.says)
        else:
            assert found <= {"certified", "stale"}, mutant.says
            assert "stale" in found, mutant.says
            stale += 1
    assert stale >= 120
    assert len(same) <= 5, same


OF_THE_TABLE = ("transposed_derivative", "sum_of", "tabulated", "ReverseDerivative")
"""What no opaque symbol reaches: it is about spaces, or about the operations of the table."""


def test_every_change_of_the_text_that_a_law_sees_makes_a_certificate_stale() -> None:
    """The mutants of code_mutants.toml; a change of the text that computes the same makes none stale."""
    files, seen = {law.name: on_file(law.name) for law in STORED}, 0
    for mutant in listed():
        asked = [(law, world) for law, world in mutant.judges if law in files]
        if not asked or any(name in mutant.at for name in OF_THE_TABLE):
            continue
        with applied(mutant):
            assert all(certified_now(LAWS[law], world, files[law]) for law, world in asked) is mutant.equivalent, mutant
        seen += not mutant.equivalent
    assert seen >= 60


def certified_now(law: Law, world: str, found: Stored) -> bool:
    try:
        return statuses(list(bound(law, world, found))) == {"certified"}
    except (TypeError, ValueError, AttributeError):  # the wrong construction does not run
        return False


# ------------------------------------------------------------------------------------------------ renaming

RENAMED = ("functions", "gad", "para", "learn", "lens", "dual", "cont", "optic", "span", "terms", "category")


class Renaming(ast.NodeTransformer):
    """Local variables of functions, and parameters of functions inside functions, under other names."""

    def __init__(self, kept: set[str]) -> None:
        self.kept = kept
        self.names: set[str] = set()
        self.count = 0

    def visit_FunctionDef(self, outermost: ast.FunctionDef) -> ast.AST:
        own = {each.arg for each in ast.walk(outermost.args) if isinstance(each, ast.arg)}
        found = [each for part in outermost.body for each in ast.walk(part)]
        names = {each.id for each in found if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)}
        names |= {each.arg for each in found if isinstance(each, ast.arg)}
        names |= {each.name for each in found if isinstance(each, ast.FunctionDef)}
        names -= own | self.kept
        for each in found:
            if isinstance(each, ast.Name) and each.id in names:
                each.id = f"renamed_{each.id}"
            elif isinstance(each, ast.arg) and each.arg in names:
                each.arg = f"renamed_{each.arg}"
            elif isinstance(each, ast.FunctionDef) and each.name in names:
                each.name = f"renamed_{each.name}"
        self.count += len(names)
        return outermost


def codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for each in code.co_consts:
        if isinstance(each, CodeType):
            yield from codes(each)


@contextmanager
def renamed(name: str) -> Iterator[int]:
    """The module running a copy of its text with other names in it; gives how many."""
    module = import_module(f"verified_cat.{name}")
    text = inspect.getsource(module)
    tree = ast.parse(text)
    keywords = {str(each.arg) for each in ast.walk(tree) if isinstance(each, ast.keyword)}
    shared = {n for each in ast.walk(tree) if isinstance(each, ast.Global | ast.Nonlocal) for n in each.names}
    renaming = Renaming({*vars(module), *vars(builtins), *keywords, *shared})
    changed = ast.fix_missing_locations(renaming.visit(tree))
    new = {code.co_qualname: code for code in codes(compile(changed, f"renamed {name}", "exec"))}
    old: list[tuple[FunctionType, CodeType]] = []
    for function in functions_of(module):
        code = new.get(function.__code__.co_qualname)
        if code is not None and code.co_freevars == function.__code__.co_freevars:
            old.append((function, function.__code__))
            function.__code__ = code
    try:
        yield renaming.count if old else 0
    finally:
        for function, code in old:
            function.__code__ = code


def functions_of(module: Any) -> Iterator[FunctionType]:
    """The functions and methods that the module itself defines."""
    for each in vars(module).values():
        members = vars(each).values() if isinstance(each, type) else [each]
        for member in members:
            if isinstance(member, FunctionType) and member.__module__ == module.__name__:
                yield member


def test_renaming_what_is_local_leaves_every_certificate_as_it_was() -> None:
    total = 0
    for name in RENAMED:
        with renamed(name) as count:
            total += count
            for law in ("PARA-ASSOC", "L-FUNCT", "CAT-UNIT", "GAD-CART", "LENS-CAT", "CONT-FUNCT", "FJ-SPAN"):
                assert statuses(replay_law(LAWS[law])) == {"certified"}, f"{name}: {law}"
    assert total >= 60


def with_names(term: Node, names: dict[str, str]) -> Node:
    """The term with other names for its symbols."""
    return node(term.kind, names.get(term.name, term.name), term.ob, *(with_names(part, names) for part in term.parts))


def test_symbols_under_other_names_make_the_same_statement() -> None:
    """What a law calls its morphisms does not matter; which of them is which does."""
    [formula, *_], _ = goals_of(LAWS["CAT-ASSOC"], "functions")
    terms, names = Terms(), sorted({term.name for term in in_order([formula.lhs]) if term.kind == "apply"})
    others = {name: f"other {name}" for name in names}
    assert len(names) == 3
    before = statement(terms, formula)
    both = replace(formula, lhs=with_names(formula.lhs, others), rhs=with_names(formula.rhs, others))
    assert statement(terms, both) == before
    one = replace(formula, lhs=with_names(formula.lhs, others))
    assert statement(terms, one) != before


# ------------------------------------------------------------------------------------------------ making them


def test_a_certificate_is_made_again_where_cvc5_is_installed() -> None:
    pytest.importorskip("cvc5", reason="not run: cvc5 is not installed")
    for law in ("CAT-ASSOC", "CLA-LEFT", "L-MON"):
        data, failures = certify.certified(LAWS[law])
        assert failures == []
        found = stored(load(json.dumps(data).encode()))
        assert all(statuses(list(bound(LAWS[law], world, found))) == {"certified"} for world in LAWS[law].worlds)


def test_a_solver_that_is_not_there_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(certify, "PROVER", "/dev/null")
    data, failures = certify.certified(LAWS["L-FUNCT"])
    assert data["certificates"] == []
    assert all("cvc5 is not installed, or its process ended" in each for each in failures)
    assert len(failures) == 2


def test_what_the_solver_says_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proof with a step that does not follow is refused by the kernel, and none is stored."""
    nothing = {"rows": [["False", "", ""]], "steps": [["TRUST", 0, [], []]]}
    monkeypatch.setattr(certify, "proofs_of", lambda texts: [nothing] * len(texts))
    data, failures = certify.certified(LAWS["L-FUNCT"])
    assert data["certificates"] == []
    assert all("does not follow by logic" in each for each in failures)


def test_a_replay_imports_neither_sympy_nor_torch_nor_a_solver() -> None:
    """They cost more than the replay; each is imported where a law runs on its values."""
    code = (
        "import sys; from verified_cat.laws import suite; suite.load(); from verified_cat.proofs import certificates; "
        "rows = certificates.replay_law(certificates.provable()[0]); "
        "print([row.status for row in rows][:1], sorted({'sympy', 'torch', 'z3', 'cvc5'} & {*sys.modules}))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "['certified'] []"
