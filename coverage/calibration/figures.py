"""How well predicted and measured agree: by group, served or not, and as probabilities."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.special import ndtr

from coverage.calibration import likelihood
from coverage.calibration.likelihood import Data, Vector
from coverage.params import HeldOut

GROUPS: Final = {
    "operator": "operator",
    "technology": "technology",
    "band": "server_mhz",
    "clutter": "clutter_code",
    "distance_km": "distance_class",
    "sight": "in_sight",
}
_BINS: Final = 10
_FLAT_DB: Final = 100.0
_LEAST_FOR_BIAS: Final = 3
_WITHIN_DB: Final = (6.0, 10.0)


def by_group(table: pd.DataFrame, predicted_dbm: Vector) -> pd.DataFrame:
    """Return the figures of all samples and of each operator, technology, band … .

    Parameters
    ----------
    table
        Compared samples.
    predicted_dbm
        Their predicted levels (n,), NaN where there is none; such samples are left out.

    Returns
    -------
    DataFrame
        `group`, `value`, `samples`, `censored`, `bias_db` (measured minus predicted; from the
        censored likelihood where samples are censored), `bias_uncensored_db` (mean of those above
        the floor: too high where some are not), and of those above the floor `rmse_db`,
        `correlation`, `within_6_db_share`, `within_10_db_share`.
    """
    frame = table.assign(predicted=predicted_dbm)
    frame = frame[frame["predicted"].notna()]
    rows = [{"group": "all", "value": "", **_figures(frame)}]
    for group, column in GROUPS.items():
        for value, own in frame.groupby(column, sort=True):
            rows.append({"group": group, "value": _named(value), **_figures(own)})
    return pd.DataFrame(rows)


def held_out_figures(table: pd.DataFrame, predicted_dbm: Vector) -> HeldOut:
    """Return the figures of all samples, for a calibration's file."""
    found = by_group(table, predicted_dbm).iloc[0]
    return HeldOut(
        samples=int(found["samples"]),
        censored=int(found["censored"]),
        **{
            name: round(float(found[name]), 4)
            for name in (
                *("bias_db", "rmse_db", "correlation"),
                *("within_6_db_share", "within_10_db_share"),
            )
        },
    )


def bias_db(residual_db: Vector, censored: Any) -> float:
    """Return the middle of residuals of which some are only known not to exceed a value.

    The mean where none is censored; else the location of the robust censored likelihood with a flat
    prior. NaN where nothing is above the floor.
    """
    censored = np.asarray(censored, dtype=bool)
    if not censored.any():
        return float(np.mean(residual_db)) if residual_db.size else float("nan")
    if (~censored).sum() < _LEAST_FOR_BIAS:
        return float("nan")
    data = Data(
        design=sparse.csr_array(np.ones((residual_db.size, 1))),
        value=np.asarray(residual_db, dtype=float),
        censored=censored,
        weight=np.ones(residual_db.size),
    )
    return float(likelihood.fit(data, np.array([_FLAT_DB])).coefficients[0])


def confusion(table: pd.DataFrame, predicted_dbm: Vector) -> pd.DataFrame:
    """Count served and unserved, measured against predicted, by technology.

    A censored sample whose floor lies above the weak limit says neither and is `undecided`; one
    without a predicted level is `not_predicted`.

    Returns
    -------
    DataFrame
        `technology`, the four counts, `undecided`, `not_predicted`, and the rates: `accuracy`,
        `missed_share` (of those measured unserved, predicted served) and `false_gap_share` (of
        those measured served, predicted unserved); NaN without any.
    """
    rows = []
    frame = table.assign(predicted=predicted_dbm)
    for technology, own in frame.groupby("technology", sort=True):
        undecided = own["is_censored"] & (own["floor_dbm"] > own["weak_dbm"])
        lost = own["predicted"].isna()
        kept = own[~undecided & ~lost]
        measured = _is_served(kept)
        predicted = (kept["predicted"] >= kept["weak_dbm"]).to_numpy()
        both, missed = int((measured & predicted).sum()), int((~measured & predicted).sum())
        false_gap, neither = int((measured & ~predicted).sum()), int((~measured & ~predicted).sum())
        rows.append(
            {
                "technology": technology,
                "served_predicted_served": both,
                "served_predicted_unserved": false_gap,
                "unserved_predicted_served": missed,
                "unserved_predicted_unserved": neither,
                "undecided": int(undecided.sum()),
                "not_predicted": int((lost & ~undecided).sum()),
                "accuracy": _share(both + neither, len(kept)),
                "missed_share": _share(missed, missed + neither),
                "false_gap_share": _share(false_gap, both + false_gap),
            }
        )
    return pd.DataFrame(rows)


