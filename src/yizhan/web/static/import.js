// SPDX-License-Identifier: Apache-2.0
// Moves an import's progress bar; at the end the page is asked for anew.

const line = document.querySelector("[data-progress]");
const PAUSE_MS = 400;

async function follow() {
  const answer = await fetch(line.dataset.progress);
  if (!answer.ok) return;
  const { state, done, total } = await answer.json();
  line.querySelector("progress").value = done;
  line.querySelector("[role=status]").textContent = `${done} / ${total}`;
  if (state === "running") setTimeout(follow, PAUSE_MS);
  else location.reload();
}

if (line?.dataset.state === "running") follow();
