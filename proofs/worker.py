"""A child process that answers SMT-LIB texts: ``python worker.py z3|cvc5``, one JSON object a line in and out.

It imports nothing of this package, so that it starts fast and a solver's crash or memory takes nothing else down.
"""

from __future__ import annotations

import json
import sys
from typing import Any

MODEL_CHARACTERS = 120_000
MEMORY_BYTES = 4 << 30


def z3_answer(text: str, steps: int) -> dict[str, str]:
    """Z3's answer within ``steps`` of its deterministic resource counter."""
    import z3

    if "(check-sat)" not in text:
        return {"answer": "unknown", "reason": "the text asks nothing"}
    solver = z3.Solver(ctx=z3.Context())
    solver.set("rlimit", steps)
    solver.from_string(text)
    result = solver.check()
    if result == z3.unsat:
        return {"answer": "unsat"}
    if result == z3.sat:
        return {"answer": "sat", "model": str(solver.model().sexpr())[:MODEL_CHARACTERS]}
    return {"answer": "unknown", "reason": str(solver.reason_unknown())}


def cvc5_answer(text: str, steps: int) -> dict[str, str]:
    """cvc5's answer within ``steps`` of its deterministic resource counter."""
    import cvc5

    manager = cvc5.TermManager()
    solver = cvc5.Solver(manager)
    solver.setOption("rlimit-per", str(steps))
    parser = cvc5.InputParser(solver)
    parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, text, "obligation")
    symbols, printed = parser.getSymbolManager(), []
    while not (command := parser.nextCommand()).isNull():
        output = command.invoke(solver, symbols)
        printed.append(output.decode() if isinstance(output, bytes) else str(output or ""))
    answers = [line.strip() for line in printed if line.strip()]
    if answers in (["unsat"], ["sat"]):
        return {"answer": answers[0]}
    return {"answer": "unknown", "reason": " ".join(answers)[:500] or "no answer"}


def version(solver: str) -> str:
    """The solver's own version. Raises ImportError where it is not installed."""
    if solver == "z3":
        import z3

        return str(z3.get_version_string())
    import cvc5

    return str(getattr(cvc5, "__version__", "unknown"))


def limit_memory() -> None:
    """Keep the child below MEMORY_BYTES where the system can."""
    try:
        import resource
    except ImportError:
        return
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    if hard == resource.RLIM_INFINITY or hard > MEMORY_BYTES:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, hard))


def main(solver: str) -> None:
    """Say hello with the version, then answer until the input ends."""
    answer = {"z3": z3_answer, "cvc5": cvc5_answer}[solver]
    limit_memory()
    hello: dict[str, Any]
    try:
        hello = {"version": version(solver)}
    except ImportError as error:
        hello = {"missing": str(error)}
    print(json.dumps(hello), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        if "confirm" in request:  # the last answer once more: still alive, and nothing else was said in between
            print(json.dumps(request["confirm"]), flush=True)
            continue
        try:
            reply = answer(request["text"], request["steps"])
        except Exception as error:  # whatever goes wrong inside a solver is an unknown, said aloud
            reply = {"answer": "unknown", "reason": f"{type(error).__name__}: {error}"[:500]}
        print(json.dumps({"number": request["number"], **reply}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
