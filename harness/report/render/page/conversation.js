// One conversation: timeline, transcript and summaries side by side, everything about each message.

class Conversation {
  constructor(data, i, messages) {
    this.data = data;
    this.i = i;
    this.messages = messages;
    [this.session, this.file] = data.sessions[data.s[i]];
    this.marks = marksOf(messages);
    this.start = Math.min(...this.marks.map((mark) => mark.t), Infinity);
  }

  link(message) {
    const parts = [this.session, this.data.c[this.i], ...(message ? [message.n] : [])];
    return "#c/" + parts.map((part) => encodeURIComponent(toWellFormed(String(part)))).join("/");
  }

  draw(home) {
    const { data, i, messages } = this;
    const problems = data.p[i];
    const summaries = messages.filter((message) => message.h || message.w);
    const rest = messages.filter((message) => !message.h && !message.w);
    home.replaceChildren(...[
      el("header", { class: "talk" },
        el("a", { href: "#c", class: "back" }, "← all conversations"),
        el("h2", { tabindex: "-1" }, data.c[i] || "(no conversation named)"),
        el("p", { class: "soft" }, `${this.file} · ${counted(messages.length, "message", "messages")} · `,
          problems ? counted(problems, "message with a problem", "messages with a problem") : "no problem found", " · ",
          el("a", { href: this.link() }, "permalink"))),
      this.replay(), this.timeline(), this.latency(), this.legend(),
      el("div", { class: "sides" },
        el("section", { "aria-label": "Transcript" }, el("h3", {}, "Transcript and service messages"), this.stream(rest)),
        el("section", { "aria-label": "Summaries", tabindex: "0" }, el("h3", {}, "Summaries"),
          summaries.length ? this.stream(summaries) : el("p", { class: "empty" }, "No summary came in this conversation."))),
    ].filter(Boolean));
  }

  replay() {
    const command = `harness run --recording ${quoted(this.file)}`;
    const code = el("code", {}, command);
    const copy = el("button", { type: "button" }, "Copy");
    copy.addEventListener("click", () => {
      getSelection().selectAllChildren(code);
      navigator.clipboard?.writeText(visible(command)).then(() => { copy.textContent = "Copied"; }, () => {});
    });
    const many = this.data.perSession.get(this.data.s[this.i]) > 1;
    return el("p", { class: "replay" }, el("span", { class: "label" }, "replay just this"), " ", code, " ", copy,
      el("small", {}, many ? " in the folder of the recordings; it holds several conversations, `harness split` makes one file of each"
        : " in the folder of the recordings"));
  }

  // Both directions over time: what the service sent above, what we sent below. Drawn anew when the width changes.
  timeline() {
    const { marks } = this;
    if (!marks.length) return null;
    const span = Math.max(1, Math.max(...marks.map((mark) => mark.t)) - this.start);
    const words = `${counted(marks.filter((mark) => !mark.out).length, "crossing", "crossings")} from the service, ` +
      `${marks.filter((mark) => mark.out).length.toLocaleString("en")} from us, in ${seconds(span)}`;
    const plot = el("div", {});
    new ResizeObserver(() => plot.replaceChildren(this.plot(plot.clientWidth, span, words))).observe(plot);
    return el("figure", { class: "timeline" }, plot,
      el("figcaption", {}, el("span", {}, "above: service → us (● message, ■ summary, ▲ problem); below: us → service (▼)"), el("span", {}, words)));
  }

  plot(width, span, words) {
    const left = 8, right = Math.max(left + 1, width - 8);
    const shapes = this.marks.map((mark) => {
      const x = Number((left + ((mark.t - this.start) / span) * (right - left)).toFixed(1));
      const title = mark.message ? `message ${mark.message.n}: ${mark.message.e}, ${(mark.message.c || []).join(", ") || "no problem"}` : mark.crossing[3];
      const shape = svg("path", { d: shapeOf(mark, x), class: classOf(mark) }, svg("title", {}, `${title}, ${seconds(mark.t - this.start)}`));
      if (mark.message) shape.addEventListener("click", () => { location.hash = this.link(mark.message); });
      return shape;
    });
    return svg("svg", { viewBox: `0 0 ${width} 56`, role: "img", "aria-label": words },
      svg("line", { x1: left, x2: right, y1: 16, y2: 16 }), svg("line", { x1: left, x2: right, y1: 42, y2: 42 }), ...shapes);
  }

