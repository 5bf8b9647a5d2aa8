"""The command `phusong`: results on stdout, progress and messages on stderr.

A command imports what it alone needs, so that the others do not wait for it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import click

from coverage import __version__
from coverage.errors import CoverageError, Problem
from coverage.text import Language

if TYPE_CHECKING:
    import pandas as pd

    from coverage.conversion import Form
    from coverage.documents import DocumentForm
    from coverage.intake.sheet import Role
    from coverage.params import Scenario
    from coverage.prediction import Workers

_WORKERS: Final = click.option(
    "--workers", type=click.IntRange(min=1), help="Số luồng của máy này / threads of this machine"
)
_SCHEDULER: Final = click.option(
    "--scheduler",
    metavar="ADDRESS",
    help="Dự báo trên cụm Dask, ví dụ tcp://10.0.0.1:8786 / predict on a Dask cluster",
)
_STAGES_VI: Final = {
    "inputs": "Đọc dữ liệu",
    "prediction": "Dự báo tín hiệu",
    "assessment": "Đánh giá và xếp hạng",
    "candidates": "Dự báo các vị trí có thể xây",
    "points": "Dự báo tại điểm đo",
    "planning": "Lập phương án",
    "variants": "Lập lại theo giả định khác",
    "exports": "Ghi kết quả",
    "communes": "Ranh giới xã",
    "terrain": "Địa hình",
    "roads": "Đường, điện, điểm dân cư",
    "stations": "Trạm phát sóng",
    "population": "Dân số",
    "country": "Cả nước",
    "provinces": "Từng tỉnh",
}
APP: Final = Path(__file__).resolve().parent.parent / "app.py"


class _Scenarios(click.ParamType[bool | int]):
    """A number of other assumptions, or "all"."""

    name = "N|all"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> bool | int:
        """Return True for all, or the number."""
        if value == "all" or value is True:
            return True
        return click.IntRange(min=1, max=1_000).convert(value, param, ctx)


def _common(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the common options, and turn our errors into messages and exit codes."""

    @click.option(
        "--lang",
        type=click.Choice(["vi", "en"]),
        default="vi",
        show_default=True,
        help="Ngôn ngữ / language",
    )
    @click.option("--quiet", is_flag=True, help="Không báo tiến độ / no progress")
    @click.option("--debug", is_flag=True, help="Hiện vết lỗi / show tracebacks")
    @wraps(command)
    def guarded(*args: Any, debug: bool, lang: Language, **options: Any) -> None:
        try:
            command(*args, lang=lang, **options)
        except CoverageError as error:
            if debug:
                raise
            click.echo(error.message(lang), err=True)
            sys.exit(error.exit_code)

    return guarded


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="phusong")
def main() -> None:
    """Phủ Sóng: tìm thôn chưa có sóng, giải thích, xếp hạng, lập kế hoạch.

    Find who has no signal, explain why, rank, plan.
    """
    if "--debug" not in sys.argv:
        sys.excepthook = _tell_defect
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8")


def _tell_defect(kind: type[BaseException], error: BaseException, _trace: object) -> None:
    """Say that the program failed, without a traceback."""
    click.echo(
        f"Lỗi của chương trình ({kind.__name__}: {error}). Chạy lại với --debug và gửi cho nhóm "
        "phát triển.\nThe program failed; run again with --debug and send it to the developers.",
        err=True,
    )


@main.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("--country", is_flag=True, help="Cả nước, mỗi tỉnh một dự án / a whole country")
@click.option(
    "--provinces",
    type=click.IntRange(min=1),
    help="Chỉ bấy nhiêu tỉnh đầu của cả nước / only so many provinces of it",
)
@_common
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

    progress = None if quiet else _progress(lang)
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
@_common
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


@main.command()
@click.argument("project", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), help="Thư mục kết quả / output folder")
@_WORKERS
@_SCHEDULER
@_common
def run(
    project: Path,
    out: Path | None,
    workers: int | None,
    scheduler: str | None,
    *,
    lang: Language,
    quiet: bool,
) -> None:
    """Chạy toàn bộ và ghi kết quả / run everything and write the outputs."""
    from coverage import pipeline
    from coverage.exports import totals
    from coverage.io.country import country_path

    progress = None if quiet else _progress(lang)
    if country_path(project) is not None:
        with _crew(workers, scheduler) as crew:
            table, folder = pipeline.run_country(project, out, workers=crew, progress=progress)
        _print_country(table, folder)
        return
    with _crew(workers, scheduler) as crew:
        result, folder = pipeline.run_project(project, out, workers=crew, progress=progress)
    if not quiet:
        _warn(problem.line(lang) for problem in result.warnings)
    click.echo(json.dumps({"out": str(folder), **totals(result)}, ensure_ascii=False, indent=2))


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
@_common
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
@_common
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
        progress=None if quiet else _progress(lang),
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


