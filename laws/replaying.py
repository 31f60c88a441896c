"""Failed instances of a report, stated again in any engine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from verified_cat.errors import UsageError, inside
from verified_cat.laws import engines, suite
from verified_cat.report import write_json
from verified_cat.sampling import Tally
from verified_cat.sampling import replay as stated_again


def replay(file: Path, engine: str) -> Iterator[tuple[dict[str, Any], Tally]]:
    """Each example of the file with what the engine makes of it. Raises UsageError for a file without examples."""
    suite.load()
    if engine == engines.SOLVER:
        raise UsageError("an instance is replayed on numbers; the solver has none")
    chosen = engines.engine(engines.check_name(engine))
    bounds = engines.bounds_for("float64" if chosen.precision == "exact" else chosen.precision)
    for example in examples(file):
        with inside(file):
            tally = stated_again(example, chosen, bounds)
        yield example, tally


def examples(file: Path) -> list[dict[str, Any]]:
    """The examples of a report, or the one of a case file, that hold drawn terms."""
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as fault:
        raise UsageError(f"{file} is not a report or a case: {fault}") from fault
    rows = data.get("verdicts", [{"example": data}]) if isinstance(data, dict) else []
    found = [row["example"] for row in rows if isinstance(row, dict) and isinstance(row.get("example"), dict)]
    drawn = [example for example in found if "terms" in example]
    if not drawn:
        raise UsageError(f"{file} holds no failed instance that can be replayed")
    return drawn


def keep(folder: Path, example: dict[str, Any]) -> Path:
    """Write a failed instance to a file of its own in ``folder``, and say where."""
    from hashlib import sha256

    digest = sha256(json.dumps(example, sort_keys=True, default=str).encode()).hexdigest()[:8]
    path = folder / f"{example['law']}-{digest}.json"
    write_json(path, example)
    return path


def readable(example: Any) -> list[str]:
    """An example for people: where it is, the maps and the point, and what came of it."""
    if not isinstance(example, dict):
        return [str(each) for each in example] if isinstance(example, list) else []
    lines = [f"in {example['world']}, equation {example.get('equation', 0)}:"] if "world" in example else []
    lines += [f"  {name} = {text}" for name, text in example.get("text", {}).items()]
    lines += [f"  {name} = {value}" for name, (_, value) in example.get("points", {}).items()]
    plain = ("goal", "model", "point", "lhs", "rhs", "raised", "gap", "allowed")
    return lines + [f"  {key}: {example[key]}" for key in plain if key in example]
