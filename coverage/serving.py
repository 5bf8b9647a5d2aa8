"""How the app is started: where it listens, and who may come."""

from __future__ import annotations

import ipaddress
import os
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from coverage.errors import AccessError
from coverage.text import Text

RULES: Final = "PHUSONG_ACCESS"
"""Variable that names the file of roles; where it is set, nobody gets in without sign-in."""
OPEN: Final = "PHUSONG_WITHOUT_SIGN_IN"
"""Variable that is 1 where something in front of the app already asks who comes."""
ROOT: Final = Path(__file__).resolve().parent.parent
HOW_TO_SIGN_IN: Final = Text(
    vi="""Cách đặt đăng nhập ở phía trước (chi tiết: docs/server.md):
  1. Đăng ký ứng dụng với nhà cung cấp OpenID Connect của đơn vị (Keycloak, Entra ID, Google …),
     địa chỉ trả về: https://TEN_MAY/oauth2callback
  2. Ghi [auth] với redirect_uri, cookie_secret, client_id, client_secret, server_metadata_url vào
     .streamlit/secrets.toml, hoặc tệp nêu sau --secrets
  3. Ghi ai được xem, ai được biên tập vào một tệp, nêu sau --access
  4. Giữ 127.0.0.1 và đặt Caddy hoặc nginx với TLS ở phía trước""",
    en="""How to put sign-in in front (more in docs/server.md):
  1. Register the app with your OpenID Connect provider (Keycloak, Entra ID, Google …), redirect
     address https://YOUR_HOST/oauth2callback
  2. Write [auth] with redirect_uri, cookie_secret, client_id, client_secret, server_metadata_url
     into .streamlit/secrets.toml, or the file named by --secrets
  3. Write who may look and who may edit into a file, named by --access
  4. Keep 127.0.0.1 and put Caddy or nginx with TLS in front""",
)


def demo_folder() -> Path:
    """Return where the demo lies that is shown where no project is named.

    PHUSONG_DEMO moves it, for installations in folders that cannot be written to.
    """
    return Path(os.environ.get("PHUSONG_DEMO") or ROOT / "data" / "demo").resolve()


def is_loopback(address: str) -> bool:
    """Whether only this machine reaches what listens at an address."""
    try:
        return ipaddress.ip_address(address.strip("[]")).is_loopback
    except ValueError:
        return address == "localhost"


@dataclass(frozen=True, slots=True)
class Serving:
    """One start of the app.

    Parameters
    ----------
    script
        The app's script.
    address, port
        Where it listens.
    access
        File of roles; with it everybody must sign in.
    secrets
        File of secrets; None takes those of Streamlit.
    is_open
        Whether it may answer others without sign-in.
    """

    script: Path
    address: str
    port: int
    access: Path | None = None
    secrets: Path | None = None
    is_open: bool = False

    @property
    def has_sign_in(self) -> bool:
        """Whether the secrets set up sign-in; whether they are right shows at the first one."""
        places = (
            [self.secrets]
            if self.secrets
            else [
                home / ".streamlit" / "secrets.toml" for home in (Path.home(), self.script.parent)
            ]
        )
        return any(_has_auth(place) for place in places)

    def check(self) -> None:
        """Refuse to answer strangers.

        Raises
        ------
        AccessError
            Where it would listen beyond this machine without sign-in, or the file of roles has no
            sign-in to go with.
        """
        if self.has_sign_in:
            return
        if self.access is not None:
            what = Text(
                f"Tệp phân quyền {self.access} cần có đăng nhập, nhưng chưa có [auth].",
                f"The file of roles {self.access} needs sign-in, and there is no [auth].",
            )
        elif not is_loopback(self.address) and not self.is_open:
            what = Text(
                f"Mở ở {self.address} là cho máy khác vào, mà chưa có đăng nhập. Nếu phía trước đã "
                "có lớp kiểm soát người vào, hãy thêm --without-sign-in.",
                f"Listening at {self.address} lets other machines in, and nobody signs in. Where "
                "something in front already asks who comes, add --without-sign-in.",
            )
        else:
            return
        raise AccessError(
            Text(f"{what.vi}\n{HOW_TO_SIGN_IN.vi}", f"{what.en}\n{HOW_TO_SIGN_IN.en}")
        )

    def told(self) -> Text:
        """Say where to open it, and how open it is."""
        host = "127.0.0.1" if self.address in {"0.0.0.0", "::"} else self.address  # noqa: S104
        url = f"http://{f'[{host}]' if ':' in host else host}:{self.port}"
        vi, en = f"Mở trình duyệt tại {url}", f"Open in a browser: {url}"
        if is_loopback(self.address):
            return Text(vi, en)
        if self.has_sign_in:
            vi += f"\n! Máy khác vào được qua {self.address}: hãy đặt TLS ở phía trước."
            en += f"\n! Other machines reach it at {self.address}: put TLS in front."
            return Text(vi, en)
        vi += f"\n! Ai tới được {self.address} đều vào được, không đăng nhập.\n{HOW_TO_SIGN_IN.vi}"
        en += f"\n! Whoever reaches {self.address} gets in, unasked.\n{HOW_TO_SIGN_IN.en}"
        return Text(vi, en)

    def command(self) -> list[str]:
        """Return the command that starts it."""
        named = [f"--secrets.files={self.secrets.resolve()}"] if self.secrets else []
        return [
            *(sys.executable, "-m", "streamlit", "run", str(self.script)),
            f"--server.address={self.address}",
            f"--server.port={self.port}",
            "--server.headless=true",
            "--browser.gatherUsageStats=false",
            "--client.showErrorDetails=none",
            *named,
        ]

    def surroundings(self) -> dict[str, str]:
        """Return the variables that go with the command."""
        root = str(self.script.parent)
        known = os.environ.get("PYTHONPATH")
        found = {"PYTHONPATH": root if not known else f"{root}{os.pathsep}{known}"}
        if self.access is not None:
            found[RULES] = str(self.access.resolve())
        if self.is_open:
            found[OPEN] = "1"
        return found


def _has_auth(path: Path) -> bool:
    try:
        return bool(tomllib.loads(path.read_text(encoding="utf-8")).get("auth"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        return False
