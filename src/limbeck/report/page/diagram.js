// A diagram of tables and what they refer to: places, and a canvas that is panned and zoomed.

const BOX = { row: 20, head: 28, most: 40, gapX: 90, gapY: 26 };

/** What is said of a table, a line each: what tells it from others, the words, and a mark. */
function linesOf(table, withParts) {
  const keys = new Set(table.primary_key || []), refers = new Set((table.foreign_keys || []).flatMap(key => key.columns));
  const made = (table.columns || []).map(column => ({
    key: "column " + column.name, left: column.name, tag: keys.has(column.name) ? "PK" : refers.has(column.name) ? "FK" : "",
    right: column.type + (column.nullable ? "" : " NOT NULL"), short: column.type + (column.nullable ? " null" : ""), more: facts(column),
  }));
  if (!withParts) return made;
  const part = (kind, name, words) => made.push({ key: kind + " " + (name || words), left: kind + (name ? " " + name : ""), right: words, isPart: true });
  if (table.primary_key) part("primary key", "", `(${table.primary_key.join(", ")})`);
  for (const one of table.foreign_keys || []) part("foreign key", one.name, `(${one.columns.join(", ")}) → ${referred(one)} (${(one.referred_columns || []).join(", ")})` + (one.on_delete ? " on delete " + one.on_delete.toLowerCase() : "") + (one.on_update ? " on update " + one.on_update.toLowerCase() : ""));
  for (const one of table.unique_constraints || []) part("unique", one.name, `(${one.columns.join(", ")})`);
  for (const one of table.checks || []) part("check", one.name, `(${one.condition})`);
  for (const one of table.indexes || []) part(one.unique ? "unique index" : "index", one.name, `(${one.keys.map(key => key.text).join(", ")})`);
  return made;
}

const facts = column => [column.identity && "identity", column.computed && `as (${column.computed})`, column.default && "default " + column.default].filter(Boolean).join(" ");
const referred = key => (key.referred_schema ? key.referred_schema + "." : "") + key.referred_table;

/** Lines of two states of a table with what became of them: "plus", "minus", "tilde" or nothing. */
function changesOf(before, after) {
  const old = new Map(before ? linesOf(before, true).map(line => [line.key, line]) : []), now = new Map(after ? linesOf(after, true).map(line => [line.key, line]) : []);
  const words = line => [line.right, line.more].filter(Boolean).join(" ");
  const marks = { before: new Map(), after: new Map() }, told = [];
  for (const [key, line] of old) if (!now.has(key)) { marks.before.set(key, "minus"); told.push(["minus", `${line.left} ${words(line)}`]); }
  for (const [key, line] of now) {
    if (!old.has(key)) { marks.after.set(key, "plus"); told.push(["plus", `${line.left} ${words(line)}`]); }
    else if (words(line) !== words(old.get(key))) {
      marks.before.set(key, "tilde");
      marks.after.set(key, "tilde");
      told.push(["tilde", `${line.left} ${words(old.get(key))} → ${words(line)}`]);
    }
  }
  if ((before?.comment || "") !== (after?.comment || "")) told.push(["tilde", `comment ${before?.comment || "none"} → ${after?.comment || "none"}`]);
  return { marks, told };
}

let ruler;
const widths = new Map();
function widthOf(text, font) {
  const key = font + text;
  if (!widths.has(key)) {
    ruler ||= document.createElement("canvas").getContext("2d");
    ruler.font = font;
    widths.set(key, ruler.measureText(text).width);
  }
  return widths.get(key);
}
const MONO = '11.5px ui-monospace, Menlo, Consolas, "Liberation Mono", monospace', HEAD = "600 12.5px system-ui, sans-serif";

/** Boxes of tables: name, lines and size. */
function boxOf(name, lines, kind) {
  const shown = lines.length > BOX.most ? lines.slice(0, BOX.most - 1) : lines;
  // letters of one width: the longest text is the widest
  const long = shown.reduce((most, line) => Math.max(most, line.left.length + (line.short || line.right).length), 0);
  const width = Math.min(400, Math.max(130, widthOf(name, HEAD) + 40, long * widthOf("m", MONO) + 64));
  return { name, lines: shown, hidden: lines.length - shown.length, kind, width: Math.round(width), height: BOX.head + shown.length * BOX.row + (lines.length > shown.length ? BOX.row : 0) + 6, x: 0, y: 0 };
}

/**
 * Give each box a place: what refers stands right of what it refers to; groups that no key connects stand apart.
 * Returns nothing; sets x and y.
 */
