"use strict";
for (const table of document.querySelectorAll("table.figures")) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => head.querySelector("button").addEventListener("click", () => {
    const up = head.getAttribute("aria-sort") !== "ascending";
    heads.forEach((other) => other.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", up ? "ascending" : "descending");
    const key = (row) => row.cells[column].dataset.value;
    const compare = (a, b) => column === 0 ? a.localeCompare(b) : Number(a) - Number(b);
    const rows = [...table.tBodies[0].rows];
    const known = rows.filter((row) => key(row) !== "");
    known.sort((a, b) => (up ? 1 : -1) * compare(key(a), key(b)));
    table.tBodies[0].append(...known, ...rows.filter((row) => key(row) === ""));
  }));
}
for (const filter of document.querySelectorAll(".filter")) {
  const cases = filter.closest(".replies").querySelectorAll(".case");
  const search = filter.querySelector("[type=search]"), differing = filter.querySelector("[type=checkbox]");
  filter.addEventListener("input", () => {
    const word = search.value.trim().toLowerCase();
    for (const each of cases) {
      each.hidden = !each.textContent.toLowerCase().includes(word)
        || (differing !== null && differing.checked && !("differs" in each.dataset));
    }
  });
}
let opened = [];
addEventListener("beforeprint", () => {
  opened = [...document.querySelectorAll("details:not([open])")];
  for (const each of opened) each.open = true;
});
addEventListener("afterprint", () => {
  for (const each of opened) each.open = false;
});
