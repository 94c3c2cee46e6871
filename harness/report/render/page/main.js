// Where the reader is (the address behind #) and what the keys do.

class Page {
  constructor(data) {
    this.data = data;
    this.explorer = document.getElementById("explorer");
    this.overview = document.getElementById("overview");
    this.detail = document.getElementById("detail");
    this.help = document.getElementById("help");
    this.talk = null;
    this.list = new List(data, (i, number, keep) => this.go(i, number, keep));
    document.getElementById("ask").addEventListener("click", () => this.help.showModal());
    document.getElementById("close-help").addEventListener("click", () => this.help.close());
    addEventListener("hashchange", () => this.route());
    document.addEventListener("keydown", (event) => this.key(event));
    this.list.search.addEventListener("keydown", (event) => {
      if (event.key === "Enter") this.list.scanMessages();
      if (event.key === "Escape") { this.list.search.blur(); this.list.box.focus(); }
    });
    this.route();
  }

  find(session, conversation) {
    const { data } = this;
    if (!this.places) {
      this.places = new Map();
      for (let i = data.c.length - 1; i >= 0; i--) this.places.set(JSON.stringify([toWellFormed(data.sessions[data.s[i]][0]), toWellFormed(data.c[i])]), i);
    }
    return this.places.get(JSON.stringify([session, conversation]));
  }

  async route() {
    const [page, ...rest] = location.hash.slice(1).split("/");
    const exploring = page === "c";
    this.explorer.hidden = !exploring;
    this.overview.hidden = exploring;
    for (const [id, on] of [["tab-overview", !exploring], ["tab-conversations", exploring]]) {
      const tab = document.getElementById(id);
      if (on) tab.setAttribute("aria-current", "page");
      else tab.removeAttribute("aria-current");
    }
    if (!exploring) {
      if (page) document.getElementById(page)?.scrollIntoView();
      return;
    }
    this.list.draw();
    const [session, conversation, number] = rest.map(decoded);
    const i = rest.length >= 2 ? this.find(session, conversation) : undefined;
    if (rest.length >= 2 && i === undefined) this.list.status.textContent = "This report holds no such conversation.";
    if (i === undefined) {
      this.explorer.classList.remove("open");
      return;
    }
    await this.show(i, number ? Number(number) : null);
  }

  go(i, number, keep) {
    if (i === undefined) return;
    const { data } = this;
    const parts = [data.sessions[data.s[i]][0], data.c[i], ...(number ? [number] : [])];
    const hash = "#c/" + parts.map((part) => encodeURIComponent(toWellFormed(String(part)))).join("/");
    if (keep) location.hash = hash;
    else {
      history.replaceState(null, "", hash);
      this.route();
    }
  }

  async show(i, number) {
    const turn = (this.turn = {});
    const messages = await messagesOf(this.data, i);
    if (turn !== this.turn) return;
    this.explorer.classList.add("open");
    this.list.select(i);
    if (!this.talk || this.talk.i !== i) {
      this.talk = new Conversation(this.data, i, messages);
      this.talk.draw(this.detail);
      this.detail.scrollTop = 0;
      if (!number) this.explorer.scrollIntoView();
    }
    this.number = number;
    for (const old of this.detail.querySelectorAll(".here")) old.classList.remove("here");
    const message = number ? this.detail.querySelector(`#m${number}`) : null;
    if (!message) return;
    for (let parent = message.parentElement; parent; parent = parent.parentElement) if (parent.tagName === "DETAILS") parent.open = true;
    message.classList.add("here");
    message.scrollIntoView({ block: "center" });
    message.focus({ preventScroll: true });
  }

  // The next message with a problem: in this conversation, else in the next one that has any.
  async problem(step) {
    const talk = this.talk;
    if (talk && talk.i === this.list.current && !this.explorer.hidden) {
      const found = talk.messages.filter((message) => message.c);
      if (step < 0) found.reverse();
      const next = found.find((message) => !this.number || (message.n - this.number) * step > 0);
      if (next) return this.go(talk.i, next.n);
    }
    const i = this.list.problem(step);
    if (i === undefined) {
      this.list.status.textContent = step > 0 ? "No further problem." : "No problem before this one.";
      return;
    }
    const messages = (await messagesOf(this.data, i)).filter((message) => message.c);
    this.go(i, (step > 0 ? messages[0] : messages[messages.length - 1])?.n);
  }

  key(event) {
    const typing = event.target.matches("input:not([type=checkbox]), select, textarea");
    if (typing || event.ctrlKey || event.metaKey || event.altKey || this.help.open) return;
    const arrows = event.target === this.list.box ? { ArrowDown: "j", ArrowUp: "k" } : {};
    const acts = {
      j: () => this.go(this.list.beside(1)),
      k: () => this.go(this.list.beside(-1)),
      n: () => this.problem(1),
      p: () => this.problem(-1),
      c: () => { location.hash = "#c"; },
      o: () => { location.hash = "#overview"; },
      "/": () => { if (this.explorer.hidden) location.hash = "#c"; this.explorer.hidden = false; this.explorer.classList.remove("open"); this.list.search.focus(); },
      "?": () => this.help.showModal(),
    };
    const act = acts[arrows[event.key] || event.key];
    if (!act) return;
    event.preventDefault();
    act();
  }
}

function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

if (document.getElementById("index")) {
  loaded().then((data) => {
    const tab = document.getElementById("tab-conversations");
    tab.append(el("span", { class: "badge" }, data.c.length.toLocaleString("en")));
    document.documentElement.classList.add("live");
    window.page = new Page(data);
    document.documentElement.dataset.ready = String(performance.now());
  }).catch((error) => {
    document.getElementById("status").textContent = `The conversations cannot be shown: ${visible(error.name)}.`;
    throw error;
  });
}
