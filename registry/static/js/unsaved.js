// <form data-guard>: ask before typed words are lost.
for (const form of document.querySelectorAll("form[data-guard]")) {
  const ask = (event) => event.preventDefault();
  form.addEventListener("input", () => addEventListener("beforeunload", ask));
  for (const kept of ["submit", "saved"]) form.addEventListener(kept, () => removeEventListener("beforeunload", ask));
}
