"""Laws about the suite: what an audit says of what it looked at, and that a planted fault has to be noticed."""

from __future__ import annotations

from time import perf_counter
from typing import Any

import pytest

from verified_cat import audits
from verified_cat.audits import Audit, audit
from verified_cat.errors import GaveUp, MissingExtra, UsageError
from verified_cat.report import Strength, Verdict

PLANTED: dict[str, Any] = {"seen": lambda: iter(["noticed"]), "unseen": lambda: []}


def made(looked: int, wrong: list[str], controls: Any = None, **more: Any) -> Audit:
    seen = {"seen": PLANTED["seen"]}
    return Audit("META", "title", "statement", "source", lambda: (looked, wrong), controls or seen, **more)


def figures(found: Verdict) -> tuple[Any, ...]:
    assert found.method == "audit" and (found.gap, found.allowed) == (None, None)
    return found.strength, found.witnesses, found.example, found.reason


def test_verdicts() -> None:
    assert figures(made(3, []).verdict()) == (Strength.EXACT, 3, None, "")
    assert figures(made(3, [], strength=Strength.PROVED).verdict()) == (Strength.PROVED, 3, None, "")
    assert figures(made(0, []).verdict()) == (Strength.VACUOUS, 0, None, "there was nothing to look at")
    assert figures(made(3, ["this"]).verdict()) == (Strength.REFUTED, 3, ["this"], "")
    blind = made(3, ["this"], PLANTED)
    assert blind.missed() == ["unseen"] and made(1, []).missed() == []
    assert figures(blind.verdict()) == (Strength.REFUTED, 3, ["this", "not noticed: unseen"], "")
    assert figures(made(0, [], PLANTED).verdict()) == (Strength.REFUTED, 0, ["not noticed: unseen"], "")


def gives_up() -> Any:
    raise GaveUp("no answer")


@pytest.mark.parametrize(
    "found",
    [made(3, []), made(0, []), made(3, ["this"]), made(3, [], PLANTED), Audit("META", "", "", "", gives_up, PLANTED)],
)
def test_a_verdict_says_how_long_it_took(found: Audit) -> None:
    start = perf_counter()
    seconds = found.verdict().seconds
    assert 0 <= seconds <= perf_counter() - start


def test_an_audit_of_what_is_not_installed_is_not_run() -> None:
    def lacking() -> Any:
        raise MissingExtra("needs Agda")

    found = Audit("META", "", "", "", lacking, PLANTED).verdict()
    assert (found.strength, found.method, found.reason) == (Strength.NOT_RUN, "audit", "needs Agda")


def test_an_audit_whose_judge_gave_up_is_undecided() -> None:
    def without_an_answer() -> Any:
        raise GaveUp("cvc5: unknown (killed)")

    for found in (Audit("META", "", "", "", without_an_answer, PLANTED), made(3, [], {"planted": without_an_answer})):
        assert figures(found.verdict()) == (Strength.UNDECIDED, 0, None, "cvc5: unknown (killed)")


def test_an_audit_plants_a_fault() -> None:
    with pytest.raises(
        UsageError, match=r"^the audit META plants no fault, so that nothing shows that it would notice"
    ):
        Audit("META", "", "", "", lambda: (1, []), {})


def test_a_decorated_audit_is_entered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audits, "AUDITS", {})

    def all_is_well() -> tuple[int, list[str]]:
        """Everything
        is well."""
        return 2, []

    def bare() -> tuple[int, list[str]]:
        return 1, []

    assert audit("META-WELL", source="here", controls=PLANTED)(all_is_well) is all_is_well
    audit("META-BARE", source="here", controls=PLANTED, strength=Strength.PROVED)(bare)
    well = Audit("META-WELL", "all is well", "Everything is well.", "here", all_is_well, PLANTED, Strength.EXACT)
    assert {
        "META-WELL": well,
        "META-BARE": Audit("META-BARE", "bare", "", "here", bare, PLANTED, Strength.PROVED),
    } == audits.AUDITS
