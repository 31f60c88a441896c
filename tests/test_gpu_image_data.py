"""Images as data of schemas, on made folders in the layout of each kind; every fault of a folder is told by name."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path as File
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

torch = pytest.importorskip("torch", reason="not run: torch not installed (pip install verified-cat[gpu])")
Image = pytest.importorskip("PIL.Image", reason="not run: Pillow not installed (pip install verified-cat[images])")

from verified_cat.cli import main  # noqa: E402
from verified_cat.errors import DataError, MissingExtra  # noqa: E402
from verified_cat.gpu import celeba, emoji, idx, image_data, textured, tinted  # noqa: E402
from verified_cat.gpu.engine import TorchEngine  # noqa: E402
from verified_cat.gpu.made_points import examples, sampler, told  # noqa: E402
from verified_cat.gpu.randomness import stream  # noqa: E402
from verified_cat.gpu.schema_training import Run, train  # noqa: E402
from verified_cat.schema_file import SchemaFileError, load, read  # noqa: E402
from verified_cat.schema_kinds import settings  # noqa: E402

FOLDER = File(__file__).parent.parent / "examples" / "schemas"
GLASSES, SIZE = (30, 20, 10), (178, 218)


def picture(path: File, size: tuple[int, int], colour: tuple[int, ...], mode: str = "RGB") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, colour).save(path)


def face(path: File, shade: int, glasses: bool) -> None:
    """A field of one colour, with two dark discs and a bar where glasses are."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.full((SIZE[1], SIZE[0], 3), (shade, shade - 20, shade - 40), dtype=np.uint8)
    if glasses:
        rows, columns = np.mgrid[: SIZE[1], : SIZE[0]]
        for middle in (65, 113):
            pixels[(rows - 109) ** 2 + (columns - middle) ** 2 < 18**2] = GLASSES
        pixels[106:112, 65:113] = GLASSES
    Image.fromarray(pixels).save(path, quality=95)


def made_celeba(root: File, form: str = "txt", parts: bool = True) -> File:
    """40 faces in the layout of CelebA: the first of two with glasses, one of three a man; every fifth to measure."""
    names = [f"{number:06d}.jpg" for number in range(1, 41)]
    signs = [(1 if number % 2 else -1, 1 if number % 3 == 0 else -1) for number in range(1, 41)]
    for number, (name, (glasses, _)) in enumerate(zip(names, signs, strict=True)):
        face(root / "img_align_celeba" / name, 140 + number, glasses == 1)
    rows = list(zip(names, signs, strict=True))
    if form == "txt":
        lines = "".join(f"{name} {a:>2} {b:>2} \n" for name, (a, b) in rows)
        (root / "list_attr_celeba.txt").write_text(f"40\nEyeglasses Male \n{lines}", encoding="utf-8")
    else:
        lines = "".join(f"{name},{a},{b}\n" for name, (a, b) in rows)
        (root / "list_attr_celeba.csv").write_text(f"image_id,Eyeglasses,Male\n{lines}", encoding="utf-8")
    if parts:
        join = " " if form == "txt" else ","
        head = "" if form == "txt" else "image_id,partition\n"
        lines = "".join(f"{name}{join}{1 if number % 5 == 4 else 0}\n" for number, name in enumerate(names))
        (root / f"list_eval_partition.{form}").write_text(head + lines, encoding="utf-8")
    return root


def faces(root: File, where: str, **options: Any) -> Any:
    asked = {"where": where} if where else {}
    return settings("data", "celeba", path=str(root), crop=108, **asked, **options)


def sets(data: Any, shape: tuple[int, ...] = (3, 32, 32)) -> Any:
    return image_data.sets(data, "A", shape)


def refused(data: Any, shape: tuple[int, ...] = (3, 32, 32)) -> str:
    with pytest.raises(DataError) as caught:
        image_data.sets(data, "A", shape)
    return str(caught.value)


# ------------------------------------------------------------------------------------------------ CelebA


