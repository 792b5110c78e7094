// A long list of which only what is visible has elements.

/**
 * A list box whose entries have known heights.
 *
 * label: what it is called. heights(at): the height of an entry. make(at): its element.
 * chosen(at): called where an entry is chosen by click or Enter. moved(at): where the active entry moves.
 */
class List {
  constructor({ label, heights, make, chosen, moved, role }) {
    Object.assign(this, { heights, make, chosen, moved });
    this.isBox = role !== "none";
    this.spacer = el("div", { class: "spacer", role: "presentation" });
    this.scroll = el("div", this.isBox ? { class: "scroll", role: "listbox", tabindex: "0", "aria-label": label } : { class: "scroll", role: "region", tabindex: "0", "aria-label": label }, this.spacer);
    this.shown = new Map();
    this.active = -1;
    this.size = 0;
    this.bare = false; // entries have no elements but the active one
    this.draw = frame(() => this.#draw());
    this.scroll.addEventListener("scroll", this.draw, { passive: true });
    new ResizeObserver(this.draw).observe(this.scroll);
    if (this.isBox) {
      this.scroll.addEventListener("focus", () => { if (this.active < 0 && this.scroll.matches(":focus-visible")) this.activate(this.at(this.scroll.scrollTop)); });
      this.scroll.addEventListener("keydown", event => this.#key(event));
      this.scroll.addEventListener("click", event => {
        const entry = event.target.closest("[data-at]");
        if (entry) this.choose(Number(entry.dataset.at));
      });
    }
  }

  /** Show `size` entries anew. */
  reset(size) {
    this.size = size;
    this.tops = new Float64Array(size + 1);
    for (let at = 0; at < size; at++) this.tops[at + 1] = this.tops[at] + this.heights(at);
    this.spacer.style.height = this.tops[size] + "px";
    for (const element of this.shown.values()) element.remove();
    this.shown.clear();
    this.active = Math.min(this.active, size - 1);
    this.draw();
  }

  /** The entry at a height. */
  at(top) {
    let low = 0, high = this.size - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.tops[middle] <= top) low = middle; else high = middle - 1;
    }
    return low;
  }

  #draw() {
    if (!this.size || !this.scroll.isConnected) return;
    const top = this.scroll.scrollTop, bottom = top + this.scroll.clientHeight;
    const first = Math.max(0, this.at(top) - 4), last = Math.min(this.size - 1, this.at(bottom) + 4);
    const wanted = at => (!this.bare && at >= first && at <= last) || at === this.active;
    for (const [at, element] of this.shown) if (!wanted(at)) { element.remove(); this.shown.delete(at); }
    const add = at => { if (!this.shown.has(at)) this.#add(at); };
    if (!this.bare) for (let at = first; at <= last; at++) add(at);
    if (this.active >= 0 && this.active < this.size) add(this.active);
    this.scroll.dataset.first = first;
    if (this.drawn) this.drawn(top, bottom);
  }

  #add(at) {
    const element = this.make(at);
    element.style.top = this.tops[at] + "px";
    element.style.height = this.tops[at + 1] - this.tops[at] + "px";
    if (this.isBox) {
      element.id = this.scroll.id + "-" + at;
      element.dataset.at = at;
      element.setAttribute("role", "option");
      element.setAttribute("aria-selected", String(at === this.active));
      element.setAttribute("aria-setsize", this.size);
      element.setAttribute("aria-posinset", at + 1);
    }
    this.shown.set(at, element);
    this.spacer.append(element);
  }

  /** Make an entry the active one, and visible. */
  activate(at, centre) {
    if (!this.size) return;
    const next = Math.max(0, Math.min(this.size - 1, at));
    this.shown.get(this.active)?.setAttribute("aria-selected", "false");
    this.active = next;
    const height = this.scroll.clientHeight, top = this.tops[next], bottom = this.tops[next + 1];
    if (centre && (top < this.scroll.scrollTop || bottom > this.scroll.scrollTop + height)) this.scroll.scrollTop = top - height / 2;
    else if (top < this.scroll.scrollTop) this.scroll.scrollTop = top;
    else if (bottom > this.scroll.scrollTop + height) this.scroll.scrollTop = bottom - height;
    this.#draw();
    this.shown.get(next)?.setAttribute("aria-selected", "true");
    if (this.isBox) this.scroll.setAttribute("aria-activedescendant", this.scroll.id + "-" + next);
  }

  choose(at) {
    this.activate(at);
    this.chosen(this.active);
  }

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const page = Math.max(1, Math.floor(this.scroll.clientHeight / (this.heights(0) || 1)) - 1);
    const steps = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };
    if (event.key in steps) {
      this.activate(this.active < 0 ? (steps[event.key] === Infinity ? Infinity : 0) : this.active + steps[event.key]);
      if (this.moved) this.moved(this.active);
    } else if (event.key === "Enter" || event.key === " ") {
      this.choose(Math.max(0, this.active));
    } else return;
    event.preventDefault();
  }
}

/** Pan by dragging with the mouse; a finger scrolls by itself. */
function dragToScroll(scroll) {
  let from = null, dragged = false;
  scroll.addEventListener("pointerdown", event => {
    if (event.pointerType === "mouse" && event.button === 0) from = { x: event.clientX, y: event.clientY, left: scroll.scrollLeft, top: scroll.scrollTop, moved: false };
  });
  addEventListener("pointermove", event => {
    if (!from) return;
    if (!from.moved && Math.hypot(event.clientX - from.x, event.clientY - from.y) < 5) return;
    from.moved = true;
    scroll.classList.add("drag");
    scroll.scrollTo(from.left - event.clientX + from.x, from.top - event.clientY + from.y);
  });
  addEventListener("pointerup", () => {
    scroll.classList.remove("drag");
    dragged = Boolean(from?.moved);
    from = null;
  });
  scroll.addEventListener("click", event => { if (dragged) event.stopPropagation(); dragged = false; }, { capture: true });
}

/** Zoom with two fingers, or with Ctrl and the wheel, which a trackpad sends for them; once a frame. */
function pinchToZoom(scroll, zoom) {
  let factor = 1, at = 0, apart = 0;
  const apply = frame(() => { zoom(factor, at); factor = 1; });
  const by = (more, y) => {
    factor *= more;
    at = y - scroll.getBoundingClientRect().top;
    apply();
  };
  scroll.addEventListener("wheel", event => {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    by(Math.exp(-event.deltaY / 200), event.clientY);
  }, { passive: false });
  const fingers = event => (event.touches.length === 2 ? [event.touches[0], event.touches[1]] : null);
  const between = ([a, b]) => Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY);
  scroll.addEventListener("touchstart", event => { if (fingers(event)) apart = between(fingers(event)); }, { passive: true });
  scroll.addEventListener("touchmove", event => {
    const both = fingers(event);
    if (!both) return;
    const now = between(both);
    by(now / (apart || now), (both[0].clientY + both[1].clientY) / 2);
    apart = now;
  }, { passive: true });
}
