"""From residuals to corrections: offsets by clutter class and band, slope with distance, sigma."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from scipy import sparse, stats

from coverage.calibration import blocks as spatial
from coverage.calibration import likelihood
from coverage.calibration.likelihood import Data, Fit
from coverage.errors import CoverageError
from coverage.params import MeasuringRules, Offset
from coverage.text import Text

_ROUNDS: Final = 2
_LEAST_BLOCK_PIXELS: Final = 2.0
_WIDER: Final = 2.0
"""Intervals rest on blocks twice as wide: neighbours across the edges of few blocks depend, too."""
_LEAST_WIDE_BLOCKS: Final = 30


class TooFewSamplesError(CoverageError, ValueError):
    """Measurements that are too few, or lie too close together, to calibrate on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Columns of the design: a general offset, one per band, class and pair, and the slope.

    `classes` and `bands` are those among the samples; distances are held within `from_km` and
    `to_km`.
    """

    classes: tuple[int, ...]
    bands_mhz: tuple[float, ...]
    from_km: float
    to_km: float

    @classmethod
    def of(cls, residuals: pd.DataFrame) -> Terms:
        """Return the terms that residuals can speak of."""
        return cls(
            classes=tuple(sorted({int(code) for code in residuals["clutter_code"]})),
            bands_mhz=tuple(sorted({float(band) for band in residuals["server_mhz"]})),
            from_km=float(residuals["distance_km"].min()),
            to_km=float(residuals["distance_km"].max()),
        )

    def design(self, residuals: pd.DataFrame) -> sparse.csr_array:
        """Return the design (n, p): a class or band that is not among the terms has none."""
        code, band = residuals["clutter_code"].to_numpy(), residuals["server_mhz"].to_numpy(float)
        in_class = code[:, None] == np.array(self.classes)[None, :]
        in_band = band[:, None] == np.array(self.bands_mhz)[None, :]
        pairs = in_class[:, :, None] & in_band[:, None, :]
        held_km = np.clip(residuals["distance_km"].to_numpy(float), self.from_km, self.to_km)
        parts = [
            np.ones((len(residuals), 1)),
            in_band,
            in_class,
            pairs.reshape(len(residuals), -1),
            np.log10(held_km)[:, None],
        ]
        return sparse.csr_array(np.column_stack(parts).astype(float))

    def prior_sd(self, rules: MeasuringRules) -> likelihood.Vector:
        """Return the spread of each coefficient before any sample."""
        spread, count = rules.spread, len(self.classes) * len(self.bands_mhz)
        return np.array(
            [
                spread.general_db,
                *[spread.band_db] * len(self.bands_mhz),
                *[spread.clutter_db] * len(self.classes),
                *[spread.pair_db] * count,
                spread.slope_db_per_decade,
            ]
        )

    def contrast(self, code: int | None, band_mhz: float | None) -> likelihood.Vector:
        """Return the row of the design for a class and band, at 1 km; None stands for any."""
        bands, classes = len(self.bands_mhz), len(self.classes)
        row = np.zeros(2 + bands + classes + bands * classes)
        row[0] = 1.0
        if band_mhz is not None:
            row[1 + self.bands_mhz.index(band_mhz)] = 1.0
        if code is not None:
            row[1 + bands + self.classes.index(code)] = 1.0
        if band_mhz is not None and code is not None:
            pair = self.classes.index(code) * bands + self.bands_mhz.index(band_mhz)
            row[1 + bands + classes + pair] = 1.0
        return row


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrections:
    """Fitted corrections with their 95 % intervals, and the blocks these rest on.

    `folds` is the fold of each sample, whole blocks together; `fold_fits` are fits without each and
    `fold_lengths_m` (folds,) correlation lengths without each, 0 where none is seen;
    `interval_blocks` is how many blocks the intervals rest on.
    """

    terms: Terms
    fit: Fit
    covariance: likelihood.Matrix
    variogram: spatial.Variogram
    block_m: float
    blocks: likelihood.Labels
    weight: likelihood.Vector
    folds: likelihood.Labels
    fold_fits: tuple[Fit, ...]
    fold_lengths_m: likelihood.Vector
    interval_blocks: int
    samples: int
    censored: int

    @property
    def block_count(self) -> int:
        """How many blocks hold samples."""
        return int(np.unique(self.blocks).size)

    def interval(self, row: likelihood.Vector) -> tuple[float, float, float]:
        """Return estimate and ends of the 95 % interval of a combination of coefficients."""
        middle = float(row @ self.fit.coefficients)
        spread = math.sqrt(float(row @ self.covariance[:-1, :-1] @ row))
        return middle, middle - self._quantile * spread, middle + self._quantile * spread

    def slope(self) -> tuple[float, float, float]:
        """Return the slope in dB per decade of distance and its interval."""
        row = np.zeros(self.fit.coefficients.size)
        row[-1] = 1.0
        return self.interval(row)

    def sigma(self) -> tuple[float, float, float]:
        """Return the spread of residuals in dB and its interval.

        The shape of the residuals is fitted too, in steps, which `covariance` takes as given. So
        the interval is the wider of that and the jackknife over the folds, fitted anew with their
        own shapes.
        """
        spread = max(
            self._quantile * math.sqrt(float(self.covariance[-1, -1])),
            _jackknifed(np.log([one.sigma_db for one in self.fold_fits])),
        )
        sigma_db = self.fit.sigma_db
        return sigma_db, sigma_db * math.exp(-spread), sigma_db * math.exp(spread)

    def correlation_length_m(self) -> tuple[float, float, float]:
        """Return the length over which residuals are correlated and its interval; 0 for none."""
        length_m = self.variogram.length_m
        if length_m <= 0.0 or (self.fold_lengths_m <= 0.0).any():
            return length_m, 0.0, math.inf
        spread = _jackknifed(np.log(self.fold_lengths_m))
        return length_m, length_m * math.exp(-spread), length_m * math.exp(spread)

    def added_db(self, residuals: pd.DataFrame) -> likelihood.Vector:
        """Return what the corrections add to each predicted signal."""
        return np.asarray(self.terms.design(residuals) @ self.fit.coefficients)

    def offsets(self, residuals: pd.DataFrame) -> tuple[Offset, ...]:
        """Return the offsets of every class and band, and of any, with the samples of each."""
        code, band = residuals["clutter_code"], residuals["server_mhz"]
        found = []
        for one in (None, *self.terms.bands_mhz):
            for kind in (None, *self.terms.classes):
                mine = (code == kind if kind is not None else code.notna()) & (
                    band == one if one is not None else band.notna()
                )
                middle, low, high = self.interval(self.terms.contrast(kind, one))
                found.append(
                    Offset(
                        clutter_code=kind,
                        frequency_mhz=one,
                        offset_db=round(middle, 3),
                        low_db=round(low, 3),
                        high_db=round(high, 3),
                        samples=int(mine.sum()),
                    )
                )
        return tuple(found)

    @property
    def _quantile(self) -> float:
        return _quantile(self.interval_blocks - 1)


def _jackknifed(without: likelihood.Vector) -> float:
    """Return half the width of the 95 % interval of an estimate, from estimates without a group."""
    groups = without.size
    variance = (groups - 1) / groups * float(((without - without.mean()) ** 2).sum())
    return _quantile(groups - 1) * math.sqrt(variance)


def _quantile(freedom: int) -> float:
    return float(stats.t.ppf(0.975, max(freedom, 1)))


def usable(residuals: pd.DataFrame) -> pd.DataFrame:
    """Return the samples that have a predicted level to be held against."""
    return residuals[residuals["predicted_dbm"].notna()].reset_index(drop=True)


def data_of(terms: Terms, residuals: pd.DataFrame, weight: likelihood.Vector | None = None) -> Data:
    """Return the rows of the regression: measured minus predicted, censored where measured is."""
    return Data(
        design=terms.design(residuals),
        value=(residuals["level_dbm"] - residuals["predicted_dbm"]).to_numpy(float),
        censored=residuals["is_censored"].to_numpy(bool),
        weight=np.ones(len(residuals)) if weight is None else weight,
    )


def correct(residuals: pd.DataFrame, rules: MeasuringRules, *, step_m: float) -> Corrections:
    """Fit the corrections to measured and predicted levels.

    A first fit, as if samples were independent, gives the residuals whose variogram tells how far
    they hang together; the second weighs samples by it and takes its intervals over whole blocks.

    Parameters
    ----------
    residuals
        `usable` samples: `level_dbm`, `is_censored`, `predicted_dbm`, `clutter_code`,
        `server_mhz`, `distance_km`, `x_m`, `y_m`, `operator_key`, `technology`.
    rules
        Priors, and how many samples and blocks are needed.
    step_m
        Size of a pixel.

    Raises
    ------
    TooFewSamplesError
        Where they are too few, or all within too few blocks.
    """
    _require_samples(residuals, rules)
    terms = Terms.of(residuals)
    prior_sd = terms.prior_sd(rules)
    x_m, y_m = residuals["x_m"].to_numpy(float), residuals["y_m"].to_numpy(float)
    group = residuals.groupby(["operator_key", "technology"]).ngroup().to_numpy().astype(np.int64)
    weight = np.ones(len(residuals))
    for _ in range(_ROUNDS):
        data = data_of(terms, residuals, weight)
        found = likelihood.fit(data, prior_sd)
        left_db = data.value - data.design @ found.coefficients
        seen = ~data.censored
        shape = spatial.variogram(
            x_m[seen], y_m[seen], left_db[seen], step_m=step_m, seed=rules.seed
        )
        weight = spatial.weights(x_m, y_m, group, shape)
    block_m = max(shape.range_m, _LEAST_BLOCK_PIXELS * step_m)
    blocks = spatial.blocks_of(x_m, y_m, block_m)
    _require_blocks(blocks, block_m, rules)
    data = data_of(terms, residuals, weight)
    found = likelihood.fit(data, prior_sd)
    folds = spatial.folds_of(blocks, rules.folds, rules.seed)
    wide = spatial.blocks_of(x_m, y_m, _WIDER * block_m)
    if np.unique(wide).size < _LEAST_WIDE_BLOCKS:
        wide = blocks
    return Corrections(
        terms=terms,
        fit=found,
        covariance=likelihood.covariance(data, found, prior_sd, wide),
        variogram=shape,
        block_m=block_m,
        blocks=blocks,
        weight=weight,
        folds=folds,
        fold_lengths_m=np.array(
            [
                spatial.variogram(
                    x_m[kept], y_m[kept], left_db[kept], step_m=step_m, seed=rules.seed
                ).length_m
                for fold in np.unique(folds)
                for kept in [seen & (folds != fold)]
            ]
        ),
        interval_blocks=int(np.unique(wide).size),
        fold_fits=_fits_without(data, folds, prior_sd, near=found),
        samples=len(residuals),
        censored=int(data.censored.sum()),
    )


def _fits_without(
    data: Data, folds: likelihood.Labels, prior_sd: likelihood.Vector, *, near: Fit
) -> tuple[Fit, ...]:
    """Fit to all but each fold in turn."""
    return tuple(
        likelihood.fit(data.subset(folds != fold), prior_sd, near=near) for fold in np.unique(folds)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldOutValues:
    """Corrected levels of samples by a fit that did not see them, and that fit's sigma."""

    corrected_dbm: likelihood.Vector
    sigma_db: likelihood.Vector


