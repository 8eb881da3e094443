"""Chromium as Odoo's tours drive it, without a test."""

import base64
import io
import json
import logging
import time

from PIL import Image

from odoo.tests.common import ChromeBrowser

PATIENCE = 120  # seconds; the first visit of a page builds its bundles
PAUSE = 0.3  # between two looks
CALL = """
    const response = await fetch(%s, {
        method: "POST",
        headers: {"Content-Type": "application/json"},
        body: JSON.stringify({params: %s}),
    });
    return (await response.json()).result;
"""
# Counters and windows of Discuss tell about Odoo's demo data, and a cursor blinks.
STYLE = """
    *, *::before, *::after { animation: none !important; transition: none !important; caret-color: transparent; }
    .o-mail-ChatHub, .o_notification_manager, .o_menu_systray .badge { display: none !important; }
    .pdfViewer .page { margin: 0 auto !important; border: 0 !important; }
    #toolbarContainer { display: none !important; }
    #viewerContainer { inset: 0 !important; background: white !important; }
"""
PREPARE = f"""
    const style = document.createElement("style");
    style.textContent = {json.dumps(STYLE)};
    document.head.append(style);
"""
FIND = """
    const found = [...document.querySelectorAll(%s)].filter(
        (element) => element.textContent.includes(%s) && element.getClientRects().length
    );
    const element = found[0];
"""
BUSY = """
    return document.readyState !== "complete" || document.fonts.status !== "loaded"
        || [...document.images].some((image) => !image.complete)
        || Boolean(document.querySelector(".o_loading_indicator, .o_blockUI, .o_view_sample_data .fa-spin"));
"""


class Setting:
    """What the browser asks of the test that it usually serves."""

    _logger = logging.getLogger("screenshots")
    touch_enabled = False

    def __init__(self, width, height):
        self.browser_size = f"{width}x{height}"

    def fetch_proxy(self, _url):
        return {"body": "", "responseCode": 404, "responseHeaders": []}


class Browser:
    """One page of Chromium.

    :raise TimeoutError: from all methods, when what is waited for does not come
    """

    def __init__(self, address, width, height):
        self.address, self.height = address, height
        self.chrome = ChromeBrowser(Setting(width, height))
        self.chrome._websocket_request("Emulation.setTimezoneOverride", params={"timezoneId": "Asia/Shanghai"})
        self.chrome._websocket_request("Emulation.setScrollbarsHidden", params={"hidden": True})

    def close(self):
        self.chrome.stop()

    @property
    def had_error(self):
        """Whether the page has written an error to its console."""
        return self.chrome.had_failure

    def log_in(self, database, login, password):
        self.go("/web/login")
        credentials = {"db": database, "login": login, "password": password}
        if not self.call("/web/session/authenticate", credentials):
            raise RuntimeError(f"{login} cannot log in.")

    def call(self, path, params):
        """What the server answers to a request of the page."""
        return self.evaluate(CALL % (json.dumps(path), json.dumps(params)))

    def record_id(self, module, name):
        """Id of the record with an external id."""
        domain = [("module", "=", module), ("name", "=", name)]
        params = {"model": "ir.model.data", "method": "search_read", "args": [domain, ["res_id"]], "kwargs": {}}
        return self.call("/web/dataset/call_kw", params)[0]["res_id"]

    def go(self, path):
        self.chrome.navigate_to(self.address + path, wait_stop=True)
        self.wait("the page", 'return document.readyState === "complete"')
        self.evaluate(PREPARE)

    def resize(self, width, height):
        self.height = height
        size = {"mobile": False, "width": width, "height": height, "deviceScaleFactor": 1}
        self.chrome._websocket_request("Emulation.setDeviceMetricsOverride", params=size)

    def evaluate(self, script):
        """The value that a piece of JavaScript returns; it may ``await``."""
        params = {"expression": f"(async () => {{{script}}})()", "awaitPromise": True, "returnByValue": True}
        answer = self.chrome._websocket_request("Runtime.evaluate", params=params, timeout=PATIENCE)
        if "exceptionDetails" in answer:
            raise RuntimeError(answer["result"].get("description", answer["exceptionDetails"]["text"]))
        return answer["result"].get("value")

    def wait(self, what, script):
        deadline = time.monotonic() + PATIENCE
        while not self.evaluate(script):
            if time.monotonic() > deadline:
                raise TimeoutError(f"{what} has not come.")
            time.sleep(PAUSE)

    def on(self, selector, text, script):
        """Do something with the first visible element that matches and holds the text, once it is there."""
        find = FIND % (json.dumps(selector), json.dumps(text))
        self.wait(f"{selector} with “{text}”", f"{find} if (element) {{ {script} }} return Boolean(element);")

    def settle(self):
        """The picture of the page, once it does not change any more."""
        self.evaluate("document.activeElement?.blur();")
        last = None
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            time.sleep(PAUSE)
            picture = None if self.evaluate(BUSY) else self.picture()
            if picture and picture == last:
                return Image.open(io.BytesIO(picture)).convert("RGB")
            last = picture
        raise TimeoutError("The page does not come to rest.")

    def picture(self):
        answer = self.chrome._websocket_request("Page.captureScreenshot", params={"format": "png"}, timeout=PATIENCE)
        return base64.b64decode(answer["data"])
