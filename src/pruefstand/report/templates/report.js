"use strict";
(() => {
  let bodies = null;
  const fill = (exchange) => {
    bodies ??= JSON.parse(document.getElementById("inhalte").textContent);
    for (const place of exchange.querySelectorAll("pre[data-body]:empty"))
      place.textContent = bodies[place.dataset.body] ?? "";
  };
  document.addEventListener("toggle", (event) => {
    const target = event.target;
    if (target.open && target.classList.contains("exchange")) fill(target);
  }, true);

  // A browser may restore messages that were open before a reload.
  document.querySelectorAll(".exchange[open]").forEach(fill);

  const reveal = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    for (let node = target; node; node = node.parentElement)
      if (node.tagName === "DETAILS") node.open = true;
    target.hidden = false;
    target.scrollIntoView();
    target.querySelector("summary")?.focus({ preventScroll: true });
  };
  addEventListener("hashchange", reveal);
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a");
    const hash = link && (link.href.baseVal ?? link.getAttribute("href"));
    if (hash === location.hash) reveal();
  });

  const form = document.querySelector(".filter");
  const search = document.getElementById("suche");
  const boxes = [...form.querySelectorAll("input[type=checkbox]")];
  const rows = [...document.querySelectorAll("tr[data-case]")];
  const apply = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const wanted = new Set(boxes.filter((box) => box.checked).map((box) => box.value));
    let hits = 0;
    for (const row of rows) {
      const hit = wanted.has(row.dataset.verdict) && words.every((word) => row.dataset.text.includes(word));
      row.hidden = !hit;
      document.getElementById(row.dataset.case).hidden = !hit;
      hits += hit;
    }
    document.getElementById("treffer").textContent = `${hits} von ${rows.length}`;
  };
  form.hidden = false;
  form.addEventListener("input", apply);
  form.addEventListener("submit", (event) => event.preventDefault());

  // A closed scenario would be missing on paper.
  let closed = [];
  addEventListener("beforeprint", () => {
    closed = [...document.querySelectorAll("details.case:not([open])")];
    for (const item of closed) item.open = true;
  });
  addEventListener("afterprint", () => { for (const item of closed) item.open = false; });
  apply();
  if (location.hash) reveal();
})();