@main.command()
@click.argument("project", type=click.Path(path_type=Path))
@click.option("--budget", help="Ngân sách đầu tư, VND hoặc ví dụ 5000000USD / limit of capex")
@click.option(
    "--target",
    help="Tỷ lệ hộ chưa có sóng cần phủ, ví dụ 90%, với chi phí thấp nhất / share to reach",
)
@click.option(
    "--scenarios",
    type=_Scenarios(),
    help="Lập lại theo N giả định khác, hoặc all, xem hạng mục nào vẫn được chọn / plan again so "
    "often under other assumptions",
)
@click.option("--out", type=click.Path(path_type=Path), help="Thư mục kết quả / output folder")
@_WORKERS
@_SCHEDULER
@_common
def plan(
    project: Path,
    budget: str | None,
    target: str | None,
    *,
    scenarios: bool | int | None,
    out: Path | None,
    workers: int | None,
    scheduler: str | None,
    lang: Language,
    quiet: bool,
) -> None:
    """Chạy, rồi chọn hạng mục xây dựng theo ngân sách hoặc mục tiêu / run, then plan."""
    from coverage import pipeline
    from coverage.exports import plan_figures
    from coverage.io.country import country_path

    if country_path(project) is not None:
        if budget is None or target is not None or scenarios is not None:
            raise click.UsageError("country.toml: chỉ / only --budget")
        with _crew(workers, scheduler) as crew:
            table, folder = pipeline.plan_country(
                project,
                out,
                budget=budget,
                workers=crew,
                progress=None if quiet else _progress(lang),
            )
        _print_country(table, folder)
        return
    with _crew(workers, scheduler) as crew:
        result, found, folder = pipeline.plan_project(
            project,
            out,
            budget=budget,
            target=target,
            variants=scenarios or False,
            workers=crew,
            progress=None if quiet else _progress(lang),
        )
    if not quiet:
        _warn(problem.line(lang) for problem in result.warnings)
    told = {"out": str(folder), **plan_figures(found)}
    click.echo(json.dumps(told, ensure_ascii=False, indent=2))


@main.command()
@click.argument("project", type=click.Path(path_type=Path))
@click.option("--budget", help="Ngân sách đầu tư, VND hoặc ví dụ 5000000USD / limit of capex")
@click.option("--target", help="Tỷ lệ hộ chưa có cáp quang cần nối, ví dụ 80% / share to join")
@click.option("--out", type=click.Path(path_type=Path), help="Thư mục kết quả / output folder")
@_WORKERS
@_SCHEDULER
@_common
def fibre(
    project: Path,
    budget: str | None,
    target: str | None,
    *,
    out: Path | None,
    workers: int | None,
    scheduler: str | None,
    lang: Language,
    quiet: bool,
) -> None:
    """Chạy, rồi chọn tuyến cáp quang tới thôn chưa có / run, then plan fibre to villages."""
    from coverage import pipeline
    from coverage.exports import fibre_figures

    with _crew(workers, scheduler) as crew:
        result, found, folder = pipeline.fibre_project(
            project,
            out,
            budget=budget,
            target=target,
            workers=crew,
            progress=None if quiet else _progress(lang),
        )
    if not quiet:
        _warn(problem.line(lang) for problem in result.warnings)
        _warn(note.get(lang) for note in found.notes)
    told = {"out": str(folder), **fibre_figures(found)}
    click.echo(json.dumps(told, ensure_ascii=False, indent=2))


@main.command()
@click.argument("base", type=click.Path(path_type=Path))
@click.argument("others", type=click.Path(path_type=Path), nargs=-1, required=True)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    help="Thư mục, hoặc tệp .html / a folder, or a file ending .html",
)
@_common
def compare(
    base: Path, others: tuple[Path, ...], out: Path, *, lang: Language, quiet: bool
) -> None:
    """So sánh các lần chạy với lần gốc / hold finished runs against the first."""
    from coverage import comparison
    from coverage.comparison.outputs import summary, write_comparison

    found = comparison.compare(base, *others)
    written = write_comparison(found, out)
    if not quiet:
        _warn(problem.line(lang) for problem in found.warnings)
    click.echo(json.dumps({"out": str(written), **summary(found)}, ensure_ascii=False, indent=2))


