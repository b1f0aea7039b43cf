// <form data-autosave>: what is typed is saved in the background; the button "Save draft" does the same without this.
for (const form of document.querySelectorAll("form[data-autosave]")) {
  const said = form.querySelector("[data-saved]");
  const version = form.elements.namedItem("version");
  let timer = 0;
  let busy = false;
  let again = false;
  let ended = false;
  let waiting = null;
  const save = async () => {
    if (ended) return;
    if (busy) { again = true; return; }
    busy = true;
    again = false;
    const body = new URLSearchParams(new FormData(form));
    try {
      const reply = await fetch(form.action, { method: "POST", body, headers: { Accept: "application/json" } });
      const told = await reply.json();
      if (reply.ok) {
        version.value = told.version;
        said.textContent = again ? "Saving …" : told.said;
        if (!again) form.dispatchEvent(new Event("saved"));
      } else {
        ended = reply.status !== 422;
        said.textContent = `Not saved: ${told.detail} ${ended ? "Press “Save draft”." : ""}`;
      }
    } catch {
      said.textContent = "Not saved: no connection. It is tried again with the next change.";
    }
    busy = false;
    if (waiting) form.requestSubmit(waiting);
    else if (again) save();
  };
  form.addEventListener("input", () => {
    said.textContent = "Not saved yet";
    clearTimeout(timer);
    timer = setTimeout(save, 1200);
  });
  form.addEventListener("submit", (event) => {
    clearTimeout(timer);
    if (busy) { // or its version would be stale by the time it arrives
      event.preventDefault();
      waiting = event.submitter;
    } else ended = true;
  });
}
