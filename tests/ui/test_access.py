"""Who may look and who may change: rules, the command, and real sign-in in a real browser."""

from __future__ import annotations

import ast
import contextlib
import json
import os
import socket
import socketserver
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from streamlit.testing.v1 import AppTest

from coverage.errors import AccessError
from coverage.serving import OPEN, RULES, Serving, is_loopback
from coverage.ui.access import Rules
from coverage.validation import SettingsError, validated
from tests.ui.oidc import CLIENT, SECRET, Provider, serving
from tests.ui.servers import ROOT, free_port, started

OPEN_MS: Final = 30_000
PEOPLE: Final = {
    "editor": {"email": "Lan@Example.vn", "email_verified": True},
    "viewer": {"email": "someone@tinh.example.vn", "email_verified": True},
    "stranger": {"email": "mallory@elsewhere.example", "email_verified": True},
    "unverified": {"email": "lan@example.vn"},
}


def rules(**more: Any) -> Rules:
    told = {"people": {"LAN@example.vn": "editor"}, "domains": {"tinh.example.vn": "viewer"}}
    return validated(Rules, told | more, "access.toml")


@pytest.mark.parametrize(
    ("user", "role"),
    [
        (PEOPLE["editor"], "editor"),
        (PEOPLE["viewer"], "viewer"),
        (PEOPLE["stranger"], None),
        (PEOPLE["unverified"], None),
        ({"email": "lan@example.vn", "email_verified": "true"}, None),  # a text proves nothing
        ({"email": "x@sub.tinh.example.vn", "email_verified": True}, None),
        ({"email": "lan@example.vn@tinh.example.vn", "email_verified": True}, None),
        ({"email": "tinh.example.vn", "email_verified": True}, None),
        ({"preferred_username": "lan@example.vn", "email_verified": True}, None),
        ({}, None),
    ],
)
def test_a_role_follows_from_a_verified_address(user: Mapping[str, Any], role: str | None) -> None:
    assert rules().role_of(user) == role


def test_strangers_look_where_the_rules_say_so_and_trust_can_be_widened() -> None:
    assert rules(unknown="viewer").role_of(PEOPLE["stranger"]) == "viewer"
    assert rules(unknown="viewer").role_of(PEOPLE["unverified"]) is None
    assert rules(needs_verified_email=False).role_of(PEOPLE["unverified"]) == "editor"
    assert Rules().role_of(PEOPLE["editor"]) is None  # nobody is named: nobody gets in


@pytest.mark.parametrize(
    "told",
    [
        {"people": {"example.vn": "editor"}},
        {"domains": {"@": "viewer"}},
        {"domains": {"a@example.vn": "viewer"}},
        {"people": {"a@b.vn": "editor", "A@b.vn": "viewer"}},
        {"people": {"a@b.vn": "owner"}},
        {"unknown": "editor"},
        {"peple": {}},
    ],
)
def test_rules_that_cannot_be_meant_are_refused(told: dict[str, Any]) -> None:
    with pytest.raises(SettingsError):
        validated(Rules, told, "access.toml")


@pytest.mark.parametrize(
    ("address", "answer"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("[::1]", True),
        ("localhost", True),
        ("0.0.0.0", False),  # noqa: S104
        ("::", False),
        ("10.0.0.5", False),
        ("localhost.evil.example", False),
        ("", False),
    ],
)
def test_only_loopback_is_this_machine(address: str, *, answer: bool) -> None:
    assert is_loopback(address) is answer


def serving_of(tmp_path: Path, address: str = "0.0.0.0", **more: Any) -> Serving:  # noqa: S104
    return Serving(tmp_path / "app.py", address, 8501, **more)


def test_beyond_this_machine_it_starts_with_sign_in_or_by_an_explicit_flag(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "nobody"))
    serving_of(tmp_path, "127.0.0.1").check()
    with pytest.raises(AccessError, match="oauth2callback"):
        serving_of(tmp_path).check()
    serving_of(tmp_path, is_open=True).check()
    assert "oauth2callback" in serving_of(tmp_path, is_open=True).told().en
    secrets = tmp_path / "secrets.toml"
    secrets.write_text("[auth]\n")  # set up, but with nothing in it
    with pytest.raises(AccessError):
        serving_of(tmp_path, secrets=secrets).check()
    secrets.write_text('[auth]\nclient_id = "x"\n')
    serving_of(tmp_path, secrets=secrets).check()
    roles = tmp_path / "access.toml"
    with pytest.raises(AccessError):
        serving_of(tmp_path, "127.0.0.1", access=roles).check()
    started = serving_of(tmp_path, secrets=secrets, access=roles)
    assert started.surroundings()[RULES] == str(roles.resolve())
    assert OPEN not in started.surroundings()
    assert f"--secrets.files={secrets.resolve()}" in started.command()


