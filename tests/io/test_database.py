"""Inputs from a real PostgreSQL with PostGIS: the same results, the same checks, and its limits."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest

from coverage.errors import InputDataError, Problem
from coverage.io import database
from coverage.io.database import is_database, name_of
from coverage.io.desk import Desk
from coverage.io.project import examine, load_project
from coverage.io.sheets import read_sheet
from coverage.pipeline import run_project
from coverage.settings import read_toml
from tests.conftest import set_aside
from tests.io import made
from tests.postgres import PASSWORD, USER, Server, free_port, running, why_not

SECRETS: Final = (PASSWORD, "s3cret")
TABLES: Final = ("villages", "stations", "fibre_nodes", "measurements", "clusters", "indicators")
LAYERS: Final = ("communes", "roads", "power_lines", "fibre_lines", "operator_coverage")


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    if reason := why_not():
        set_aside(reason, must_run=os.environ.get("PHUSONG_REQUIRE_POSTGRES") == "1")
    with running() as started:
        yield started


@pytest.fixture
def logged_in(server: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    return server


def problems_of(folder: Path) -> list[Problem]:
    return list(examine(folder)[1])


def rules(folder: Path) -> set[str]:
    return {problem.rule for problem in problems_of(folder)}


def only(folder: Path, rule: str) -> Problem:
    return next(problem for problem in problems_of(folder) if problem.rule == rule)


def with_entries(project: Path, **entries: Any) -> Path:
    made.write_toml(project, inputs=entries)
    return project


def moved_in(project: Path, server: Server, folder: Path) -> Path:
    """Copy a project whose tables and layers all lie in the database; rasters stay files."""
    shutil.copytree(project, folder)
    settings = read_toml(folder / "project.toml")
    for role, entry in settings["inputs"].items():
        if role in TABLES:
            server.put_table(role, read_sheet(folder / entry, name=entry))
        elif role in LAYERS:
            layer = pyogrio.read_dataframe(folder / entry)
            server.put_layer(role, layer, layer.crs.to_epsg())
        else:
            continue
        settings["inputs"][role] = server.entry(role)
        (folder / entry).unlink()
    lines = []
    for section in ("project", "inputs", "scenario"):
        lines.append(f"[{section}]")
        lines += [
            f"{key} = {json.dumps(value, ensure_ascii=False)}"
            for key, value in settings.get(section, {}).items()
            if not isinstance(value, dict)
        ]
    (folder / "project.toml").write_text("\n".join(lines), encoding="utf-8")
    return folder


def outputs_of(project: Path, folder: Path) -> dict[str, bytes]:
    run_project(project, out=folder, workers=1)
    return {name: (folder / name).read_bytes() for name in ("villages.csv", "communes.csv")}


def assert_no_secret(folder: Path) -> None:
    for path in folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert not any(secret.encode() in content for secret in SECRETS), path


@pytest.mark.slow
def test_the_demo_gives_the_same_from_the_database(
    demo_project: Path, logged_in: Server, tmp_path: Path
) -> None:
    project = moved_in(demo_project.parent, logged_in, tmp_path / "cơ sở")
    inputs = load_project(project)
    from_base = {source.role for source in inputs.sources if ": " in source.file}
    assert {"communes", "villages", "stations", "roads"} <= from_base
    assert outputs_of(project, tmp_path / "base") == outputs_of(demo_project, tmp_path / "files")
    manifest = json.loads((tmp_path / "base" / "manifest.json").read_text(encoding="utf-8"))
    told = {entry["role"]: entry for entry in manifest["inputs"]}
    assert told["villages"]["file"] == "phusong: villages"
    assert len(told["villages"]["sha256"]) == 64
    assert_no_secret(tmp_path / "base")


@pytest.mark.slow
def test_the_reference_project_gives_the_same_from_the_database(
    shared: Path, logged_in: Server, tmp_path: Path
) -> None:
    """Equal inputs give equal outputs; the run itself is compared on the demo."""
    reference = shared / "data" / "backan"
    expected = load_project(reference)
    found = load_project(moved_in(reference, logged_in, tmp_path / "base"))
    for role in (*TABLES, *LAYERS):
        here, there = getattr(found, role), getattr(expected, role)
        assert (here is None) == (there is None), role
        if here is not None:
            # A sheet counts its header as row 1.
            one, two = (pd.DataFrame(f).reset_index(drop=True) for f in (here, there))
            pd.testing.assert_frame_equal(one, two, check_like=True, obj=role)
    assert [w.what for w in found.warnings] == [w.what for w in expected.warnings]


def test_typed_columns_and_points_are_read_as_a_file_is(project: Path, logged_in: Server) -> None:
    """Numbers, flags and dates of the database, and points instead of two columns."""
    expected = load_project(project).villages
    logged_in.put_table("raw", read_sheet(project / "villages.csv", name="villages.csv"))
    logged_in.run(
        "DROP TABLE IF EXISTS typed",
        # The rows are written backwards: the key says their order.
        """CREATE TABLE typed AS SELECT village_id, name, commune_code,
        households::integer, population::numeric, has_grid_power IN ('true', 'có', '1') AS
        has_grid_power, reported_signal, ST_Transform(ST_SetSRID(ST_MakePoint(
        longitude::float8, latitude::float8), 4326), 3405) AS place
        FROM raw ORDER BY village_id DESC""",
        "ALTER TABLE typed ADD PRIMARY KEY (village_id)",
    )
    with_entries(project, villages=logged_in.entry("public.typed"))
    found = load_project(project).villages
    assert found["village_id"].tolist() == expected["village_id"].tolist()
    same = ["name", "commune_code", "households", "population", "has_grid_power"]
    pd.testing.assert_frame_equal(found[same], expected[same])
    # The seven parameters of VN-2000 are not exactly their own inverse: 1 mm there and back.
    assert found.geometry.distance(expected.geometry).max() < 0.002


def test_a_query_and_a_table_of_toml(project: Path, logged_in: Server) -> None:
    logged_in.put_table("raw", read_sheet(project / "villages.csv", name="villages.csv"))
    query = "SELECT * FROM raw WHERE name LIKE '%%' OR name LIKE 'N%' ORDER BY village_id -- all"
    with_entries(project, villages={"url": logged_in.address, "query": query})
    assert load_project(project).villages["village_id"].tolist() == ["V1", "V2", "V3", "V4", "V5"]


def test_the_hash_follows_the_content(project: Path, logged_in: Server) -> None:
    logged_in.put_table("raw", read_sheet(project / "villages.csv", name="villages.csv"))
    with_entries(project, villages=logged_in.entry("raw"))

    def sha256() -> str:
        return next(s.sha256 for s in load_project(project).sources if s.role == "villages")

    before = sha256()
    assert sha256() == before
    logged_in.run("UPDATE raw SET households = '41' WHERE village_id = 'V1'")
    assert sha256() != before


def test_the_same_checks_as_of_files(project: Path, logged_in: Server) -> None:
    spoilt = made.changed(made.VILLAGES, 2, households="nhiều")
    made.write_villages(project, spoilt)
    from_file = problems_of(project)[0]
    logged_in.put_table("raw", read_sheet(project / "villages.csv", name="villages.csv"))
    with_entries(project, villages=logged_in.entry("raw"))
    from_base = only(project, from_file.rule)
    assert (from_base.column, from_base.value) == (from_file.column, from_file.value)
    assert from_base.file == "phusong: raw"


def test_all_problems_are_told_at_once_and_none_tells_the_password(
    project: Path, logged_in: Server
) -> None:
    logged_in.run(
        "DROP TABLE IF EXISTS no_shapes, no_srid, metres_as_degrees, mixed",
        "CREATE TABLE no_shapes AS SELECT 'a' AS name",
        "CREATE TABLE no_srid AS SELECT ST_MakeLine(ST_MakePoint(1, 2), ST_MakePoint(3, 4)) AS g",
        "CREATE TABLE metres_as_degrees AS SELECT ST_GeomFromText("
        "'LINESTRING(585900 2445500, 587700 2449100)', 4326) AS g",
        "CREATE TABLE mixed AS SELECT ST_GeomFromText('LINESTRING(105 22, 106 22)', 4326) AS g "
        "UNION ALL SELECT ST_GeomFromText('LINESTRING(585900 2445500, 587700 2449100)', 3405)",
    )
    with_entries(
        project,
        villages=logged_in.entry("no_such_table"),
        roads=logged_in.entry("no_shapes"),
        power_lines=logged_in.entry("no_srid"),
        fibre_lines=logged_in.entry("metres_as_degrees"),
        operator_coverage=logged_in.entry("mixed"),
        fibre_nodes=logged_in.address + "?query=DELETE+FROM+no_shapes",
        measurements=logged_in.address + "?table=a&options=-c+statement_timeout%3D0",
        terrain=logged_in.entry("dem"),
        indicators=f"postgresql://{USER}@127.0.0.1:{free_port()}/phusong?table=x",
    )
    found = problems_of(project)
    assert {problem.rule for problem in found} >= {
        "database_no_table",
        "no_geometry",
        "missing_crs",
        "wrong_srid",
        "mixed_srid",
        "database_not_select",
        "database_address",
        "database_not_here",
        "database_unreachable",
    }
    told = "\n".join(problem.line(language) for problem in found for language in ("vi", "en"))
    assert not any(secret in told for secret in SECRETS)


def test_a_wrong_password_is_refused_and_not_told(
    project: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPASSWORD", "sai-s3cret")
    with_entries(project, villages=server.entry("raw"), stations=server.entry("raw2"))
    found = [p for p in problems_of(project) if p.rule == "database_refused"]
    assert [problem.file for problem in found] == ["phusong: raw", "phusong: raw2"]
    assert "s3cret" not in "".join(problem.line("vi") for problem in found)
    monkeypatch.delenv("PGPASSWORD")
    assert "database_refused" in rules(project)


def test_the_password_comes_from_its_file_or_a_variable(
    project: Path, server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    server.put_table("raw", read_sheet(project / "villages.csv", name="villages.csv"))
    monkeypatch.delenv("PGPASSWORD", raising=False)
    escaped = PASSWORD.replace("\\", "\\\\").replace(":", "\\:")
    listed = tmp_path / "pgpass"
    listed.write_text(f"127.0.0.1:{server.port}:*:{USER}:{escaped}\n", encoding="utf-8")
    listed.chmod(0o600)
    monkeypatch.setenv("PGPASSFILE", str(listed))
    with_entries(project, villages=server.entry("raw"))
    assert not [p for p in problems_of(project) if p.severity == "error"]
    monkeypatch.delenv("PGPASSFILE")
    monkeypatch.setenv("PHUSONG_DB_PASSWORD", PASSWORD)
    address = server.address.replace("@", ":${PHUSONG_DB_PASSWORD}@")
    with_entries(project, villages=f"{address}?table=raw")
    assert not [p for p in problems_of(project) if p.severity == "error"]
    monkeypatch.delenv("PHUSONG_DB_PASSWORD")
    assert "PHUSONG_DB_PASSWORD" in only(project, "database_address").what.vi


@pytest.mark.parametrize("user", [f"{USER}:s3cret@", f"{USER}:s3%20cret@", "${HOME}@"])
def test_a_written_password_and_foreign_variables_are_refused(project: Path, user: str) -> None:
    """It needs no server: nothing is sent to one."""
    with_entries(project, villages=f"postgresql://{user}127.0.0.1:1/x?table=y")
    found = problems_of(project)
    assert {"database_password_written", "database_address"} & {p.rule for p in found}
    assert "cret" not in "".join(p.line(language) for p in found for language in ("vi", "en"))
    with_entries(project, rods=f"postgresql://{USER}:s3cret@127.0.0.1:1/x?table=y")
    unknown = only(project, "unknown_key")
    assert unknown.value == f"postgresql://{USER}:***@127.0.0.1:1/x?table=y"


@pytest.mark.parametrize(
    "query",
    [
        "SELECT 1; DROP TABLE kept",
        "SELECT 1; COMMIT; DROP TABLE kept",
        "SELECT 1) AS a; DROP TABLE kept; --",
        "WITH gone AS (DELETE FROM kept RETURNING *) SELECT * FROM gone",
        "SELECT * FROM emptied()",
        "SELECT set_config('transaction_read_only', 'off', false), emptied()",
        "/* SELECT */ DELETE FROM kept",
        "TRUNCATE kept",
    ],
)
def test_nothing_can_be_written(project: Path, logged_in: Server, query: str) -> None:
    logged_in.run("DROP TABLE IF EXISTS kept", "CREATE TABLE kept AS SELECT 1 AS a")
    logged_in.run(
        "CREATE OR REPLACE FUNCTION emptied() RETURNS integer LANGUAGE plpgsql AS "
        "'BEGIN DELETE FROM kept; RETURN 1; END'"
    )
    with_entries(project, villages={"url": logged_in.address, "query": query})
    assert rules(project) & {"database_not_select", "database_failed"}
    with logged_in.connect() as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (1,)


def test_a_query_without_end_is_stopped(
    project: Path, logged_in: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "STATEMENT_TIMEOUT_S", 1)
    with_entries(project, villages=logged_in.address + "?query=SELECT+pg_sleep(600)")
    began = time.monotonic()
    assert "database_timeout" in rules(project)
    assert time.monotonic() - began < 30.0  # 1 s and the reading of the other files


def test_too_many_rows_are_refused(
    project: Path, logged_in: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "MOST_ROWS", 100)
    numbers = logged_in.address + "?query=SELECT+generate_series(1,{})+AS+n"
    with_entries(project, villages=numbers.format(101))
    assert "database_too_many_rows" in rules(project)
    with_entries(project, villages=numbers.format(100))
    assert "database_too_many_rows" not in rules(project)


def test_an_address_is_told_from_a_path_and_named_without_its_server() -> None:
    assert is_database("postgresql://a@b/c?table=d")
    assert not is_database("postgresql.csv")
    assert not is_database("data/postgresql")
    assert name_of("postgresql://a:geheim@b/c?table=d.e") == "c: d.e"
    assert name_of("postgresql://a@b/c?query=select%20*%20from%20d") == "c: select * from d"


def test_a_table_of_toml_needs_exactly_what_it_says(project: Path) -> None:
    with_entries(project, villages={"url": "postgresql://a@b/c", "table": "t", "query": "SELECT 1"})
    assert "value_error" in rules(project)


def test_what_asks_for_a_path_refuses_a_database(tmp_path: Path) -> None:
    with pytest.raises(InputDataError, match="chỉ đọc được từ tệp"):
        Desk(tmp_path).path("postgresql://a@b/c?table=d")


def test_the_commune_layer_alone_comes_from_the_database(project: Path, logged_in: Server) -> None:
    from coverage.io.commune_layer import project_communes  # noqa: PLC0415

    logged_in.put_layer("xã mới", made.COMMUNES, 3405)
    with_entries(project, communes=logged_in.entry(quote('"xã mới"')))
    found = project_communes(project)
    assert found["commune_code"].tolist() == ["01840", "01843"]
    assert isinstance(found, gpd.GeoDataFrame)
