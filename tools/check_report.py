#!/usr/bin/env python3
"""Opens reports in headless Chromium and fails if one is broken.

    tools/check_report.py [--axe axe.min.js] [--screenshots FOLDER] report.html...

Each page is opened from its file at 1280 and 400 pixels, in light and in dark, and once as on paper. It must raise no
error, ask nothing of the network, draw every chart, not scroll sideways, and change its colours with the scheme; and
axe, if it is given, must find nothing serious for people who use a keyboard or a screen reader.
Chromium is found on the path (`chromium`, `chromium-browser`, `google-chrome`) or named by CHROMIUM. Standard library
only: the browser is spoken to through its debugging pipe.
"""

import argparse
import base64
import fcntl
import json
import os
import pathlib
import select
import shutil
import subprocess
import sys
import tempfile
import time

WIDTHS = (1280, 400)
SCHEMES = ("light", "dark")
PATIENCE = 60  # seconds for any one answer

# What a page in good order says of itself.
STATE = """(() => {
  const drawings = [...document.querySelectorAll(".drawing")];
  // What plotly.js draws has ids of its own.
  const ours = [...document.querySelectorAll("[id]")].filter((e) => !e.closest("svg, style")).map((e) => e.id);
  return JSON.stringify({
    ready: document.readyState,
    charts: drawings.length,
    undrawn: drawings.filter((d) => !d.querySelector("svg.main-svg") || !d.classList.contains("js-plotly-plot")).map((d) => d.id),
    wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    widest: [...document.querySelectorAll("main *")].filter((e) => !e.closest(".scroll, .drawing, .unseen, .name, .persona, pre") && e.getBoundingClientRect().right > document.documentElement.clientWidth + 1).slice(0, 3).map((e) => e.tagName + "." + e.className),
    twice: ours.filter((id, i) => ours.indexOf(id) !== i),
    paper: getComputedStyle(document.documentElement).backgroundColor,
    ink: document.querySelector(".drawing text")?.style.fill ?? null,
  });
})()"""

# What axe finds serious or critical: which rule, how many places, the first of them.
AXE = """axe.run(document, {resultTypes: ["violations"]}).then((found) => JSON.stringify(found.violations
  .filter((v) => v.impact === "serious" || v.impact === "critical")
  .map((v) => `${v.id} (${v.nodes.length}): ${v.nodes[0].html.slice(0, 120)} ${v.nodes[0].any[0]?.message ?? ""}`)))"""


