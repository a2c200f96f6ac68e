"""Tokens as numbers: 32 hex digits are two unsigned integers, which sort, compare and travel faster than texts."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from loopmart.errors import LoopmartError

Words = npt.NDArray[np.uint64]

DIGITS = 32
ID_DIGITS = 20

_DIGITS_OF_BYTES = np.frombuffer("".join(f"{byte:02x}" for byte in range(256)).encode(), dtype=np.uint16)


def unpack_tokens(column: pa.StringArray) -> tuple[Words, Words, npt.NDArray[np.bool_]]:
    """The numbers of tokens: high and low 64 bits of those that are there, and which rows have one.

    Raises:
        LoopmartError: a text is not of 32 lower-case hex digits.
    """
    offsets = np.frombuffer(column.buffers()[1], dtype=np.int32, count=len(column) + 1 + column.offset)[column.offset :]
    lengths = np.diff(offsets)
    is_there = lengths == DIGITS
    if not np.array_equal(is_there, column.is_valid().to_numpy(zero_copy_only=False)):
        row = int(np.flatnonzero((lengths != DIGITS) & (lengths > 0))[0]) if lengths.any() else 0
        raise _refuse(column[row].as_py())
    if not is_there.any():
        return np.empty(0, np.uint64), np.empty(0, np.uint64), is_there
    text = np.frombuffer(column.buffers()[2], dtype=np.uint8)[offsets[0] : offsets[-1]]
    is_digit = (text - np.uint8(ord("0")) < 10) | (text - np.uint8(ord("a")) < 6)
    if not is_digit.all():
        row = int(np.flatnonzero(is_there)[int(np.argmin(is_digit)) // DIGITS])
        raise _refuse(column[row].as_py())
    quarters = _read_digits(text.view("<u8")).reshape(-1, 4)
    high, low = (quarters[:, half] << np.uint64(32) | quarters[:, half + 1] for half in (0, 2))
    return high, low, is_there


def _read_digits(text: Words) -> Words:
    """The number that each eight digits write, all eight at a time: the bits of the text's bytes are moved together."""
    number = (text & np.uint64(0x0F0F0F0F0F0F0F0F)) + (
        (text >> np.uint64(6)) & np.uint64(0x0101010101010101)
    ) * np.uint64(9)
    number = (number << np.uint64(4) | number >> np.uint64(8)) & np.uint64(0x00FF00FF00FF00FF)
    number = (number | number >> np.uint64(8)) & np.uint64(0x0000FFFF0000FFFF)
    number = (number | number >> np.uint64(16)) & np.uint64(0x00000000FFFFFFFF)
    return number.astype(np.uint32).byteswap().astype(np.uint64)


def pack_digits(high: Words, low: Words) -> npt.NDArray[np.uint8]:
    """The 32 digits of tokens: characters, shape (tokens, 32)."""
    octets = np.empty((len(high), 2), dtype=">u8")
    octets[:, 0], octets[:, 1] = high, low
    return _DIGITS_OF_BYTES[octets.view(np.uint8)].view(np.uint8).reshape(-1, DIGITS)


def name_members(digits: npt.NDArray[np.uint8], period: npt.NDArray[np.int32] | None = None) -> npt.NDArray[np.uint8]:
    """Ids that identifiers found: characters, shape (identifiers, 21).

    'M' and 20 digits from the token's first on; for the second period of a phone from its second on, and so forth,
    beginning again at its end.
    """
    names = np.empty((len(digits), ID_DIGITS + 1), dtype=np.uint8)
    names[:, 0] = ord("M")
    names[:, 1:] = digits[:, :ID_DIGITS]
    if period is not None:
        later = np.flatnonzero(period > 1)
        places = (np.arange(ID_DIGITS) + (period[later] - 1)[:, np.newaxis]) % DIGITS
        names[later, 1:] = np.take_along_axis(digits[later], places, axis=1)
    return names


def write_texts(characters: npt.NDArray[np.uint8], is_null: npt.NDArray[np.bool_] | None = None) -> pa.StringArray:
    """Texts of one length, shape (texts, length); NULL where told."""
    count, length = characters.shape
    offsets = np.arange(0, (count + 1) * length, length, dtype=np.int32)
    validity = None if is_null is None else pa.py_buffer(np.packbits(~is_null, bitorder="little"))
    text = pa.py_buffer(np.ascontiguousarray(characters))
    return pa.StringArray.from_buffers(count, pa.py_buffer(offsets), text, validity)


def _refuse(token: object) -> LoopmartError:
    return LoopmartError(f"identity: {token!r} is no token of {DIGITS} lower-case hex digits; tokenise it first")
