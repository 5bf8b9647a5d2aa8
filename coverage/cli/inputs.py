"""Commands about inputs: demo, check, import, fetch."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from coverage.cli.command import common, main, progress_of
from coverage.errors import CoverageError, Problem
from coverage.text import Language

if TYPE_CHECKING:
    from coverage.intake.sheet import Role
    from coverage.params import Scenario


@main.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("--country", is_flag=True, help="Cả nước, mỗi tỉnh một dự án / a whole country")
@click.option(
    "--provinces",
    type=click.IntRange(min=1),
    help="Chỉ bấy nhiêu tỉnh đầu của cả nước / only so many provinces of it",
)
@common
def demo(
    folder: Path,
    seed: int,
    *,
    country: bool,
    provinces: int | None,
    lang: Language,
    quiet: bool,
) -> None:
    """Tạo một dự án mẫu (dữ liệu mô phỏng) / write a synthetic project."""
    from coverage.demo import write_country, write_demo

    progress = progress_of(lang, quiet=quiet)
    if not country:
        if provinces is not None:
            raise click.UsageError("--provinces: cần --country / needs --country")
        click.echo(write_demo(folder, seed=seed, progress=progress))
        return
    several = {} if provinces is None else {"provinces": provinces}
    click.echo(write_country(folder, seed=seed, progress=progress, **several))


@main.command()
@click.argument("project", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Kết quả dạng JSON / as JSON")
@common
def check(project: Path, *, as_json: bool, lang: Language, quiet: bool) -> None:
    """Đọc và kiểm tra mọi dữ liệu / read and validate every input."""
    from coverage.io.project import examine

    errors: list[dict[str, object]] = []
    warnings: list[dict[str, object]] = []
    scenario: Scenario | None = None
    problems: tuple[Problem, ...] = ()
    try:
        inputs, problems = examine(project)
        scenario = None if inputs is None else inputs.scenario
    except CoverageError as error:
        errors.append({"rule": type(error).__name__, "message": error.message(lang)})
    for problem in problems:
        (errors if problem.severity == "error" else warnings).append(problem.as_dict(lang))
    if as_json:
        click.echo(
            json.dumps({"errors": errors, "warnings": warnings}, ensure_ascii=False, indent=2)
        )
    else:
        _print_findings(errors, problems, lang)
        if scenario is not None and not quiet:
            _print_scenario(scenario, lang)
    if errors:
        sys.exit(2)


@main.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--as",
    "role",
    type=click.Choice(["villages", "stations", "communes", "measurements"]),
    required=True,
    help="Bảng chứa gì / what the rows are",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    help="Bảng sạch (.csv, .xlsx) / the clean table",
)
@click.option(
    "--project",
    type=click.Path(path_type=Path),
    help="Dự án có ranh giới xã / a project, for its communes",
)
@click.option(
    "--map",
    "mapping",
    type=click.Path(path_type=Path),
    help="TOML ghi cột, đơn vị, hệ tọa độ / what you state about the sheet",
)
@common
def import_sheet(
    file: Path,
    role: Role | Literal["measurements"],
    out: Path,
    project: Path | None,
    mapping: Path | None,
    *,
    lang: Language,
    quiet: bool,
) -> None:
    """Đưa bảng lộn xộn về bảng sạch, kèm báo cáo / a messy sheet to a clean table and a report."""
    from coverage.confined import confined
    from coverage.importing import CONFINES, import_told, measurements_told

    if role == "measurements":
        told, table, report = confined(
            CONFINES, measurements_told, file, out, mapping=mapping, language=lang
        )
    else:
        told, table, report = confined(
            CONFINES, import_told, file, role, out, project=project, mapping=mapping, language=lang
        )
    if not quiet:
        click.echo(told, err=True)
    click.echo(table)
    click.echo(report)


@main.command("fetch")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Dự án / the project")
@click.option("--province", default="", help="Tên tỉnh / name of the province")
@click.option("--bbox", default="", help="Thay cho tỉnh / instead: W,S,E,N (°)")
@click.option("--country", default="VNM", show_default=True, help="Mã nước / ISO 3166-1 alpha-3")
@click.option(
    "--what",
    default="communes,terrain,roads,stations,population",
    show_default=True,
    help="Tải những gì / what to fetch",
)
@click.option(
    "--token",
    envvar="OPENCELLID_TOKEN",
    default="",
    help="Mã OpenCelliD, nên đặt ở OPENCELLID_TOKEN / your OpenCelliD token, better set there",
)
@click.option("--mcc", type=click.IntRange(100, 999), help="Mã mạng quốc gia / country code")
@click.option("--refresh", is_flag=True, help="Tải lại cả tệp đã có / ask again for kept files")
@click.option(
    "--services",
    "services_file",
    type=click.Path(path_type=Path),
    help="TOML thay địa chỉ dịch vụ / addresses over the presets",
)
@common
def fetch_data(
    out: Path,
    province: str,
    bbox: str,
    country: str,
    what: str,
    *,
    token: str,
    mcc: int | None,
    services_file: Path | None,
    refresh: bool,
    lang: Language,
    quiet: bool,
) -> None:
    """Tải dữ liệu mở của một tỉnh thành dự án / open data of a province as a project."""
    from coverage.fetch.download import Downloader, FetchError
    from coverage.fetch.province import Request, fetch, summary
    from coverage.fetch.services import services
    from coverage.io.store import default_folder

    known = services(services_file)
    outcome = fetch(
        out,
        Request(
            country=country,
            province=province,
            bbox=bbox,
            what=tuple(name.strip() for name in what.split(",") if name.strip()),
            token=token,
            mcc=mcc,
        ),
        known,
        Downloader(default_folder() / "downloads", known.download, refresh=refresh),
        progress=progress_of(lang, quiet=quiet),
    )
    if not quiet:
        for remark in outcome.remarks:
            click.echo(f"! {remark.get(lang)}", err=True)
    for name, why in outcome.missing.items():
        click.echo(f"✗ {name}: {why.get(lang)}", err=True)
    click.echo(json.dumps(summary(outcome), ensure_ascii=False, indent=2))
    if outcome.missing:
        again = {"vi": "Chạy lại lệnh này để tải tiếp.", "en": "Run again to go on."}
        click.echo(again[lang], err=True)
        sys.exit(FetchError.exit_code)


def _print_findings(
    errors: list[dict[str, object]], problems: tuple[Problem, ...], lang: Language
) -> None:
    for entry in errors:
        if "file" not in entry:
            click.echo(f"✗ {entry['message']}")
    for problem in problems:
        click.echo(f"{'✗' if problem.severity == 'error' else '!'} {problem.line(lang)}")
    warnings = sum(p.severity == "warning" for p in problems)
    if lang == "vi":
        click.echo(f"{len(errors)} lỗi, {warnings} cảnh báo.")
    else:
        click.echo(f"{len(errors)} errors, {warnings} warnings.")


def _print_scenario(scenario: Scenario, lang: Language) -> None:
    click.echo("Kịch bản đang dùng:" if lang == "vi" else "Scenario in use:")
    for line in _setting_lines("", scenario.model_dump(mode="json")):
        click.echo(f"  {line}")


def _setting_lines(name: str, values: Any) -> Iterator[str]:
    """One line for each setting, or group of settings that holds no further group."""
    if name and not (
        isinstance(values, dict) and any(isinstance(v, dict) for v in values.values())
    ):
        yield f"{name}: {json.dumps(values, ensure_ascii=False)}"
        return
    for key, value in values.items():
        yield from _setting_lines(f"{name}.{key}" if name else key, value)
