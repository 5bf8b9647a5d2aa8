"""The app behind nginx as docs/server.md sets it up: TLS, websocket, sign-in, limits."""

from __future__ import annotations

import re
import shutil
import socket
import ssl
import subprocess
import time
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, expect

from coverage.settings import read_toml
from coverage.ui.access import Rules
from coverage.validation import validated
from tests.ui.oidc import CLIENT, SECRET, Provider, serving
from tests.ui.servers import ROOT, free_port, started

SHIPPED: Final = ROOT / "docs" / "server"
OPEN_MS: Final = 60_000
PEOPLE: Final = {"lan": {"email": "lan@phusong.example.vn", "email_verified": True}}


def test_the_shipped_files_say_the_same_as_the_app() -> None:
    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    largest_mb = config["server"]["maxUploadSize"]
    told = {
        "nginx.conf": r"client_max_body_size (\d+)m;",
        "Caddyfile": r"max_size (\d+)MB",
    }
    for name, pattern in told.items():
        found = re.search(pattern, (SHIPPED / name).read_text(encoding="utf-8"))
        assert found is not None
        # one more for what a form adds around the file
        assert int(found[1]) == largest_mb + 1, name
    rules = validated(Rules, read_toml(SHIPPED / "access.toml"), "access.toml")
    assert rules.role_of(PEOPLE["lan"]) == "editor"
    assert set(read_toml(SHIPPED / "secrets.toml")["auth"]) == {
        *("redirect_uri", "cookie_secret", "client_id", "client_secret", "server_metadata_url"),
    }


@contextmanager
def nginx(folder: Path, app_port: int, port: int) -> Iterator[None]:
    """Run nginx with the shipped file: only ports, certificate and log are the test's own."""
    folder.chmod(0o755)
    key, certificate = folder / "privkey.pem", folder / "fullchain.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"),
            *("-subj", "/CN=localhost", "-keyout", str(key), "-out", str(certificate)),
        ],
        check=True,
        capture_output=True,
    )
    site = (SHIPPED / "nginx.conf").read_text(encoding="utf-8")
    for old, new in {
        "listen 443 ssl;": f"listen 127.0.0.1:{port} ssl;",
        "listen 80;": f"listen 127.0.0.1:{free_port()};",
        "phusong.example.vn": "localhost",
        "127.0.0.1:8501": f"127.0.0.1:{app_port}",
        "/etc/ssl/phusong/fullchain.pem": str(certificate),
        "/etc/ssl/phusong/privkey.pem": str(key),
    }.items():
        assert old in site
        site = site.replace(old, new)
    paths = "".join(
        f"{name}_temp_path {folder}/{name};\n"
        for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"daemon off; pid {folder}/pid; error_log {folder}/error.log;\nevents {{}}\n"
        f"http {{ access_log {folder}/access.log;\n{paths}{site}}}\n",
        encoding="utf-8",
    )
    command = ["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf")]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        latest = time.monotonic() + 20
        while True:
            assert process.poll() is None, (folder / "error.log").read_text(encoding="utf-8")
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                assert time.monotonic() < latest
                time.sleep(0.1)
        yield
    finally:
        process.terminate()
        process.wait(20)


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.skipif(
    not (shutil.which("nginx") and shutil.which("openssl")), reason="no nginx or no openssl here"
)
def test_behind_nginx_a_person_signs_in_and_sees_the_map(
    browser: Browser, demo_project: Path, tmp_path: Path
) -> None:
    app_port, port = free_port(), free_port()
    url = f"https://localhost:{port}"
    provider = Provider(PEOPLE, redirect_uri=f"{url}/oauth2callback")
    with serving(provider) as metadata:
        (tmp_path / "secrets.toml").write_text(
            f'[auth]\nredirect_uri = "{url}/oauth2callback"\n'
            'cookie_secret = "thirty-two random letters, or more"\n'
            f'client_id = "{CLIENT}"\nclient_secret = "{SECRET}"\n'
            f'server_metadata_url = "{metadata}"\n',
            encoding="utf-8",
        )
        roles = (SHIPPED / "access.toml").read_text(encoding="utf-8")
        roles = roles.replace("/srv/phusong/projects", demo_project.parent.as_posix())
        (tmp_path / "access.toml").write_text(roles, encoding="utf-8")
        with (
            started(
                str(demo_project.parent),
                *("--secrets", str(tmp_path / "secrets.toml")),
                *("--access", str(tmp_path / "access.toml")),
                port=app_port,
            ),
            nginx(tmp_path, app_port, port),
            browser.new_context(ignore_https_errors=True) as context,
        ):
            page = context.new_page()
            sockets: list[str] = []
            page.on("websocket", lambda socket: sockets.append(socket.url))
            answer = page.goto(url)
            assert answer is not None
            assert answer.headers["x-content-type-options"] == "nosniff"
            page.get_by_role("button", name="Sign in").click(timeout=OPEN_MS)
            page.get_by_role("link", name="lan", exact=True).click(timeout=OPEN_MS)
            page.wait_for_selector(".app-map > div[data-version]", timeout=2 * OPEN_MS)
            expect(page.get_by_text("lan@phusong.example.vn").first).to_be_visible()
            assert {s.split("/_stcore")[0] for s in sockets} == {url.replace("https", "wss")}
            assert context.request.get(f"{url}/_stcore/metrics").status == 404
            # more than a file may be is refused by nginx before the app reads a byte of it
            with (
                socket.create_connection(("localhost", port)) as plain,
                ssl._create_unverified_context().wrap_socket(plain) as stream,  # noqa: S323
            ):
                stream.sendall(
                    b"PUT /_stcore/upload_file/x/y HTTP/1.1\r\nHost: localhost\r\n"
                    b"Content-Length: 300000000\r\n\r\n"
                )
                assert b" 413 " in stream.recv(200)
