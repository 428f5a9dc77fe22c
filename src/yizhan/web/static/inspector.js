// SPDX-License-Identifier: Apache-2.0
// Puts calls into the page as they come. The server renders them; the browser asks anew after a
// break, from the last call that it has seen.

const list = document.querySelector(".calls[data-stream]");
const pause = document.querySelector("#pause");
const state = document.querySelector("#live");
let source = null;
let last = 0;

function say(name) {
  if (state) state.textContent = state.dataset[name];
}

function add(event) {
  last = Number(event.lastEventId);
  const holder = document.createElement("template");
  holder.innerHTML = JSON.parse(event.data);  // rendered by our own server, which escapes every value
  list.prepend(holder.content);
  while (list.children.length > Number(list.dataset.most)) list.lastElementChild.remove();
  document.querySelector("#none")?.remove();
}

function open() {
  const address = new URL(list.dataset.stream, location.href);
  if (last) address.searchParams.set("after", last);
  source = new EventSource(address);
  source.addEventListener("call", add);
  source.addEventListener("open", () => say("on"));
  source.addEventListener("error", () => say("lost"));
}

function close() {
  source?.close();
  source = null;
}

if (list?.dataset.stream) {
  open();
  addEventListener("pagehide", close);
  addEventListener("pageshow", (event) => { if (event.persisted) open(); });
}
if (pause && list) {
  pause.hidden = false;
  pause.addEventListener("click", () => {
    if (source) close(); else open();
    pause.textContent = source ? pause.dataset.pause : pause.dataset.resume;
    pause.setAttribute("aria-pressed", String(source === null));
    if (!source) say("off");
  });
}
