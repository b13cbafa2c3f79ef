// A change of the question asks at once where nothing has to be typed: a select or a box that is ticked.

const say = (text) => { document.getElementById("announcer").textContent = text; };

document.addEventListener("change", (event) => {
  const form = event.target.closest(".builder");
  if (!form || !event.target.matches("select, input[type=checkbox]")) return;
  // Days of one's own have to be filled in first, and so has a filter's value; cohorts are offered once it is known
  // that one is wanted.
  if (event.target.name === "period.last" && !event.target.value) return;
  if (event.target.name.endsWith(".operator") && !event.target.value.endsWith("in_cohort")) return;
  form.requestSubmit();
});

// Who asks something else does not want the answer that is still computed.
document.addEventListener("htmx:beforeRequest", (event) => {
  const running = document.querySelector("form[data-cancel]");
  if (!running || !event.detail.elt.matches(".builder")) return;
  fetch(running.action, { method: "POST", body: new FormData(running), headers: { "HX-Request": "true" } });
});

// A row that was added gets the focus; where one was taken out, the button that adds another.
let focuses = null;
document.addEventListener("htmx:configRequest", (event) => {
  const { add, remove } = event.detail.parameters;
  const rowsAt = (path) => document.querySelector(`[data-rows="${CSS.escape(path)}"]`);
  focuses = null;
  if (add) {
    focuses = () => [...rowsAt(add.split(":")[0])?.querySelectorAll(":scope > .item") ?? []].at(-1)?.querySelector("input:not([type=hidden]), select");
  } else if (remove) {
    focuses = () => rowsAt(remove.replace(/\.\d+$/, ""))?.querySelector(":scope > .row > button[name=add]");
  }
});

// An error that is not this page, such as one of a proxy, is shown where the answer would be.
document.addEventListener("htmx:beforeSwap", (event) => {
  const { detail } = event;
  if (!detail.isError || detail.target.id !== "explore" || detail.serverResponse.includes('id="explore"')) return;
  detail.target = document.getElementById("answer");
  detail.swapOverride = "innerHTML";
  detail.selectOverride = "unset";
});

// Too much at once: ask again by itself, each time after a longer pause, and in the end not any more.
const MOST_TRIES = 6;
let tries = 0;
function askAgain() {
  const wait = document.querySelector("#problem[data-again]")?.dataset.again;
  if (!wait) {
    tries = 0;
  } else if (tries < MOST_TRIES) {
    setTimeout(() => {
      const answer = document.getElementById("answer");
      if (answer.querySelector("#problem[data-again]")) window.htmx.trigger(answer, "retry");
    }, Number(wait) * 1000 * 2 ** tries);
    tries += 1;
  }
}

let computing = false;
document.addEventListener("htmx:afterSettle", () => {
  focuses?.()?.focus();
  focuses = null;
  const running = document.getElementById("run") !== null;
  if (running && !computing) say("This takes longer. The answer appears by itself.");
  if (!running && computing && document.querySelector("#answer .keep")) say("The answer is there.");
  computing = running;
  askAgain();
});
computing = document.getElementById("run") !== null;
askAgain();
document.querySelector(".kinds [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
