// SPDX-License-Identifier: Apache-2.0
// Quick search in the head: a combobox over /docs/search.json. Ctrl-K or Cmd-K goes to it.

const form = document.querySelector("form.search");
const field = form.querySelector("input");
const list = form.querySelector("#found");
const isMac = /Mac|iPhone|iPad/.test(navigator.platform);
form.querySelector("kbd").textContent = isMac ? "⌘ K" : "Ctrl K";

field.setAttribute("role", "combobox");
field.setAttribute("aria-controls", "found");
field.setAttribute("aria-autocomplete", "list");
field.setAttribute("aria-expanded", "false");

let chosen = -1;
let asked = 0;

function show(results) {
  list.replaceChildren(...results.map((result, index) => {
    const item = document.createElement("li");
    item.id = `found-${index}`;
    item.setAttribute("role", "option");
    item.dataset.url = result.url;
    for (const [tag, text, kind] of [["span", result.kind, "kind"], ["b", result.title], ["small", result.summary]]) {
      const part = document.createElement(tag);
      part.textContent = text;
      if (kind) part.className = kind;
      item.append(part);
    }
    return item;
  }));
  list.hidden = results.length === 0;
  field.setAttribute("aria-expanded", String(!list.hidden));
  choose(results.length ? 0 : -1);
}

function choose(index) {
  chosen = index;
  [...list.children].forEach((item, at) => item.setAttribute("aria-selected", String(at === index)));
  const item = list.children[index];
  if (item) {
    field.setAttribute("aria-activedescendant", item.id);
    item.scrollIntoView({ block: "nearest" });
  } else {
    field.removeAttribute("aria-activedescendant");
  }
}

async function ask() {
  const turn = ++asked;
  const words = field.value.trim();
  const results = words ? (await (await fetch(`/docs/search.json?q=${encodeURIComponent(words)}`)).json()).results : [];
  if (turn === asked) show(results);  // an answer that was overtaken is dropped
}

function close() {
  asked += 1;
  show([]);
}

field.addEventListener("input", ask);
field.addEventListener("focus", () => { if (field.value.trim()) ask(); });
field.addEventListener("blur", close);
field.addEventListener("keydown", (event) => {
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    if (list.hidden) return;
    event.preventDefault();
    const step = event.key === "ArrowDown" ? 1 : -1;
    choose((chosen + step + list.children.length) % list.children.length);
  } else if (event.key === "Enter" && list.children[chosen]) {
    event.preventDefault();
    location.assign(list.children[chosen].dataset.url);
  } else if (event.key === "Escape") {
    close();
    field.select();
  }
});
list.addEventListener("mousedown", (event) => {
  const item = event.target.closest("li");
  if (!item) return;
  event.preventDefault();  // the field keeps the focus, so that the list stays until the click is done
  location.assign(item.dataset.url);
});
document.addEventListener("keydown", (event) => {
  if (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey) {
    event.preventDefault();
    field.focus();
    field.select();
  }
});
