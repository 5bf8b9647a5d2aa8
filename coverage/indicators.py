"""Digital-society indicators against their targets: value, gap, trend, status.

A value belongs to a commune of one edition: it is joined by edition and code, never by code alone,
because codes were used again for other communes.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from coverage.params import Figure, Indicator, IndicatorPlan, IndicatorRules

_CLOSE: Final = 1e-9
COLUMNS: Final = (
    "level",
    "commune_code",
    "commune_name",
    "edition",
    "indicator",
    "title_vi",
    "title_en",
    "unit",
    "year",
    "value",
    "target",
    "target_year",
    "gap",
    "previous_year",
    "previous_value",
    "change",
    "trend",
    "status",
    "communes_known",
    "communes_reached",
    "communes",
    "weight_known",
    "weight_total",
    "source",
    "target_source",
    "synthetic",
)


def scoreboard(
    indicators: pd.DataFrame,
    communes: pd.DataFrame,
    villages: pd.DataFrame,
    rules: IndicatorRules,
    *,
    synthetic: bool,
) -> pd.DataFrame:
    """Hold the newest value of every indicator against its target, by commune and province.

    Parameters
    ----------
    indicators
        One row per commune, indicator and year.
    communes
        The layer; rows of communes that it does not hold in their edition are left out.
    villages
        Their households and people weigh the communes of a province.
    rules
        Definitions, and the plan whose targets and published figures apply.
    synthetic
        Whether the values are made up; carried through to every row that rests on them.

    Returns
    -------
    DataFrame
        Columns `COLUMNS`. `level` is province (made of the communes), plan (target and published
        figure of the chosen plan) or commune. `gap` is what is missing, in the indicator's unit; 0
        or less is reached. `change` is that since `previous_year`. `status`: reached; missed (the
        target's year has come); on_track, behind (whether the change, going on as it is, reaches
        the target in time); below (no change or no year to tell by); no_target; unknown (no value);
        undefined (nothing says which way is better).
    """
    newest = _newest(_of_layer(indicators, communes))
    newest = newest.assign(level="commune", synthetic=synthetic)
    newest = _with_plan_targets(newest, rules)
    graded = _graded(newest, rules)
    weights = (
        villages[["households", "population"]]
        .assign(villages=1)
        .groupby(villages["commune_code"])
        .sum()
        .reindex(communes["commune_code"], fill_value=0)
        .astype(float)
        .assign(communes=1.0)
    )
    province = [
        _province(definition, rows, rules.plan, weights, synthetic=synthetic)
        for code, rows in graded.groupby("indicator", sort=False)
        if (definition := _definition(rules, str(code))) is not None
    ]
    tables = [_graded(pd.DataFrame(province), rules) if province else None, _plan_rows(rules)]
    names = communes.set_index("commune_code")["name"]
    graded["commune_name"] = graded["commune_code"].map(names)
    board = pd.concat([t for t in (*tables, graded) if t is not None], ignore_index=True)
    return _in_order(board.reindex(columns=COLUMNS), communes, rules)


def of_villages(
    villages: pd.DataFrame,
    indicators: pd.DataFrame,
    communes: pd.DataFrame,
    rules: IndicatorRules,
) -> pd.DataFrame:
    """Give each village the newest value of its commune, as `indicator_<code>` columns.

    Only indicators with a definition; NaN where the commune has no value.
    """
    newest = _newest(_of_layer(indicators, communes))
    table = newest.pivot_table(index="commune_code", columns="indicator", values="value")
    columns = {
        f"indicator_{d.code}": villages["commune_code"].map(table[d.code]).astype(float)
        for d in rules.definitions
        if d.code in table.columns
    }
    return pd.DataFrame(columns, index=villages.index)


def _of_layer(indicators: pd.DataFrame, communes: pd.DataFrame) -> pd.DataFrame:
    """Return the rows whose edition and code are both those of a commune of the layer."""
    layer = pd.MultiIndex.from_arrays([_editions(communes), communes["commune_code"]])
    stated = pd.MultiIndex.from_arrays([_editions(indicators), indicators["commune_code"]])
    rows: pd.DataFrame = indicators.assign(edition=_editions(indicators))[stated.isin(layer)]
    return rows


def _editions(table: pd.DataFrame) -> pd.Series:
    if "edition" not in table.columns:
        return pd.Series("", index=table.index)
    return table["edition"].fillna("").astype(str)


def _newest(rows: pd.DataFrame) -> pd.DataFrame:
    """One row per commune and indicator: its newest known value, the one before, its target."""
    key = ["edition", "commune_code", "indicator"]
    wanted = ["year", "value", "target", "target_year", "source"]
    rows = rows.reindex(columns=[*key, *wanted])
    for name in ("year", "value", "target", "target_year"):
        rows[name] = rows[name].astype("Float64").astype(float)
    rows = rows.sort_values("year", kind="stable").drop_duplicates([*key, "year"], keep="last")
    known = rows[rows["value"].notna() & rows["year"].notna()].groupby(key, sort=False)
    before = known.nth(-2).set_index(key)[["year", "value"]].add_prefix("previous_")
    targets = rows[rows["target"].notna()].groupby(key, sort=False).tail(1).set_index(key)
    newest = (
        rows.drop_duplicates(key)
        .set_index(key)[[]]
        .join(known.tail(1).set_index(key)[["year", "value", "source"]])
        .join(before)
        .join(targets[["target", "target_year"]])
        .reset_index()
    )
    newest["change"] = newest["value"] - newest["previous_value"]
    newest["target_source"] = newest["source"].where(newest["target"].notna(), "")
    return newest


def _with_plan_targets(newest: pd.DataFrame, rules: IndicatorRules) -> pd.DataFrame:
    """Lay the plan's targets under communes that state none; a province's sum is no commune's."""
    if rules.plan is None:
        return newest
    for figure in rules.plan.targets:
        definition = _definition(rules, figure.indicator)
        if definition is None or definition.province == "sum":
            continue
        open_target = (newest["indicator"] == figure.indicator) & newest["target"].isna()
        newest.loc[open_target, ["target", "target_year"]] = figure.value, float(figure.year)
        newest.loc[open_target, "target_source"] = rules.plan.targets_source
    return newest