def reliability(table: pd.DataFrame, predicted_dbm: Vector, sigma_db: Any) -> pd.DataFrame:
    """Hold the chance of service that was promised against how often it was there.

    The chance is Φ((predicted - weak limit)/σ). Samples of which service is not known are left out.

    Returns
    -------
    DataFrame
        Per tenth of chance: `chance_from`, `chance_to`, `samples`, mean `chance`, `served_share`
        measured.
    """
    chance, served = _chances(table, predicted_dbm, sigma_db)
    place = np.minimum((chance * _BINS).astype(int), _BINS - 1)
    count = np.bincount(place, minlength=_BINS)
    with np.errstate(invalid="ignore"):
        mean = np.bincount(place, weights=chance, minlength=_BINS) / count
        share = np.bincount(place, weights=served, minlength=_BINS) / count
    edges = np.arange(_BINS + 1) / _BINS
    return pd.DataFrame(
        {
            "chance_from": edges[:-1],
            "chance_to": edges[1:],
            "samples": count,
            "chance": mean,
            "served_share": share,
        }
    )


def reliability_figures(
    table: pd.DataFrame, predicted_dbm: Vector, sigma_db: Any
) -> dict[str, Any]:
    """Return the Brier score, and the mean distance of promised chance and measured share."""
    chance, served = _chances(table, predicted_dbm, sigma_db)
    found = reliability(table, predicted_dbm, sigma_db)
    apart = (found["chance"] - found["served_share"]).abs().fillna(0.0)
    return {
        "samples": int(chance.size),
        "brier": float(np.mean((chance - served) ** 2)) if chance.size else float("nan"),
        "calibration_error": _share(float((apart * found["samples"]).sum()), chance.size),
        "mean_chance": float(chance.mean()) if chance.size else float("nan"),
        "served_share": float(served.mean()) if chance.size else float("nan"),
    }


def _chances(table: pd.DataFrame, predicted_dbm: Vector, sigma_db: Any) -> tuple[Vector, Vector]:
    undecided = table["is_censored"] & (table["floor_dbm"] > table["weak_dbm"])
    known = (~undecided).to_numpy() & ~np.isnan(predicted_dbm)
    sigma = np.broadcast_to(np.asarray(sigma_db, dtype=float), predicted_dbm.shape)[known]
    chance = ndtr((predicted_dbm[known] - table["weak_dbm"].to_numpy(float)[known]) / sigma)
    return np.asarray(chance, float), _is_served(table[known]).astype(float)


def _is_served(table: pd.DataFrame) -> np.ndarray[Any, np.dtype[np.bool_]]:
    served = ~table["is_censored"] & (table["level_dbm"] >= table["weak_dbm"])
    return served.to_numpy(dtype=bool)


def _figures(frame: pd.DataFrame) -> dict[str, Any]:
    censored = frame["is_censored"].to_numpy(bool)
    residual_db = (frame["level_dbm"] - frame["predicted"]).to_numpy(float)
    seen = residual_db[~censored]
    level, predicted = frame["level_dbm"][~censored], frame["predicted"][~censored]
    varied = seen.size > 1 and level.std() > 0.0 and predicted.std() > 0.0
    within = {
        f"within_{limit:g}_db_share": _share(int((np.abs(seen) <= limit).sum()), seen.size)
        for limit in _WITHIN_DB
    }
    return {
        "samples": len(frame),
        "censored": int(censored.sum()),
        "bias_db": bias_db(residual_db, censored),
        "bias_uncensored_db": float(seen.mean()) if seen.size else float("nan"),
        "rmse_db": float(np.sqrt(np.mean(seen**2))) if seen.size else float("nan"),
        "correlation": float(np.corrcoef(level, predicted)[0, 1]) if varied else float("nan"),
        **within,
    }


def _named(value: Any) -> str:
    if isinstance(value, (bool, np.bool_)):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _share(part: float, whole: float) -> float:
    return part / whole if whole else float("nan")
