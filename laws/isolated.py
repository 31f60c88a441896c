"""The child in which an engine runs when it is isolated: requests come in as lines of JSON, verdicts go out as such.

Run as ``python -m verified_cat.laws.isolated REPLIES GIB``, with the number of the descriptor that replies go to, and
the memory that the process may fill. What the engine prints goes nowhere, so that it cannot be taken for a reply.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

from verified_cat.errors import MissingExtra, MissingOperation, UsageError
from verified_cat.laws import engines, smoke, suite
from verified_cat.laws.known import Known
from verified_cat.laws.profiles import Effort
from verified_cat.report import encode_verdict

Message = dict[str, Any]


def main() -> None:
    """Answer requests until there are no more."""
    os.set_inheritable(int(sys.argv[1]), False)  # what the engine starts does not hold it open
    replies = os.fdopen(int(sys.argv[1]), "w", encoding="utf-8")
    requests = os.fdopen(os.dup(0), encoding="utf-8")
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    bound_memory(float(sys.argv[2]))
    suite.load()
    _send(replies, {"ready": True})
    for line in requests:
        _reply_to(json.loads(line), replies)


def bound_memory(gib: float) -> None:
    """From here on allocations beyond ``gib`` fail, where the system can be told so."""
    try:
        import resource
    except ImportError:  # no POSIX: the time limit still holds
        return
    most = int(gib * 2**30)
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (most if hard < 0 else min(most, hard), hard))


def _reply_to(request: Message, replies: TextIO) -> None:
    """Send what was asked for, part by part, and that it is done."""
    try:
        for message in answers(request):
            _send(replies, message)
        _send(replies, {"done": True})
    except MissingOperation as fault:
        _send(replies, {"lacking": str(fault)})
    except MissingExtra as fault:
        _send(replies, {"missing": str(fault)})
    except UsageError as fault:
        _send(replies, {"refused": str(fault)})
    except Exception as fault:
        _send(replies, {"raised": f"{type(fault).__name__}: {fault}"})


def _send(replies: TextIO, message: Message) -> None:
    replies.write(json.dumps(message, default=str) + "\n")
    replies.flush()


def answers(request: Message) -> Iterator[Message]:
    """What a request comes to: one message for each world of a row, one for a smoke law or a known failure."""
    engine, what = request["engine"], request["do"]
    if what == "load":
        engines.engine(engine)
    elif what == "smoke":
        world, verdict = smoke.verdict(request["law"], engine)
        yield {"world": world, "verdict": encode_verdict(verdict)}
    elif what == "known":
        known = Known(request["law"], "", Path(request["case"]))
        yield {"fails": known.still_fails(engine)}
    else:
        for world, verdict in suite.parts(request["law"], engine, Effort(**request["effort"])):
            yield {"world": world, "verdict": encode_verdict(verdict)}


if __name__ == "__main__":
    main()
