"""The kernel of the certificates: its rules, one by one; and more than five hundred corruptions of stored certificates.

A corruption may be accepted only if what it then states is what was proved before, or is refuted by Z3 when negated.
"""

from __future__ import annotations

import ast
import copy
import json
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from verified_cat.proofs import checker
from verified_cat.proofs.certificates import FOLDER, file_of
from verified_cat.proofs.checker import RULES, WORK, Checked, Refused, Term, Terms, Vacuous, check_all, load
from verified_cat.proofs.solvers import ChildSolver

SOURCE = Path(checker.__file__)


def test_the_kernel_is_small_and_imports_the_standard_library_alone() -> None:
    text = SOURCE.read_text(encoding="utf-8")
    assert len(text.splitlines()) < 400
    imported = set()
    for found in ast.walk(ast.parse(text)):
        if isinstance(found, ast.Import):
            imported |= {alias.name.partition(".")[0] for alias in found.names}
        elif isinstance(found, ast.ImportFrom):
            assert found.level == 0
            imported.add(str(found.module).partition(".")[0])
    assert imported <= sys.stdlib_module_names


def test_it_runs_on_its_own(tmp_path: Path) -> None:
    bad = tmp_path / "bad.json"
    bad.write_text('{"schema": 1}')
    good = file_of("CAT-ASSOC")
    ran = subprocess.run(
        [sys.executable, "-I", str(SOURCE), str(good), str(bad)], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 1
    assert ran.stderr == ""
    assert "CAT-ASSOC.json: 7 certificates" in ran.stdout
    assert "bad.json: refused: rows or certificates are missing" in ran.stdout


# ------------------------------------------------------------------------------------------------ rules


class Writing:
    """A certificate written by hand."""

    def __init__(self) -> None:
        self.rows: list[list[Any]] = []
        self.steps: list[list[Any]] = []

    def __call__(self, kind: str, *numbers: int) -> int:
        """A row."""
        self.rows.append([kind, *numbers])
        return len(self.rows) - 1

    def step(self, rule: str, conclusion: int, premises: list[int] | None = None, a: list[int] | None = None) -> int:
        """A step."""
        self.steps.append([rule, conclusion, premises or [], a or []])
        return len(self.steps) - 1

    def checked(self, goal: int, *hypotheses: int) -> Checked:
        """What the kernel makes of it."""
        given = {"goal": goal, "hypotheses": list(hypotheses), "steps": self.steps}
        return check_all({"schema": 1, "rows": self.rows, "certificates": [given]})[0]


@pytest.fixture
def w() -> Writing:
    return Writing()


def refutes(w: Writing, goal: int, premises: list[int]) -> None:
    """False, from the goal and its negation."""
    negation = w.step("assumption", w("not", goal))
    w.step("logic", w("false"), [*premises, negation])


def test_an_instance_of_a_hypothesis(w: Writing) -> None:
    """∀ x. f(x) = x ⊢ f(c) = c; of another sort there is no instance."""
    a, b = w("sort", 0), w("sort", 1)
    x, c, d = w("bound", 0, a), w("any", 0, a), w("any", 1, b)
    body = w("=", w("call", 0, x, a), x)
    everywhere, goal = w("all", body, x), w("=", w("call", 0, c, a), c)
    first = w.step("assumption", everywhere)
    refutes(w, goal, [w.step("instance", goal, [first], [c])])
    found = w.checked(goal, everywhere)
    assert len(found.used) == 1
    w.steps[1][3] = [d]
    with pytest.raises(Refused, match="step 1 does not follow by instance"):
        w.checked(goal, everywhere)
    w.steps[1][3] = []
    with pytest.raises(Refused, match="step 1"):
        w.checked(goal, everywhere)


def test_no_variable_is_captured(w: Writing) -> None:
    """∀ x. ∀ y. x = y does not give ∀ y. y = y by putting y for x, nor is a bound variable renamed away."""
    a = w("sort", 0)
    x, y = w("bound", 0, a), w("bound", 1, a)
    inner = w("all", w("=", x, y), y)
    outer = w("all", inner, x)
    first = w.step("assumption", outer)
    w.step("instance", w("all", w("=", y, y), y), [first], [y])
    with pytest.raises(Refused, match="captured"):
        w.checked(w("=", w("point"), w("point")), outer)


def test_congruence_under_a_quantifier_needs_premises_without_its_variable(w: Writing) -> None:
    """From c = x alone, ∀ x. d = c and ∀ x. d = x are not the same."""
    a = w("sort", 0)
    x, c, d = w("bound", 0, a), w("any", 0, a), w("any", 1, a)
    one, other = w("=", d, c), w("=", d, x)
    same = w.step("assumption", w("=", c, x))
    inside = w.step("congruence", w("=", one, other), [w.step("logic", w("=", d, d)), same])
    w.step("congruence", w("=", w("all", one, x), w("all", other, x)), [inside])
    with pytest.raises(Refused, match="step 3 does not follow by congruence"):
        w.checked(one)


@pytest.mark.parametrize("right", [True, False])
def test_normal_forms(w: Writing, right: bool) -> None:
    """x = (π₀ x, π₁ x) on A ⊗ (1 ⊗ 1), whatever is in 1; but not x = (π₀ y, π₁ x)."""
    one, a = w("one"), w("sort", 0)
    whole = w("product", a, w("product", one, one))
    x, y = w("any", 0, whole), w("any", 1, whole)
    goal = w("=", x, w("pair", w("left", x if right else y), w("right", y)))
    w.step("normal", goal)
    if right:
        assert w.checked(goal).rules == ("normal",)
    else:
        with pytest.raises(Refused, match="does not follow by normal"):
            w.checked(goal)


def test_a_polynomial_identity_by_coefficients(w: Writing) -> None:
    """x² = y, x = z ⊢ x³ = y z: with the coefficients z and x², in that order, and no other."""
    ring = w("ring")
    x, y, z = (w("any", i, ring) for i in range(3))
    square = w("*", x, x)
    first, second, goal = w("=", square, y), w("=", x, z), w("=", w("*", square, x), w("*", y, z))
    premises = [w.step("assumption", first), w.step("assumption", second)]
    refutes(w, goal, [w.step("combination", goal, premises, [z, square])])
    assert len(w.checked(goal, first, second).used) == 2
    for wrong in ([square, z], [z, x], [z], []):
        w.steps[2][3] = wrong
        with pytest.raises(Refused, match="step 2 does not follow by combination"):
            w.checked(goal, first, second)


def test_a_refutation_of_the_hypotheses_alone_is_vacuous(w: Writing) -> None:
    a = w("sort", 0)
    c, d = w("any", 0, a), w("any", 1, a)
    equal = w("=", c, d)
    unequal, goal = w("not", equal), w("=", d, c)
    w.step("logic", w("false"), [w.step("assumption", equal), w.step("assumption", unequal)])
    with pytest.raises(Vacuous):
        w.checked(goal, equal, unequal)
    with pytest.raises(Refused, match="more than what is stated"):
        w.checked(goal, equal)


def test_a_discharged_assumption_is_no_longer_one(w: Writing) -> None:
    """⊢ (c = d) ⇒ (d = c), with which the goal d = c follows from c = d and from nothing less."""
    a = w("sort", 0)
    c, d = w("any", 0, a), w("any", 1, a)
    one, goal = w("=", c, d), w("=", d, c)
    assumed = w.step("assumption", one)
    turned = w.step("logic", goal, [assumed])
    implied = w.step("discharged", w("=>", one, goal), [turned], [one])
    refutes(w, goal, [implied, w.step("assumption", one)])
    assert len(w.checked(goal, one).used) == 1
    w.steps[-1][2] = [implied, 4]
    with pytest.raises(Refused):
        w.checked(goal, one)


ILL_SORTED = (
    [["sort", 0], ["sort", 1], ["any", 0, 0], ["any", 1, 1], ["=", 2, 3]],
    [["sort", 0], ["any", 0, 0], ["left", 1]],
    [["sort", 0], ["any", 0, 0], ["+", 1, 1]],
    [["sort", 0], ["any", 0, 0], ["not", 1]],
    [["truth"], ["any", 0, 0]],
    [["truth"], ["product", 0, 0]],
    [["sort", 0], ["bound", 0, 0], ["=", 1, 1], ["all", 2]],
    [["sort", 0], ["bound", 0, 0], ["=", 1, 1], ["all", 2, 1, 1]],
    [["sort", 0], ["any", 0, 0], ["=", 1, 1], ["all", 2, 1]],
    [["sort", 0], ["pair", 0, 0]],
    [["sort", 0], ["any", 0, 0], ["any", 1, 1]],
    [["true"], ["pair", 0, 0]],
    [["number"]],
    [["sort"]],
    [["any", 0]],
    [["gone", 0]],
)


@pytest.mark.parametrize("rows", ILL_SORTED, ids=str)
def test_what_is_ill_sorted_is_refused(rows: list[list[Any]]) -> None:
    with pytest.raises(Refused):
        Terms().read(rows)


@pytest.mark.parametrize("valid", [True, False])
def test_propositional_consequences(valid: bool) -> None:
    """Five hundred random inferences over three atoms, against their truth tables."""
    rng, seen = random.Random(7), Counter[bool]()
    for _ in range(500):
        terms = Terms()
        sort = terms.make("sort", data=(0,))
        c, d, e = (terms.make("any", sort, data=(i,)) for i in range(3))
        atoms = [terms.make("=", c, d), terms.make("=", d, e), terms.make("=", e, c)]
        premises = [_formula(terms, atoms, rng, 3) for _ in range(2)]
        conclusion = _formula(terms, atoms, rng, 2)
        tables = [dict(zip(atoms, map(bool, (i & 1, i & 2, i & 4)), strict=True)) for i in range(8)]
        follows = all(_true(conclusion, row) for row in tables if all(_true(each, row) for each in premises))
        assert checker.follows(terms, premises, conclusion) is follows
        seen[follows] += 1
    assert seen[valid] > 50


def _formula(terms: Terms, atoms: list[Term], rng: random.Random, depth: int) -> Term:
    if not depth or rng.random() < 0.2:
        return rng.choice(atoms)
    kind = rng.choice(("not", "and", "or", "=>", "="))
    parts = [_formula(terms, atoms, rng, depth - 1) for _ in range(1 if kind == "not" else 2)]
    return terms.make(kind, *parts)


def _true(term: Term, row: dict[Term, bool]) -> bool:
    if term in row:
        return row[term]
    parts = [_true(part, row) for part in term.parts]
    if term.kind == "not":
        return not parts[0]
    if term.kind == "=>":
        return not parts[0] or parts[1]
    return parts[0] is parts[1] if term.kind == "=" else (all if term.kind == "and" else any)(parts)


# ------------------------------------------------------------------------------------------------ corruptions

ATTACKED = ("L-FUNCT", "CLA-LEFT", "GAD-PART", "CD.1-5", "LL-LAWS", "PARA-COKL", "CART-NAT", "CAT-ASSOC")
EACH = 100
"""How many corruptions of each file."""

Corruption = Callable[[Any, Any, random.Random], None]


def drop_premise(data: Any, given: Any, rng: random.Random) -> None:
    step = rng.choice([step for step in given["steps"] if step[2]] or given["steps"])
    if step[2]:
        del step[2][rng.randrange(len(step[2]))]


def replace_premise(data: Any, given: Any, rng: random.Random) -> None:
    number = rng.randrange(len(given["steps"]))
    premises = given["steps"][number][2]
    if premises:
        premises[rng.randrange(len(premises))] = rng.randrange(max(1, number))


def swap_premises(data: Any, given: Any, rng: random.Random) -> None:
    step = rng.choice([step for step in given["steps"] if len(step[2]) > 1] or given["steps"])
    step[2].reverse()


def change_conclusion(data: Any, given: Any, rng: random.Random) -> None:
    rng.choice(given["steps"])[1] = rng.randrange(len(data["rows"]))


def change_rule(data: Any, given: Any, rng: random.Random) -> None:
    step = rng.choice(given["steps"])
    step[0] = rng.choice([*RULES, "trust"])


def change_argument(data: Any, given: Any, rng: random.Random) -> None:
    step = rng.choice([step for step in given["steps"] if step[3]] or given["steps"])
    step[3] = [rng.randrange(len(data["rows"])) for _ in step[3]]


def reorder(data: Any, given: Any, rng: random.Random) -> None:
    rng.shuffle(given["steps"])


def truncate(data: Any, given: Any, rng: random.Random) -> None:
    del given["steps"][rng.randrange(len(given["steps"])) :]


def remove_step(data: Any, given: Any, rng: random.Random) -> None:
    del given["steps"][rng.randrange(len(given["steps"]))]


def edit_hypothesis(data: Any, given: Any, rng: random.Random) -> None:
    if given["hypotheses"]:
        given["hypotheses"][rng.randrange(len(given["hypotheses"]))] = rng.randrange(len(data["rows"]))


def forget_hypothesis(data: Any, given: Any, rng: random.Random) -> None:
    if given["hypotheses"]:
        del given["hypotheses"][rng.randrange(len(given["hypotheses"]))]


def edit_goal(data: Any, given: Any, rng: random.Random) -> None:
    given["goal"] = rng.randrange(len(data["rows"]))


def edit_row(data: Any, given: Any, rng: random.Random) -> None:
    row = rng.choice([row for row in data["rows"] if len(row) > 1])
    row[rng.randrange(1, len(row))] = rng.randrange(len(data["rows"]))


def edit_kind(data: Any, given: Any, rng: random.Random) -> None:
    rng.choice(data["rows"])[0] = rng.choice(("left", "right", "pair", "=", "and", "or", "not", "any", "bound", "call"))


CORRUPTIONS: tuple[Corruption, ...] = (
    *(drop_premise, replace_premise, swap_premises, change_conclusion, change_rule, change_argument, reorder),
    *(truncate, remove_step, edit_hypothesis, forget_hypothesis, edit_goal, edit_row, edit_kind),
)


def alone(data: Any, number: int) -> Any:
    """A file with one certificate and the rows it needs."""
    given = data["certificates"][number]
    pending = {given["goal"], *given["hypotheses"], *(i for step in given["steps"] for i in (step[1], *step[3]))}
    wanted: set[int] = set()
    while pending:
        index = pending.pop()
        if index not in wanted:
            wanted.add(index)
            pending |= set(data["rows"][index][1 + checker.DATA.get(data["rows"][index][0], 0) :])
    place = {old: new for new, old in enumerate(sorted(wanted))}

    def moved(row: list[Any]) -> list[Any]:
        split = 1 + checker.DATA.get(row[0], 0)
        return row[:split] + [place[each] for each in row[split:]]

    steps = [[rule, place[c], f, [place[each] for each in a]] for rule, c, f, a in given["steps"]]
    one = {"goal": place[given["goal"]], "hypotheses": [place[i] for i in given["hypotheses"]], "steps": steps}
    return {"schema": 1, "rows": [moved(data["rows"][old]) for old in sorted(wanted)], "certificates": [one]}


def printed(checked: Checked) -> str:
    """The negated statement as SMT-LIB, by a printer of its own."""
    lines, names = ["(set-logic ALL)"], dict[Any, str]()

    def declared(key: Any, line: str, name: str) -> str:
        if key not in names:
            names[key] = name
            lines.append(line)
        return names[key]

    def sort(term: Term) -> str:
        if term.kind == "product":
            left, right, n = sort(term.parts[0]), sort(term.parts[1]), term.index
            return declared(term, f"(declare-datatypes ((P{n} 0)) (((p{n} (l{n} {left}) (r{n} {right})))))", f"P{n}")
        if term.kind == "one":
            return declared(term, "(declare-datatypes ((One 0)) (((point0))))", "One")
        return declared(term, f"(declare-sort S{term.index} 0)", f"S{term.index}")

    def text(term: Term) -> str:
        assert term.sort is not None
        if term.kind == "any":
            return declared(term, f"(declare-fun c{term.index} () {sort(term.sort)})", f"c{term.index}")
        if term.kind == "bound":
            return f"b{term.index}"
        if term.kind == "all":
            bound = " ".join(f"(b{x.index} {sort(x.sort)})" for x in term.parts[1:] if x.sort)
            return f"(forall ({bound}) {text(term.parts[0])})"
        parts = " ".join(text(part) for part in term.parts if part.sort)
        if term.kind == "call":
            given = term.parts[0].sort
            assert given is not None
            name = f"f{term.data[0]}_{given.index}_{term.sort.index}"
            head = declared(name, f"(declare-fun {name} ({sort(given)}) {sort(term.sort)})", name)
        elif term.kind == "pair":
            sort(term.sort)
            head = f"p{term.sort.index}"
        elif term.kind in ("left", "right"):
            product = term.parts[0].sort
            assert product is not None
            sort(product)
            head = f"{term.kind[0]}{product.index}"
        elif term.kind == "point":
            sort(term.sort)
            return "point0"
        else:
            head = term.kind
        return f"({head} {parts})" if parts else head

    asserted = [text(each) for each in checked.hypotheses] + [f"(not {text(checked.goal)})"]
    return "\n".join([*lines, *(f"(assert {each})" for each in asserted), "(check-sat)", ""])


def test_corrupted_certificates_prove_nothing_that_does_not_follow() -> None:
    rng, counts, accepted = random.Random(20260), Counter[str](), list[str]()
    for law in ATTACKED:
        data = load(file_of(law).read_bytes())
        by_steps = [i for i, given in enumerate(data["certificates"]) if len(given["steps"]) > 1]
        chosen = alone(data, (by_steps or [0])[0])
        before = printed(check_all(chosen)[0])
        for number in range(EACH):
            corruption = CORRUPTIONS[number % len(CORRUPTIONS)]
            changed = copy.deepcopy(chosen)
            corruption(changed, changed["certificates"][0], rng)
            if changed == chosen:
                continue
            counts["made"] += 1
            try:
                found = check_all(changed)[0]
            except Refused:
                counts["refused"] += 1
                continue
            counts["of the same statement"] += printed(found) == before
            accepted += [printed(found)] * (printed(found) != before)
    assert counts["made"] >= 500
    assert counts["refused"] >= 0.8 * counts["made"], counts
    solver = ChildSolver("z3")
    try:
        outcomes = [solver.check(text) for text in accepted]
        if any(outcome.answer == "not run" for outcome in outcomes):
            pytest.skip(f"not run: {outcomes[0].reason}")
        assert [outcome for outcome in outcomes if outcome.answer != "unsat"] == []
    finally:
        solver.close()


def test_the_printer_of_this_test_states_the_certificates() -> None:
    """Z3 refutes what it prints of certificates that hold, and not what it prints of a goal without its hypotheses."""
    solver = ChildSolver("z3")
    try:
        for law in ("L-FUNCT", "LL-LAWS"):
            for found in check_all(load(file_of(law).read_bytes())):
                outcome = solver.check(printed(found))
                if outcome.answer == "not run":
                    pytest.skip(f"not run: {outcome.reason}")
                assert outcome.answer == "unsat"
                if found.used:
                    assert solver.check(printed(Checked(found.goal, (), (), found.rules))).answer != "unsat"
    finally:
        solver.close()


# ------------------------------------------------------------------------------------------------ hostile files

FIT = {"schema": 1, "rows": [], "certificates": []}
MALFORMED = {
    "empty": b"",
    "no JSON": b"{",
    "no text": b"\xff\xfe\x00",
    "a list": b"[]",
    "deeply nested": b"[" * 100_000,
    "nested rows": json.dumps({**FIT, "rows": [[[[[[]]]]]]}).encode(),
    "a huge number": b'{"schema": ' + b"9" * 10_000 + b"}",
    "another schema": b'{"schema": 2, "rows": [], "certificates": []}',
    "true for 1": json.dumps({**FIT, "rows": [["sort", True]]}).encode(),
    "a float": json.dumps({**FIT, "rows": [["sort", 1.0]]}).encode(),
    "a negative number": json.dumps({**FIT, "rows": [["sort", 0], ["any", 0, -1]]}).encode(),
    "a row that is to come": json.dumps({**FIT, "rows": [["any", 0, 1], ["sort", 0]]}).encode(),
    "itself": json.dumps({**FIT, "rows": [["product", 0, 0]]}).encode(),
    "a certificate that is none": json.dumps({**FIT, "certificates": [3]}).encode(),
    "a certificate without fields": json.dumps({**FIT, "certificates": [{}]}).encode(),
    "more fields": json.dumps({**FIT, "certificates": [{"goal": 0, "hypotheses": [], "steps": [], "x": 1}]}).encode(),
    "lists for numbers": json.dumps({**FIT, "certificates": [{"goal": [], "hypotheses": {}, "steps": 0}]}).encode(),
    "too long": b" " * (checker.LARGEST_FILE + 1),
}


@pytest.mark.parametrize("text", MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_file_is_refused_in_one_line(text: bytes) -> None:
    with pytest.raises(Refused) as refused:
        check_all(load(text))
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 200


def goal_of(rows: list[list[Any]], *steps: list[Any]) -> Any:
    """A file whose last row is the goal."""
    given = {"goal": len(rows) - 1, "hypotheses": [], "steps": list(steps)}
    return {"schema": 1, "rows": rows, "certificates": [given]}


def deep_projections() -> Any:
    """π₀ of a pair of a pair ..., ten thousand deep."""
    rows: list[list[Any]] = [["sort", 0], ["any", 0, 0]]
    for _ in range(10_000):
        rows += [["pair", len(rows) - 1, 1], ["left", len(rows)]]
    return goal_of([*rows, ["=", len(rows) - 1, 1]], ["normal", len(rows), [], []])


def wide_sort() -> Any:
    """x = y in a product of 2⁶⁰ sorts."""
    rows: list[list[Any]] = [["sort", 0], *(["product", i, i] for i in range(60))]
    rows += [["any", 0, 60], ["any", 1, 60]]
    return goal_of([*rows, ["=", 61, 62]], ["normal", 63, [], []])


def high_power() -> Any:
    """(x + 1) to the power 2⁶⁰."""
    rows: list[list[Any]] = [["ring"], ["any", 0, 0], ["number", 1], ["+", 1, 2]]
    rows += [["*", 2 + i, 2 + i] for i in range(1, 61)]
    return goal_of([*rows, ["=", len(rows) - 1, 1]], ["combination", len(rows), [], []])


def large_number() -> Any:
    """3 to the power 2⁶⁰."""
    rows: list[list[Any]] = [["ring"], ["number", 3], *(["*", i, i] for i in range(1, 61))]
    return goal_of([*rows, ["=", 61, 1]], ["combination", 62, [], []])


def many_atoms() -> Any:
    """Pigeons: a propositional step that takes long to refute."""
    rows: list[list[Any]] = [["sort", 0], *(["any", i, 0] for i in range(31))]
    rows += [["=", i, i + 1] for i in range(1, 31)]
    equations = list(range(32, 62))
    rows += [["=", equations[i], equations[(7 * i + 3) % 30]] for i in range(30)]
    return goal_of([*rows, ["and", *range(62, 92)], ["or", *equations], ["=", 92, 93]], ["logic", 94, [], []])


@pytest.mark.parametrize("hostile", [wide_sort, high_power, large_number, many_atoms])
def test_a_hostile_file_ends_and_is_refused(hostile: Callable[[], Any]) -> None:
    with pytest.raises(Refused):
        check_all(hostile())


def test_depth_alone_is_no_harm() -> None:
    assert check_all(deep_projections())[0].rules == ("normal",)


def test_work_is_counted() -> None:
    terms = Terms()
    with pytest.raises(Refused, match="too much work"):
        terms.spend(WORK + 1)


def test_every_stored_file_is_accepted_whole() -> None:
    """All of them, file by file, by the kernel alone."""
    files = sorted(FOLDER.glob("*.json"))
    assert len(files) >= 60
    assert sum(len(check_all(load(file.read_bytes()))) for file in files) >= 600
