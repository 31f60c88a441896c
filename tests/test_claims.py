"""What a file of claims says, and how each kind of result is judged: every verdict with its reason."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from hashlib import sha256
from math import nan
from pathlib import Path
from typing import Any, get_args

import pytest

from verified_cat.claims import ERRORS, OUTPUT, PASSES, PRINTED, Claim, Result, Word, read
from verified_cat.errors import UsageError

sys.path.insert(0, str(Path(__file__).parent))
from claims_at_work import FILE

PAGE = Result("output", page="page.md")
ERROR = Result("n.json", figure="error", at_least=0.5, at_most=1)
ROWS = Result("n.json", tally="rows.verdict", never=("refuted",))
BITS = Result("n.bin", bits=True)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "claims.toml").write_text(FILE)
    return tmp_path / "claims.toml"


def test_the_claims_of_a_file(file: Path) -> None:
    page = Claim("page", "a page is what is printed", "python make.py page", 2, True, (PAGE,))
    assert read(file) == (
        page,
        Claim("numbers", "they are small", "python make.py numbers {out}", 0.5, False, (ERROR, ROWS, BITS)),
    )


def test_a_claim_without_results(file: Path) -> None:
    """Its command says by its exit code whether it holds; what is not said is as the least of claims."""
    file.write_text('[[claims]]\nname = "x"\nsays = "y"\ncommand = "python z"\nminutes = 1\n')
    assert read(file) == (Claim("x", "y", "python z", 1),)
    assert read(file)[0].quick is False and read(file)[0].results == ()
    assert asdict(Result("x")) == {
        "file": "x",
        "page": "",
        "tally": "",
        "never": (),
        "figure": "",
        "at_most": None,
        "at_least": None,
        "bits": False,
    }


REFUSED = [
    ('name = "numbers"', 'name = "page"', "claims.toml: two claims are called 'page'"),
    ("quick = true", "quik = true", r"claims.toml, claim 1 has no key 'quik'; .*quick"),
    ("minutes = 2", 'minutes = "long"', r"claim 1: minutes is 'long'"),
    ("minutes = 2", "minutes = true", r"claim 1: minutes is True"),
    ("quick = true", "quick = 1", r"claim 1: quick is 1"),
    ('name = "page"', "name = 3", r"claim 1: name is 3"),
    ("minutes = 0.5", "", r"claim 2 lacks 'minutes'"),
    ('command = "python make.py page"', "", r"claim 1 lacks 'command'"),
    ('name = "page"', "", r"claim 1 lacks 'name'"),
    ('says = "they are small"', "", r"claim 2 lacks 'says'"),
    ('file = "output", ', "", r"claim 1, page lacks 'file'"),
    ('{ file = "output", page = "page.md" }', '"output"', r"claim 1, page is no table"),
    ('page = "page.md"', "page = 1", r"claim 1, page: page is 1"),
    ('page = "page.md"', 'pages = "page.md"', r"claim 1, page has no key 'pages'; .*page"),
    (', page = "page.md"', "", r"not by \[\]"),
    ("bits = true", "bits = false", r"not by \[\]"),
    ("bits = true", "bits = 1", r"numbers: bits is 1"),
    ("bits = true", 'bits = true, page = "x"', r"not by \['page', 'bits'\]"),
    ("bits = true", 'bits = true, figure = "x", at_most = 1', r"not by \['figure', 'bits'\]"),
    ("bits = true", 'bits = true, tally = "x", never = []', r"not by \['tally', 'bits'\]"),
    ("bits = true", "bits = true, at_most = 1", "a figure has at_most or at_least, and nothing else has"),
    ("bits = true", "bits = true, at_least = 1", "a figure has at_most or at_least, and nothing else has"),
    (", at_most = 1, at_least = 0.5", "", "a figure has at_most or at_least"),
    ("at_most = 1", 'at_most = "1"', r"numbers: at_most is '1'"),
    ("at_most = 1", "at_most = true", r"numbers: at_most is True"),
    ("at_least = 0.5", 'at_least = "1"', r"numbers: at_least is '1'"),
    (', never = ["refuted"]', "", "which words are to stand nowhere"),
    ("bits = true", 'bits = true, never = ["x"]', "which words are to stand nowhere, and nothing else does"),
    ('never = ["refuted"]', 'never = "refuted"', r"numbers: never is 'refuted'"),
    ('results = [{ file = "output", page = "page.md" }]', "results = 3", r"claim 1: results is 3"),
    ("[[claims]]", "[[claim]]", r"holds \[\[claims\]\] and nothing else"),
    ('\n[[claims]]\nname = "page"', 'more = 1\n[[claims]]\nname = "page"', r"and nothing else"),
    (FILE, "claims = []", "and nothing else"),
    (FILE, "claims = 3", "and nothing else"),
    (FILE, "claims = [3]", "claim 1 is no table"),
    (FILE, "", "and nothing else"),
    (FILE, "[[claims", "is not TOML"),
]


@pytest.mark.parametrize(("old", "new", "reason"), REFUSED)
def test_what_is_no_file_of_claims(file: Path, old: str, new: str, reason: str) -> None:
    assert old in FILE
    file.write_text(FILE.replace(old, new))
    with pytest.raises(UsageError, match=reason):
        read(file)


def test_one_bound_is_enough(file: Path) -> None:
    for kept in ("at_most = 1", "at_least = 0.5"):
        file.write_text(FILE.replace("at_most = 1, at_least = 0.5", kept))
        result = read(file)[1].results[0]
        assert (result.at_most, result.at_least) == ((1, None) if kept == "at_most = 1" else (None, 0.5))


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(
        UsageError, match=r"claims.toml cannot be read: No such file or directory; run this in a checkout"
    ):
        read(tmp_path / "claims.toml")


# ------------------------------------------------------------------------------------------------ what is found


def test_what_a_result_is_called() -> None:
    assert [each.name for each in (PAGE, ERROR, ROWS, BITS)] == [
        "output",
        "n.json: error",
        "n.json: rows.verdict",
        "n.bin",
    ]


def test_pages_are_compared_with_the_tree_and_all_else_with_the_record() -> None:
    assert [each.recorded for each in (PAGE, ERROR, ROWS, BITS)] == [False, True, True, True]


def test_what_a_file_holds(tmp_path: Path) -> None:
    rows = [{"verdict": "proved"}, {"verdict": "exact"}, {"verdict": "proved"}]
    (tmp_path / "n.json").write_text(json.dumps({"error": 1, "rows": rows}))
    for name in ("n.bin", "output"):
        (tmp_path / name).write_bytes(name.encode())
    assert ERROR.found(tmp_path) == 1.0 and isinstance(ERROR.found(tmp_path), float)
    assert list(ROWS.found(tmp_path).items()) == [("exact", 1), ("proved", 2)]
    assert BITS.found(tmp_path) == sha256(b"n.bin").hexdigest()
    assert PAGE.found(tmp_path) == sha256(b"output").hexdigest()


@pytest.mark.parametrize("result", [PAGE, ERROR, ROWS, BITS])
def test_a_file_that_was_not_made(tmp_path: Path, result: Result) -> None:
    with pytest.raises(UsageError, match=f"^{result.file} was not made: No such file or directory$"):
        result.found(tmp_path)


@pytest.mark.parametrize("result", [ERROR, ROWS])
@pytest.mark.parametrize("content", ["{}", "{", "3", '{"error": "x", "rows": [3]}', '{"error": [], "rows": [{}]}'])
def test_a_file_that_holds_something_else(tmp_path: Path, result: Result, content: str) -> None:
    (tmp_path / "n.json").write_text(content)
    with pytest.raises(UsageError, match=f"^{result.name} is not there: [A-Za-z]*Error: "):
        result.found(tmp_path)


# ------------------------------------------------------------------------------------------------ verdicts

DIGEST, OTHER = "0123456789abcdef" * 4, "fedcba9876543210" * 4
JUDGED: list[tuple[Result, Any, Any, bool, str, str]] = [
    (ERROR, 0.75, None, True, "within bound", "error 0.75, at least 0.5 and at most 1"),
    (ERROR, 0.5, None, True, "within bound", "error 0.5, at least 0.5 and at most 1"),
    (ERROR, 1.0, None, False, "within bound", "error 1, at least 0.5 and at most 1"),
    (ERROR, 0.75, 0.75, False, "within bound", "error 0.75, at least 0.5 and at most 1"),
    (ERROR, 0.75, 0.75, True, "identical", "as recorded"),
    (ERROR, 0.75, 0.7654321, True, "mismatch", "0.75; recorded was 0.765432"),
    (ERROR, 1.0001, 1.0001, True, "mismatch", "error 1, at least 0.5 and at most 1"),
    (ERROR, 0.4999, 0.4999, True, "mismatch", "error 0.4999, at least 0.5 and at most 1"),
    (ERROR, nan, nan, True, "mismatch", "error nan, at least 0.5 and at most 1"),
    (Result("f", figure="g", at_least=0.5), 7.0, None, True, "within bound", "g 7, at least 0.5"),
    (Result("f", figure="g", at_least=0.5), 0.4, None, True, "mismatch", "g 0.4, at least 0.5"),
    (Result("f", figure="g", at_most=0.0), -7.0, None, True, "within bound", "g -7, at most 0"),
    (Result("f", figure="g", at_most=0.0), 0.1, None, True, "mismatch", "g 0.1, at most 0"),
    (Result("f", figure="g", at_least=0.0), -0.1, None, True, "mismatch", "g -0.1, at least 0"),
    (ROWS, {"exact": 2}, None, True, "within bound", "2 exact; none refuted"),
    (ROWS, {"exact": 2, "proved": 1}, {"exact": 2}, False, "within bound", "2 exact, 1 proved; none refuted"),
    (ROWS, {"exact": 2}, {"exact": 2}, True, "identical", "as recorded"),
    (ROWS, {"exact": 1}, {"exact": 2}, True, "mismatch", "1 exact; recorded was 2 exact"),
    (ROWS, {"exact": 1, "refuted": 3}, None, True, "mismatch", "3 refuted"),
    (ROWS, {"refuted": 3}, {"refuted": 3}, True, "mismatch", "3 refuted"),
    (Result("f", tally="r.v", never=("a", "b")), {"b": 1, "a": 2}, None, True, "mismatch", "2 a, 1 b"),
    (Result("f", tally="r.v", never=("a", "b")), {"c": 1}, None, True, "within bound", "1 c; none a or b"),
    (BITS, DIGEST, DIGEST, True, "identical", "as recorded"),
    (BITS, DIGEST, OTHER, True, "mismatch", "0123456789ab; recorded was fedcba987654"),
    (BITS, DIGEST, OTHER, False, "within bound", "another environment: the figures decide"),
    (BITS, DIGEST, None, False, "within bound", "another environment: the figures decide"),
    (BITS, DIGEST, None, True, "within bound", "nothing was recorded"),
    (PAGE, sha256(b"a page").hexdigest(), None, False, "identical", "page.md"),
    (PAGE, sha256(b"a page\n").hexdigest(), None, False, "mismatch", "page.md is another"),
    (PAGE, sha256(b"a page\n").hexdigest(), sha256(b"a page\n").hexdigest(), True, "mismatch", "page.md is another"),
]


@pytest.mark.parametrize(("result", "found", "expected", "pinned", "word", "why"), JUDGED)
def test_verdicts(tmp_path: Path, result: Result, found: Any, expected: Any, pinned: bool, word: str, why: str) -> None:
    (tmp_path / "page.md").write_text("a page")
    assert result.judged(found, tmp_path, expected, pinned) == (word, why)


def test_the_words_of_verdicts() -> None:
    """Three pass; what is no pass is a mismatch or was not run."""
    assert PASSES == ("identical", "within bound", "holds")
    assert [word for word in get_args(Word) if word not in PASSES] == ["mismatch", "not run"]
    assert get_args(Word)[:3] == PASSES and PRINTED == (OUTPUT, ERRORS) == ("output", "errors")
