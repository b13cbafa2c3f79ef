// A new project begins in the browser's own time zone, where it is one of those on offer.

const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
for (const select of document.querySelectorAll("select[data-own-zone]")) {
  if ([...select.options].some((option) => option.value === timeZone)) select.value = timeZone;
}