def held_out(
    residuals: pd.DataFrame,
    corrections: Corrections,
    rules: MeasuringRules,
    *,
    folds: likelihood.Labels | None = None,
) -> HeldOutValues:
    """Correct every sample by a fit to the other folds.

    `folds` names the fold of each sample; None takes the blocks dealt out by the corrections.
    """
    terms = corrections.terms
    data = data_of(terms, residuals, corrections.weight)
    fits = corrections.fold_fits
    if folds is None:
        folds = corrections.folds
    else:
        fits = _fits_without(data, folds, terms.prior_sd(rules), near=corrections.fit)
    predicted_dbm = residuals["predicted_dbm"].to_numpy(float)
    corrected_dbm, sigma_db = np.empty(len(residuals)), np.empty(len(residuals))
    for fold, found in zip(np.unique(folds), fits, strict=True):
        apart = folds == fold
        corrected_dbm[apart] = predicted_dbm[apart] + data.design[apart] @ found.coefficients
        sigma_db[apart] = found.sigma_db
    return HeldOutValues(corrected_dbm=corrected_dbm, sigma_db=sigma_db)


def random_folds(count: int, rules: MeasuringRules) -> likelihood.Labels:
    """Return folds of single samples, as a validation that forgets their places would take."""
    shuffled: likelihood.Labels = np.random.default_rng(rules.seed).permutation(count) % rules.folds
    return shuffled


