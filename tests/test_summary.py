"""A report as Markdown is the recorded text: what falls short first, then every law by family."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from verified_cat.killing import Control, Kills
from verified_cat.laws.replaying import readable
from verified_cat.reading import LawReport, read
from verified_cat.report import Report, Row, Strength, Verdict
from verified_cat.summary import badge, markdown, size

PROVED, EXACT, SAMPLED, NOT_RUN, UNDECIDED, VACUOUS, REFUTED = Strength


@dataclass(frozen=True)
class Law:
    title: str
    statement: str
    source: str


LAWS = {
    "CAT-UNIT": Law("identity", "id ; f = f.", "Mac Lane"),
    "CAT-ASSOC": Law("associativity", "(f ; g) ; h = f ; (g ; h).", "Mac Lane"),
    "ADD-JAM": Law("sum", "f + 0 = f.", "Mac Lane"),
    "GAD-LATER": Law("later", "A law without a row.", "derived here"),
}


def verdict(word: Strength, reason: str = "") -> Verdict:
    return Verdict(word, "any", 4, 0.5, 0.25, reason=reason, seconds=0.125)


def found(folder: Path) -> LawReport:
    example = {"law": "CAT-ASSOC", "world": "lens", "text": {"f": "tanh[()]"}, "terms": {}}
    refuted = Verdict(REFUTED, "any", 2, 0.5, 0.0, example)
    report = Report()
    report.record(Row("CAT-UNIT", "torch", "drawn", {"functions": verdict(VACUOUS, '"too" <few>')}))
    report.record(
        Row("CAT-ASSOC", "my engine", "drawn", {"lens": refuted, "D": verdict(REFUTED), "dual": verdict(EXACT)})
    )
    report.record(Row("CAT-ASSOC", "torch", "drawn", {"lens": verdict(SAMPLED)}))
    report.record(Row("ADD-JAM", "solver", "z3+cvc5", {"-": verdict(NOT_RUN, "no * here")}))
    report.write(folder / "my report.json")
    return read(folder / "my report.json")


KILLS = Kills(
    (
        Control("sum is the mean", "ADD-JAM", "operation", "refuted"),
        Control("third", "ADD-JAM", "operation", "refuted"),
        Control("other", "ADD-JAM", "map", "survived"),
    ),
    {"ADD-JAM": {"sum is the mean": "refuted", "other": "survived"}, "CAT-UNIT": {"other": "untouched"}},
    {"ADD-JAM": {"one": "refuted", "two": "survived", "three": "refuted"}},
    {"CAT-UNIT": "plumbing", "CAT-ASSOC": "plumbing", "GAD-LATER": "no | map"},
    3,
    ("GAD-LATER",),
)


def text(folder: Path) -> str:
    given = found(folder)
    environment = {"python": "3.11.2", "z3-solver": "4 *"}
    return markdown(LawReport(environment, given.rows, given.file), LAWS, readable, KILLS)


RECORDED = r"""# Law report

3 laws in 3 engines: 1 sampled, 1 not run, 1 vacuous, 1 refuted.

**2 laws fall short.**

## CAT-ASSOC: refuted

It states: (f ; g) ; h = f ; (g ; h).

torch, drawn: **sampled**; 4 witnesses; gap 0.5, allowed 0.25; 0.125 s.

- sampled in lens

my engine, drawn: **refuted**; 10 witnesses; gap 0.5, allowed 0.25; 0.25 s.

- exact in dual
- refuted in D, lens

```text
in lens, equation 0:
  f = tanh[()]
verified-cat replay 'my report.json' --engine 'my engine'
```

## CAT-UNIT: vacuous

It states: id ; f = f.

torch, drawn: **vacuous**; 4 witnesses; gap 0.5, allowed 0.25; 0.125 s.

- vacuous in functions
- reason: functions: "too" &lt;few&gt;

No row of this report is about 1 laws: GAD-LATER.

