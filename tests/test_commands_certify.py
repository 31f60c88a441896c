"""The commands ``certify`` and ``verify``: what they ask for, what they print, and how they end."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

pytest.importorskip("torch", reason="not run: torch not installed (pip install verified-cat[gpu])")

from verified_cat import certifying
from verified_cat.cli import main
from verified_cat.commands import FAILED
from verified_cat.commands_certify import NAME

RECORD = {"claims": ["one holds", "another does"], "digest": "0123456789abcdef" * 4}


class Made:
    """What the functions behind the commands were given."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, found: tuple[str, ...] = ()) -> None:
        self.asked: list[Any] = []
        self.found = found
        for name in ("certify", "write", "verify"):
            monkeypatch.setattr(certifying, name, getattr(self, name))

    def certify(self, *given: Any) -> dict[str, Any]:
        self.asked.append(given)
        return RECORD

    def write(self, record: dict[str, Any], out: Path) -> None:
        self.asked.append((record, out))

    def verify(self, *given: Any) -> list[str]:
        self.asked.append(given)
        return list(self.found)


def run(*said: str) -> tuple[int, str]:
    done = CliRunner().invoke(main, said)
    return done.exit_code, done.output


def test_a_certificate_is_written_into_the_run_and_its_claims_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    made, out = Made(monkeypatch), Path("run") / "certificate.json"
    text = f"one holds\nanother does\ncertificate 0123456789abcdef: {out}\n"
    assert run("certify", "run") == (0, text) and NAME == "certificate.json"
    assert made.asked == [(Path("run"), (), 20_000, 100_000, 0, None), (RECORD, out)]


def test_all_that_is_asked_for_is_handed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    made = Made(monkeypatch)
    said = ["--out", "c.json", "--family", "A: data", "--family", "B: grey", "--boxes", "7", "--points", "8"]
    code, text = run("certify", "run", *said, "--seed", "9", "--laws", "told.json")
    assert code == 0 and text.endswith("certificate 0123456789abcdef: c.json\n")
    assert made.asked[0] == (Path("run"), ("A: data", "B: grey"), 7, 8, 9, Path("told.json"))
    assert made.asked[1] == (RECORD, Path("c.json"))


@pytest.mark.parametrize(
    ("option", "least", "most"), [("--boxes", 1, 10**7), ("--points", 1, 10**8), ("--seed", 0, None)]
)
def test_numbers_are_within_their_range(
    monkeypatch: pytest.MonkeyPatch, option: str, least: int, most: int | None
) -> None:
    made = Made(monkeypatch)
    for number in (least, 10**6 if most is None else most):
        assert run("certify", "run", option, str(number))[0] == 0
    for number in (least - 1, *(() if most is None else (most + 1,))):
        code, text = run("certify", "run", option, str(number))
        assert code == 4 and "is not in the range" in text
    assert len(made.asked) == 4


@pytest.mark.parametrize(
    ("said", "asked", "more"),
    [
        ((), (Path("c.json"), None, False, False), ""),
        (("--quick",), (Path("c.json"), None, True, False), " (quick)"),
        (("--retrain", "--run", "run"), (Path("c.json"), Path("run"), False, True), ""),
    ],
)
def test_a_certificate_that_holds(
    monkeypatch: pytest.MonkeyPatch, said: tuple[str, ...], asked: tuple[Any, ...], more: str
) -> None:
    made = Made(monkeypatch)
    assert run("verify", "c.json", *said) == (0, f"c.json: all of it holds{more}\n") and made.asked == [asked]


def test_what_does_not_hold_is_named_and_ends_with_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    Made(monkeypatch, ("a: it says 1; it comes to 2", "b"))
    assert run("verify", "c.json", "--quick") == (FAILED, "a: it says 1; it comes to 2\nb\n") and FAILED == 1
