// SPDX-License-Identifier: Apache-2.0
// A button on every block of code that copies its text.

const { copy, copied } = document.body.dataset;

async function copyText(button, text) {
  await navigator.clipboard.writeText(text);
  button.textContent = copied;
  setTimeout(() => { button.textContent = copy; }, 1500);
}

export function addCopyButtons(root) {
  for (const block of root.querySelectorAll("pre:not(.copyable > pre)")) {
    const frame = document.createElement("div");
    frame.className = "copyable";
    block.replaceWith(frame);
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = copy;
    button.addEventListener("click", () => copyText(button, block.textContent));
    frame.append(block, button);
  }
}

addCopyButtons(document);
