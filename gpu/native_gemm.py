"""C := alpha op(A) op(B) + beta C, row-major, as C text: for constant sizes in straight register blocks, and for any.

Both consist of one block: rows × pieces of a row of C are kept in vector registers while the inner index runs. A small
product reads A and B where they lie (B transposed is copied once, for more than one row); the general one copies strips
of both first, so that the block reads them in order (Goto and van de Geijn, Anatomy of High-Performance Matrix
Multiplication, 2008). Every entry is one chain of fused multiply-adds in the order of the inner index (in the general
product one chain for every ``STRIP`` of it), but for a row times a transposed matrix, whose chains are the lanes of a
vector; then alpha and beta. If beta is 0, C is not read: what it holds (NaN, too) does not matter.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from verified_cat.errors import ShapeError
from verified_cat.gpu.native import processor
from verified_cat.gpu.native_math import C_TYPE, SUFFIX, shipped

BYTES = {"float32": 4, "float64": 8}
STRIP = 256  # of the inner index: rows of a strip of B that stay in the first level of cache


@dataclass(frozen=True, slots=True)
class Registers:
    """The vector registers of this machine, in bytes, and the rows and vectors of a block that fill them."""

    width: int
    rows: int
    vectors: int


def registers() -> Registers:
    """AVX-512 has 32 registers, AVX2 and others 16: accumulators, one row of B and one entry of A must fit."""
    if " avx512f" in processor():
        return Registers(64, 8, 3)
    return Registers(32, 6, 2) if " avx2" in processor() else Registers(16, 6, 2)


@dataclass(frozen=True, slots=True)
class Product:
    """The sizes of one product: C is m × n, the inner index k long; the lengths of a row in memory; what is transposed.

    A is m × k, and stored k × m where ``transposed_a``; B is k × n, and stored n × k where ``transposed_b``.
    """

    m: int
    n: int
    k: int
    transposed_a: bool = False
    transposed_b: bool = False
    lda: int = 0
    ldb: int = 0
    ldc: int = 0

    def __post_init__(self) -> None:
        least = (self.m if self.transposed_a else self.k, self.k if self.transposed_b else self.n, self.n)
        for name, length in zip(("lda", "ldb", "ldc"), least, strict=True):
            if getattr(self, name) == 0:
                object.__setattr__(self, name, length)
            if getattr(self, name) < length:
                raise ShapeError(f"{self}: {name} is {getattr(self, name)}, and a row has {length} entries")
        if min(self.m, self.n, self.k) < 1:
            raise ShapeError(f"{self}: a matrix product needs at least one row, column and inner index")


def prelude(dtype: str) -> str:
    """The types of vectors of every length up to a register, without alignment, that the blocks use."""
    lanes, lines = registers().width // BYTES[dtype], []
    while lanes >= 4 or (lanes >= 2 and dtype == "float64"):
        lines.append(
            f"typedef {C_TYPE[dtype]} {_vector(dtype, lanes)} "
            f"__attribute__((vector_size({lanes * BYTES[dtype]}), aligned({BYTES[dtype]}), may_alias));"
        )
        lanes //= 2
    return "\n".join(lines) + "\n"


def _vector(dtype: str, lanes: int) -> str:
    return C_TYPE[dtype] if lanes == 1 else f"vc_{SUFFIX[dtype]}x{lanes}"


def pieces(columns: int, dtype: str) -> list[tuple[int, int]]:
    """(offset, lanes) of vectors that cover so many columns exactly: full registers, then halves, at last single."""
    lanes, at, found = registers().width // BYTES[dtype], 0, []
    while at < columns:
        while lanes > columns - at:
            lanes = lanes // 2 if lanes * BYTES[dtype] > 16 else 1
        found.append((at, lanes))
        at += lanes
    return found


@dataclass(frozen=True, slots=True)
class Block:
    """The text of one block: how entries of A and rows of B are found (C expressions of the inner index p).

    ``columns`` are computed, of which the first ``kept`` are written: a copy of B may have more, to fill vectors.
    """

    dtype: str
    rows: int
    columns: int
    kept: int
    entry_of_a: str  # of {row}
    row_of_b: str
    inner: str

    def text(self, alpha: str, beta: str, row_of_c: str) -> str:
        """Accumulate, then write; ``row_of_c`` is a C expression of {row}."""
        parts = pieces(self.columns, self.dtype)
        each = [(row, part) for row in range(self.rows) for part in range(len(parts))]
        kinds = [_vector(self.dtype, lanes) for _, lanes in parts]
        begin = [f"{kinds[part]} s{row}_{part} = {_zero(kinds[part], self.dtype)};" for row, part in each]
        loads = [f"{kind} b{at} = *(const {kind} *)(q + {parts[at][0]});" for at, kind in enumerate(kinds)]
        steps = [f"const {C_TYPE[self.dtype]} *q = {self.row_of_b};", *loads]
        for row in range(self.rows):
            steps.append(f"{C_TYPE[self.dtype]} a{row} = {self.entry_of_a.format(row=row)};")
            steps += [f"s{row}_{part} += a{row} * b{part};" for part in range(len(parts))]
        ends = []
        for row, part in each:
            at, lanes = parts[part]
            place, total = f"({row_of_c.format(row=row)} + {at})", f"s{row}_{part}"
            if at + lanes <= self.kept:
                place = f"*({kinds[part]} *){place}"
                ends.append(f"{place} = {combined(total, alpha, beta, place)};")
            else:
                last = [(f"{place}[{lane}]", f"{total}[{lane}]") for lane in range(self.kept - at)]
                ends += [f"{entry} = {combined(sum_, alpha, beta, entry)};" for entry, sum_ in last]
        loop = ["for (long p = 0; p < " + self.inner + "; p++) {", *steps, "}"]
        return "\n    ".join(["{", *begin, *loop, *ends]) + "\n}\n"


def _zero(kind: str, dtype: str) -> str:
    return "0" if kind == C_TYPE[dtype] else "{0}"


def combined(total: str, alpha: str, beta: str, old: str) -> str:
    """alpha total + beta old, without what is 1 or 0."""
    scaled = total if alpha == "1" else f"{alpha} * {total}"
    if beta == "0":
        return scaled
    return f"{scaled} + {old}" if beta == "1" else f"{scaled} + {beta} * {old}"


def number(value: float, dtype: str) -> str:
    """A C literal of exactly this number in the dtype of the product; 0 and 1 as they are."""
    if value in (0.0, 1.0):
        return str(int(value))
    return f"{float(value).hex()}{'f' if dtype == 'float32' else ''}"


# ------------------------------------------------------------------------------------------------ constant sizes


def small_gemm(name: str, product: Product, dtype: str, alpha: float = 1.0, beta: float = 0.0) -> str:
    """``static void NAME(const T *a, const T *b, T *c)`` for constant sizes; needs ``prelude(dtype)`` before it."""
    real, p = C_TYPE[dtype], product
    head = f"static void {name}(const {real} *restrict a, const {real} *restrict b, {real} *restrict c) {{\n"
    if p.transposed_b and p.m == 1:
        return head + _row_times_transposed(p, dtype, number(alpha, dtype), number(beta, dtype)) + "}\n"
    padded, (b, ldb, copy) = p.n, ("b", p.ldb, "")
    if p.m >= 4 or p.transposed_b:
        least = 16 // BYTES[dtype]
        padded = -(-p.n // least) * least
    if p.transposed_b or padded > p.n:
        b, ldb, copy = "t", padded, _copied(p, padded, real)
    entry = f"a[p * {p.lda} + i + {{row}}]" if p.transposed_a else f"a[(i + {{row}}) * {p.lda} + p]"
    wide = registers().vectors * registers().width // BYTES[dtype]
    text = [head, copy]
    for first, last, columns in _runs(padded, wide):
        vectors = len(pieces(columns, dtype))
        tall = max(1, min(p.m, registers().rows * registers().vectors // vectors, 8))
        for top, bottom, rows in _runs(p.m, tall):
            block = Block(
                dtype,
                rows,
                columns,
                columns if last < padded else p.n - last + columns,
                entry,
                f"{b} + p * {ldb} + j",
                str(p.k),
            )
            inside = block.text(number(alpha, dtype), number(beta, dtype), f"c + (i + {{row}}) * {p.ldc} + j")
            text.append(f"for (long j = {first}; j < {last}; j += {columns})\n")
            text.append(f"for (long i = {top}; i < {bottom}; i += {rows}) {inside}")
    return "".join(text) + "}\n"


def _copied(p: Product, width: int, real: str) -> str:
    """t := B in rows of ``width``, of which those beyond n are 0."""
    place = f"b[j * {p.ldb} + p]" if p.transposed_b else f"b[p * {p.ldb} + j]"
    loops = f"for (long j = 0; j < {p.n}; j++)\nfor (long p = 0; p < {p.k}; p++) t[p * {width} + j] = {place};\n"
    zero = f"for (long p = 0; p < {p.k}; p++) for (long j = {p.n}; j < {width}; j++) t[p * {width} + j] = 0;\n"
    return f"{real} t[{p.k * width}];\n{loops}{zero if width > p.n else ''}"


def _runs(length: int, step: int) -> list[tuple[int, int, int]]:
    """(first, end, step): as many full steps as there are, then one of what is left."""
    whole = length // step * step
    full = [(0, whole, step)] if whole else []
    return [*full, (whole, length, length - whole)] if whole < length else full


def _row_times_transposed(p: Product, dtype: str, alpha: str, beta: str) -> str:
    """One row: an inner product with each row of B, in vectors along the inner index; then the lanes are added."""
    real, stride = C_TYPE[dtype], p.lda if p.transposed_a else 1
    lanes = pieces(p.k, dtype)[0][1] if stride == 1 else 1
    whole = p.k // lanes * lanes if lanes > 1 else 0
    lines = [f"{real} s = 0;"]
    if whole:
        kind = _vector(dtype, lanes)
        step = f"v += *(const {kind} *)(a + p) * *(const {kind} *)(q + p);"
        lines.append(f"{kind} v = {{0}};\n    for (long p = 0; p < {whole}; p += {lanes}) {step}")
        lines.append(f"for (int l = 0; l < {lanes}; l++) s += v[l];")
    lines.append(f"for (long p = {whole}; p < {p.k}; p++) s += a[p * {stride}] * q[p];")
    inner = "\n    ".join([f"const {real} *q = b + j * {p.ldb};", *lines])
    end = f"c[j] = {combined('s', alpha, beta, 'c[j]')};"
    return f"for (long j = 0; j < {p.n}; j++) {{\n    {inner}\n    {end}\n}}\n"


# ------------------------------------------------------------------------------------------------ any size


def general_gemm(dtype: str) -> str:
    """``vc_own_gemm_f32(ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)``, -1 where there was no memory."""
    columns = registers().vectors * registers().width // BYTES[dtype]
    entry, row = f"a[p * {registers().rows} + {{row}}]", f"b + p * {columns}"
    block = Block(dtype, registers().rows, columns, columns, entry, row, "k").text("1", "0", f"c + {{row}} * {columns}")
    text = shipped("native_gemm.h")
    for word, meaning in {
        "REAL": C_TYPE[dtype],
        "SUFFIX": SUFFIX[dtype],
        "BLOCK_ROWS": str(registers().rows),
        "BLOCK_COLUMNS": str(columns),
        "STRIP": str(STRIP),
        "BLOCK_TEXT": block,
    }.items():
        text = re.sub(rf"\b{word}\b", lambda _, meaning=meaning: meaning, text)  # type: ignore[misc]
    return text.replace("_SUFFIX", f"_{SUFFIX[dtype]}")
