"""Commands that hand finished runs on: export, report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from coverage.cli.command import common, main
from coverage.text import Language

if TYPE_CHECKING:
    from coverage.conversion import Form
    from coverage.documents import DocumentForm


@main.command("export")
@click.argument("source", metavar="OUT", type=click.Path(path_type=Path))
@click.option(
    "--as",
    "forms",
    multiple=True,
    required=True,
    type=click.Choice(["kml", "kmz", "geojson", "geoparquet", "gpkg"]),
    help="Dạng tệp, nêu được nhiều lần / form, may be given again",
)
@click.option("--layer", "layers", multiple=True, help="Lớp, mặc định tất cả / layer, default all")
@click.option("--crs", help="Hệ tọa độ của gpkg, geoparquet / their system, e.g. EPSG:9213")
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, help="Thư mục / folder to write to"
)
@common
def export_run(
    source: Path,
    forms: tuple[Form, ...],
    layers: tuple[str, ...],
    crs: str | None,
    out: Path,
    *,
    lang: Language,
    quiet: bool,
) -> None:
    """Chuyển kết quả sang KML, GeoJSON, GeoParquet… / a finished run in other forms."""
    from coverage.conversion import convert

    del quiet
    for path in convert(source, out, forms=forms, layers=layers or None, crs=crs, language=lang):
        click.echo(path)


@main.command("report")
@click.argument("source", metavar="OUT", type=click.Path(path_type=Path))
@click.option(
    "--as",
    "forms",
    multiple=True,
    type=click.Choice(["docx", "pdf", "html"]),
    help="Phụ lục (docx), tờ của từng xã (pdf, html); mặc định cả ba / default all",
)
@click.option(
    "--commune", "communes", multiple=True, help="Mã xã, mặc định tất cả / code, default all"
)
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, help="Thư mục / folder to write to"
)
@common
def report_run(
    source: Path,
    forms: tuple[DocumentForm, ...],
    communes: tuple[str, ...],
    out: Path,
    *,
    lang: Language,
    quiet: bool,
) -> None:
    """Viết phụ lục Word và tờ của từng xã / a finished run as an annex and sheets of communes."""
    from coverage.documents import FORMS, write_documents

    del quiet
    for path in write_documents(
        source, out, forms=forms or FORMS, communes=communes or None, language=lang
    ):
        click.echo(path)
