import re
import tomllib
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

import pytest

from verified_cat.errors import MissingExtra
from verified_cat.proofs import agda
from verified_cat.proofs.agda import Check, UnsafeProof, agda_theorems, check, examine, modules, theorems
from verified_cat.proofs.agda_export import PRAGMA, Export, OutsideFragment, printed, source_of
from verified_cat.proofs.agda_mutants import AgdaMutant, MutantFault, mutants, refusals
from verified_cat.proofs.agda_signatures import FUNCTIONS, METHODS, OVER_A_CATEGORY

TEXTS = modules()
CATALOGUE = Path(agda.FOLDER.parent.parent / "laws" / "catalogue.toml")


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> tuple[Check, Path]:
    """Everything, checked from nothing, and the folder where it was: what does not change is not checked again."""
    try:
        agda.installed()
    except MissingExtra as missing:
        pytest.skip(str(missing))
    folder = tmp_path_factory.mktemp("agda")
    return check(folder=folder), folder


def test_agda_accepts_every_module(checked: tuple[Check, Path]) -> None:
    said, folder = checked
    assert said.fault == ""
    assert said.version.startswith("2.6.4.3")
    assert {path.stem for path in folder.glob("*.agdai")} == set(TEXTS) == set(said.modules)


def test_nothing_is_written_beside_the_sources(checked: tuple[Check, Path]) -> None:
    assert [path.name for path in agda.FOLDER.iterdir() if path.suffix != ".agda"] == []


def _named(says: str) -> AgdaMutant:
    return next(each for each in mutants() if each.says == says)


@pytest.mark.parametrize(
    "says",
    [
        "the slope of the outer map is taken on the diagonal",
        "the inverse of the error has the wrong sign",
        "the pullback of a product is transposed",
        "a double step",
        "the update swaps the arguments of the error",
        "the second lens puts back into what the first did not get",
    ],
)
def test_mutants_are_refused(checked: tuple[Check, Path], says: str) -> None:
    ((_, fault),) = refusals([_named(says)], checked[1])
    assert re.match(r"\w+\.agda:\d+,\d+-[\d,]+ \S", fault), fault
    assert "\n" not in fault


def test_what_changes_nothing_is_accepted(checked: tuple[Check, Path]) -> None:
    """Names and intermediate steps are free: Agda compares what is computed, not how it is written."""
    written = "b = i((p, a))\n        return u(((p, a), s(((q, b), c)))), v(((q, b), c))"
    told = "m = i((p, a))\n        w = s(((q, m), c))\n        return u(((p, a), w)), v(((q, m), c))"
    same = AgdaMutant("python", "learn", written, told, "the same, with other names and one more step")
    ((_, fault),) = refusals([same], checked[1])
    assert fault == ""


def test_there_are_enough_mutants_and_each_changes_one_place() -> None:
    found = mutants()
    assert sum(each.language == "agda" for each in found) >= 20
    assert sum(each.language == "python" for each in found) >= 10
    for each in found:
        text = TEXTS[each.module] if each.language == "agda" else source_of(f"verified_cat.{each.module}")
        assert each.changed(text) != text
    with pytest.raises(MutantFault, match="is there 0 times"):
        AgdaMutant("agda", "Para", "no such place", "", "").texts()


# ------------------------------------------------------------------------------------------------ what is refused


@pytest.mark.parametrize(
    ("planted", "complaint"),
    [
        ("postulate magic : ⊥", "'postulate' is not allowed"),
        ("magic : ⊥\nmagic = ?", "'?' is not allowed"),
        ("magic : ⊥\nmagic = {!!}", "'{!' is not allowed"),
        ("{-# TERMINATING #-}\nmagic : ⊥\nmagic = magic", "'{-# TERMINATING #-}' is not allowed"),
        ("{-# OPTIONS --type-in-type #-}", "'{-# OPTIONS --type-in-type #-}' is not allowed"),
        ("open import Agda.Builtin.TrustMe", "imports Agda.Builtin.TrustMe, which is not checked here"),
        ("magic = primTrustMe", "'primTrustMe' is not allowed"),
    ],
)
def test_what_assumes_or_leaves_open_is_refused(planted: str, complaint: str) -> None:
    with pytest.raises(UnsafeProof, match=re.escape(complaint)):
        examine({**TEXTS, "Prelude": f"{TEXTS['Prelude']}\n{planted}\n"})


def test_the_options_are_those_of_safe_proofs() -> None:
    examine(TEXTS)
    with pytest.raises(UnsafeProof, match="the first line is"):
        examine({"Loose": "{-# OPTIONS --without-K #-}\nmodule Loose where\n"})


def test_comments_may_speak_of_what_is_refused() -> None:
    examine({"Spoken": f"{PRAGMA}\nmodule Spoken where\n-- no postulate, no {{!!}}, no ? and no primTrustMe here\n"})


@pytest.mark.parametrize(
    ("planted", "complaint"),
    [
        ("loop : ⊥\nloop = loop", "Termination checking failed"),
        ("{- hidden from our own look\n-- -} postulate magic : ⊥", "postulate"),
        ("same : Set₁\nsame = Set₁", "when checking that the expression Set₁ has type Set₁"),
    ],
)
def test_agda_itself_refuses(checked: tuple[Check, Path], tmp_path: Path, planted: str, complaint: str) -> None:
    texts = {
        "Prelude": f"{TEXTS['Prelude']}\n{planted}\n",
        agda.EVERYTHING: f"{PRAGMA}\nmodule Everything where\nimport Prelude\n",
    }
    assert complaint in check(texts, folder=tmp_path).fault


def test_agda_is_killed_when_it_takes_too_long(checked: tuple[Check, Path], tmp_path: Path) -> None:
    assert check(folder=tmp_path, seconds=0.05).fault == "Agda was killed after 0.05 seconds"