def _require_samples(residuals: pd.DataFrame, rules: MeasuringRules) -> None:
    values = int((~residuals["is_censored"]).sum()) if len(residuals) else 0
    if values < rules.min_samples:
        raise _too_few(
            Text(
                f"chỉ có {values} mẫu đo dùng được (sau khi gộp theo ô lưới, không kể mẫu dưới "
                f"ngưỡng nhạy), cần ít nhất {rules.min_samples}",
                f"only {values} usable samples (thinned by pixel, without those at the floor), at "
                f"least {rules.min_samples} are needed",
            )
        )


def _require_blocks(blocks: likelihood.Labels, block_m: float, rules: MeasuringRules) -> None:
    count = int(np.unique(blocks).size)
    if count < rules.min_blocks:
        raise _too_few(
            Text(
                f"các mẫu chỉ nằm trong {count} khối rộng {block_m:.0f} m (tầm tương quan của sai "
                f"số), cần ít nhất {rules.min_blocks} khối",
                f"the samples lie in only {count} blocks of {block_m:.0f} m, the reach of the "
                f"residuals' correlation; at least {rules.min_blocks} are needed",
            )
        )


def _too_few(what: Text) -> TooFewSamplesError:
    return TooFewSamplesError(
        Text(
            f"Không hiệu chỉnh được: {what.vi}. Hãy đo thêm ở những nơi khác.",
            f"No calibration: {what.en}. Measure more, in other places.",
        )
    )
