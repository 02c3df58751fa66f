// Files in the composer: chosen, dropped or pasted; sent one by one after the text; what is not sent stays.
import { refresh, toast } from "./forms.js";

const MOST = 10_000_000;
const form = document.getElementById("form-reply");
const area = document.getElementById("text-reply");
const tray = document.getElementById("tray");
const input = document.getElementById("files");
const state = form.querySelector(".draft");
let waiting = [];
let busy = false;

function item(file) {
  const row = document.createElement("li");
  const name = document.createElement("bdi");
  const remove = document.createElement("button");
  name.textContent = file.name;
  remove.type = "button";
  remove.className = "btn-close";
  remove.setAttribute("aria-label", `${tray.dataset.remove}: ${file.name}`);
  remove.addEventListener("click", () => { waiting = waiting.filter((one) => one !== file); show(); });
  row.append(name, remove);
  return row;
}

function show() {
  tray.replaceChildren(...waiting.map(item));
  tray.hidden = waiting.length === 0;
  area.required = waiting.length === 0;
}

function add(files) {
  for (const file of files) {
    if (file.size > MOST) toast(`${file.name}: ${tray.dataset.large}`, true);
    else waiting.push(file);
  }
  show();
}

async function post(file) {
  const body = new FormData();
  body.append("number", document.getElementById("composer").dataset.ticket);
  body.append("file", file, file.name);
  const answer = await fetch("/desk/files", { method: "POST", body, headers: { Accept: "application/json" } });
  return { good: answer.ok, data: await answer.json() };
}

async function send() {
  if (busy) return;
  busy = true;
  try {
    for (const file of [...waiting]) {
      const { good, data } = await post(file);
      toast(good ? data.said : `${file.name}: ${data.error}`, !good);
      if (!good) return;
      waiting = waiting.filter((one) => one !== file);
      show();
      refresh();
    }
    state.textContent = "";
  } catch {
    state.textContent = state.dataset.kept;
    toast(document.getElementById("toasts").dataset.lost, true);
  } finally {
    busy = false;
  }
}

// the text goes by itself first, as always; files without a text go at once
form.addEventListener("submit", (event) => {
  if (waiting.length === 0 || area.value.trim()) return;
  event.preventDefault();
  event.stopPropagation();
  send();
});
form.addEventListener("act:done", () => { if (waiting.length) send(); });
input.addEventListener("change", () => { add(input.files); input.value = ""; });
area.addEventListener("paste", (event) => {
  if (!event.clipboardData.files.length) return;
  event.preventDefault();
  add(event.clipboardData.files);
});
form.addEventListener("dragover", (event) => event.preventDefault());
form.addEventListener("drop", (event) => { event.preventDefault(); add(event.dataTransfer.files); });