def test_without_agda_there_is_a_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", absent)
    with pytest.raises(MissingExtra, match=r"Python 3\.11 or 3\.12 with: pip install verified-cat\[agda\]"):
        check()
    monkeypatch.setattr(metadata, "version", lambda name: "2.7.0")
    with pytest.raises(MissingExtra, match=r"Agda 2\.7\.0 is installed, and the proofs are for 2\.6\.4\.3"):
        check()


def test_a_check_is_not_a_truth_value(checked: tuple[Check, Path]) -> None:
    with pytest.raises(TypeError, match="look at its fault"):
        bool(checked[0])


# ------------------------------------------------------------------------------------------------ claims


def test_every_claim_names_a_law_of_the_catalogue() -> None:
    known = set(tomllib.loads(CATALOGUE.read_text(encoding="utf-8"))["laws"])
    claimed = {law for each in theorems(TEXTS) for law in (*each.proves, *each.bears_on)}
    assert claimed - known == set()
    assert {"PARA-ASSOC", "PARA-COH", "L-FUNCT", "L-MON", "D-RULES", "LENS-CAT"} <= set(agda_theorems())


def test_a_claim_needs_a_theorem() -> None:
    text = f"{PRAGMA}\nmodule Empty where\n-- proves: PARA-COH\n"
    with pytest.raises(UnsafeProof, match="at its end is followed by no declaration"):
        theorems({"Empty": text})
    with pytest.raises(UnsafeProof, match=r"Empty\.agda:4: a claim is followed by no declaration: 'x = y'"):
        theorems({"Empty": f"{text}x = y\n"})


def test_a_claim_is_of_the_next_declaration() -> None:
    text = f"{PRAGMA}\nmodule M where\n  -- proves: A, B\n  -- bears on: C\n  -- a word\n  name : Set\n"
    (found,) = theorems({"M": text})
    assert (found.module, found.name, found.line) == ("M", "name", 6)
    assert (found.proves, found.bears_on) == (("A", "B"), ("C",))


@pytest.mark.parametrize("export", [*FUNCTIONS, *METHODS, *OVER_A_CATEGORY], ids=lambda each: each.name)
def test_every_printed_function_occurs_in_a_theorem(export: Export) -> None:
    bound = TEXTS["BindOver"] if export in OVER_A_CATEGORY else TEXTS["Bind"] + TEXTS["BindTerms"]
    name = export.name if export in OVER_A_CATEGORY else f"Py.{export.name}"
    uses = [line for line in bound.splitlines() if re.search(rf"(?<![\w.-]){re.escape(name)}(?![\w-])", line)]
    assert uses, f"{export.name} is printed, and no theorem speaks of it"


# ------------------------------------------------------------------------------------------------ the fragment


def _source(text: str) -> Callable[[str], str]:
    return lambda _: text


def _print(text: str) -> str:
    return printed((Export("functions:f", "{A : Set} → A → A"),), "module M where", {}, _source(text))


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ("for y in x:\n        pass", "For"),
        ("if x:\n        return x\n    return x", "If"),
        ("return x[0]", "Subscript 'x[0]'"),
        ("return x.shape", "Attribute 'x.shape'"),
        ("return x + x", "BinOp 'x + x'"),
        ("return len(x)", "Name 'len'"),
        ("return g(x, key=x)", "Call 'g(x, key=x)'"),
        ("a, b, c = x\n    return a", "an assignment to Tuple"),
        ("(a, b), c = x\n    return a", "Tuple"),
        ("x[0] = x\n    return x", "an assignment to Subscript"),
        ("print(x)\n    return x", "Expr"),
        ("return x, x, x", "Tuple '(x, x, x)'"),
        ("pass", "Pass"),
    ],
)
def test_what_is_outside_the_fragment_is_refused_by_name_and_line(body: str, complaint: str) -> None:
    with pytest.raises(OutsideFragment, match=r"functions:f, line \d+ of verified_cat\.functions: ") as refused:
        _print(f"def f(x):\n    {body}\n")
    assert complaint in str(refused.value)


def test_arguments_are_plain() -> None:
    for arguments in ("*x", "x=1", "x, /", "*, x", "**x"):
        with pytest.raises(OutsideFragment, match="not a function of plain arguments"):
            _print(f"def f({arguments}):\n    return x\n")


def test_a_function_is_there_once() -> None:
    for text, count in (("x = 1", 0), ("def f(x):\n    return x\ndef f(x):\n    return x\n", 2)):
        with pytest.raises(OutsideFragment, match=f"there are {count} definitions of 'f'"):
            _print(text)


def test_what_is_printed_is_what_is_written() -> None:
    text = _print('def f(x):\n    """x"""\n    a, _ = x\n    def g(b_c):\n        return (), b_c\n    return g(a)\n')
    assert text.splitlines()[-1] == "f x = let a = fst x in let g = λ b-c → (tt , b-c) in (g a)"


def test_methods_are_followed_through_their_local_names() -> None:
    body = "k, p = self.base, f.param\n        both = k.swap(p, p)\n        return C(f, both)"
    text = f"class C:\n    def m(self, f):\n        {body}\n"
    export = Export("functions:C.m", "T", 1, {"f.param": "P"}, own_arguments=False)
    assert "C-m-1 P = (swap P P)" in printed((export,), "module M where", {"self.base.swap": "swap"}, _source(text))


def test_the_printed_code_is_todays() -> None:
    assert "then f g = let composite = λ x → (g (f x)) in composite" in modules()["Printed"]
    assert (
        "then f g = let composite = λ x → (f (g x)) in composite"
        in modules(lambda name: source_of(name).replace("return g(f(x))", "return f(g(x))"))["Printed"]
    )
