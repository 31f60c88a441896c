"""A child process that looks for finite models: ``python finder.py``, one JSON object a line in and out.

It imports nothing of this package. A model comes out as tables: how many elements each sort has, and for each declared
function its value at every argument. What is made of the tables elsewhere needs no solver.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from itertools import product
from typing import Any

LARGEST = 4096
"""Rows of one table."""


class Tables:
    """The model of a solver that answered sat."""

    def __init__(self, solver: Any, manager: Any, declared: list[Any], kinds: Any) -> None:
        self._solver, self._manager, self._kinds = solver, manager, kinds
        self._elements: dict[Any, list[Any]] = {}
        self.functions = {str(term): self.table(term) for term in declared}
        self.sizes = {str(sort): len(found) for sort, found in self._elements.items() if sort.isUninterpretedSort()}

    def elements(self, sort: Any) -> list[Any]:
        """Every value of a sort, as terms."""
        if sort not in self._elements:
            if sort.isUninterpretedSort():
                found = list(self._solver.getModelDomainElements(sort))
            else:
                made = sort.getDatatype()[0]
                parts = [self.elements(made[i].getCodomainSort()) for i in range(made.getNumSelectors())]
                apply = self._kinds.APPLY_CONSTRUCTOR
                found = [self._manager.mkTerm(apply, made.getTerm(), *each) for each in product(*parts)]
            self._elements[sort] = found
        return self._elements[sort]

    def code(self, value: Any, sort: Any) -> Any:
        """A value as JSON: the number of an element, or the list of a pair's halves; [] of the one value of 1."""
        if sort.isUninterpretedSort():
            return self.elements(sort).index(value)
        made = sort.getDatatype()[0]
        sorts = [made[i].getCodomainSort() for i in range(made.getNumSelectors())]
        return [self.code(part, each) for part, each in zip(list(value)[1:], sorts, strict=True)]

    def table(self, term: Any) -> list[Any]:
        """[argument, value] at every argument; [[null, value]] for a constant."""
        sort = term.getSort()
        if not sort.isFunction():
            return [[None, self.code(self._solver.getValue(term), sort)]]
        (dom,), cod = sort.getFunctionDomainSorts(), sort.getFunctionCodomainSort()
        return [
            [self.code(each, dom), self.code(self._solver.getValue(applied), cod)]
            for each, applied in self._at(term, dom)
        ]

    def _at(self, term: Any, dom: Any) -> Iterator[tuple[Any, Any]]:
        arguments = self.elements(dom)
        if len(arguments) > LARGEST:
            raise ValueError("the model is too large")
        for each in arguments:
            yield each, self._manager.mkTerm(self._kinds.APPLY_UF, term, each)


def found(text: str, steps: int) -> dict[str, Any]:
    """The tables of a finite model of the assertions, or why there is none to show."""
    import cvc5

    manager = cvc5.TermManager()
    solver = cvc5.Solver(manager)
    for option, value in (("produce-models", "true"), ("finite-model-find", "true"), ("rlimit-per", str(steps))):
        solver.setOption(option, value)
    parser = cvc5.InputParser(solver)
    parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, text, "question")
    symbols, answer = parser.getSymbolManager(), ""
    while not (command := parser.nextCommand()).isNull():
        output = command.invoke(solver, symbols)
        answer += output.decode() if isinstance(output, bytes) else str(output or "")
    if answer.strip() != "sat":
        return {"answer": answer.strip() or "unknown"}
    tables = Tables(solver, manager, symbols.getDeclaredTerms(), cvc5.Kind)
    return {"answer": "sat", "functions": tables.functions, "sizes": tables.sizes}


def main() -> None:
    """Answer until the input ends."""
    for line in sys.stdin:
        request = json.loads(line)
        try:
            reply = found(request["text"], request["steps"])
        except Exception as error:  # whatever goes wrong is no model
            reply = {"answer": "unknown", "reason": f"{type(error).__name__}: {error}"[:300]}
        print(json.dumps(reply), flush=True)


if __name__ == "__main__":
    main()
