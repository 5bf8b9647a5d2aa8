"""A finished run, read back from its output folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import pyogrio

from coverage.errors import InputDataError, Problem, ScenarioError
from coverage.io.manifests import RUN_FIRST, missing, read_manifest
from coverage.text import Text

Layers = Mapping[str, gpd.GeoDataFrame]
PACKAGE: Final = "results.gpkg"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """A finished run: its layers by name, and its manifest."""

    layers: Layers
    manifest: Mapping[str, Any]

    @property
    def title(self) -> str:
        """Name of the project."""
        return str(self.manifest["project"].get("name", ""))

    @property
    def is_synthetic(self) -> bool:
        """Whether any input of the run was made up."""
        return bool(self.manifest["synthetic"])


def read_finished(folder: Path, layers: Sequence[str] | None = None) -> Finished:
    """Read the layers of a finished run.

    Raises
    ------
    InputDataError
        Where the folder holds no finished run.
    ScenarioError
        Where a wanted layer is not in it.
    """
    problems: list[Problem] = []
    manifest = read_manifest(folder, folder.name, problems)
    path = folder / PACKAGE
    if manifest is not None and not path.is_file():
        problems.append(missing(f"{folder.name}/{PACKAGE}"))
    if manifest is None or problems:
        raise InputDataError(problems)
    try:
        known = [str(name) for name, shape in pyogrio.list_layers(path) if shape is not None]
        wanted = known if layers is None else list(dict.fromkeys(layers))
        if unknown := [name for name in wanted if name not in known]:
            raise ScenarioError(unknown_name(Text("lớp", "layer"), unknown, known))
        found = {name: pyogrio.read_dataframe(path, layer=name) for name in wanted}
    except pyogrio.errors.DataSourceError as error:
        raise InputDataError.about(
            f"{folder.name}/{PACKAGE}",
            "unreadable_package",
            Text(f"không đọc được ({error})", f"unreadable ({error})"),
            RUN_FIRST,
        ) from error
    return Finished(layers=found, manifest=manifest)


def unknown_name(what: Text, unknown: Sequence[str], known: Sequence[str]) -> Text:
    """Say that what was asked for is not among what there is."""
    wrong, choice = ", ".join(unknown) or "–", ", ".join(known)
    return Text(
        f"Không có {what.vi} {wrong}; hãy chọn trong: {choice}.",
        f"There is no {what.en} {wrong}; choose from: {choice}.",
    )
