// The schema: a list of tables, a diagram, and the definitions.

class SchemaView {
  constructor(go) {
    this.go = go;
    this.mode = "Diagram";
    this.source = 0;
    this.words = "";
    this.element = el("div", { class: "view" });
    this.list = new List({
      label: "Tables", heights: () => 32,
      make: at => el("div", { class: "item" }, el("span", {}, marked(fullName(this.found[at]), this.words)), el("span", { class: "count" }, (this.found[at].columns || []).length)),
      chosen: at => this.go(fullName(this.found[at])),
    });
    this.list.scroll.id = "tables";
    this.search = searchField("Search tables and columns", words => { this.words = words; this.#find(); });
    this.zoom = { reset: () => this.diagram?.zoom.reset(), by: factor => this.diagram?.zoom.by(factor) };
  }

  /** Show the schema; a table of it where one is named. */
  show(table) {
    const sources = report.schemas || [];
    if (!sources.length) return this.element.replaceChildren(nothing("The schema is not known", notFound()));
    const schema = value("schema-" + this.source).databases[chosenDatabase()] || value("schema-" + this.source).databases[0];
    if (this.schema !== schema || this.shownMode !== this.mode) {
      this.schema = schema;
      this.shownMode = this.mode;
      this.tables = [...(schema.tables || [])].sort((a, b) => fullName(a).localeCompare(fullName(b)));
      this.#draw(sources);
    }
    this.named = table;
    const at = this.found.findIndex(one => fullName(one) === table);
    if (at >= 0) this.list.activate(at, true);
    if (!table) return this.#close();
    const found = this.tables.find(one => fullName(one) === table);
    if (this.mode === "Tables") { if (found) this.definitions.scroll.scrollTop = this.definitions.tops[this.tables.indexOf(found)]; return; }
    this.#close();
    if (!found) return;
    this.panel = el("section", { class: "panel", tabindex: "-1", "aria-label": "Table " + table },
      el("div", { class: "body", tabindex: "0", role: "region", "aria-label": "Definition of " + table }, el("div", { class: "title" }, el("h2", {}, table), iconButton(CLOSE, "Close (Esc)", () => this.go(""))), definition(found, true), this.#touching(table)));
    this.split.append(this.panel);
    requestAnimationFrame(() => this.diagram.centre(table));
  }

  #close() {
    this.panel?.remove();
    this.panel = null;
    if (this.diagram) { this.diagram.selected = null; this.diagram.draw(); }
  }

  /** The revisions that touch a table, newest first. */
  #touching(name) {
    const found = rows.filter(row => row.tables?.includes(name));
    return found.length > 0 && el("div", {}, el("h3", {}, "Changed by"), el("ul", {}, found.map(row => el("li", {}, el("a", { href: "#/history/" + row.revision.revision, class: "mono" }, row.revision.revision), " " + row.revision.doc))));
  }

  #find() {
    this.found = this.tables.filter(table => !this.words || fullName(table).toLowerCase().includes(this.words) || (table.columns || []).some(column => column.name.toLowerCase().includes(this.words)));
    this.list.active = -1;
    this.list.reset(this.found.length);
  }

  #draw(sources) {
    const names = sources.map(source => ({ database: "As the database has it", heads: "As the history makes it" })[source] || source);
    const select = sources.length > 1 && el("select", { "aria-label": "Which schema", onchange: event => { this.source = Number(event.target.value); this.show(this.named); } }, names.map((name, at) => el("option", { value: at, selected: at === this.source }, name)));
    const others = [...(this.schema.enums || []), ...(this.schema.objects || [])].length;
    const toolbar = el("div", { class: "toolbar" }, segmented("View", ["Diagram", "Tables"], this.mode, mode => { this.mode = mode; this.show(this.named); }), select || el("span", { class: "muted" }, names[0]),
      el("span", { class: "total" }, count(this.tables.length, "table"), others > 0 && ", " + count(others, "other object")));
    toolbar.firstChild.style.margin = 0;
    this.split = el("div", { class: "split schema" }, el("div", { class: "side" }, this.search, this.list.scroll));
    this.element.replaceChildren(toolbar, this.split);
    this.#find();
    if (this.mode === "Diagram") {
      this.diagram = schemaDiagram(`Diagram of ${count(this.tables.length, "table")}; the list beside it has them as text`, this.tables, name => this.go(name));
      this.split.append(el("div", { class: "canvas" }, this.diagram.element, zoomButtons(this.diagram.zoom, "float")));
    } else {
      this.diagram = null;
      const entries = [...this.tables, ...(this.schema.enums || []).map(one => ({ enum: one })), ...(this.schema.objects || []).map(one => ({ object: one }))];
      this.definitions = new List({ label: "Definitions", role: "none", heights: at => heightOf(entries[at]), make: at => entries[at].enum ? enumOf(entries[at].enum) : entries[at].object ? objectOf(entries[at].object) : definition(entries[at]) });
      this.split.append(this.definitions.scroll);
      this.definitions.reset(entries.length);
    }
  }
}

const LINE = 31;
const partsOf = table => linesOf(table, true).filter(line => line.isPart);
const heightOf = entry => entry.enum ? 90 : entry.object ? 76 + entry.object.sql.join("\n\n").split("\n").length * 19 : 49 + LINE * (1 + (entry.columns || []).length + partsOf(entry).length) + (entry.comment ? 26 : 0) + 10;

function definition(table, isTitled) {
  const row = (name, type, more, tag) => el("tr", { style: `height:${LINE}px` }, el("td", { class: "mono", title: name }, tag && [chip(tag, "accent"), " "], name), el("td", { class: "mono muted", title: type }, type), el("td", { class: "mono muted", title: more }, more));
  return el("div", { class: "definition" }, !isTitled && el("h3", {}, fullName(table)), table.comment && el("p", { class: "muted" }, table.comment),
    el("div", { class: "wide", tabindex: "0", role: "region", "aria-label": "Columns of " + fullName(table) }, el("table", {}, el("thead", {}, el("tr", { style: `height:${LINE}px` }, ["Column", "Type", "More"].map(name => el("th", { scope: "col" }, name)))),
      el("tbody", {}, linesOf(table).map((line, at) => row(line.left, line.right, [line.more, table.columns[at].comment].filter(Boolean).join("; "), line.tag)), partsOf(table).map(line => row(line.left, line.right, ""))))));
}

const enumOf = one => el("div", { class: "definition" }, el("h3", {}, "enum " + fullName(one)), el("p", { class: "mono muted" }, one.values.join(", ")));
const objectOf = one => el("div", { class: "definition" }, el("h3", {}, `${one.kind.replace(/_/g, " ")} ${fullName(one)}`), sqlBlock(one.sql.join("\n\n")));
