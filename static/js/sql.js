// The editor: a key that runs, columns that are put in by a click, and the place of an error.

const text = document.getElementById("sql-text");

text?.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.metaKey || event.ctrlKey)) return;
  event.preventDefault();
  text.form.requestSubmit();
});

const PLAIN = /^[a-z_][a-z0-9_]*$/;

document.addEventListener("click", (event) => {
  const name = event.target.closest("[data-insert]")?.dataset.insert;
  if (!name || !text) return;
  const written = PLAIN.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
  text.setRangeText(written, text.selectionStart, text.selectionEnd, "end");
  text.focus();
});

if (text?.dataset.line) {
  const lines = text.value.split("\n").slice(0, Number(text.dataset.line) - 1);
  const at = lines.reduce((sum, line) => sum + line.length + 1, 0) + Number(text.dataset.column) - 1;
  text.focus();
  text.setSelectionRange(at, at);
}
