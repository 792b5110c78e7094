// An opened revision: what it is, does and changes.

const CLOSE = "M4 4l8 8M12 4l-8 8", UP = "M8 12V4M4.5 7.5L8 4l3.5 3.5", DOWN = "M8 4v8M4.5 8.5L8 12l3.5-3.5";
const SEVERITY = { error: "bad", warning: "warn", info: "" };

class RevisionPanel {
  constructor(open, close) {
    Object.assign(this, { open, close });
    this.tab = "Operations";
    this.way = "Upgrade";
    this.dialect = null; // that of the database
    this.element = el("section", { class: "panel", tabindex: "-1", "aria-label": "Revision" });
  }

  show(name) {
    const at = places.get(name);
    if (at === undefined) return this.element.replaceChildren(el("div", { class: "empty" }, el("h2", {}, "No such revision"), `No file has the id ${name}.`));
    this.row = rows[at];
    this.at = at;
    const found = details(at);
    if (!found) addEventListener("DOMContentLoaded", () => this.at === at && this.show(name), { once: true });
    this.details = found || {};
    this.history = (this.details.histories || [])[chosenDatabase()] || {};
    this.#draw();
  }

  #draw() {
    const { revision, doc, author, date, path, down_revisions, depends_on, children, branch_labels } = this.row.revision;
    const links = (label, names) => names?.length && el("span", {}, label + " ", names.map((name, at) => [at ? ", " : "", places.has(name) ? el("a", { class: "mono", href: "#/history/" + name }, name) : el("span", { class: "mono" }, name)]));
    const runs = this.#runs(), tabs = [
      ["Operations", (this.history.upgrade || []).length], ["Tables", (this.history.tables || []).length],
      ["Findings", (this.history.findings || []).length], ["Source"], ...(report.asked ? [["Runs", runs.length]] : []),
    ];
    if (!tabs.some(([tab]) => tab === this.tab)) this.tab = "Operations";
    this.body = el("div", { class: "body", role: "tabpanel", id: "revision-body", "aria-labelledby": "tab-" + this.tab, tabindex: "0" });
    const choose = tab => { this.tab = tab; this.#draw(); this.element.querySelector("#tab-" + tab).focus(); };
    const strip = el("div", { class: "tabs", role: "tablist", "aria-label": "About the revision" }, tabs.map(([tab, number]) =>
      el("button", { type: "button", role: "tab", id: "tab-" + tab, "aria-selected": String(tab === this.tab), "aria-controls": "revision-body", tabindex: tab === this.tab ? "0" : "-1", onclick: () => choose(tab) }, tab, number !== undefined && el("span", { class: "count" }, number))));
    strip.addEventListener("keydown", event => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (step) choose(tabs[(tabs.findIndex(([tab]) => tab === this.tab) + step + tabs.length) % tabs.length][0]);
    });
    this.element.replaceChildren(
      el("header", {},
        el("div", { class: "top" }, el("code", {}, revision), chipsOf(this.row),
          iconButton(UP, "Newer revision", () => this.#step(-1)), iconButton(DOWN, "Older revision", () => this.#step(1)), iconButton(CLOSE, "Close (Esc)", this.close)),
        el("h2", {}, doc || "(no message)"),
        el("div", { class: "facts" }, author && el("b", {}, author), date && el("span", { title: date }, date.slice(0, 16)),
          links("follows", down_revisions) || el("span", {}, "the first"), links("depends on", depends_on), links("followed by", children),
          branch_labels?.length && el("span", {}, "branch " + branch_labels.join(", ")), el("span", { class: "mono", title: path }, path.split(/[\\/]/).pop())),
        strip),
      this.body);
    this.element.setAttribute("aria-label", "Revision " + revision);
    this.body.append(...this["_" + this.tab]().filter(Boolean));
  }

  #step(by) {
    const next = rows[this.at + by];
    if (next) this.open(next.revision.revision);
  }

  #runs() {
    const log = value("log")?.databases?.[chosenDatabase()];
    return (log?.runs || []).flatMap(run => (run.steps || []).filter(step => step.revision === this.row.revision.revision).map(step => ({ ...step, run })));
  }

  _Operations() {
    const long = (this.details.longdoc || "").trim(), first = this.row.revision.doc || "";
    const rest = long.replace(/\s+/g, " ").startsWith(first) ? long.split(/\n\s*\n/).slice(1).join("\n\n") : long;
    const way = this.way.toLowerCase(), steps = this.history[way] || [];
    const own = databases[chosenDatabase()]?.dialect, others = this.history.elsewhere || [];
    const other = others.find(one => one.dialect === this.dialect);
    return [
      rest && el("p", { class: "long" }, rest.replace(/^(Revision ID|Revises|Create Date):.*$/gm, "").trim()),
      el("div", { class: "switches" },
        segmented("Direction", ["Upgrade", "Downgrade"], this.way, way => { this.way = way; this.#draw(); }),
        others.length > 0 && segmented("SQL of", [own, ...others.map(one => one.dialect)], other?.dialect || own, name => { this.dialect = name; this.#draw(); })),
      ...(this.way === "Upgrade" ? this.history.unknown || [] : []).map(one => el("p", { class: "muted" }, `Only the run tells: ${one.what}`, one.line && ` (line ${one.line})`)),
      ...steps.map((action, at) => actionCard(action, other && (other[way]?.[at] || {}))),
      !steps.length && nothing(!this.history.upgrade ? "What the revision does is not known" : this.way === "Upgrade" ? "It changes nothing" : "There is no way back", !this.history.upgrade && notFound()),
    ];
  }

  _Tables() {
    const changes = this.history.tables || [];
    if (!changes.length) return [nothing("No table changes", !this.history.upgrade && notFound())];
    const [before, after] = changeDiagrams(changes);
    const figure = ({ made, boxes }, caption) => el("figure", {}, el("figcaption", {}, caption), boxes.length ? made.element : el("p", { class: "none" }, caption === "Before" ? "None of them is there yet" : "None of them is left"));
    const pair = el("div", { class: "pair" }, figure(before, "Before"), figure(after, "After"));
    const hug = () => {
      pair.classList.toggle("stacked", after.width > (this.body.clientWidth / 2 - 70) * 1.3);
      for (const { made } of [before, after]) if (made.element.isConnected) { made.hug(460); made.fit(); }
    };
    new ResizeObserver(hug).observe(pair);
    return [
      pair,
      el("div", { class: "changes" }, after.pairs.map(pair => [
        el("h4", {}, pair.before && pair.after && fullName(pair.before) !== pair.name ? `${fullName(pair.before)} → ${pair.name}` : pair.name, " ", !pair.before ? chip("new", "good") : !pair.after ? chip("dropped", "bad") : !pair.told.length ? chip("rows only") : ""),
        el("ul", {}, pair.told.map(([mark, text]) => el("li", { class: mark }, { plus: "+ ", minus: "− ", tilde: "~ " }[mark] + text))),
      ])),
    ];
  }

  _Findings() {
    const found = this.history.findings || [];
    return found.length ? found.map(findingCard) : [nothing("Nothing found", !this.history.upgrade && notFound())];
  }

  _Source() {
    const hits = new Set((this.history.findings || []).map(one => one.line).filter(Boolean));
    return [el("p", { class: "muted mono long" }, this.row.revision.path), sourceBlock(this.details.source || "", hits)];
  }

  _Runs() {
    const found = this.#runs();
    if (!found.length) return [nothing("No run is recorded", "Only a database that keeps a history of runs knows them.")];
    return [runsTable(found.map(step => [step.direction, step.state, step.started, step.seconds, step.run, step.error]))];
  }
}

const nothing = (title, more) => el("div", { class: "empty" }, el("h2", {}, title), more);
const notFound = () => (report.unread || []).map(one => `${one.part}: ${one.reason}`).join("; ") || null;

/** An operation with its SQL; or, where `elsewhere` is given, with that of another dialect, whose locks are not known. */
function actionCard(action, elsewhere) {
  return el("article", { class: "card" },
    el("div", { class: "head" }, el("span", { class: "title" }, action.text), !elsewhere && lockChips(action.locks || []), !elsewhere && action.in_transaction === false && chip("outside of a transaction", "warn"),
      action.line && el("span", { class: "place" }, "line " + action.line)),
    action.call && el("pre", { class: "call", tabindex: "0", "aria-label": "Call" }, el("code", {}, code(action.call, "python"))),
    elsewhere?.refused && el("p", { class: "refused" }, elsewhere.refused),
    elsewhere ? elsewhere.sql && sqlBlock(elsewhere.sql) : (action.sql || []).map(sqlBlock));
}

function lockChips(locks) {
  return locks.map(lock => {
    const made = chip([lock.mode, lock.rewrites && "rewrites", lock.scans && "reads all rows"].filter(Boolean).join(", "), lock.blocks === "reads and writes" ? "bad" : lock.blocks === "writes" ? "warn" : "");
    made.title = `On ${lock.table}; blocks ${lock.blocks}`;
    return made;
  });
}

function findingCard(one) {
  return el("article", { class: "card" },
    el("div", { class: "head" }, chip(one.severity, SEVERITY[one.severity]), el("span", { class: "title mono" }, one.rule), one.line && el("span", { class: "place" }, "line " + one.line)),
    el("div", { class: "finding" }, el("p", {}, one.message)),
    one.safe && el("pre", { tabindex: "0", "aria-label": "Safe code" }, el("code", {}, code(one.safe, "python"))));
}

const STATES = { done: "good", failed: "bad", interrupted: "bad", running: "warn" };

function runsTable(runs) {
  const who = run => [run.user, run.host && "on " + run.host, run.application && "with " + run.application].filter(Boolean).join(" ");
  return el("div", { class: "wide", tabindex: "0", role: "region", "aria-label": "Runs" }, el("table", {},
    el("thead", {}, el("tr", {}, ["", "State", "Started (UTC)", "Took", "Who"].map(name => el("th", { scope: "col" }, name || "Direction")))),
    el("tbody", {}, runs.map(([what, state, started, seconds, run, error]) => el("tr", {},
      el("td", {}, what), el("td", {}, chip(state, STATES[state]), error && el("div", { class: "muted" }, error)),
      el("td", {}, (started || "").replace("T", " ").replace("Z", "")), el("td", { class: "num" }, seconds === undefined ? "" : seconds < 1 ? Math.round(seconds * 1000) + " ms" : seconds.toFixed(1) + " s"), el("td", {}, who(run)))))));
}
