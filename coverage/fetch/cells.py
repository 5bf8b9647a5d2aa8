"""Base stations from OpenCelliD, with the user's token, through the reader of station sheets."""

from __future__ import annotations

import gzip
import tempfile
import zlib
from pathlib import Path
from typing import Final

import pandas as pd

from coverage.fetch.area import Area, Box
from coverage.fetch.download import Downloader, Fetched, FetchError
from coverage.fetch.services import CellService
from coverage.intake.draft import apply
from coverage.intake.engine import propose
from coverage.intake.report import report_table
from coverage.text import Text

TOKEN_VARIABLE: Final = "OPENCELLID_TOKEN"  # noqa: S105  its name, not its value
_GZIP: Final = b"\x1f\x8b"
_COLUMNS: Final = (
    *("radio", "mcc", "net", "area", "cell", "unit", "lon", "lat", "range", "samples"),
    *("changeable", "created", "updated", "averageSignal"),
)
_CHUNK_ROWS: Final = 200_000


def stations(
    downloader: Downloader, service: CellService, area: Area, *, token: str, mcc: int | None
) -> tuple[pd.DataFrame, pd.DataFrame, Fetched]:
    """Fetch a country's cells and make those around an area a table of stations.

    Returns
    -------
    DataFrame, DataFrame, Fetched
        The stations; the report of every doubt and assumption, as `phusong import` gives; the file.

    Raises
    ------
    FetchError
        Where there is no token, no country code, or the file cannot be had or read.
    """
    code = mcc if mcc is not None else service.mcc.get(area.iso3)
    if code is None:
        raise FetchError(
            Text(
                f"Chưa biết mã mạng quốc gia (MCC) của {area.iso3}: hãy dùng --mcc.",
                f"The mobile country code (MCC) of {area.iso3} is not known: use --mcc.",
            )
        )
    if "{token}" in service.url and not token:
        raise FetchError(
            Text(
                "OpenCelliD cần mã truy cập riêng: đăng ký ở opencellid.org rồi đặt biến "
                f"môi trường {TOKEN_VARIABLE}.",
                f"OpenCelliD needs a token of yours: register at opencellid.org and set the "
                f"environment variable {TOKEN_VARIABLE}.",
            )
        )
    file = downloader.get(service.url.replace("{mcc}", str(code)), token=token, check=_require_gzip)
    cells = _cells_in(file.path, area.around(service.margin_km))
    if cells.empty:
        raise FetchError(
            Text(
                f"OpenCelliD (MCC {code}) không có trạm nào trong vùng.",
                f"OpenCelliD (MCC {code}) has no cell in the area.",
            )
        )
    with tempfile.TemporaryDirectory() as desk:
        sheet = Path(desk) / f"opencellid_{code}.csv"
        cells.to_csv(sheet, index=False, encoding="utf-8")
        draft = propose(sheet, "stations")
        imported = apply(draft)
    return imported.table, report_table(draft, imported), file


def _require_gzip(path: Path) -> None:
    """Refuse what OpenCelliD sends in place of a file: a short text with the reason."""
    with path.open("rb") as stream:
        head = stream.read(400)
    if head.startswith(_GZIP):
        return
    text = head.decode("utf-8", "replace").upper()
    if "LIMIT" in text:
        why = Text("đã hết số lần tải trong ngày", "the downloads of today are used up")
    elif "TOKEN" in text:
        why = Text("mã truy cập (token) không đúng", "the token is wrong")
    else:
        why = Text("trả về thứ khác thay vì tệp .csv.gz", "it sent something else than a .csv.gz")
    raise FetchError(Text(f"OpenCelliD: {why.vi}.", f"OpenCelliD: {why.en}."))


def _cells_in(path: Path, bounds: Box) -> pd.DataFrame:
    """Return the rows of the cells inside a box; the file may come with or without a header."""
    west, south, east, north = bounds
    kept = []
    try:
        with gzip.open(path, "rt", encoding="utf-8", newline="") as stream:
            chunks = pd.read_csv(
                stream, header=None, names=_COLUMNS, dtype=str, chunksize=_CHUNK_ROWS
            )
            for chunk in chunks:
                lon = pd.to_numeric(chunk["lon"], errors="coerce")
                lat = pd.to_numeric(chunk["lat"], errors="coerce")
                kept.append(chunk[lon.between(west, east) & lat.between(south, north)])
    except (OSError, EOFError, zlib.error, ValueError) as error:
        path.unlink(missing_ok=True)
        raise FetchError(
            Text(
                "Tệp của OpenCelliD bị hỏng; chạy lại để tải lại.",
                "The file of OpenCelliD is damaged; run again to fetch it anew.",
            )
        ) from error
    return pd.concat(kept, ignore_index=True) if kept else pd.DataFrame(columns=list(_COLUMNS))
