"""A site added by a click on the map, and what it would change."""

from __future__ import annotations

from typing import Final, get_args

import pandas as pd
import streamlit as st

from coverage.errors import CoverageError
from coverage.model import Inputs
from coverage.params import MAIN_TECHNOLOGY, SIGNAL_CLASSES, Technology
from coverage.revision.drafts import Work
from coverage.revision.edits import RowAdded, edited
from coverage.revision.effect import changed_villages, households_gained
from coverage.revision.rows import Rows
from coverage.revision.sites import (
    SECTORS,
    NewSite,
    bands,
    bandwidths,
    operators,
    site_rows,
    technologies,
    usual,
)
from coverage.ui import access, cache, drafting, kept, maps_in_step, session
from coverage.ui.numbers import written
from coverage.ui.speech import digits, language, say, told
from coverage.ui.words import class_short, plain

MAP: Final = "site_map"
_PLACE: Final = "site_place"
_TRIED: Final = "site_tried"
_LONGITUDE: Final = "site_longitude"
_LATITUDE: Final = "site_latitude"


def show(inputs: Inputs, work: Work) -> None:
    """Show the map, the form, and the effect of the draft."""
    rows = kept.rows_of(drafting.hash_of(inputs, "stations"), drafting.open_path(), "stations")
    stations = edited(rows.table, work.steps, "stations")
    scenario = session.scenario(inputs)
    result = session.result_of(inputs, scenario)
    place = st.session_state.get(_PLACE)
    left, right = st.columns([11, 8])
    with left:
        st.caption(
            say(
                "Giữ Shift và bấm lên bản đồ nơi đặt trạm. Vòng tím: trạm sắp thêm và trạm đã "
                "thêm trong bản nháp.",
                "Hold Shift and click on the map where the site stands. Violet rings: the site to "
                "be added, and those added in the draft.",
            )
        )
        maps_in_step.show(
            [cache.map_of(result, language())],
            key=MAP,
            places=[*_added(work), *([place] if place else [])],
            on_place=_take_place,
        )
    with right:
        _form(inputs, rows, stations, place)
        _effect(inputs, work)


def _take_place() -> None:
    place = maps_in_step.place_on(MAP)
    if place is not None:
        st.session_state[_PLACE] = (round(place[0], 6), round(place[1], 6))
        st.session_state[_LONGITUDE], st.session_state[_LATITUDE] = st.session_state[_PLACE]


def _added(work: Work) -> list[tuple[float, float]]:
    """Return the places of the sites that the draft adds."""
    cells = [
        edit.cells
        for step in work.steps
        if step.role == "stations"
        for edit in step.edits
        if isinstance(edit, RowAdded)
    ]
    return list(dict.fromkeys((float(c["longitude"]), float(c["latitude"])) for c in cells))


