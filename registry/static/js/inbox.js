// Lists to act on: a count of what is ticked. The inbox: single keys that act only while the list has the focus.
{
  const bulk = document.querySelector("[data-bulk]");
  if (bulk) {
    const boxes = [...document.querySelectorAll(`input[name="ids"][form="${bulk.id}"]`)];
    const said = bulk.querySelector("[data-count]");
    const first = said.textContent;
    const all = bulk.querySelector("[data-all]");
    const count = () => {
      const ticked = boxes.filter((box) => box.checked).length;
      said.textContent = ticked ? `${ticked} of ${boxes.length} on this page ticked` : first;
      all.textContent = ticked === boxes.length ? "Untick all" : "Tick all on this page";
    };
    all.hidden = !boxes.length;
    all.addEventListener("click", () => {
      const on = boxes.some((box) => !box.checked);
      for (const box of boxes) box.checked = on;
      count();
    });
    for (const box of boxes) box.addEventListener("change", count);
    count();
  }

  const list = document.querySelector("[data-triage]");
  if (list) {
    const rows = [...list.children];
    const go = (place) => {
      const row = rows[Math.max(0, Math.min(place, rows.length - 1))];
      for (const each of rows) each.tabIndex = each === row ? 0 : -1;
      row.focus();
      row.scrollIntoView({ block: "nearest" });
    };
    for (const row of rows) row.tabIndex = row === rows[0] ? 0 : -1;
    const kept = sessionStorage.getItem("inbox-row"); // after an act by key, go on where one was
    sessionStorage.removeItem("inbox-row");
    if (kept !== null) go(Number(kept));
    const send = (form, place) => {
      if (!form) return;
      sessionStorage.setItem("inbox-row", place);
      form.requestSubmit();
    };
    const open = (act) => {
      if (!act) return;
      act.open = true;
      act.querySelector("select, input:not([type=hidden])").focus();
    };
    list.addEventListener("submit", (event) => {
      sessionStorage.setItem("inbox-row", rows.indexOf(event.target.closest("li")));
    });
    list.addEventListener("keydown", (event) => {
      const row = event.target.closest(".triage > li");
      if (!row || event.ctrlKey || event.metaKey || event.altKey) return;
      const place = rows.indexOf(row);
      if (event.key === "Escape") {
        for (const act of row.querySelectorAll("details[open]")) act.open = false;
        row.focus();
        return;
      }
      if (event.target.matches("select, textarea, input:not([type=checkbox])")) return;
      const on = (key) => row.querySelector(`[data-key="${key}"]`);
      const keys = {
        j: () => go(place + 1),
        k: () => go(place - 1),
        x: () => row.querySelector('input[name="ids"]')?.click(),
        a: () => send(on("a"), place),
        d: () => open(on("d")),
        m: () => open(on("m")),
        s: () => open(on("s")),
        l: () => open(on("l")),
        u: () => send(document.querySelector('.notification [data-key="u"]'), place),
        "/": () => document.querySelector("#f-q").focus(),
        "?": () => {
          const help = document.querySelector("#keys");
          help.open = true;
          help.querySelector("summary").focus();
        },
      };
      if (Object.hasOwn(keys, event.key)) {
        event.preventDefault();
        keys[event.key]();
      }
    });
  }
}
