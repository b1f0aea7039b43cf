// <form data-live="…">: what follows from the form is computed anew with each change; a button does the same without this.
for (const form of document.querySelectorAll("form[data-live]")) {
  let timer = 0;
  let asked = 0;
  const compute = async () => {
    asked += 1;
    const mine = asked;
    try {
      const reply = await fetch(form.dataset.live, { method: "POST", body: new URLSearchParams(new FormData(form)) });
      if (reply.status === 401) form.dispatchEvent(new Event("signedout"));
      if (!reply.ok || mine !== asked) return;
      const page = new DOMParser().parseFromString(await reply.text(), "text/html");
      for (const part of document.querySelectorAll("[data-computed]")) {
        const fresh = page.getElementById(part.id);
        if (fresh && fresh.innerHTML !== part.innerHTML) part.replaceChildren(...fresh.childNodes);
      }
    } catch {
      // no connection: the button says so
    }
  };
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(compute, 500);
  });
}
