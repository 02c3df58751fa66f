// Keyboard shortcuts, off while somebody types.
let at = -1;

function rows() {
  return [...document.querySelectorAll(".tickets tbody tr, .misses > li")];
}

function move(step) {
  const all = rows();
  if (!all.length) return;
  at = Math.min(all.length - 1, Math.max(0, at + step));
  all.forEach((row, index) => row.classList.toggle("at", index === at));
  all[at].querySelector("a")?.focus();
  all[at].scrollIntoView({ block: "nearest" });
}

function open(name) {
  const dialog = document.getElementById(`d-${name}`);
  if (dialog && document.querySelector(`[data-dialog="${name}"]`)) dialog.showModal();
}

function compose(mode) {
  document.getElementById(`tab-${mode}`)?.click();
  document.getElementById(`text-${mode}`)?.focus();
}

const KEYS = {
  j: () => move(1),
  k: () => move(-1),
  "/": () => (document.getElementById("q") ?? document.getElementById("insert-open"))?.[document.getElementById("q") ? "focus" : "click"](),
  c: () => document.getElementById("claim-form")?.requestSubmit(),
  r: () => compose("reply"),
  n: () => compose("note"),
  e: () => open("resolve"),
  u: () => { if (document.getElementById("ticket")) location.assign("/desk"); },
  "?": () => open("keys"),
};

document.addEventListener("keydown", (event) => {
  const field = event.target.closest("input, textarea, select, [contenteditable]");
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && field?.form?.matches("[data-act]")) {
    event.preventDefault();
    field.form.requestSubmit();
    return;
  }
  if (field?.matches(":not([type=checkbox])") || event.ctrlKey || event.metaKey || event.altKey) return;
  if (document.querySelector("dialog[open]") || !KEYS[event.key]) return;
  event.preventDefault();
  KEYS[event.key]();
});