2 of 3 broken engines are refuted by the judge named for them;
2 of 3 wrong implementations by their law.
The run was interrupted: 1 laws and controls were not come to.

<details>
<summary>What each law refutes</summary>

| law | of broken engines | which |
|---|---|---|
| ADD-JAM | 1 | sum is the mean |

</details>

Refuting no broken engine: 3 laws
- plumbing: CAT-UNIT, CAT-ASSOC
- no \| map: GAD-LATER

<details>
<summary>CAT: 2 laws</summary>

| law | solver | torch | my engine | statement |
|---|---|---|---|---|
| CAT-UNIT | no row | vacuous | no row | id ; f = f. |
| CAT-ASSOC | no row | sampled | refuted | (f ; g) ; h = f ; (g ; h). |

</details>

<details>
<summary>ADD: 1 laws</summary>

| law | solver | torch | my engine | statement |
|---|---|---|---|---|
| ADD-JAM | not run | no row | no row | f + 0 = f. |

</details>

<details>
<summary>Environment</summary>

- python: 3.11.2
- z3-solver: 4 \*

</details>

<details>
<summary>The words</summary>

- **proved**: for all objects and maps: two solvers agree, on the code that runs
- **exact**: for the drawn maps, at symbolic inputs, by normal form; or everything there is was looked at
- **sampled**: for so many non-trivial drawn instances, within a derived rounding bound
- **not run**: for the reason given; never a pass
- **undecided**: a judge gave up; never a pass
- **vacuous**: too few instances were non-trivial; a failure
- **refuted**: there is an instance at which the law fails

</details>
"""


def test_a_report_that_falls_short_is_the_recorded_text(tmp_path: Path) -> None:
    assert text(tmp_path) == RECORDED


def test_a_report_in_which_everything_holds_says_so(tmp_path: Path) -> None:
    report = Report()
    report.record(Row("ADD-JAM", "sympy", "drawn", {"lens": verdict(EXACT), "D": verdict(NOT_RUN)}))
    report.write(tmp_path / "report.json")
    given, known = read(tmp_path / "report.json"), {"ADD-JAM": LAWS["ADD-JAM"]}
    lines = markdown(given, known, readable).splitlines()
    assert lines[2:5] == ["1 laws in 1 engines: 1 exact.", "", "No law is refuted, vacuous or undecided."]
    assert lines[5:7] == ["", "<details>"], "no law is absent, and nothing is said of broken engines"
    none = Kills((), {}, {}, {}, 3)
    lines = markdown(given, known, readable, none).splitlines()
    assert lines[6] == "0 of 0 broken engines are refuted by the judge named for them;"
    assert lines[8:10] == ["", "<details>"] and not any("interrupted" in line for line in lines)
    assert not any(line.startswith("Refuting no broken engine") for line in lines)


def test_size_counts_each_law_and_engine_once(tmp_path: Path) -> None:
    assert size(found(tmp_path)) == "3 laws in 3 engines: 1 sampled, 1 not run, 1 vacuous, 1 refuted"


def test_a_badge_has_the_weakest_word_there_is(tmp_path: Path) -> None:
    rows = {word: Row(f"A-{word.name}", "sympy", "drawn", {"lens": verdict(word)}) for word in Strength}
    for words, message, color in [
        ((REFUTED, VACUOUS, UNDECIDED, NOT_RUN), "1 refuted", "red"),
        ((VACUOUS, UNDECIDED, SAMPLED), "1 vacuous", "red"),
        ((UNDECIDED, EXACT), "1 undecided", "red"),
        ((NOT_RUN, PROVED), "1 proved, 1 not run", "blue"),
    ]:
        report = Report()
        for word in words:
            report.record(rows[word])
        report.write(tmp_path / "report.json")
        expected = {"schemaVersion": 1, "label": "laws", "message": message, "color": color}
        assert badge(read(tmp_path / "report.json")) == expected
