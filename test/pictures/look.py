#!/usr/bin/env python3
"""Opens the pages of a folder in a headless Chromium and looks at them.

usage: look.py chromium pages pictures scratch

NAME.html goes with NAME.json: how many connectors its board shows, by health."""
import glob
import json
import os
import sys

from browser import Browser, BrowserFailed

# Elements that stick out of the window at the right, but for what is drawn
# for screen readers or scrolls by itself.
TOO_WIDE = """[...document.querySelectorAll("main *")].filter(e => e.getBoundingClientRect().right > innerWidth + 1
  && !e.closest("svg svg, symbol")).map(e => e.tagName + "." + e.getAttribute("class")).slice(0, 5).join(" ")"""
CELLS = """(() => { const n = {}; for (const c of document.querySelectorAll("#board .cell")) {
  const h = c.closest(".cells").dataset.health; n[h] = (n[h] || 0) + 1 } return n })()"""
# cells that are not seen: no area, or the colour of what is behind
UNSEEN = """[...document.querySelectorAll("#board .cell > svg")].filter(s => { const r = s.getBoundingClientRect();
  return r.width < 8 || r.height < 8 || getComputedStyle(s).color ==
      getComputedStyle(document.querySelector("section")).backgroundColor }).length"""
TITLES = """[...document.querySelectorAll("#board .cell > svg")]
  .filter(s => !s.querySelector("title")?.textContent.includes(": ")).length"""
# the contrast of a text's colour and the card's, as WCAG counts it
CONTRAST = """(() => { const l = c => { const v = c.match(/[0-9.]+/g).slice(0, 3).map(x => x / 255)
    .map(x => x <= 0.03928 ? x / 12.92 :
  ((x + 0.055) / 1.055) ** 2.4); return 0.2126 * v[0] + 0.7152 * v[1] + 0.0722 * v[2] };
  const card = l(getComputedStyle(document.querySelector("section")).backgroundColor);
  return Math.min(...[...document.querySelectorAll("h1, h2, h3, p, td, th, small, .dim, .key li")].map(e => {
      const t = l(getComputedStyle(e).color);
  return (Math.max(t, card) + 0.05) / (Math.min(t, card) + 0.05) })) })()"""
VIEWS = [(1200, "light"), (1200, "dark"), (390, "light"), (390, "dark")]


class Tally:
    passed = failed = 0

    def check(self, name, found, right):
        if found == right:
            self.passed += 1
        else:
            self.failed += 1
            print("FAILED  %s: %r, not %r" % (name, found, right))


def look(browser, tally, page, pictures):
    name = os.path.basename(page)[:-len(".html")]
    with open(page[:-len(".html")] + ".json", encoding="utf-8") as file:
        board = json.load(file)
    tally.check(name + ": less than a megabyte", os.path.getsize(page) < 1_000_000, True)
    for width, scheme in VIEWS:
        view = "%s, %d wide, %s" % (name, width, scheme)
        del browser.complaints[:]
        browser.show(width, 900, scheme)
        browser.open(page)
        tally.check(view + ": cells", browser.ask(CELLS), board)
        tally.check(view + ": cells that are not seen", browser.ask(UNSEEN), 0)
        tally.check(view + ": cells without a title", browser.ask(TITLES), 0)
        tally.check(view + ": sticks out", browser.ask(TOO_WIDE), "")
        tally.check(view + ": scrolls sideways",
            browser.ask("document.documentElement.scrollWidth > innerWidth"), False)
        tally.check(view + ": texts can be read", browser.ask(CONTRAST) >= 4.5, True)
        tally.check(view + ": scripts", browser.ask("document.scripts.length"), 0)
        tally.check(view + ": asked for",
            browser.ask('performance.getEntriesByType("resource").map(e => e.name).join(" ")'), "")
        tally.check(view + ": not a number",
            browser.ask('/NaN|undefined|Infinity/.test(document.documentElement.outerHTML)'), False)
        browser.picture(os.path.join(pictures, "%s-%d-%s.png" % (name, width, scheme)))
        tally.check(view + ": complaints", browser.complaints, [])
    if sum(board.values()) >= 3:
        tally.check(name + ": a name stays text",
            browser.ask('document.body.textContent.includes("<script>alert(1)</script>")'), True)
        # a link into a closed part opens it
        browser.ask('location.hash = [...document.querySelectorAll("a.cell")].pop().hash')
        tally.check(name + ": leads to its row",
            browser.ask('document.querySelector(":target").getBoundingClientRect().height > 0'), True)


def look_at_all(chromium, pages, pictures, scratch):
    """Of a browser of its own: what was seen."""
    tally = Tally()
    with Browser(chromium, scratch) as browser:
        for page in sorted(glob.glob(os.path.join(pages, "*.html"))):
            look(browser, tally, page, pictures)
    return tally


def main():
    chromium, pages, pictures, scratch = sys.argv[1:]
    try:
        Browser(chromium, scratch).close()
    except BrowserFailed as failure:
        print("SKIPPED: the report was NOT looked at: chromium does not run here (%s)" % failure)
        print("0 passed, 0 failed")
        return 0
    try:
        tally = look_at_all(chromium, pages, pictures, scratch)
    except BrowserFailed as failure:
        # a browser may crash; twice it would be the page
        print("once more, as %s" % failure)
        tally = look_at_all(chromium, pages, pictures, scratch)
    print("%d passed, %d failed" % (tally.passed, tally.failed))
    return 0 if tally.failed == 0 and tally.passed > 0 else 1


if __name__ == "__main__":
    sys.exit(main())
