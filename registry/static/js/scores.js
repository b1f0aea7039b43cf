// <fieldset data-keys>: while one of its answers has the focus, its first sign chooses it (0 to 4, U; Y, N, U).
for (const group of document.querySelectorAll("fieldset[data-keys]")) {
  group.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.type !== "radio") return;
    const wanted = [...group.querySelectorAll("input")].find((each) => each.value[0].toLowerCase() === event.key.toLowerCase());
    if (!wanted) return;
    event.preventDefault();
    wanted.focus();
    if (!wanted.checked) wanted.click();
  });
}
