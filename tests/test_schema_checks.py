"""What is said of a schema before a training, its picture, and the commands that show both."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path as File
from typing import Any
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from verified_cat.cli import main
from verified_cat.schema import CYCLE_GAN, EQUALIZER, GAN, Path
from verified_cat.schema_checks import findings, measured, taught
from verified_cat.schema_fuzz import SOUND
from verified_cat.schema_kinds import settings
from verified_cat.schema_picture import svg
from verified_cat.specification import Arrow, Demand, Specification, Thing

NORMAL, RING = settings("data", "normal"), settings("data", "ring")
MLP = settings("network", "mlp")
F_G, G_F = Demand(Path("A", ("f", "g")), Path("A")), Demand(Path("B", ("g", "f")), Path("B"))


def cycle(a: Any = NORMAL, b: Any = RING, sizes: tuple[int, int] = (2, 2), **changes: Any) -> Specification:
    things = (Thing("A", sizes[:1], data=a), Thing("B", sizes[1:], data=b))
    arrows = (Arrow("f", "A", "B", MLP), Arrow("g", "B", "A", MLP))
    made: dict[str, Any] = {"name": "cycle", "things": things, "arrows": arrows, "demands": (F_G, G_F)}
    return Specification(**made | {"adversary": settings("adversary", "energy")} | changes)


def said(whole: Specification, about: str) -> list[str]:
    return [str(finding) for finding in findings(whole) if finding.about == about]


def test_a_sound_schema() -> None:
    assert [finding.level for finding in findings(cycle())] == ["note", "note"]
    assert taught(cycle())["f"] == [
        "the law of B, along f", "the equation f ; g = id_A", "the equation g ; f = id_B"
    ]  # fmt: skip


def test_arrows_that_nothing_teaches() -> None:
    alone = cycle(adversary=None, demands=())
    assert [line.partition(": nothing teaches ")[2][:1] for line in said(alone, "signal")] == ["f", "g"]
    half = cycle(demands=(replace(F_G, weight=Fraction(0)),), b=None)
    one, other = said(half, "signal")
    end = "B has no data with an adversary, no weighed equation has f, and no term is on it"
    assert one == f"error: signal: nothing teaches f: {end}" and "nothing teaches g: A" in other
    kept = cycle(demands=(), adversary=None, arrows=(Arrow("f", "A", "B", MLP, identity=Fraction(1)),))
    assert said(kept, "signal") == []


def test_where_equations_are_asked_for() -> None:
    assert measured(cycle(), F_G) == [Path("A")]
    assert measured(cycle(), replace(F_G, on="pushforward")) == [Path("B", ("g",))]
    assert measured(cycle(), replace(F_G, on="mix")) == [Path("A"), Path("B", ("g",))]
    assert measured(cycle(a=None), F_G) == [Path("B", ("g",))]
    nowhere = cycle(a=None, b=None)
    assert any("starts from A, which has no data, and no trained arrow" in line for line in said(nowhere, "signal"))


def test_equations_that_follow() -> None:
    twice = Demand(Path("A", ("f", "g", "f", "g")), Path("A"))
    one, line = said(cycle(demands=(F_G, G_F, twice)), "redundancy")
    assert one.endswith("f ; g = id_A follows: f ; g = f ; g ; f ; g = id_A (by the other equations)")
    assert line == (
        "warning: redundancy: f ; g ; f ; g = id_A follows: f ; g ; f ; g = f ; g = id_A (by the other equations)"
    )
    loops = (Arrow("a", "A", "A", MLP), Arrow("b", "A", "A", MLP))
    sides = (("aba", "bab"), ("aabb", "bbaa"))
    braid = cycle(
        arrows=loops, demands=tuple(Demand(Path("A", tuple(one)), Path("A", tuple(two))) for one, two in sides)
    )
    assert any("does not follow from the others up to length 8" in line for line in said(braid, "redundancy"))


def test_dimensions_that_forbid() -> None:
    sizes = (3, 2)
    (line,) = said(cycle(b=RING, sizes=sizes), "dimension")
    assert line == "error: dimension: f ; g = id_A goes through B, of dimension 2, and A has dimension 3"
    thin = settings("data", "segment", start=(0, 0, 0), end=(1, 1, 1))
    (line,) = said(cycle(a=thin, sizes=sizes), "dimension")
    assert line.startswith("warning") and line.endswith("only where the data have a support of lower dimension")
    assert said(cycle(sizes=(2, 2)), "dimension") == []


def test_trivial_models() -> None:
    (identity,) = said(cycle(), "trivial model")
    assert identity == (
        "note: trivial model: every equation holds where f, g do nothing (the identity); "
        "only the law of B, the law of A speaks against it"
    )
    (same,) = said(cycle(a=NORMAL, b=NORMAL), "trivial model")
    assert same.startswith("warning") and same.endswith("a training may end there")
    things = (Thing("A", (2,), data=NORMAL), Thing("B", (2,)), Thing("C", (1,)))
    x, y = (settings("frozen", "polynomial", terms=[[1, *power]]) for power in ((2, 0), (0, 1)))
    arrows = (Arrow("h", "A", "B", MLP), Arrow("f", "B", "C", frozen=x), Arrow("g", "B", "C", frozen=y))
    equation = Demand(Path("A", ("h", "f")), Path("A", ("h", "g")))
    (constant,) = said(Specification("equalizer", things, arrows, (equation,)), "trivial model")
    assert constant == (
        "warning: trivial model: every equation holds where the trained arrows are constant, if f and g agree at one "
        "point; nothing else speaks against it: a training may end there"
    )


def test_the_reduction_is_told() -> None:
    arrows = (*cycle().arrows, Arrow("k", "A", "B", MLP))
    whole = cycle(arrows=arrows, demands=(Demand(Path("A", ("k",)), Path("A", ("f",))), F_G))
    lines = said(whole, "reduction")
    assert lines[0] == "note: reduction: f = k, a path of other arrows; f is matched all the same"
    less = replace(whole, training=settings("training", "training", arrows="reduced"))
    assert [str(path) for path in less.matched] == ["g", "k"] and len(whole.matched) == 3


# ------------------------------------------------------------------------------------------------ pictures


def test_pictures() -> None:
    for drawn in (GAN, CYCLE_GAN, EQUALIZER, cycle()):
        schema = drawn.schema if isinstance(drawn, Specification) else drawn
        root = ElementTree.fromstring(svg(drawn))
        texts = [text.text for text in root.iter("{http://www.w3.org/2000/svg}text")]
        assert {edge.name for edge in schema.edges} | set(schema.objects) <= set(texts)
        assert all(any(str(equation) in str(text) for text in texts) for equation in schema.equations)
        drawn_paths = [path for path in root.iter("{http://www.w3.org/2000/svg}path") if path.get("marker-end")]
        assert len(drawn_paths) == len(schema.edges) and len({path.get("d") for path in drawn_paths}) == len(
            drawn_paths
        )


# ------------------------------------------------------------------------------------------------ commands


def test_commands(tmp_path: File) -> None:
    run = CliRunner()
    (tmp_path / "gan.toml").write_text(SOUND[0], encoding="utf-8")
    (tmp_path / "bad.toml").write_text(SOUND[0].replace('"mlp"', '"mpl"'), encoding="utf-8")
    good = run.invoke(main, ["schema", "check", str(tmp_path / "gan.toml")])
    assert good.exit_code == 0 and good.output.startswith("GAN: 2 objects, 1 arrows, 0 equations\n")
    bad = run.invoke(main, ["schema", "check", str(tmp_path / "bad.toml")])
    assert bad.exit_code == 1 and bad.output.endswith(
        "line 12: no kind of network is called 'mpl'; did you mean mlp?\n"
    )
    untaught = SOUND[0].replace('adversary = "energy"\n', "")
    (tmp_path / "untaught.toml").write_text(untaught, encoding="utf-8")
    assert run.invoke(main, ["schema", "check", str(tmp_path / "untaught.toml")]).exit_code == 1
    drawn = run.invoke(main, ["draw", str(tmp_path / "gan.toml"), "--out", str(tmp_path / "gan.svg")])
    assert drawn.exit_code == 0 and (tmp_path / "gan.svg").read_text(encoding="utf-8").startswith("<svg")
    refused = run.invoke(main, ["draw", str(tmp_path / "bad.toml")])
    assert refused.exit_code == 4 and "line 12" in refused.output
    fuzzing = run.invoke(main, ["schema", "fuzz", "--count", "20"])
    assert fuzzing.exit_code == 0 and fuzzing.output.endswith("0 neither\n")


@pytest.mark.parametrize("on", ["data", "pushforward", "mix"])
def test_measures_have_starts(on: Any) -> None:
    assert said(cycle(demands=(replace(F_G, on=on), G_F)), "signal") == []
