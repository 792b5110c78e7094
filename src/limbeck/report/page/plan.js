// The plan of each database that was asked: what an upgrade to the heads will do.

function planView() {
  const plan = value("plan");
  if (!plan) return askFirst("No database was asked", "what an upgrade will do there");
  const run = (plan.runs || [])[chosenDatabase()];
  if (!run) return el("div", { class: "sheet" }, nothing("No plan"));
  const steps = run.steps || [], losses = steps.flatMap(step => step.losses || []), size = table => `${table.is_estimate ? "about " : ""}${count(table.rows || 0, "row")}`;
  const waits = steps.flatMap(step => step.actions || []).flatMap(action => action.locks || []);
  const worst = waits.some(lock => lock.blocks === "reads and writes") ? "Reads and writes wait" : waits.some(lock => lock.blocks === "writes") ? "Writes wait" : "Nobody waits";
  const figure = (name, words, more) => el("div", { class: "figure" }, el("dt", {}, name), el("dd", {}, words, more && el("small", {}, " " + more)));
  if (!steps.length) return el("div", { class: "sheet", tabindex: "0", role: "region", "aria-label": "Plan" }, nothing("Nothing is pending", `${run.database} has all that the files have.`));
  return el("div", { class: "sheet", tabindex: "0", role: "region", "aria-label": "Plan" },
    el("h2", {}, `Upgrade to ${plan.target}`), el("p", { class: "muted mono" }, run.database),
    el("dl", { class: "grid" }, figure("Steps", steps.length), figure("Transactions", run.one_transaction ? "one for all" : run.transactional_ddl ? "one a step" : "none for DDL"), figure("Locks", worst), figure("Deleted for good", losses.length ? count(losses.length, "thing") : "nothing")),
    (run.tables || []).length > 0 && el("p", { class: "muted" }, "Touches " + run.tables.map(table => `${table.name} (${size(table)})`).join(", ")),
    el("ol", { class: "steps" }, steps.map(step => el("li", {}, el("span", { class: "dot", "aria-hidden": "true" }),
      el("h3", {}, step.doc || step.revision),
      el("div", { class: "facts" }, el("a", { class: "mono", href: "#/history/" + step.revision }, step.revision), step.author && el("span", {}, step.author), step.way_back && el("span", {}, "way back: " + step.way_back),
        (step.findings || []).map(one => chip(one.rule, SEVERITY[one.severity]))),
      step.raises && el("p", { class: "minus" }, "Will be refused: " + step.raises),
      (step.losses || []).map(loss => el("p", { class: "minus" }, `Deletes ${loss.column ? `${count(loss.values || 0, "value")} of ${loss.table}.${loss.column}` : `${count(loss.rows || 0, "row")} of ${loss.table}`}`)),
      (step.unknown || []).map(one => el("p", { class: "muted" }, "Only the run tells: " + one.what)),
      (step.actions || []).map(actionCard)))));
}

const askFirst = (title, what) => el("div", { class: "sheet" }, el("div", { class: "empty" }, el("h2", {}, title), el("p", {}, "With ", el("code", {}, "limbeck report --applied"), ` the report also says ${what}.`)));
