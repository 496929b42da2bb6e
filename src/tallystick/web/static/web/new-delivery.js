// The page that records a delivery: files are sent as soon as they are chosen, one after the other.

import { Refused, call } from "./calling.js";
import { upload } from "./uploading.js";

const form = document.getElementById("delivery");
const list = document.getElementById("files");
const drop = document.getElementById("drop");
const busy = document.getElementById("busy");
const at = form.dataset.uploads;
const csrf = form.elements.csrfmiddlewaretoken.value;
const waiting = [];
let isSending = false;

/** The sentence for an error in the reader's language, or the interface's own. */
function sentenceOf(error) {
  if (!(error instanceof Refused)) return form.dataset.gone;
  const listed = document.querySelector(`#sentences [data-code="${CSS.escape(error.code)}"]`);
  if (!listed) return error.message || error.code;
  return listed.textContent.replace(/%\((\w+)\)s/g, (_, name) => error.details[name] ?? "");
}

function sizeOf(bytes) {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte"];
  const step = Math.min(Math.floor(Math.log10(bytes || 1) / 3), units.length - 1);
  const format = { style: "unit", unit: units[step], maximumFractionDigits: 1 };
  return new Intl.NumberFormat(document.documentElement.lang, format).format(bytes / 1000 ** step);
}

/** Put a file into the list and into the queue. */
function add(file, paperKind, kindWord) {
  const row = document.getElementById("file-row").content.firstElementChild.cloneNode(true);
  const state = row.querySelector(".file-state");
  const bar = row.querySelector("progress");
  const again = row.querySelector("[data-retries]");
  row.querySelector("b").textContent = file.name;
  row.querySelector(".sub").textContent = [kindWord, sizeOf(file.size)].filter(Boolean).join(" · ");
  bar.ariaLabel = file.name;
  row.querySelector(".visually-hidden").textContent = ` ${file.name}`;
  const item = { file, paperKind, row, state, bar, again, stop: new AbortController() };
  row.querySelector("[data-removes]").addEventListener("click", () => {
    item.stop.abort();
    waiting.splice(0, waiting.length, ...waiting.filter((each) => each !== item));
    leave(row);
  });
  again.addEventListener("click", () => queue(item));
  list.append(row);
  queue(item);
}

function queue(item) {
  item.again.hidden = true;
  item.bar.hidden = false;
  item.state.className = "file-state";
  item.state.textContent = form.dataset.waits;
  waiting.push(item);
  if (!isSending) sendAll();
}

async function sendAll() {
  isSending = true;
  for (let item = waiting.shift(); item; item = waiting.shift()) await send(item);
  isSending = false;
  busy.hidden = true;
}

async function send(item) {
  const { file, paperKind, row, state, bar } = item;
  const told = (what, share) => {
    state.textContent = form.dataset[what];
    state.className = what === "breaks" ? "file-state warn" : "file-state";
    if (what === "sends") bar.value = Math.round(share * 100);
    if (what === "checks") bar.value = 100;
  };
  const pieceBytes = Number(form.dataset.pieceBytes);
  try {
    const kept = await upload(file, { at, csrf, pieceBytes, paperKind, signal: item.stop.signal, told });
    keep(row, kept.id, bar, state);
  } catch (error) {
    if (error.name === "AbortError") return;
    state.textContent = sentenceOf(error);
    state.className = "file-state bad";
    bar.hidden = true;
    item.again.hidden = error instanceof Refused;
  }
}

/** Show that a file is kept, and let the form name it. */
function keep(row, id, bar, state) {
  bar.remove();
  state.textContent = form.dataset.kept;
  state.className = "file-state good";
  const named = Object.assign(document.createElement("input"), { type: "hidden", name: "media", value: id });
  const picture = Object.assign(new Image(72, 72), { alt: "" });
  picture.addEventListener("load", () => row.querySelector(".no-picture").replaceWith(picture));
  picture.src = `${form.dataset.thumbnails}${id}/thumbnail/`;
  const remove = row.querySelector("[data-removes]");
  const fresh = remove.cloneNode(true); // without the listener of an upload that has ended
  fresh.dataset.media = id;
  remove.replaceWith(fresh);
  row.append(named);
}

/** Take a row out of the list, and leave the focus where one can go on. */
function leave(row) {
  const next = (row.nextElementSibling || row.previousElementSibling)?.querySelector("button:not([hidden])");
  row.remove();
  (next || document.getElementById("goods")).focus();
}

list.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-media]");
  if (!button) return;
  event.preventDefault();
  const row = button.closest("li");
  button.disabled = true;
  try {
    await call("DELETE", `${at}/${button.dataset.media}`, { csrf });
    leave(row);
  } catch (error) {
    if (error instanceof Refused && error.code === "unknown_media") return leave(row);
    button.disabled = false;
    row.querySelector(".file-state").textContent = sentenceOf(error);
    row.querySelector(".file-state").className = "file-state bad";
  }
});

for (const input of form.querySelectorAll("input[type=file]")) {
  input.addEventListener("change", () => {
    const kind = form.elements.paper_kind;
    const isDocument = input.name === "document";
    const word = isDocument ? kind.selectedOptions[0].textContent : "";
    for (const file of [...input.files]) add(file, isDocument ? kind.value : "", word);
    input.value = "";
  });
}

// What is dropped is a picture or film of the goods, unless it can only be a document.
const isPaper = (file) => !/^(image|video)\//.test(file.type);
for (const name of ["dragenter", "dragover"]) {
  drop.addEventListener(name, (event) => {
    event.preventDefault();
    drop.classList.add("is-over");
  });
}
for (const name of ["dragleave", "drop"]) {
  drop.addEventListener(name, (event) => {
    if (name === "drop" || !drop.contains(event.relatedTarget)) drop.classList.remove("is-over");
  });
}
drop.addEventListener("drop", (event) => {
  event.preventDefault();
  const kind = form.elements.paper_kind;
  for (const file of event.dataTransfer.files) {
    if (isPaper(file)) add(file, kind.value, kind.selectedOptions[0].textContent);
    else add(file, "", "");
  }
});
drop.querySelector(".drop-here").hidden = false;
form.querySelector(".without-script").hidden = true;

form.addEventListener("submit", (event) => {
  if (event.submitter?.value !== "send") return;
  if (isSending) {
    event.preventDefault();
    busy.textContent = form.dataset.busy;
    busy.hidden = false;
  } else if (form.ariaBusy === "true") {
    event.preventDefault();
  } else {
    form.ariaBusy = "true";
  }
});
window.addEventListener("pageshow", () => {
  form.ariaBusy = "false";
});
// A file on its way is lost with the page; one that is kept is not.
window.addEventListener("beforeunload", (event) => {
  if (isSending) event.preventDefault();
});
