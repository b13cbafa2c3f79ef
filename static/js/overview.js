// A tab or figure that htmx switched is in the address; the links and forms of the other panels must keep it.

const STATE = ["metric", "sources", "pages", "places", "devices", "events"];

function carry(params, own, now) {
  for (const name of STATE.filter((each) => each !== own)) {
    if (now.has(name)) params.set(name, now.get(name));
    else params.delete(name);
  }
}

function keepInForm(form, now) {
  for (const name of STATE) {
    form.querySelector(`input[type=hidden][name=${name}]`)?.remove();
    if (!now.has(name)) continue;
    const input = Object.assign(document.createElement("input"), { type: "hidden", name, value: now.get(name) });
    form.prepend(input);
  }
}

function refresh() {
  const now = new URLSearchParams(location.search);
  for (const link of document.querySelectorAll(`a[href^="${location.pathname}?"]`)) {
    const address = new URL(link.href);
    carry(address.searchParams, link.dataset.own, now);
    link.setAttribute("href", `${address.pathname}?${address.searchParams}`);
  }
  document.querySelectorAll(".controls form").forEach((form) => keepInForm(form, now));
}

document.addEventListener("htmx:pushedIntoHistory", refresh);