def _form(
    inputs: Inputs, rows: Rows, stations: pd.DataFrame, place: tuple[float, float] | None
) -> None:
    """Let the person say what the site is; the presets fill what is usual."""
    if place is None:
        west, south, east, north = inputs.villages.to_crs("EPSG:4326").total_bounds
        place = (float(west + east) / 2, float(south + north) / 2)
    st.session_state.setdefault(_LONGITUDE, place[0])
    st.session_state.setdefault(_LATITUDE, place[1])
    first, second = st.columns(2)
    with first:
        operator = st.selectbox(
            say("Nhà mạng", "Operator"),
            operators(stations),
            accept_new_options=True,
            key="site_operator",
        )
    with second:
        known = technologies(stations)
        technology: Technology = st.selectbox(
            say("Công nghệ", "Technology"),
            known,
            index=known.index(MAIN_TECHNOLOGY) if MAIN_TECHNOLOGY in known else 0,
            key="site_technology",
        )
    usual_values = usual(technology)
    with first:
        band = st.selectbox(
            say("Tần số (MHz)", "Band (MHz)"),
            bands(stations, str(operator), technology),
            format_func=lambda value: f"{value:g}",
            key=f"site_band_{operator}_{technology}",
        )
    with second:
        widths = bandwidths(technology, float(band))
        wanted = usual_values["bandwidth_mhz"]
        width = st.selectbox(
            say("Băng thông (MHz)", "Bandwidth (MHz)"),
            widths,
            index=widths.index(wanted) if wanted in widths else len(widths) - 1,
            format_func=lambda value: f"{value:g}",
            key=f"site_width_{technology}_{band}",
        )
    with first:
        height = st.number_input(
            say("Độ cao anten (m)", "Antenna height (m)"),
            1.0,
            350.0,
            usual_values["antenna_height_m"],
            1.0,
            key="site_height",
        )
        sectors = st.selectbox(
            say("Anten", "Antenna"),
            [len(SECTORS), 1],
            format_func=lambda n: (
                say("3 hướng (0, 120, 240°)", "3 sectors (0, 120, 240°)")
                if n == len(SECTORS)
                else say("Vô hướng", "Omni")
            ),
            key="site_sectors",
        )
        longitude = st.number_input(
            say("Kinh độ", "Longitude"), -180.0, 180.0, step=0.001, format="%.6f", key=_LONGITUDE
        )
    with second:
        power = st.number_input(
            say("Công suất phát (dBm)", "Transmit power (dBm)"),
            -30.0,
            80.0,
            usual_values["tx_power_dbm"],
            1.0,
            key="site_power",
            help=say(
                f"Độ lợi anten {usual_values['antenna_gain_dbi']:g} dBi, suy hao phi đơ "
                f"{usual_values['feeder_loss_db']:g} dB: giá trị thường gặp của trạm nông thôn "
                "(giả định).",
                f"Antenna gain {usual_values['antenna_gain_dbi']:g} dBi, feeder loss "
                f"{usual_values['feeder_loss_db']:g} dB: usual for a rural site (an assumption).",
            ),
        )
        status = st.selectbox(
            say("Trạng thái", "Status"),
            get_args(NewSite.model_fields["status"].annotation),
            format_func=lambda name: (
                say("đang phát", "on air") if name == "active" else say("dự kiến", "planned")
            ),
            key="site_status",
        )
        latitude = st.number_input(
            say("Vĩ độ", "Latitude"), -90.0, 90.0, step=0.001, format="%.6f", key=_LATITUDE
        )
    site = NewSite(
        operator=str(operator),
        technology=technology,
        frequency_mhz=float(band),
        bandwidth_mhz=float(width),
        longitude=float(longitude),
        latitude=float(latitude),
        antenna_height_m=float(height),
        tx_power_dbm=float(power),
        antenna_gain_dbi=usual_values["antenna_gain_dbi"],
        feeder_loss_db=usual_values["feeder_loss_db"],
        sectors=3 if sectors == len(SECTORS) else 1,
        status=status,
    )
    st.button(
        say("Thêm trạm vào bản nháp", "Add the site to the draft"),
        type="primary",
        icon=":material/add_location:",
        on_click=_add,
        args=(inputs, rows, stations, site),
        width="stretch",
        disabled=not access.may_edit(),
    )


def _add(inputs: Inputs, rows: Rows, stations: pd.DataFrame, site: NewSite) -> None:
    first = 1 + max(int(rows.table.index.max()), int(stations.index.max()))
    edits = tuple(
        RowAdded(row=first + place, cells=cells)
        for place, cells in enumerate(site_rows(site, stations))
    )
    if drafting.add_step(inputs, "stations", edits):
        st.session_state.pop(_PLACE, None)
        drafting.new_epoch()


def _effect(inputs: Inputs, work: Work) -> None:
    """Offer what the draft would change, before it is saved."""
    if not work.steps:
        return
    key = cache.key_of(inputs.fingerprint, *(step.model_dump_json() for step in work.steps))
    st.button(
        say("Xem tác dụng của bản nháp", "See what the draft changes"),
        icon=":material/compare:",
        on_click=_try,
        args=(key,),
        width="stretch",
    )
    if st.session_state.get(_TRIED) != key:
        return
    try:
        changed_inputs = kept.trial_of(key, drafting.open_path(), work.steps)
    except CoverageError as error:
        st.error(plain(told(error.text)))
        return
    scenario = session.scenario(inputs)
    before = session.result_of(inputs, scenario)
    with st.spinner(say("Đang dự báo trạm mới…", "Predicting the new site…")):
        prediction = kept.prediction_of_trial(
            cache.prediction_key(changed_inputs, scenario), changed_inputs, scenario
        )
        after = cache.result_of(changed_inputs, prediction, scenario, operator="")
    changed = changed_villages(before, after, MAIN_TECHNOLOGY)
    households = digits(households_gained(changed))
    st.success(
        say(
            f"{digits(len(changed))} thôn đổi loại sóng {MAIN_TECHNOLOGY}; thêm {households} hộ "
            "có sóng.",
            f"{digits(len(changed))} villages change their {MAIN_TECHNOLOGY} class; {households} "
            "more households are covered.",
        )
    )
    words = {name: class_short(name) for name in SIGNAL_CLASSES} | {"": ""}
    table = pd.DataFrame(
        {
            say("Thôn", "Village"): changed["name"],
            say("Xã", "Commune"): changed["commune_name"],
            say("Số hộ", "Households"): changed["households"],
            say("Trước", "Before"): changed["before"].map(words),
            say("Sau", "After"): changed["after"].map(words),
        }
    )
    st.dataframe(written(table), hide_index=True, width="stretch", height=220)


def _try(key: str) -> None:
    st.session_state[_TRIED] = key
