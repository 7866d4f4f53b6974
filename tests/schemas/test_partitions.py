"""Where cameras go: Kafka's rule, by the values its own tests have."""

import pytest

from schemas.partitions import murmur2, partition_of


@pytest.mark.parametrize(
    ("key", "signed"),
    [  # Apache Kafka, UtilsTest.testMurmur2 (Apache-2.0): 32-bit signed values
        ("21", -973932308),
        ("foobar", -790332482),
        ("a-little-bit-long-string", -985981536),
        ("a-little-bit-longer-string", -1486304829),
        ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
        ("abc", 479470107),
    ],
)
def test_the_hash_is_kafkas(key, signed):
    assert murmur2(key.encode()) == signed & 0xFFFFFFFF


def test_a_camera_has_one_of_the_partitions():
    placed = [partition_of(f"smg-{n:05}", 12) for n in range(12_000)]
    counts = [placed.count(p) for p in range(12)]
    assert min(counts) > 800
    assert sum(counts) == 12_000
