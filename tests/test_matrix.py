"""The kill matrix as HTML: the whole section of a small one, and what is said where something is missing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from verified_cat.killing import WORDS, Control, Kills
from verified_cat.matrix import MARKS, counted, matrix

KILLS = Kills(
    controls=(
        Control("sum", "LAW-A", "operation", "refuted"),
        Control("swap", "LAW-B", "construction", "survived"),
        Control("wrong <rule>", "LAW-A", "rule", "raised"),
    ),
    cells={
        "LAW-A": {"sum": "refuted", "swap": "survived", "wrong <rule>": "raised"},
        "LAW-B": {"sum": "refuted", "swap": "not run"},
        "LAW-C": {"sum": "survived"},
        "LAW-F": {"sum": "untouched", "wrong <rule>": "refuted"},
    },
    mutants={"LAW-A": {"m": "refuted", "n": "survived"}, "LAW-D": {"k": "refuted"}},
    idle={"LAW-C": "plumbing", "LAW-D": "numbers & sizes", "LAW-E": "numbers & sizes"},
    draws=3,
)

SAYS = (
    "1 of 3 broken engines are refuted by the judge named for them, and 2 of 3 wrong implementations by the law that "
    "names them. Each law was shown at most 3 of its instances that use what is broken, the smallest first: ✗ refuted, "
    "· survived, ! an exception alone, – no comparison, blank: no instance uses what is broken. The columns are wrong "
    "operations, then wrong constructions, then wrong rules, of differentiation mostly."
)
WHOLE = f"""
<section>
<h2 id="matrix">What refutes what</h2>
<p>{SAYS}</p>
<div class="scroll both" role="region" aria-label="Laws against broken engines" tabindex="0">
<table class="kills">
<caption>Laws against broken engines</caption>
<thead>
<tr>
<th scope="col">Law</th>
<th scope="col">Kills</th>
<th scope="col">
<span>sum</span>
</th>
<th scope="col">
<span>swap</span>
</th>
<th scope="col">
<span>wrong &lt;rule&gt;</span>
</th>
</tr>
</thead>
<tbody>
<tr>
<th scope="row">LAW-A</th>
<td>1</td>
<td class="k">✗</td>
<td>·</td>
<td>!</td>
</tr>
<tr>
<th scope="row">LAW-B</th>
<td>1</td>
<td class="k">✗</td>
<td>–</td>
<td>
</td>
</tr>
<tr>
<th scope="row">LAW-F</th>
<td>1</td>
<td>
</td>
<td>
</td>
<td class="k">✗</td>
</tr>
<tr>
<th scope="row">laws that refute it</th>
<td>
</td>
<td>2</td>
<td>0</td>
<td>1</td>
</tr>
<tr class="judges">
<th scope="row">judge named for it</th>
<td>
</td>
<td>LAW-A</td>
<td>LAW-B</td>
<td>LAW-A</td>
</tr>
</tbody>
</table>
</div>
<h3>Refuting no broken engine: 3 laws</h3>
<p>In brackets: how many broken engines the law meets, and how many wrong implementations of its own it refutes.</p>
<dl class="idle">
<div>
<dt>2 laws: numbers &amp; sizes</dt>
<dd>LAW-D (0; 1), LAW-E (0; 0)</dd>
</div>
<div>
<dt>1 law: plumbing</dt>
<dd>LAW-C (1; 0)</dd>
</div>
</dl>
</section>
"""


def lines(kills: Kills) -> str:
    """A tag a line."""
    return "\n" + str(matrix(kills)).replace("><", ">\n<") + "\n"


def test_the_whole_section() -> None:
    assert lines(KILLS) == WHOLE


def test_an_interrupted_run() -> None:
    said = "<p>\n<b>The run was interrupted: 2 laws and controls were not come to.</b>\n</p>"
    assert lines(replace(KILLS, left=("LAW-D", "sum"))) == WHOLE.replace(f"{SAYS}</p>", f"{SAYS}</p>\n{said}")


def test_every_law_refutes_something() -> None:
    """Then no laws are listed that do not."""
    found = lines(replace(KILLS, idle={}))
    head = WHOLE.index("\n<h3>")
    assert found == WHOLE[:head] + "\n</section>\n"


@pytest.mark.parametrize(("count", "words"), [(0, "0 laws"), (1, "1 law"), (2, "2 laws")])
def test_laws_are_counted_in_words(count: int, words: str) -> None:
    assert counted(["LAW"] * count) == words


def test_every_word_has_a_mark_of_its_own() -> None:
    assert tuple(MARKS) == WORDS and len(set(MARKS.values())) == len(MARKS)
