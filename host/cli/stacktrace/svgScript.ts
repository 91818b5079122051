/**
 * What a flame graph does when it is looked at in a browser: zoom by click, search, links to what is
 * shown (`#s=TEXT` searches, `#z=NAME` zooms to the first function of that name). Plain JavaScript in
 * the file itself: nothing is fetched.
 */
export const svgScript = `
"use strict";
const svg = document.documentElement;
const frames = Array.from(svg.querySelectorAll("g.frame"), (g) => ({
  g,
  rect: g.querySelector("rect"),
  text: g.querySelector("text"),
  name: g.dataset.name,
  x: Number(g.dataset.x),
  width: Number(g.dataset.width),
  depth: Number(g.dataset.depth),
}));
const total = Number(svg.dataset.width);
const note = svg.getElementById("note");
const matched = svg.getElementById("matched");
const reset = svg.getElementById("reset");
const characterWidth = 7;
let zoomed = frames[0];

function fit(frame, width) {
  const room = Math.floor((width - 6) / characterWidth);
  const { name } = frame;
  frame.text.textContent = room < 3 ? "" : name.length <= room ? name : name.slice(0, room - 2) + "..";
}

function zoom(to) {
  zoomed = to;
  const scale = total / to.width;
  for (const frame of frames) {
    const isAround = frame.depth <= to.depth && frame.x <= to.x + 1e-6 && frame.x + frame.width >= to.x + to.width - 1e-6;
    const isInside = frame.depth > to.depth && frame.x >= to.x - 1e-6 && frame.x + frame.width <= to.x + to.width + 1e-6;
    frame.g.style.display = isAround || isInside ? "" : "none";
    frame.g.style.opacity = isAround && frame !== to ? "0.5" : "";
    const x = isAround ? 0 : (frame.x - to.x) * scale;
    const width = isAround ? total : frame.width * scale;
    frame.rect.setAttribute("x", x);
    frame.rect.setAttribute("width", width);
    frame.text.setAttribute("x", x + 3);
    fit(frame, width);
  }
  reset.style.display = to === frames[0] ? "none" : "";
}

function search(text) {
  let pattern;
  try {
    pattern = text === "" ? undefined : new RegExp(text, "i");
  } catch {
    matched.textContent = "no regular expression: " + text;
    return;
  }
  const hits = [];
  for (const frame of frames.slice(1)) {
    const isHit = pattern !== undefined && pattern.test(frame.name);
    frame.rect.classList.toggle("hit", isHit);
    if (isHit) hits.push(frame);
  }
  // A function that calls itself counts once.
  hits.sort((a, b) => a.depth - b.depth);
  const counted = [];
  for (const hit of hits) {
    if (!counted.some((each) => hit.x >= each.x - 1e-6 && hit.x + hit.width <= each.x + each.width + 1e-6)) counted.push(hit);
  }
  const share = counted.reduce((sum, { width }) => sum + width, 0) / total;
  matched.textContent = pattern === undefined ? "" : "matched: " + (100 * share).toFixed(1) + "%";
}

function ask() {
  const text = prompt("Search for functions (a regular expression)", "");
  if (text !== null) search(text);
}

svg.addEventListener("click", (event) => {
  const g = event.target.closest("g.frame");
  const frame = frames.find((each) => each.g === g);
  if (frame) zoom(frame);
  if (event.target.id === "search") ask();
  if (event.target.id === "reset") zoom(frames[0]);
});
svg.addEventListener("mouseover", (event) => {
  const g = event.target.closest("g.frame");
  note.textContent = g ? g.querySelector("title").textContent : "";
});
window.addEventListener("keydown", (event) => {
  if ((event.ctrlKey && event.key === "f") || event.key === "F3") {
    event.preventDefault();
    ask();
  }
  if (event.key === "Escape") zoom(frames[0]);
});
const wanted = new URLSearchParams(location.hash.slice(1));
const target = frames.find(({ name }) => name === wanted.get("z"));
zoom(target ?? frames[0]);
if (wanted.has("s")) search(wanted.get("s"));
`;