  latency() {
    const stages = this.data.latency && this.data.latency[this.file];
    if (!stages) return null;
    const rows = Object.entries(stages).map(([stage, figures]) => el("tr", {}, el("th", { scope: "row" }, stage),
      el("td", {}, String(figures.n)), el("td", {}, figures.mean_ms.toPrecision(3)), el("td", {}, figures.max_ms.toPrecision(3))));
    return el("details", { class: "stages" }, el("summary", {}, "Latency per stage of this recording's session"),
      el("table", {}, el("thead", {}, el("tr", {}, ["stage", "n", "mean ms", "longest ms"].map((head) => el("th", { scope: "col" }, head)))),
        el("tbody", {}, rows)));
  }

  legend() {
    const labelled = this.messages.some((message) => (message.m || []).some((mark) => mark[4]) || message.u);
    return el("p", { class: "legend" }, el("mark", { class: "value plain" }, "[TYPE_REDACTED]"), " replaced",
      ...(labelled ? [" ", el("mark", { class: "value tp" }, el("span", { class: "sign" }, "✓")), " as labelled ",
        el("mark", { class: "value fp" }, el("span", { class: "sign" }, "✗")), " not labelled ",
        el("mark", { class: "value fn" }, el("span", { class: "sign" }, "◇")), " labelled, missed"] : [" (no labels)"]), " ",
      el("span", { class: "claim" }, "unsupported claim"), el("sup", { class: "cite" }, "[1]"));
  }

  // Pieces of a summary that follow each other are folded.
  stream(messages) {
    const list = el("ol", { class: "stream" });
    for (let i = 0; i < messages.length; ) {
      let end = i;
      while (end < messages.length && messages[end].w) end++;
      if (end - i > 1) {
        const inner = el("ol", { class: "stream" }, messages.slice(i, end).map((message) => this.message(message)));
        list.append(el("li", {}, el("details", { class: "pieces" }, el("summary", {}, `${end - i} pieces, no. ${messages[i].n} – ${messages[end - 1].n}`), inner)));
        i = end;
      } else {
        for (const crossing of messages[i].x || []) list.append(this.crossing(crossing));
        list.append(this.message(messages[i]));
        for (const crossing of messages[i].z || []) list.append(this.crossing(crossing));
        i++;
      }
    }
    return list;
  }

  crossing([line, t, direction, what]) {
    return el("li", { class: `crossing ${direction}` }, direction === "out" ? "→ we: " : "← service: ", what, " ",
      el("span", { class: "soft" }, `${seconds(t - this.start)}, line ${line}`));
  }

  message(message) {
    const payload = message.p;
    const words = message.k === undefined ? null : at(payload, message.k);
    const speaker = payload && typeof payload === "object" && typeof payload.speaker === "string" ? payload.speaker : null;
    const time = message.t === undefined ? "" : seconds(message.t - this.start);
    const partial = payload && typeof payload === "object" && payload.is_final === false;
    const checks = message.c || [];
    const find = (evidence) => {
      const source = this.messages.find((other) => other !== message && !other.w && !other.h && other.k !== undefined && (at(other.p, other.k) || "").includes(evidence));
      return source ? el("a", { href: this.link(source) }, `message ${source.n}`) : null;
    };
    return el("li", { class: `message ${message.v}${partial ? " partial" : ""}${checks.length ? " problem" : ""}`, id: `m${message.n}`, tabindex: "-1" },
      el("p", { class: "head" },
        el("a", { href: this.link(message), class: "no", title: "permalink" }, `#${message.n}`), " ",
        speaker ? el("strong", {}, speaker) : null, speaker ? " " : null, el("span", { class: "event" }, message.e), " ",
        message.v === "accepted" ? null : el("span", { class: `tag ${message.v === "rejected" ? "fail" : "look"}` }, message.v),
        ...checks.map((check) => el("span", { class: "tag look" }, `▲ ${check}`)),
        el("span", { class: "soft" }, [partial && "not final", message.q !== undefined && `seq ${message.q}`, time].filter(Boolean).join(", "))),
      words === null ? null : marked(words, rangesOf(message)),
      message.r ? el("p", { class: "reasons" }, el("span", { class: "label" }, `${message.v} by ${message.st}:`), " ", message.r.join(", ")) : null,
      message.g ? claimsOf(message, find) : null,
      message.y ? this.parity(message.y) : null,
      message.f ? this.flipped(message.f) : null,
      this.more(message));
  }