function arrange(boxes, edges) {
  const at = new Map(boxes.map((box, number) => [box.name, number]));
  const out = boxes.map(() => []), into = boxes.map(() => []), root = boxes.map((_, number) => number);
  const find = one => { while (root[one] !== one) one = root[one] = root[root[one]]; return one; };
  for (const edge of edges) {
    const from = at.get(edge.from), to = at.get(edge.to);
    if (from === undefined || to === undefined || from === to) continue;
    out[from].push(to);
    into[to].push(from);
    root[find(from)] = find(to);
  }
  const rank = new Int32Array(boxes.length).fill(-1), open = new Uint8Array(boxes.length);
  for (let start = 0; start < boxes.length; start++) { // the longest way down; a key that closes a circle does not count
    const stack = [[start, 0]];
    while (stack.length) {
      const top = stack[stack.length - 1], [one, next] = top;
      if (next === 0) {
        if (rank[one] >= 0) { stack.pop(); continue; }
        open[one] = 1;
      }
      if (next < out[one].length) {
        top[1]++;
        const to = out[one][next];
        if (rank[to] < 0 && !open[to]) stack.push([to, 0]);
      } else {
        rank[one] = out[one].reduce((most, to) => (open[to] && to !== one ? most : Math.max(most, rank[to] + 1)), 0);
        open[one] = 0;
        stack.pop();
      }
    }
  }
  const groups = new Map();
  boxes.forEach((_, number) => { const key = find(number); if (!groups.has(key)) groups.set(key, []); groups.get(key).push(number); });
  const blocks = [], alone = [];
  for (const members of groups.values()) {
    if (members.length === 1) { alone.push(members[0]); continue; }
    blocks.push(placeGroup(members, boxes, rank, out, into));
  }
  alone.sort((a, b) => boxes[a].name.localeCompare(boxes[b].name));
  if (alone.length) blocks.push(...alone.map(number => ({ width: boxes[number].width, height: boxes[number].height, members: [number] })));
  const area = blocks.reduce((sum, block) => sum + (block.width + 60) * (block.height + 60), 0);
  const widest = Math.max(Math.sqrt(area) * 1.25, ...blocks.map(block => block.width));
  let x = 0, y = 0, tall = 0;
  for (const block of blocks.sort((a, b) => (b.members.length > 1) - (a.members.length > 1) || b.height - a.height)) {
    if (x && x + block.width > widest) { x = 0; y += tall + 60; tall = 0; }
    for (const number of block.members) { boxes[number].x += x; boxes[number].y += y; }
    x += block.width + 60;
    tall = Math.max(tall, block.height);
  }
}

function placeGroup(members, boxes, rank, out, into) {
  const ranks = [];
  for (const number of members) (ranks[rank[number]] ||= []).push(number);
  const columns = ranks.filter(Boolean), order = new Map();
  const number = () => columns.forEach(column => column.forEach((one, at) => order.set(one, at / column.length)));
  columns.forEach(column => column.sort((a, b) => into[b].length - into[a].length || boxes[a].name.localeCompare(boxes[b].name)));
  number();
  const middle = (one, near) => (near[one].length ? near[one].reduce((sum, other) => sum + order.get(other), 0) / near[one].length : order.get(one));
  for (let round = 0; round < 4; round++) {
    const near = round % 2 ? into : out;
    for (const column of round % 2 ? [...columns].reverse() : columns) {
      const wish = new Map(column.map(one => [one, middle(one, near)]));
      column.sort((a, b) => wish.get(a) - wish.get(b));
      column.forEach((one, at) => order.set(one, at / column.length));
    }
  }
  const area = members.reduce((sum, one) => sum + (boxes[one].width + BOX.gapX) * (boxes[one].height + BOX.gapY), 0);
  const tallest = Math.max(500, Math.sqrt(area) * 0.9);
  let x = 0, height = 0;
  const stacks = [];
  for (const column of columns) {
    let stack = { members: [], height: 0, width: 0 };
    for (const one of column) {
      if (stack.members.length && stack.height + boxes[one].height > tallest) { stacks.push(stack); stack = { members: [], height: 0, width: 0 }; }
      stack.members.push(one);
      stack.height += boxes[one].height + BOX.gapY;
      stack.width = Math.max(stack.width, boxes[one].width);
    }
    stacks.push(stack);
  }
  for (const stack of stacks) height = Math.max(height, stack.height - BOX.gapY);
  for (const stack of stacks) {
    let y = (height - stack.height + BOX.gapY) / 2;
    for (const one of stack.members) {
      boxes[one].x = x;
      boxes[one].y = y;
      y += boxes[one].height + BOX.gapY;
    }
    x += stack.width + BOX.gapX;
  }
  return { width: x - BOX.gapX, height, members };
}

