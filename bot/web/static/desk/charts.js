// Charts out of the numbers that stand in the page; the tables beside them say the same.
/* global Chart */
const style = getComputedStyle(document.documentElement);
const dark = document.documentElement.dataset.bsTheme === "dark";
const COLOURS = { solved: "#1fae7c", helped: "#1fae7c", escalated: "#f59f00", gave_up: "#d6336c", tickets: dark ? "#37c79b" : "#0b7a5c" };

Chart.defaults.font.family = style.getPropertyValue("--tblr-font-sans-serif") || "system-ui, sans-serif";
Chart.defaults.color = dark ? "#c3cdd6" : "#475467";
Chart.defaults.borderColor = dark ? "rgb(255 255 255 / 10%)" : "rgb(0 0 0 / 8%)";
Chart.defaults.animation = false;

for (const canvas of document.querySelectorAll("canvas[data-chart]")) {
  const data = JSON.parse(canvas.dataset.chart);
  const flat = data.kind === "hbar" || data.kind === "stacked";
  new Chart(canvas, {
    type: "bar",
    data: {
      labels: data.labels.map((label) => (label.length > 16 ? `${label.slice(0, 15)}…` : label)),
      datasets: data.series.map((one) => ({ label: one.name, data: one.data, backgroundColor: COLOURS[one.key] ?? COLOURS.tickets, borderRadius: 3, maxBarThickness: 26 })),
    },
    options: {
      indexAxis: flat ? "y" : "x",
      maintainAspectRatio: false,
      plugins: { legend: { display: data.series.length > 1, position: "bottom" } },
      scales: {
        x: { stacked: data.kind === "stacked", ticks: { precision: 0 }, grid: { display: flat } },
        y: { stacked: data.kind === "stacked", ticks: { precision: 0, autoSkip: false }, grid: { display: !flat } },
      },
    },
  });
}
