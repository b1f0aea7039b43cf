// <form data-autosave>: what is typed is saved in the background; the button "Save draft" does the same without this.
// <form data-keep="key">: until it is saved, this browser keeps it too, through a closed lid, a crash or a lost session;
// one that is not saved by itself is offered back the next time, and sent so that all of its fields are there again.
{
  const AFTER_MS = 1200, AGAIN_MS = 15000;
  const fields = (form) => [...new FormData(form)].filter(([name]) => name !== "version");
  const same = (some, others) => JSON.stringify(some) === JSON.stringify(others);
  const shelf = { // where the browser forbids storing, the draft on the server is all there is
    read: (key) => { try { return JSON.parse(localStorage.getItem(key)); } catch { return null; } },
    write: (key, value) => { try { localStorage.setItem(key, JSON.stringify(value)); } catch { /* as above */ } },
    drop: (key) => { try { localStorage.removeItem(key); } catch { /* as above */ } },
  };
  const fill = (form, kept) => {
    const given = new Map(kept.fields);
    for (const control of form.elements) {
      if (!control.name || control.name === "version" || control.type === "submit") continue;
      if (control.type === "radio") control.checked = given.get(control.name) === control.value;
      else if (control.type === "checkbox") control.checked = given.has(control.name);
      else control.value = given.get(control.name) ?? "";
    }
  };
  const signIn = (said) => {
    const link = document.createElement("a");
    link.href = `/login?next=${encodeURIComponent(location.pathname)}`;
    link.target = "_blank";
    link.textContent = "Sign in in another window";
    said.replaceChildren("Not saved: you are signed out. What you typed is kept here. ", link, ", then come back.");
  };
  for (const done of document.querySelectorAll("[data-forget]")) shelf.drop(done.dataset.forget);
  for (const form of document.querySelectorAll("form[data-settles]")) {
    form.addEventListener("submit", () => shelf.drop(form.dataset.settles));
  }
  for (const form of document.querySelectorAll("form[data-keep]:not([data-autosave])")) {
    const key = form.dataset.keep, kept = shelf.read(key), version = form.elements.namedItem("version").value;
    const notice = document.querySelector("[data-unsaved]"); // there is none where the form came back as it was typed
    const keep = () => { if (!notice || notice.hidden) shelf.write(key, { version, fields: fields(form) }); };
    form.addEventListener("input", keep);
    form.addEventListener("signedout", () => signIn(form.querySelector("[data-saved]")));
    if (!notice) keep();
    else if (kept) {
      notice.hidden = false;
      notice.querySelector("[data-drop]").addEventListener("click", () => { shelf.drop(key); notice.hidden = true; });
      notice.querySelector("[data-bring]").addEventListener("click", () => {
        const action = kept.version === version ? "recompute" : "preview"; // the latter says what has changed since
        const made = (tag, values) => Object.assign(document.createElement(tag), values);
        const again = made("form", { method: "post", action: form.getAttribute("action") });
        const sent = [["version", kept.version], ...kept.fields, ["action", action]];
        again.append(...sent.map(([name, value]) => made("input", { type: "hidden", name, value })));
        document.body.append(again);
        again.submit();
      });
    }
  }
  for (const form of document.querySelectorAll("form[data-autosave]")) {
    const said = form.querySelector("[data-saved]");
    const version = form.elements.namedItem("version");
    const key = form.dataset.keep;
    let timer = 0, busy = false, again = false, ended = false, unsaved = false, waiting = null;
    const keep = () => { if (key) shelf.write(key, { version: version.value, fields: fields(form) }); };
    const later = (ms) => { clearTimeout(timer); timer = setTimeout(save, ms); };
    async function save() {
      if (ended) return;
      if (busy) { again = true; return; }
      clearTimeout(timer);
      busy = true;
      again = false;
      const sent = fields(form);
      const body = new URLSearchParams([["version", version.value], ...sent]);
      try {
        const reply = await fetch(form.getAttribute("action"), { // a button named "action" hides form.action
          method: "POST", body, headers: { Accept: "application/json" }, keepalive: `${body}`.length < 60000 });
        const told = await reply.json();
        if (reply.ok) {
          version.value = told.version;
          again ||= !same(sent, fields(form));
          unsaved = again;
          said.textContent = again ? "Saving …" : told.said;
          if (again) keep();
          else { if (key) shelf.drop(key); form.dispatchEvent(new Event("saved")); }
        } else if (reply.status === 401) {
          signIn(said);
        } else if (reply.status >= 500) {
          said.textContent = "Not saved: something is wrong on our side. It is tried again by itself.";
          later(AGAIN_MS);
        } else {
          ended = reply.status !== 422;
          said.textContent = `Not saved: ${told.detail} ${ended ? "Press “Save draft” to see both." : ""}`;
        }
      } catch {
        said.textContent = "Not saved: no connection. What you typed is kept here, and it is tried again by itself.";
        later(AGAIN_MS);
      }
      busy = false;
      if (waiting) form.requestSubmit(waiting);
      else if (again) save();
    }
    form.addEventListener("input", () => {
      said.textContent = "Not saved yet";
      unsaved = true;
      keep();
      later(AFTER_MS);
    });
    form.addEventListener("submit", (event) => {
      clearTimeout(timer);
      if (busy) { // or its version would be stale by the time it arrives
        event.preventDefault();
        waiting = event.submitter;
      } else ended = true;
    });
    for (const [where, name] of [[document, "visibilitychange"], [window, "online"], [window, "focus"]]) {
      where.addEventListener(name, () => { if (unsaved) save(); });
    }
    const kept = key && shelf.read(key);
    if (kept && same(kept.fields, fields(form))) shelf.drop(key);
    else if (kept && kept.version === version.value) {
      fill(form, kept);
      unsaved = true;
      said.textContent = "What you had typed before is here again.";
      later(AFTER_MS);
    } else if (kept) {
      const notice = document.querySelector("[data-unsaved]");
      notice.hidden = false;
      notice.querySelector("[data-drop]").addEventListener("click", () => { shelf.drop(key); notice.hidden = true; });
      notice.querySelector("[data-compare]").addEventListener("click", () => {
        fill(form, kept);
        version.value = kept.version;
        ended = true;
        form.requestSubmit(form.querySelector("[value=save]"));
      });
    }
  }
}
