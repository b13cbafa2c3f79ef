// Reads a chart out, point by point: by pointer, and by arrow keys on its range input. The data are in its table.

const charts = new WeakSet();

function rowsOf(figure) {
  return [...figure.parentElement.querySelectorAll(".chart-data tbody tr")];
}

function place(circle, x, y) {
  circle.toggleAttribute("hidden", y === undefined);
  circle.style.display = y === undefined ? "none" : "";
  if (y === undefined) return;
  circle.setAttribute("cx", x);
  circle.setAttribute("cy", y);
}

function tipLine(tag, text, className = "") {
  const line = document.createElement(tag);
  line.textContent = text;
  line.className = className;
  return line;
}

function enliven(figure) {
  if (charts.has(figure)) return;
  charts.add(figure);
  const rows = rowsOf(figure);
  const plot = figure.querySelector(".chart-plot");
  const reader = figure.querySelector(".chart-reader");
  const cursor = figure.querySelector("[data-cursor]");
  const tip = figure.querySelector("[data-tip]");
  const [before, now] = cursor.querySelectorAll("circle");
  const line = cursor.querySelector("line");

  const show = (index) => {
    const row = rows[index];
    if (!row) return;
    const [when, value, previous] = [...row.cells].map((cell) => cell.textContent.trim());
    const { x, y, previousY } = row.dataset;
    line.setAttribute("x1", x);
    line.setAttribute("x2", x);
    place(now, x, y);
    place(before, x, previousY);
    cursor.style.display = "";
    tip.replaceChildren(tipLine("span", when, "muted"), tipLine("b", value));
    if (previous !== undefined) tip.append(tipLine("span", `${previous} before`, "muted"));
    tip.hidden = false;
    const at = (parseFloat(x) / 100) * plot.clientWidth;
    const right = at + 14 + tip.offsetWidth > plot.clientWidth;
    tip.style.left = `${Math.max(0, right ? at - 14 - tip.offsetWidth : at + 14)}px`;
    reader.value = index;
    reader.setAttribute("aria-valuetext", `${when}: ${value}${previous === undefined ? "" : `, ${previous} before`}`);
  };
  const hide = () => {
    cursor.style.display = "none";
    tip.hidden = true;
  };

  hide();
  cursor.removeAttribute("hidden");
  reader.hidden = false;
  plot.addEventListener("pointermove", (event) => {
    const box = plot.getBoundingClientRect();
    show(Math.round(((event.clientX - box.left) / box.width) * (rows.length - 1)));
  });
  plot.addEventListener("pointerleave", () => { if (!reader.matches(":focus-visible")) hide(); });
  reader.addEventListener("input", () => show(Number(reader.value)));
  reader.addEventListener("focus", () => { if (reader.matches(":focus-visible")) show(Number(reader.value)); });
  reader.addEventListener("blur", hide);
}

// A definition opens below its button.
document.addEventListener("toggle", (event) => {
  const popover = event.target;
  if (event.newState !== "open" || !popover.matches?.(".popover")) return;
  const button = document.querySelector(`[popovertarget="${popover.id}"]`).getBoundingClientRect();
  const left = Math.min(button.left, innerWidth - popover.offsetWidth - 16);
  popover.style.left = `${Math.max(16, left)}px`;
  popover.style.top = `${Math.min(button.bottom + 4, innerHeight - popover.offsetHeight - 16)}px`;
}, true);

const all = () => document.querySelectorAll("[data-chart]").forEach(enliven);
all();
document.addEventListener("htmx:afterSettle", all);
