"""Wrong developments and wrong Python, which Agda must refuse: ``python -m verified_cat.proofs.agda_mutants``."""

from __future__ import annotations

import shutil
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from verified_cat.errors import VerifiedCatError
from verified_cat.proofs.agda import check, modules
from verified_cat.proofs.agda_export import OutsideFragment, source_of

LIST = Path(__file__).with_suffix(".toml")


class MutantFault(VerifiedCatError):
    """The place that a mutant changes is not there exactly once."""


@dataclass(frozen=True, slots=True)
class AgdaMutant:
    """One change of one place, in a module of the development or in the Python source that is printed."""

    language: str
    module: str
    take: str
    put: str
    says: str

    def texts(self) -> dict[str, str]:
        """The modules with this change. Raises MutantFault where its place is not found exactly once."""
        if self.language == "python":
            name = f"verified_cat.{self.module}"
            return modules(lambda asked: self.changed(source_of(asked)) if asked == name else source_of(asked))
        found = modules()
        return {**found, self.module: self.changed(found[self.module])}

    def changed(self, text: str) -> str:
        if text.count(self.take) != 1:
            raise MutantFault(f"{self.module}: {self.take!r} is there {text.count(self.take)} times, not once")
        return text.replace(self.take, self.put)


def mutants() -> list[AgdaMutant]:
    """All of the list."""
    listed = tomllib.loads(LIST.read_text(encoding="utf-8"))
    return [
        AgdaMutant(language, each["module"], each["take"], each["with"], each["says"])
        for language in ("agda", "python")
        for each in listed[language]
    ]


def refusals(chosen: list[AgdaMutant], checked: Path) -> Iterator[tuple[AgdaMutant, str]]:
    """Each mutant with what Agda, or the fragment, says against it; nothing where it is accepted.

    ``checked`` is a folder where the right development has been checked: only what a mutant changes is checked again.
    """
    for mutant in chosen:
        with tempfile.TemporaryDirectory(prefix="agda-") as name:
            folder = Path(name) / "mutant"
            shutil.copytree(checked, folder)
            try:
                fault = check(mutant.texts(), folder=folder).fault
            except OutsideFragment as refused:
                fault = str(refused)
        yield mutant, fault


def main() -> int:
    """Run all, one line each. The exit status is the number of mutants that were accepted."""
    chosen = mutants()
    with tempfile.TemporaryDirectory(prefix="agda-") as name:
        folder = Path(name)
        right = check(folder=folder)
        if right.fault:
            print(f"the development itself is refused: {right.fault}")
            return len(chosen)
        print(f"{len(right.modules)} modules checked in {right.seconds:.1f} s")
        accepted = 0
        for mutant, fault in refusals(chosen, folder):
            accepted += not fault
            print(f"{'refused' if fault else 'ACCEPTED'}  {mutant.module}: {mutant.says}  {fault[:100]}", flush=True)
    print(f"{len(chosen) - accepted} of {len(chosen)} refused")
    return accepted


if __name__ == "__main__":
    sys.exit(main())