@main.command("export")
@click.argument("source", metavar="OUT", type=click.Path(path_type=Path))
@click.option(
    "--as",
    "forms",
    multiple=True,
    required=True,
    type=click.Choice(["kml", "kmz", "geojson", "geoparquet", "gpkg"]),
    help="Dạng tệp, nêu được nhiều lần / form, may be given again",
)
@click.option("--layer", "layers", multiple=True, help="Lớp, mặc định tất cả / layer, default all")
@click.option("--crs", help="Hệ tọa độ của gpkg, geoparquet / their system, e.g. EPSG:9213")
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, help="Thư mục / folder to write to"
)
@_common
def export_run(
    source: Path,
    forms: tuple[Form, ...],
    layers: tuple[str, ...],
    crs: str | None,
    out: Path,
    *,
    lang: Language,
    quiet: bool,
) -> None:
    """Chuyển kết quả sang KML, GeoJSON, GeoParquet… / a finished run in other forms."""
    from coverage.conversion import convert

    del quiet
    for path in convert(source, out, forms=forms, layers=layers or None, crs=crs, language=lang):
        click.echo(path)


@main.command("report")
@click.argument("source", metavar="OUT", type=click.Path(path_type=Path))
@click.option(
    "--as",
    "forms",
    multiple=True,
    type=click.Choice(["docx", "pdf", "html"]),
    help="Phụ lục (docx), tờ của từng xã (pdf, html); mặc định cả ba / default all",
)
@click.option(
    "--commune", "communes", multiple=True, help="Mã xã, mặc định tất cả / code, default all"
)
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, help="Thư mục / folder to write to"
)
@_common
def report_run(
    source: Path,
    forms: tuple[DocumentForm, ...],
    communes: tuple[str, ...],
    out: Path,
    *,
    lang: Language,
    quiet: bool,
) -> None:
    """Viết phụ lục Word và tờ của từng xã / a finished run as an annex and sheets of communes."""
    from coverage.documents import FORMS, write_documents

    del quiet
    for path in write_documents(
        source, out, forms=forms or FORMS, communes=communes or None, language=lang
    ):
        click.echo(path)


@main.command()
@click.argument("out", type=click.Path(path_type=Path))
@click.option(
    "--project",
    type=click.Path(path_type=Path),
    help="Dự án của lần chạy, mặc định thư mục chứa OUT / its project, default the folder above",
)
@_common
def verify(out: Path, project: Path | None, *, lang: Language, quiet: bool) -> None:
    """Kiểm tra kết quả có còn nguyên vẹn / recompute the hashes of a run, say what changed."""
    from coverage.comparison.verification import sentence, summary
    from coverage.comparison.verification import verify as verified

    found = verified(out, project)
    if not quiet:
        click.echo(sentence(found).get(lang), err=True)
    click.echo(json.dumps(summary(found), ensure_ascii=False, indent=2))
    if not found.is_intact:
        sys.exit(2)


@main.command("survey")
@click.argument("project", type=click.Path(path_type=Path))
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, help="Thư mục kết quả / output folder"
)
@click.option(
    "--most", type=click.IntRange(min=1), help="Số thôn và số đoạn nhiều nhất / so many at most"
)
@click.option("--workers", type=click.IntRange(min=1), help="Số luồng / threads")
@_common
def survey_run(
    project: Path,
    out: Path,
    most: int | None,
    workers: int | None,
    *,
    lang: Language,
    quiet: bool,
) -> None:
    """Thôn và đoạn đường nên đo tiếp, cho điện thoại / what to measure next, for a phone."""
    from coverage import pipeline
    from coverage.conversion.field import write_survey
    from coverage.io.project import load_project

    result = pipeline.run(
        load_project(project), workers=workers, progress=None if quiet else _progress(lang)
    )
    for path in write_survey(result, out, most=most, language=lang):
        click.echo(path)


@main.command()
@click.argument("project", type=click.Path(path_type=Path))
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, help="Thư mục kết quả / output folder"
)
@click.option("--workers", type=click.IntRange(min=1), help="Số luồng / threads")
@_common
def validate(project: Path, out: Path, workers: int | None, *, lang: Language, quiet: bool) -> None:
    """So sánh dự báo với số đo thực địa / hold the prediction against measurements."""
    from coverage import calibration
    from coverage.calibration.outputs import summary, write_validation
    from coverage.io.project import load_project

    inputs = load_project(project)
    found = calibration.validate_project(
        inputs, inputs.scenario, workers=workers, progress=None if quiet else _progress(lang)
    )
    written = write_validation(found, inputs, out)
    if found.reason is not None and not quiet:
        click.echo(f"! {found.reason.get(lang)}", err=True)
    click.echo(json.dumps({"out": str(written), **summary(found)}, ensure_ascii=False, indent=2))


