"""What a sample came in, how it is encoded, and what divides its cells."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter

from loopmart.errors import LoopmartError
from loopmart.onboard.layout import read_layout
from loopmart.onboard.samples import Table, read_sample

TEXT = "小票号,销售时间,实收金额\n1,2026-03-08 10:00:00,5.00\n"


def read(folder: Path, content: bytes, name: str = "a.csv") -> Table:
    (folder / name).write_bytes(content)
    (table,) = read_sample(folder / name)
    return table


@pytest.mark.parametrize(
    ("content", "encoding", "why"),
    [
        (TEXT.encode(), "utf-8", "strict UTF-8"),
        (TEXT.encode("utf-8-sig"), "utf-8", "byte order mark"),
        (TEXT.encode("gb18030"), "gb18030", "no UTF-8"),
        (TEXT.encode("utf-16"), "utf-16", "byte order mark"),
        (TEXT.encode("utf-16-le"), "utf-16", "every second byte is zero"),
        (b"a,b\n1,2\n", "utf-8", "plain ASCII"),
    ],
)
def test_an_encoding_is_told_with_its_reason(tmp_path: Path, content: bytes, encoding: str, why: str) -> None:
    table = read(tmp_path, content)
    assert (table.encoding, why in table.encoding_reason) == (encoding, True)


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_the_delimiter_is_what_most_lines_agree_on(tmp_path: Path, delimiter: str) -> None:
    table = read(tmp_path, TEXT.replace(",", delimiter).encode())
    assert table.delimiter == delimiter
    assert [len(line.cells) for line in table.lines] == [3, 3]


def test_a_backtick_before_each_cell_is_a_guard(tmp_path: Path) -> None:
    table = read(tmp_path, "交易时间,商品名称,金额\n`2026-03-08 10:00:00,`茶, 大杯,`5.00\n".encode())
    assert table.is_guarded
    assert table.lines[1].cells == ("2026-03-08 10:00:00", "茶, 大杯", "5.00")


def test_gzip_and_zip_are_opened(tmp_path: Path) -> None:
    assert read(tmp_path, gzip.compress(TEXT.encode())).container == "gzip"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("day.csv", TEXT)
    table = read(tmp_path, out.getvalue(), "day.zip")
    assert (table.container, table.name) == ("zip", "day.zip!/day.csv")


def test_a_workbook_is_read_from_its_fullest_sheet(tmp_path: Path) -> None:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as workbook:
        workbook.add_worksheet("空").write(0, 0, "说明")
        sheet = workbook.add_worksheet("明细")
        for row, cells in enumerate((["小票号", "实收金额"], [1001, 5.5], [1002, 6])):
            sheet.write_row(row, 0, cells)
    table = read(tmp_path, out.getvalue(), "a.xlsx")
    assert table.form == "workbook"
    assert [line.cells for line in table.lines] == [("小票号", "实收金额"), ("1001", "5.5"), ("1002", "6")]


def test_the_list_of_records_in_a_json_is_found(tmp_path: Path) -> None:
    answer = {"code": 0, "data": {"orders": [{"sn": 20260308000000000123, "pay": {"total": 100}}]}}
    table = read(tmp_path, json.dumps(answer).encode(), "a.json")
    assert (table.form, table.records) == ("json", "data.orders")
    assert table.lines[1].cells == ("20260308000000000123", "100")


def test_a_record_a_line_is_read_as_json_lines(tmp_path: Path) -> None:
    table = read(tmp_path, b'{"sn": "1", "total": 5}\n{"sn": "2", "total": 6}\n', "a.jsonl")
    assert [line.cells for line in table.lines] == [("sn", "total"), ("1", "5"), ("2", "6")]


def test_a_parquet_file_is_read(tmp_path: Path) -> None:
    out = io.BytesIO()
    pq.write_table(pa.table({"receipt_no": ["001"], "net_amount": [5.5]}), out)
    table = read(tmp_path, out.getvalue(), "a.parquet")
    assert [line.cells for line in table.lines] == [("receipt_no", "net_amount"), ("001", "5.5")]


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(LoopmartError, match=r"nothing\.csv is no file"):
        read_sample(tmp_path / "nothing.csv")


def test_a_header_below_title_and_notes_is_found_with_its_runner_up(tmp_path: Path) -> None:
    text = "某店销售流水\n导出人,张三\n小票号,销售时间,实收金额\n1,2026-03-08 10:00:00,5.00\n\n合计,,5.00\n#导出完成\n"
    layout = read_layout(read(tmp_path, text.encode()))
    assert layout is not None
    assert (layout.header_line, layout.header) == (3, ["小票号", "销售时间", "实收金额"])
    assert layout.runner_up is not None
    assert layout.runner_up[1] < layout.score
    assert [line.number for line in layout.data] == [4]
    assert [line.number for line in layout.blank] == [5]
    assert [line.number for line in layout.totals] == [6]
    assert [line.number for line in layout.epilogue] == [7]
    assert [line.number for line in layout.preamble] == [1, 2]


def test_a_table_without_a_header_has_no_layout(tmp_path: Path) -> None:
    assert read_layout(read(tmp_path, b"1,2026-03-08,5.00\n2,2026-03-08,6.00\n")) is None
