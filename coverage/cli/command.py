"""The command's group, the options that its parts share, and how they speak."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from coverage import __version__
from coverage.errors import CoverageError
from coverage.text import Language

if TYPE_CHECKING:
    from coverage.prediction import Workers

WORKERS: Final = click.option(
    "--workers", type=click.IntRange(min=1), help="Số luồng của máy này / threads of this machine"
)
SCHEDULER: Final = click.option(
    "--scheduler",
    metavar="ADDRESS",
    help="Dự báo trên cụm Dask, ví dụ tcp://10.0.0.1:8786 / predict on a Dask cluster",
)
OUT: Final = click.option(
    "--out", type=click.Path(path_type=Path), help="Thư mục kết quả / output folder"
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


def common(command: Callable[..., None]) -> Callable[..., None]:
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
        sys.excepthook = tell_defect
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8")


def tell_defect(kind: type[BaseException], error: BaseException, _trace: object) -> None:
    """Say that the program failed, without a traceback."""
    click.echo(
        f"Lỗi của chương trình ({kind.__name__}: {error}). Chạy lại với --debug và gửi cho nhóm "
        "phát triển.\nThe program failed; run again with --debug and send it to the developers.",
        err=True,
    )


def progress_of(lang: Language, *, quiet: bool) -> Callable[[str, float], None] | None:
    """Return a callback that rewrites one line on a terminal, and writes few lines elsewhere.

    None where nobody wants to hear of it.
    """
    if quiet:
        return None
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


@contextmanager
def crew_of(workers: int | None, scheduler: str | None) -> Iterator[Workers | None]:
    """Give who is to predict: threads of this machine, or a cluster."""
    if scheduler is None:
        yield workers
        return
    if workers is not None:
        raise click.UsageError("--workers | --scheduler: chỉ một / one of them")
    from coverage.distribution import cluster

    with cluster(scheduler) as crew:
        yield crew


def warn(lines: Iterable[str]) -> None:
    """Write warnings, one a line."""
    for line in lines:
        click.echo(f"! {line}", err=True)
