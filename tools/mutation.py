"""Mutation testing: how many slips in a module the tests and laws notice.

python -m tools.mutation verified_cat/objects.py --budget 120
python -m tools.mutation verified_cat/lens.py --tests tests/test_lens.py laws:LENS-GAD --json lens.json

A module is tried with the tests that tools/mutation.toml names for it, or else with tests/test_MODULE.py;
``laws:OPT-ADAM,OPT-NEST`` are these laws on the exact engine. They are collected once for each module. Each is run
once, to see which lines it runs and for how long. Then each mutant has a process of its own, forked from there: the
functions of the module get the mutated code, and the tests that run the changed line are run, the quickest first, until
one fails. No file is changed. A mutant outside of functions, or of what the import runs, is imported afresh and tried
in a session of its own.

A mutant that no test notices *survives*. Those that run out of time or end the process, and those with which the
package cannot be imported, are counted apart and belong to neither side of the score. tools/survivors.toml gives
the reason why a survivor computes the same (*equivalent*, on neither side of the score), or why no test kills it
(*argued*, which lowers the score as any survivor does). What it says about a mutant that is not there, or was killed,
is an error.
"""

from __future__ import annotations

import argparse
import json
import sys
import tomllib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from time import monotonic
from typing import Any

from tools.mutants import Mutant, mutants
from tools.mutation_runs import Session, fresh, session

ROOT = Path(__file__).parent.parent
SURVIVORS = ROOT / "tools" / "survivors.toml"
NAMED = ROOT / "tools" / "mutation.toml"
CHOSEN, LAWS = "laws:", "laws/test_laws.py"
ON_LAWS = ("--engine", "sympy", "--profile", "smoke", "--law")


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of a mutant, one of WORDS, and who noticed."""

    mutant: Mutant
    word: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A module, all that it could have been, and what was tried within the budget."""

    module: str
    count: int
    tried: tuple[Tried, ...]

    def counts(self) -> Counter[str]:
        """How many of each word."""
        return Counter(each.word for each in self.tried)

    def score(self) -> float | None:
        """The share that was killed of those that were killed or survived."""
        return score(self.counts())

    def line(self) -> str:
        """A row of figures."""
        counts, score = self.counts(), self.score()
        words = ", ".join(f"{counts[word]} {word}" for word in WORDS if counts[word])
        said = "no score" if score is None else f"{100 * score:.1f} %"
        return f"{self.module}: {said}; {len(self.tried)} of {self.count} mutants tried: {words or 'none'}"


Name = tuple[str, str, str, str]
"""Module, where in it, and the text before and after."""
WORDS = ("killed", "survived", "argued", "equivalent", "timeout", "died", "no import")


def score(counts: Counter[str]) -> float | None:
    """killed / (killed + survived + argued), or None where there is none: what computes the same is no survivor."""
    decided = counts["killed"] + counts["survived"] + counts["argued"]
    return counts["killed"] / decided if decided else None


# ------------------------------------------------------------------------------------------------ trying


def tried(runs: Session, file: Path, mutant: Mutant, flags: Sequence[str], said: dict[Name, str]) -> Tried:
    """A mutant against the tests that run its lines."""
    source = file.read_text(encoding="utf-8")
    found = runs.changed(file, source, mutant)
    if found is None or (found[0] == "survived" and runs.when_imported(file, mutant)):
        chosen = runs.when_changed(file, mutant)
        found = fresh(file, source, mutant, chosen, flags, runs.seconds(chosen))
    word, why = found
    return Tried(mutant, said.get(named(file, mutant), word) if word == "survived" else word, why)


