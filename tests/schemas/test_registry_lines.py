"""Lines of tables and keys, which tomllib does not keep."""

from __future__ import annotations

import pytest

from schemas.toml_lines import nearest_line, table_lines

TEXT = '''\
# [[camera]] in a comment
[[camera]]
id = "[[camera]] in a text"  # id = 2
note = """
id = "in a long text"
[camera.zone]
"""
polygon = [
  [0.1, 0.2],  # ]
  [0.3, 0.4],
]
limits = { on = 1,
  off = 2 }
[[camera.zone]]
id = 'a'
[[camera.zone]]
"id" = "b"
[camera.calibration]
image = []
[[camera]]
calibration.image = []
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("camera", 0), 2),
        (("camera", 0, "id"), 3),
        (("camera", 0, "note"), 4),
        (("camera", 0, "polygon", 1), 8),
        (("camera", 0, "limits", "off"), 12),
        (("camera", 0, "zone", 0, "id"), 15),
        (("camera", 0, "zone", 1, "id"), 17),
        (("camera", 0, "calibration", "image"), 19),
        (("camera", 1), 20),
        (("camera", 1, "calibration", "image"), 21),
        ((), 1),
    ],
    ids=str,
)
def test_a_path_is_found_at_its_line(path, line):
    assert nearest_line(table_lines(TEXT), path) == line
