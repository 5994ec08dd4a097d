"use strict";
// What all pages share. A page's own scripts follow in the same script element and use `page`.
const page = {
  /** The page's data, parsed; null where it has none. */
  data() {
    const held = document.getElementById("data");
    return held ? JSON.parse(held.textContent) : null;
  },

  /** An element with a class and its content: a text, which is never read as HTML, or nodes. */
  make(name, kind, content) {
    const made = document.createElement(name);
    if (kind) made.className = kind;
    if (Array.isArray(content)) made.append(...content.filter((node) => node !== null));
    else if (content instanceof Node) made.append(content);
    else if (content !== undefined && content !== null) made.textContent = page.visible(String(content));
    return made;
  },

  /** The text with what cannot be seen told as ⟨U+202E⟩: as `visible` in text.py. */
  visible(text) {
    return text.replace(
      /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufdd0-\ufdef\ufeff\ufff9-\ufffb\ufffe\uffff\u{e0000}-\u{e007f}]|\r(?!\n)/gu,
      (found) => `⟨U+${found.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}⟩`,
    );
  },

  /** 12000 as 12,000. */
  count(number) {
    return number.toLocaleString("en-US");
  },
};

{ // Light and dark: what the system says, until the button says otherwise.
  const root = document.documentElement;
  const button = document.getElementById("theme");
  const system = matchMedia("(prefers-color-scheme: dark)");
  const key = "mabench-theme";
  const remembered = () => { try { return localStorage.getItem(key); } catch { return null; } };
  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : system.matches);
  const tell = () => button.setAttribute("aria-pressed", String(isDark()));
  if (["light", "dark"].includes(remembered())) root.dataset.theme = remembered();
  if (button) {
    button.hidden = false;
    button.addEventListener("click", () => {
      root.dataset.theme = isDark() ? "light" : "dark";
      try { localStorage.setItem(key, root.dataset.theme); } catch { /* a page from disk may have no storage */ }
      tell();
    });
    system.addEventListener("change", tell);
    tell();
  }
}

for (const button of document.querySelectorAll("[data-copy]")) {
  const from = document.getElementById(button.dataset.copy);
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(from.textContent);
      button.textContent = "Copied";
    } catch { // no clipboard for pages from disk in some browsers: it is selected, to be copied by hand
      getSelection().selectAllChildren(from);
    }
  });
}
