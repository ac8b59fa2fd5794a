// The studio's own script: follows the server's news, and swaps what changed without losing the place.
//
// The server makes every page whole. Here a page is fetched again and laid over the one that is shown: regions marked
// data-live are replaced when they differ; a picture is replaced only when its address is another one, by a second frame
// that loads unseen behind the first.
"use strict";

let news = null;
let shownAddress = location.href;
let latest = 0;
let newest = Promise.resolve();
let turn = Promise.resolve();

// Laying a page over the one that is shown

function lay(page, address) {
  const focused = document.activeElement && document.activeElement.id;
  document.title = page.title;
  document.documentElement.lang = page.documentElement.lang;
  document.body.dataset.revision = page.body.dataset.revision;
  document.body.dataset.changes = page.body.dataset.changes;
  for (const region of document.querySelectorAll("[data-live]")) {
    const fresh = page.getElementById(region.id);
    // Whoever types into a region keeps it: it comes with the next page.
    if (fresh && region.innerHTML !== fresh.innerHTML && !isTyping(region)) {
      const place = region.scrollTop;
      region.replaceChildren(...fresh.childNodes);
      region.scrollTop = place;
    }
  }
  const strip = document.getElementById("strip");
  const freshStrip = page.getElementById("strip");
  if (strip && freshStrip) layChildren(strip, freshStrip, layEdition);
  if (focused && document.activeElement === document.body) document.getElementById(focused)?.focus();
  shownAddress = address;
  showConnection();
}

function layChildren(old, fresh, layOne) {
  const kept = new Map([...old.children].filter((one) => one.id).map((one) => [one.id, one]));
  const wanted = [...fresh.children].map((one) => {
    const same = one.id && kept.get(one.id);
    if (!same) return one;
    layOne(same, one);
    return same;
  });
  const isSame = wanted.length === old.children.length && wanted.every((one, at) => one === old.children[at]);
  if (!isSame) old.replaceChildren(...wanted);
}

function layEdition(old, fresh) {
  layChildren(old, fresh, (part, freshPart) => {
    if (part.classList.contains("shots")) layChildren(part, freshPart, layShot);
    else layWords(part, freshPart);
  });
}

function layWords(old, fresh) {
  if (old.innerHTML === fresh.innerHTML) return;
  const open = [...old.querySelectorAll("details")].map((one) => one.open);
  const place = old.scrollTop;
  old.replaceChildren(...fresh.childNodes);
  old.querySelectorAll("details").forEach((one, at) => { one.open = Boolean(open[at]); });
  old.scrollTop = place;
}

function layShot(old, fresh) {
  if (!old.classList.contains("shot")) return layWords(old, fresh);
  if (old.dataset.source !== fresh.dataset.source) renew(old, fresh.dataset.source);
}

// Load a picture unseen behind the one that is shown, and put it in its place once it is there.
function renew(shot, source) {
  shot.dataset.source = source;
  const screen = shot.querySelector(".screen");
  screen.querySelectorAll(".coming").forEach((one) => one.remove());
  const coming = screen.querySelector("iframe").cloneNode();
  coming.classList.add("coming");
  coming.src = source;
  screen.append(coming);
}

// Loading does not bubble, so it is caught on its way down; this script runs before the page has any frame.
document.addEventListener("load", (event) => {
  const shot = event.target.closest?.(".shot");
  if (!shot || !event.target.matches("iframe")) return;
  const screen = shot.querySelector(".screen");
  if (event.target.matches(".coming")) {
    const place = screen.scrollTop;
    screen.querySelectorAll("iframe:not(.coming)").forEach((one) => one.remove());
    event.target.classList.remove("coming");
    screen.scrollTop = place;
  }
  shot.dataset.shown = event.target.getAttribute("src");
}, true);

// Done when the page is shown that was asked for last: whoever was overtaken waits for who came later.
function show(address) {
  newest = fetchAndLay(address);
  return newest;
}

async function fetchAndLay(address) {
  const wish = ++latest;
  let answer;
  let html;
  try {
    answer = await fetch(address, { headers: { Accept: "text/html" } });
    html = await answer.text();
  } catch {
    return wish === latest ? undefined : newest;
  }
  if (wish !== latest) return newest;
  if (!answer.ok) {
    location.assign(address);
    return;
  }
  lay(new DOMParser().parseFromString(html, "text/html"), address);
}

