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

  const draw = () => {
    const style = getComputedStyle(root);
    const printing = "print" in root.dataset;
    for (const id of ids) {
      const place = document.getElementById(id);
      const { data, layout } = painted(drawings[id], style);
      if (printing) {
        layout.autosize = false;
        layout.width = Number(place.dataset.printWidth);
      }
      // Drawn afresh: a mere update would keep the margins of the former width.
      Plotly.newPlot(place, data, layout, config);
    }
  };

  // On paper: light colours, a fixed width, and what was folded is open, but for the further figures of a segment.
  let opened = [];
  const startPrint = () => {
    if ("print" in root.dataset) return;
    root.dataset.print = "";
    opened = [...document.querySelectorAll("details.more:not(.portrait *, [open])")];
    for (const details of opened) details.open = true;
    draw();
  };
  const endPrint = () => {
    if (!("print" in root.dataset)) return;
    delete root.dataset.print;
    for (const details of opened) details.open = false;
    opened = [];
    draw();
  };

  if (ids.length > 0) draw();
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
