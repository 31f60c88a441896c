"""``reproduce`` and ``reproduce check``: which claims are chosen, what is printed, and the exit codes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from verified_cat import claims, reproducing, surroundings
from verified_cat.claim_runs import Ended
from verified_cat.claims import Claim, Word
from verified_cat.cli import main
from verified_cat.reproducing import Established

CLAIMS = (
    Claim("pages", "they are printed", "python x", 0.5, True),
    Claim("numbers", "they are small", "python x", 12, False),
    Claim("tables", "they add up", "python x", 1, True),
)


class World:
    """What the commands are told, and what they find."""

    def __init__(self) -> None:
        self.words: dict[str, Word] = {"pages": "identical", "numbers": "within bound", "tables": "holds"}
        self.dirty = False
        self.asked: list[Any] = []
        self.runs: list[tuple[Any, ...]] = []
        self.kept: list[tuple[Any, ...]] = []
        self.wrong: list[str] = []

    def read(self, path: Path) -> tuple[Claim, ...]:
        self.asked.append(path)
        return CLAIMS

    def source(self, *given: Any) -> dict[str, Any]:
        self.asked.append(given)
        return {"commit": "abcd", "dirty": self.dirty}

    def reproduce(
        self, root: Path, out: Path, chosen: Iterable[Claim], told: Callable[[Established], None], *rest: Any
    ) -> list[Established]:
        done = [Established(each, self.words[each.name], "so it is", {}, Ended("", 1.26, 2)) for each in chosen]
        self.runs.append((root, out, [each.claim.name for each in done], *rest))
        for each in done:
            told(each)
        return done

    def record(self, root: Path, done: list[Established], *rest: Any) -> None:
        self.kept.append((root, [each.claim.name for each in done], *rest))

    def checked(self, *given: Any) -> list[str]:
        self.asked.append(given)
        return self.wrong


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    made = World()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(claims, "read", made.read)
    monkeypatch.setattr(surroundings, "source", made.source)
    for name in ("reproduce", "record", "checked"):
        monkeypatch.setattr(reproducing, name, getattr(made, name))
    return made


def run(*words: str) -> Result:
    return CliRunner().invoke(main, ["reproduce", *words])


def test_without_options_the_claims_are_listed(world: World, tmp_path: Path) -> None:
    done = run()
    assert done.exit_code == 0 and not world.runs and world.asked == [tmp_path / "artifact/claims.toml"]
    assert done.output == (
        "quick   0.5 min  pages: they are printed\n"
        "full     12 min  numbers: they are small\n"
        "quick     1 min  tables: they add up\n"
    )


@pytest.mark.parametrize(
    ("words", "chosen", "last"),
    [
        (["--quick"], ["pages", "tables"], "not run: numbers\n"),
        (["--full"], ["pages", "numbers", "tables"], ""),
        (["--claim", "numbers"], ["numbers"], "not run: pages, tables\n"),
        (["--claim", "tables", "--claim", "pages"], ["pages", "tables"], "not run: numbers\n"),
        (["--quick", "--claim", "numbers"], ["numbers"], "not run: pages, tables\n"),
        (["--full", "--claim", "pages"], ["pages"], "not run: numbers, tables\n"),
    ],
)
def test_which_claims_are_established(
    world: World, tmp_path: Path, words: list[str], chosen: list[str], last: str
) -> None:
    done = run(*words, "--out", "here")
    assert done.exit_code == 0 and world.runs == [(tmp_path, Path("here"), chosen, "avx2", 5.0)] and world.kept == []
    said = {each.name: f"{world.words[each.name]:<13}    1.3 s  {each.name}: so it is\n" for each in CLAIMS}
    count = f"{len(chosen)} of {len(chosen)} claims established again; manifest in here\n"
    assert done.output == "".join(said[name] for name in chosen) + count + last


def test_instructions_and_slack_are_handed_on(world: World) -> None:
    assert run("--quick", "--out", "x", "--instructions", "default", "--slack", "2.5").exit_code == 0
    assert world.runs[0][3:] == ("default", 2.5)


@pytest.mark.parametrize("word", ["mismatch", "not run"])
def test_what_is_not_established_fails(world: World, word: Word) -> None:
    world.words["tables"] = word
    done = run("--quick", "--out", "x")
    assert done.exit_code == 1 and "1 of 2 claims established again; manifest in x\nnot run: numbers\n" in done.output


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["--quick"], "--out FOLDER is needed: where the results go"),
        (["--claim", "pages"], "--out FOLDER is needed: where the results go"),
        (["--claim", "tables", "--claim", "page", "--out", "x"], "no claim is called 'page'"),
        (["--claim", "page"], "pages"),
        (["--quick", "--out", "x", "--slack", "0"], "--slack"),
        (["--quick", "--out", "x", "--instructions", "sse"], "--instructions"),
    ],
)
def test_what_is_refused(world: World, words: list[str], reason: str) -> None:
    done = run(*words)
    assert done.exit_code == 4 and reason in done.output and not world.runs


def test_full_results_and_records_are_of_a_commit(world: World, tmp_path: Path) -> None:
    world.dirty = True
    for words in (["--full"], ["--quick", "--record"], ["--claim", "pages", "--record"]):
        done = run(*words, "--out", "x")
        assert done.exit_code == 4 and "commit first" in done.output and not world.runs
    assert world.asked[1] == (tmp_path, Path("x"))
    assert run("--quick", "--out", "x").exit_code == 0


def test_what_is_found_is_recorded_where_that_is_asked_for(world: World, tmp_path: Path) -> None:
    assert run("--quick", "--record", "--out", "x", "--instructions", "avx512").exit_code == 0
    assert world.kept == [(tmp_path, ["pages", "tables"], "avx512")]


def test_check(world: World, tmp_path: Path) -> None:
    done = run("check", "here")
    assert done.output == "every file is as the manifest says, and every verdict follows from the files\n"
    assert done.exit_code == 0 and world.asked == [(tmp_path, Path("here"))]
    world.wrong = ["a is not there", "b has other bytes"]
    done = run("check", "here")
    assert (done.exit_code, done.output) == (1, "a is not there\nb has other bytes\n")
