"""A detector that hangs finds nothing, now and then, and never without noise."""

from __future__ import annotations

import numpy as np

from simulation import faults, layout, mute
from simulation.tracks import Objects

START = 1_767_546_000_000_000  # 2026-01-05 00.00 in Semarang
DAY = 86_400_000_000
CITY = layout.registry(30, 5, 0.05)


def scenes(*, noiseless: bool = False) -> list:
    given = {"noiseless": noiseless}
    return [faults.scene(c, n, 5, START, START + 7 * DAY, **given) for n, c in enumerate(CITY.camera)]


def test_a_few_detectors_hang_for_three_hours_that_the_camera_watches() -> None:
    found = [(scene, span) for scene in scenes() for span in mute.spans(scene).tolist()]
    assert 2 <= len(found) <= 20
    for scene, (begin, end) in found:
        assert end - begin == 3 * 3_600_000_000
        assert not ((scene.outage_us[:, 0] < end) & (scene.outage_us[:, 1] > begin)).any()
        assert mute.truth(scene).height > 0


def test_without_noise_none_hangs_and_no_evening_is_missed() -> None:
    for noisy, quiet in zip(scenes(), scenes(noiseless=True), strict=True):
        assert len(mute.spans(quiet)) == 0
        assert len(quiet.outage_us) <= len(noisy.outage_us)
    assert sum(len(s.outage_us) for s in scenes()) > sum(len(s.outage_us) for s in scenes(noiseless=True))


def test_it_finds_nothing_exactly_while_it_hangs() -> None:
    scene = next(each for each in scenes() if len(mute.spans(each)))
    begin, end = mute.spans(scene)[0].tolist()
    frames = np.arange(len(scene.t_us))
    every = Objects(frames, np.zeros(len(frames), np.uint8), frames, np.zeros((len(frames), 4)))
    lost = np.setdiff1d(frames, mute.silenced(scene, every, scene.t_us).frame)
    assert len(lost) > 100
    assert ((scene.t_us[lost] >= begin) & (scene.t_us[lost] < end)).all()
