// Tickets that were escalated: each is told once in this browser, by a toast and, if allowed, a notice of the system.
import { toast } from "./forms.js";

const KEY = "posbot-alerts";
const box = document.getElementById("alerts");

function tell() {
  const found = [...box.querySelectorAll("[data-alert]")];
  const newest = found.map((one) => one.dataset.alert).sort().pop() ?? "";
  // somebody who opens the desk for the first time sees the count; what is late already is no news
  const seen = localStorage.getItem(KEY) ?? newest;
  for (const one of found.filter((alert) => alert.dataset.alert > seen).reverse().slice(-3)) {
    toast(one.dataset.text, true);
    if (document.hidden && "Notification" in window && Notification.permission === "granted") {
      new Notification(one.dataset.text, { tag: `overdue-${one.dataset.ticket}` });
    }
  }
  if (newest >= seen) localStorage.setItem(KEY, newest);
}

document.addEventListener("htmx:after:swap", tell);