class Browser:
    """Chromium behind its debugging pipe: JSON messages, each ended by a zero byte."""

    def __init__(self, program):
        self.profile = tempfile.mkdtemp(prefix="check-report-")
        to_read, self.to = os.pipe()
        self.of, to_write = os.pipe()
        # Out of the way of 3 and 4, where the browser looks for them.
        child_in, child_out = (fcntl.fcntl(fd, fcntl.F_DUPFD, 10) for fd in (to_read, to_write))
        for fd in (to_read, to_write):
            os.close(fd)

        def pipes():
            os.dup2(child_in, 3)
            os.dup2(child_out, 4)

        self.process = subprocess.Popen(
            [program, "--headless", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu", "--disable-quic",
             "--disable-dev-shm-usage", "--no-first-run", "--no-default-browser-check", "--disable-background-networking",
             "--disable-component-update", "--disable-sync", "--disable-extensions", "--hide-scrollbars",
             f"--user-data-dir={self.profile}", "about:blank"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            preexec_fn=pipes, pass_fds=(3, 4))
        os.close(child_in)
        os.close(child_out)
        self.buffer = b""
        self.last = 0
        self.events = []
        self.session = None
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.ask(f"{domain}.enable")

    def close(self):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.profile, ignore_errors=True)

    def receive(self, until):
        while b"\0" not in self.buffer:
            left = until - time.monotonic()
            if left <= 0 or not select.select([self.of], [], [], left)[0]:
                return None
            chunk = os.read(self.of, 1 << 20)
            if not chunk:
                raise RuntimeError("the browser ended")
            self.buffer += chunk
        message, self.buffer = self.buffer.split(b"\0", 1)
        message = json.loads(message)
        if message.get("method") == "Page.javascriptDialogOpening":
            # A dialog is a complaint; closed at once, or the page would wait for ever.
            self.send("Page.handleJavaScriptDialog", accept=True)
        return message

    def send(self, method, **params):
        self.last += 1
        message = {"id": self.last, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self.to, data):]
        return self.last

    def ask(self, method, **params):
        question = self.send(method, **params)
        until = time.monotonic() + PATIENCE
        while True:
            answer = self.receive(until)
            if answer is None:
                raise RuntimeError(f"no answer to {method} within {PATIENCE} s")
            if answer.get("id") == question:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error'].get('message')}")
                return answer["result"]
            self.events.append(answer)

    def drain(self, seconds):
        until = time.monotonic() + seconds
        while (event := self.receive(until)) is not None:
            self.events.append(event)

    def evaluate(self, script):
        return self.ask("Runtime.evaluate", expression=script, awaitPromise=True)["result"].get("value")

    def open(self, url, width, scheme):
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=width < 600)
        self.ask("Emulation.setEmulatedMedia", media="", features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.ask("Page.navigate", url="about:blank")
        self.drain(0.1)
        self.events.clear()
        self.ask("Page.navigate", url=url)
        started = time.monotonic()
        while time.monotonic() < started + PATIENCE:
            self.drain(0.1)
            state = self.state()
            if state is None or state["ready"] != "complete":
                continue
            # A script that failed will never draw: no need to wait for long.
            if not state["undrawn"] or time.monotonic() > started + 15:
                self.drain(0.3)
                return self.state()
        raise RuntimeError(f"{url} did not load within {PATIENCE} s")

    def state(self):
        """What the page says of itself; None while there is none yet."""
        said = self.evaluate(STATE)
        return None if said is None else json.loads(said)

    def complaints(self):
        """Errors of the console and of scripts, and addresses asked for beyond the file itself."""
        errors, asked = [], []
        for event in self.events:
            params = event.get("params", {})
            method = event.get("method")
            if method == "Runtime.exceptionThrown":
                details = params["exceptionDetails"]
                errors.append(details.get("exception", {}).get("description") or details.get("text"))
            elif method == "Runtime.consoleAPICalled" and params["type"] in ("error", "assert"):
                errors.append(" ".join(str(a.get("value", a.get("description"))) for a in params["args"]))
            elif method == "Log.entryAdded" and params["entry"]["level"] == "error":
                errors.append(params["entry"]["text"])
            elif method == "Page.javascriptDialogOpening":
                errors.append(f"a dialog: {params.get('message')}")
            elif method == "Network.requestWillBeSent":
                address = params["request"]["url"]
                if not address.startswith(("file:", "data:", "blob:", "about:")):
                    asked.append(address)
        return errors, asked


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("reports", nargs="+", type=pathlib.Path)
    parser.add_argument("--axe", type=pathlib.Path, help="axe-core as one script")
    parser.add_argument("--screenshots", type=pathlib.Path, help="folder for pictures and the printed page")
    args = parser.parse_args()
    program = next(filter(None, map(shutil.which, filter(None, (
        os.environ.get("CHROMIUM"), "chromium", "chromium-browser", "google-chrome")))), None)
    if program is None:
        sys.exit("error: no Chromium found\n\nhint: install it (apt-get install chromium) or name it in CHROMIUM")
    if args.screenshots:
        args.screenshots.mkdir(parents=True, exist_ok=True)

    passed = failed = 0

    def check(holds, page, what, detail=""):
        nonlocal passed, failed
        if holds:
            passed += 1
        else:
            failed += 1
            print(f"FAILED {page}: {what}{': ' if detail else ''}{detail}")

    browser = Browser(program)
    try:
        for report in args.reports:
            url = report.resolve().as_uri()
            papers = {}
            for width in WIDTHS:
                for scheme in SCHEMES:
                    page = f"{report.name} at {width}, {scheme}"
                    state = browser.open(url, width, scheme)
                    errors, asked = browser.complaints()
                    papers[scheme] = (state["paper"], state["ink"])
                    check(not errors, page, "errors", "; ".join(map(str, errors))[:500])
                    check(not asked, page, "asks the network", ", ".join(asked)[:300])
                    check(not state["undrawn"], page, "charts not drawn", ", ".join(state["undrawn"]))
                    check(state["wide"] <= 0, page, "scrolls sideways",
                          f"{state['wide']} px, {', '.join(state['widest'])}")
                    check(not state["widest"], page, "sticks out", ", ".join(state["widest"]))
                    check(not state["twice"], page, "ids used twice", ", ".join(state["twice"]))
                    if args.axe:
                        browser.evaluate(args.axe.read_text(encoding="utf-8"))
                        found = json.loads(browser.evaluate(AXE))
                        check(not found, page, "axe", "; ".join(found)[:1500])
                    if args.screenshots:
                        shot = browser.ask("Page.captureScreenshot", format="png", captureBeyondViewport=True)
                        target = args.screenshots / f"{report.stem}-{width}-{scheme}.png"
                        target.write_bytes(base64.b64decode(shot["data"]))
            check(papers["light"][0] != papers["dark"][0], report.name, "dark looks like light", str(papers))
            if state["charts"]:
                check(papers["light"][1] != papers["dark"][1], report.name, "charts do not follow the scheme", str(papers))
            # Still dark and narrow: paper must be light all the same.
            browser.events.clear()
            pdf = browser.ask("Page.printToPDF", preferCSSPageSize=True, printBackground=False)["data"]
            errors, asked = browser.complaints()
            check(len(pdf) > 10_000 and not errors and not asked, report.name, "printing", "; ".join(errors))
            after = browser.state()
            check(after["wide"] <= 0 and not after["undrawn"], report.name, "the page after printing")
            if args.screenshots:
                (args.screenshots / f"{report.stem}.pdf").write_bytes(base64.b64decode(pdf))
    finally:
        browser.close()
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
