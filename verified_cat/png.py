"""Pictures as PNG files of 8 bits a channel (W3C, Portable Network Graphics, 2003), and any bytes as a data address."""

from __future__ import annotations

from base64 import b64encode
from struct import pack
from zlib import compress, crc32

from verified_cat.errors import DataError

GREY, COLOURED = 0, 2


def png(width: int, height: int, pixels: bytes) -> bytes:
    """The file of a picture; a byte for each pixel (grey) or three (red, green, blue), row by row from the top.

    Raises DataError where the number of bytes is neither.
    """
    area = width * height
    if width < 1 or height < 1 or len(pixels) not in (area, 3 * area):
        raise DataError(f"a picture of {width} x {height} has {area} or {3 * area} bytes, not {len(pixels)}")
    row = len(pixels) // height
    lines = b"".join(b"\0" + pixels[start : start + row] for start in range(0, len(pixels), row))
    head = pack(">IIBBBBB", width, height, 8, GREY if row == width else COLOURED, 0, 0, 0)
    parts = _chunk(b"IHDR", head), _chunk(b"IDAT", compress(lines, 9)), _chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def _chunk(kind: bytes, content: bytes) -> bytes:
    return pack(">I", len(content)) + kind + content + pack(">I", crc32(kind + content))


def address(kind: str, content: bytes) -> str:
    """The bytes as an address that holds them (RFC 2397): nothing is loaded."""
    return f"data:{kind};base64,{b64encode(content).decode()}"
