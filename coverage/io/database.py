"""Tables and layers read from PostgreSQL with PostGIS, for reading only and within limits.

An entry of `[inputs]` that begins with `postgresql://` names a server, a database and, after the
question mark, a `table` or a `query` that is one SELECT. Passwords never stand in it: they come
from `PGPASSWORD`, from the password file of libpq, or from a variable written `${PG…}`.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs, unquote, urlsplit

import geopandas as gpd
import pandas as pd
import pyproj
import shapely

from coverage.errors import CrsError, InputDataError
from coverage.text import Text

if TYPE_CHECKING:
    from sqlalchemy import Connection

MOST_ROWS: Final = 1_000_000
CONNECT_TIMEOUT_S: Final = 10
STATEMENT_TIMEOUT_S: Final = 120
_LOCK_TIMEOUT_S: Final = 10
_SCHEMES: Final = frozenset({"postgresql", "postgres"})
_OPTIONS: Final = frozenset({"sslmode", "sslrootcert", "sslcert", "sslkey", "passfile", "host"})
"""Of libpq, what may stand in an address; `options` among others could lift the limits."""
_VARIABLE: Final = re.compile(r"\$\{([^}]*)\}")
_ALLOWED_VARIABLE: Final = re.compile(r"(PG|PHUSONG_)[A-Z0-9_]*")
"""A project from elsewhere must not send other variables of this machine to a server of its own."""
_READS: Final = re.compile(r"\s*(select|with|values|table)\b", re.IGNORECASE)
_COMMENT: Final = re.compile(r"\s*(--[^\n]*(\n|$)|/\*.*?\*/)", re.DOTALL)
_SHOWN: Final = 40
_SHAPE_TYPES: Final = ("geometry", "geography")
_PREFERRED: Final = ("geometry", "geom", "the_geom", "wkb_geometry")
_FAILED: Final = {
    "42P01": ("database_no_table", Text("không có bảng này", "there is no such table")),
    "3F000": ("database_no_table", Text("không có lược đồ này", "there is no such schema")),
    "42501": ("database_denied", Text("không có quyền đọc", "there is no right to read it")),
    "57014": (
        "database_timeout",
        Text(
            f"truy vấn quá {STATEMENT_TIMEOUT_S} giây",
            f"the query took more than {STATEMENT_TIMEOUT_S} seconds",
        ),
    ),
    "55P03": ("database_timeout", Text("bảng đang bị khóa", "the table is locked")),
    "25006": ("database_not_select", Text("truy vấn ghi dữ liệu", "the query writes data")),
    "42601": ("database_not_select", Text("không phải một lệnh SELECT", "is not one SELECT")),
}
_FIX_TABLE: Final = Text(
    "Kiểm tra tên bảng hoặc truy vấn, và quyền của tài khoản.",
    "Check the name of the table or the query, and the rights of the account.",
)


@dataclass(frozen=True, slots=True)
class Rows:
    """What was read: a table (a GeoDataFrame where it has shapes), and the hash of its content."""

    frame: pd.DataFrame
    sha256: str


@dataclass
class Databases:
    """Reads each entry once; a server that did not answer is not asked again."""

    _read: dict[str, Rows] = field(default_factory=dict)
    _failed: dict[str, tuple[str, Text, Text]] = field(default_factory=dict)

    def rows(self, entry: str, *, name: str) -> Rows:
        """Return the rows of an entry.

        Raises
        ------
        InputDataError
            Where the entry is not sound, the server does not answer, or the rows cannot be read.
        """
        if entry not in self._read:
            wanted = _wanted(entry, name)
            if wanted.server in self._failed:
                raise InputDataError.about(name, *self._failed[wanted.server])
            try:
                self._read[entry] = _rows(wanted, name)
            except _NoConnectionError as error:
                self._failed[wanted.server] = (error.rule, error.what, error.fix)
                raise InputDataError.about(name, error.rule, error.what, error.fix) from error
        return self._read[entry]


class _NoConnectionError(Exception):
    """The server was not reached, or did not let us in."""

    def __init__(self, rule: str, what: Text, fix: Text) -> None:
        super().__init__(what.en)
        self.rule, self.what, self.fix = rule, what, fix


@dataclass(frozen=True, slots=True, repr=False)
class _Wanted:
    """An entry taken apart; `arguments` are those of libpq, a password among them."""

    server: str
    arguments: dict[str, str]
    table: tuple[str, ...]
    query: str


def is_database(entry: str) -> bool:
    """Whether an entry of `[inputs]` names a database rather than a file."""
    return entry.partition("://")[0].lower() in _SCHEMES and "://" in entry


def name_of(entry: str) -> str:
    """Return the name of a database entry for messages and the manifest, without its server."""
    try:
        parts = urlsplit(entry)
        asked = parse_qs(parts.query)
    except ValueError:
        return "postgresql"  # what is wrong with it is told where it is read
    base = unquote(parts.path.lstrip("/")) or "postgresql"
    if "table" in asked:
        return f"{base}: {asked['table'][0]}"
    query = " ".join(asked.get("query", [""])[0].split())
    return f"{base}: {query[:_SHOWN]}{'…' if len(query) > _SHOWN else ''}"


def with_places(frame: pd.DataFrame, *, name: str) -> pd.DataFrame:
    """Give a table of points its `longitude` and `latitude` (WGS 84), where it has none.

    Raises
    ------
    InputDataError
        Where the shapes are not points, or their coordinate system is not known.
    """
    if not isinstance(frame, gpd.GeoDataFrame):
        return frame
    plain = pd.DataFrame(frame.drop(columns=frame.geometry.name))
    if {"longitude", "latitude"} & {str(column).lower() for column in plain.columns}:
        return plain
    shapes = frame.geometry
    wrong = shapes.notna() & ~shapes.is_empty & (shapes.geom_type != "Point")
    if wrong.any():
        raise InputDataError.about(
            name,
            "wrong_geometry",
            Text("đối tượng không phải là điểm", "the feature is not a point"),
            Text("Dùng ST_PointOnSurface trong query.", "Use ST_PointOnSurface in a query."),
            rows=tuple(frame.index[wrong][:20]),
            count=int(wrong.sum()),
        )
    require_crs(frame, name=name)
    placed = shapes.to_crs("EPSG:4326")
    return plain.assign(
        longitude=placed.x.where(placed.notna(), None),
        latitude=placed.y.where(placed.notna(), None),
    )


def require_crs(frame: gpd.GeoDataFrame, *, name: str) -> None:
    """Refuse shapes whose table states no coordinate system."""
    if frame.crs is None:
        raise CrsError.about(
            name,
            "missing_crs",
            Text("hình học có SRID 0", "the shapes have SRID 0"),
            Text(
                "Gán SRID bằng ST_SetSRID hoặc UpdateGeometrySRID.",
                "Set it with ST_SetSRID or UpdateGeometrySRID.",
            ),
        )


def _wanted(entry: str, name: str) -> _Wanted:
    try:
        parts = urlsplit(entry)
        asked = parse_qs(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
        port = parts.port
    except ValueError as error:
        raise _unsound(name, Text("địa chỉ không hợp lệ", "the address is not valid")) from error
    user, _, password = parts.netloc.rpartition("@")[0].partition(":")
    if "password" in asked or (password and not _VARIABLE.fullmatch(unquote(password))):
        raise InputDataError.about(
            name,
            "database_password_written",
            Text("mật khẩu ghi thẳng trong địa chỉ", "a password stands in the address"),
            Text(
                "Xóa nó, rồi đặt PGPASSWORD, dùng tệp ~/.pgpass, hoặc ghi ${PG_TÊN_BIẾN}. "
                "Hãy đổi mật khẩu nếu tệp đã gửi đi.",
                "Remove it and set PGPASSWORD, use ~/.pgpass, or write ${PG_NAME}. "
                "Change the password if the file was sent to anyone.",
            ),
        )
    unknown = sorted(set(asked) - _OPTIONS - {"table", "query"})
    if unknown or any(len(values) != 1 for values in asked.values()):
        listed = ", ".join(["table", "query", *sorted(_OPTIONS)])
        raise _unsound(
            name,
            Text(
                f"tham số lạ hoặc lặp {unknown}; được phép: {listed}",
                f"a parameter is unknown or repeated {unknown}; allowed: {listed}",
            ),
        )
    given = {key: values[0] for key, values in asked.items()}
    table, query = given.pop("table", ""), given.pop("query", "")
    if bool(table) == bool(query):
        raise _unsound(
            name, Text("phải có đúng một trong table và query", "needs either table or query")
        )
    if query and not _READS.match(_without_comments(query)):
        raise InputDataError.about(
            name,
            "database_not_select",
            Text("query không phải là một lệnh SELECT", "the query is not a SELECT"),
            Text("Chỉ đọc dữ liệu: SELECT … FROM …", "Only reading: SELECT … FROM …"),
        )
    host = parts.netloc.rpartition("@")[2]
    host = host.removesuffix(f":{port}") if port is not None else host.removesuffix(":")
    stated = {
        "user": unquote(user),
        "password": unquote(password),
        "host": unquote(host).strip("[]"),
        "port": "" if port is None else str(port),
        "dbname": unquote(parts.path.lstrip("/")),
    } | given
    return _Wanted(
        server=f"{parts.netloc} {parts.path} {sorted(given.items())}",
        arguments={key: _filled(value, name) for key, value in stated.items() if value},
        table=_identifiers(table, name) if table else (),
        query=query.strip().rstrip(";"),
    )


def _filled(text: str, name: str) -> str:
    """Put variables of the environment in their places."""
    for variable in _VARIABLE.findall(text):
        if not _ALLOWED_VARIABLE.fullmatch(variable):
            raise _unsound(
                name,
                Text(
                    f"tên biến {variable!r} phải bắt đầu bằng PG hoặc PHUSONG_",
                    f"the variable {variable!r} must begin with PG or PHUSONG_",
                ),
            )
        if not os.environ.get(variable):
            raise _unsound(
                name,
                Text(
                    f"biến môi trường {variable} chưa được đặt",
                    f"the environment variable {variable} is not set",
                ),
            )
    return _VARIABLE.sub(lambda found: os.environ[found[1]], text)


def _identifiers(table: str, name: str) -> tuple[str, ...]:
    """Take `schema.table` apart; names with dots or capitals stand in quotes."""
    word = r'(?:"(?:[^"]|"")+"|[^".\s]+)'
    if not re.fullmatch(rf"{word}(?:\.{word})?", table):
        raise _unsound(
            name,
            Text(
                f"tên bảng {table!r} phải có dạng lược_đồ.bảng",
                f"the table {table!r} must be schema.table",
            ),
        )
    return tuple(
        found[1:-1].replace('""', '"') if found.startswith('"') else found.lower()
        for found in re.findall(word, table)
    )


def _without_comments(query: str) -> str:
    while found := _COMMENT.match(query):
        query = query[found.end() :]
    return query.lstrip(" \t\r\n(")


def _rows(wanted: _Wanted, name: str) -> Rows:
    with _connected(wanted, name) as connection:
        source = _ordered_table(connection, wanted.table) if wanted.table else f"({wanted.query}\n)"
        probe = connection.exec_driver_sql(f"{_select(source)} LIMIT %s", (0,))
        shape_types = _shape_types(connection)
        # Name and type number of each column, the first two places that DB-API promises.
        described = [(str(about[0]), about[1]) for about in probe.cursor.description]
        columns = [column for column, _ in described]
        shapes = [column for column, kind in described if kind in shape_types]
        found = connection.exec_driver_sql(f"{_select(source)} LIMIT %s", (MOST_ROWS + 1,))
        rows = found.fetchall()
        if len(rows) > MOST_ROWS:
            raise InputDataError.about(
                name,
                "database_too_many_rows",
                Text(f"có hơn {MOST_ROWS:,} dòng", f"there are more than {MOST_ROWS:,} rows"),
                Text("Dùng query với WHERE.", "Use a query with WHERE."),
            )
        frame = _frame(rows, columns)
        digest = _sha256(columns, rows)
        if not shapes:
            return Rows(frame, digest)
        return Rows(_shaped(frame, shapes, connection, name), digest)


def _select(source: str) -> str:
    # `%` is the driver's sign of a parameter; parameters make the server refuse a second command.
    return f"SELECT * FROM {source.replace('%', '%%')} AS wanted"  # noqa: S608


def _ordered_table(connection: Connection, table: tuple[str, ...]) -> str:
    """Return a table in the order of its key, or as its rows lie: a result must not vary by run."""
    quoted = ".".join(_quoted(part) for part in table)
    kind = connection.exec_driver_sql(
        "SELECT c.relkind::text, array(SELECT a.attname::text FROM pg_index AS i, "
        "unnest(i.indkey) WITH ORDINALITY AS k(number, place), pg_attribute AS a "
        "WHERE i.indrelid = c.oid AND i.indisprimary AND a.attrelid = c.oid "
        "AND a.attnum = k.number ORDER BY k.place) "
        "FROM pg_class AS c WHERE c.oid = CAST(CAST(%s AS text) AS regclass)",
        (quoted,),
    ).one()
    keys = ", ".join(_quoted(key) for key in kind[1]) or ("ctid" if kind[0] in "rm" else "")
    return f"(SELECT * FROM {quoted}{f' ORDER BY {keys}' if keys else ''})"  # noqa: S608


def _quoted(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'


def _shape_types(connection: Connection) -> set[int]:
    found = connection.exec_driver_sql(
        "SELECT oid FROM pg_type WHERE typname = ANY(%s)", (list(_SHAPE_TYPES),)
    )
    return {int(row[0]) for row in found}


@contextmanager
def _connected(wanted: _Wanted, name: str) -> Iterator[Connection]:
    """Open a transaction that can only read, and turn what fails into errors of ours."""
    import psycopg  # noqa: PLC0415 - slow to load, and most projects have no database
    import sqlalchemy as sa  # noqa: PLC0415

    limits = {
        "default_transaction_read_only": "on",
        "statement_timeout": STATEMENT_TIMEOUT_S * 1000,
        "lock_timeout": _LOCK_TIMEOUT_S * 1000,
        "idle_in_transaction_session_timeout": STATEMENT_TIMEOUT_S * 1000,
    }
    options = " ".join(f"-c {key}={value}" for key, value in limits.items())
    arguments = wanted.arguments | {
        "connect_timeout": str(CONNECT_TIMEOUT_S),
        "options": options,
        "application_name": "phusong",
    }
    engine = sa.create_engine(
        "postgresql+psycopg://",
        connect_args=arguments,
        poolclass=sa.NullPool,
        hide_parameters=True,
    )
    try:
        try:
            connection = engine.connect()
        except sa.exc.DBAPIError as error:
            raise _no_connection(error.orig, wanted) from error
        with connection:
            yield connection
    except (sa.exc.SQLAlchemyError, psycopg.Error, UnicodeError) as error:
        raise _unread(error, wanted, name) from error
    finally:
        engine.dispose()


def _no_connection(reason: Any, wanted: _Wanted) -> _NoConnectionError:
    told = _scrubbed(str(reason), wanted)
    tried = getattr(reason, "pgconn", None)
    asked = tried is not None and (tried.needs_password or tried.used_password)
    if asked or "FATAL" in told:
        return _NoConnectionError(
            "database_refused",
            Text(f"máy chủ từ chối đăng nhập ({told})", f"the server refused the login ({told})"),
            Text(
                "Kiểm tra tài khoản, tên cơ sở dữ liệu và mật khẩu (PGPASSWORD hoặc ~/.pgpass).",
                "Check account, database and password (PGPASSWORD or ~/.pgpass).",
            ),
        )
    return _NoConnectionError(
        "database_unreachable",
        Text(f"không kết nối được máy chủ ({told})", f"the server does not answer ({told})"),
        Text(
            "Kiểm tra tên máy, cổng, mạng và tường lửa.",
            "Check host, port, network and firewall.",
        ),
    )


def _unread(error: Exception, wanted: _Wanted, name: str) -> InputDataError:
    cause = getattr(error, "orig", error)
    state = getattr(cause, "sqlstate", None) or ""
    about = getattr(getattr(cause, "diag", None), "message_primary", None)
    told = _scrubbed(str(about or cause), wanted)
    rule, what = _FAILED.get(
        state, ("database_failed", Text("không đọc được", "it cannot be read"))
    )
    return InputDataError.about(
        name, rule, Text(f"{what.vi} ({told})", f"{what.en} ({told})"), _FIX_TABLE
    )


def _scrubbed(text: str, wanted: _Wanted) -> str:
    """Return a driver's message on one line and without the password."""
    for password in (wanted.arguments.get("password"), os.environ.get("PGPASSWORD")):
        if password:
            text = text.replace(password, "***")
    return " ".join(text.split())[:300]