@main.command()
@click.argument("project", type=click.Path(path_type=Path))
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, help="Tệp .toml / the .toml file"
)
@click.option("--name", default="", help="Tên bộ hiệu chỉnh / name of the calibration")
@click.option("--workers", type=click.IntRange(min=1), help="Số luồng / threads")
@_common
def calibrate(
    project: Path, out: Path, name: str, workers: int | None, *, lang: Language, quiet: bool
) -> None:
    """Hiệu chỉnh dự báo theo số đo thực địa / correct the prediction by measurements."""
    from coverage import calibration
    from coverage.calibration.outputs import write_calibration
    from coverage.io.project import load_project

    inputs = load_project(project)
    found = calibration.calibrate_project(
        inputs,
        inputs.scenario,
        name=name,
        workers=workers,
        progress=None if quiet else _progress(lang),
    )
    write_calibration(found, out)
    told = found.model_dump(mode="json", exclude={"offsets", "inputs"}, exclude_none=True)
    click.echo(json.dumps({"out": str(out), **told}, ensure_ascii=False, indent=2))


@main.command()
@click.argument("project", type=click.Path(path_type=Path), required=False)
@click.option("--port", type=click.IntRange(1, 65535), default=8501, show_default=True)
@click.option(
    "--address",
    default="127.0.0.1",
    show_default=True,
    help="Nơi lắng nghe; ngoài máy này thì cần đăng nhập / where to listen; beyond this machine "
    "only with sign-in",
)
@click.option(
    "--access",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Tệp phân quyền (docs/server.md); có nó thì ai cũng phải đăng nhập / file of roles; with "
    "it everybody must sign in",
)
@click.option(
    "--secrets",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Tệp bí mật có [auth], mặc định .streamlit/secrets.toml / file of secrets with [auth]",
)
@click.option(
    "--without-sign-in",
    is_flag=True,
    help="Mở ra ngoài dù không có đăng nhập (đã có lớp khác kiểm soát) / answer others without "
    "sign-in: something in front asks who comes",
)
@_common
def app(
    project: Path | None,
    port: int,
    address: str,
    access: Path | None,
    secrets: Path | None,
    *,
    without_sign_in: bool,
    lang: Language,
    quiet: bool,
) -> None:
    """Mở ứng dụng trên máy này / start the app on this machine (127.0.0.1)."""
    from coverage.demo import write_demo
    from coverage.serving import Serving, demo_folder

    serving = Serving(APP, address, port, access, secrets, without_sign_in)
    serving.check()
    if project is None:
        project = demo_folder()
        if not (project / "project.toml").is_file():
            write_demo(project, progress=None if quiet else _progress(lang))
    if not quiet:
        click.echo(serving.told().get(lang), err=True)
    command = [*serving.command(), "--", str(project.resolve())]
    surroundings = os.environ | serving.surroundings()
    sys.exit(subprocess.call(command, env=surroundings, cwd=APP.parent))  # noqa: S603


def _progress(lang: Language) -> Callable[[str, float], None]:
    """Return a callback that rewrites one line on a terminal, and writes few lines elsewhere."""
    shown: dict[str, int] = {}

    def show(stage: str, share: float) -> None:
        percent = int(share * 100)
        step = 1 if sys.stderr.isatty() else 25
        if shown.get(stage, -step) + step > percent:
            return
        shown[stage] = percent
        name = _STAGES_VI.get(stage, stage) if lang == "vi" else stage
        end = "\r" if sys.stderr.isatty() and percent < 100 else "\n"  # noqa: PLR2004
        click.echo(f"{name}: {percent} %{end}", err=True, nl=False)

    return show


def _print_country(table: pd.DataFrame, folder: Path) -> None:
    """Print the sums over a country's provinces."""
    sums = table.drop(columns=["province", "province_name"]).sum().to_dict()
    told = {"out": str(folder), "provinces": len(table), **sums}
    click.echo(json.dumps(told, ensure_ascii=False, indent=2))


@contextmanager
def _crew(workers: int | None, scheduler: str | None) -> Iterator[Workers | None]:
    """Give who is to predict: threads of this machine, or a cluster."""
    if scheduler is None:
        yield workers
        return
    if workers is not None:
        raise click.UsageError("--workers | --scheduler: chỉ một / one of them")
    from coverage.distribution import cluster

    with cluster(scheduler) as crew:
        yield crew


def _warn(lines: Iterable[str]) -> None:
    for line in lines:
        click.echo(f"! {line}", err=True)


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
