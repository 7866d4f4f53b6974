"""A real Chromium that opens the pages: it waits until all charts are there and remembers what went wrong."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Locator, Page, sync_playwright

from tests.brokers.fetching import program

FLAGS = [
    *("--headless", "--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--use-gl=swiftshader", "--ignore-gpu-blocklist"),
    "--enable-unsafe-swiftshader",
]
PATIENCE_MS = 180_000
TALL = {"width": 1920, "height": 2400}
"""Charts below the window's edge are not drawn: all of a page is to be."""


@contextmanager
def chromium() -> Iterator[Browser]:
    """Yield a browser that asks nobody but whom a page names."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program("chromium"), args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


class Reader:
    """Somebody who signs in at `url` and opens pages."""

    def __init__(self, browser: Browser, url: str) -> None:
        self.url = url.rstrip("/")
        context = browser.new_context(viewport=TALL, locale="id-ID", timezone_id="Asia/Jakarta")
        self.page: Page = context.new_page()
        self.page.set_default_timeout(PATIENCE_MS)
        self.failed: list[str] = []
        self.elsewhere: list[str] = []
        self.page.on("response", lambda reply: self._heard(reply.status, reply.url))
        self.page.on("request", lambda asked: self._asked(asked.url))

    def _heard(self, status: int, url: str) -> None:
        if status >= 400:
            self.failed.append(f"{status} {url}")

    def _asked(self, url: str) -> None:
        if not url.startswith((self.url, "data:", "blob:")):
            self.elsewhere.append(url)

    def sign_in(self, name: str, word: str) -> bool:
        """Sign in; say whether one is let in."""
        self.page.goto(f"{self.url}/login/")
        self.page.fill("#username", name)
        self.page.fill("#password", word)
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")
        return "/login" not in self.page.url

    def opens(self, slug: str, charts: int) -> Page:
        """Open a dashboard and wait until so many charts are there and none loads; what failed before is forgotten."""
        self.failed.clear()
        self.page.goto(f"{self.url}/superset/dashboard/{slug}/")
        self.settled(charts)
        return self.page

    def settled(self, charts: int) -> None:
        """Wait until so many charts stand there, drawn or empty, and stay."""
        end, since = time.monotonic() + PATIENCE_MS / 1000, 0.0
        while time.monotonic() < end:
            there = self.page.locator(".dashboard-component-chart-holder .slice_container").count()
            loads = self.page.locator(".dashboard-component-chart-holder .loading").count()
            if there >= charts and not loads:
                since = since or time.monotonic()
                if time.monotonic() - since > 1.5:
                    return
            else:
                since = 0.0
            time.sleep(0.1)
        raise AssertionError(f"{self.page.url}: {there} of {charts} charts, {loads} still load")

    def chart(self, title: str) -> Locator:
        """Return the box of a chart."""
        return self.page.locator(f'[data-test-chart-name="{title}"]')

    def errors(self) -> list[str]:
        """Return what charts say went wrong."""
        return self.page.locator(".dashboard-component-chart-holder .ant-alert").all_inner_texts()
