"""A headless Chromium for tests of pages, with a fresh profile and no network."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
)


def missing() -> str:
    """Why no browser can be started; "" where one can."""
    try:
        import selenium  # noqa: F401
    except ImportError:
        return "not run: selenium is not installed (pip install selenium)"
    lacking = [name for name in ("chromium", "chromedriver") if shutil.which(name) is None]
    return f"not run: {' and '.join(lacking)} not found" if lacking else ""


@contextmanager
def browser(profile: Path) -> Iterator[Any]:
    """A Chromium with a fresh profile, driven by the chromedriver of this machine; nothing is looked up or loaded."""
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    for flag in (*FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.binary_location = shutil.which("chromium") or ""
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
    try:
        yield driver
    finally:
        driver.quit()


def show(driver: Any, page: Path, width: int, *, height: int = 900, dark: bool = False, script: bool = True) -> None:
    """Open a page on a screen of that width."""
    size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 700}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": scheme})
    driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": not script})
    driver.get(page.as_uri())


def run(driver: Any, code: str, *given: Any) -> Any:
    return driver.execute_script(f"return (() => {{ {code} }})()", *given)


def rgb(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text[text.index("(") + 1 : -1].split(",")[:3])


def luminance(colour: tuple[int, ...]) -> float:
    """WCAG 2.2, relative luminance."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (each / 255 for each in colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(ink: str, paper: str) -> float:
    """WCAG 2.2, contrast ratio."""
    low, high = sorted(map(luminance, map(rgb, (ink, paper))))
    return (high + 0.05) / (low + 0.05)
