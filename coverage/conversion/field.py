"""What to measure next, for a phone in the field: waypoints and tracks, tables, a map."""

from __future__ import annotations

from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET

import geopandas as gpd
import pandas as pd

from coverage import __version__
from coverage.conversion.kml import document
from coverage.drives import stretches
from coverage.io import writers
from coverage.io.files import sha256_of
from coverage.model import Result
from coverage.schema import dictionary, output_columns
from coverage.text import Language, Text

MANIFEST: Final = "measure_manifest.json"
_NAMESPACE: Final = "http://www.topografix.com/GPX/1/1"
_DEGREES: Final = "EPSG:4326"


def write_survey(
    result: Result, folder: Path, *, most: int | None = None, language: Language = "vi"
) -> tuple[Path, ...]:
    """Write the villages and road stretches to measure next, the most telling first.

    Parameters
    ----------
    result
        Of a run.
    folder
        Where `measure_next.csv`, `measure_stretches.csv`, `measure.gpx` and `measure.kml` go.
    most
        So many villages and so many stretches; None takes all.
    language
        Of names and reasons in GPX and KML.

    Raises
    ------
    CoverageError
        Where they cannot be written, with the reason.
    """
    listed = pd.DataFrame() if result.measure_next is None else result.measure_next
    villages, driven = listed.head(most or len(listed)), stretches(result)
    driven = driven.head(most or len(driven))
    places = gpd.GeoDataFrame(
        villages,
        geometry=villages["village_id"].map(result.villages.set_index("village_id").geometry),
        crs=result.inputs.grid.crs,
    ).to_crs(_DEGREES)
    named = driven.assign(name=[_title(row, language) for row in driven.itertuples()])
    layers = {"measure_next": places, "measure_stretches": named.to_crs(_DEGREES)}
    title, synthetic = result.inputs.project.name, bool(result.inputs.synthetic_roles)
    tables = {"measure_next": villages, "measure_stretches": driven.drop(columns="geometry")}
    folder = folder.resolve()
    what = Text("danh sách cần đo", "list of what to measure")
    with writers.whole_folder(folder, what, manifest=MANIFEST) as desk:
        for name, table in tables.items():
            writers.write_csv(desk / f"{name}.csv", pd.DataFrame(table))
        (desk / "measure.gpx").write_bytes(gpx(layers, title=title, language=language))
        (desk / "measure.kml").write_bytes(
            document(layers, title=title, is_synthetic=synthetic, language=language)
        )
        names = sorted(path.name for path in desk.iterdir())
        used = {name for table in tables.values() for name in table.columns}
        writers.write_json(
            desk / MANIFEST,
            {
                "software": {"name": "phusong", "version": __version__},
                "project": title,
                "synthetic": synthetic,
                "fingerprint": result.inputs.fingerprint,
                "rows": {name: len(table) for name, table in tables.items()},
                "columns": dictionary(c for c in output_columns() if c.name in used),
                "outputs": {name: sha256_of(desk / name) for name in names},
            },
        )
    return tuple(folder / name for name in names)


def gpx(layers: dict[str, gpd.GeoDataFrame], *, title: str, language: Language) -> bytes:
    """Return villages as waypoints and stretches as tracks, GPX 1.1, in WGS 84 degrees."""
    root = ET.Element("gpx", version="1.1", creator="phusong", xmlns=_NAMESPACE)
    _text(ET.SubElement(root, "metadata"), "name", title)
    villages, driven = layers["measure_next"], layers["measure_stretches"]
    for row, place in zip(villages.to_dict("records"), villages.geometry, strict=True):
        if place is None or place.is_empty:
            continue
        point = ET.SubElement(root, "wpt", lat=f"{place.y:.6f}", lon=f"{place.x:.6f}")
        _text(point, "name", f"{row['measure_rank']}. {row['name']}")
        _text(point, "desc", str(row[f"reason_{language}"]))
    for row, line in zip(driven.to_dict("records"), driven.geometry, strict=True):
        track = ET.SubElement(root, "trk")
        _text(track, "name", str(row["name"]))
        segment = ET.SubElement(track, "trkseg")
        for x, y in line.coords:
            ET.SubElement(segment, "trkpt", lat=f"{y:.6f}", lon=f"{x:.6f}")
    ET.indent(root, space=" ")
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"


def _title(row: object, language: Language) -> str:
    rank, count = getattr(row, "drive_rank", 0), getattr(row, "villages", 0)
    length_km = getattr(row, "length_m", 0.0) / 1000.0
    told = Text(
        f"Đoạn {rank}: {length_km:.1f} km, {count} thôn",
        f"Stretch {rank}: {length_km:.1f} km, {count} villages",
    )
    return told.get(language)


def _text(parent: ET.Element, tag: str, text: str) -> None:
    ET.SubElement(parent, tag).text = text
