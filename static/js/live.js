// Pauses the polling of the live view: on request, and while nobody looks.

const button = document.getElementById("pause");
const label = button.querySelector("[data-label]");
let paused = false;

button.hidden = false;
button.addEventListener("click", () => {
  paused = !paused;
  button.setAttribute("aria-pressed", String(paused));
  label.textContent = paused ? "Paused" : "Pause";
});

document.getElementById("live").addEventListener("htmx:beforeRequest", (event) => {
  if (paused || document.hidden) event.preventDefault();
});