@pytest.mark.parametrize("form", ["txt", "csv"])
def test_attributes_and_parts_of_celeba(tmp_path: File, form: str) -> None:
    """The domains are those that were drawn: dark in the middle with glasses, else the colour of the field."""
    root = made_celeba(tmp_path, form)
    worn, bare = sets(faces(root, "Eyeglasses")), sets(faces(root, "not Eyeglasses"))
    assert [len(each) for each in (worn.learned, worn.held, bare.learned, bare.held)] == [16, 4, 16, 4]
    middle = (slice(None), 0, 16, 16)
    assert worn.learned[middle].max() < 60 < 130 < bare.learned[middle].min()
    shades = bare.learned[:, 0, 0, 0].astype(int)
    assert np.abs(shades - [140 + number for number in range(1, 40, 2) if number % 5 != 4]).max() <= 2
    both = sets(faces(root, "Eyeglasses and not Male or Male and not Eyeglasses"))
    wanted = [n for n in range(1, 41) if (n % 2 == 1) != (n % 3 == 0)]
    assert len(both.learned) + len(both.held) == len(wanted)
    assert len(sets(faces(root, "")).learned) == 32


def test_a_crop_and_a_box(tmp_path: File) -> None:
    root = made_celeba(tmp_path)
    square = sets(faces(root, "Eyeglasses"))
    same = sets(settings("data", "celeba", path=str(root), where="Eyeglasses", box=[35, 55, 143, 163]))
    assert np.array_equal(square.learned, same.learned)
    assert "to be cut out" in refused(settings("data", "celeba", path=str(root), box=[0, 0, 179, 10]))


def test_without_parts_every_tenth_is_held_out(tmp_path: File) -> None:
    known = sets(faces(made_celeba(tmp_path, parts=False), "Eyeglasses"))
    assert (len(known.learned), len(known.held)) == (18, 2)


def test_tables_of_celeba_that_are_none(tmp_path: File) -> None:
    root = made_celeba(tmp_path)
    table = root / "list_attr_celeba.txt"
    sound = table.read_text(encoding="utf-8")
    rows = sound.split("\n")
    for change, reason in (
        (["41", *rows[1:]], "line 1: 41 images are announced, and 40 follow"),
        (["faces", *rows[1:]], "line 1: the number of images is expected"),
        ([*rows[:4], "000003.jpg 1", *rows[5:]], "line 5: 1 values for 000003.jpg; there are 2 columns"),
        ([*rows[:4], "000003.jpg 1 2", *rows[5:]], "line 5: a value of 000003.jpg is '2'"),
        ([*rows[:4], rows[3], *rows[5:]], "line 5: 000002.jpg stands in line 4 already"),
        (["1", rows[1]], "line 1: the number of images is expected"),
    ):
        table.write_text("\n".join(change), encoding="utf-8")
        with pytest.raises(DataError) as caught:
            celeba.found(faces(root, "Eyeglasses"))
        assert reason in str(caught.value)
    table.write_text(sound, encoding="utf-8")
    (root / "list_eval_partition.txt").write_text("000001.jpg 0\n000002.jpg 3\n", encoding="utf-8")
    assert "line 2: a value of 000002.jpg is '3'" in refused(faces(root, ""))
    (root / "list_eval_partition.txt").write_text("000001.jpg 0\n", encoding="utf-8")
    assert "does not say the part of 39 images, the first is 000002.jpg" in refused(faces(root, ""))


def test_attributes_and_domains_that_are_not_there(tmp_path: File) -> None:
    root = made_celeba(tmp_path)
    assert "no attribute is called 'Eyeglases'; did you mean Eyeglasses?" in refused(faces(root, "Eyeglases"))
    assert "none of 40 faces has 'Male and not Male': the domain is empty" in refused(faces(root, "Male and not Male"))
    assert "is in the part 'test': the domain is empty" in refused(faces(root, "Male", split="test"))
    assert "there is no folder" in refused(faces(root / "nowhere", ""))
    (root / "list_attr_celeba.txt").unlink()
    assert "neither list_attr_celeba.txt nor list_attr_celeba.csv" in refused(faces(root, "Male", limit=1))


def test_listed_images_that_are_missing(tmp_path: File) -> None:
    root = made_celeba(tmp_path)
    for number in (1, 3):
        (root / "img_align_celeba" / f"{number:06d}.jpg").unlink()
    says = refused(faces(root, "Eyeglasses"))
    assert "2 of 20 listed images are not in" in says and "(000001.jpg, 000003.jpg); at most 0 may be missing" in says
    known = sets(faces(root, "Eyeglasses", missing=2))
    assert len(known.learned) + len(known.held) == 18


