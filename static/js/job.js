// Shows a job's answer as it is written. The stream resumes by itself after a lost connection, missing nothing.

const answer = document.getElementById("job-answer");
const status = document.getElementById("job-status");
const text = document.createTextNode("");
const waits = document.createElement("span");
waits.className = "muted small";

// The row as it now is: the server's own page, so that the words stand in one place.
async function showEnd() {
  source.close();
  answer.removeAttribute("aria-busy");
  const response = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (!response.ok) return;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  for (const id of ["job-status", "job-actions", "job-facts", "job-note", "job-result", "job-timeline"]) {
    document.getElementById(id).replaceChildren(...page.getElementById(id).childNodes);
  }
}

answer.replaceChildren(text);
const source = new EventSource(answer.dataset.stream);

source.addEventListener("token", (event) => {
  if (!text.length) status.querySelector(".tag").textContent = "Running";
  waits.remove();
  text.appendData(JSON.parse(event.data).text);
});
source.addEventListener("restart", () => { text.data = ""; });
source.addEventListener("done", showEnd);
source.addEventListener("error", (event) => {
  // The server's own event of this name carries data; the browser's, on a lost connection, none.
  if (event.data) {
    showEnd();
  } else {
    waits.textContent = source.readyState === EventSource.CLOSED ? " Connection lost: load the page again." : " Connecting again…";
    status.append(waits);
  }
});
source.addEventListener("open", () => waits.remove());
