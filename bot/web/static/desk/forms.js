// Acts: forms with data-act are sent beside the page; what came of it is said in a toast. Dialogs open and close here.
const toasts = document.getElementById("toasts");

export function toast(text, bad = false) {
  const box = document.createElement("div");
  box.className = `toast-box ${bad ? "bad" : "good"}`;
  box.textContent = text;
  toasts.append(box);
  setTimeout(() => box.remove(), bad ? 9000 : 3500);
}

async function send(form, submitter) {
  const body = new URLSearchParams(new FormData(form, submitter));
  let answer, data;
  try {
    answer = await fetch(form.action, { method: "POST", body, headers: { Accept: "application/json" } });
    data = await answer.json();
  } catch {
    form.dispatchEvent(new CustomEvent("act:lost", { bubbles: true }));
    toast(toasts.dataset.lost, true);
    return;
  }
  if (answer.status === 401) {
    toast(data.error, true);
    setTimeout(() => { location.href = "/desk/login"; }, 1500);
    return;
  }
  if (!answer.ok) {
    toast(data.error, true);
    if (answer.status === 409) refresh();
    return;
  }
  form.dispatchEvent(new CustomEvent("act:done", { bubbles: true }));
  form.closest("dialog")?.close();
  if (data.go) {
    location.assign(data.go);
    return;
  }
  if (form.closest("dialog")) form.reset();
  toast(data.said);
  refresh();
}

export function refresh() {
  document.getElementById("live")?.dispatchEvent(new CustomEvent("changed"));
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("form[data-act]")) return;
  event.preventDefault();
  if (form.dataset.sure && !confirm(form.dataset.sure)) return;
  if (form.dataset.busy) return;
  form.dataset.busy = "1";
  const button = event.submitter;
  if (button) button.disabled = true;
  try {
    await send(form, null);
  } finally {
    delete form.dataset.busy;
    if (button) button.disabled = false;
  }
});

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-dialog]");
  if (opener) document.getElementById(`d-${opener.dataset.dialog}`)?.showModal();
  if (event.target.closest("[data-close]") || event.target.matches("dialog.box")) event.target.closest("dialog").close();
});
