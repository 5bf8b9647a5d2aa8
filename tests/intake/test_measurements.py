"""Exports of measuring apps and drive tests, one made sample in the form of each.

Headers of G-NetTrack, Network Survey, Cradlepoint and CloudRF are the published ones; those of
Network Signal Guru, i-Speed, the FCC's and Ofcom's tables are assumed (see the preset). All values
are made, and what is expected is by hand.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from coverage.errors import InputDataError
from coverage.importing import import_measurements
from coverage.intake.measurements import Measured, read_measurements
from coverage.intake.options import Statements
from coverage.schema import TABLES
from coverage.tables import check

OWN = """longitude,latitude,operator,technology,rsrp_dbm,measured_at,device_height_m
105.8,22.1,Viettel,4G,-101.5,2026-05-01,1.5
105.9,22.2,VinaPhone,3G,-95,2026-05-02,
"""
GNETTRACK = """Timestamp,Longitude,Latitude,Speed,Operatorname,CellID,NetworkMode,RSRP,RSRQ,SNR,\
CQI,RSSI,DL_bitrate,UL_bitrate,State,NRxRSRP,NRxRSRQ
2026.05.01_07.00.01,105.8,22.1,4,Viettel,2,LTE,-119,-14,2.0,6,-94,5178,194,D,-120.0,-18.0
2026.05.01_07.00.02,105.9,22.2,5,Viettel,3,5G,-102,-13,3.0,6,-80,52000,194,D,-120.0,-18.0
2026.05.01_07.00.03,105.9,22.2,5,Viettel,4,EDGE,-,-,-,-,-80,1,1,D,-,-
"""
NETWORK_SURVEY = """# Created by Network Survey version=1.43
# CSV Version=0.4.0
deviceTime,latitude,longitude,altitude,speed,accuracy,missionId,recordNumber,groupNumber,mcc,mnc,\
tac,eci,earfcn,pci,rsrp,rsrq,ta,servingCell,lteBandwidth,provider,signalStrength,cqi,slot,snr
2026-05-01T13:58:27.603261+07:00,22.1,105.8,15,0,22,NS 1,1,2,452,4,12345,777,1500,36,-112.0,-9.0,\
39,true,MHZ_10,Viettel,-61.0,11,,-1
2026-05-01T13:58:27.603261+07:00,22.1,105.8,15,0,22,NS 1,2,2,452,4,12345,778,1500,37,-118.0,-9.0,\
39,false,MHZ_10,Viettel,-61.0,11,,-1
2026-05-01T13:58:28.603261+07:00,22.1,105.8,15,0,500,NS 1,3,2,452,4,12345,777,1500,36,-111.0,-9.0,\
39,true,MHZ_10,Viettel,-61.0,11,,-1
"""
SIGNAL_GURU = """Time;Lon;Lat;MCC;MNC;LTE Band;EARFCN;PCI;ECI;LTE Serving RSRP (dBm);\
LTE Neighbor RSRP N1;NR SS-RSRP
01/05/2026 08:00:00;105,8;22,1;452;02;B3;1500;36;4711;-108,5;-99;-120,25
01/05/2026 08:00:01;105,8;22,1;452;02;B3;1500;36;4711;-109,5;-99;
"""
I_SPEED = """Thời gian đo,Nhà mạng,Loại mạng,Kinh độ,Vĩ độ,Tốc độ tải xuống (Mbps),Mức thu (dBm)
2026-05-01 08:00,MobiFone,4G,105.8,22.1,12.5,-110
2026-05-01 08:05,Vina,Wi-Fi,105.8,22.1,80,-50
"""
ANDROID = """timestamp,lat,lng,accuracy,carrier,network_type,cid,dbm
1777593600000,22.1,105.8,8,Viettel,LTE,4711,-97
1777593601000,22.1,105.8,8,Viettel,LTE,4711,2147483647
1777593602000,0,0,8,Viettel,LTE,4711,-97
"""
FCC = """timestamp,latitude,longitude,provider_name,technology,download_kbps,cell_id,rsrp
2026-05-01T08:00:00Z,22.1,105.8,Acme Wireless,4G,15000,77,-104
"""
OFCOM = """Latitude,Longitude,Timestamp,EE LTE RSRP,O2 LTE RSRP,Three UMTS RSCP,Vodafone NR SS-RSRP
51.5,-0.1,01/05/2026 08:00,-95,-103,-90,
51.6,-0.1,01/05/2026 08:01,-96,,-91,-99
"""
CRADLEPOINT = """Time,Latitude,Longitude,Carrier,Cell ID,Service Display,Band,RSSI,SINR,RSRP,RSRQ
2026-05-01 08:00,22.1,105.8,Verizon,77,LTE,Band 28,-70,10,-101,-9
"""


def read(tmp_path: Path, text: str, **stated: object) -> Measured:
    """Read a sample as a file, with statements."""
    path = tmp_path / "export.csv"
    path.write_text(text, encoding="utf-8")
    return read_measurements(path, Statements.model_validate(stated))


def rows(found: Measured, *names: str) -> list[tuple[object, ...]]:
    """Return some columns, row by row."""
    return list(found.table[list(names)].itertuples(index=False, name=None))


def rules(found: Measured) -> dict[str, str]:
    """Return how many rows each rule set aside."""
    return {finding.rule: finding.new for finding in found.findings if finding.kind == "repair"}


def test_own_columns_pass_through(tmp_path: Path) -> None:
    found = read(tmp_path, OWN)
    assert rows(found, "operator", "technology", "rsrp_dbm", "measured_at") == [
        ("Viettel", "4G", -101.5, "2026-05-01"),
        ("VinaPhone", "3G", -95.0, "2026-05-02"),
    ]
    assert found.table["device_height_m"].tolist()[0] == 1.5


def test_gnettrack_gives_the_rsrp_of_4g_and_5g_rows(tmp_path: Path) -> None:
    found = read(tmp_path, GNETTRACK)
    assert rows(found, "technology", "rsrp_dbm", "measured_cell_id", "measured_at") == [
        ("4G", -119.0, "2", "2026-05-01"),
        ("5G", -102.0, "3", "2026-05-01"),
    ]
    # by hand: 5,178 kbit/s is 5.178 Mbit/s
    assert found.table["download_mbps"].tolist() == [5.178, 52.0]
    assert rules(found) == {"other_technology": "1"}


def test_network_survey_leaves_neighbours_and_bad_fixes_out(tmp_path: Path) -> None:
    found = read(tmp_path, NETWORK_SURVEY)
    # by hand: of three rows the second is no serving cell, the third is good to 500 m only;
    # EARFCN 1500 is band 3, which tables of stations call 1800 MHz
    assert rows(
        found, "operator", "technology", "rsrp_dbm", "frequency_mhz", "measured_cell_id"
    ) == [("Viettel", "4G", -112.0, 1800.0, "777")]
    assert rules(found) == {"neighbour": "1", "inaccurate": "1"}


def test_signal_guru_turns_columns_of_technologies_into_rows(tmp_path: Path) -> None:
    found = read(tmp_path, SIGNAL_GURU)
    assert rows(found, "longitude", "operator", "technology", "rsrp_dbm") == [
        (105.8, "VinaPhone", "4G", -108.5),
        (105.8, "VinaPhone", "4G", -109.5),
        (105.8, "VinaPhone", "5G", -120.25),
    ]
    assert set(found.table["measured_at"]) == {"2026-05-01"}
    assert rules(found) == {"nothing_measured": "1"}


def test_i_speed_tables_in_vietnamese(tmp_path: Path) -> None:
    found = read(tmp_path, I_SPEED)
    assert rows(found, "operator", "technology", "rsrp_dbm", "download_mbps", "measured_at") == [
        ("MobiFone", "4G", -110.0, 12.5, "2026-05-01")
    ]
    assert rules(found) == {"other_technology": "1"}


def test_android_marks_of_no_value_and_no_place(tmp_path: Path) -> None:
    found = read(tmp_path, ANDROID)
    # by hand: 1,777,593,600 s after 1970 is 2026-05-01 00:00 UTC
    assert rows(found, "operator", "technology", "rsrp_dbm", "measured_at") == [
        ("Viettel", "4G", -97.0, "2026-05-01")
    ]
    assert rules(found) == {"no_such_level": "1", "no_position": "1", "nothing_measured": "1"}


def test_fcc_style_table(tmp_path: Path) -> None:
    found = read(tmp_path, FCC)
    assert rows(found, "operator", "technology", "rsrp_dbm", "download_mbps") == [
        ("Acme Wireless", "4G", -104.0, 15.0)
    ]


def test_ofcom_style_table_names_the_operator_in_the_heading(tmp_path: Path) -> None:
    found = read(tmp_path, OFCOM)
    assert sorted(rows(found, "operator", "technology", "rsrp_dbm")) == [
        ("ee", "4G", -96.0),
        ("ee", "4G", -95.0),
        ("o2", "4G", -103.0),
        ("three", "3G", -91.0),
        ("three", "3G", -90.0),
        ("vodafone", "5G", -99.0),
    ]


def test_cradlepoint_survey(tmp_path: Path) -> None:
    found = read(tmp_path, CRADLEPOINT)
    assert rows(found, "operator", "technology", "rsrp_dbm", "frequency_mhz") == [
        ("Verizon", "4G", -101.0, 700.0)
    ]


def test_what_a_drive_test_leaves_out_is_stated(shared: Path) -> None:
    folder = shared / "data" / "measured" / "cloudrf_drive_tests"
    fixed = {"operator": "A", "technology": "4G", "frequency_mhz": "415", "floor_dbm": "-101"}
    found = read_measurements(folder / "somerset_415mhz_survey.csv", Statements(fixed=fixed))
    # published with the file: 1,351 rows, from -40 to -101 dBm, clipped at -101
    assert found.rows_read == len(found.table) == 1351
    assert (found.table["rsrp_dbm"].min(), found.table["rsrp_dbm"].max()) == (-101.0, -40.0)
    mexico = read_measurements(folder / "mexico_768mhz_lte_rsrp.csv", Statements(fixed=fixed))
    assert len(mexico.table) == 3389
    peak = Statements(columns={"rsrp_dbm": "id", "measured_cell_id": "group"}, fixed=fixed)
    found = read_measurements(folder / "peakdistrict_lte_rssi_no_tx.csv", peak)
    assert len(found.table) == 128
    assert set(found.table["measured_cell_id"]) == {"131377930"}


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("a,b\n1,2\n", ["coordinates"]),
        ("lon,lat,measured\n105,22,-90\n", ["operator", "technology"]),
        ("lon,lat,operator,technology\n105,22,A,4G\n", ["levels"]),
    ],
)
def test_everything_missing_is_told_at_once(
    tmp_path: Path, text: str, missing: Sequence[str]
) -> None:
    with pytest.raises(InputDataError) as told:
        read(tmp_path, text)
    problems = [problem.what.en for problem in told.value.problems]
    assert len(problems) == len(missing)
    assert all(word in said for word, said in zip(missing, problems, strict=True))


@pytest.mark.parametrize(
    "text",
    [OWN, GNETTRACK, NETWORK_SURVEY, SIGNAL_GURU, I_SPEED, ANDROID, FCC, OFCOM, CRADLEPOINT],
)
def test_what_comes_out_is_a_table_of_the_project(tmp_path: Path, text: str) -> None:
    path = tmp_path / "export.csv"
    path.write_text(text, encoding="utf-8")
    out = tmp_path / "out" / "measurements.csv"
    found = import_measurements(path, out)
    back = pd.read_csv(out, dtype={"measured_cell_id": str, "operator": str})
    assert len(back) == len(found.table) > 0
    assert not check(back, TABLES["measurements"], file="measurements.csv").problems
    report = pd.read_csv(out.parent / "import_report.csv")
    assert {"column_read"} <= set(report["rule"])


def test_a_large_log_is_read_in_bounded_time(tmp_path: Path) -> None:
    count = 100_000
    rng = np.random.default_rng(1)
    pd.DataFrame(
        {
            "Timestamp": "2026.05.01_07.00.01",
            "Longitude": rng.uniform(105, 106, count).round(6),
            "Latitude": rng.uniform(22, 23, count).round(6),
            "Operatorname": "Viettel",
            "NetworkMode": "LTE",
            "RSRP": rng.integers(-120, -60, count),
        }
    ).to_csv(tmp_path / "log.csv", index=False)
    started = time.process_time()
    found = read_measurements(tmp_path / "log.csv")
    assert len(found.table) == count
    assert time.process_time() - started < 30.0  # measured: 2-3 s of one core
