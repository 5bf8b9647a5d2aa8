"""Words in the language of the session: Vietnamese unless English was chosen."""

from __future__ import annotations

import streamlit as st

from coverage.text import DEFAULT_LANGUAGE, Language, Text, decimal

LANGUAGE = "language"
_BILLION = 1e9
_MINUTE_S = 60.0


def language() -> Language:
    """Return the language of the session."""
    return "en" if st.session_state.get(LANGUAGE) == "en" else DEFAULT_LANGUAGE


def say(vi: str, en: str) -> str:
    """Return one of two texts, by the language of the session."""
    return Text(vi, en).get(language())


def told(text: Text) -> str:
    """Return a text in the language of the session."""
    return text.get(language())


def digits(value: float, decimals: int = 0) -> str:
    """Write a number with the separators of the session's language."""
    return told(decimal(value, decimals))


def money(amount_vnd: float) -> str:
    """Write an amount in billions of VND."""
    number = digits(amount_vnd / _BILLION, 1 if abs(amount_vnd) >= _BILLION else 3)
    return say(f"{number} tỷ đồng", f"{number} billion VND")


def percent(share: float, decimals: int = 1) -> str:
    """Write a share as a percentage."""
    return f"{digits(100.0 * share, decimals)} %"


def duration(seconds: float) -> str:
    """Write a time as people say it."""
    if seconds < _MINUTE_S:
        return say(f"{seconds:.0f} giây", f"{seconds:.0f} s")
    minutes = digits(seconds / _MINUTE_S)
    return say(f"{minutes} phút", f"{minutes} min")
