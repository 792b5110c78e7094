// Which view is shown, keys, light and dark, and the reload of a page that is served.

const main = document.getElementById("main"), databaseSelect = document.getElementById("database");
const chosenDatabase = () => Number(databaseSelect.value) || 0;
const go = (...parts) => { location.hash = "#/" + parts.filter(Boolean).map(encodeURIComponent).join("/"); };

const history_ = new History((name, quiet) => { if (quiet) window.history.replaceState(null, "", "#/history/" + encodeURIComponent(name)); else go("history", name); if (quiet) route(); });
const panel = new RevisionPanel(name => go("history", name), () => { go("history"); history_.list.scroll.focus(); });
const schema = new SchemaView(name => go("schema", name));
const split = el("div", { class: "split" }, history_.element);
const VIEWS = [["history", "History", rows.length], ["schema", "Schema"], ["plan", "Plan", report.asked ? report.pending : undefined], ["status", "Status"]];
let shown = null;

function route() {
  const [view, name] = location.hash.slice(2).split("/").map(part => { try { return decodeURIComponent(part); } catch { return part; } });
  const current = document.readyState !== "loading" && VIEWS.some(([key]) => key === view) ? view : "history";
  document.querySelector("nav").replaceChildren(...VIEWS.map(([key, label, number]) => el("a", { href: "#/" + key, "aria-current": key === current && "page" }, label, number !== undefined && el("span", { class: "count" }, number.toLocaleString("en")))));
  if (current === "history") {
    if (shown !== "history") main.replaceChildren(split);
    history_.follows = Boolean(name);
    split.classList.toggle("with-panel", Boolean(name));
    if (name) {
      panel.show(name);
      if (!panel.element.isConnected) split.append(panel.element);
      if (rows[history_.visible[history_.list.active]]?.revision.revision !== name) history_.show(name);
    } else panel.element.remove();
    if (shown !== "history") history_.redraw();
  } else if (current === "schema") {
    if (shown !== "schema") main.replaceChildren(schema.element);
    schema.show(name);
  } else main.replaceChildren(current === "plan" ? planView() : statusView());
  shown = current;
  document.title = `${name || VIEWS.find(([key]) => key === current)[1]} · ${report.title}`;
}

// --- keys

const KEYS = [["/", "Search"], ["↑ ↓ or k j", "Move in a list"], ["Enter", "Open"], ["Esc", "Close"], ["+ − 0", "Zoom"], ["1 2 3 4", "History, schema, plan, status"], ["t", "Light or dark"]];

const help = document.getElementById("help");
help.append(el("h2", { id: "help-title" }, "Keyboard shortcuts"), el("dl", {}, KEYS.map(([key, what]) => [el("dt", {}, what), el("dd", {}, key.split(" ").map((one, at) => [at ? " " : "", one === "or" ? one : el("kbd", {}, one)]))])), el("form", { method: "dialog" }, el("button", { class: "button" }, "Close")));
document.getElementById("keys").addEventListener("click", () => help.showModal());

const zoomed = () => (shown === "schema" ? schema.zoom : history_.zoom);
const ACTIONS = {
  "/": () => main.querySelector(".field input")?.focus(),
  "?": () => help.showModal(),
  "+": () => zoomed().by(1.25), "=": () => zoomed().by(1.25), "-": () => zoomed().by(1 / 1.25), 0: () => zoomed().reset(),
  1: () => go("history"), 2: () => go("schema"), 3: () => go("plan"), 4: () => go("status"),
  t: () => setTheme(document.documentElement.dataset.theme === "dark" ? "light" : "dark", true),
};

addEventListener("keydown", event => {
  if (event.ctrlKey || event.metaKey || event.altKey || help.open) return;
  const field = event.target.closest?.("input, select");
  if (event.key === "Escape") {
    if (field?.value && field.tagName === "INPUT") { field.value = ""; field.dispatchEvent(new Event("input")); }
    else if (field) (main.querySelector("[role=listbox]") || main).focus();
    else if (location.hash.split("/").length > 2) {
      go(shown);
      main.querySelector("[role=listbox]")?.focus();
    }
    return;
  }
  if (field?.tagName === "INPUT" && (event.key === "ArrowDown" || event.key === "Enter")) {
    event.preventDefault();
    const list = shown === "schema" ? schema.list : history_.list;
    list.scroll.focus();
    if (event.key === "Enter" && list.size) list.choose(Math.max(0, list.active)); else list.activate(0);
    return;
  }
  if (field || !(event.key in ACTIONS)) return;
  event.preventDefault();
  ACTIONS[event.key]();
});

// --- light and dark

function kept(key, given) {
  try {
    if (given !== undefined) localStorage.setItem(key, given);
    return localStorage.getItem(key);
  } catch { return null; } // a page from a file may have no storage
}

function setTheme(theme, isChosen) {
  document.documentElement.dataset.theme = theme;
  if (isChosen) kept("limbeck-theme", theme);
  history_.redraw();
  if (schema.diagram) { schema.diagram.paint = null; schema.diagram.draw(); }
  if (isChosen && shown === "history" && panel.element.isConnected) route();
}

const prefersDark = matchMedia("(prefers-color-scheme: dark)");
setTheme(kept("limbeck-theme") || (prefersDark.matches ? "dark" : "light"));
prefersDark.addEventListener("change", () => { if (!kept("limbeck-theme")) setTheme(prefersDark.matches ? "dark" : "light"); });
document.getElementById("theme").addEventListener("click", ACTIONS.t);

// --- the databases, and what could not be found out

if (databases.length > 1) {
  databaseSelect.hidden = false;
  databaseSelect.append(...databases.map((one, at) => el("option", { value: at }, one.database)));
  databaseSelect.addEventListener("change", route);
} else if (databases.length) {
  const place = document.getElementById("place");
  place.hidden = false;
  place.textContent = databases[0].database;
}
const notice = document.getElementById("notice");
notice.append(...(report.unread || []).map(one => el("span", {}, `${one.part}: ${one.reason}`)));

addEventListener("hashchange", route);
if (document.readyState === "loading") addEventListener("DOMContentLoaded", () => location.hash.length < 3 || location.hash.startsWith("#/history") || route());
route();

if (report.live) {
  const events = new EventSource("changes");
  events.addEventListener("made", event => { if (event.data !== report.live) location.reload(); });
  events.addEventListener("failed", event => { notice.textContent = "The report could not be made anew: " + event.data; });
  events.onerror = () => { notice.textContent = "limbeck report --serve has ended; this page is as it was."; };
}
