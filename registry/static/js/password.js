// Passwords can be looked at before they are sent; without this script they are typed as ever.
for (const input of document.querySelectorAll("input[type=password][data-show]")) {
  const button = document.createElement("button");
  const say = () => {
    const shown = input.type === "text";
    button.textContent = shown ? input.dataset.hide : input.dataset.show;
    button.setAttribute("aria-pressed", String(shown));
  };
  button.type = "button";
  button.className = "quiet";
  button.setAttribute("aria-controls", input.id);
  button.addEventListener("click", () => {
    input.type = input.type === "password" ? "text" : "password";
    say();
    input.focus();
  });
  // Never sent, nor kept by the browser, as plain text.
  input.form?.addEventListener("submit", () => { input.type = "password"; });
  say();
  input.after(button);
}
