// Brings open pages up to date, and adds keys. Everything else works without it.
(() => {
  "use strict";
  const root = document.documentElement;
  const body = document.body;
  const $ = (id) => document.getElementById(id);
  root.classList.add("js");

  // --- values as the server shows them (streams/dashboard/render.py) ---

  const day = (seconds) =>
    new Date(seconds * 1000).toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });

  function ago(seconds) {
    const gap = Date.now() / 1000 - seconds;
    if (gap < 60) return "now";
    if (gap < 3600) return `${Math.floor(gap / 60)} min`;
    if (gap < 86400) return `${Math.floor(gap / 3600)} h`;
    if (gap < 7 * 86400) return `${Math.floor(gap / 86400)} d`;
    return day(seconds);
  }

  function sparkPath(values) {
    const [width, height] = [96, 20];
    const top = Math.max(...values) || 1;
    const step = width / values.length;
    return values
      .map((value, number) => {
        const bar = value ? Math.max(1, Math.round((value / top) * height)) : 1;
        return `M${number * step} ${height - bar}h${step * 0.75}v${bar}h-${step * 0.75}z`;
      })
      .join("");
  }

  function many(number, what) {
    return `${number.toLocaleString("fr-FR")} ${what}${number === 1 ? "" : "s"}`;
  }

  function refreshTimes() {
    for (const time of document.querySelectorAll(".when time")) {
      time.textContent = ago(Date.parse(time.dateTime) / 1000);
    }
  }
  setInterval(refreshTimes, 30000);

  // --- what the stream says ---

  const pill = $("pill");
  const rows = $("rows");
  const waiting = new Set();
  const rowOf = (id) => rows && rows.querySelector(`:scope > [data-id="${CSS.escape(id)}"]`);

  function showPill(text) {
    if (!pill) return;
    pill.textContent = text;
    pill.hidden = false;
  }

  function update(row, story) {
    const [, outlets, origins] = story.counts;
    row.querySelector("h2 a").textContent = story.headline || "(no headline)";
    const counts = row.querySelector(".counts");
    const bold = document.createElement("b");
    bold.textContent = many(outlets, "outlet");
    counts.replaceChildren(bold, ` · ${many(origins, "origin")}`);
    counts.title = `${many(story.counts[0], "article")} · ${many(outlets, "outlet")} · ${many(origins, "origin")}`;
    row.querySelector(".spark path").setAttribute("d", sparkPath(story.spark));
    const chip = row.querySelector(".chip");
    chip.textContent = story.phase;
    chip.className = `chip ${story.phase}`;
    const time = row.querySelector("time");
    time.dateTime = new Date(story.newest * 1000).toISOString();
    time.textContent = ago(story.newest);
    row.classList.add("fresh");
  }

  function onStories(event) {
    const { rows: changed, gone } = JSON.parse(event.data);
    if ($("stages")) return;
    for (const story of changed) {
      const row = rowOf(story.id);
      if (row) update(row, story);
      else waiting.add(story.id);
    }
    for (const { id } of gone) {
      waiting.delete(id);
      const row = rowOf(id);
      if (row) row.classList.add("gone");
    }
    if (waiting.size) showPill(`${waiting.size > 999 ? "999+" : waiting.size} new`);
    else if (pill) pill.hidden = true;
  }

  // The first story of an empty list moves nothing that anybody reads: it needs no pill.
  async function showNew() {
    const address = new URL(location.href);
    if (!rows || body.dataset.live.startsWith("/live?story")) {
      location.reload();
      return;
    }
    // The rows that the stream is about: "/live" with the page's filters.
    const answer = await fetch(`/rows${body.dataset.live.slice(5)}`, { headers: { accept: "text/html" } });
    if (!answer.ok) return;
    const fresh = [...waiting];
    rows.innerHTML = await answer.text();
    waiting.clear();
    // What came may be old news that the order puts further down: show it where what arrived last comes first.
    if (fresh.length && !fresh.some(rowOf) && address.pathname === "/" && !address.searchParams.has("sort")) {
      address.searchParams.set("sort", "arrived");
      location.assign(address);
      return;
    }
    if (pill) pill.hidden = true;
    if ($("empty")) $("empty").remove();
    scrollTo({ top: 0 });
    choose(-1);
  }
  if (pill) pill.addEventListener("click", showNew);

  const mayNotify = () => ("Notification" in window && isSecureContext ? Notification.permission : "denied");
  const bell = $("notify");
  if (bell && mayNotify() === "default") {
    bell.hidden = false;
    bell.addEventListener("click", async () => {
      await Notification.requestPermission();
      bell.hidden = true;
    });
  }

  function onUnread(event) {
    for (const [watch, unread] of Object.entries(JSON.parse(event.data))) {
      const place = document.querySelector(`.unread[data-watch="${CSS.escape(watch)}"]`);
      if (!place) continue;
      const before = Number(place.firstElementChild.textContent);
      if (unread > before && mayNotify() === "granted") {
        new Notification(watch, { body: many(unread, "unread alert"), tag: watch });
      }
      place.firstElementChild.textContent = unread;
      place.hidden = !unread;
    }
  }

  function onStatus(event) {
    const { connected, since, caught_up: caughtUp } = JSON.parse(event.data);
    state(connected ? "live" : "away", connected ? "live" : "Kafka away");
    $("away").hidden = connected;
    $("away-since").textContent = new Date(since * 1000).toLocaleTimeString();
    $("reading").hidden = caughtUp || !connected;
  }

  function state(name, text) {
    $("state").className = `state ${name}`;
    $("state-text").textContent = text;
  }

  let source = null;
  let seen = body.dataset.since;
  function connect() {
    if (!body.dataset.live || source) return;
    const address = new URL(body.dataset.live, location.href);
    address.searchParams.set("since", seen);
    source = new EventSource(address);
    const on = (name, handle) =>
      source.addEventListener(name, (event) => {
        if (event.lastEventId) seen = event.lastEventId;
        handle(event);
      });
    on("stories", (event) => {
      onStories(event);
      if ($("empty") && waiting.size && !location.search) showNew();
    });
    on("changed", () => showPill("New articles"));
    on("reset", () => showPill("Show what is new"));
    on("status", onStatus);
    on("unread", onUnread);
    source.onerror = () => {
      state("away", "reconnecting");
      // A browser gives up for good after an answer that is no stream: try again by hand.
      if (source && source.readyState === EventSource.CLOSED) {
        source = null;
        setTimeout(connect, 3000);
      }
    };
  }
  connect();
  // A page that comes back from the browser's cache has lost its stream.
  addEventListener("pageshow", (event) => {
    if (event.persisted) {
      if (source) source.close();
      source = null;
      connect();
    }
  });

  const stages = $("stages");
  if (stages) {
    setInterval(async () => {
      if (document.hidden) return;
      try {
        const answer = await fetch(stages.dataset.refresh);
        if (answer.ok) stages.innerHTML = await answer.text();
      } catch {
        // The stream's own state says that the server is away.
      }
    }, 2000);
  }

  // --- forms and keys ---

  for (const form of document.querySelectorAll("form[data-auto]")) {
    form.addEventListener("change", () => form.requestSubmit());
  }
  for (const form of document.querySelectorAll("form:not([method=post])")) {
    form.addEventListener("submit", () => {
      for (const field of form.querySelectorAll("input[name], select[name]")) if (!field.value) field.disabled = true;
    });
  }

  let at = -1;
  function choose(next) {
    const all = rows ? [...rows.querySelectorAll(":scope > .row")] : [];
    for (const row of all) row.classList.remove("at");
    at = Math.min(Math.max(next, -1), all.length - 1);
    if (at < 0) return;
    all[at].classList.add("at");
    all[at].querySelector("h2 a, h3 a").focus({ preventScroll: true });
    all[at].scrollIntoView({ block: "nearest" });
  }

  const help = $("help");
  if (help.showModal) {
    $("help-open").hidden = false;
    $("help-open").addEventListener("click", () => help.showModal());
  }
  const search = $("q");
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || help.open) return;
    if (event.target.closest("input, select, textarea")) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    if (event.key === "j") choose(at + 1);
    else if (event.key === "k") choose(Math.max(0, at - 1));
    else if (event.key === "n" && pill && !pill.hidden) showNew();
    else if (event.key === "/") {
      event.preventDefault();
      search.focus();
      search.select();
    } else if (event.key === "?" && help.showModal) help.showModal();
  });
})();
