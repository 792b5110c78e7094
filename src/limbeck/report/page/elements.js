// Elements, and code in colours.

/** An element; attributes that begin with "on" are listeners; children are nodes or texts. */
function el(tag, attributes, ...children) {
  const made = document.createElement(tag);
  for (const [name, given] of Object.entries(attributes || {})) {
    if (given === undefined || given === null || given === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), given);
    else if (name === "class") made.className = given;
    else made.setAttribute(name, given === true ? "" : given);
  }
  made.append(...children.flat(Infinity).filter(child => child !== undefined && child !== null && child !== false));
  return made;
}

function icon(path) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  made.setAttribute("viewBox", "0 0 16 16");
  made.setAttribute("aria-hidden", "true");
  made.append(document.createElementNS("http://www.w3.org/2000/svg", "path"));
  made.firstChild.setAttribute("d", path);
  return made;
}

const iconButton = (path, label, click) => el("button", { type: "button", class: "icon", "aria-label": label, title: label, onclick: click }, icon(path));
const chip = (text, kind) => el("span", { class: "chip " + (kind || "") }, text);

const WORDS = {
  sql: /^(?:add|after|all|alter|always|and|as|asc|begin|by|cascade|case|cast|check|collate|column|comment|commit|concurrently|constraint|create|cross|default|deferrable|delete|desc|distinct|drop|else|end|exists|extension|for|foreign|from|full|function|generated|group|having|identity|if|in|index|initially|inner|insert|into|is|join|key|left|like|limit|lock|modify|not|null|on|or|order|outer|partition|pragma|primary|references|rename|returns|right|schema|select|sequence|set|table|then|to|trigger|type|union|unique|update|using|validate|values|view|when|where|with)$/i,
  python: /^(?:and|as|assert|async|await|break|class|continue|def|del|elif|else|except|False|finally|for|from|if|import|in|is|lambda|None|nonlocal|not|or|pass|raise|return|True|try|while|with|yield)$/,
};
const TOKENS = {
  sql: /(--[^\n]*|\/\*[\s\S]*?\*\/)|('(?:[^']|'')*')|(\b\d[\d.]*\b)|([A-Za-z_]\w*)/g,
  python: /(#[^\n]*)|("""[\s\S]*?"""|'''[\s\S]*?'''|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')|(\b\d[\w.]*\b)|([A-Za-z_]\w*)/g,
};

/** A text of code as nodes: words of the language, strings, numbers and comments are marked. */
function code(text, language) {
  const made = document.createDocumentFragment();
  let end = 0;
  for (const found of text.matchAll(TOKENS[language])) {
    const kind = found[1] ? "c" : found[2] ? "s" : found[3] ? "n" : WORDS[language].test(found[4]) ? "k" : "";
    if (!kind) continue;
    made.append(text.slice(end, found.index), el("span", { class: kind }, found[0]));
    end = found.index + found[0].length;
  }
  made.append(text.slice(end));
  return made;
}

const sqlBlock = text => el("pre", { tabindex: "0", "aria-label": "SQL" }, el("code", {}, code(text, "sql")));

/** The lines of a file, some of them marked. */
function sourceBlock(text, marked) {
  const lines = [[]];
  for (const node of code(text, "python").childNodes) {
    node.textContent.split("\n").forEach((part, number) => {
      if (number) lines.push([]);
      if (part) lines[lines.length - 1].push(node.nodeType === 3 ? part : el("span", { class: node.className }, part));
    });
  }
  const shown = lines.map((line, at) => el("span", { class: marked.has(at + 1) ? "l hit" : "l" }, line));
  return el("pre", { class: "source", tabindex: "0", "aria-label": "Source" }, shown);
}

/** A text with what was searched for marked. */
function marked(text, words) {
  if (!words) return text;
  const at = text.toLowerCase().indexOf(words);
  return at < 0 ? text : [text.slice(0, at), el("mark", {}, text.slice(at, at + words.length)), text.slice(at + words.length)];
}

/** A row of buttons of which one is chosen. */
function segmented(label, names, chosen, choose) {
  return el("div", { class: "switch", role: "group", "aria-label": label }, names.map(name =>
    el("button", { type: "button", "aria-pressed": String(name === chosen), onclick: () => choose(name) }, name)));
}

function zoomButtons(zoom, kind) {
  const value = el("button", { type: "button", class: "value", title: "Reset (0)", onclick: () => zoom.reset() }, "100%");
  const made = el("div", { class: "zoom " + (kind || ""), role: "group", "aria-label": "Zoom" },
    el("button", { type: "button", title: "Smaller (-)", "aria-label": "Zoom out", onclick: () => zoom.by(1 / 1.25) }, "−"), value,
    el("button", { type: "button", title: "Larger (+)", "aria-label": "Zoom in", onclick: () => zoom.by(1.25) }, "+"));
  zoom.shown = scale => { value.textContent = Math.round(scale * 100) + "%"; };
  return made;
}

function searchField(label, changed) {
  const input = el("input", { type: "search", placeholder: label, "aria-label": label, autocomplete: "off", spellcheck: "false" });
  input.addEventListener("input", () => changed(input.value.trim().toLowerCase()));
  const made = el("div", { class: "field", role: "search" }, icon("M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10zM11 11l3.5 3.5"), input, el("kbd", { "aria-hidden": "true" }, "/"));
  return made;
}

const frame = work => {
  let waiting = 0;
  return () => { if (!waiting) waiting = requestAnimationFrame(() => { waiting = 0; work(); }); };
};
