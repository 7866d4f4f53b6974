"""Write a picture of each dashboard beside this file: `make screenshots`, while `tilik dashboards up` serves a city.

Pages are opened 1920 pixels wide in Chromium, made smaller and of few colours, so that the repository stays small.
"""

from __future__ import annotations

import argparse
import io
import sys
from pathlib import Path

from PIL import Image

from flows.dashboards import STATE, layout, pages, place
from tests.flows.dashboards.browser import Reader, chromium

HERE = Path(__file__).parent
WIDTH = 1200
COLOURS = 200
BOTTOM = "Math.max(...[...document.querySelectorAll('.grid-content')].map(e => e.getBoundingClientRect().bottom))"


def main() -> int:
    """Shoot all pages of the dashboards that are served from a folder."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--state", type=Path, default=STATE, help="the dashboards' folder")
    state = asked.parse_args().state
    said = place.served(state)
    if said is None:
        sys.stderr.write(f"nobody serves {state}: bring them up first (tilik dashboards up --state {state})\n")
        return 1
    name, word = (state / "login.txt").read_text().split()
    with chromium() as browser:
        reader = Reader(browser, said.url)
        reader.sign_in(name, word)
        for page in pages.read():
            path = HERE / f"{page.slug}.png"
            path.write_bytes(small(whole(reader, page)))
            sys.stdout.write(f"{path.name}: {path.stat().st_size // 1000} kB\n")
    return 0


def whole(reader: Reader, page: pages.Page) -> bytes:
    """Return a page from its top to its last row."""
    shown = reader.opens(page.slug, len(list(layout.cells(page))))
    bottom = int(shown.evaluate(BOTTOM)) + 16
    return shown.screenshot(clip={"x": 0, "y": 0, "width": 1920, "height": bottom})


def small(picture: bytes, width: int = WIDTH) -> bytes:
    """Return a picture of less width and of few colours."""
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    image = image.resize((width, round(image.height * width / image.width)), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    image.quantize(COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
    return out.getvalue()


if __name__ == "__main__":
    sys.exit(main())
