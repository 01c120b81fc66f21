"""Run in a network namespace without routes (`unshare -rn`): the studio starts, draws and is looked at in a browser.

Prints one JSON object: what the page asked for that is not the studio's, what the process tried to reach, what the
page said. Arguments: the studio's folder, the browser's path.
"""

import fcntl
import json
import socket
import struct
import sys
from pathlib import Path

UP = 0x8914, 0x1 | 0x40  # SIOCSIFFLAGS; IFF_UP, IFF_RUNNING

tried = []


def listen_to(event: str, arguments: tuple):
    """Whom this process would reach: names that are looked up, addresses that are connected to."""
    if event == "socket.getaddrinfo" and arguments[0] not in (None, "127.0.0.1", "localhost"):
        tried.append(str(arguments[0]))
    if event == "socket.connect" and isinstance(arguments[1], tuple) and not arguments[1][0].startswith("127."):
        tried.append(str(arguments[1][0]))


def main(home: str, chromium: str):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        fcntl.ioctl(one, UP[0], struct.pack("16sH14s", b"lo", UP[1], b""))
    with socket.socket() as one:
        one.settimeout(2)
        reached = one.connect_ex(("192.0.2.1", 80)) == 0
    sys.addaudithook(listen_to)

    from lit import environment

    environment.prepare(offline=True)
    from playwright.sync_api import expect, sync_playwright
    from serving import serving

    from lit.studio.shell.app import load_embedded

    outside = []
    with serving(load_embedded, Path(home)) as studio, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page()
        page.on(
            "request",
            lambda one: one.url.startswith((studio.url, "data:", "blob:")) or outside.append(one.url),
        )
        page.goto(studio.url)
        page.get_by_role("button", name="Generate", exact=True).click()
        expect(page.locator("#notice")).to_contain_text("Done: 1 sticker", timeout=60_000)
        for name in ("Draw over", "Mix", "Library", "Compare", "LinearScope"):
            page.get_by_role("tab", name=name).click()
            expect(page.get_by_role("tab", name=name)).to_have_attribute("aria-selected", "true")
        expect(page.locator("#scope img").first).to_be_visible(timeout=60_000)
        said = page.locator("#scope").inner_text()[:40]
        browser.close()
    print(json.dumps({"network": reached, "outside": outside, "tried": tried, "said": said}))


if __name__ == "__main__":
    main(*sys.argv[1:])
