"""What the same export may come in: zip, workbook, JSON Lines, Parquet."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Mapping, Sequence

import pyarrow as pa
import pyarrow.parquet as pq
import xlsxwriter


class _GbkName(zipfile.ZipInfo):
    """A member whose name is written as GBK bytes without the UTF-8 flag, as payment companies do."""

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:  # noqa: N802
        return self.filename.encode("gb18030"), self.flag_bits & ~0x800


def zip_with_gbk_names(members: Mapping[str, bytes]) -> bytes:
    """A zip of contents by name."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(_GbkName(name), content)
    return out.getvalue()


def as_workbook(text: str, numbers: Sequence[str] = (), *, empty_columns: int = 0) -> bytes:
    """The same rows as a workbook whose cells are texts, except those below the names in `numbers`."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_numbers": False}) as workbook:
        sheet = workbook.add_worksheet()
        numeric: list[int] = []
        for number, row in enumerate(csv.reader(io.StringIO(text))):
            for column, cell in enumerate(row):
                if column in numeric:
                    sheet.write_number(number, empty_columns + column, float(cell.strip("¥").replace(",", "")))
                else:
                    sheet.write_string(number, empty_columns + column, cell)
            numeric = numeric or [row.index(name) for name in numbers if name in row]
    return out.getvalue()


def as_json_lines(text: str) -> bytes:
    """The data lines as JSON, one a line, each cell under its header's name; of a file that begins with its header."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in csv.DictReader(io.StringIO(text))).encode()


def as_parquet(text: str) -> bytes:
    """The data lines as Parquet, each column a text; of a file that begins with its header."""
    header, *rows = csv.reader(io.StringIO(text))
    out = io.BytesIO()
    pq.write_table(pa.table(dict(zip(header, map(list, zip(*rows, strict=True)), strict=True))), out)
    return out.getvalue()