def _graded(rows: pd.DataFrame, rules: IndicatorRules) -> pd.DataFrame:
    """Add titles, unit, gap, trend and status."""
    rows = rows.copy()
    defined = {d.code: d for d in rules.definitions}
    known = [defined.get(code) for code in rows["indicator"]]
    titles = [
        (code, code) if d is None else (d.title_vi, d.title_en)
        for d, code in zip(known, rows["indicator"], strict=True)
    ]
    rows["title_vi"], rows["title_en"] = zip(*titles, strict=True) if titles else ((), ())
    rows["unit"] = [_unit(d, level) for d, level in zip(known, rows["level"], strict=True)]
    sign = pd.Series(
        [np.nan if d is None else 1.0 if d.direction == "more" else -1.0 for d in known],
        index=rows.index,
    )
    rows["gap"] = (sign * (rows["target"] - rows["value"])).round(6)
    step = sign * rows["change"]
    rows["trend"] = np.select(
        [step > _CLOSE, step < -_CLOSE, step.notna()], ["better", "worse", "same"], ""
    )
    speed = rows["change"] / (rows["year"] - rows["previous_year"])
    ahead = rows["value"] + speed * (rows["target_year"] - rows["year"])
    rest = sign * (rows["target"] - ahead)
    rows["status"] = np.select(
        [
            sign.isna(),
            rows["value"].isna(),
            rows["target"].isna(),
            rows["gap"] <= _CLOSE,
            rows["year"] >= rows["target_year"],
            rest <= _CLOSE,
            rest.notna(),
        ],
        ["undefined", "unknown", "no_target", "reached", "missed", "on_track", "behind"],
        "below",
    )
    return rows


def _province(
    definition: Indicator,
    rows: pd.DataFrame,
    plan: IndicatorPlan | None,
    weights: pd.DataFrame,
    *,
    synthetic: bool,
) -> dict[str, object]:
    """Bring the communes' newest values of one indicator together."""
    how, code = definition.province, definition.code
    column = "communes" if how == "sum" else how
    weight = rows["commune_code"].map(weights[column])
    value = rows["value"]
    target, target_year = _mean_or_sum(rows["target"], weight, how), rows["target_year"].max()
    target_source = _listed(rows.loc[rows["target"].notna(), "target_source"])
    planned = _plan_target(plan, code)
    if plan is not None and planned is not None:
        target, target_year = planned.value, float(planned.year)
        target_source = plan.targets_source
    return {
        "level": "province",
        "commune_code": "",
        "commune_name": "",
        "edition": _listed(rows["edition"]),
        "indicator": code,
        "year": rows["year"].max(),
        "value": _mean_or_sum(value, weight, how),
        "target": target,
        "target_year": target_year,
        "previous_year": rows["previous_year"].max(),
        "previous_value": _mean_or_sum(rows["previous_value"], weight, how),
        "change": _mean_or_sum(rows["change"], weight, how),
        "communes_known": int(value.notna().sum()),
        "communes_reached": int((rows["status"] == "reached").sum()),
        "communes": len(weights),
        "weight_known": float(weight[value.notna()].sum()),
        "weight_total": float(weights[column].sum()),
        "source": _listed(rows["source"]),
        "target_source": target_source,
        "synthetic": synthetic,
    }


