"""A private PostgreSQL with PostGIS for tests: own folder, own port on loopback, own password."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import pandas as pd
import psycopg

USER: Final = "phusong"
PASSWORD: Final = "mật-khẩu@riêng:s3cret"  # noqa: S105 - of a server that lives for one test run
_LONGEST_START_S: Final = 60


@dataclass(frozen=True)
class Server:
    """A running server; `address` is of an entry in project.toml, without password."""

    port: int

    @property
    def address(self) -> str:
        return f"postgresql://{USER}@127.0.0.1:{self.port}/phusong"

    def entry(self, table: str) -> str:
        return f"{self.address}?table={table}"

    def connect(self) -> psycopg.Connection[Any]:
        return psycopg.connect(
            host="127.0.0.1", port=self.port, user=USER, password=PASSWORD, dbname="phusong"
        )

    def run(self, *statements: str) -> None:
        with self.connect() as connection:
            for statement in statements:
                connection.execute(statement)

    def put_table(self, name: str, frame: pd.DataFrame) -> None:
        """Write a table of texts; an empty cell is NULL."""
        columns = [str(column) for column in frame.columns]
        listed = ", ".join(f'"{column}" text' for column in columns)
        rows = [
            [None if pd.isna(v) or v == "" else str(v) for v in row] for row in frame.to_numpy()
        ]
        self._put(name, listed, columns, rows, ["%s"] * len(columns))

    def put_layer(self, name: str, frame: gpd.GeoDataFrame, srid: int) -> None:
        """Write a layer; columns of numbers stay numbers, the others are text."""
        columns = [str(c) for c in frame.columns if c != frame.geometry.name]
        kinds = {
            c: "double precision" if pd.api.types.is_float_dtype(frame[c]) else "text"
            for c in columns
        }
        listed = ", ".join(f'"{c}" {kind}' for c, kind in kinds.items())
        listed += f", geom geometry(Geometry, {srid})"
        cells = [
            [None if pd.isna(v) else v if isinstance(v, float) else str(v) for v in row]
            for row in frame[columns].to_numpy()
        ]
        rows = [[*row, shape.wkb] for row, shape in zip(cells, frame.geometry, strict=True)]
        places = [*["%s"] * len(columns), f"ST_GeomFromWKB(%s, {srid})"]
        self._put(name, listed, [*columns, "geom"], rows, places)

    def _put(
        self, name: str, listed: str, columns: list[str], rows: list[list[Any]], places: list[str]
    ) -> None:
        named = ", ".join(f'"{column}"' for column in columns)
        with self.connect() as connection, connection.cursor() as cursor:
            cursor.execute(f'DROP TABLE IF EXISTS "{name}"')
            cursor.execute(f'CREATE TABLE "{name}" ({listed})')
            cursor.executemany(
                f'INSERT INTO "{name}" ({named}) VALUES ({", ".join(places)})',  # noqa: S608
                rows,
            )


def why_not() -> str:
    """Return why no server can be started here, or an empty text."""
    if _programs() is None:
        return "PostgreSQL is not installed (postgresql, postgresql-postgis)"
    if not any(Path("/usr/share/postgresql").glob("*/extension/postgis.control")):
        return "PostGIS is not installed (postgresql-postgis)"
    if os.geteuid() == 0 and shutil.which("runuser") is None:
        return "root cannot run PostgreSQL, and runuser is missing"
    return ""


def _programs() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else None


def _as_unprivileged(*command: str) -> None:
    prefix = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    done = subprocess.run(
        [*prefix, *command],
        cwd="/",
        env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "TZ": "UTC"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,  # the server keeps what it inherits: a pipe would never end
        stderr=subprocess.DEVNULL,
        timeout=_LONGEST_START_S,
        check=False,
    )
    if done.returncode:
        message = f"{Path(command[0]).name} failed with {done.returncode}"
        raise RuntimeError(message)


def free_port() -> int:
    """Return a port of loopback that nothing listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@contextlib.contextmanager
def running() -> Iterator[Server]:
    """Start a server in a folder of its own, and stop and remove it at the end."""
    programs = _programs()
    assert programs is not None, why_not()
    # Short, and open to the unprivileged user: a socket's path holds 107 bytes.
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    try:
        (folder / "password").write_text(f"{PASSWORD}\n", encoding="utf-8")
        if os.geteuid() == 0:
            for place in (folder, folder / "password"):
                shutil.chown(place, "postgres", "postgres")
        data, port = str(folder / "data"), free_port()
        _as_unprivileged(
            str(programs / "initdb"),
            *("-D", data, "-U", USER, "-E", "UTF8", "--auth=scram-sha-256", "--no-sync"),
            f"--pwfile={folder / 'password'}",
        )
        options = f"-c listen_addresses=127.0.0.1 -p {port} -k {folder} -c fsync=off"
        log = str(folder / "log")
        _as_unprivileged(
            str(programs / "pg_ctl"), "-D", data, "-w", "-l", log, "-o", options, "start"
        )
        try:
            with psycopg.connect(
                host="127.0.0.1",
                port=port,
                user=USER,
                password=PASSWORD,
                dbname="postgres",
                autocommit=True,
            ) as connection:
                connection.execute("CREATE DATABASE phusong TEMPLATE template0")
            server = Server(port)
            server.run("CREATE EXTENSION postgis")
            yield server
        finally:
            _as_unprivileged(str(programs / "pg_ctl"), "-D", data, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder)
