// A password can be looked at before it is sent; it is never sent, nor kept by the browser, as plain text.
for (const input of document.querySelectorAll("[data-show]")) {
  const button = Object.assign(document.createElement("button"), { type: "button", className: "quiet" });
  const set = (type) => {
    input.type = type;
    button.textContent = type === "text" ? input.dataset.hide : input.dataset.show;
  };
  button.addEventListener("click", () => set(input.type === "text" ? "password" : "text"));
  input.form.addEventListener("submit", () => set("password"));
  set("password");
  input.after(button);
}
