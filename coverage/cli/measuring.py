"""Commands about measurements: survey, validate, calibrate."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from coverage.cli.command import common, main, progress_of
from coverage.text import Language

if TYPE_CHECKING:
    pass


@main.command("survey")
@click.argument("project", type=click.Path(path_type=Path))
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, help="Thư mục kết quả / output folder"
)
@click.option(
    "--most", type=click.IntRange(min=1), help="Số thôn và số đoạn nhiều nhất / so many at most"
)
@click.option("--workers", type=click.IntRange(min=1), help="Số luồng / threads")
@common
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
        load_project(project), workers=workers, progress=progress_of(lang, quiet=quiet)
    )
    for path in write_survey(result, out, most=most, language=lang):
        click.echo(path)


@main.command()
@click.argument("project", type=click.Path(path_type=Path))
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, help="Thư mục kết quả / output folder"
)
@click.option("--workers", type=click.IntRange(min=1), help="Số luồng / threads")
@common
def validate(project: Path, out: Path, workers: int | None, *, lang: Language, quiet: bool) -> None:
    """So sánh dự báo với số đo thực địa / hold the prediction against measurements."""
    from coverage import calibration
    from coverage.calibration.outputs import summary, write_validation
    from coverage.io.project import load_project

    inputs = load_project(project)
    found = calibration.validate_project(
        inputs, inputs.scenario, workers=workers, progress=progress_of(lang, quiet=quiet)
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
@common
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
        progress=progress_of(lang, quiet=quiet),
    )
    write_calibration(found, out)
    told = found.model_dump(mode="json", exclude={"offsets", "inputs"}, exclude_none=True)
    click.echo(json.dumps({"out": str(out), **told}, ensure_ascii=False, indent=2))
