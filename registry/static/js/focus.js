// A form that came back with faults: go to the summary, so that nobody wonders what happened.
document.querySelector("[data-focus]")?.focus();
