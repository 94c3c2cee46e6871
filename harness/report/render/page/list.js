// The list of conversations: facets, search, order, and a window of rows over however many there are.

const ROW = 58;
const MARGIN = 6;

function wordsOf(message) {
  const evidence = message.g ? message.g.c.map((claim) => claim[5]) : [];
  const own = typeof message.p === "string" ? [message.p] : Object.values(message.p || {}).filter((v) => typeof v === "string");
  return [...own, ...evidence, ...(message.r || [])].join("\n").toLowerCase();
}

class List {
  constructor(data, open) {
    this.data = data;
    this.open = open;
    this.chosen = data.groups.map(() => new Set());
    this.group = data.facets.map(([name]) => data.groups.indexOf(name));
    this.text = "";
    this.hits = null;
    this.current = -1;
    this.box = document.getElementById("list");
    this.space = document.getElementById("rows");
    this.status = document.getElementById("status");
    this.search = document.getElementById("search");
    this.order = document.getElementById("order");
    this.box.addEventListener("scroll", () => this.draw(), { passive: true });
    new ResizeObserver(() => this.draw()).observe(this.box);
    this.search.addEventListener("input", () => { this.hits = null; this.scan = null; this.refresh(); });
    this.order.addEventListener("change", () => this.refresh());
    document.getElementById("reset").addEventListener("click", () => this.reset());
    this.drawFacets();
    this.refresh();
  }

  reset() {
    for (const names of this.chosen) names.clear();
    for (const box of document.querySelectorAll("#facets input")) box.checked = false;
    this.search.value = "";
    this.hits = this.scan = null;
    this.refresh();
  }

  // Sets of facets that pass the chosen ones: any of a group, in every group; `but` is a group left out.
  passing(but) {
    return this.data.sets.map((set) =>
      this.chosen.every((names, group) => group === but || !names.size || set.some((facet) => names.has(facet))));
  }

  matching() {
    const { data } = this;
    const text = this.search.value.trim().toLowerCase();
    if (!text) return null;
    if (this.hits) return this.hits;
    const sessions = data.sessions.map((names) => names.some((name) => name.toLowerCase().includes(text)));
    const found = new Uint8Array(data.c.length);
    for (let i = 0; i < found.length; i++) found[i] = sessions[data.s[i]] || data.c[i].toLowerCase().includes(text) ? 1 : 0;
    return found;
  }

  refresh() {
    const { data } = this;
    const match = this.matching();
    const passing = this.passing(-1);
    const perSet = new Uint32Array(data.sets.length);
    this.shown = [];
    for (let i = 0; i < data.c.length; i++) {
      if (match && !match[i]) continue;
      perSet[data.f[i]]++;
      if (passing[data.f[i]]) this.shown.push(i);
    }
    if (this.order.value === "problems") this.shown.sort((a, b) => data.p[b] - data.p[a] || a - b);
    this.at = new Map(this.shown.map((i, place) => [i, place]));
    this.count(perSet);
    const hint = this.search.value.trim() && !this.hits ? ", by name; Enter searches the messages" : "";
    this.status.textContent = `${this.shown.length.toLocaleString("en")} of ${counted(data.c.length, "conversation", "conversations")}${hint}`;
    this.space.style.height = `${this.shown.length * ROW}px`;
    this.draw();
  }

  // Looks through the words of every message, chunk by chunk; what is typed meanwhile ends it.
  async scanMessages() {
    const { data } = this;
    const text = this.search.value.trim().toLowerCase();
    if (!text) return;
    const found = this.matching().slice();
    const scan = (this.scan = {});
    let chunk = -1;
    for (let i = 0; i < data.c.length; i++) {
      const messages = await messagesOf(data, i);
      if (data.k[i] !== chunk) {
        chunk = data.k[i];
        this.status.textContent = `Searching the messages: ${Math.round((100 * i) / data.c.length)} %`;
        await new Promise((done) => setTimeout(done));
        if (this.scan !== scan) return;
      }
      if (!found[i] && messages.some((message) => wordsOf(message).includes(text))) found[i] = 1;
    }
    this.hits = found;
    this.refresh();
  }

