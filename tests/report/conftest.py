"""A browser, and pages in it that may ask nobody for anything."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

PICTURES = Path(__file__).parents[2] / "build" / "report"


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """The browser of the machine, without a window.

    While Playwright is started an event loop runs in this thread, where tests of other modules start their own.
    """
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield made
        made.close()


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Iterator[Callable[..., Page]]:
    """Opens a text of HTML as a page; the test fails where that asks for anything else, or its script fails."""
    pages: list[Page] = []
    asked: list[str] = []
    failed: list[str] = []

    def open_(text: str, at: str = "", **settings: object) -> Page:
        file = tmp_path / f"page{len(pages)}.html"
        file.write_text(text, encoding="utf-8")
        page = browser.new_page(**{"viewport": {"width": 1360, "height": 820}, **settings})  # type: ignore[arg-type]
        page.set_default_timeout(15_000)
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: failed.append(str(error)))
        page.on("console", lambda message: failed.append(message.text) if message.type == "error" else None)
        pages.append(page)
        page.goto(f"{file.as_uri()}{at}")
        return page

    yield open_
    own = [page.url.partition("#")[0] for page in pages]
    for page in pages:
        page.close()
    assert failed == []
    assert [url for url in asked if url.partition("#")[0] not in own] == []


@pytest.fixture
def picture() -> Callable[[Page, str], None]:
    """Keeps a picture of a page in build/report, to be looked at."""

    def keep(page: Page, name: str) -> None:
        PICTURES.mkdir(parents=True, exist_ok=True)
        page.wait_for_timeout(200)  # for what moves
        page.screenshot(path=PICTURES / f"{name}.png")

    return keep