/** A canvas with boxes and lines. choose(name): called where a box is clicked. */
class Diagram {
  constructor(label, choose) {
    this.canvas = el("canvas", { tabindex: "0", role: "img", "aria-label": label });
    this.element = el("div", { class: "picture" }, this.canvas);
    this.choose = choose;
    this.camera = { x: 0, y: 0, k: 1 };
    this.boxes = [];
    this.edges = [];
    this.zoom = { reset: () => this.fit(), by: factor => this.scaleBy(factor) };
    this.draw = frame(() => this.#draw());
    this.#listen();
    new ResizeObserver(() => { if (!this.isFitted) this.fit(); this.draw(); }).observe(this.element);
  }

  /** What is drawn: boxes with places, and edges between their names. */
  set(boxes, edges) {
    this.boxes = boxes;
    const by = new Map(boxes.map(box => [box.name, box]));
    const line = (box, columns) => (!box.lines.length ? BOX.head / 2 + 3 : BOX.head + (Math.max(0, box.lines.findIndex(one => one.left === columns?.[0] && !one.isPart)) + 0.5) * BOX.row);
    this.edges = edges.map(edge => ({ ...edge, a: by.get(edge.from), b: by.get(edge.to) })).filter(edge => edge.a && edge.b)
      .map(edge => ({ ...edge, fromY: line(edge.a, edge.columns), toY: line(edge.b, edge.referred) }));
    this.isFitted = false;
    this.fit();
  }

  /** Be as high as what is drawn, at its own size or as wide as there is room, and not higher than `most`. */
  hug(most) {
    const width = this.element.clientWidth, [left, top, right, bottom] = this.#bounds();
    if (width && this.boxes.length) this.element.style.height = Math.round(Math.min(most, 40 + (bottom - top) * Math.min(1, (width - 40) / (right - left)))) + "px";
  }

  #bounds() {
    const all = [...this.boxes, ...(this.around || [])];
    return [Math.min(...all.map(box => box.x)), Math.min(...all.map(box => box.y)), Math.max(...all.map(box => box.x + box.width)), Math.max(...all.map(box => box.y + box.height))];
  }

  fit() {
    const width = this.element.clientWidth, height = this.element.clientHeight;
    if (!width || !this.boxes.length) return;
    const [left, top, right, bottom] = this.#bounds();
    const k = Math.min(1, (width - 40) / (right - left), (height - 40) / (bottom - top));
    this.camera = { k, x: (width - (right - left) * k) / 2 - left * k, y: (height - (bottom - top) * k) / 2 - top * k };
    this.isFitted = true;
    this.zoom.shown?.(k);
    this.draw();
  }

  scaleBy(factor, x = this.element.clientWidth / 2, y = this.element.clientHeight / 2) {
    const k = Math.max(0.02, Math.min(2.5, this.camera.k * factor)), grows = k / this.camera.k;
    this.camera = { k, x: x - (x - this.camera.x) * grows, y: y - (y - this.camera.y) * grows };
    this.zoom.shown?.(k);
    this.draw();
  }

  /** Bring a box into the middle. */
  centre(name) {
    const box = this.boxes.find(one => one.name === name);
    if (!box) return;
    const k = Math.max(this.camera.k, 0.8);
    this.selected = name;
    this.camera = { k, x: this.element.clientWidth / 2 - (box.x + box.width / 2) * k, y: Math.max(this.element.clientHeight / 2 - (box.y + box.height / 2) * k, 40 - box.y * k) };
    this.isFitted = true;
    this.zoom.shown?.(k);
    this.draw();
  }

