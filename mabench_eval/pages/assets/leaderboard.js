// The leaderboard: sorts and filters Table 2, and chooses what the plot shows.
{
  const data = page.data();
  const table = document.getElementById("ranking");
  const bodies = [...table.tBodies];
  const lines = [...table.querySelectorAll("tr[data-row]")];
  const heads = [...table.querySelectorAll("thead th[data-sort]")];
  const sorted = page.make("tbody"); // where rows are while they are sorted: reference rows stay above it
  const ticked = new Set();
  const boxes = new Map(); // row -> its boxes, in the table and below the plot
  const rowOf = (line) => data.rows[Number(line.dataset.row)];
  const isShown = (line) => !line.hidden;

  // -- sorting

  /** What a row is sorted by: a number, a text, or null, which comes last either way. */
  function keyOf(row, by) {
    if (by === "method") return row.name.toLowerCase();
    if (by === "date" || by === "source") return row[by] || null;
    if (by.startsWith("rank-")) {
      const rank = row.cells[Number(by.slice(5))][3];
      return rank ? rank.split("-").reduce((best, end) => best * 1000 + Number(end), 0) : null;
    }
    const [value = ""] = row.cells[Number(by)];
    return value === "" ? null : Number(value);
  }

  function compare(one, other, by, up) {
    const [a, b] = [keyOf(rowOf(one), by), keyOf(rowOf(other), by)];
    if (a === null || b === null) return (a === null) - (b === null);
    return (a < b ? -1 : a > b ? 1 : 0) * (up ? 1 : -1);
  }

  /** The next order of a column: best first, then the other way round, then as printed. */
  function next(head) {
    const firstUp = Number.isNaN(Number(head.dataset.sort));
    const orders = firstUp ? ["ascending", "descending", "none"] : ["descending", "ascending", "none"];
    return orders[(orders.indexOf(head.getAttribute("aria-sort")) + 1) % 3];
  }

  function sort(head) {
    const order = next(head);
    for (const each of heads) each.setAttribute("aria-sort", each === head ? order : "none");
    const free = lines.filter((line) => rowOf(line).plotted);
    if (order === "none") {
      for (const line of free) bodyOf.get(line).append(line);
      sorted.remove();
    } else {
      const up = order === "ascending";
      sorted.replaceChildren(...[...free].sort((one, other) => compare(one, other, head.dataset.sort, up)));
      table.append(sorted);
    }
    headings();
  }

  /** A group's heading is seen while its rows are below it. */
  function headings() {
    for (const body of bodies) {
      const rows = [...body.querySelectorAll("tr[data-row]")];
      body.querySelector(".group").hidden = !rows.some(isShown);
    }
  }

  const bodyOf = new Map(lines.map((line) => [line, line.parentNode]));
  for (const head of heads) {
    const mark = head.querySelector("sup");
    const button = page.make("button", "", head.firstChild.textContent);
    button.type = "button";
    head.firstChild.replaceWith(button);
    if (mark) button.after(mark);
    head.setAttribute("aria-sort", "none");
    button.addEventListener("click", () => sort(head));
  }

  // -- filters

  const form = document.getElementById("filters");
  const find = document.getElementById("find");
  const groups = [...form.elements.group];
  const none = page.make("p", "nothing", "No method fits.");
  table.closest(".scroll").after(none);

  function filter() {
    const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
    const wanted = new Set(groups.filter((box) => box.checked).map((box) => box.value));
    for (const line of lines) {
      const row = rowOf(line);
      const text = line.textContent.toLowerCase();
      line.hidden = !wanted.has(row.group) || !words.every((word) => text.includes(word));
    }
    table.dataset.columns = document.getElementById("columns").value;
    table.toggleAttribute("data-intervals", document.getElementById("intervals").checked);
    const count = lines.filter(isShown).length;
    const of = count === lines.length ? "" : ` of ${lines.length}`;
    document.getElementById("shown").textContent = `${count}${of} rows`;
    none.hidden = count > 0;
    headings();
    draw();
  }

  // -- what is plotted

  const plotted = document.getElementById("plotted");
  const unchoose = document.getElementById("unchoose");

  /** Ticked rows; where none is, those that the table shows. */
  function draw() {
    const chosen = ticked.size > 0;
    const shown = lines.map(rowOf).filter((row, place) => (chosen ? ticked.has(row) : isShown(lines[place])));
    const count = plot.show(data, Number(plotted.value), shown);
    const methods = `${count} method${count === 1 ? "" : "s"}`;
    document.getElementById("chosen").textContent = methods + (chosen ? " chosen" : ": those of the table above");
    unchoose.hidden = !chosen;
  }

  function tick(row, wanted) {
    if (wanted) ticked.add(row);
    else ticked.delete(row);
    for (const box of boxes.get(row)) box.checked = wanted;
    boxes.get(row)[0].closest("tr").classList.toggle("ticked", wanted);
    draw();
  }

  function boxFor(row) {
    const box = page.make("input");
    box.type = "checkbox";
    box.addEventListener("change", () => tick(row, box.checked));
    boxes.set(row, [...(boxes.get(row) ?? []), box]);
    return box;
  }

  for (const line of lines) {
    const row = rowOf(line);
    if (!row.plotted) continue;
    const box = boxFor(row);
    box.setAttribute("aria-label", `Plot ${row.name}`);
    line.firstChild.prepend(box);
    line.addEventListener("click", (event) => {
      if (event.target.closest("a, input, button") || String(getSelection())) return;
      tick(row, !ticked.has(row));
    });
    document.getElementById("choice").append(page.make("label", "", [boxFor(row), page.make("span", "", row.name)]));
  }
  unchoose.addEventListener("click", () => {
    for (const row of [...ticked]) tick(row, false);
    plotted.focus(); // the button is gone
  });

  for (const one of [form, document.getElementById("controls")]) {
    one.addEventListener("submit", (event) => event.preventDefault());
    one.reset(); // browsers remember fields, and the page begins as it was written
    one.hidden = false;
  }
  form.addEventListener("input", filter);
  plotted.addEventListener("change", draw);
  filter();
}