# ------------------------------------------------------------------------------------------------ folders


def made_folders(root: File, count: int = 12) -> File:
    """Two domains of PNG and JPEG files of 8 by 8, red and blue, in the layout of horse2zebra."""
    for split, size in (("train", count), ("test", 3)):
        for number in range(size):
            picture(root / f"{split}A" / f"{number}.png", (8, 8), (100 + number, 0, 0))
            picture(root / f"{split}B" / f"{number}.png", (8, 8), (0, 0, 100 + number))
    return root


def folder(root: File, domain: str = "A", **options: Any) -> Any:
    return settings("data", "folder", path=str(root), domain=domain, **options)


def test_unpaired_folders(tmp_path: File) -> None:
    root, shape = made_folders(tmp_path), (3, 8, 8)
    red, blue = sets(folder(root), shape), sets(folder(root, "B"), shape)
    order = sorted(range(12), key=lambda number: f"{number}.png")
    assert red.learned[:, 0, 0, 0].tolist() == [100 + number for number in order] and not red.learned[:, 1:].any()
    assert (red.held.shape, blue.held[:, 2, 3, 3].tolist()) == ((3, 3, 8, 8), [100, 101, 102])
    grey = sets(folder(root), (1, 8, 8))
    assert grey.learned.shape == (12, 1, 8, 8) and 20 < grey.learned.max() < 60
    assert sets(folder(root, resize=True), (3, 4, 6)).learned.shape == (12, 3, 4, 6)
    assert len(sets(folder(root, limit=5), shape).learned) == 5
    assert len(sets(folder(root, held="valid"), shape).held) == 1  # of twelve, the tenth
    assert told(spec(root), "A") == "A: 12 examples to learn from, 3 held out"


def test_folders_that_cannot_be_used(tmp_path: File) -> None:
    root, shape = made_folders(tmp_path), (3, 8, 8)
    assert "has no folder 'trainC'; did you mean" in refused(folder(root, "C"), shape)
    assert "8 by 8 pixels, and 4 by 4 are wanted: resize = true" in refused(folder(root), (3, 4, 4))
    (root / "trainE").mkdir()
    assert "holds no image" in refused(folder(root, "E"), shape)
    picture(root / "trainF" / "one.png", (8, 8), (1, 2, 3))
    assert "gives 1 images; of ten or more, every tenth is held out" in refused(folder(root, "F"), shape)
    picture(root / "trainA" / "wide.png", (9, 8), (1, 2, 3))
    says = refused(folder(root, limit=100), shape)
    assert "1 of 13 images cannot be used" in says and "wide.png: 9 by 8 pixels" in says


def test_truncated_images_are_named(tmp_path: File) -> None:
    root = made_folders(tmp_path)
    pixels = np.random.default_rng(0).integers(0, 255, (8, 8, 3)).astype(np.uint8)
    Image.fromarray(pixels).save(root / "trainA" / "3.jpg")
    whole = (root / "trainA" / "3.jpg").read_bytes()
    (root / "trainA" / "3.jpg").write_bytes(whole[: len(whole) - 60])
    (root / "trainA" / "4.png").write_bytes((root / "trainA" / "4.png").read_bytes()[:50])
    (root / "trainA" / "5.png").write_text("not a picture", encoding="utf-8")
    says = refused(folder(root), (3, 8, 8))
    assert "3 of 13 images cannot be used" in says
    assert all(name in says for name in ("3.jpg: image file is truncated", "4.png: ", "5.png: cannot identify"))


def test_without_pillow(tmp_path: File, monkeypatch: pytest.MonkeyPatch) -> None:
    root = made_folders(tmp_path)
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(MissingExtra, match=r"pip install verified-cat\[images\]"):
        sets(folder(root), (3, 8, 8))


# ------------------------------------------------------------------------------------------------ emoji


