// Copy buttons and print buttons: hidden until this script can make them work.
const spoken = JSON.parse(document.body.dataset.words ?? "{}");
const inWords = (text) => spoken[text] ?? text;
for (const button of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) continue;
  button.hidden = false;
  const label = button.textContent;
  button.setAttribute("aria-live", "polite");
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
      button.textContent = inWords("Copied");
    } catch {
      button.textContent = inWords("Copying was not allowed");
    }
    setTimeout(() => { button.textContent = label; }, 2500);
  });
}
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