def test_the_command_refuses_and_says_how_to_sign_in(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "coverage", "app", "--address", "0.0.0.0", "--lang", "en"],  # noqa: S104
        env=os.environ | {"HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 2
    assert "--without-sign-in" in done.stderr
    assert "server_metadata_url" in done.stderr
    assert "Traceback" not in done.stderr


def test_pages_ask_for_work_by_the_one_function_that_looks_at_the_role() -> None:
    found = [
        f"{path.name}:{node.lineno}"
        for path in sorted((ROOT / "coverage" / "ui").rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"submit", "stop"}
        and not (isinstance(node.func.value, ast.Name) and node.func.value.id in {"at_work", "st"})
    ]
    assert [place for place in found if not place.startswith("at_work.py:")] == []


def _guarded_script() -> None:
    """Offer a viewer every guarded function, as a forged message would reach it."""
    import streamlit as st  # noqa: PLC0415

    from coverage.errors import AccessError  # noqa: PLC0415
    from coverage.jobs import FibreTask, PlanTask  # noqa: PLC0415
    from coverage.serving import demo_folder  # noqa: PLC0415
    from coverage.ui import access, at_work, cache  # noqa: PLC0415

    # The script runs alone, without what this file imports.
    def refused(work):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        try:
            work()
        except AccessError:
            return True
        return False

    access.role = lambda: "viewer"
    access._user = lambda: {"is_logged_in": True, "email": "v@example.vn"}
    st.json(
        {
            "plan": refused(lambda: at_work.submit(PlanTask.model_construct(kind="plan"))),
            "fibre": refused(lambda: at_work.submit(FibreTask.model_construct(kind="fibre"))),
            "stop": refused(lambda: at_work.stop("0" * 24)),
            "edit": refused(access.demand_editor),
            "folder": refused(lambda: cache.inputs_of("/etc")),
            "dots": refused(lambda: access.demand_folder(demo_folder() / ".." / "..")),
            "demo": not refused(lambda: access.demand_folder(demo_folder())),
        }
    )


def test_a_viewer_is_refused_where_the_work_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    from coverage.ui import access  # noqa: PLC0415

    monkeypatch.setattr(access, "role", access.role)  # what the script changes is undone
    monkeypatch.setattr(access, "_user", access._user)
    app = AppTest.from_function(_guarded_script, default_timeout=60).run()
    assert not app.exception
    told = json.loads(app.json[0].value)
    assert set(told.values()) == {True}, told
    assert len(told) == 7


@pytest.fixture(scope="module")
def guarded_url(demo_project: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve the app with sign-in at a provider of our own."""
    folder = tmp_path_factory.mktemp("server")
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    provider = Provider(PEOPLE, redirect_uri=f"{url}/oauth2callback")
    with serving(provider) as metadata:
        (folder / "secrets.toml").write_text(
            f'[auth]\nredirect_uri = "{url}/oauth2callback"\n'
            'cookie_secret = "thirty-two random letters, or more"\n'
            f'client_id = "{CLIENT}"\nclient_secret = "{SECRET}"\n'
            f'server_metadata_url = "{metadata}"\n',
            encoding="utf-8",
        )
        (folder / "access.toml").write_text(
            '[people]\n"lan@example.vn" = "editor"\n[domains]\n"tinh.example.vn" = "viewer"\n',
            encoding="utf-8",
        )
        with started(
            str(demo_project.parent),
            *("--secrets", str(folder / "secrets.toml")),
            *("--access", str(folder / "access.toml")),
            port=port,
        ):
            yield url


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1366, "height": 768}, locale="vi-VN")
    yield context
    context.close()


def signed_in(context: BrowserContext, url: str, who: str) -> Page:
    page = context.new_page()
    page.goto(url)
    page.get_by_role("button", name="Sign in").click(timeout=OPEN_MS)
    page.get_by_role("link", name=who, exact=True).click(timeout=OPEN_MS)
    page.wait_for_url(f"{url}/**", timeout=OPEN_MS)
    return page


def browsed(test: Any) -> Any:
    """Mark a test that drives the browser."""
    return pytest.mark.browser(pytest.mark.slow(test))


@browsed
def test_without_sign_in_nothing_but_the_door_is_seen(
    context: BrowserContext, guarded_url: str
) -> None:
    page = context.new_page()
    for path in ("", "/plan", "/data", "/export"):
        page.goto(f"{guarded_url}{path}")
        expect(page.get_by_role("button", name="Sign in")).to_be_visible(timeout=OPEN_MS)
        page.wait_for_timeout(500)
        assert page.locator("a[href$='/plan']").count() == 0
        assert page.locator("h2").all_inner_texts() == ["Phủ Sóng"]
        assert page.get_by_role("textbox").count() == 0


@browsed
def test_an_editor_plans(context: BrowserContext, guarded_url: str) -> None:
    page = signed_in(context, guarded_url, "editor")
    expect(page.get_by_text("lan@example.vn · biên tập")).to_be_visible(timeout=OPEN_MS)
    page.goto(f"{guarded_url}/plan")
    box = page.get_by_role("spinbutton", name="Ngân sách đầu tư")
    box.fill("5", timeout=OPEN_MS)
    box.press("Enter")
    button = page.get_by_role("button", name="Lập phương án")
    expect(button).to_be_enabled(timeout=OPEN_MS)
    button.click()
    page.wait_for_selector(".maps-in-step[data-versions]", timeout=180_000)
    page.get_by_role("button", name="Đăng xuất").click()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible(timeout=OPEN_MS)


@browsed
def test_a_viewer_sees_pages_and_plans_nothing(context: BrowserContext, guarded_url: str) -> None:
    page = signed_in(context, guarded_url, "viewer")
    expect(page.get_by_text("someone@tinh.example.vn · chỉ xem")).to_be_visible(timeout=OPEN_MS)
    page.wait_for_selector(".app-map > div[data-version]", timeout=60_000)
    page.goto(f"{guarded_url}/plan")
    expect(page.get_by_role("button", name="Lập phương án")).to_be_disabled(timeout=OPEN_MS)
    page.goto(f"{guarded_url}/export")
    expect(page.get_by_role("button", name="Tạo tệp")).to_be_enabled(timeout=OPEN_MS)
    page.goto(guarded_url)
    page.locator(".st-key-project_box summary").click(timeout=OPEN_MS)
    folder = page.get_by_role("textbox", name="Thư mục dự án")
    folder.fill("/etc", timeout=OPEN_MS)
    folder.press("Enter")
    expect(page.get_by_text("không nằm trong những thư mục")).to_be_visible(timeout=OPEN_MS)


@browsed
@pytest.mark.parametrize("who", ["stranger", "unverified"])
def test_who_has_no_role_is_turned_away(
    context: BrowserContext, guarded_url: str, who: str
) -> None:
    page = signed_in(context, guarded_url, who)
    expect(page.get_by_text("chưa được cấp quyền xem")).to_be_visible(timeout=OPEN_MS)
    assert page.locator("a[href$='/plan']").count() == 0


@contextmanager
def forwarding(to_port: int) -> Iterator[str]:
    """Pass connections on as a reverse proxy does, with the header that says so."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with socket.create_connection(("127.0.0.1", to_port)) as server:
                threading.Thread(target=self._back, args=(server,), daemon=True).start()
                while told := self.request.recv(65_536):
                    server.sendall(
                        told.replace(b"\r\nHost:", b"\r\nX-Forwarded-For: 203.0.113.9\r\nHost:")
                    )

        def _back(self, server: socket.socket) -> None:
            with contextlib.suppress(OSError):
                while told := server.recv(65_536):
                    self.request.sendall(told)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as proxy:
        proxy.daemon_threads = True
        proxy.block_on_close = False
        threading.Thread(target=proxy.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{proxy.server_address[1]}"
        proxy.shutdown()


@browsed
def test_what_a_proxy_sends_on_is_not_answered_without_sign_in(
    context: BrowserContext, app_url: str
) -> None:
    with forwarding(int(app_url.rpartition(":")[2])) as url:
        page = context.new_page()
        page.goto(url)
        expect(page.get_by_text("docs/server.md").first).to_be_visible(timeout=OPEN_MS)
        assert page.locator("a[href$='/plan']").count() == 0
        page.close()


@browsed
def test_another_name_for_this_machine_is_not_answered(
    browser: Browser, chromium: Path, app_url: str
) -> None:
    # A stranger's page whose name is made to point here (DNS rebinding) is of one origin with us.
    named = "MAP rebound.example 127.0.0.1"
    other = browser.browser_type.launch(
        executable_path=chromium, args=["--no-sandbox", f"--host-resolver-rules={named}"]
    )
    page = other.new_page()
    page.goto(app_url.replace("127.0.0.1", "rebound.example"))
    expect(page.get_by_text("docs/server.md").first).to_be_visible(timeout=OPEN_MS)
    assert page.locator("a[href$='/plan']").count() == 0
    other.close()
