"""A real QGIS opens what leaves the house, with the styles in it, and draws it.

Runs where a Python with QGIS is found (Debian: python3-qgis).
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

import numpy as np
import pytest
import rasterio
from PIL import Image

from coverage.pipeline import plan_project

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
    pytest.skip("no Python with QGIS here (Debian: apt-get install python3-qgis)")


@pytest.fixture(scope="module")
def out(demo_project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("qgis") / "demo"
    shutil.copytree(demo_project.parent, folder)
    return plan_project(folder, budget="40000000000")[2]


def test_qgis_draws_every_layer_in_its_style(
    out: Path, python_of_qgis: str, tmp_path: Path
) -> None:
    picture = tmp_path / "drawn.png"
    names = ("villages", "clusters", *PLAN, "sites", "communes", "rsrp_4g_dbm.tif")
    surroundings = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    done = subprocess.run(
        [python_of_qgis, "-c", SCRIPT, str(out), str(picture), *names],
        capture_output=True,
        text=True,
        check=True,
        env=surroundings | {"QT_QPA_PLATFORM": "offscreen", "HOME": str(tmp_path)},
    )
    told = json.loads(next(x[5:] for x in done.stdout.splitlines() if x.startswith("TOLD ")))
    for name in ("villages", "clusters"):
        assert told[name] == ["categorizedSymbol", ["good", "weak", "none", "unknown"]]
    for name in PLAN:
        assert told[name] == ["singleSymbol", "#6a1b9a"]
    assert told["sites"][1] == "#3c3c3c"
    style, classes = told["rsrp_4g_dbm.tif"]
    assert style == "singlebandpseudocolor"
    assert [colour for _, colour in classes] == ["#c8695a", "#f5c84c", "#8cc4e8"]
    pixels = np.asarray(Image.open(picture).convert("RGB")).astype(int)
    for colour in (PURPLE, BLUE):
        near = (abs(pixels - colour).max(axis=2) < 6).sum()
        assert near > 30, colour


def test_rasters_carry_their_statistics(out: Path) -> None:
    # by hand: the pixels themselves, those without a prediction left out
    for name in ("rsrp_4g_dbm.tif", "served_probability_4g.tif", "server_4g.tif"):
        with rasterio.open(out / name) as raster:
            told, values = raster.tags(1), raster.read(1, masked=True).compressed()
        values = values[~np.isnan(values.astype(float))].astype(float)
        assert float(told["STATISTICS_MINIMUM"]) == pytest.approx(values.min())
        assert float(told["STATISTICS_MAXIMUM"]) == pytest.approx(values.max())
        assert float(told["STATISTICS_MEAN"]) == pytest.approx(values.mean(), rel=1e-6)
