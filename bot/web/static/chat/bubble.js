// The parts of one message. Text is only ever set as text.
import { element, icon, time, words } from "./words.js";

const COMMAND = /(\/(?:menu|human|status|language|cancel|privacy|forget|help|start)\b)/;

const SHORT = { "/menu": "common", "/human": "human", "/status": "status", "/help": "help", "/start": "start", "/privacy": "privacy" };

function parts(line) {
  return line.split(COMMAND).map((part, index) => {
    if (index % 2 === 0) return part;
    const button = element("button", "command", part);
    button.type = "button";
    button.dataset.command = part;
    return button;
  });
}

// Lines of a bot's message: numbered steps hang on their numbers.
function rich(text) {
  return text.split("\n").map((line) => {
    const step = /^(\d{1,2}\.|·)\s*(.*)$/.exec(line);
    return step ? element("div", "step", element("span", "", step[1]), element("div", "", ...parts(step[2]))) : element("div", "line", ...parts(line));
  });
}

function picture(source) {
  const image = element("img");
  image.src = source;
  image.alt = words.photo;
  const button = element("button", "", image);
  button.type = "button";
  button.dataset.photo = source;
  button.setAttribute("aria-label", words.photo_open);
  image.addEventListener("load", () => button.dispatchEvent(new Event("grown", { bubbles: true })));
  return button;
}

// A file that support sent: a link that saves it.
function saved(file) {
  const link = element("a", "file", icon("download"), file.name || words.file);
  link.href = `/chat/files/${file.id}`;
  link.download = "";
  return link;
}

export function bubble(message, local) {
  const source = local ?? (message.photo ? `/chat/photos/${message.photo}` : "");
  const body = element("div", source ? "bubble photo" : "bubble");
  if (source) body.append(picture(source));
  if (message.file) body.append(saved(message.file));
  if (message.text || !(source || message.file)) body.append(element("div", "words", ...(message.mine === false ? rich(message.text) : [words[SHORT[message.text]] ?? message.text])));
  return body;
}

export function keys(message) {
  let index = 0;
  const lines = message.rows.map((row) => element("div", "", ...row.map((label) => {
    const button = element("button", "", label);
    button.type = "button";
    button.dataset.token = message.token;
    button.dataset.index = index++;
    return button;
  })));
  const box = element("div", "keys", ...lines);
  box.setAttribute("role", "group");
  return box;
}

export function stamp(at, mark, title) {
  const line = element("div", "stamp", time(at));
  if (mark) {
    line.append(icon(mark), element("span", "hidden", title));
  }
  return line;
}

export function trouble(item) {
  const line = element("div", "trouble", item.state === "failed" ? item.error || words.failed : words.waiting);
  const retry = element("button", "", words.retry);
  retry.dataset.retry = item.key;
  line.append(retry);
  if (item.state === "failed") {
    const discard = element("button", "", words.discard);
    discard.dataset.discard = item.key;
    line.append(discard);
  }
  return line;
}
