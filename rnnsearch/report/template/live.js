"use strict";
// Runs before the page's own script, so that it sees the sections as they came.
(() => {
  const line = document.getElementById("live");
  const words = line.querySelector("span");
  const SECONDS = Number(line.dataset.seconds);
  let tag = line.dataset.tag;
  let gone = null;
  let pressed = false;
  let timer = null;
  const came = new Map([...document.querySelectorAll("section")].map((one) => [one.id, one.cloneNode(true)]));
  const PLACES = "h2, h3, p, figure, .chart, .wide, details, .code";
  const FOCUS = "a, button, summary, [tabindex]";
  addEventListener("pointerdown", () => { pressed = true; });
  for (const end of ["pointerup", "pointercancel"]) addEventListener(end, () => { pressed = false; });

  const list = (root, what) => [...root.querySelectorAll(what)];

  // What the reader looks at, so that it stays where it is when something above it grows.
  const place = () => {
    for (const section of document.querySelectorAll("section")) {
      if (section.getBoundingClientRect().bottom <= 0) continue;
      const at = list(section, PLACES).findIndex((one) => one.getBoundingClientRect().bottom > 0);
      const seen = list(section, PLACES)[at];
      if (seen) return { id: section.id, at, top: seen.getBoundingClientRect().top };
    }
    return null;
  };
  const back = (kept) => {
    const section = kept && scrollY > 0 && document.getElementById(kept.id);
    const seen = section && list(section, PLACES)[kept.at];
    if (seen) scrollBy({ top: seen.getBoundingClientRect().top - kept.top, behavior: "instant" });
  };

  // A section in the place of its older self: drawn charts stay, with their zoom, and get new values.
  const renew = (old, fresh) => {
    const node = document.importNode(fresh, true);
    const before = list(came.get(old.id), ".chart > script").map((one) => one.textContent);
    const drawn = list(old, ".chart");
    const boxes = list(node, ".chart");
    const focus = list(old, FOCUS).indexOf(document.activeElement);
    const open = list(old, "details").map((one) => one.open);
    const moved = list(old, ".wide, pre").map((one) => [one.scrollLeft, one.scrollTop]);
    const changed = [];
    if (boxes.length === drawn.length) {
      boxes.forEach((box, at) => {
        if (!drawn[at].dataset.drawn) return;
        const text = box.querySelector("script").textContent;
        drawn[at].style.height = box.style.height;
        drawn[at].setAttribute("aria-label", box.getAttribute("aria-label"));
        box.replaceWith(drawn[at]);
        if (text !== before[at]) changed.push([drawn[at], text]);
      });
    }
    old.replaceWith(node);
    list(node, "details").forEach((one, at) => { if (at in open) one.open = open[at]; });
    list(node, ".wide, pre").forEach((one, at) => { if (at in moved) [one.scrollLeft, one.scrollTop] = moved[at]; });
    window.report.add(node);
    changed.forEach(([box, text]) => window.report.redraw(box, text));
    if (focus >= 0) list(node, FOCUS)[focus]?.focus({ preventScroll: true });
  };

  const busy = (section) => {
    const chosen = getSelection();
    return !chosen.isCollapsed && section.contains(chosen.anchorNode);
  };

  // Returns whether all of it is shown now; what the reader has marked waits for the next time.
  const show = (text) => {
    const fresh = new DOMParser().parseFromString(text, "text/html");
    if (!fresh.getElementById("live")) return false;
    const kept = place();
    let all = true;
    for (const part of [".made", ".tiles", "nav ol"]) {
      const [old, now] = [document.querySelector(part), fresh.querySelector(part)];
      if (old && now && old.innerHTML !== now.innerHTML) old.innerHTML = now.innerHTML;
      else if (now && !old) document.querySelector("header").append(document.importNode(now, true));
    }
    let last = null;
    const ids = new Set();
    for (const section of fresh.querySelectorAll("section")) {
      ids.add(section.id);
      const old = document.getElementById(section.id);
      if (!old) {
        const node = document.importNode(section, true);
        if (last) last.after(node); else document.querySelector("main").append(node);
        window.report.add(node);
      } else if (came.get(section.id).outerHTML !== section.outerHTML) {
        if (busy(old)) { all = false; last = old; continue; }
        renew(old, section);
      }
      came.set(section.id, section);
      last = document.getElementById(section.id);
    }
    list(document, "section").filter((one) => !ids.has(one.id)).forEach((one) => { came.delete(one.id); one.remove(); });
    back(kept);
    return all;
  };

  const clock = (time) => time.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit" });
  const say = (phase, text) => { line.dataset.phase = phase; if (words.textContent !== text) words.textContent = text; };

  const ask = async () => {
    timer = null;
    if (document.hidden || pressed) return later();
    let answer;
    try {
      answer = await fetch(location.pathname, { headers: { "If-None-Match": tag }, credentials: "omit" });
    } catch {
      gone = gone || new Date();
      say("gone", `The server has not answered since ${clock(gone)}: this page stays as it is until it does.`);
      return later();
    }
    gone = null;
    if (answer.status === 404) return say("gone", "This study is not in the storage any more.");
    if (answer.status === 200) {
      const text = await answer.text();
      if (!show(text)) return later();
      tag = answer.headers.get("ETag");
    } else if (answer.status !== 304) {
      say("gone", `The page cannot be made anew: ${await answer.text()}`);
      return later();
    }
    const phase = answer.headers.get("Rnnsearch-Phase");
    say(phase, decodeURIComponent(answer.headers.get("Rnnsearch-Words")));
    if (phase === "running" || phase === "idle") later();
  };
  const later = () => { timer = timer || setTimeout(ask, SECONDS * 1000); };
  document.addEventListener("visibilitychange", () => { if (!document.hidden && timer) { clearTimeout(timer); ask(); } });
  addEventListener("load", () => { if (["running", "idle"].includes(line.dataset.phase)) later(); });
})();
