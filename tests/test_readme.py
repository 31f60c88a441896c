"""The pages for readers: their Python runs, and the commands, options, laws and files that they name exist."""

from __future__ import annotations

import importlib
import importlib.util
import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import pytest

from verified_cat.cli import main
from verified_cat.errors import UsageError
from verified_cat.laws import engines, suite
from verified_cat.plugin import DEFAULT_ENGINES

ROOT = Path(__file__).resolve().parent.parent
PAGES = ["README.md", *sorted(f"docs/{page.name}" for page in (ROOT / "docs").glob("*.md"))]
COMMANDS = ("make", "pytest", "verified-cat", "python")
OF_A_RUN = ("schema.toml",)
"""Files that a command writes into the folder of a run."""
STAND_INS = ("my_engine:Engine",)
"""What a reader is to put a name of their own for, beside words in capitals such as FILE."""


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its text, and the line of the page on which the text starts."""

    language: str
    text: str
    line: int


def read(page: str) -> str:
    path = ROOT / page
    assert path.is_file(), f"{page} is missing: it is the first thing that a reader looks for"
    return path.read_text(encoding="utf-8")


def blocks(page: str) -> list[Block]:
    text = read(page)
    fences = re.finditer(r"^```([^\n`]*)\n(.*?)^```[ ]*$", text, re.MULTILINE | re.DOTALL)
    found = [Block(m[1].strip(), m[2], text.count("\n", 0, m.start(2)) + 1) for m in fences]
    assert 2 * len(found) == len(re.findall(r"^```", text, re.MULTILINE)), f"{page}: a fence is not closed"
    return found


def prose(page: str) -> str:
    """The page without its blocks."""
    return re.sub(r"^```.*?^```[ ]*$", "", read(page), flags=re.MULTILINE | re.DOTALL)


def spans(page: str) -> list[str]:
    """The inline code of a page."""
    return [" ".join(span.split()) for span in re.findall(r"`([^`]+)`", prose(page))]


def commands(page: str) -> list[str]:
    """Every command that a page shows, in a block or inline."""
    shells = [block.text.replace("\\\n", " ") for block in blocks(page) if block.language in ("console", "bash")]
    lines = [line for text in shells for line in text.splitlines()]
    shown = [" ".join(line.removeprefix("$ ").split("  #")[0].split()) for line in lines]
    return [each for each in [*shown, *spans(page)] if each.split(" ")[0] in COMMANDS and " " in each]


CASES = [(page, command) for page in PAGES if (ROOT / page).is_file() for command in commands(page)]


# ------------------------------------------------------------------------------------------------ Python


def test_the_readme_is_there_and_has_something_to_run() -> None:
    assert [block for block in blocks("README.md") if block.language == "python"], "README.md shows no Python"
    assert {command.split()[0] for page, command in CASES if page == "README.md"} >= {"make", "pytest", "verified-cat"}


@pytest.mark.parametrize("page", PAGES)
def test_python_runs(page: str) -> None:
    """All blocks in one namespace, from top to bottom; a traceback shows the line of the page."""
    namespace: dict[str, Any] = {"__name__": page}
    for block in blocks(page):
        if block.language == "python":
            if "verified_cat.gpu" in block.text:
                pytest.importorskip("torch", reason="not run: torch not installed (pip install verified-cat[gpu])")
            code = compile("\n" * (block.line - 1) + block.text, str(ROOT / page), "exec")
            exec(code, namespace)  # noqa: S102  our own page


# ------------------------------------------------------------------------------------------------ commands


@pytest.mark.parametrize(("page", "command"), CASES)
def test_commands_exist(page: str, command: str, pytestconfig: pytest.Config) -> None:
    checked(command, pytestconfig)


@pytest.mark.parametrize(
    "command",
    [
        "make nothing",
        "make laws tset",
        "pytest lawz/",
        "pytest laws/ --law-reprot report.json",
        "pytest laws/ --law NO-SUCH-LAW",
        "pytest laws/ --engine numpy",
        "pytest laws/ --engine examples.numpy_engine:Nothing",
        "pytest --pyargs verified_cat.lawz",
        "verified-cat crosschek --terms 10",
        "verified-cat crosscheck --term 10",
        "verified-cat crosscheck 10",
        "verified-cat schema chek FILE",
        "verified-cat schema fuzz --cuont 10",
        "verified-cat train",
        "verified-cat train no-such-task --out DIR",
        "verified-cat laws --show NO-SUCH-LAW",
        "python benchmarks/nothing.py",
        "python -m benchmarks.nothing",
    ],
)
def test_what_does_not_exist_would_be_found(command: str, pytestconfig: pytest.Config) -> None:
    with pytest.raises((AssertionError, UsageError)):
        checked(command, pytestconfig)


def checked(command: str, config: pytest.Config) -> None:
    """Raises where a command names what is not there."""
    program, *words = shlex.split(command)
    {"make": _make, "pytest": _pytest, "verified-cat": _verified_cat, "python": _python}[program](words, config)


def _stands_in(word: str) -> bool:
    return word in STAND_INS or word.isupper()


def _make(words: list[str], config: pytest.Config) -> None:
    targets = re.findall(r"^([a-z]+):", read("Makefile"), re.MULTILINE)
    for word in words:
        assert word in targets or "=" in word, f"make has no target {word!r}"


def _pytest(words: list[str], config: pytest.Config) -> None:
    rest = iter(words)
    for word in rest:
        if word == "--pyargs":
            importlib.import_module(_module(next(rest)))
        elif word in ("-k", "-n"):
            next(rest)
        elif word == "-q":
            continue
        elif word.startswith("--"):
            assert hasattr(config.option, word[2:].replace("-", "_")), f"pytest has no option {word}"
            _value(word, next(rest))
        else:
            assert (ROOT / word).exists(), f"there is no {word}"


def _module(name: str) -> str:
    assert importlib.util.find_spec(name), f"there is no module {name}"
    return name


def _value(option: str, value: str) -> None:
    """The value of an option names something that exists, where it names something."""
    if option in ("--law", "--show") and not (value.isupper() and value in ("ID", "NAME")):
        for law in value.split(","):
            suite.check_law(law)
    if option == "--engine" and not _stands_in(value):
        engines.check_name(value)
        if ":" in value:
            engines.engine(value)


def _names(option: click.Parameter) -> list[str]:
    """``--this`` and ``--no-this``."""
    return [*option.opts, *option.secondary_opts]


def _verified_cat(words: list[str], config: pytest.Config) -> None:
    name, *rest = words
    assert name in main.commands, f"verified-cat has no command {name!r}"
    command = main.commands[name]
    if isinstance(command, click.Group) and not (command.invoke_without_command and rest[0].startswith("--")):
        inner, *rest = rest
        assert inner in command.commands, f"verified-cat {name} has no command {inner!r}"
        name, command = f"{name} {inner}", command.commands[inner]
    params = command.params
    options = {each: param for param in params if param.param_type_name == "option" for each in _names(param)}
    wanted = [param for param in params if param.param_type_name == "argument"]
    given, words_left = [], iter(rest)
    for word in words_left:
        if word.startswith("--"):
            assert word in options, f"verified-cat {name} has no option {word}"
            if not getattr(options[word], "is_flag", False):
                _value(word, next(words_left))
        else:
            given.append(word)
    needed = [param for param in wanted if param.required]
    most = len(given) if any(param.nargs == -1 for param in wanted) else len(wanted)
    assert len(needed) <= len(given) <= most, f"verified-cat {name} takes {len(wanted)} arguments, not {given}"
    assert name != "train" or given or {"--config", "--resume"} & {*rest}, "train which task?"
    if name == "train" and given and not _stands_in(given[0]):
        pytest.importorskip("torch", reason="not run: torch not installed (pip install verified-cat[gpu])")
        from verified_cat.gpu.tasks import task

        if given[0].endswith(".toml"):
            assert (ROOT / given[0]).is_file(), f"there is no {given[0]}"
        else:
            task(given[0])


def _python(words: list[str], config: pytest.Config) -> None:
    name = words[1].replace(".", "/") if words[0] == "-m" else ""
    files = [f"{name}/__main__.py", f"{name}.py"] if name else [words[0]]
    assert any((ROOT / file).is_file() for file in files), f"there is no {files[0]}"


# ------------------------------------------------------------------------------------------------ names


@pytest.mark.parametrize("page", PAGES)
def test_files_and_links_exist(page: str) -> None:
    files = [span for span in spans(page) if re.fullmatch(r"[\w./-]+(\.(py|md|cff|toml)|/)", span)]
    links = [link for link in re.findall(r"\]\(([^)#\s]+)", prose(page)) if "://" not in link]
    assert files or links, f"{page} names no file"
    given = [name for name in files if not (Path(name).stem.isupper() or name in OF_A_RUN)]
    missing = [name for name in given if not ((ROOT / name).exists() or _beside(name))]
    missing += [link for link in links if not ((ROOT / page).parent / link).exists()]
    assert not missing


def _beside(name: str) -> bool:
    """A module named alone, where the folder was just named."""
    return "/" not in name and any(
        (ROOT / folder / name).is_file() for folder in ("proofs", "reference", "laws", "gpu")
    )


def test_the_table_in_the_readme_has_laws_and_words_that_exist() -> None:
    tables = [block.text.splitlines() for block in blocks("README.md") if block.text.startswith("law ")]
    assert tables, "README.md shows no verdict table"
    words = {"proved", "exact", "sampled", "not run", "undecided", "vacuous", "refuted"}
    for head, *lines in tables:
        assert head.split()[1:] == DEFAULT_ENGINES.split(",")
        for line in lines:
            law, *cells = re.split(r"\s{2,}", line.strip())
            suite.check_law(law)
            assert set(cells) <= words
            assert len(cells) == len(head.split()) - 1


def test_the_law_in_the_readme_is_the_one_that_is_checked() -> None:
    """Every line of its body stands in laws/, as it is printed."""
    (shown,) = [block.text.splitlines() for block in blocks("README.md") if block.text.startswith("@law")]
    source = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "laws").glob("*.py"))
    body = "\n".join(line for line in shown if not line.startswith("@law"))
    assert body in source


def test_the_readme_counts_the_laws_of_today() -> None:
    from verified_cat.audits import AUDITS
    from verified_cat.check import LAWS
    from verified_cat.laws import suite

    suite.load()
    told = re.search(
        r"holds (\d+) laws, with (\d+)\s+wrong implementations and (\d+) planted faults", prose("README.md")
    )
    assert told, "the README counts the laws, their mutants and the faults planted for audits"
    mutants = sum(len(law.mutants) for law in LAWS.values())
    planted = sum(len(audit.controls) for audit in AUDITS.values())
    assert [int(number) for number in told.groups()] == [len(LAWS) + len(AUDITS), mutants, planted]
