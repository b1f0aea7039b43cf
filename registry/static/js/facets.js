// On a narrow screen the filters fold, so that the list is near; those in use stay open.
if (matchMedia("(width < 56rem)").matches) {
  for (const group of document.querySelectorAll(".facets details")) {
    if (!group.querySelector(":checked")) group.open = false;
  }
}
