"""Commands that compute: run, plan, fibre, compare, verify."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from coverage.cli.command import OUT, SCHEDULER, WORKERS, common, crew_of, main, progress_of, warn
from coverage.text import Language

if TYPE_CHECKING:
    import pandas as pd


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


@main.command()
@click.argument("project", type=click.Path(path_type=Path))
@OUT
@WORKERS
@SCHEDULER
@common
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

    progress = progress_of(lang, quiet=quiet)
    if country_path(project) is not None:
        with crew_of(workers, scheduler) as crew:
            table, folder = pipeline.run_country(project, out, workers=crew, progress=progress)
        _print_country(table, folder)
        return
    with crew_of(workers, scheduler) as crew:
        result, folder = pipeline.run_project(project, out, workers=crew, progress=progress)
    if not quiet:
        warn(problem.line(lang) for problem in result.warnings)
    click.echo(json.dumps({"out": str(folder), **totals(result)}, ensure_ascii=False, indent=2))


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
@OUT
@WORKERS
@SCHEDULER
@common
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
        with crew_of(workers, scheduler) as crew:
            table, folder = pipeline.plan_country(
                project,
                out,
                budget=budget,
                workers=crew,
                progress=progress_of(lang, quiet=quiet),
            )
        _print_country(table, folder)
        return
    with crew_of(workers, scheduler) as crew:
        result, found, folder = pipeline.plan_project(
            project,
            out,
            budget=budget,
            target=target,
            variants=scenarios or False,
            workers=crew,
            progress=progress_of(lang, quiet=quiet),
        )
    if not quiet:
        warn(problem.line(lang) for problem in result.warnings)
    told = {"out": str(folder), **plan_figures(found)}
    click.echo(json.dumps(told, ensure_ascii=False, indent=2))


@main.command()
@click.argument("project", type=click.Path(path_type=Path))
@click.option("--budget", help="Ngân sách đầu tư, VND hoặc ví dụ 5000000USD / limit of capex")
@click.option("--target", help="Tỷ lệ hộ chưa có cáp quang cần nối, ví dụ 80% / share to join")
@OUT
@WORKERS
@SCHEDULER
@common
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

    with crew_of(workers, scheduler) as crew:
        result, found, folder = pipeline.fibre_project(
            project,
            out,
            budget=budget,
            target=target,
            workers=crew,
            progress=progress_of(lang, quiet=quiet),
        )
    if not quiet:
        warn(problem.line(lang) for problem in result.warnings)
        warn(note.get(lang) for note in found.notes)
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
@common
def compare(
    base: Path, others: tuple[Path, ...], out: Path, *, lang: Language, quiet: bool
) -> None:
    """So sánh các lần chạy với lần gốc / hold finished runs against the first."""
    from coverage import comparison
    from coverage.comparison.outputs import summary, write_comparison

    found = comparison.compare(base, *others)
    written = write_comparison(found, out)
    if not quiet:
        warn(problem.line(lang) for problem in found.warnings)
    click.echo(json.dumps({"out": str(written), **summary(found)}, ensure_ascii=False, indent=2))


@main.command()
@click.argument("out", type=click.Path(path_type=Path))
@click.option(
    "--project",
    type=click.Path(path_type=Path),
    help="Dự án của lần chạy, mặc định thư mục chứa OUT / its project, default the folder above",
)
@common
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


def _print_country(table: pd.DataFrame, folder: Path) -> None:
    """Print the sums over a country's provinces."""
    sums = table.drop(columns=["province", "province_name"]).sum().to_dict()
    told = {"out": str(folder), "provinces": len(table), **sums}
    click.echo(json.dumps(told, ensure_ascii=False, indent=2))
