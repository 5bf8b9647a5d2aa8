"""How signal is predicted."""

from __future__ import annotations

from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from coverage.params.calibration import Calibration
from coverage.params.words import Technology
from coverage.text import Text
from coverage.validation import Frozen, RuleError

_BASIS: Final = ("model_3g", "model_4g", "model_5g", "clutter")
Model = Literal["p1812", "free_space", "okumura_hata", "cost231_hata", "rma", "uma"]


class RadioParams(Frozen):
    """How signal is predicted; changing any of these means predicting anew.

    `calibration` is what measurements say the prediction is out by; None leaves it as it is.
    """

    engine: Literal["sweep", "profile"]
    rx_height_m: Annotated[float, Field(ge=1.0, le=100.0)]
    max_range_km: Annotated[float, Field(ge=0.25, le=100.0)]
    time_percent: Annotated[float, Field(ge=1.0, le=50.0)]
    delta_n: Annotated[float, Field(ge=0.0, le=200.0)]
    n0: Annotated[float, Field(ge=200.0, le=450.0)]
    polarisation: Literal["vertical", "horizontal"]
    vertical_beamwidth_deg: Annotated[float, Field(ge=1.0, le=90.0)]
    front_to_back_db: Annotated[float, Field(ge=0.0, le=60.0)]
    side_lobe_db: Annotated[float, Field(ge=0.0, le=60.0)]
    pilot_power_share: Annotated[float, Field(gt=0.0, le=1.0)]
    clutter: Literal["none", "receiver_loss", "profile"]
    use_planned: bool
    model_3g: Model
    model_4g: Model
    model_5g: Model
    hata_environment: Literal["large_city", "small_city", "suburban", "open"]
    building_height_m: Annotated[float, Field(ge=5.0, le=50.0)]
    street_width_m: Annotated[float, Field(ge=5.0, le=50.0)]
    calibration: Calibration | None = None

    @model_validator(mode="after")
    def _calibrated_on_the_same_basis(self) -> Self:
        if self.calibration is None:
            return self
        differ = [
            f"{name}: {getattr(self.calibration, name)} ≠ {getattr(self, name)}"
            for name in _BASIS
            if getattr(self.calibration, name) != getattr(self, name)
        ]
        if differ:
            told = "; ".join(differ)
            raise RuleError(
                Text(
                    f"tệp hiệu chỉnh được lập với thiết lập khác ({told}); hãy hiệu chỉnh lại",
                    f"the calibration was made with other settings ({told}); calibrate again",
                )
            )
        return self

    @property
    def max_range_m(self) -> float:
        """How far a cell is looked at."""
        return self.max_range_km * 1000.0

    def model_of(self, technology: Technology) -> Model:
        """Return the path-loss model of a technology."""
        models: dict[Technology, Model] = {
            "3G": self.model_3g,
            "4G": self.model_4g,
            "5G": self.model_5g,
        }
        return models[technology]


class LandCoverClass(Frozen):
    """Clutter of one land-cover class."""

    code: Annotated[int, Field(ge=0, le=255)]
    title_vi: str
    title_en: str
    height_m: Annotated[float, Field(ge=0.0, le=100.0)]
    receiver_loss_db: Annotated[float, Field(ge=0.0, le=60.0)]
    vegetation_depth_m: Annotated[float, Field(ge=0.0, le=1000.0)] = 0.0


class LandCover(Frozen):
    """Legend of the land-cover raster."""

    source: str
    year: int
    is_assumption: bool
    classes: tuple[LandCoverClass, ...]
