"""The layers of a finished run in other forms: for Google Earth, for the web, for other GIS."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Literal

import pyogrio
from pyproj import CRS
from pyproj.exceptions import CRSError

from coverage import __version__
from coverage.conversion.kml import document, write_kmz
from coverage.errors import CrsError, ScenarioError
from coverage.io import writers
from coverage.io.files import sha256_of
from coverage.io.finished import PACKAGE, Finished, Layers, read_finished, unknown_name
from coverage.io.manifests import MANIFEST
from coverage.text import DEFAULT_LANGUAGE, Language, Text

Form = Literal["kml", "kmz", "geojson", "geoparquet", "gpkg"]
FORMS: Final[tuple[Form, ...]] = ("kml", "kmz", "geojson", "geoparquet", "gpkg")
LISTING: Final = "export_manifest.json"
_DEGREES: Final = "EPSG:4326"
_IN_DEGREES: Final = frozenset({"kml", "kmz", "geojson"})
"""Forms that know no other coordinate system (OGC KML 2.2; RFC 7946, section 4)."""
_DIGITS: Final = 6


def convert(
    out: Path | str,
    target: Path | str,
    *,
    forms: Sequence[Form],
    layers: Sequence[str] | None = None,
    crs: str | None = None,
    language: Language = DEFAULT_LANGUAGE,
) -> tuple[Path, ...]:
    """Write layers of a finished run into a folder, in one or more forms.

    Parameters
    ----------
    out
        Output folder of `run` or `plan`.
    target
        Folder to write to.
    forms
        `kml` and `kmz` hold all layers in one file, `gpkg` too; `geojson` and `geoparquet` are a
        file a layer.
    layers
        Names of layers of `results.gpkg`; None takes all of them.
    crs
        Coordinate system of `gpkg` and `geoparquet`, such as EPSG:9213; None keeps that of the run.
        KML and GeoJSON are always in WGS 84 degrees.
    language
        Of the words in KML.

    Returns
    -------
    tuple of Path
        The files written; beside them `export_manifest.json` says what they were made from.

    Raises
    ------
    InputDataError
        Where the folder holds no finished run.
    ScenarioError
        Where a layer is not in the run, or a form is not known.
    CrsError
        Where the coordinate system is not known.

    Examples
    --------
    >>> from coverage.conversion import convert
    >>> files = convert("data/demo/outputs", "for_google_earth", forms=["kmz"])
    >>> [path.name for path in files]
    ['results.kmz']
    """
    target = Path(target).resolve()
    unknown = sorted(set(forms) - set(FORMS))
    if unknown or not forms:
        raise ScenarioError(unknown_name(Text("dạng", "form"), unknown, FORMS))
    _check_crs(crs)
    run = read_finished(Path(out), layers)
    if target == Path(out).resolve():
        raise ScenarioError(
            Text(
                "Hãy chọn một thư mục khác thư mục kết quả của lần chạy.",
                "Choose a folder other than the output folder of the run.",
            )
        )
    moved = {
        name: layer if crs is None else layer.to_crs(crs) for name, layer in run.layers.items()
    }
    in_degrees = {name: layer.to_crs(_DEGREES) for name, layer in run.layers.items()}
    with writers.whole_folder(target, Text("tệp xuất", "export"), manifest=LISTING) as desk:
        for form in dict.fromkeys(forms):
            _WRITERS[form](desk, in_degrees if form in _IN_DEGREES else moved, run, language)
        names = sorted(path.name for path in desk.iterdir())
        writers.write_json(
            desk / LISTING,
            {
                "software": {"name": "phusong", "version": __version__},
                "run": {
                    "project": run.title,
                    "fingerprint": run.manifest.get("fingerprint", ""),
                    "manifest_sha256": sha256_of(Path(out) / MANIFEST),
                    "package_sha256": sha256_of(Path(out) / PACKAGE),
                },
                "synthetic": run.is_synthetic,
                "crs": crs or str(next(iter(run.layers.values())).crs),
                "layers": {name: len(layer) for name, layer in run.layers.items()},
                "outputs": {name: sha256_of(desk / name) for name in names},
            },
        )
    return tuple(target / name for name in names)


def _check_crs(crs: str | None) -> None:
    if crs is None:
        return
    try:
        CRS.from_user_input(crs)
    except CRSError as error:
        raise CrsError.about(
            "--crs",
            "unknown_crs",
            Text("không phải hệ tọa độ", "this is no coordinate system"),
            Text("Hãy viết ví dụ EPSG:9213.", "Write for example EPSG:9213."),
            value=crs,
        ) from error


def _words(run: Finished, language: Language) -> dict[str, Any]:
    return {"title": run.title, "is_synthetic": run.is_synthetic, "language": language}


def _kml(desk: Path, layers: Layers, run: Finished, language: Language) -> None:
    (desk / "results.kml").write_bytes(document(layers, **_words(run, language)))


def _kmz(desk: Path, layers: Layers, run: Finished, language: Language) -> None:
    write_kmz(desk / "results.kmz", layers, **_words(run, language))


def _geojson(desk: Path, layers: Layers, *_: object) -> None:
    for name, layer in layers.items():
        pyogrio.write_dataframe(
            layer,
            desk / f"{name}.geojson",
            driver="GeoJSON",
            layer_options={"RFC7946": "YES", "COORDINATE_PRECISION": str(_DIGITS)},
        )


def _geoparquet(desk: Path, layers: Layers, *_: object) -> None:
    for name, layer in layers.items():
        layer.to_parquet(
            desk / f"{name}.parquet", index=False, schema_version="1.1.0", compression="zstd"
        )


def _gpkg(desk: Path, layers: Layers, *_: object) -> None:
    for name, layer in layers.items():
        writers.write_layer(desk / PACKAGE, name, layer)


_WRITERS: Final[Mapping[Form, Callable[[Path, Layers, Finished, Language], None]]] = {
    "kml": _kml,
    "kmz": _kmz,
    "geojson": _geojson,
    "geoparquet": _geoparquet,
    "gpkg": _gpkg,
}
