// A message's words with what was found in them: values by type, values missed, claims and their evidence.

// Told by a sign and words first; colour only repeats it.
const SIGNS = { tp: "✓", fp: "✗ false alarm", fn: "◇ missed" };

function rangesOf(message) {
  const values = (message.m || []).map(([start, end, type, rule, label]) => ({ kind: "value", start, end, type, rule, label }));
  const missed = (message.u || []).filter(([start]) => start !== null)
    .map(([start, end, type, covered]) => ({ kind: "missed", start, end, type, covered }));
  const claims = message.g ? message.g.c.map(([start, end, verdict, , , , premature, label], i) => ({
    kind: "claim", start, end, number: i + 1, bad: verdict === "ungrounded" || premature || label === "fn",
  })).filter((claim) => claim.start !== null && claim.bad) : [];
  return [...claims, ...missed, ...values];
}

function marked(text, ranges) {
  const home = el("p", { class: "words", dir: "auto" });
  for (const piece of pieces(text, ranges)) {
    let node = document.createTextNode("");
    node = document.createTextNode(piece.text.split("\n").map(visible).join("↵\n"));
    const value = piece.inside.find((range) => range.kind === "value");
    const missed = piece.inside.filter((range) => range.kind === "missed");
    const claim = piece.inside.find((range) => range.kind === "claim");
    if (value) {
      const sign = SIGNS[value.label];
      node = el("mark", { class: `value ${value.label || "plain"}` }, node, sign && piece.end === value.end && el("span", { class: "sign" }, ` ${sign}`));
    }
    for (const range of missed) {
      const sign = range.covered ? `◇ ${range.type}, found as another type` : `◇ missed ${range.type}`;
      node = el("mark", { class: "value fn" }, node, piece.end === range.end && el("span", { class: "sign" }, ` ${sign}`));
    }
    if (claim) {
      node = el("span", { class: "claim" }, node);
      if (piece.end === claim.end) node = el("span", {}, node, el("sup", { class: "cite" }, `[${claim.number}]`));
    }
    home.append(node);
  }
  return home;
}

// The list under a summary; `find` gives a link to the message that holds an evidence.
function claimsOf(message, find) {
  const bad = [], good = [];
  message.g.c.forEach(([, , verdict, reason, score, evidence, premature, label, text], i) => {
    const wrong = verdict === "ungrounded" || premature || label === "fn";
    const said = { tp: "✓ labels agree", fp: "✗ labels call it grounded", fn: "◇ labels call it hallucinated", tn: "✓ labels agree" }[label];
    const words = [verdict, premature && "premature: said only later", said].filter(Boolean).join("; ");
    (wrong ? bad : good).push(el("li", { class: wrong ? "bad" : "" },
      el("p", { class: "head" }, el("span", { class: "cite" }, `[${i + 1}]`), " ", el("strong", {}, reason), ` ${words} `,
        el("span", { class: "soft" }, `support ${score.toFixed(2)}`)),
      text === null ? el("p", { class: "soft" }, "(its place in the redacted summary is not certain)") : el("p", { class: "words", dir: "auto" }, text),
      el("p", { class: "evidence" }, el("span", { class: "label" }, "nearest evidence"), " ", el("q", { dir: "auto" }, evidence || "none"), " ", evidence ? find(evidence) : null)));
  });
  return [
    bad.length ? el("ul", { class: "claims" }, bad) : null,
    good.length ? el("details", {}, el("summary", {}, counted(good.length, "claim is supported", "claims are supported")), el("ul", { class: "claims" }, good)) : null,
  ];
}
