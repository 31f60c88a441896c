"""A child process that asks cvc5 for proofs: SMT-LIB texts as one JSON list in, one JSON line a proof out.

It imports nothing of this package, and nothing that it writes is believed: `checker` checks it.
"""

from __future__ import annotations

import json
import sys
from typing import Any

OPTIONS = {"produce-proofs": "true", "proof-granularity": "dsl-rewrite"}
NAMED = ("CONSTANT", "VARIABLE")
APPLIED = {"APPLY_UF": "call", "APPLY_CONSTRUCTOR": "construct", "APPLY_SELECTOR": "select", "APPLY_TESTER": "test"}


def word(enumerated: Any) -> str:
    """The name of a kind or a rule."""
    return str(enumerated).rpartition(".")[2]


class Table:
    """Everything that a proof speaks of, each once, parts before wholes."""

    def __init__(self) -> None:
        self.rows: list[list[Any]] = []
        self._index: dict[int, int] = {}

    def add(self, root: Any) -> int:
        """The row of a term."""
        pending = [root]
        while pending:
            term = pending[-1]
            if term.getId() in self._index:
                pending.pop()
                continue
            parts = self._parts(term)
            missing = [part for part in parts if part.getId() not in self._index]
            if missing:
                pending += missing
                continue
            self._index[term.getId()] = len(self.rows)
            self.rows.append([*self._head(term), *(self._index[part.getId()] for part in parts)])
        return self._index[root.getId()]

    def _parts(self, term: Any) -> list[Any]:
        kind = word(term.getKind())
        if kind == "SKOLEM":
            return [part for part in term.getSkolemIndices() if not part.isNull()]
        parts = [term[i] for i in range(term.getNumChildren())]
        if kind == "FORALL":
            return [parts[1], *(parts[0][i] for i in range(parts[0].getNumChildren()))]
        return parts[1:] if kind in APPLIED else parts

    def _head(self, term: Any) -> list[str]:
        """Kind, name and sort: names and sorts are empty where there are none."""
        kind = word(term.getKind())
        if kind in APPLIED:
            return [APPLIED[kind], str(term[0]), ""]
        if kind == "CONST_BOOLEAN":
            return [str(term.getBooleanValue()), "", ""]
        if kind in NAMED:
            return [kind, str(term.getSymbol()), str(term.getSort())]
        return [kind, word(term.getSkolemId()) if kind == "SKOLEM" else "", ""]


def proof(text: str, steps: int) -> dict[str, Any]:
    """cvc5's proof of "unsat", as rows of terms and of inferences [rule, conclusion, premises, arguments]."""
    import cvc5

    solver = cvc5.Solver(cvc5.TermManager())
    for name, value in {**OPTIONS, "rlimit-per": str(steps)}.items():
        solver.setOption(name, value)
    parser, answer = cvc5.InputParser(solver), ""
    parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, text, "obligation")
    symbols = parser.getSymbolManager()
    while not (command := parser.nextCommand()).isNull():
        output = command.invoke(solver, symbols)
        answer += output.decode() if isinstance(output, bytes) else str(output or "")
    if answer.strip() != "unsat":
        return {"reason": f"cvc5 answered {answer.strip()[:200] or 'nothing'}"}
    return _serial(solver.getProof()[0])


def _serial(root: Any) -> dict[str, Any]:
    table, index, steps, pending = Table(), dict[Any, int](), list[list[Any]](), [root]
    while pending:
        step = pending[-1]
        premises = step.getChildren()
        missing = [premise for premise in premises if premise not in index]
        if step in index or missing:
            pending = pending[:-1] if step in index else pending + missing
            continue
        rule = word(step.getRule())
        arguments = step.getArguments() if rule in ("SCOPE", "INSTANTIATE") else []
        if rule in ("THEORY_REWRITE", "DSL_REWRITE"):
            rule = word(step.getRewriteRule())
        index[step] = len(steps)
        row = [rule, table.add(step.getResult()), [index[premise] for premise in premises]]
        steps.append([*row, [table.add(argument) for argument in arguments]])
        pending.pop()
    return {"rows": table.rows, "steps": steps}


def main() -> None:
    """Answer each text of the list on standard input; what goes wrong inside cvc5 is a reason."""
    request = json.load(sys.stdin)
    for text in request["texts"]:
        try:
            reply = proof(text, request["steps"])
        except Exception as error:
            reply = {"reason": f"{type(error).__name__}: {error}"[:500]}
        print(json.dumps(reply, separators=(",", ":")), flush=True)


if __name__ == "__main__":
    main()
