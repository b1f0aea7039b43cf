// Lists to act on: a count of what is selected, on this page or of all that match.
{
  const bulk = document.querySelector("[data-bulk]");
  if (bulk) {
    const boxes = [...document.querySelectorAll(`input[name="ids"][form="${bulk.id}"]`)];
    const said = bulk.querySelector("[data-count]");
    const first = said.textContent;
    const page = bulk.querySelector("[data-all]");
    const matching = bulk.querySelector("[data-matching]");
    const count = () => {
      const ticked = boxes.filter((box) => box.checked).length;
      said.textContent = matching?.checked
        ? `All ${matching.dataset.matching} matching are selected, also those on other pages`
        : ticked ? `${ticked} of ${boxes.length} on this page selected` : first;
      page.textContent = ticked === boxes.length ? "Untick all" : "Tick all on this page";
    };
    page.hidden = !boxes.length;
    page.addEventListener("click", () => {
      const on = boxes.some((box) => !box.checked);
      for (const box of boxes) box.checked = on;
      count();
    });
    for (const box of [...boxes, ...(matching ? [matching] : [])]) box.addEventListener("change", count);
    count();
  }
}

// The inbox: questions are asked in the row, the row in focus is shown beside the list, single keys act in the list alone.
{
  const list = document.querySelector("ol.triage");
  const forms = document.querySelector("[data-forms]");
  const rowOf = (element) => element.closest(".triage > li");
  let asked = null; // the questions that stand open: their row and the forms in it

  const leave = () => {
    if (!asked) return null;
    const row = asked.row;
    forms.append(...asked.forms);
    row.classList.remove("asking");
    asked = null;
    return row;
  };
  const ask = (row, act) => {
    leave();
    const own = [...forms.querySelectorAll(`[data-form="${act}"]`)];
    for (const form of own) {
      form.action = `/inbox/${row.dataset.id}/${form.dataset.to ?? act}`;
      if (form.elements.version) form.elements.version.value = row.dataset.version;
    }
    const twins = own[0]?.querySelector("[data-twins]");
    if (twins) {
      const links = [...row.querySelectorAll(".twins a")];
      twins.replaceChildren(...links.map((link, place) => {
        const item = document.createElement("li");
        const copy = link.cloneNode(true);
        copy.className = "button small secondary";
        copy.dataset.number = place + 1;
        const key = document.createElement("kbd");
        key.textContent = place + 1;
        copy.prepend(key, " ");
        item.append(copy);
        return item;
      }));
      own[0].querySelector(".asked-title").hidden = !links.length;
    }
    row.append(...own);
    row.classList.add("asking");
    asked = { row, forms: own };
    own[0].querySelector("button, a, input:not([type=hidden])").focus();
    own[0].scrollIntoView({ block: "nearest" });
  };

  if (list && forms) {
    list.addEventListener("click", (event) => {
      const link = event.target.closest("a[data-act]");
      if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      const row = rowOf(link);
      if (asked?.row === row && asked.forms[0].dataset.form === link.dataset.act) leave();
      else ask(row, link.dataset.act);
    });
    list.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !asked) return;
      const row = leave();
      (row.tabIndex < 0 && !row.hasAttribute("tabindex") ? row.querySelector("h2 a") : row).focus();
    });
  }

  const pane = document.querySelector("[data-preview]");
  const wide = matchMedia("(width >= 72rem)");
  let shown = null;
  let wait = 0;
  const show = (row) => {
    if (!pane || !wide.matches || !row || row.dataset.id === shown) return;
    clearTimeout(wait);
    wait = setTimeout(async () => {
      shown = row.dataset.id;
      const reply = await fetch(`/inbox/${shown}/preview`).catch(() => null);
      if (!reply?.ok || row.dataset.id !== shown) return;
      pane.innerHTML = await reply.text(); // our own page, escaped where it was made
      pane.hidden = false;
      for (const each of list.children) each.classList.toggle("shown", each === row);
    }, 120);
  };
  if (list && pane) {
    list.addEventListener("focusin", (event) => show(rowOf(event.target)));
    list.addEventListener("pointerover", (event) => {
      if (!list.contains(document.activeElement)) show(rowOf(event.target));
    });
    show(list.firstElementChild);
  }

  if (list?.matches("[data-triage]")) {
    const rows = [...list.children];
    const go = (place) => {
      const row = rows[Math.max(0, Math.min(place, rows.length - 1))];
      for (const each of rows) each.tabIndex = each === row ? 0 : -1;
      row.focus();
      row.scrollIntoView({ block: "nearest" });
    };
    for (const row of rows) row.tabIndex = row === rows[0] ? 0 : -1;
    const kept = sessionStorage.getItem("inbox-row"); // after an act from the list, go on where one was
    sessionStorage.removeItem("inbox-row");
    if (kept !== null) go(Number(kept));
    const keep = (place) => sessionStorage.setItem("inbox-row", place);
    document.addEventListener("submit", (event) => {
      const row = rowOf(event.submitter ?? event.target) ?? rowOf(document.activeElement);
      if (row) keep(rows.indexOf(row));
    });
    const typing = (event) => event.ctrlKey || event.metaKey || event.altKey || event.isComposing
      || event.target.matches("select, textarea, input:not([type=checkbox])");
    // From wherever no text is typed: j and k lead into the list, ? opens the help.
    document.addEventListener("keydown", (event) => {
      if (event.defaultPrevented || typing(event)) return;
      if (event.key === "?") {
        const help = document.querySelector("#keys");
        help.open = true;
        help.querySelector("summary").focus();
      } else if ("jk".includes(event.key) && !rowOf(event.target)) {
        go(rows.findIndex((row) => row.tabIndex === 0));
      } else return;
      event.preventDefault();
    });
    list.addEventListener("keydown", (event) => {
      const row = rowOf(event.target);
      if (!row || typing(event)) return;
      const place = rows.indexOf(row);
      const on = (key) => row.querySelector(`.acts [data-key="${key}"]`);
      if (asked?.row === row && /^[1-9]$/.test(event.key)) {
        const answer = asked.forms.map((form) => form.querySelector(`[data-number="${event.key}"]`)).find(Boolean);
        if (answer) {
          event.preventDefault();
          keep(place);
          answer.click();
        }
        return;
      }
      const question = (key) => {
        const link = on(key);
        if (!link) return;
        const twins = key === "m" ? row.querySelectorAll(".twins a") : [];
        if (twins.length === 1) {
          keep(place);
          twins[0].click();
        } else ask(row, link.dataset.act);
      };
      const keys = {
        j: () => go(place + 1),
        k: () => go(place - 1),
        x: () => row.querySelector('input[name="ids"]')?.click(),
        a: () => on("a")?.click(),
        d: () => question("d"),
        m: () => question("m"),
        s: () => question("s"),
        l: () => question("l"),
        u: () => {
          const form = document.querySelector('[data-key="u"]');
          if (!form) return;
          keep(place);
          form.requestSubmit();
        },
        X: () => document.querySelector("[data-all]").click(),
        "/": () => document.querySelector("#f-q").focus(),
        Enter: () => event.target === row && row.querySelector("h2 a").click(),
      };
      for (const [key, act] of Object.entries({ A: "accept", D: "dismiss", S: "watch", M: "merge", L: "label" })) {
        if (document.querySelector('[name="ids"]:checked, [data-matching]:checked')) {
          keys[key] = () => document.querySelector(`[data-bulk] [value="${act}"]`)?.click();
        }
      }
      if (!Object.hasOwn(keys, event.key) || (event.key === "Enter" && event.target !== row)) return;
      event.preventDefault();
      keys[event.key]();
    });
  }
}
