// Draws the charts in the colours of the style sheet, and again when these change: light, dark, paper.
(() => {
  "use strict";
  const root = document.documentElement;
  const drawings = JSON.parse(document.getElementById("drawings").textContent);
  const ids = Object.keys(drawings).filter((id) => document.getElementById(id));
  const config = { responsive: true, displayModeBar: false, displaylogo: false, typesetMath: false };

  // The drawing with every "var(--name)" replaced by what the style sheet says.
  const painted = (part, style) => {
    if (typeof part === "string") {
      const name = /^var\((--[a-z0-9-]+)\)$/.exec(part);
      return name ? style.getPropertyValue(name[1]).trim() : part;
    }
    if (Array.isArray(part)) {
      return typeof part[0] === "number" ? part : part.map((item) => painted(item, style));
    }
    if (part && typeof part === "object") {
      return Object.fromEntries(Object.entries(part).map(([key, item]) => [key, painted(item, style)]));
    }
    return part;
  };

  const drawOne = (id) => {
    const place = document.getElementById(id);
    const { data, layout } = painted(drawings[id], getComputedStyle(root));
    if ("print" in root.dataset) {
      layout.autosize = false;
      layout.width = Number(place.dataset.printWidth);
    }
    // Drawn afresh: a mere update would keep the margins of the former width.
    Plotly.newPlot(place, data, layout, config);
  };

  // One after the other from the top, so that the page can be read and scrolled meanwhile; a new round ends the last one.
  let round = 0;
  const draw = () => {
    const left = [...ids];
    const mine = ++round;
    const next = () => {
      if (mine !== round || left.length === 0) return;
      drawOne(left.shift());
      setTimeout(next);
    };
    setTimeout(next);
  };
  // Paper does not wait.
  const drawAtOnce = () => {
    round += 1;
    ids.forEach(drawOne);
  };

  // On paper: light colours, a fixed width, and what was folded is open, but for the further figures of a segment.
  let opened = [];
  const startPrint = () => {
    if ("print" in root.dataset) return;
    root.dataset.print = "";
    opened = [...document.querySelectorAll("details.more:not(.portrait *, [open])")];
    for (const details of opened) details.open = true;
    drawAtOnce();
  };
  const endPrint = () => {
    if (!("print" in root.dataset)) return;
    delete root.dataset.print;
    for (const details of opened) details.open = false;
    opened = [];
    drawAtOnce();
  };

  draw();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  addEventListener("beforeprint", startPrint);
  addEventListener("afterprint", endPrint);

  // Where the reader is, in the contents.
  const links = new Map([...document.querySelectorAll(".contents a")].map((link) => [link.hash.slice(1), link]));
  const seen = new Set();
  const watcher = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (entry.isIntersecting) seen.add(entry.target);
      else seen.delete(entry.target);
    }
    const here = [...seen].sort((a, b) => b.getBoundingClientRect().top - a.getBoundingClientRect().top)[0];
    for (const [id, link] of links) {
      if (here && id === here.id) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
  }, { rootMargin: "-10% 0px -80% 0px" });
  for (const id of links.keys()) {
    const target = document.getElementById(id);
    if (target) watcher.observe(target);
  }
})();
