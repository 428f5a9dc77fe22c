// SPDX-License-Identifier: Apache-2.0
// Keeps the Explorer's parts in step: submits the form as it would be submitted without script, and
// puts what comes back in its places. All knowledge is the server's; this only moves it.

import { addCopyButtons } from "./copy.js";

const form = document.querySelector("#explorer");
const pane = document.querySelector("#pane");
const tabs = [...document.querySelectorAll('[role="tab"]')];
const WAIT_MS = 250;

let turn = 0;
let timer = 0;
let view = form.elements.view.value;

document.body.classList.add("live");
document.querySelector("#send-keys").textContent = /Mac|iPhone|iPad/.test(navigator.platform) ? "⌘ ↵" : "Ctrl ↵";

async function submit(change, { replacePane = true } = {}) {
  clearTimeout(timer);
  const mine = ++turn;
  const data = new URLSearchParams(new FormData(form));
  for (const [name, value] of Object.entries(change)) data.set(name, value);
  pane.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(form.action, { method: "POST", body: data, headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    const parts = await answer.json();
    if (mine === turn) place(parts, replacePane);  // an answer that was overtaken is dropped
  } catch (error) {
    if (mine === turn) showFailure(error);
  } finally {
    if (mine === turn) pane.removeAttribute("aria-busy");
  }
}

function showFailure(error) {
  const line = document.createElement("p");
  line.className = "verdict bad";
  line.setAttribute("role", "status");
  line.textContent = `${pane.dataset.failed} (${error.message})`;
  pane.replaceChildren(line);
}

function place(parts, replacePane) {
  if (replacePane) {
    const opened = [...pane.querySelectorAll("details")].map((each) => each.open);
    pane.innerHTML = parts.pane;  // rendered by our own server, which escapes every value
    [...pane.querySelectorAll("details")].forEach((each, index) => { each.open ||= opened[index] ?? false; });
    addCopyButtons(pane);
  }
  const names = new Set();
  for (const line of form.querySelectorAll("[data-fault]")) {
    const { fault: name } = line.dataset;
    names.add(name);
    showFault(line, parts.faults[name] ?? "", form.elements[name]);
  }
  const others = Object.keys(parts.faults).filter((name) => !names.has(name));
  showFault(form.querySelector("#other-faults"), others.map((name) => parts.faults[name]).join(" "));
  showFault(form.querySelector("#json-fault"), parts.problem, form.elements.json);
  follow(parts);
  form.querySelector("#permalink").href = parts.permalink;
  history.replaceState(null, "", parts.permalink);
  for (const link of document.querySelectorAll(".choices a")) turnTo(link, parts.permalink);
  choose(parts.tab);
}

function showFault(line, text, field) {
  if (line.textContent !== text) line.textContent = text;
  if (field) field.toggleAttribute("aria-invalid", text !== "");
  if (field && text) field.setAttribute("aria-invalid", "true");
}

// A link that switches language or theme takes along what is filled in.
function turnTo(link, permalink) {
  const here = new URL(permalink, location.href);
  const { searchParams } = new URL(link.href);
  for (const name of ["lang", "theme"]) {
    if (searchParams.has(name)) here.searchParams.set(name, searchParams.get(name));
  }
  link.href = here.href;
}

// The view that does not count follows the one that does.
function follow(parts) {
  if (parts.view === "form") {
    form.elements.json.value = parts.json;
    return;
  }
  for (const [name, value] of Object.entries(parts.fields)) form.elements[name].value = value;
}

function choose(tab) {
  const field = form.querySelector('input[type="hidden"][name="tab"]');
  field.value = tab;
  for (const each of tabs) {
    const chosen = each.value === tab;
    each.setAttribute("aria-selected", String(chosen));
    each.tabIndex = chosen ? 0 : -1;
  }
  pane.setAttribute("aria-labelledby", `tab-${tab}`);
}

function edited(event) {
  if (event.target.name?.startsWith("pasted")) return;  // compared when asked to
  clearTimeout(timer);
  turn += 1;  // an answer that is on its way must not overwrite what was just typed
  // A result stays until the next one; what was edited shows beside its field.
  const keep = pane.querySelector(".exchange") !== null;
  if (event.target.name === "view") {
    // The last edit may not have been sent yet, so the view that is left counts once more.
    const left = view;
    view = event.target.value;
    submit({ view: left }, { replacePane: false }).then(() => submit({}, { replacePane: !keep }));
    return;
  }
  timer = setTimeout(() => submit({}, { replacePane: !keep }), WAIT_MS);
}

form.addEventListener("input", edited);
form.addEventListener("submit", (event) => {
  const button = event.submitter;
  if (button?.dataset.download !== undefined) return;
  event.preventDefault();
  if (!button) { submit({ do: "send", tab: "call" }); return; }
  const change = { [button.name]: button.value };
  if (button.name === "do" && button.value === "send") change.tab = "call";
  if (button.name === "form") form.querySelector('input[type="hidden"][name="form"]').value = button.value;
  const chosen = button.name === "form" ? `[name="form"][value="${button.value}"]:not([type="hidden"])` : "";
  submit(change).then(() => { if (chosen) pane.querySelector(chosen)?.focus(); });
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    submit({ do: "send", tab: "call" });
  }
});
for (const [index, tab] of tabs.entries()) {
  tab.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const next = tabs[(index + step + tabs.length) % tabs.length];
    next.focus();
    submit({ tab: next.value });
  });
}
choose(form.querySelector('input[type="hidden"][name="tab"]').value);