async function go(address) {
  history.pushState(null, "", address);
  const before = document.body.dataset.changes;
  await show(address);
  if (document.body.dataset.changes !== before) listen();
}

// Whoever types quickly chooses from the page that comes, not from the one that goes: one choice after another.
function follow(link) {
  turn = turn.then(() => go((document.getElementById(link.id) ?? link).href)).catch(() => {});
}

// Following the server

function listen() {
  news?.close();
  news = null;
  const address = document.body.dataset.changes;
  // A hidden tab listens to nobody: a browser opens only six streams to one server.
  if (address && document.visibilityState === "visible") {
    news = new EventSource(address);
    news.onopen = showConnection;
    news.onerror = showConnection;
    news.onmessage = (event) => hear(JSON.parse(event.data));
  }
  showConnection();
}

// The pictures in sight come first: the others, and what stands beside them, are fetched when they are there.
async function hear(told) {
  if (told.revision === document.body.dataset.revision) return;
  const inSight = [];
  for (const shot of document.querySelectorAll(".shot[data-edition]")) {
    const version = told.versions?.[shot.dataset.edition];
    const source = version && shot.dataset.source.replace(/([?&]v=)[^&]*/, `$1${version}`);
    const { left, right } = shot.getBoundingClientRect();
    if (source && source !== shot.dataset.source && right > 0 && left < innerWidth) {
      renew(shot, source);
      inSight.push(shot);
    }
  }
  for (let wait = 0; wait < 20 && inSight.some((one) => one.dataset.shown !== one.dataset.source); wait += 1) {
    await new Promise((done) => { setTimeout(done, 20); });
  }
  show(location.href);
}

function showConnection() {
  const live = document.getElementById("live");
  if (!live || !document.body.dataset.changes) return;
  const isOn = news !== null && news.readyState === EventSource.OPEN;
  const words = isOn ? live.dataset.on : live.dataset.off;
  live.classList.toggle("on", isOn);
  if (live.textContent !== words) live.textContent = words;
}

// What a person does

function isTyping(region) {
  const active = document.activeElement;
  return active && region.contains(active) && active.matches("input, textarea") && active.value !== "";
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-swap]");
  if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey && event.button === 0) {
    event.preventDefault();
    follow(link);
    return;
  }
  const opener = event.target.closest("[data-opens]");
  if (opener) document.getElementById(opener.dataset.opens).showModal();
  const copier = event.target.closest("[data-copy]");
  if (copier) {
    navigator.clipboard?.writeText(copier.dataset.copy).then(() => {
      copier.classList.add("copied");
      setTimeout(() => copier.classList.remove("copied"), 1200);
    }, () => {});
  }
});

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submits]")) {
    const form = event.target.form;
    go(`${location.pathname}?${new URLSearchParams(new FormData(form))}`);
  }
});

document.addEventListener("submit", async (event) => {
  const form = event.target.closest("[data-search]");
  if (!form) return;
  // What was typed may be an address: it goes in the body, never into an address bar.
  event.preventDefault();
  const input = form.querySelector("input");
  const answer = await fetch(form.dataset.search + location.search, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ words: input.value }),
  });
  const found = answer.ok ? await answer.json() : [];
  const result = form.querySelector("[role=status]");
  result.classList.toggle("hidden", found.length > 0);
  result.textContent = found.length ? "" : form.dataset.none;
  if (found.length) {
    input.value = "";
    input.blur();
    go(found[0].address);
  }
});

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea, dialog")) return;
  if (event.key === "j" || event.key === "k") {
    const links = [...document.querySelectorAll("[data-edition]")];
    const at = links.findIndex((one) => one.getAttribute("aria-current") === "true");
    const next = event.key === "j" ? links[at + 1] : links[at - 1];
    next?.click();
    return;
  }
  const wanted = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (!wanted) return;
  event.preventDefault();
  if (wanted.matches("input")) wanted.focus();
  else wanted.click();
});

window.addEventListener("popstate", () => { show(location.href).then(listen); });
document.addEventListener("visibilitychange", listen);
document.addEventListener("DOMContentLoaded", listen);
