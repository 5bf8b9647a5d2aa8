"""The map page as one would write it with streamlit-folium: the rival that `app` measures.

The same project, ranking, class picture, communes and villages; Leaflet comes from this server, not
from a content network. Run by Streamlit, see `benchmarks/pages.py`.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import folium
import streamlit as st
from streamlit_folium import st_folium

from coverage import pipeline
from coverage.io.project import load_project
from coverage.maps import map_payload

CRITERION = "fibre_distance"
COLOURS = {"good": "#1a9850", "weak": "#fdae61", "none": "#d73027", "unknown": "#888888"}
LEAFLET = "/app/static/leaflet"


@st.cache_resource
def assessed(folder: str) -> Any:
    inputs = load_project(folder)
    prediction = pipeline.predicted(inputs, inputs.scenario)
    assessment = pipeline.assessed(inputs, prediction, inputs.scenario)
    result = pipeline.ranked(inputs, prediction, assessment, inputs.scenario)
    picture = next(o for o in map_payload(result)["overlays"] if o["id"] == "4G")
    communes = result.communes[["name", "geometry"]].to_crs(4326)
    simple = communes.assign(geometry=communes.geometry.simplify(0.0006))
    return inputs, prediction, assessment, picture, json.loads(simple.to_json())


st.set_page_config(layout="wide")
inputs, prediction, assessment, picture, communes = assessed(sys.argv[1])
base = inputs.scenario
weights = {c.name: c.weight for c in base.priority.criteria}
percent = st.sidebar.slider("weight", 0, 100, round(100 * weights[CRITERION]), key="weight")
priority = base.priority.with_weights(weights | {CRITERION: percent / 100})
scenario = base.model_copy(update={"priority": priority})
result = pipeline.ranked(inputs, prediction, assessment, scenario)
villages = result.villages[
    ["village_id", "name", "signal_class_4g", "priority_rank", "cause_vi", "geometry"]
].to_crs(4326)

drawn = folium.Map(tiles=None, prefer_canvas=True)
drawn.default_js = [("leaflet", f"{LEAFLET}/leaflet.js")]
drawn.default_css = [("leaflet_css", f"{LEAFLET}/leaflet.css")]
folium.raster_layers.ImageOverlay(picture["url"], bounds=picture["bounds"]).add_to(drawn)
folium.GeoJson(communes, style_function=lambda _: {"fill": False, "weight": 1}).add_to(drawn)
folium.GeoJson(
    json.loads(villages.to_json()),
    marker=folium.CircleMarker(radius=4, fill=True, weight=1, fill_opacity=0.9),
    style_function=lambda f: {"color": COLOURS[f["properties"]["signal_class_4g"]]},
    tooltip=folium.GeoJsonTooltip(["priority_rank", "name"]),
).add_to(drawn)
south, west, north, east = (villages.total_bounds[i] for i in (1, 0, 3, 2))
drawn.fit_bounds([[south, west], [north, east]])
# A sign by which the benchmark knows that this very weight is drawn.
sign = folium.DivIcon(html=f'<i class="drawn-{percent}">·</i>')
folium.Marker([south, west], icon=sign).add_to(drawn)

left, right = st.columns([11, 10])
with left:
    told = st_folium(drawn, height=600, width=None, use_container_width=True, key="map")
with right:
    st.dataframe(
        villages.drop(columns="geometry").sort_values("priority_rank"), hide_index=True, height=560
    )
place = (told or {}).get("last_object_clicked")
if place:
    distance = (villages.geometry.y - place["lat"]) ** 2 + (villages.geometry.x - place["lng"]) ** 2
    village = villages.loc[distance.idxmin()]
    with st.container(key="village_sheet"):
        st.subheader(village["name"])
        st.write(village["cause_vi"])
