"""The commune layer of a project alone, also of one that is not complete yet."""

from __future__ import annotations

import tomllib
from pathlib import Path

import geopandas as gpd

from coverage.errors import InputDataError
from coverage.io.desk import Desk, entry_name
from coverage.io.layers import with_full_names
from coverage.io.project import project_path
from coverage.io.reading import layer_of
from coverage.params import as_entry
from coverage.schema import TABLES
from coverage.tables import check
from coverage.text import Text


def project_communes(path: Path | str) -> gpd.GeoDataFrame:
    """Read the commune layer of a project (EPSG:4326).

    Raises
    ------
    InputDataError
        Where `project.toml` names no layer, or the layer cannot be used.
    """
    toml = project_path(path)
    try:
        stated = tomllib.loads(toml.read_text(encoding="utf-8"))["inputs"]["communes"]
        entry = str(as_entry(stated))
    except (OSError, LookupError, TypeError, ValueError) as error:
        raise InputDataError.about(
            toml.name,
            "no_communes",
            Text(
                f"không đọc được lớp xã của dự án ({error})",
                f"the project names no commune layer that can be read ({error})",
            ),
            Text("Hãy ghi communes trong [inputs].", "Name communes under [inputs]."),
        ) from error
    table, name = TABLES["communes"], entry_name(entry)
    frame = layer_of(Desk(toml.parent), entry, table.geometry, crs="EPSG:4326")
    if name.lower().endswith(".shp"):
        frame = with_full_names(frame, [column.name for column in table.columns])
    checked = check(frame, table, file=name)
    errors = [problem for problem in checked.problems if problem.severity == "error"]
    if errors:
        raise InputDataError(errors)
    return gpd.GeoDataFrame(checked.frame, geometry="geometry", crs="EPSG:4326")
