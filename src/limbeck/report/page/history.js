// The history: a row for each revision, lanes beside it. Lanes are drawn on tiles that scroll with the rows.

const TILE = 512, LANE = 16, ROW = 34, COLOURS = 8;

class History {
  constructor(open) {
    this.scale = this.asked = 1; // shown and asked for: near 1 it is 1
    this.filter = { words: "", branch: "", author: "", state: "" };
    this.tiles = new Map();
    this.list = new List({
      label: "Revisions, newest first",
      heights: () => this.rowHeight,
      make: at => this.#row(at),
      chosen: at => open(rows[this.visible[at]].revision.revision),
      moved: at => this.follows && open(rows[this.visible[at]].revision.revision, true),
    });
    this.list.scroll.id = "revisions";
    this.list.drawn = (top, bottom) => this.#tiles(top, bottom);
    this.zoom = { reset: () => this.setScale(1), by: (factor, anchor) => this.setScale(this.asked * factor, anchor) };
    this.search = searchField("Search message, id, author, table", words => this.set({ words }));
    this.total = el("span", { class: "total", role: "status" });
    this.none = el("div", { class: "empty", hidden: true }, el("h2", {}, "No revision matches"), el("button", { type: "button", class: "button", onclick: () => this.clear() }, "Clear the filters"));
    this.element = el("div", { class: "view" },
      el("div", { class: "toolbar", role: "toolbar", "aria-label": "Filters" }, this.search, ...this.#filters(), zoomButtons(this.zoom), this.total),
      this.none, this.list.scroll);
    dragToScroll(this.list.scroll);
    pinchToZoom(this.list.scroll, this.zoom.by);
    new ResizeObserver(() => this.#measure()).observe(this.list.scroll);
    this.apply();
  }

  get rowHeight() { return Math.max(1.5, ROW * this.scale); }

  // --- what is shown

  #filters() {
    const labels = [...new Set(rows.flatMap(row => row.revision.branch_labels || []))].sort();
    const heads = rows.filter(row => row.revision.is_head).map(row => row.revision.revision);
    const authors = [...new Set(rows.map(row => row.revision.author).filter(Boolean))].sort((a, b) => a.localeCompare(b));
    const states = [
      ...(report.asked ? [["applied", "Applied"], ["pending", "Pending"], ["current", "Current"]] : []),
      ["head", "Heads"], ["merge", "Merges"], ["findings", "With findings"], ...(rows.some(row => row.failed) ? [["failed", "Failed once"]] : []),
    ];
    const branches = [...labels.map(name => ["label " + name, name]), ...(heads.length > 1 ? heads.map(name => ["head " + name, "up to " + name]) : [])];
    const select = (key, label, all, options) => {
      if (!options.length) return null;
      const made = el("select", { "aria-label": label, onchange: () => this.set({ [key]: made.value }) }, el("option", { value: "" }, all), options.map(([given, text]) => el("option", { value: given }, text)));
      (this.selects ||= {})[key] = made;
      return made;
    };
    return [select("branch", "Branch", "All branches", branches), select("author", "Author", "All authors", authors.map(name => [name, name])), select("state", "State", "All states", states)];
  }

  set(change) {
    Object.assign(this.filter, change);
    for (const [key, select] of Object.entries(this.selects || {})) {
      select.value = this.filter[key];
      select.classList.toggle("set", Boolean(this.filter[key]));
    }
    this.apply();
  }

  clear() {
    this.search.querySelector("input").value = "";
    this.set({ words: "", branch: "", author: "", state: "" });
  }

  #wanted() {
    const { words, branch, author, state } = this.filter;
    const [kind, name] = [branch.slice(0, branch.indexOf(" ")), branch.slice(branch.indexOf(" ") + 1)];
    const below = kind === "head" ? ancestors(name) : null;
    const is = {
      applied: row => row.applied_to?.length, pending: row => row.applied_to && !row.applied_to.length, current: row => row.revision.is_current,
      head: row => row.revision.is_head, merge: row => row.revision.is_merge_point, findings: row => row.worst, failed: row => row.failed,
    }[state];
    return row =>
      (!words || (row.text ||= searchText(row)).includes(words)) && (!author || row.revision.author === author) && (!is || is(row)) &&
      (kind !== "label" || row.revision.branch_labels?.includes(name)) && (!below || below.has(row.revision.revision));
  }

