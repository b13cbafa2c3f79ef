// Offers the names of a chosen table's columns, read from its first line, here in the browser.

function namesIn(line) {
  const cells = line.match(/("([^"]|"")*"|[^,])+|(?<=,)(?=,|$)/g) ?? [];
  return cells.map((cell) => cell.trim().replace(/^"|"$/g, "").replaceAll('""', '"')).filter(Boolean);
}

for (const input of document.querySelectorAll("input[type=file][data-columns-for]")) {
  input.addEventListener("change", async () => {
    const list = document.getElementById(input.dataset.columnsFor);
    const start = await input.files[0]?.slice(0, 65536).text();
    const [line = ""] = (start ?? "").replace(/^\ufeff/, "").split(/\r?\n/);
    list.replaceChildren(...namesIn(line).map((name) => new Option(name, name)));
  });
}