  drawFacets() {
    const home = document.getElementById("facets");
    this.tallies = [];
    this.data.groups.forEach((group, number) => {
      const facets = this.data.facets.map((facet, i) => [...facet, i]).filter((facet) => facet[0] === group);
      if (!facets.length) return;
      facets.sort((a, b) => b[2] - a[2] || (a[1] < b[1] ? -1 : 1));
      const title = { check: "problem", type: "PII type", flip: "live → replay", flips: "before → now" }[group] || group;
      const lines = facets.map(([, name, , id]) => this.facet(number, id, name));
      const open = ["verdict", "check", "flip", "flips"].includes(group);
      home.append(el("details", { open, class: "facet" }, el("summary", {}, title, el("span", { class: "n" }, String(facets.length))),
        el("ul", {}, lines)));
    });
  }

  facet(group, id, name) {
    const box = el("input", { type: "checkbox" });
    const tally = el("span", { class: "n" });
    box.addEventListener("change", () => {
      this.chosen[group][box.checked ? "add" : "delete"](id);
      this.refresh();
    });
    const line = el("li", {}, el("label", {}, box, el("span", { class: "name" }, name), tally));
    this.tallies[id] = { tally, line };
    return line;
  }

  // How many conversations each facet would leave, the other groups being as they are.
  count(perSet) {
    const totals = new Uint32Array(this.data.facets.length);
    const passing = this.data.groups.map((_, group) => this.passing(group));
    this.data.sets.forEach((set, i) => {
      if (perSet[i]) for (const facet of set) if (passing[this.group[facet]][i]) totals[facet] += perSet[i];
    });
    this.tallies.forEach(({ tally, line }, facet) => {
      tally.textContent = totals[facet].toLocaleString("en");
      line.classList.toggle("none", !totals[facet]);
    });
  }

  draw() {
    const top = Math.max(0, Math.floor(this.box.scrollTop / ROW) - MARGIN);
    const end = Math.min(this.shown.length, Math.ceil((this.box.scrollTop + this.box.clientHeight) / ROW) + MARGIN);
    this.space.replaceChildren();
    for (let place = top; place < end; place++) this.space.append(this.row(place));
    const open = this.at.get(this.current);
    if (open >= top && open < end) this.box.setAttribute("aria-activedescendant", `row-${this.current}`);
    else this.box.removeAttribute("aria-activedescendant");
  }

  row(place) {
    const { data } = this;
    const i = this.shown[place];
    const file = data.sessions[data.s[i]][1];
    const problems = data.p[i];
    const row = el("div", {
      role: "option", id: `row-${i}`, class: "row", "aria-selected": String(i === this.current),
      "aria-posinset": String(place + 1), "aria-setsize": String(this.shown.length),
    },
      el("span", { class: "what" }, data.c[i] || "(no conversation named)"),
      el("span", { class: `tag ${problems ? "look" : "pass"}` }, problems ? `▲ ${problems.toLocaleString("en")}` : "✓ none"),
      el("span", { class: "sub" }, `${file} · ${counted(data.n[i], "message", "messages")}`));
    row.style.transform = `translateY(${place * ROW}px)`;
    row.addEventListener("click", () => this.open(i, null, true));
    return row;
  }

  select(i) {
    this.current = i;
    const place = this.at.get(i);
    if (place !== undefined) {
      const { scrollTop, clientHeight } = this.box;
      if (place * ROW < scrollTop) this.box.scrollTop = place * ROW;
      else if ((place + 1) * ROW > scrollTop + clientHeight) this.box.scrollTop = (place + 1) * ROW - clientHeight;
    }
    this.draw();
  }

  // The conversation `step` rows on; the first one when none is open.
  beside(step) {
    const place = this.at.get(this.current);
    return place === undefined ? this.shown[0] : this.shown[place + step];
  }

  // The next (or, with -1, the last) conversation with a problem; undefined when there is none.
  problem(step) {
    let place = this.at.get(this.current);
    place = place === undefined ? (step > 0 ? -1 : this.shown.length) : place;
    do place += step; while (place >= 0 && place < this.shown.length && !this.data.p[this.shown[place]]);
    return this.shown[place];
  }
}