  /** Choose what is visible, and the lines between that: a line stands for a path of what is hidden. */
  apply() {
    const keep = this.list.active >= 0 && this.visible ? rows[this.visible[this.list.active]] : null;
    const wanted = this.#wanted();
    this.visible = rows.flatMap((row, at) => (wanted(row) ? [at] : []));
    const shownAt = new Map(this.visible.map((at, number) => [at, number]));
    const isAll = this.visible.length === rows.length;
    const reach = isAll ? null : this.#reach(shownAt);
    this.lines = [];
    for (const [at, number] of shownAt) {
      for (const line of rows[at].lines || []) {
        const to = places.get(line.revision), dashed = line.kind === "dependency";
        if (shownAt.has(to)) this.lines.push({ from: number, to: shownAt.get(to), lane: line.lane, dashed });
        else for (const below of reach.get(to) || []) this.lines.push({ from: number, to: shownAt.get(below), lane: line.lane, dashed, faint: true });
      }
    }
    const used = new Set([...this.visible.map(at => rows[at].lane), ...this.lines.map(line => line.lane)]);
    this.lanes = new Map([...used].sort((a, b) => a - b).map((lane, number) => [lane, isAll ? lane : number]));
    this.list.active = keep ? this.visible.indexOf(places.get(keep.revision.revision)) : -1;
    this.total.textContent = isAll ? count(rows.length, "revision") : `${this.visible.length.toLocaleString("en")} of ${count(rows.length, "revision")}`;
    this.none.hidden = this.visible.length > 0 || !rows.length;
    this.#measure();
    if (keep && this.list.active >= 0) this.list.activate(this.list.active, true);
  }