def made_emoji(root: File, vendor: str) -> File:
    """24 people without a tone and with five, on a transparent ground, and four things; named as two vendors do."""
    for person in range(24):
        for tone in (0, *emoji.TONES.values()):
            points = [0x1F466 + person, *([tone] if tone else []), *((0x200D, 0x2695, 0xFE0F) if person % 2 else ())]
            name = "-".join(f"{each:x}" for each in points)
            if vendor == "noto":
                name = "emoji_u" + "_".join(f"{each:x}" for each in points if each != 0xFE0F)
            picture(root / f"{name}.png", (8, 8), (tone % 256, person, 9, 0 if tone == 0x1F3FF else 255), "RGBA")
    for thing in range(4):
        picture(root / f"{0x1F680 + thing:x}.png", (8, 8), (1, 1, 1))
    return root


def test_emoji_of_two_vendors_by_their_tones(tmp_path: File) -> None:
    """The same people are held out for every tone and both vendors."""
    folders = [made_emoji(tmp_path / vendor, vendor) for vendor in ("plain", "noto")]
    known = {
        (where, tone): sets(settings("data", "emoji", path=str(where), tone=tone), (3, 8, 8))
        for where in folders
        for tone in ("none", "light", "toned", "all")
    }
    held = {key: sorted(set(each.held[:, 1, 0, 0].tolist()) - {255}) for key, each in known.items() if key[1] != "all"}
    assert len({str(each) for each in held.values()}) == 1 and 0 < len(next(iter(held.values()))) < 24
    counts = {tone: len(known[folders[0], tone].learned) + len(known[folders[0], tone].held) for tone in TONES}
    assert counts == {"none": 24, "light": 24, "toned": 120, "all": 148}
    dark = sets(settings("data", "emoji", path=str(folders[0]), tone="dark"), (3, 8, 8))
    assert (dark.learned == 255).all()  # all of it is transparent: the ground
    black = settings("data", "emoji", path=str(folders[0]), tone="dark", background=0)
    assert (sets(black, (3, 8, 8)).learned == 0).all()


TONES = ("none", "light", "toned", "all")


def test_emoji_that_are_none(tmp_path: File) -> None:
    picture(tmp_path / "names" / "smile.png", (8, 8), (1, 1, 1))
    says = refused(settings("data", "emoji", path=str(tmp_path / "names")), (3, 8, 8))
    assert "is named by code points" in says
    picture(tmp_path / "things" / "1f680.png", (8, 8), (1, 1, 1))
    says = refused(settings("data", "emoji", path=str(tmp_path / "things"), tone="light"), (3, 8, 8))
    assert "none is of the tone 'light'" in says


# ------------------------------------------------------------------------------------------------ arrays


def test_arrays(tmp_path: File) -> None:
    table = np.arange(40.0).reshape(20, 2)
    np.save(tmp_path / "x.npy", table)
    known = sets(settings("data", "npy", path=str(tmp_path / "x.npy")), (2,))
    assert np.array_equal(known.held, table[9::10]) and len(known.learned) == 18
    bytes_of = (255 * np.ones((20, 3))).astype(np.uint8)
    np.save(tmp_path / "b.npy", bytes_of)
    data = settings("data", "npy", path=str(tmp_path / "b.npy"), held=str(tmp_path / "b.npy"))
    assert image_data.examples(data, "A", (3,), 4, stream(0, "A", "x"), True).tolist() == [[1.0] * 3] * 4


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        (np.where(np.arange(40).reshape(20, 2) == 31, np.nan, 0.0), "1 examples hold a number that is not finite"),
        (np.zeros((20, 3)), "has the shape [20, 3]; wanted are one or more examples of [2]"),
        (np.zeros((0, 2)), "wanted are one or more examples"),
        (np.zeros((4, 2)), "has 4 examples; of ten or more"),
        (np.array([["a", "b"]] * 20), "holds no array of real numbers"),
        (np.array([{}] * 20, dtype=object), "is not read as an array of numbers"),
    ],
)
def test_arrays_that_are_none(tmp_path: File, table: Any, reason: str) -> None:
    np.save(tmp_path / "x.npy", table)
    assert reason in refused(settings("data", "npy", path=str(tmp_path / "x.npy")), (2,))


# ------------------------------------------------------------------------------------------------ tints, textures


