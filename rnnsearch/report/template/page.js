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

  const draw = (box) => {
    if (box.dataset.drawn) return;
    box.dataset.drawn = "yes";
    const holder = box.querySelector("script");
    try {
      const { data, layout } = JSON.parse(holder.textContent);
      const width = box.clientWidth;
      const full = { ...layout, template };
      if (width < 500) full.legend = { ...(layout.legend || {}), font: { size: 11 } };
      Plotly.newPlot(box, data.map((trace) => narrowed(trace, width)), { ...full, width }, config);
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

  for (const box of document.querySelectorAll(".code")) {
    const button = box.querySelector(".copy");
    if (!navigator.clipboard) continue;
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
  }
})();
