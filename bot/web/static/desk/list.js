// The list: picked tickets stay picked while it is live, notices of new tickets.
const rows = document.getElementById("rows");
const bulk = document.getElementById("bulk");
const picked = new Set();
const notify = document.getElementById("notify");

function boxes() {
  return [...rows.querySelectorAll('input[name="number"]')];
}

function show() {
  if (!bulk) return;
  for (const box of boxes()) box.checked = picked.has(box.value);
  bulk.hidden = picked.size === 0;
  const label = document.getElementById("picked");
  label.textContent = label.dataset.text.replace("#", picked.size);
}

rows.addEventListener("change", (event) => {
  const box = event.target;
  const changed = box.id === "pick-all" ? boxes() : [box];
  for (const one of changed) {
    if (box.checked) picked.add(one.value);
    else picked.delete(one.value);
  }
  show();
});

if (bulk) {
  const act = document.getElementById("bulk-act");
  const value = bulk.querySelector('input[name="value"]');
  const choose = () => {
    for (const part of bulk.querySelectorAll("[data-for]")) part.hidden = part.dataset.for !== act.value;
    const field = bulk.querySelector(`[data-for="${act.value}"] :is(select, input)`);
    value.value = field ? field.value : "";
  };
  bulk.addEventListener("change", choose);
  bulk.addEventListener("input", choose);
  bulk.addEventListener("act:done", () => { picked.clear(); show(); });
  choose();
}

// a new ticket is one with a higher number than any seen before
let newest = Math.max(0, ...[...rows.querySelectorAll("tr[data-number]")].map((row) => Number(row.dataset.number)));
document.addEventListener("htmx:after:swap", () => {
  show();
  for (const row of rows.querySelectorAll("tr[data-number]")) {
    const number = Number(row.dataset.number);
    if (number <= newest) continue;
    newest = number;
    row.classList.add("fresh");
    if (document.hidden && "Notification" in window && Notification.permission === "granted") {
      new Notification(`${notify.dataset.title} #${number}`, { body: row.querySelector(".c-title a").textContent, tag: `ticket-${number}` });
    }
  }
});
if ("Notification" in window && Notification.permission === "default") {
  notify.hidden = false;
  notify.addEventListener("click", async () => { notify.hidden = (await Notification.requestPermission()) !== "default"; });
}
for (const field of document.querySelectorAll("#filters select")) {
  field.addEventListener("change", () => document.getElementById("filters").requestSubmit());
}