  /** By hidden revision, the visible ones that it leads down to; four at most. */
  #reach(shownAt) {
    const found = new Map();
    for (let at = rows.length - 1; at >= 0; at--) {
      if (shownAt.has(at)) continue;
      const below = new Set();
      for (const line of rows[at].lines || []) {
        const to = places.get(line.revision);
        for (const one of shownAt.has(to) ? [to] : found.get(to) || []) if (below.size < 4) below.add(one);
      }
      found.set(at, [...below]);
    }
    return found;
  }

  // --- sizes

  setScale(scale, anchor) {
    const scroll = this.list.scroll, height = this.rowHeight;
    this.asked = Math.max(0.08, Math.min(1.6, scale));
    const next = Math.abs(this.asked - 1) < 0.04 ? 1 : this.asked;
    if (anchor === undefined) {
      const active = this.list.active >= 0 ? (this.list.active + 0.5) * height - scroll.scrollTop : -1;
      anchor = active > 0 && active < scroll.clientHeight ? active : scroll.clientHeight / 2;
    }
    const row = (scroll.scrollTop + anchor) / height;
    this.scale = next;
    this.#measure();
    scroll.scrollTop = row * this.rowHeight - anchor;
    this.zoom.shown(next);
  }

  #measure() {
    const lanes = Math.max(0, ...this.lanes.values()) + 1;
    const room = Math.max(60, this.list.scroll.clientWidth * 0.3);
    this.laneWidth = Math.min(LANE * Math.min(1, Math.max(0.6, this.scale)), Math.max(4, room / lanes));
    this.left = Math.min(4096, Math.round(18 + lanes * this.laneWidth));
    this.list.bare = this.scale < 0.55;
    this.list.spacer.style.minWidth = this.left > room + 20 ? this.left + 420 + "px" : "";
    this.list.spacer.style.setProperty("--font", Math.min(1.25, Math.max(0.8, this.scale)));
    this.list.reset(this.visible.length);
    this.redraw();
  }

  redraw() {
    for (const tile of this.tiles.values()) tile.remove();
    this.tiles.clear();
    this.paint = null;
    this.list.draw();
  }

  // --- drawing

  #row(at) {
    const row = rows[this.visible[at]], { revision, doc, author, date } = row.revision, words = this.filter.words;
    const made = el("div", { class: "rev " + (stateOf(row) || "") },
      el("span", { class: "id mono" }, marked(revision, words)),
      el("span", { class: "doc" }, marked(doc || "(no message)", words)),
      el("span", { class: "chips" }, chipsOf(row)), el("span", { class: "gap" }),
      author && el("span", { class: "author" }, marked(author, words)), el("span", { class: "date" }, (date || "").slice(0, 10)));
    made.style.paddingLeft = this.left + 6 + "px";
    return made;
  }

  #tiles(top, bottom) {
    const first = Math.max(0, Math.floor(top / TILE) - 1), last = Math.floor(Math.min(bottom, this.list.tops[this.list.size]) / TILE) + 1;
    for (const [number, tile] of this.tiles) if (number < first || number > last) { tile.remove(); this.tiles.delete(number); }
    for (let number = first; number <= last; number++) if (!this.tiles.has(number) && number * TILE < this.list.tops[this.list.size]) this.tiles.set(number, this.#tile(number));
  }

  #x(lane) { return 16 + Math.min(4070, this.lanes.get(lane) * this.laneWidth); }

  #tile(number) {
    const top = number * TILE, height = this.rowHeight, ratio = Math.min(devicePixelRatio || 1, 2);
    const width = this.list.bare ? Math.max(this.left, Math.min(4096, this.list.scroll.clientWidth)) : this.left;
    const canvas = el("canvas", { "aria-hidden": "true", width: Math.ceil(width * ratio), height: TILE * ratio, style: `top:${top}px;width:${width}px;height:${TILE}px` });
    const paint = canvas.getContext("2d");
    this.paint ||= colours();
    paint.scale(ratio, ratio);
    paint.translate(0, -top);
    const y = at => (at + 0.5) * height;
    const first = Math.floor(top / height) - 1, last = Math.ceil((top + TILE) / height) + 1;
    paint.lineWidth = this.scale < 0.3 ? 1.2 : 2;
    const bend = Math.min(height, 40);
    for (const line of this.lines) {
      if (line.from > last || line.to < first) continue;
      const x1 = this.#x(rows[this.visible[line.from]].lane), x2 = this.#x(line.lane), x3 = this.#x(rows[this.visible[line.to]].lane);
      const y1 = y(line.from), y2 = y(line.to), clip = v => Math.max(top - 60, Math.min(top + TILE + 60, v));
      paint.strokeStyle = this.paint.lanes[line.lane % COLOURS];
      paint.globalAlpha = line.faint ? 0.55 : 1;
      paint.setLineDash(line.dashed ? [4, 4] : line.faint ? [2, 4] : []);
      paint.beginPath();
      paint.moveTo(x1, y1);
      if (x2 !== x1) paint.bezierCurveTo(x1, y1 + bend * 0.6, x2, y1 + bend * 0.4, x2, y1 + bend);
      else paint.moveTo(x1, clip(y1));
      if (x3 !== x2) {
        const from = Math.max(y1 + (x2 !== x1 ? bend : 0), y2 - bend);
        paint.lineTo(x2, from);
        paint.bezierCurveTo(x2, from + (y2 - from) * 0.6, x3, from + (y2 - from) * 0.4, x3, y2);
      } else paint.lineTo(x3, clip(y2));
      paint.stroke();
    }
    paint.globalAlpha = 1;
    paint.setLineDash([]);
    for (let at = Math.max(0, first); at <= Math.min(this.visible.length - 1, last); at++) this.#dot(paint, rows[this.visible[at]], y(at));
    if (this.list.bare) this.#ticks(paint, top);
    this.list.spacer.append(canvas);
    return canvas;
  }

  #dot(paint, row, y) {
    const x = this.#x(row.lane), size = Math.max(1.2, Math.min(4.6, this.rowHeight * 0.3, this.laneWidth * 0.36)), state = stateOf(row);
    const colour = this.paint.lanes[row.lane % COLOURS];
    paint.beginPath();
    paint.arc(x, y, size, 0, 7);
    paint.fillStyle = state === "pending" || state === "partly" ? this.paint.panel : colour;
    paint.fill();
    paint.strokeStyle = colour;
    paint.lineWidth = 2;
    if (size > 2) paint.stroke();
    if (row.revision.is_current && size > 2) {
      paint.beginPath();
      paint.arc(x, y, size + 3, 0, 7);
      paint.lineWidth = 1.6;
      paint.stroke();
    }
    if (row.worst === "error" && size <= 2) {
      paint.fillStyle = this.paint.bad;
      paint.fillRect(3, y - 1, 6, 2);
    }
  }

  /** In the overview, a message every 20 pixels: of a row with a label, or that begins a month, where there is one. */
  #ticks(paint, top) {
    const slot = 20, month = at => (rows[this.visible[at]]?.revision.date || "").slice(0, 7);
    paint.font = "11.5px " + getComputedStyle(document.body).fontFamily;
    paint.textBaseline = "middle";
    for (let number = Math.floor(top / slot) - 1; number * slot < top + TILE; number++) {
      const first = Math.max(0, Math.ceil((number * slot) / this.rowHeight)), end = Math.min(this.visible.length, Math.ceil(((number + 1) * slot) / this.rowHeight));
      if (first >= end) continue;
      let best = first;
      for (let at = first; at < end; at++) {
        const { labels, revision } = rows[this.visible[at]];
        if (labels || revision.is_head) { best = at; break; }
        if (month(at) !== month(at - 1) && best === first) best = at;
      }
      const { labels, revision } = rows[this.visible[best]], y = (number + 0.5) * slot;
      paint.fillStyle = this.paint.faint;
      paint.fillText(month(best), this.left + 8, y);
      paint.fillStyle = labels || revision.is_head ? this.paint.text : this.paint.muted;
      paint.fillText((labels ? labels.join(", ") + ": " : "") + (revision.doc || "").slice(0, 110), this.left + 68, y);
    }
  }

  /** Make a revision the active one, whatever is filtered. */
  show(revision) {
    const at = places.get(revision);
    if (at === undefined) return;
    if (!this.visible.includes(at)) this.clear();
    this.list.activate(this.visible.indexOf(at), true);
  }
}

