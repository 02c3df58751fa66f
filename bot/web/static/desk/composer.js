// The composer: reply and note, drafts that survive a lost connection, ready answers to insert.
const composer = document.getElementById("composer");
const talk = () => document.getElementById("talk");
const insert = document.getElementById("insert");
const query = document.getElementById("insert-q");
const found = document.getElementById("insert-found");
let timer = 0;

function down() {
  talk().scrollTop = talk().scrollHeight;
}

for (const tab of composer.querySelectorAll("[data-mode]")) {
  tab.addEventListener("click", () => {
    for (const other of composer.querySelectorAll("[data-mode]")) {
      const on = other === tab;
      other.classList.toggle("active", on);
      other.setAttribute("aria-selected", on);
      document.getElementById(`form-${other.dataset.mode}`).hidden = !on;
    }
    insert.hidden = true;
    document.getElementById(`text-${tab.dataset.mode}`).focus();
  });
}

for (const form of composer.querySelectorAll("[data-draft]")) {
  const key = `posbot-draft:${form.dataset.draft}`;
  const area = form.querySelector("textarea");
  const state = form.querySelector(".draft");
  area.value = localStorage.getItem(key) ?? "";
  const keep = () => {
    if (area.value) localStorage.setItem(key, area.value);
    else localStorage.removeItem(key);
    area.style.height = "auto";
    area.style.height = `${Math.min(area.scrollHeight + 2, 280)}px`;
  };
  area.addEventListener("input", () => { state.textContent = ""; keep(); });
  form.addEventListener("act:lost", () => { keep(); state.textContent = state.dataset.kept; });
  form.addEventListener("act:done", () => { area.value = ""; state.textContent = ""; keep(); });
  if (area.value) state.textContent = state.dataset.kept;
}

async function look() {
  const asked = new URLSearchParams({ q: query.value, lang: composer.dataset.lang === "en" ? "en" : "zh" });
  const answer = await fetch(`/desk/answers?${asked}`, { headers: { Accept: "text/html", "HX-Request": "true" } });
  if (answer.ok) found.innerHTML = await answer.text(); // our own page, escaped by its template
}

document.getElementById("insert-open").addEventListener("click", (event) => {
  insert.hidden = !insert.hidden;
  event.currentTarget.setAttribute("aria-expanded", !insert.hidden);
  if (!insert.hidden) {
    query.focus();
    look().catch(() => {});
  }
});
query.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(() => look().catch(() => {}), 200);
});
query.addEventListener("keydown", (event) => {
  if (event.key === "Enter") found.querySelector("button")?.click();
  if (event.key === "Escape") { insert.hidden = true; document.getElementById("text-reply").focus(); }
});
found.addEventListener("click", (event) => {
  const one = event.target.closest("[data-insert]");
  if (!one) return;
  const area = document.getElementById("text-reply");
  area.setRangeText(one.dataset.insert, area.selectionStart, area.selectionEnd, "end");
  area.dispatchEvent(new Event("input"));
  insert.hidden = true;
  area.focus();
});

let near = true;
talk().addEventListener("scroll", () => {
  const box = talk();
  near = box.scrollHeight - box.scrollTop - box.clientHeight < 80;
});
new MutationObserver(() => { if (near) down(); }).observe(talk(), { childList: true, subtree: true });
talk().addEventListener("load", () => { if (near) down(); }, true); // a photo has its height only now
down();
