"""Tokens as numbers: 32 hex digits are two unsigned integers, which sort, compare and travel faster than texts."""

from __future__ import annotations

import binascii

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from loopmart.errors import LoopmartError

Words = npt.NDArray[np.uint64]

DIGITS = 32
ID_DIGITS = 20
KEY_DIGITS = 15
"""As many digits as a signed integer of 64 bits holds."""

_LOWER_CASE = np.uint64(0x2020202020202020)  # a bit that digits and small letters have, and no capital one
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
    try:
        octets = np.frombuffer(binascii.unhexlify(text.data), dtype=">u8").reshape(-1, 2)
    except binascii.Error:
        octets = None
    if octets is None or np.bitwise_and.reduce(text.view("<u8")) & _LOWER_CASE != _LOWER_CASE:
        tokens = column.filter(column.is_valid()).to_pylist()
        raise _refuse(next(token for token in tokens if set(token) - set("0123456789abcdef")))
    return octets[:, 0].astype(np.uint64), octets[:, 1].astype(np.uint64), is_there


def find_keys(high: Words) -> npt.NDArray[np.int64]:
    """The first KEY_DIGITS digits of tokens as numbers."""
    keys: npt.NDArray[np.int64] = (high >> np.uint64(4)).astype(np.int64)
    return keys


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
