// The state of each database that was asked.

const AMISS = {
  pending: ["Pending", one => [link(one.revision), one.doc]], skipped: ["Skipped: below what is applied, never run here", one => [link(one.revision), one.doc]],
  edited: ["Edited since they ran", one => [link(one.revision), `${one.doc} (${one.differs === "text" ? "only the text" : one.differs === "operations" ? "does something else now" : "not known what"})`]],
  unknown: ["In the database, but no file has them", one => [el("code", {}, one.revision), one.doc]], half_done: ["Half done", one => [link(one.revision), one.direction]],
  invalid_indexes: ["Indexes that the database does not use", one => [el("code", {}, one.name), "on " + one.table]], unread: ["Could not be read", one => [el("code", {}, one.part), one.reason]],
  repeatables: ["Objects that the next upgrade replaces", one => [el("code", {}, one.name), `${one.kind}, ${one.state}`]],
};
const link = name => el("a", { class: "mono", href: "#/history/" + name }, name);

function statusView() {
  const status = value("status");
  if (!status) return askFirst("No database was asked", "where the database is, and what ran there");
  const one = status.databases[chosenDatabase()];
  const figure = (name, words) => el("div", { class: "figure" }, el("dt", {}, name), el("dd", {}, words));
  const lists = Object.entries(AMISS).filter(([key]) => one[key]?.length);
  return el("div", { class: "sheet", tabindex: "0", role: "region", "aria-label": "Status" },
    el("h2", {}, one.database), el("p", { class: "muted" }, one.server),
    el("dl", { class: "grid" },
      figure("Stands at", (one.current || []).length ? one.current.map((each, at) => [at ? ", " : "", places.has(each.revision) ? link(each.revision) : el("code", {}, each.revision)]) : "nothing yet"),
      figure("Pending", count((one.pending || []).length, "revision")), figure("Run lock", one.lock ? "held: " + one.lock : "free"),
      figure("State", (one.amiss || []).length ? chip(one.amiss.join(", ").replace(/_/g, " "), "warn") : chip("as it should be", "good"))),
    lists.map(([key, list]) => [el("h3", {}, AMISS[key][0]), el("div", { class: "wide" }, el("table", {}, el("tbody", {}, one[key].slice(0, 200).map(each => {
      const [name, words] = AMISS[key][1](each);
      return el("tr", {}, el("td", { style: "width:1%;white-space:nowrap" }, name), el("td", {}, words));
    })))), one[key].length > 200 && el("p", { class: "muted" }, `and ${one[key].length - 200} more`)]),
    el("h3", {}, "Last runs"),
    (one.runs || []).length ? runsTable(one.runs.map(run => [`${run.kind} ${count((run.revisions || []).length, "revision")}`, run.state, run.started, run.seconds, run, run.error])) : el("p", { class: "muted" }, "None is recorded: this database keeps no history of runs."));
}
