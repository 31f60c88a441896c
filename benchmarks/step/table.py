"""The result as Markdown: a table for each workload, and what is compared with what."""

from __future__ import annotations

from typing import Any

from benchmarks.step.figures import Quartiles, Row, by_workload, fastest, named, paired, quartiles, timed
from benchmarks.step.implementations import EAGER, YARDSTICK

HEAD = (
    "| implementation | CPU time a step, µs | times faster than eager | time / products alone | build, CPU s "
    "| memory of a step, MiB | first step |\n|---|---|---|---|---|---|---|"
)


def markdown(result: dict[str, Any]) -> str:
    """Every workload with every implementation: figures, or the reason why there are none."""
    facts = result["machine"]
    pinned = "pinned to a core" if facts["pinned"] else "not pinned"
    lines = [
        f"{facts['processor']}, torch {facts['torch']}, Python {facts['python']}, one thread, {pinned}; CPU time, "
        f"{facts['rounds']} interleaved rounds, median [quartiles]; ratios are paired within rounds."
    ]
    for workload, rows in by_workload(result["rows"]).items():
        lines += ["", f"### {workload}: {rows[0]['parameters']:,} parameters{products(rows)}", "", HEAD]
        lines += [line(row, rows) for row in rows]
        compared = comparisons(rows)
        lines += ["", *compared] if compared else []
    return "\n".join(lines) + "\n"


def products(rows: list[Row]) -> str:
    """How much arithmetic the products and convolutions of a step are, where the yardstick counted it."""
    found = next((row["figures"]["operations"] for row in timed(rows) if row["family"] == "yardstick"), None)
    return "" if found is None else f", {digits(found / 1e6)} MFLOP of products a step"


def line(row: Row, rows: list[Row]) -> str:
    if not row["cpu_seconds"]:
        return f"| {row['implementation']} | {row['verdict']}: {row['reason'].replace('|', '¦')} | | | | | |"
    time = quartiles(1e6 * seconds for seconds in row["cpu_seconds"])
    eager, products = named(rows, EAGER), named(rows, YARDSTICK)
    faster = paired(eager, row) if eager else None
    slower = paired(row, products) if products else None
    share = f"{row['verdict']}, {row['share_of_allowed']:.2g} of the allowed error" if "share_of_allowed" in row else ""
    memory = f"{row['transient_kib'] / 1024 + workspace(row):.1f}" if "transient_kib" in row else ""
    cells = [row["implementation"], shown(time), shown(faster), shown(slower), f"{row['build_cpu_seconds']:.2f}"]
    return f"| {' | '.join([*cells, memory, share])} |"


def workspace(row: Row) -> float:
    """What a program holds between steps for its buffers, in MiB, where it says so."""
    return float(row.get("figures", {}).get("workspace_bytes", 0)) / 2**20


def comparisons(rows: list[Row]) -> list[str]:
    """How many times faster each of ours is than the best of each kind; its lower quartile is held against a goal."""
    rivals = {
        "eager, torch.compile, torch.func": fastest(rows, "torch"),
        "equation by equation": fastest(rows, "equations"),
        "the expert's": fastest(rows, "expert"),
        "JAX, jit": named(rows, "jax-jit"),
        "JAX, scan": named(rows, "jax-scan"),
        "catgrad": fastest(rows, "catgrad"),
    }
    there = {f"{what}: {row['implementation']}": row for what, row in rivals.items() if row}
    ours = [row for row in timed(rows) if row["family"] == "ours"]
    if not ours or not there:
        return []
    head = f"| times faster than the best of | {' | '.join(there)} |\n|{'---|' * (len(there) + 1)}"
    cells = ([row["implementation"], *(shown(paired(rival, row)) for rival in there.values())] for row in ours)
    return [head, *(f"| {' | '.join(line)} |" for line in cells)]


def not_faster(result: dict[str, Any], goal: float) -> list[str]:
    """The workloads on which the lower quartile of the fastest of ours is not ``goal`` times that of PyTorch's best."""
    found = []
    for workload, rows in by_workload(result["rows"]).items():
        ours, rival = fastest(rows, "ours"), fastest(rows, "torch")
        ratio = paired(rival, ours) if ours and rival else None
        if ratio is None or not ratio.low >= goal:
            found.append(f"{workload}: {shown(ratio) or 'nothing to compare'}; {goal:g} times was to be reached")
    return found


def shown(figure: Quartiles | None) -> str:
    if figure is None:
        return ""
    return f"{digits(figure.middle)} [{digits(figure.low)}, {digits(figure.high)}]"


def digits(value: float) -> str:
    """Three significant digits."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def summary(result: dict[str, Any]) -> str:
    """What ran and what did not, in one line."""
    rows = result["rows"]
    verdicts = {word: sum(row["verdict"] == word for row in rows) for word in dict.fromkeys(r["verdict"] for r in rows)}
    return f"{len(timed(rows))} of {len(rows)} timed; " + ", ".join(f"{n} {word}" for word, n in verdicts.items())