  #listen() {
    let from = null;
    const canvas = this.canvas, fingers = new Map();
    const here = event => { const box = canvas.getBoundingClientRect(); return [event.clientX - box.left, event.clientY - box.top]; };
    canvas.addEventListener("pointerdown", event => {
      canvas.setPointerCapture(event.pointerId);
      fingers.set(event.pointerId, here(event));
      from = { at: here(event), camera: { ...this.camera }, moved: false };
      canvas.classList.add("drag");
    });
    canvas.addEventListener("pointermove", event => {
      if (!fingers.has(event.pointerId)) return;
      const before = [...fingers.values()];
      fingers.set(event.pointerId, here(event));
      if (fingers.size === 2) {
        const now = [...fingers.values()], far = ([a, b]) => Math.hypot(a[0] - b[0], a[1] - b[1]);
        from.moved = true;
        this.scaleBy(far(now) / (far(before) || 1), (now[0][0] + now[1][0]) / 2, (now[0][1] + now[1][1]) / 2);
        return;
      }
      const [x, y] = here(event);
      if (!from.moved && Math.hypot(x - from.at[0], y - from.at[1]) < 4) return;
      from.moved = true;
      this.camera = { ...this.camera, x: from.camera.x + x - from.at[0], y: from.camera.y + y - from.at[1] };
      this.draw();
    });
    const end = event => {
      fingers.delete(event.pointerId);
      canvas.classList.remove("drag");
      if (from && !from.moved && event.type === "pointerup") {
        const box = this.#boxAt(...here(event));
        this.selected = box?.name;
        if (box && this.choose) this.choose(box.name);
        this.draw();
      }
    };
    canvas.addEventListener("pointerup", end);
    canvas.addEventListener("pointercancel", end);
    canvas.addEventListener("wheel", event => {
      event.preventDefault();
      if (event.ctrlKey || event.metaKey) this.scaleBy(Math.exp(-event.deltaY / 180), ...here(event));
      else { this.camera.x -= event.deltaX; this.camera.y -= event.deltaY; this.draw(); }
    }, { passive: false });
    canvas.addEventListener("keydown", event => {
      const zoom = { "+": 1.25, "=": 1.25, "-": 1 / 1.25 }[event.key];
      if (zoom) this.scaleBy(zoom); else if (event.key === "0") this.fit();
      if (zoom || event.key === "0") event.stopPropagation(); // the keys of the page would zoom the history
      const step = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] }[event.key];
      if (!step || event.altKey || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      this.camera.x += step[0];
      this.camera.y += step[1];
      this.draw();
    });
  }

  #boxAt(x, y) {
    const left = (x - this.camera.x) / this.camera.k, top = (y - this.camera.y) / this.camera.k;
    return this.boxes.find(box => left >= box.x && left <= box.x + box.width && top >= box.y && top <= box.y + box.height);
  }

  #draw() {
    const width = this.element.clientWidth, height = this.element.clientHeight, ratio = Math.min(devicePixelRatio || 1, 2), canvas = this.canvas;
    if (!width) return;
    if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
    }
    const paint = canvas.getContext("2d"), c = (this.paint ||= colours()), { x, y, k } = this.camera;
    paint.setTransform(ratio, 0, 0, ratio, 0, 0);
    paint.clearRect(0, 0, width, height);
    paint.translate(x, y);
    paint.scale(k, k);
    const view = { left: -x / k, top: -y / k, right: (width - x) / k, bottom: (height - y) / k };
    const near = new Set([this.selected]);
    for (const edge of this.edges) if (edge.from === this.selected || edge.to === this.selected) { near.add(edge.from); near.add(edge.to); }
    const chosen = this.selected && this.boxes.some(box => box.name === this.selected);
    const inView = this.boxes.filter(box => box.x <= view.right && box.x + box.width >= view.left && box.y <= view.bottom && box.y + box.height >= view.top);
    canvas.dataset.drawn = inView.length;
    if (k < 0.2) return this.#far(paint, c, inView, k);
    for (const edge of this.edges) this.#edge(paint, c, edge, view, k, chosen);
    for (const box of inView) {
      paint.globalAlpha = chosen && !near.has(box.name) ? 0.4 : 1;
      this.#box(paint, c, box, k);
    }
    paint.globalAlpha = 1;
  }

  /** From afar: all lines in one stroke, all boxes in one more, and the names that can be read. */
  #far(paint, c, boxes, k) {
    const lines = new Path2D(), shapes = new Path2D();
    for (const { a, b, fromY, toY } of this.edges) {
      lines.moveTo(a.x > b.x ? a.x : a.x + a.width, a.y + fromY);
      lines.lineTo(a.x > b.x ? b.x + b.width : b.x, b.y + toY);
    }
    for (const box of boxes) shapes.rect(box.x, box.y, box.width, box.height);
    paint.lineWidth = 1 / k;
    paint.strokeStyle = c.line_strong;
    paint.globalAlpha = 0.6;
    paint.stroke(lines);
    paint.globalAlpha = 1;
    paint.fillStyle = c.raised;
    paint.fill(shapes);
    paint.stroke(shapes);
    for (const box of boxes) {
      if (box.name === this.selected) { paint.strokeStyle = c.accent; paint.lineWidth = 2 / k; paint.strokeRect(box.x, box.y, box.width, box.height); }
      this.#name(paint, c, box, k);
    }
  }

  /** The name of a table across its box; nothing where it would be too small to be read. */
  #name(paint, c, box, k) {
    const size = Math.min(11 / k, (box.width / Math.max(4, box.name.length)) * 1.7, box.height * 0.7);
    if (size * k < 5) return;
    paint.font = `600 ${size}px system-ui, sans-serif`;
    paint.fillStyle = c.text;
    paint.textAlign = "center";
    paint.textBaseline = "middle";
    paint.fillText(box.name, box.x + box.width / 2, box.y + box.height / 2, box.width - 8);
    paint.textAlign = "left";
  }

  #edge(paint, c, edge, view, k, chosen) {
    const { a, b } = edge;
    const isRight = a.x >= b.x + b.width, isLeft = a.x + a.width <= b.x;
    const x1 = isRight ? a.x : a.x + a.width, x2 = isLeft ? b.x : b.x + b.width, y1 = a.y + edge.fromY, y2 = b.y + edge.toY;
    if (Math.min(x1, x2) - 60 > view.right || Math.max(x1, x2) + 60 < view.left || Math.min(y1, y2) > view.bottom || Math.max(y1, y2) < view.top) return;
    const isNear = edge.from === this.selected || edge.to === this.selected;
    paint.strokeStyle = edge.mark ? c[{ plus: "good", minus: "bad", tilde: "warn" }[edge.mark]] : isNear ? c.accent : c.line_strong;
    paint.fillStyle = paint.strokeStyle;
    paint.globalAlpha = chosen && !isNear ? 0.35 : 1;
    paint.lineWidth = (isNear || edge.mark ? 1.8 : 1.2) / Math.min(1, Math.max(k, 0.25));
    const pull = isRight || isLeft ? Math.max(30, Math.abs(x1 - x2) / 2) : 46;
    paint.beginPath();
    paint.moveTo(x1, y1);
    paint.bezierCurveTo(x1 + (isRight ? -pull : pull), y1, x2 + (isLeft ? -pull : pull), y2, x2, y2);
    paint.stroke();
    if (k > 0.3) {
      paint.beginPath();
      paint.arc(x2, y2, 3, 0, 7);
      paint.fill();
    }
  }

  #box(paint, c, box, k) {
    const fill = { plus: c.good_soft, minus: c.bad_soft }[box.kind], edge = { plus: c.good, minus: c.bad }[box.kind];
    paint.beginPath();
    paint.roundRect(box.x, box.y, box.width, box.height, 7);
    paint.fillStyle = c.panel;
    paint.fill();
    paint.save();
    paint.clip();
    paint.fillStyle = fill || c.raised;
    paint.fillRect(box.x, box.y, box.width, k < 0.35 ? box.height : BOX.head);
    paint.restore();
    paint.lineWidth = box.name === this.selected ? 2 / Math.min(1, k) : 1 / Math.min(1, k);
    paint.strokeStyle = edge || (box.name === this.selected ? c.accent : c.line_strong);
    paint.stroke();
    paint.textBaseline = "middle";
    if (k < 0.35) return this.#name(paint, c, box, k);
    paint.font = HEAD;
    paint.fillStyle = edge || (box.kind === "stub" ? c.muted : c.text);
    paint.fillText((box.kind === "plus" ? "+ " : box.kind === "minus" ? "− " : "") + box.title, box.x + 10, box.y + BOX.head / 2 + 0.5, box.width - 20);
    paint.font = MONO;
    box.lines.forEach((line, at) => {
      const y = box.y + BOX.head + at * BOX.row + 3, tint = { plus: c.good_soft, minus: c.bad_soft, tilde: c.warn_soft }[line.mark], strong = { plus: c.good, minus: c.bad, tilde: c.warn }[line.mark];
      if (tint) { paint.fillStyle = tint; paint.fillRect(box.x + 1, y, box.width - 2, BOX.row); }
      const words = line.short || line.right, middle = y + BOX.row / 2 + 0.5, right = paint.measureText(words).width, room = box.width - 20;
      if (strong) { paint.fillStyle = strong; paint.fillText({ plus: "+", minus: "−", tilde: "~" }[line.mark], box.x + 4, middle); }
      paint.fillStyle = strong || c.text;
      const left = Math.min(paint.measureText(line.left).width, room * 0.6);
      paint.fillText(line.left, box.x + 14, middle, room * 0.6);
      if (line.tag) {
        paint.font = "600 8.5px system-ui, sans-serif";
        paint.fillStyle = c.accent;
        paint.fillText(line.tag, box.x + 14 + left + 5, middle);
        paint.font = MONO;
      }
      paint.fillStyle = strong || c.muted;
      const space = room - left - (line.tag ? 22 : 8);
      paint.textAlign = "right";
      if (space > 12) paint.fillText(words, box.x + box.width - 10, middle, Math.max(10, Math.min(right, space)));
      paint.textAlign = "left";
    });
    if (box.hidden > 0) {
      paint.fillStyle = c.faint;
      paint.fillText(`and ${box.hidden} more`, box.x + 14, box.y + box.height - BOX.row / 2 - 3);
    }
  }
}

