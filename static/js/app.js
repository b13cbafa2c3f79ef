// What every page shares: theme, menus, copying, keys, and panels whose request never arrived.

const say = (text) => {
  const region = document.getElementById("announcer");
  if (region) region.textContent = text;
};

function toggleTheme() {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  localStorage.setItem("theme", root.dataset.theme);
  say(`Theme: ${root.dataset.theme}`);
}

async function copy(button) {
  const source = document.getElementById(button.dataset.copy);
  try {
    await navigator.clipboard.writeText(source.textContent.trim());
  } catch {
    // Without permission or HTTPS: select it, so that the person's own copy key works.
    getSelection().selectAllChildren(source);
    say("Selected. Press Ctrl+C to copy.");
    return;
  }
  const label = button.querySelector("[data-label]");
  const before = label.textContent;
  label.textContent = "Copied";
  say("Copied to the clipboard");
  setTimeout(() => { label.textContent = before; }, 1600);
}

function closeMenus(except) {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(except)) menu.open = false;
  }
}

const actions = {
  theme: toggleTheme,
  copy,
  keys: () => document.getElementById("keys").showModal(),
  close: (button) => button.closest("dialog").close(),
  retry: (button) => {
    const panel = button.closest("[hx-get]");
    if (panel && window.htmx) window.htmx.trigger(panel, "retry");
    else location.reload();
  },
};

document.addEventListener("click", (event) => {
  closeMenus(event.target);
  const button = event.target.closest("[data-action]");
  if (button) actions[button.dataset.action]?.(button);
});

document.addEventListener("submit", (event) => {
  const question = event.target.dataset?.confirm;
  if (question && !confirm(question)) event.preventDefault();
});

function step(list, direction) {
  const links = [...list.querySelectorAll("[data-row]")];
  const next = links[links.indexOf(document.activeElement) + direction];
  if (next) next.focus();
  return Boolean(next);
}

const isTyping = (target) => target.matches("input:not([type=range]), textarea, select, [contenteditable]");

document.addEventListener("keydown", (event) => {
  const { key, target } = event;
  if (key === "Escape") {
    const menu = target.closest("details.menu[open]");
    closeMenus();
    menu?.querySelector("summary").focus();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(target)) return;
  const list = target.closest("[data-list]");
  if (list && (key === "ArrowDown" || key === "ArrowUp")) {
    if (step(list, key === "ArrowDown" ? 1 : -1)) event.preventDefault();
  } else if (key === "?") {
    actions.keys();
  } else if (key === "/") {
    const search = document.querySelector("[data-search]");
    if (!search) return;
    event.preventDefault();
    const menu = search.closest("details");
    if (menu) menu.open = true;
    search.focus();
  }
});

// Too much at once (429): a panel asks again by itself, each time after a longer pause, and in the end not any more.
const MOST_TRIES = 6;
const tries = new Map();
document.addEventListener("htmx:afterRequest", (event) => {
  const { xhr, target, successful } = event.detail;
  if (!target?.matches("[data-panel][hx-get]")) return;
  const tried = tries.get(target.id) ?? 0;
  if (successful) tries.delete(target.id);
  if (xhr.status !== 429 || tried >= MOST_TRIES) return;
  tries.set(target.id, tried + 1);
  const seconds = (Number(xhr.getResponseHeader("Retry-After")) || 1) * 2 ** tried + Math.random();
  setTimeout(() => { if (target.isConnected) window.htmx.trigger(target, "retry"); }, seconds * 1000);
});

// The server answers its own errors with a fragment; this is for a request that got no answer.
for (const name of ["htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(name, (event) => {
    const template = document.getElementById("no-answer");
    const target = event.detail.target;
    const panel = target?.matches("[data-panel]") ? target : target?.querySelector("[data-panel]");
    if (template && panel) panel.replaceChildren(template.content.cloneNode(true));
  });
}