def _frame(rows: Sequence[Sequence[Any]], columns: list[str]) -> pd.DataFrame:
    cells = [[_plain(cell) for cell in row] for row in rows]
    return pd.DataFrame(cells, columns=columns, index=pd.RangeIndex(1, len(rows) + 1), dtype=object)


def _plain(cell: Any) -> Any:
    """Return a cell as a workbook would give it."""
    if isinstance(cell, Decimal):
        return int(cell) if cell.is_finite() and cell == cell.to_integral_value() else float(cell)
    if cell is None or isinstance(cell, str | int | float | bool | datetime | date):
        return cell
    return str(cell)


def _sha256(columns: list[str], rows: Sequence[Sequence[Any]]) -> str:
    """Return one hash over the columns and every cell, in order."""
    digest = hashlib.sha256(repr(columns).encode())
    for row in rows:
        digest.update(repr(tuple(row)).encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def _shaped(
    frame: pd.DataFrame, shapes: list[str], connection: Connection, name: str
) -> gpd.GeoDataFrame:
    """Return the table with its shapes, in the system that their SRID stands for."""
    chosen = next((column for column in _PREFERRED if column in shapes), shapes[0])
    if len(shapes) > 1 and chosen not in _PREFERRED:
        raise InputDataError.about(
            name,
            "several_geometries",
            Text(f"có nhiều cột hình học: {shapes}", f"there are several columns: {shapes}"),
            Text("Chọn một cột bằng query.", "Choose one with a query."),
        )
    try:
        geometry = shapely.from_wkb(frame[chosen].to_numpy())
    except shapely.errors.GEOSException as error:
        raise InputDataError.about(
            name,
            "unreadable_layer",
            Text(f"hình học không đọc được ({error})", f"shapes cannot be read ({error})"),
            Text("Dùng ST_CurveToLine trong query.", "Use ST_CurveToLine in a query."),
        ) from error
    known = shapely.get_srid(geometry[~shapely.is_missing(geometry)])
    systems = sorted({int(srid) for srid in known})
    if len(systems) > 1:
        raise CrsError.about(
            name,
            "mixed_srid",
            Text(f"hình học có nhiều SRID: {systems}", f"the shapes have several SRIDs: {systems}"),
            Text("Đưa về một hệ bằng ST_Transform.", "Bring them into one with ST_Transform."),
        )
    crs = _system(systems[0], connection, name) if systems and systems[0] else None
    if crs is not None:
        _refuse_impossible_degrees(geometry, crs, systems[0], name)
    others = frame.drop(columns=shapes).infer_objects()
    return gpd.GeoDataFrame(others, geometry=shapely.set_srid(geometry, 0), crs=crs)


def _system(srid: int, connection: Connection, name: str) -> pyproj.CRS:
    listed = connection.exec_driver_sql(
        "SELECT auth_name, auth_srid, srtext FROM spatial_ref_sys WHERE srid = %s", (srid,)
    ).first()
    spellings = [] if listed is None else [f"{listed[0]}:{listed[1]}", str(listed[2])]
    for spelling in spellings:
        try:
            return pyproj.CRS.from_user_input(spelling)
        except pyproj.exceptions.CRSError:
            continue
    raise CrsError.about(
        name,
        "unknown_srid",
        Text(f"SRID {srid} không có trong spatial_ref_sys", f"the SRID {srid} is not known"),
        Text("Gán SRID đúng bằng ST_SetSRID.", "Set the right SRID with ST_SetSRID."),
    )


def _refuse_impossible_degrees(geometry: Any, crs: pyproj.CRS, srid: int, name: str) -> None:
    west, south, east, north = shapely.total_bounds(geometry)
    if crs.is_geographic and (min(west, south) < -180 or max(east, -south, north) > 180):  # noqa: PLR2004
        raise CrsError.about(
            name,
            "wrong_srid",
            Text(
                f"SRID {srid} là độ nhưng tọa độ lên tới {max(east, north):,.0f}",
                f"the SRID {srid} is in degrees, but coordinates reach {max(east, north):,.0f}",
            ),
            Text(
                "Gán SRID đúng (VN-2000: 3405, 3406, 9205–9221).",
                "Set the right SRID (VN-2000: 3405, 3406, 9205–9221).",
            ),
        )


def _unsound(name: str, what: Text) -> InputDataError:
    return InputDataError.about(
        name,
        "database_address",
        what,
        Text(
            "Ví dụ: postgresql://tài_khoản@máy/cơ_sở?table=lược_đồ.bảng",
            "Such as: postgresql://user@host/database?table=schema.table",
        ),
    )
