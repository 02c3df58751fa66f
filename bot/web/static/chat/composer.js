// The line to write in: Enter sends, photos are taken, chosen, pasted or dropped, and made small before they travel.
import { words } from "./words.js";

const SIDE = 2000;
const MOST = 10_000_000;
const DRAFT = "posbot-draft";

async function shrink(file) {
  try {
    const picture = await createImageBitmap(file);
    const scale = Math.min(1, SIDE / Math.max(picture.width, picture.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(picture.width * scale));
    canvas.height = Math.max(1, Math.round(picture.height * scale));
    const pen = canvas.getContext("2d");
    pen.fillStyle = "#fff";
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
    return await new Promise((done) => canvas.toBlob((blob) => done(blob ?? file), "image/jpeg", 0.85));
  } catch {
    return file; // the server decides what it is
  }
}

export class Composer {
  constructor(form, on) {
    this.on = on;
    this.photo = null;
    this.text = form.querySelector("textarea");
    this.send = form.querySelector("#send");
    this.preview = form.querySelector("#preview");
    this.image = form.querySelector("#preview-image");
    this.text.value = sessionStorage.getItem(DRAFT) ?? "";
    form.addEventListener("submit", (event) => { event.preventDefault(); this.submit(); });
    this.text.addEventListener("input", () => this.refresh());
    this.text.addEventListener("keydown", (event) => this.key(event));
    form.querySelector("#preview-remove").addEventListener("click", () => this.drop());
    for (const input of form.querySelectorAll("input[type=file]")) {
      input.addEventListener("change", () => { this.take(input.files[0]); input.value = ""; });
    }
    document.addEventListener("paste", (event) => this.receive(event, event.clipboardData));
    document.addEventListener("dragover", (event) => event.preventDefault());
    document.addEventListener("drop", (event) => this.receive(event, event.dataTransfer));
    this.refresh();
  }

  key(event) {
    // isComposing: Enter picks a word in a Chinese input method, it does not send
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    this.submit();
  }

  receive(event, data) {
    const file = [...(data?.files ?? [])].find((one) => one.type.startsWith("image/"));
    if (event.type === "drop") event.preventDefault();
    if (!file) return;
    event.preventDefault();
    this.take(file);
  }

  async take(file) {
    if (!file) return;
    const photo = await shrink(file);
    if (photo.size > MOST) { window.alert(words.too_large); return; }
    this.drop();
    this.photo = photo;
    this.image.src = URL.createObjectURL(photo);
    this.refresh();
    this.text.focus();
  }

  drop() {
    if (this.photo) URL.revokeObjectURL(this.image.src);
    this.photo = null;
    this.refresh();
  }

  submit() {
    const text = this.text.value.trim();
    if (this.photo) this.on.photo(this.photo, text);
    else if (text) this.on.text(text);
    else return;
    this.text.value = "";
    this.drop();
    this.text.focus();
  }

  refresh() {
    this.preview.hidden = !this.photo;
    this.text.placeholder = this.photo ? words.caption : words.write;
    this.send.disabled = !this.photo && !this.text.value.trim();
    this.text.style.height = "auto";
    this.text.style.height = `${this.text.scrollHeight + 2}px`;
    sessionStorage.setItem(DRAFT, this.text.value);
  }
}
