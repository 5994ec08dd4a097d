// The plot of the leaderboard: dots with whiskers, by the rules of dots.py, for any column and any methods.
const plot = {
  space: document.querySelector("#plot svg").namespaceURI,

  /** A row's cell of a column with its figures as numbers; null where there is none. */
  dot(row, column) {
    const [value = "", low = "", high = "", rank = ""] = row.cells[column];
    if (!row.plotted || !value) return null;
    const number = (text) => (text === "" ? null : Number(text));
    return { name: row.name, group: row.group, value: Number(value), low: number(low), high: number(high), rank };
  },

  /** Start, end and step of a scale in round numbers that holds everything. */
  scale(dots, chance, steps) {
    const ends = dots.flatMap((dot) => [dot.value, dot.low, dot.high]).concat([chance]).filter((end) => end !== null);
    const [low, high] = ends.length ? [Math.min(...ends), Math.max(...ends)] : [0, 1];
    const spread = high - low || 1;
    const power = 10 ** Math.floor(Math.log10(spread / steps));
    const step = [1, 2, 5, 10].map((factor) => power * factor).find((one) => spread / one <= steps) ?? power * 10;
    const [start, end] = [Math.floor(low / step + 1e-9), Math.ceil(high / step - 1e-9)];
    return [start * step, Math.max(end, start + 1) * step, step];
  },

  /** An SVG element; numbers with one decimal. */
  shape(name, attributes, content) {
    const made = document.createElementNS(plot.space, name);
    for (const [key, value] of Object.entries(attributes))
      made.setAttribute(key, typeof value === "number" ? value.toFixed(1) : value);
    if (Array.isArray(content)) made.append(...content);
    else if (content !== undefined) made.textContent = page.visible(content);
    return made;
  },

  words(content, x, y, anchor, kind) {
    const attributes = { x, y, "text-anchor": anchor };
    return plot.shape("text", kind ? { ...attributes, class: kind } : attributes, content);
  },

  sentence(dot) {
    const span = dot.low === null || dot.high === null ? "" : `; 95 % ${dot.low.toFixed(2)} to ${dot.high.toFixed(2)}`;
    return `${dot.name}: ${dot.value.toFixed(2)}${span}${dot.rank ? `; rank ${dot.rank}` : ""}`;
  },

  /** A drawing; `kind` is wide or narrow. */
  drawing(kind, dots, chance, told, rules) {
    const { width, left, right } = rules[kind];
    const bottom = rules.top + rules.row * dots.length;
    const [start, end, step] = plot.scale(dots, chance, rules.steps);
    const x = (value) => left + ((value - start) * (width - left - right)) / (end - start);
    const upright = (at, name) => plot.shape("line", { x1: at, y1: rules.top - 4, x2: at, y2: bottom, class: name });
    const grid = [];
    for (let number = 0; number <= Math.round((end - start) / step); number++) {
      const value = start + number * step;
      grid.push(upright(x(value), "grid"));
      grid.push(plot.words(String(Number(value.toPrecision(6))), x(value), bottom + 15, "middle", "axis"));
    }
    const drawn = [plot.shape("g", {}, grid)];
    if (chance !== null) {
      const label = plot.words(`chance ${chance.toFixed(2)}`, x(chance), 13, "middle", "axis");
      drawn.push(plot.shape("g", {}, [upright(x(chance), "chance"), label]));
    }
    if (kind === "wide") drawn.push(plot.words("Rank", width, 13, "end", "axis"));
    dots.forEach((dot, place) => drawn.push(plot.row(dot, kind, rules.top + rules.row * (place + 0.5), x, rules)));
    const field = { viewBox: `0 0 ${width} ${bottom + rules.foot}`, role: "img", "aria-label": told, class: kind };
    return plot.shape("svg", field, drawn);
  },

  row(dot, kind, y, x, rules) {
    const { width, left, right, letters } = rules[kind];
    const name = dot.name.length <= letters ? dot.name : `${dot.name.slice(0, letters - 1)}…`;
    const drawn = [plot.shape("title", {}, plot.sentence(dot)), plot.words(name, left - 12, y + 4, "end")];
    if (dot.low !== null && dot.high !== null) {
      const path = `M${x(dot.low).toFixed(1)} ${y.toFixed(1)}H${x(dot.high).toFixed(1)}`;
      drawn.push(plot.shape("path", { d: path, class: "whisker" }));
    }
    const mark = rules.shapes[Number(dot.group.slice(1))];
    drawn.push(plot.shape("path", { d: `M${x(dot.value).toFixed(1)} ${y.toFixed(1)}${mark}`, class: dot.group }));
    const figureAt = kind === "wide" ? width - right + 60 : width;
    drawn.push(plot.words(dot.value.toFixed(2), figureAt, y + 4, "end", "value"));
    if (kind === "wide") drawn.push(plot.words(dot.rank, width, y + 4, "end", "soft"));
    return plot.shape("g", {}, drawn);
  },

  /** The figures as a body of a table. */
  body(dots) {
    const figure = (text) => page.make("td", "figure", text);
    const end = (number) => (number === null ? "-" : number.toFixed(2));
    return dots.map((dot) => {
      const head = page.make("th", "", dot.name);
      head.scope = "row";
      const cells = [end(dot.value), end(dot.low), end(dot.high), dot.rank || "-"].map(figure);
      return page.make("tr", "", [head, ...cells]);
    });
  },

  /** Draw a column of some rows in place of what was there. */
  show(data, column, rows) {
    const { title, chance } = data.columns[column];
    const dots = rows.map((row) => plot.dot(row, column)).filter((dot) => dot !== null);
    dots.sort((one, other) => other.value - one.value);
    const best = dots.slice(0, 5).map((dot) => `${dot.name} ${dot.value.toFixed(2)}`).join("; ");
    const told = `${title}, best first: ${best}`;
    const field = document.getElementById("plot");
    field.replaceChildren(...["wide", "narrow"].map((kind) => plot.drawing(kind, dots, chance, told, data.rules)));
    document.getElementById("plot-title").textContent = title;
    const figure = field.closest("figure");
    figure.querySelector("caption").textContent = title;
    figure.querySelector("tbody").replaceChildren(...plot.body(dots));
    return dots.length;
  },
};