  parity(found) {
    const sides = { live: "missing from the replay", replayed: "not in the recording" };
    return el("div", { class: "differs" }, el("p", {}, el("strong", {}, `Differs from live: ${found.class}`), sides[found.side] ? `, ${sides[found.side]}` : ""),
      found.fields.length ? el("table", {}, el("thead", {}, el("tr", {}, ["field", "live", "replayed"].map((head) => el("th", { scope: "col" }, head)))),
        el("tbody", {}, found.fields.map((field) => el("tr", {}, el("th", { scope: "row" }, field.field), el("td", {}, JSON.stringify(field.live)), el("td", {}, JSON.stringify(field.replayed)))))) : null);
  }

  // What the run before made of it: a sign before each change, so that colour only repeats it.
  flipped([names, words]) {
    return el("div", { class: "differs" }, el("p", {}, el("strong", {}, "Flipped: "), names.join("; ")),
      ...words.map(([path, ...diff]) => el("p", { class: "words", dir: "auto" }, el("span", { class: "label" }, path || "message"), " ",
        diff.map(([sign, text]) => sign === "=" ? `${text} ` : el("span", {}, el(sign === "-" ? "del" : "ins", {}, `${sign === "-" ? "−" : "+"} ${text}`), " ")))));
  }

  more(message) {
    const details = el("details", { class: "raw" }, el("summary", {}, "raw"));
    details.addEventListener("toggle", () => {
      if (details.childElementCount > 1) return;
      const missed = (message.u || []).map(([start, , type, covered, path]) => [path, type, covered ? "found as another type" : "missed", start === null ? "place not sure" : ""]);
      const values = [...(message.m || []).map(([, , type, rule, label]) => [message.k, type, rule, SIGNS[label] || "not labelled"]),
        ...(message.o || []).map(([path, type, rule, label]) => [path, type, rule, SIGNS[label] || "not labelled"]), ...missed];
      const facts = [`decided by ${message.st}`, `digest ${message.d}…`, message.l === undefined ? null : `line ${message.l} of ${this.file}`,
        message.a ? "the second leak scan masked something" : null,
        message.b ? `${message.b.tokens} tokens, ${message.b.kept} kept` : null,
        message.g ? `grounding: ${message.g.b}, ${message.g.s.toFixed(3)}` : null].filter(Boolean);
      details.append(el("p", { class: "soft" }, facts.join(" · ")));
      if (values.length) {
        details.append(el("table", {}, el("thead", {}, el("tr", {}, ["path", "type", "rule", "labels"].map((head) => el("th", { scope: "col" }, head)))),
          el("tbody", {}, values.map((row) => el("tr", {}, row.map((cell) => el("td", {}, cell)))))));
      }
      const json = typeof message.p === "string" ? message.p : JSON.stringify(message.p ?? null, null, 2);
      details.append(el("pre", { tabindex: "0", "aria-label": `Redacted message ${message.n}` }, document.createTextNode(json.split("\n").map(visible).join("\n"))));
    });
    return details;
  }
}

function toWellFormed(text) {
  return text.replace(/\p{Cs}/gu, "\ufffd");
}

// Everything with a time; problems last, so that nothing lies over them.
function marksOf(messages) {
  const marks = [];
  for (const message of messages) {
    for (const crossing of [...(message.x || []), ...(message.z || [])]) marks.push({ t: crossing[1], out: crossing[2] === "out", crossing });
    if (message.t !== undefined) marks.push({ t: message.t, out: false, message });
  }
  const rank = (mark) => (mark.message ? (mark.message.c ? 2 : mark.message.h ? 1 : 0) : 0);
  return marks.sort((a, b) => rank(a) - rank(b));
}

function shapeOf(mark, x) {
  if (mark.out) return `M${x - 5},37h10l-5,9z`;
  if (mark.message && mark.message.c) return `M${x - 6},22h12l-6,-12z`;
  if (mark.message && mark.message.h) return `M${x - 5},11h10v10h-10z`;
  return `M${x - 4},16a4,4 0 1 0 8,0a4,4 0 1 0 -8,0`;
}

function classOf(mark) {
  if (!mark.message) return mark.out ? "out" : "quiet";
  return mark.message.c ? "problem" : mark.message.h ? "summary" : mark.message.w ? "quiet" : "plain";
}
