// The data of the page: what the first screen needs is parsed at once, the rest when it is asked for.

const parsed = new Map();

/** The value in an element of JSON; undefined where the page has none. */
function value(id) {
  if (!parsed.has(id)) {
    const element = document.getElementById("data-" + id);
    if (!element) return undefined;
    parsed.set(id, JSON.parse(element.textContent));
  }
  return parsed.get(id);
}

const report = value("report");
const rows = report.rows;
const places = new Map(rows.map((row, at) => [row.revision.revision, at]));
const databases = report.databases || [];

/** What only an opened revision shows; undefined while the page is still loading. */
function details(at) {
  const found = value("revisions-" + Math.floor(at / report.chunk));
  return found && found[at % report.chunk];
}

/** What there is to say of a revision for a search, in lower case. */
function searchText(row) {
  const { revision, doc, author, branch_labels } = row.revision;
  return [revision, doc, author, ...(branch_labels || []), ...(row.tables || [])].join("\n").toLowerCase();
}

/** applied, partly, pending; undefined where no database was asked. */
function stateOf(row) {
  if (!row.applied_to) return undefined;
  if (!row.applied_to.length) return "pending";
  return row.applied_to.length < report.asked ? "partly" : "applied";
}

const fullName = table => (table.schema ? table.schema + "." : "") + table.name;
const count = (number, one, several) => `${number.toLocaleString("en")} ${number === 1 ? one : several || one + "s"}`;
