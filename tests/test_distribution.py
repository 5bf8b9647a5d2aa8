"""Predictions on a real Dask cluster of several processes: the same bytes, whatever happens."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from coverage import distribution, pipeline, prediction
from coverage.distribution import ClusterCrew, ClusterError, cluster
from coverage.errors import CoverageError, StoppedError
from coverage.io.project import load_project
from coverage.model import Inputs, Prediction
from coverage.prediction.signal import scene_of
from coverage.prediction.work import composite
from tests.clusters import Loopback, loopback
from tests.stages.world import cell, centre, village, world

PATIENT_S = 300.0
"""Workers start slowly where the machine is busy."""

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("cluster")]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loopback]:
    with loopback(tmp_path_factory.mktemp("cluster"), workers=3) as started:
        yield started


@pytest.fixture(scope="module")
def crew(running: Loopback) -> Iterator[ClusterCrew]:
    with cluster(running.address, alone_s=PATIENT_S) as found:
        yield found


def predicted(inputs: Inputs, **how: object) -> Prediction:
    scenario = inputs.scenario
    return prediction.predict(inputs, scenario.radio, scenario.land_cover, **how)  # type: ignore[arg-type]


def near(project: Path) -> Inputs:
    """Read a project with a short range, which is soon predicted."""
    inputs = load_project(project)
    radio = inputs.scenario.radio.model_copy(update={"max_range_km": 6.0})
    return replace(inputs, scenario=inputs.scenario.model_copy(update={"radio": radio}))


def require_same(one: Prediction, other: Prediction) -> None:
    for kind in ("signal_dbm", "server", "possible_dbm"):
        rasters, others = getattr(one, kind), getattr(other, kind)
        assert rasters.keys() == others.keys()
        for key, raster in rasters.items():
            assert raster.dtype == others[key].dtype
            assert raster.tobytes() == others[key].tobytes(), (kind, key)


def outputs(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in folder.iterdir() if p.name != "timings.json"}


def same_outputs(
    project: Path, crew: ClusterCrew, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Run a project by threads and by the cluster, each with an empty store, and compare."""
    monkeypatch.setenv("PHUSONG_CACHE", str(folder / "one store"))
    pipeline.run_project(project, folder / "one", workers=2)
    monkeypatch.setenv("PHUSONG_CACHE", str(folder / "other store"))
    pipeline.run_project(project, folder / "many", workers=crew)
    one, many = outputs(folder / "one"), outputs(folder / "many")
    assert one.keys() == many.keys()
    assert [name for name in one if one[name] != many[name]] == []


def test_the_demo_has_the_same_bytes(
    demo_project: Path,
    crew: ClusterCrew,
    running: Loopback,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    same_outputs(demo_project, crew, tmp_path, monkeypatch)
    # It was the workers that predicted: path losses lie in their store, none in the client's.
    assert len(list((running.store / "results").glob("*.npz"))) > 100
    assert len(list((tmp_path / "other store" / "results").glob("*.npz"))) == 1


def test_the_reference_province_has_the_same_bytes(
    shared: Path, crew: ClusterCrew, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    same_outputs(shared / "data" / "backan", crew, tmp_path, monkeypatch)


def test_a_worker_killed_in_the_middle_changes_nothing(
    demo_project: Path, running: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("coverage.prediction.signal.MOST_MASTS", 8)
    inputs = near(demo_project)
    killed: list[int] = []
    with cluster(running.address, alone_s=PATIENT_S) as crew:
        client = crew._client
        number = client.run(os.getpid)

        def kill_one(_stage: str, share: float) -> None:
            busy = [worker for worker, tasks in client.processing().items() if tasks]
            if not killed and share < 0.9 and busy:
                killed.append(number[busy[0]])
                os.kill(killed[0], signal.SIGKILL)

        found = predicted(inputs, workers=crew, progress=kill_one)
        assert len(killed) == 1
        assert killed[0] not in client.run(os.getpid).values()
    require_same(found, predicted(inputs, workers=2))


def test_a_stopped_run_leaves_the_cluster_free(demo_project: Path, running: Loopback) -> None:
    inputs = near(demo_project)
    with cluster(running.address, alone_s=PATIENT_S) as crew:
        with pytest.raises(StoppedError):
            predicted(inputs, workers=crew, progress=lambda _stage, _share: False)
        # The pieces under way are taken back: the same crew can be asked again.
        scene = scene_of(inputs, inputs.scenario.radio, inputs.scenario.land_cover)
        rules, masts = scene.groups(48)[0]
        ((number, _),) = crew.results(composite, [partial(scene.piece, rules, masts[:2])])
        assert number == 0


def test_without_workers_the_run_ends_with_a_reason(tmp_path: Path) -> None:
    with (
        loopback(tmp_path, workers=0) as empty,
        pytest.raises(ClusterError, match="no workers left"),
        cluster(empty.address, alone_s=1.0),
    ):
        pass


def test_when_all_workers_die_the_run_ends_with_a_reason(
    demo_project: Path, tmp_path: Path
) -> None:
    inputs = near(demo_project)
    with (
        loopback(tmp_path, workers=1, nanny=False) as lonely,
        cluster(lonely.address, alone_s=PATIENT_S) as crew,
    ):
        crew._alone_s = 3.0
        (pid,) = crew._client.run(os.getpid).values()

        def kill(_stage: str, _share: float) -> None:
            os.kill(pid, signal.SIGKILL)

        with pytest.raises(ClusterError, match="no workers left"):
            predicted(inputs, workers=crew, progress=kill)


def test_a_scheduler_that_does_not_answer_is_named(
    demo_project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(distribution, "CONNECT_S", 1.0)
    with (
        pytest.raises(ClusterError, match=r"(?s)127\.0\.0\.1:1 .*dask scheduler") as told,
        cluster("tcp://127.0.0.1:1"),
    ):
        pass
    assert "Không nối được" in told.value.message("vi")
    done = subprocess.run(
        [sys.executable, "-m", "coverage", "run", demo_project, "--scheduler", "nowhere://x"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "nowhere://x" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert "Traceback" not in done.stderr


def test_workers_of_another_version_are_refused(
    running: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(distribution, "CODE_DIGEST", "another code")
    with (
        pytest.raises(ClusterError, match=r"code \w+ ≠ another code"),
        cluster(running.address, alone_s=PATIENT_S),
    ):
        pass


def test_a_piece_of_another_version_is_refused_by_the_worker(crew: ClusterCrew) -> None:
    inputs = world([village("V1", centre(60, 60))], [cell("A1-1", 60, 10)])
    scene = scene_of(inputs, inputs.scenario.radio, inputs.scenario.land_cover)
    rules, masts = scene.groups(48)[0]
    other = replace(scene.piece(rules, masts), code="another code")
    with pytest.raises(CoverageError, match="another version of phusong"):
        list(crew.results(composite, [lambda: other]))
    assert np.isfinite(composite(scene.piece(rules, masts)).patches[0].signal_dbm).any()
