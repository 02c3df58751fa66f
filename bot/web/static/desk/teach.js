// The fields of a new question show only when one is wanted.
const intent = document.getElementById("intent");
const fields = document.getElementById("new");
function show() {
  fields.hidden = fields.disabled = intent.value !== "new";
}
intent.addEventListener("change", show);
show();
