// A change of the question asks at once where nothing has to be typed: a select or a box that is ticked.

document.addEventListener("change", (event) => {
  const form = event.target.closest(".builder");
  if (!form || !event.target.matches("select, input[type=checkbox]")) return;
  // Days of one's own have to be filled in first, and so has a filter's value; cohorts are offered once it is known
  // that one is wanted.
  if (event.target.name === "period.last" && !event.target.value) return;
  if (event.target.name.endsWith(".operator") && !event.target.value.endsWith("in_cohort")) return;
  form.requestSubmit();
});
