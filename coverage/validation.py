"""Groups of settings: frozen, refusing unknown keys, told what is wrong in both languages."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from coverage.errors import Problem, ScenarioError
from coverage.text import Text

M = TypeVar("M", bound=BaseModel)
_PASSWORD: Final = re.compile(r"(://[^/@\s:]*):[^\s]*@")
"""Between colon and @ of an address; a value is told in messages, a password never."""


class SettingsError(ScenarioError):
    """Settings that cannot be used, with every problem of theirs."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__(
            Text(
                vi="\n".join(problem.line("vi") for problem in self.problems),
                en="\n".join(problem.line("en") for problem in self.problems),
            )
        )


class RuleError(ValueError):
    """A rule between several settings that is broken; raised by validators."""

    def __init__(self, text: Text) -> None:
        super().__init__(text.en)
        self.text = text


class Frozen(BaseModel):
    """Base of all parameter groups: frozen, hashable, refusing unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def validated(model: type[M], table: object, where: str) -> M:
    """Validate a table; raise `SettingsError` with every problem of it."""
    found, problems = examined(model, table, where)
    if found is None or problems:
        raise SettingsError(problems)
    return found


def examined(model: type[M], table: object, where: str) -> tuple[M | None, list[Problem]]:
    """Validate a table; what is wrong and may be left out is left out, and told."""
    try:
        return model.model_validate(table), []
    except ValidationError as error:
        items = error.errors(include_url=False)
    problems = [_explained(item, where) for item in items]
    rest = copy.deepcopy(table)
    for item in items:
        _leave_out(rest, item["loc"])
    try:
        return model.model_validate(rest), problems
    except ValidationError:
        return None, problems


def _leave_out(table: Any, place: tuple[int | str, ...]) -> None:
    """Remove the innermost key of `place` that stands in a table of tables."""
    holder, last = None, ""
    for key in place:
        if not isinstance(table, dict) or key not in table:
            break
        holder, last, table = table, str(key), table[key]
    if holder is not None:
        del holder[last]


def setting_problem(where: str, key: str, value: object, what: Text, *, rule: str) -> Problem:
    """Return the problem of one setting; `where` names the file and table it stands in."""
    return Problem(
        severity="error",
        rule=rule,
        file=where,
        column=key or None,
        value=None if value is None else _PASSWORD.sub(r"\1:***@", str(value)),
        what=what,
        fix=Text("Hãy xóa khóa này hoặc sửa lại.", "Remove this key or mend it."),
    )


_RULES_VI: Final = {
    "missing": "thiếu khóa này",
    "greater_than_equal": "phải lớn hơn hoặc bằng {ge}",
    "less_than_equal": "phải nhỏ hơn hoặc bằng {le}",
    "greater_than": "phải lớn hơn {gt}",
    "less_than": "phải nhỏ hơn {lt}",
    "too_short": "phải có ít nhất {min_length} mục",
    "date_type": "phải là ngày (năm-tháng-ngày)",
    "date_from_datetime_parsing": "phải là ngày (năm-tháng-ngày)",
    "literal_error": "phải là một trong {expected}",
    "float_parsing": "phải là số",
    "float_type": "phải là số",
    "int_parsing": "phải là số nguyên",
    "string_type": "phải là chuỗi ký tự",
    "bool_parsing": "phải là true hoặc false",
    "finite_number": "phải là số hữu hạn",
    "bool_type": "phải là true hoặc false",
    "int_from_float": "phải là số nguyên",
    "int_type": "phải là số nguyên",
    "tuple_type": "phải là danh sách",
    "dict_type": "phải là một bảng TOML",
    "model_type": "phải là một bảng TOML",
    "string_too_short": "không được để trống",
    "string_pattern_mismatch": "chỉ gồm chữ thường không dấu, số và dấu gạch dưới",
}


def _explained(item: Any, where: str) -> Problem:
    key = ".".join(str(part) for part in item["loc"])
    kind = item["type"]
    if kind == "extra_forbidden":
        what = Text("khóa không hợp lệ", "unknown key")
        return setting_problem(where, key, item["input"], what, rule="unknown_key")
    rule_vi = _RULES_VI[kind].format(**item.get("ctx", {})) if kind in _RULES_VI else item["msg"]
    if kind == "value_error":
        broken = item["ctx"]["error"]
        what = broken.text if isinstance(broken, RuleError) else Text(str(broken), str(broken))
        return setting_problem(where, key, None, what, rule=kind)
    value = None if kind == "missing" else item["input"]
    fix = Text("Hãy thêm khóa này.", "Add this key.") if kind == "missing" else None
    problem = setting_problem(where, key, value, Text(rule_vi, item["msg"]), rule=kind)
    return problem if fix is None else replace(problem, fix=fix)