def made_idx(root: File, count: int = 30) -> File:
    """Fashion-MNIST's four files, with random garments of 28 by 28 in ten classes."""
    root.mkdir(parents=True, exist_ok=True)
    draws = stream(0, "test", "garments")
    for part in ("train", "t10k"):
        pixels = (255 * draws.random((count, 28, 28))).astype(np.uint8)
        (root / f"{part}-images-idx3-ubyte").write_bytes(idx.written(pixels))
        (root / f"{part}-labels-idx1-ubyte").write_bytes(idx.written((np.arange(count) % 10).astype(np.uint8)))
    return root


def test_tinted_garments_are_taken_apart_exactly(tmp_path: File) -> None:
    root = made_idx(tmp_path)
    data = settings("data", "tint", path=str(root))
    pictures = tinted.examples(data, (3, 28, 28), 50, stream(0, "T", "x"), False)
    garment, colour = tinted.untint(pictures)
    assert np.allclose(tinted.tint(garment, colour), pictures, atol=1e-15) and (colour.max(axis=1) > 1 - 1e-12).all()
    assert colour.min() >= 0.25 - 1e-12 and 0.25 < colour.mean() < 0.85
    known = tinted.garments(str(root), "train", ()).reshape(30, -1) / 255.0
    apart = np.abs(garment.reshape(50, 1, -1) - known).max(axis=2).min(axis=1)
    assert apart.max() < 1e-12 and len(tinted.garments(str(root), "train", (3, 4))) == 6
    shown = tinted.figures("d", np.concatenate([garment.reshape(50, -1), colour], axis=1), pictures.reshape(50, -1))
    assert max(shown["garment error of d"], shown["tint error of d"]) < 1e-12
    assert shown["garment error of d, mean of the channels"] > 0.05 and shown["tint error of d, mean tint"] > 0.1
    assert shown["R2 of the tint from the code of d"] > 1 - 1e-5
    back = tinted.figures("c", pictures.reshape(50, -1), np.concatenate([garment.reshape(50, -1), colour], axis=1))
    assert back["picture error of c"] < 1e-12 and back["picture error of c, doing nothing"] > 0.05


def test_garments_that_are_not_there(tmp_path: File) -> None:
    whole = load(FOLDER / "tint.toml")
    with pytest.raises(DataError, match="which is no folder"):
        told(moved(whole, tmp_path / "nowhere"), "T")
    root = made_idx(tmp_path / "idx")
    with pytest.raises(DataError, match="28 by 28 pixels; an example holds 14 by 14"):
        data = settings("data", "tint", path=str(root), part="garment")
        tinted.examples(data, (1, 14, 14), 2, stream(0, "G", "x"), False)


def test_textures_vary_and_have_their_disc() -> None:
    plain = textured.examples(settings("data", "textured", disc=False), (3, 32, 32), 64, stream(0, "B", "x"), False)
    discs = textured.examples(settings("data", "textured"), (3, 32, 32), 64, stream(0, "A", "x"), False)
    assert plain.shape == (64, 3, 32, 32) and plain.min() >= 0 and plain.max() <= 1
    inside = (slice(None), slice(None), slice(12, 20), slice(12, 20))
    assert discs[inside].std(axis=(2, 3)).max() < 1e-12 and plain[inside].std(axis=(2, 3)).mean() > 0.02
    assert discs[:, :, :4, :4].std(axis=(2, 3)).mean() > 0.02


# ------------------------------------------------------------------------------------------------ in schemas

SCHEMA = """name = "Unpaired"
adversary = {{ kind = "wgan-gp", penalty = 10 }}
critic = {{ kind = "conv", channels = [4, 4], strides = [2, 2], window = 3 }}
[objects.A]
shape = [3, 8, 8]
data = {{ kind = "folder", path = '{root}' }}
[objects.B]
shape = [3, 8, 8]
data = {{ kind = "folder", path = '{root}' }}
[arrows.f]
from = "A"
to = "B"
network = {{ kind = "conv", channels = [4], window = 3, residual = true, last = 0.1 }}
[arrows.g]
from = "B"
to = "A"
network = {{ kind = "conv", channels = [4], window = 3, residual = true, last = 0.1 }}
[[equations]]
left = "f ; g"
right = "id_A"
[training]
steps = 2
batch = 3
critic_steps = 1
held_out = 16
"""


