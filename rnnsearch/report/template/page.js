"use strict";
(() => {
  const template = JSON.parse(document.getElementById("template").textContent);
  // Under a finger the buttons would lie over the legend all the time.
  const buttons = window.matchMedia("(hover: hover)").matches ? "hover" : false;
  const config = { displaylogo: false, showTips: false, plotlyServerURL: "", displayModeBar: buttons,
    modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d"] };
  const AXIS = 105;  // pixels that an axis of parallel coordinates takes

  // As many axes as there is room for; the first ones are the most telling.
  const narrowed = (trace, width) => {
    if (trace.type !== "parcoords") return trace;
    return { ...trace, dimensions: trace.dimensions.slice(0, Math.max(3, Math.floor(width / AXIS))) };
  };

  // A chart keeps to the width of its place, also where the place was not laid out yet.
  const fit = (box) => {
    const width = box.clientWidth;
    if (box.layout && width && Math.abs(box.layout.width - width) > 1) Plotly.relayout(box, { width });
  };
  const sizes = new ResizeObserver((seen) => seen.forEach((one) => fit(one.target)));

  // What a chart's JSON means here; what a reader has zoomed or hidden outlasts new values.
  const meant = (text, width) => {
    const { data, layout } = JSON.parse(text);
    const full = { ...layout, template, width, uirevision: "kept" };
    if (width < 500) full.legend = { ...(layout.legend || {}), font: { size: 11 } };
    return [data.map((trace) => narrowed(trace, width)), full, config];
  };

  const draw = (box) => {
    if (box.dataset.drawn) return;
    box.dataset.drawn = "yes";
    const holder = box.querySelector("script");
    try {
      Plotly.newPlot(box, ...meant(holder.textContent, box.clientWidth));
      sizes.observe(box);
    } catch (error) {
      const line = document.createElement("p");
      line.className = "warning";
      line.textContent = `This chart could not be drawn: ${error.message}`;
      box.append(line);
    }
  };

  const boxes = () => [...document.querySelectorAll(".chart:not([data-drawn])")];
  const all = () => boxes().forEach(draw);

  // What is near the screen is drawn at once, the rest when nothing else is to do.
  const watcher = new IntersectionObserver((seen) => {
    for (const one of seen) if (one.isIntersecting) { draw(one.target); watcher.unobserve(one.target); }
  }, { rootMargin: "400px" });
  boxes().forEach((box) => watcher.observe(box));
  const idle = (call) => (window.requestIdleCallback ? window.requestIdleCallback(call, { timeout: 500 }) : setTimeout(call, 50));
  // Parallel coordinates last: without a graphics card they take as long as all others together.
  const heavy = (box) => box.querySelector("script").textContent.includes('"parcoords"');
  const next = () => {
    const left = boxes();
    if (!left.length) return;
    draw(left.find((box) => !heavy(box)) || left[0]);
    idle(next);
  };
  window.addEventListener("load", () => idle(next));

  const paper = () => { all(); document.querySelectorAll(".chart[data-drawn]").forEach(fit); };
  window.addEventListener("beforeprint", paper);
  window.addEventListener("afterprint", paper);
  window.matchMedia("print").addEventListener("change", paper);

  const copyable = (root) => root.querySelectorAll(".code").forEach((box) => {
    const button = box.querySelector(".copy");
    if (!navigator.clipboard) return;
    button.hidden = false;
    button.addEventListener("click", async () => {
      const code = box.querySelector("code");
      try {
        await navigator.clipboard.writeText(code.textContent);
        button.textContent = "Copied";
      } catch {  // a frame around the page may forbid it: then the lines are at least selected
        window.getSelection().selectAllChildren(code);
        button.textContent = "Selected";
      }
      setTimeout(() => { button.textContent = "Copy"; }, 1500);
    });
  });
  copyable(document);

  window.report = {
    add: (root) => {
      root.querySelectorAll(".chart:not([data-drawn])").forEach((box) => watcher.observe(box));
      copyable(root);
      idle(next);
    },
    redraw: (box, text) => Plotly.react(box, ...meant(text, box.clientWidth)),
  };
})();
