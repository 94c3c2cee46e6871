// Text of a transcript: shown, never interpreted. Nothing here or elsewhere on the page makes markup of a string.

const HIDDEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

// The same escapes as in every other view: control, format (bidi, zero-width), surrogate and separator characters.
function visible(text) {
  return String(text).replace(HIDDEN, (c) => {
    const code = c.codePointAt(0);
    return code > 0xffff ? "\\U" + code.toString(16).padStart(8, "0") : "\\u" + code.toString(16).padStart(4, "0");
  });
}

// An element with attributes and children; a string child is text with its hidden characters shown.
function el(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === true) node.setAttribute(name, "");
    else if (value !== null && value !== undefined && value !== false) node.setAttribute(name, visible(value));
  }
  for (const child of children.flat()) {
    if (child !== null && child !== undefined && child !== false) {
      node.append(child instanceof Node ? child : document.createTextNode(visible(child)));
    }
  }
  return node;
}

const SVG = "http://www.w3.org/2000/svg";

function svg(tag, attributes, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, visible(value));
  for (const child of children) node.append(child instanceof Node ? child : document.createTextNode(visible(child)));
  return node;
}

// Cuts code points at every edge of the ranges; a piece knows the ranges it lies in.
function pieces(text, ranges) {
  const points = Array.from(text);
  const edges = new Set([0, points.length]);
  for (const range of ranges) {
    edges.add(Math.min(range.start, points.length));
    edges.add(Math.min(range.end, points.length));
  }
  const sorted = [...edges].sort((a, b) => a - b);
  const found = [];
  for (let i = 0; i + 1 < sorted.length; i++) {
    const [start, end] = [sorted[i], sorted[i + 1]];
    found.push({
      text: points.slice(start, end).join(""),
      end,
      inside: ranges.filter((range) => range.start <= start && range.end >= end),
    });
  }
  return found;
}

// The string at a pointer of a payload.
function at(payload, path) {
  let value = payload;
  for (const token of path.split("/").slice(1)) {
    const name = token.replaceAll("~#key", "#key").replaceAll("~1", "/").replaceAll("~0", "~");
    if (value === null || typeof value !== "object" || !Object.hasOwn(value, name)) return null;
    value = value[name];
  }
  return typeof value === "string" ? value : null;
}

function counted(number, one, many) {
  return `${number.toLocaleString("en")} ${number === 1 ? one : many}`;
}

function seconds(us) {
  return us < 1e6 ? `${(us / 1e3).toFixed(0)} ms` : `${(us / 1e6).toFixed(us < 1e7 ? 2 : 1)} s`;
}

// As a POSIX shell takes it.
function quoted(word) {
  return /^[A-Za-z0-9_.\/-]+$/.test(word) && !word.startsWith("-") ? word : "'" + word.replaceAll("'", "'\\''") + "'";
}