/** The foreign keys of tables as edges. */
const edgesOf = tables => tables.flatMap(table => (table.foreign_keys || []).map(key => ({ from: fullName(table), to: referred(key), columns: key.columns, referred: key.referred_columns, key })));

/** A diagram of whole tables. */
function schemaDiagram(label, tables, choose) {
  const made = new Diagram(label, choose);
  const boxes = tables.map(table => Object.assign(boxOf(fullName(table), linesOf(table)), { title: fullName(table) }));
  const edges = edgesOf(tables);
  arrange(boxes, edges);
  made.set(boxes, edges);
  return made;
}

/** What a picture of a change shows of a table: its columns, and of its constraints and indexes those that change. */
function drawnLines(pair, side) {
  const isWhole = !pair.before || !pair.after;
  return linesOf(pair[side], true).filter(line => !line.isPart || (!isWhole && pair.marks[side].has(line.key)));
}

/** Two diagrams, of tables before and after a revision, each table in the same place in both. */
function changeDiagrams(changes) {
  const pairs = changes.map(({ before, after }) => ({ name: fullName(after || before), before, after, ...changesOf(before, after) }));
  const byName = new Map(pairs.map(pair => [pair.name, pair]));
  const former = new Map(pairs.filter(pair => pair.before).map(pair => [fullName(pair.before), pair.name]));
  const sides = ["before", "after"].map(side => {
    const edges = pairs.filter(pair => pair[side]).flatMap(pair => edgesOf([pair[side]]).map(edge => ({
      ...edge, from: pair.name, to: former.get(edge.to) || edge.to, mark: pair.marks[side].get("foreign key " + (edge.key.name || "")) || (pair.before && pair.after ? "" : side === "after" ? "plus" : "minus"),
    })));
    return { side, edges };
  });
  const stubs = [...new Set(sides.flatMap(({ edges }) => edges.map(edge => edge.to)))].filter(name => !byName.has(name));
  const whole = [
    ...pairs.map(pair => { // as large as the larger of the two
      const boxes = ["before", "after"].filter(side => pair[side]).map(side => boxOf(pair.name, drawnLines(pair, side)));
      return { name: pair.name, width: Math.max(...boxes.map(box => box.width)), height: Math.max(...boxes.map(box => box.height)), x: 0, y: 0 };
    }),
    ...stubs.map(name => Object.assign(boxOf(name, []), { kind: "stub" })),
  ];
  arrange(whole, sides.flatMap(({ edges }) => edges));
  return sides.map(({ side, edges }) => {
    const referredTo = new Set(edges.map(edge => edge.to));
    const boxes = whole.flatMap(place => {
      const pair = byName.get(place.name);
      if (!pair) return referredTo.has(place.name) ? [{ ...place, title: place.name, lines: [], hidden: 0 }] : [];
      if (!pair[side]) return [];
      const kind = !pair.before ? "plus" : !pair.after ? "minus" : "";
      const lines = drawnLines(pair, side).map(line => ({ ...line, mark: kind ? "" : pair.marks[side].get(line.key) }));
      return [{ ...boxOf(place.name, lines, kind), x: place.x, y: place.y, width: place.width, title: fullName(pair[side]) }];
    });
    const made = new Diagram(`Tables ${side} the revision`);
    made.around = whole; // both pictures show the same part
    made.set(boxes, edges);
    return { made, boxes, pairs, width: Math.max(...whole.map(box => box.x + box.width)) };
  });
}
