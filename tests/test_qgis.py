"""A real QGIS opens what leaves the house, with the styles in it, and draws it.

Runs where a Python with QGIS is found (Debian: python3-qgis).
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest
import rasterio
from PIL import Image

from tests.conftest import set_aside

SCRIPT: Final = """
import json, os, sys
from qgis.core import *
from qgis.PyQt.QtCore import QSize
from qgis.PyQt.QtGui import QColor
folder, picture, *names = sys.argv[1:]
app = QgsApplication([], False)
app.initQgis()
layers, told = [], {}
for name in names:
    if name.endswith(".tif"):
        layer = QgsRasterLayer(f"{folder}/{name}", name)
    else:
        layer = QgsVectorLayer(f"{folder}/results.gpkg|layername={name}", name, "ogr")
    layers.append(layer)
    style = layer.renderer().type() if layer.isValid() else ""
    colour = ""
    if style == "singleSymbol":
        colour = layer.renderer().symbol().color().name()
    elif style == "categorizedSymbol":
        colour = [one.value() for one in layer.renderer().categories()]
    elif style == "singlebandpseudocolor":
        items = layer.renderer().shader().rasterShaderFunction().colorRampItemList()
        colour = [(str(one.value), one.color.name()) for one in items]
    elif style == "paletted":
        colour = [(one.value, one.color.name(), one.label) for one in layer.renderer().classes()]
    told[name] = [style, colour]
settings = QgsMapSettings()
settings.setLayers(layers)
settings.setBackgroundColor(QColor("white"))
settings.setOutputSize(QSize(800, 800))
settings.setDestinationCrs(layers[0].crs())
settings.setExtent(layers[-1].extent())
job = QgsMapRendererParallelJob(settings)
job.start()
job.waitForFinished()
job.renderedImage().save(picture)
print("TOLD " + json.dumps(told), flush=True)
os._exit(0)  # its own tear-down can crash
"""
PLAN: Final = ("actions", "links", "fibre_routes")
PURPLE, BLUE = (106, 27, 154), (0, 114, 178)


@pytest.fixture(scope="module")
def python_of_qgis() -> str:
    surroundings = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    for found in dict.fromkeys(filter(None, ("/usr/bin/python3", shutil.which("python3")))):
        asked = [found, "-c", "import qgis.core"]
        if (
            Path(found).exists()
            and not subprocess.run(
                asked, capture_output=True, check=False, env=surroundings
            ).returncode
        ):
            return found
    set_aside(
        "no Python with QGIS here (Debian: apt-get install python3-qgis)",
        must_run=os.environ.get("PHUSONG_REQUIRE_QGIS") == "1",
    )
    return ""


@dataclass(frozen=True)
class Drawn:
    styles: dict[str, list[Any]]
    pixels: np.ndarray[Any, Any]

    def count(self, colour: tuple[int, int, int]) -> int:
        return int((abs(self.pixels - colour).max(axis=2) < 6).sum())


def drawn(python_of_qgis: str, folder: Path, names: Sequence[str], desk: Path) -> Drawn:
    """Let QGIS open layers of a folder and draw them; the extent is that of the last one."""
    picture = desk / "drawn.png"
    surroundings = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    done = subprocess.run(
        [python_of_qgis, "-c", SCRIPT, str(folder), str(picture), *names],
        capture_output=True,
        text=True,
        check=True,
        env=surroundings | {"QT_QPA_PLATFORM": "offscreen", "HOME": str(desk)},
    )
    told = json.loads(next(x[5:] for x in done.stdout.splitlines() if x.startswith("TOLD ")))
    return Drawn(told, np.asarray(Image.open(picture).convert("RGB")).astype(int))


def test_qgis_draws_every_layer_in_its_style(
    demo_plan: Path, python_of_qgis: str, tmp_path: Path
) -> None:
    names = ("villages", "clusters", *PLAN, "sites", "communes", "rsrp_4g_dbm.tif")
    shown = drawn(python_of_qgis, demo_plan, names, tmp_path)
    told = shown.styles
    for name in ("villages", "clusters"):
        assert told[name] == ["categorizedSymbol", ["good", "weak", "none", "unknown"]]
    for name in PLAN:
        assert told[name] == ["singleSymbol", "#6a1b9a"]
    assert told["sites"][1] == "#3c3c3c"
    style, classes = told["rsrp_4g_dbm.tif"]
    assert style == "singlebandpseudocolor"
    assert [colour for _, colour in classes] == ["#c8695a", "#f5c84c", "#8cc4e8"]
    for colour in (PURPLE, BLUE):
        assert shown.count(colour) > 30, colour


CLASSES: Final = [
    [1, "#8cc4e8", "Sóng tốt / good"],
    [2, "#f5c84c", "Lõm sóng (yếu) / weak"],
    [3, "#c8695a", "Trắng sóng / none"],
]


def test_qgis_shows_classes_by_the_style_beside_them(
    demo_plan: Path, python_of_qgis: str, tmp_path: Path
) -> None:
    shown = drawn(python_of_qgis, demo_plan, ["class_4g.tif"], tmp_path)
    assert shown.styles["class_4g.tif"] == ["paletted", CLASSES]
    with rasterio.open(demo_plan / "class_4g.tif") as raster:
        assert set(np.unique(raster.read(1))) == {0, 1, 2, 3}
    # The unknown's #d9d9d9, which QGIS draws without the layer's opacity: seen, not a hole.
    assert shown.count((0xD9, 0xD9, 0xD9)) > 30


def test_qgis_shows_classes_by_the_colours_in_the_file_alone(
    demo_plan: Path, python_of_qgis: str, tmp_path: Path
) -> None:
    shutil.copy(demo_plan / "class_4g.tif", tmp_path)
    shown = drawn(python_of_qgis, tmp_path, ["class_4g.tif"], tmp_path)
    assert shown.styles["class_4g.tif"][0] == "paletted"
    for colour in ((0x8C, 0xC4, 0xE8), (0xF5, 0xC8, 0x4C), (0xC8, 0x69, 0x5A)):
        assert shown.count(colour) > 30, colour


def test_gis_finds_the_names_of_the_classes(
    demo_plan: Path, python_of_qgis: str, tmp_path: Path
) -> None:
    for name in ("class_4g.tif", "class_4g.tif.aux.xml"):
        shutil.copy(demo_plan / name, tmp_path)
    shown = drawn(python_of_qgis, tmp_path, ["class_4g.tif"], tmp_path)
    assert [one for one in shown.styles["class_4g.tif"][1] if one[0] in {1, 2, 3}] == CLASSES


def test_rasters_carry_their_statistics(demo_plan: Path) -> None:
    # by hand: the pixels themselves, those without a prediction left out
    for name in (
        "rsrp_4g_dbm.tif",
        "class_4g.tif",
        "served_probability_4g.tif",
        "server_4g.tif",
    ):
        with rasterio.open(demo_plan / name) as raster:
            told, values = raster.tags(1), raster.read(1, masked=True).compressed()
        values = values[~np.isnan(values.astype(float))].astype(float)
        assert float(told["STATISTICS_MINIMUM"]) == pytest.approx(values.min())
        assert float(told["STATISTICS_MAXIMUM"]) == pytest.approx(values.max())
        assert float(told["STATISTICS_MEAN"]) == pytest.approx(values.mean(), rel=1e-6)