def outcome(
    runs: Session, file: Path, flags: Sequence[str], budget: float, order: Sequence[Mutant], said: dict[Name, str]
) -> Outcome:
    """These mutants of a file in turn, until the budget of seconds is used up."""
    every = mutants(file.read_text(encoding="utf-8"))
    end, done = monotonic() + budget, list[Tried]()
    for mutant in order:
        if monotonic() > end:
            break
        done.append(tried(runs, file, mutant, flags, said))
        if done[-1].word != "killed":
            print(f"  {done[-1].word:<11}{file.stem} {mutant}  {done[-1].why}", flush=True)
    return Outcome(file.stem, len(every), in_order(done))


def shuffled(file: Path, seed: int) -> list[Mutant]:
    """All of them in a random order: what a budget cuts off is no part of the module."""
    every = mutants(file.read_text(encoding="utf-8"))
    return Random(f"{seed} {file.name}").sample(every, len(every))


def before(path: Path, file: Path) -> Outcome:
    """What --json kept about a module. Raises ValueError where it was changed since."""
    kept = json.loads(path.read_text(encoding="utf-8"))[file.stem]
    every = mutants(file.read_text(encoding="utf-8"))
    named: dict[str, list[Mutant]] = {}
    for mutant in reversed(every):  # two may read the same: the rows are in their order
        named.setdefault(str(mutant), []).append(mutant)
    if kept["mutants"] != len(every) or Counter(row["mutant"] for row in kept["rows"]) - Counter(map(str, every)):
        raise ValueError(f"{path} is of another {file.name}")
    rows = tuple(Tried(named[row["mutant"]].pop(), row["word"], row["why"]) for row in kept["rows"])
    return Outcome(file.stem, len(every), rows)


def merged(old: Outcome, new: Outcome) -> Outcome:
    """The new words in place of the old ones."""
    words = {one.mutant: one for one in (*old.tried, *new.tried)}
    return Outcome(old.module, old.count, in_order(words.values()))


def in_order(found: Iterable[Tried]) -> tuple[Tried, ...]:
    """In the order of ``mutants``."""
    return tuple(sorted(found, key=lambda each: (each.mutant.first, each.mutant.path, each.mutant.number)))


# ------------------------------------------------------------------------------------------------ what is argued


def named(file: Path, mutant: Mutant) -> Name:
    """What a mutant is called in the file of survivors: no line number, which every edit moves."""
    return file.stem, mutant.where, " ".join(mutant.before.split()), " ".join(mutant.after.split())


def argued(path: Path = SURVIVORS) -> dict[Name, str]:
    """Mutant ↦ equivalent or argued. Raises ValueError for an entry of another kind, twice, or without a reason."""
    found: dict[Name, str] = {}
    for word, entries in tomllib.loads(path.read_text(encoding="utf-8")).items():
        if word not in ("equivalent", "argued"):
            raise ValueError(f"{path.name}: an entry is equivalent or argued, not {word}")
        for each in entries:
            if set(each) != {"module", "where", "before", "after", "why"} or len(each["why"].split()) < 4:
                raise ValueError(f"{path.name}: an entry has module, where, before, after, and a reason in why: {each}")
            name = (each["module"], each["where"], each["before"], each["after"])
            if name in found:
                raise ValueError(f"{path.name}: two entries about one mutant: {each}")
            found[name] = word
    return found


def stale(said: Iterable[Name], folder: Path) -> list[str]:
    """Entries about mutants that are not there."""
    known: dict[str, set[Any]] = {}
    wrong = []
    for entry in said:
        file = folder / f"{entry[0]}.py"
        if entry[0] not in known:
            every = mutants(file.read_text(encoding="utf-8")) if file.is_file() else []
            known[entry[0]] = {named(file, each) for each in every}
        if entry not in known[entry[0]]:
            wrong.append(f"no mutant of {entry[0]} is: {entry[1]}: {entry[2]}  ->  {entry[3]}")
    return wrong


