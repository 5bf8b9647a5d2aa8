"""`country.toml`: provinces that are predicted as one."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from coverage.validation import Frozen


class CountrySection(Frozen):
    """`[country]` of `country.toml`; `provinces` names their project folders."""

    name: Annotated[str, Field(min_length=1)]
    provinces: Annotated[tuple[str, ...], Field(min_length=1)]
    synthetic: bool = False
    note: str = ""


class CountryFile(Frozen):
    """The whole `country.toml`."""

    country: CountrySection
