"""Who may look and who may change: everybody on this machine; on a server, by sign-in and role.

Without sign-in the app serves the machine it runs on and nobody else. With `[auth]` in Streamlit's
secrets (OpenID Connect) everybody signs in, and a file gives people or whole mail domains a role:

* a viewer looks, compares and exports;
* an editor plans, stops work, and changes data too.

Both see only projects of named folders. What is refused is refused where the work is done, not by
hidden buttons alone.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, Literal, NoReturn
from urllib.parse import urlsplit

import streamlit as st
from pydantic import Field, field_validator

from coverage.errors import AccessError, CoverageError
from coverage.revision.places import projects_folder
from coverage.serving import OPEN, RULES, demo_folder, is_loopback
from coverage.settings import read_toml
from coverage.text import Text
from coverage.ui.speech import say, told
from coverage.ui.words import plain
from coverage.validation import Frozen, RuleError, validated

Role = Literal["viewer", "editor"]
_NOTED: Final = "access_noted"
_LOOK_ONLY: Final = Text(
    "Bạn chỉ có quyền xem; hãy nhờ người quản trị cấp quyền biên tập.",
    "You may look only; ask the administrator for the role of an editor.",
)


class Rules(Frozen):
    """The file of roles.

    Attributes
    ----------
    unknown
        What becomes of somebody who is not named: refused, or a viewer.
    needs_verified_email
        Whether the provider must say that it verified the address (`email_verified`). Turn it off
        only for a provider of your own house that never says so.
    folders
        Folders whose projects may be opened; none: that of the project the server was started with.
    people, domains
        Role by e-mail address, and by what stands behind its @.
    """

    unknown: Literal["refused", "viewer"] = "refused"
    needs_verified_email: bool = True
    folders: tuple[str, ...] = ()
    people: dict[str, Role] = Field(default_factory=dict)
    domains: dict[str, Role] = Field(default_factory=dict)

    @field_validator("people")
    @classmethod
    def _are_addresses(cls, people: dict[str, Role]) -> dict[str, Role]:
        return _alike(people, at_signs=1)

    @field_validator("domains")
    @classmethod
    def _are_domains(cls, domains: dict[str, Role]) -> dict[str, Role]:
        return _alike(domains, at_signs=0)

    def role_of(self, user: Mapping[str, Any]) -> Role | None:
        """Return the role of somebody whom the provider describes so; None for nobody known."""
        email = address_of(user)
        if not email or (self.needs_verified_email and user.get("email_verified") is not True):
            return None
        found = self.people.get(email) or self.domains.get(email.rpartition("@")[2])
        return found or ("viewer" if self.unknown == "viewer" else None)


def address_of(user: Mapping[str, Any]) -> str:
    """Return the e-mail address that the provider gave, in lower case; "" without one."""
    email = str(user.get("email") or "").strip().casefold()
    return email if email.count("@") == 1 else ""


def role() -> Role | None:
    """Return what the reader may do; None where they may not even look."""
    user = _user()
    if "is_logged_in" not in user:
        return None if _unsafe() else "editor"
    if not user["is_logged_in"]:
        return None
    rules = _rules_now()
    return None if rules is None else rules.role_of(user)


def may_edit() -> bool:
    """Whether the reader may plan, stop work, upload and change."""
    return role() == "editor"


def why_not() -> str | None:
    """Return what a button says that the reader may not press; None where they may."""
    return None if may_edit() else told(_LOOK_ONLY)


def demand_editor() -> None:
    """Refuse whoever may not change anything.

    Raises
    ------
    AccessError
        Where the reader is no editor.
    """
    if may_edit():
        return
    _note(f"refused: {_who()} is no editor")
    raise AccessError(_LOOK_ONLY)


def demand_folder(path: str | Path) -> None:
    """Refuse folders of the server that are not for its readers.

    Raises
    ------
    AccessError
        Where people sign in and the folder, links resolved, lies outside those of the rules.
    """
    if "is_logged_in" not in _user():
        return
    wanted = Path(path).resolve()
    if any(wanted.is_relative_to(folder) for folder in _folders()):
        return
    _note(f"refused: {_who()} asked for the folder {str(wanted)!r}")
    raise AccessError(
        Text(
            "Thư mục này không nằm trong những thư mục dự án mà máy chủ cho mở.",
            "This folder is not among those whose projects this server opens.",
        )
    )


def require() -> None:
    """Let in who may look; show others how to come in, and end the script."""
    user = _user()
    if "is_logged_in" not in user:
        danger = _unsafe()
        if danger is not None:
            _closed(danger)
        return
    if not user["is_logged_in"]:
        _door()
    found = role()
    if found is None:
        _turned_away()
    _note_once(f"entered: {_who()} as {found}")
    _badge(found)


def note(action: str) -> None:
    """Write into the log of the server who asked for something."""
    _note(f"{action}: {_who()}")


def _user() -> Mapping[str, Any]:
    """Return what is known of the reader; `is_logged_in` is there once sign-in is set up."""
    return st.user.to_dict()


def _who() -> str:
    return address_of(_user()) or "somebody without an address"


def _unsafe() -> Text | None:
    """Say why the app must not answer without sign-in; None where it may."""
    if os.environ.get(RULES):
        return Text(
            "Tệp phân quyền đã được chỉ định nhưng đăng nhập chưa được cấu hình ([auth]).",
            "A file of roles is named but sign-in is not set up ([auth] in the secrets).",
        )
    if os.environ.get(OPEN) == "1":
        return None
    headers = st.context.headers
    host = urlsplit(f"//{headers.get('Host', 'localhost')}").hostname or ""
    came_here = is_loopback(host) and "X-Forwarded-For" not in headers
    if came_here and is_loopback(str(st.get_option("server.address") or "")):
        return None
    return Text(
        "Ứng dụng đang mở ra ngoài máy này mà chưa có đăng nhập.",
        "The app is reached from beyond this machine, and nobody signs in.",
    )


def _rules_now() -> Rules | None:
    """Return the rules of the file as it stands; None where it cannot be used."""
    named = os.environ.get(RULES)
    if not named:
        return Rules()
    path = Path(named)
    try:
        return _rules(path, path.stat().st_mtime_ns)
    except (OSError, CoverageError) as error:
        _note(f"the file of roles cannot be used, nobody is let in: {error}")
        return None


@lru_cache(maxsize=2)
def _rules(path: Path, changed_ns: int) -> Rules:  # noqa: ARG001 - read anew when changed
    return validated(Rules, read_toml(path), str(path))


def _folders() -> Iterator[Path]:
    rules = _rules_now()
    named: tuple[str, ...] = rules.folders if rules is not None else ()
    started_with = [sys.argv[1]] if len(sys.argv) > 1 and not named else []
    own = (str(demo_folder()), str(projects_folder()))
    for folder in (*named, *started_with, *own):
        yield Path(folder).resolve()


def _alike(roles: dict[str, Role], *, at_signs: int) -> dict[str, Role]:
    """Write names as they are compared; refuse what is none, or stands there twice."""
    found: dict[str, Role] = {}
    for name, role_given in roles.items():
        key = name.strip().casefold()
        if key.count("@") != at_signs or not key.strip("@") or key in found:
            raise RuleError(
                Text(
                    f"{name!r} không phải địa chỉ thư (hoặc tên miền) hợp lệ, hoặc bị nêu hai lần",
                    f"{name!r} is no e-mail address (or domain), or stands there twice",
                )
            )
        found[key] = role_given
    return found


def _closed(reason: Text) -> NoReturn:
    st.error(plain(reason))
    st.markdown(
        str(
            Text(
                "Xem **docs/server.md**: đặt đăng nhập (OIDC) hoặc chỉ dùng `127.0.0.1`.",
                "See **docs/server.md**: set up sign-in (OIDC), or use `127.0.0.1` only.",
            )
        )
    )
    st.stop()


def _door() -> NoReturn:
    st.header("Phủ Sóng", anchor=False)
    st.markdown(str(Text("Hãy đăng nhập để xem.", "Sign in to see anything.")))
    for provider in _providers():
        title = f" ({provider})" if provider else ""
        st.button(
            f"{Text('Đăng nhập', 'Sign in')}{title}",
            type="primary",
            icon=":material/login:",
            key=f"sign_in_{provider}",
            on_click=st.login,
            args=(provider or None,),
        )
    st.stop()


def _providers() -> list[str]:
    """Return the names of the providers, "" for the one without a name."""
    section = st.secrets["auth"]
    if "client_id" in section:
        return [""]
    return [name for name, value in section.items() if isinstance(value, Mapping)]


def _turned_away() -> NoReturn:
    _note_once(f"turned away: {_who()}")
    st.error(
        plain(
            Text(
                f"{_who()} chưa được cấp quyền xem. Hãy liên hệ người quản trị máy chủ này.",
                f"{_who()} has no role here. Ask the administrator of this server.",
            )
        )
    )
    st.button(str(Text("Đăng xuất", "Sign out")), icon=":material/logout:", on_click=st.logout)
    st.stop()


def _badge(found: Role) -> None:
    words = {
        "viewer": say("chỉ xem", "viewer"),
        "editor": say("biên tập", "editor"),
    }
    with st.sidebar, st.container(horizontal=True, vertical_alignment="center", key="signed_in"):
        st.caption(f"{plain(_who())} · {words[found]}")
        st.button(
            say("Đăng xuất", "Sign out"),
            icon=":material/logout:",
            type="tertiary",
            on_click=st.logout,
        )


def _note_once(text: str) -> None:
    """Write into the log, once in a session."""
    if st.session_state.get(_NOTED) != text:
        st.session_state[_NOTED] = text
        _note(text)


def _note(text: str) -> None:
    """Write one line into the log; what people sent cannot begin another."""
    _log().info("%s", " ".join(text.split()))


@lru_cache(maxsize=1)
def _log() -> logging.Logger:
    """Return the log of who came and asked for what, on the standard error of the server."""
    log = logging.getLogger("phusong.access")
    log.setLevel(logging.INFO)
    log.propagate = False
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s phusong %(message)s"))
    log.addHandler(handler)
    return log
