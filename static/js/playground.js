// Shows answers side by side as they are written. Without this, each panel leads to its job's own page.

// The panel as it now is: the server's own words, so that they stand in one place.
async function showEnd(panel, answer, source) {
  source.close();
  answer.removeAttribute("aria-busy");
  const response = await fetch(panel.parentElement.dataset.page || location.href, { headers: { Accept: "text/html" } });
  if (!response.ok) return;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  for (const part of ["[data-status]", "[data-rest]"]) {
    panel.querySelector(part).replaceChildren(...page.getElementById(panel.id).querySelector(part).childNodes);
  }
}

function follow(answer) {
  const panel = answer.closest("section");
  const tag = panel.querySelector("[data-status] .tag");
  const text = document.createTextNode("");
  const began = performance.now();
  answer.replaceChildren(text);
  const source = new EventSource(answer.dataset.stream);
  source.addEventListener("token", (event) => {
    if (!text.length) {
      tag.textContent = "Running";
      panel.querySelector("[data-first]").textContent = `after ${((performance.now() - began) / 1000).toFixed(2)} s here`;
    }
    text.appendData(JSON.parse(event.data).text);
  });
  source.addEventListener("restart", () => { text.data = ""; });
  source.addEventListener("usage", (event) => {
    const used = JSON.parse(event.data);
    panel.querySelector("[data-tokens]").textContent = `${used.tokens_input} in, ${used.tokens_output} out`;
  });
  source.addEventListener("done", () => showEnd(panel, answer, source));
  source.addEventListener("error", (event) => {
    // The server's own event of this name carries data; the browser's, on a lost connection, none.
    if (event.data) showEnd(panel, answer, source);
    else tag.textContent = source.readyState === EventSource.CLOSED ? "Connection lost: load the page again" : "Connecting again…";
  });
  source.addEventListener("open", () => { tag.textContent = text.length ? "Running" : "Queued"; });
}

for (const answer of document.querySelectorAll("[data-stream]")) follow(answer);

// Stopping keeps the page, so that the other answers go on; the stream tells when it has ended.
document.addEventListener("submit", async (event) => {
  const form = event.target.closest("[data-stop]");
  if (!form) return;
  event.preventDefault();
  const button = form.querySelector("button");
  button.disabled = true;
  button.textContent = "Stopping…";
  await fetch(form.action, { method: "POST", body: new FormData(form), redirect: "manual" });
});
