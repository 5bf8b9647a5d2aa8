"""The command that starts the app."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from coverage.cli.command import common, main, progress_of
from coverage.text import Language

if TYPE_CHECKING:
    pass

APP: Final = Path(__file__).resolve().parents[2] / "app.py"


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
@common
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
            write_demo(project, progress=progress_of(lang, quiet=quiet))
    if not quiet:
        click.echo(serving.told().get(lang), err=True)
    command = [*serving.command(), "--", str(project.resolve())]
    surroundings = os.environ | serving.surroundings()
    sys.exit(subprocess.call(command, env=surroundings, cwd=APP.parent))  # noqa: S603
