"""A headless Chromium, driven over its debugging pipe: NUL-terminated JSON
on the file descriptors 3 (commands) and 4 (answers and events)."""
import base64
import json
import os
import select
import subprocess
import time


class BrowserFailed(Exception):
    """The browser does not start, ended or does not answer."""


class Browser:
    """with Browser(program, folder) as browser: browser.open(path)

    The folder gets its profile.  Whatever pages complain of, on the console or
    as an exception, is in .complaints."""

    def __init__(self, program, folder, timeout=180):
        self.timeout = timeout
        self.complaints = []
        self.sent = 0
        self.received = b""
        self.events = []
        self.log = open(os.path.join(folder, "browser.log"), "wb")
        to_browser, self.to_browser = os.pipe()
        self.from_browser, from_browser = os.pipe()
        # the shell gives the pipes the numbers that the browser expects
        self.process = subprocess.Popen(
            ["sh", "-c", 'exec "$@" 3<&%d 4>&%d' % (to_browser, from_browser), "sh",
             program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
             "--disable-background-networking", "--no-first-run", "--hide-scrollbars",
             "--user-data-dir=" + os.path.join(folder, "profile"), "--remote-debugging-pipe", "about:blank"],
            pass_fds=(to_browser, from_browser), stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
            env=dict(os.environ, HOME=folder))
        os.close(to_browser)
        os.close(from_browser)
        self.session = None
        try:
            target = self.call("Target.createTarget", url="about:blank")["targetId"]
            self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
            for domain in ("Page", "Runtime", "Log"):
                self.call(domain + ".enable")
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()

    def close(self):
        os.close(self.to_browser)
        os.close(self.from_browser)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()

    def message(self, until):
        """The next message from the browser."""
        while b"\0" not in self.received:
            left = until - time.monotonic()
            if left <= 0 or not select.select([self.from_browser], [], [], left)[0]:
                raise BrowserFailed("the browser does not answer")
            part = os.read(self.from_browser, 1 << 20)
            if not part:
                raise BrowserFailed("the browser has ended")
            self.received += part
        text, _, self.received = self.received.partition(b"\0")
        message = json.loads(text)
        self.note(message)
        return message

    def note(self, message):
        method, what = message.get("method"), message.get("params", {})
        if method == "Runtime.exceptionThrown":
            self.complaints.append("exception: " + what["exceptionDetails"]["text"])
        elif method == "Runtime.consoleAPICalled":
            self.complaints.append("console: " + json.dumps(what["args"]))
        elif method == "Log.entryAdded":
            self.complaints.append("log: " + what["entry"]["text"])
        if method:
            self.events.append(method)

    def call(self, method, **params):
        self.sent += 1
        command = {"id": self.sent, "method": method, "params": params}
        if self.session:
            command["sessionId"] = self.session
        try:
            os.write(self.to_browser, json.dumps(command).encode() + b"\0")
        except BrokenPipeError:
            raise BrowserFailed("the browser has ended") from None
        until = time.monotonic() + self.timeout
        while True:
            message = self.message(until)
            if message.get("id") == self.sent:
                if "error" in message:
                    raise BrowserFailed("%s: %s" % (method, message["error"]["message"]))
                return message["result"]

    def show(self, width, height, scheme, scale=1):
        """The size of the window, light or dark."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=scale,
            mobile=width < 600)
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def open(self, path):
        """Load a file, to the end."""
        del self.events[:]
        answer = self.call("Page.navigate", url="file://" + path)
        if answer.get("errorText"):
            raise BrowserFailed(answer["errorText"])
        until = time.monotonic() + self.timeout
        while "Page.loadEventFired" not in self.events:
            self.message(until)

    def ask(self, expression):
        """The value of an expression in the page."""
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        if "exceptionDetails" in result:
            raise BrowserFailed("%s: %s" % (expression, result["exceptionDetails"]["text"]))
        return result["result"].get("value")

    def picture(self, path, whole=True):
        """A PNG of the window, or of the whole page."""
        data = self.call("Page.captureScreenshot", captureBeyondViewport=whole)["data"] if not whole else self.whole()
        with open(path, "wb") as file:
            file.write(base64.b64decode(data))

    def whole(self):
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        clip = dict(x=0, y=0, width=size["width"], height=min(size["height"], 16000), scale=1)
        return self.call("Page.captureScreenshot", captureBeyondViewport=True, clip=clip)["data"]