/** A revision and all that it needs. */
function ancestors(name) {
  const found = new Set([name]);
  for (const one of found) for (const line of rows[places.get(one)]?.lines || []) found.add(line.revision);
  return found;
}

function chipsOf(row) {
  const one = row.revision, made = [];
  if (one.is_current) made.push(chip("current", "good"));
  else if (stateOf(row) === "pending") made.push(chip("pending", "warn"));
  else if (stateOf(row) === "partly") made.push(chip(`on ${row.applied_to.length} of ${report.asked}`, "warn"));
  if (one.is_head) made.push(chip("head", "accent"));
  for (const label of row.labels || []) made.push(chip(label, "accent"));
  if (row.worst) made.push(chip(count(row.findings, "finding"), { error: "bad", warning: "warn" }[row.worst]));
  if (row.failed) made.push(chip("failed once", "bad"));
  return made;
}

/** The colours of the page, for a canvas. */
function colours() {
  const style = getComputedStyle(document.documentElement), get = name => style.getPropertyValue("--" + name).trim();
  const names = ["bg", "panel", "raised", "line", "line-strong", "text", "muted", "faint", "accent", "accent-soft", "good", "good-soft", "warn", "warn-soft", "bad", "bad-soft"];
  return { ...Object.fromEntries(names.map(name => [name.replace("-", "_"), get(name)])), lanes: Array.from({ length: COLOURS }, (_, at) => get("lane" + at)) };
}