def _plan_rows(rules: IndicatorRules) -> pd.DataFrame | None:
    """Every indicator of the plan with its target and the value published about the province."""
    plan = rules.plan
    if plan is None:
        return None
    published = {figure.indicator: figure for figure in plan.published}
    rows = []
    for code in dict.fromkeys(f.indicator for f in (*plan.targets, *plan.published)):
        target, figure = _plan_target(plan, code), published.get(code)
        rows.append(
            {
                "level": "plan",
                "commune_code": "",
                "commune_name": "",
                "edition": "",
                "indicator": code,
                "year": np.nan if figure is None else float(figure.year),
                "value": np.nan if figure is None else figure.value,
                "target": np.nan if target is None else target.value,
                "target_year": np.nan if target is None else float(target.year),
                "previous_year": np.nan,
                "previous_value": np.nan,
                "change": np.nan,
                "source": "" if figure is None else _with_note(plan.published_source, figure),
                "target_source": "" if target is None else _with_note(plan.targets_source, target),
                "synthetic": False,
            }
        )
    return _graded(pd.DataFrame(rows), rules) if rows else None


def _with_note(source: str, figure: Figure) -> str:
    return f"{source} ({figure.note})" if figure.note else source


def _in_order(board: pd.DataFrame, communes: pd.DataFrame, rules: IndicatorRules) -> pd.DataFrame:
    """Province first, then the plan's own rows, then communes in the layer's order."""
    codes = list(dict.fromkeys([d.code for d in rules.definitions]))
    undefined = sorted(set(board["indicator"]) - set(codes))
    places = {code: place for place, code in enumerate([*codes, *undefined])}
    of_commune = {code: place for place, code in enumerate(communes["commune_code"])}
    levels = {"province": 0, "plan": 1, "commune": 2}
    order = pd.DataFrame(
        {
            "level": board["level"].map(levels),
            "indicator": board["indicator"].map(places),
            "commune": board["commune_code"].map(of_commune).fillna(-1),
        }
    ).sort_values(["level", "indicator", "commune"], kind="stable")
    board = board.loc[order.index].reset_index(drop=True)
    for name in ("year", "target_year", "previous_year"):
        board[name] = board[name].astype("Int64")
    for name in ("communes_known", "communes_reached", "communes"):
        board[name] = board[name].astype("Int64")
    for name in ("value", "target", "previous_value", "change"):
        board[name] = board[name].astype(float).round(6)
    return board


def _definition(rules: IndicatorRules, code: str) -> Indicator | None:
    return next((d for d in rules.definitions if d.code == code), None)


def _plan_target(plan: IndicatorPlan | None, code: str) -> Figure | None:
    figures = () if plan is None else plan.targets
    return next((f for f in figures if f.indicator == code), None)


def _unit(definition: Indicator | None, level: str) -> str:
    """Return the unit: yes and no become a share, or a count, of a province's communes."""
    if definition is None:
        return ""
    if definition.unit == "flag" and level != "commune":
        return "count" if definition.province == "sum" else "share"
    return definition.unit


def _mean_or_sum(values: pd.Series, weight: pd.Series, how: str) -> float:
    """Sum, or mean over the known values; NaN where nothing is known or nothing weighs."""
    known = values.notna()
    if not known.any():
        return float("nan")
    if how == "sum":
        return float(values[known].sum())
    total = float(weight[known].sum())
    return float((values[known] * weight[known]).sum()) / total if total > 0 else float("nan")


def _listed(values: pd.Series) -> str:
    return "; ".join(sorted({str(v) for v in values if isinstance(v, str) and v}))
