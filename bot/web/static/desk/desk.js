// Small things around htmx: whether the page is live, photos in large, a row that is a link.
const state = document.getElementById("live-state");
const viewer = document.getElementById("viewer");

function show(live) {
  state.textContent = live ? state.dataset.on : state.dataset.off;
  state.classList.toggle("off", !live);
}

document.addEventListener("htmx:sse:after:connection", () => show(true));
document.addEventListener("htmx:sse:error", () => show(false));
document.addEventListener("click", (event) => {
  const photo = event.target.closest("[data-photo]");
  const row = event.target.closest(".tickets tbody tr");
  if (photo) {
    document.getElementById("viewer-image").src = photo.dataset.photo;
    viewer.showModal();
  } else if (row && !event.target.closest("a") && !String(getSelection())) {
    row.querySelector("a").click();
  }
});
viewer.addEventListener("click", () => viewer.close());
