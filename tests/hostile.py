"""Files made to harm whoever reads them, and the real commands run on them within limits."""

from __future__ import annotations

import http.server
import json
import os
import sqlite3
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np
import rasterio
from affine import Affine

CPU_S: Final = 10.0
"""Of the command with its child, the start of both included (6-8 s on the 2-core server)."""
MEMORY_MIB: Final = 1_024
_MIB: Final = 2**20


_MEASURE: Final = """
import json, os, subprocess, sys, threading, time
began = time.monotonic()
child = subprocess.Popen([sys.executable, *sys.argv[2:]])
timer = threading.Timer(float(sys.argv[1]), child.kill)
timer.start()
_, status, used = os.wait4(child.pid, 0)
timer.cancel()
told = dict(code=os.waitstatus_to_exitcode(status), cpu_s=used.ru_utime + used.ru_stime,
            wall_s=time.monotonic() - began, memory_mib=used.ru_maxrss / 1024)
open(os.environ["MEASURED"], "w").write(json.dumps(told))
"""
"""A small process between: a child starts with the peak memory of who starts it."""


@dataclass(frozen=True)
class Told:
    """What a command said and what it took: processor seconds, and MiB of its largest process."""

    code: int
    out: str
    err: str
    cpu_s: float
    wall_s: float
    memory_mib: float


def phusong(*arguments: str | Path, cwd: Path, hang_s: float = 120.0) -> Told:
    """Run the command; it is killed after `hang_s`, which fails the test (code -9)."""
    with (cwd / "told.out").open("w+b") as out, (cwd / "told.err").open("w+b") as err:
        done = subprocess.run(
            [sys.executable, "-c", _MEASURE, str(hang_s), "-m", "coverage", *map(str, arguments)],
            cwd=cwd,
            stdout=out,
            stderr=err,
            env=os.environ | {"MEASURED": str(cwd / "told.json")},
            check=False,
        )
        assert done.returncode == 0
        out.seek(0)
        err.seek(0)
        measured = json.loads((cwd / "told.json").read_text(encoding="utf-8"))
        return Told(out=out.read().decode(), err=err.read().decode(), **measured)


def note(name: str, told: Told) -> None:
    """Say what a command took, for `pytest -s`."""
    took = f"{told.cpu_s:.1f} s CPU, {told.wall_s:.1f} s wall, {told.memory_mib:.0f} MiB"
    sys.stdout.write(f"\n{name}: {took}\n")


@contextmanager
def listening() -> Iterator[tuple[str, list[str]]]:
    """Yield the address of a server on loopback, and the paths it is asked for."""
    asked: list[str] = []

    class Ear(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        do_HEAD = do_GET  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Stay silent."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Ear) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", asked
        server.shutdown()


def endless_view(path: Path, layer: str, *, beside: bool = False) -> Path:
    """Make a layer of a GeoPackage a view that never ends; `beside` keeps the table as a layer."""
    with closing(sqlite3.connect(path)) as base:
        kept = "kept" if beside else "hidden"
        base.execute(f'ALTER TABLE "{layer}" RENAME TO {kept}')
        base.execute(
            f'CREATE VIEW "{layer}" AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL '  # noqa: S608
            f"SELECT i + 1 FROM n) SELECT k.* FROM {kept} AS k, n WHERE i < 0"
        )
        for catalogue in ("gpkg_contents", "gpkg_geometry_columns"):
            if beside:
                columns = [row[1] for row in base.execute(f"PRAGMA table_info({catalogue})")]
                chosen = ", ".join(
                    {"table_name": f"'{kept}'", "identifier": f"'{kept}'"}.get(c, c)
                    for c in columns
                )
                base.execute(
                    f"INSERT OR REPLACE INTO {catalogue} "  # noqa: S608
                    f"SELECT {chosen} FROM {catalogue} WHERE table_name = ?",
                    (layer,),
                )
        base.commit()
    return path


def endless_catalogue(path: Path) -> Path:
    """Make the catalogue of a GeoPackage itself a view that never ends."""
    with closing(sqlite3.connect(path)) as base:
        base.executescript(
            "PRAGMA foreign_keys = OFF; PRAGMA legacy_alter_table = ON;"
            "ALTER TABLE gpkg_contents RENAME TO was; CREATE VIEW gpkg_contents AS "
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
            "SELECT was.* FROM was, n WHERE i < 0;"
        )
    return path


def sparse_tif(
    path: Path, side: int, *, count: int = 1, block: int = 512, dtype: str = "float32"
) -> Path:
    """Write a GeoTIFF without pixels: its blocks are stated, none is stored."""
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        height=side,
        width=side,
        count=count,
        dtype=dtype,
        crs="EPSG:3405",
        transform=Affine(5_400 / side, 0, 585_000, 0, -5_400 / side, 2_450_000),
        tiled=True,
        blockxsize=block,
        blockysize=block,
        interleave="pixel",
        sparse_ok=True,
        bigtiff="yes",
    ):
        pass
    return path


def zeros_in_zip(
    path: Path, member: str, megabytes: int, *, head: dict[str, str] | None = None
) -> Path:
    """Write a zip whose last member unpacks to so much."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in (head or {}).items():
            archive.writestr(name, content, zipfile.ZIP_STORED)
        with archive.open(member, "w", force_zip64=True) as stream:
            for _ in range(megabytes):
                stream.write(b" " * _MIB)
    return path


def entities() -> str:
    """Return a document type whose last entity unfolds to 10⁹ copies of the first."""
    names = "abcdefghij"
    lines = ['<!ENTITY a "lol">']
    lines += [f'<!ENTITY {new} "{f"&{old};" * 10}">' for old, new in pairwise(names)]
    return f"<!DOCTYPE x [{''.join(lines)}]>"


def replaced(path: Path, member: str, old: str, new: str) -> Path:
    """Replace text in a member of a zip."""
    with zipfile.ZipFile(path) as archive:
        content = {entry: archive.read(entry) for entry in archive.infolist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for entry, data in content.items():
            is_it = entry.filename == member
            assert not is_it or old.encode() in data
            made = data.replace(old.encode(), new.encode(), 1) if is_it else data
            archive.writestr(entry, made)  # stored where it was: an ODS begins so
    return path


def feature(**properties: object) -> dict[str, object]:
    point = {"type": "Point", "coordinates": [105.84, 22.13]}
    return {"type": "Feature", "properties": properties, "geometry": point}


def collection(**members: object) -> str:
    found = {"type": "FeatureCollection", "features": [feature(name="Nà Pam")]}
    return json.dumps(found | members, ensure_ascii=False)


def encrypted_flag(path: Path) -> Path:
    """Mark every member of a zip as encrypted."""
    data = bytearray(path.read_bytes())
    for magic, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.find(magic)
        while at >= 0:
            data[at + place] |= 1
            at = data.find(magic, at + 4)
    path.write_bytes(bytes(data))
    return path


def hgt_zip(path: Path, side: int = 1201) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{path.name[:7]}.hgt", np.zeros((side, side), ">i2").tobytes())
    return path
