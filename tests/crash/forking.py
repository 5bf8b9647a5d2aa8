"""Starts the command `phusong` again and again without loading the program anew: a server by forks.

Loading takes longer than a run of a small project. This process loads once, then forks a process
for every line it gets; each runs the command whole and may be killed like any other process.
Lines in: {"arguments": [...], "environment": {...}, "told": path}; for the command "put" not a
command of ours but files (names and texts) put into a folder as a run does, which may be told to
die at a step. Lines out: {"pid": n}, and when it has ended {"code": n, "cpu_s": s}.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any, NoReturn

LOADED = ("cli", "pipeline", "pipeline.projects", "maps", "exports.writing", "io.project")


def main() -> None:
    """Serve until there are no more lines."""
    for name in LOADED:
        importlib.import_module(f"coverage.{name}")
    for line in sys.stdin:
        wanted = json.loads(line)
        pid = os.fork()
        if pid == 0:
            run(wanted)
        tell(pid=pid)
        _, status, used = os.wait4(pid, 0)
        tell(code=os.waitstatus_to_exitcode(status), cpu_s=used.ru_utime + used.ru_stime)


def tell(**content: object) -> None:
    """Write a line to who asked."""
    sys.stdout.write(json.dumps(content) + "\n")
    sys.stdout.flush()


def run(wanted: dict[str, Any]) -> NoReturn:
    """Run the command in this process, and end it."""
    os.environ.update(wanted["environment"])
    told = os.open(wanted["told"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (told, 1), (told, 2)):
        os.dup2(source, target)
    from coverage import cli  # noqa: PLC0415 - loaded before

    command, *arguments = wanted["arguments"]
    try:
        if command == "put":
            put(*arguments)
        else:
            cli.main(wanted["arguments"])
    except SystemExit as end:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(end.code if isinstance(end.code, int) else 1)
    os._exit(0)


def put(folder: str, files: str, step: str) -> None:
    """Put files with a manifest into a folder; be killed before the step of that number."""
    from coverage.io import writers  # noqa: PLC0415 - loaded before
    from coverage.io.files import sha256_of  # noqa: PLC0415
    from coverage.text import Text  # noqa: PLC0415

    die_at(int(step))
    with writers.whole_folder(Path(folder), Text("kết quả", "outputs")) as desk:
        for name, text in json.loads(files).items():
            (desk / name).write_text(text, encoding="utf-8")
        named = {path.name: sha256_of(path) for path in desk.iterdir()}
        writers.write_json(desk / "manifest.json", {"outputs": named})


def die_at(step: int) -> None:
    """Kill this process when it is about to open, move, make or remove for the last time."""
    left = step

    def look(event: str, _arguments: tuple[object, ...]) -> None:
        nonlocal left
        if event in {"open", "os.rename", "os.remove", "os.mkdir", "os.rmdir"}:
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(look)


if __name__ == "__main__":
    main()