def contradicted(outcomes: Iterable[Outcome], said: Iterable[Name]) -> list[str]:
    """Entries about mutants that were killed."""
    killed = {
        named(Path(f"{each.module}.py"), one.mutant) for each in outcomes for one in each.tried if one.word == "killed"
    }
    survived = {
        named(Path(f"{each.module}.py"), one.mutant) for each in outcomes for one in each.tried if one.word != "killed"
    }
    return [
        f"{entry[0]}, {entry[1]} is said to survive, and is killed: {entry[2]}  ->  {entry[3]}"
        for entry in said
        if entry in killed - survived
    ]


# ------------------------------------------------------------------------------------------------ the command


def main(arguments: Sequence[str] | None = None) -> int:
    """The figures by module; 1 where a mutant survived that nothing is argued about, or an argument does not hold."""
    parser = argparse.ArgumentParser(prog="python -m tools.mutation", description=__doc__.partition("\n")[0])
    parser.add_argument("files", type=Path, nargs="+", help="modules, such as verified_cat/objects.py")
    parser.add_argument(
        "--tests", nargs="*", default=[], help="files of tests, and laws:ID,ID; those of mutation.toml if none"
    )
    parser.add_argument("--keyword", "-k", default="", help="as pytest's -k: which of the tests")
    parser.add_argument("--budget", type=float, default=120.0, help="seconds for each module (120)")
    parser.add_argument("--seed", type=int, default=0, help="of the order in which mutants are tried")
    parser.add_argument("--json", type=Path, help="where every mutant is written with what became of it")
    parser.add_argument("--again", type=Path, help="only what survived in that record (of --json), with other tests")
    parser.add_argument("--rest", type=Path, help="only what that record has not tried")
    given = parser.parse_args(arguments)
    said, outcomes = argued(), list[Outcome]()
    for path in [path.resolve() for path in given.files]:
        outcomes.append(of_module(path, given, said))
        print(outcomes[-1].line(), flush=True)
        if given.json:
            given.json.write_text(json.dumps(record(outcomes), indent=1) + "\n", encoding="utf-8")
    wrong = stale(said, ROOT / "verified_cat") + contradicted(outcomes, said)
    print("\n".join(wrong), end="\n" if wrong else "")
    return int(bool(wrong) or any(each.counts()["survived"] for each in outcomes))


def of_module(path: Path, given: argparse.Namespace, said: dict[Name, str]) -> Outcome:
    """The mutants of a module that are asked for, with what a record says of the others."""
    old = before(given.again or given.rest, path) if given.again or given.rest else None
    order = shuffled(path, given.seed)
    if old is not None:
        word = {one.mutant: one.word for one in old.tried}
        order = [each for each in order if word.get(each) in (("survived", "argued") if given.again else (None,))]
    tests = given.tests or tests_of(path.stem)
    files = [LAWS if name.startswith(CHOSEN) else name for name in tests]
    laws = [flag for name in tests if name.startswith(CHOSEN) for flag in (*ON_LAWS, name.removeprefix(CHOSEN))]
    flags = [*laws, *(("-k", given.keyword) if given.keyword else ())]
    found: list[Outcome] = []

    def body(runs: Session) -> None:
        print(f"{path.stem}: {runs.what()}", flush=True)
        found.append(outcome(runs, path, flags, given.budget, order, said))

    session([*files, *flags], [path], body)
    return merged(old, found[0]) if old else found[0]


def tests_of(module: str) -> list[str]:
    """The files of tests that look at a module."""
    named = tomllib.loads(NAMED.read_text(encoding="utf-8"))["tests"]
    return [name if name.startswith(CHOSEN) else f"tests/test_{name}.py" for name in named.get(module, [module])]


def record(outcomes: Iterable[Outcome]) -> dict[str, Any]:
    """As JSON: a row for each mutant, and the counts of each module."""
    return {
        each.module: {
            "mutants": each.count,
            "score": each.score(),
            **each.counts(),
            "rows": [{"mutant": str(one.mutant), "word": one.word, "why": one.why} for one in each.tried],
        }
        for each in outcomes
    }


if __name__ == "__main__":
    sys.exit(main())