def spec(root: File) -> Any:
    return read(SCHEMA.format(root=root))


def moved(whole: Any, path: File) -> Any:
    """The same with data in another folder."""

    def at(data: Any) -> Any:
        if data is None or "path" not in data.given:
            return data
        return settings("data", data.kind, **{**data.given, "path": str(path)})

    return replace(whole, things=tuple(replace(each, data=at(each.data)) for each in whole.things))


def test_batches_are_those_of_their_stream_and_held_out_examples_never_occur(tmp_path: File) -> None:
    whole, engine = spec(made_folders(tmp_path)), TorchEngine("float32")
    one, two = (sampler(whole, "A", 50, 0, engine)(stream(0, "A", "x")) for _ in range(2))
    assert one.shape == (50, 3, 8, 8) and one.dtype == torch.float32 and torch.equal(one, two)
    assert sorted(set((255 * one[:, 0, 0, 0]).round().int().tolist())) == list(range(100, 112))
    held = examples(whole, "A", 50, stream(0, "A", "x"), held=True).reshape(50, 3, 8, 8)
    assert sorted(set((255 * held[:, 0, 0, 0]).round().astype(int).tolist())) == [100, 101, 102]


def test_a_run_on_folders_and_one_that_is_refused(tmp_path: File) -> None:
    root = made_folders(tmp_path / "data")
    shown = train(spec(root), None, seed=0, looked=False)
    assert shown["status"] == "finished" and np.isfinite(shown["residual f ; g = id_A"])
    (root / "trainB" / "0.png").write_bytes(b"")
    other = SCHEMA.format(root=root).replace("path =", "limit = 1000, path =")  # read anew
    with pytest.raises(DataError, match=r"the data of B: 1 of 12 images cannot be used:\n.*0\.png"):
        train(read(other), None, seed=0)


def test_schema_check_reads_the_data(tmp_path: File) -> None:
    file = tmp_path / "unpaired.toml"
    file.write_text(SCHEMA.format(root=made_folders(tmp_path / "data")), encoding="utf-8")
    shown = CliRunner().invoke(main, ["schema", "check", str(file), "--data"])
    assert shown.exit_code == 0 and "B: 12 examples to learn from, 3 held out" in shown.output
    file.write_text(SCHEMA.format(root=tmp_path / "nowhere"), encoding="utf-8")
    shown = CliRunner().invoke(main, ["schema", "check", str(file), "--data"])
    assert shown.exit_code != 0 and "there is no folder" in shown.output


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("shape = [3, 8, 8]", "shape = [2, 8, 8]"), "images are [1, height, width] or [3, height, width]; A is"),
        (('kind = "folder", ', 'kind = "folder", crop = 4, box = [0, 0, 1, 1], '), "give one of the two"),
        (('kind = "folder", ', 'kind = "folder", box = [3, 0, 1, 1], '), "a box is left, top, right and bottom"),
        (('kind = "folder", ', 'kind = "textured", '), "has no option 'path'"),
        (('kind = "folder", ', 'kind = "tint", part = "tint", '), "the part 'tint' is [3]; A is [3, 8, 8]"),
    ],
)
def test_schemas_whose_images_do_not_fit(change: tuple[str, str], reason: str) -> None:
    with pytest.raises(SchemaFileError) as caught:
        read(SCHEMA.format(root="x").replace(*change))
    assert reason in str(caught.value)


def test_the_digest_of_data_looks_at_their_files_and_nowhere_else(
    tmp_path: File, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Data without a path, or with names that are no paths, do not make the folder one is in part of the run."""
    whole = read(SCHEMA.format(root=made_folders(tmp_path / "data")))
    (tmp_path / "here" / "A").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "here")
    before = Run(whole, TorchEngine("float32"), 0).digests
    (tmp_path / "here" / "A" / "x").write_text("x", encoding="utf-8")
    assert Run(whole, TorchEngine("float32"), 0).digests == before
    picture(tmp_path / "data" / "trainA" / "new.png", (8, 8), (1, 2, 3))
    assert Run(whole, TorchEngine("float32"), 0).digests != before
