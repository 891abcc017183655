"use strict";
(() => {
  // Messages are deflated, one pack a scenario; bodies lie in the pack that shows them first.
  const packs = new Map();
  const unpack = (name) => {
    if (!packs.has(name)) packs.set(name, inflate(document.getElementById(`${name}-pack`).textContent));
    return packs.get(name);
  };
  const inflate = async (text) => {
    const octets = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    const stream = new Blob([octets]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
    return JSON.parse(await new Response(stream).text());
  };

  const element = (tag, name, ...parts) => {
    const made = document.createElement(tag);
    if (name) made.className = name;
    made.append(...parts.filter((part) => part));
    return made;
  };
  const pairs = (list) => list.length && element("dl", "pairs",
    ...list.flatMap(([name, value]) => [element("dt", "", name), element("dd", "", value)]));
  const half = (data) => {
    const made = element("div", "half", element("h5", "", data.label),
      data.start && element("p", "start", data.start), pairs(data.headers));
    if (!data.body) return made;
    const body = element("pre", "body");
    Object.assign(body.dataset, { body: data.body, pack: data.pack });
    body.tabIndex = 0;
    made.append(element("p", "form", data.form, element("br"), element("code", "", data.body)), body);
    return made;
  };
  const layer = (data) => element("section", "layer",
    element("h4", "", element("span", "badge", data.name), ` ${data.operation} `, element("small", "", data.when)),
    data.error && element("p", "error", data.error), pairs(data.facts),
    element("div", "both", ...data.halves.map(half)));
  const message = (scenario) => (data) => {
    const made = element("details", data.failed ? "exchange bad" : "exchange", element("summary", "",
      element("span", "no", String(data.number)), ` ${data.way} `, element("b", "", data.operation), " ",
      element("span", "status", data.status), ...data.badges.flatMap((name) => [" ", element("span", "badge", name)])),
    ...data.layers.map(layer));
    made.id = `${scenario}-n${data.number}`;
    return made;
  };

  const fill = async (exchange) => {
    for (const place of exchange.querySelectorAll("pre[data-body]:empty"))
      place.textContent = (await unpack(place.dataset.pack)).bodies[place.dataset.body] ?? "";
  };
  // A drawing waits as text until it is seen: hundreds of them would make the page slow.
  const drawAll = (scenario) => {
    for (const source of scenario.querySelectorAll("script.drawing")) {
      source.previousElementSibling.innerHTML = source.textContent;
      source.remove();
    }
  };
  const show = async (scenario) => {
    drawAll(scenario);
    const place = scenario.querySelector(".messages:not([data-shown])");
    if (!place) return;
    place.dataset.shown = "";
    try {
      place.replaceChildren(...(await unpack(scenario.id)).messages.map(message(scenario.id)));
    } catch {
      place.textContent = place.dataset.broken;
    }
  };
  document.addEventListener("toggle", (event) => {
    const target = event.target;
    if (!target.open) return;
    if (target.classList.contains("case")) show(target);
    if (target.classList.contains("exchange")) fill(target);
  }, true);
  document.querySelectorAll(".case[open]").forEach(show);

  const reveal = async () => {
    const name = decodeURIComponent(location.hash.slice(1));
    const scenario = document.getElementById(name.split("-n")[0]);
    if (scenario?.classList.contains("case")) await show(scenario);
    const target = document.getElementById(name);
    if (!target) return;
    for (let node = target; node; node = node.parentElement)
      if (node.tagName === "DETAILS") node.open = true;
    target.hidden = false;
    target.scrollIntoView();
    (target.querySelector("summary") ?? target).focus({ preventScroll: true });
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
    const output = document.getElementById("treffer");
    output.textContent = output.dataset.text.replace("{hits}", hits).replace("{all}", rows.length);
  };
  form.hidden = false;
  form.addEventListener("input", apply);
  form.addEventListener("submit", (event) => event.preventDefault());

  // What is closed would be missing on paper.
  let closed = [];
  addEventListener("beforeprint", () => {
    closed = [...document.querySelectorAll("main > section > details:not([open])")];
    for (const item of closed) item.open = true;
    drawAll(document);
  });
  addEventListener("afterprint", () => { for (const item of closed) item.open = false; });
  apply();
  if (location.hash) reveal();
})();
