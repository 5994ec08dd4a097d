// The flipped questions: filters, search, and both answers to the question that the address names. Only the rows that
// can be seen are there, so that thousands are as quick as ten.
const flip = (() => {
  const { make } = page;
  const { part, readTold, stem, words } = question;

  function answerOf(data, given) {
    const found = Object.fromEntries(data.answer.map((name, place) => [name, given[place]]));
    if (found.read === true) found.read = found.response;
    return found;
  }

  /** A row by the names of its fields. */
  function flipOf(data, row) {
    const found = Object.fromEntries(data.fields.map((name, place) => [name, row[place]]));
    return { ...found, task: data.tasks[found.task], clip: data.clips[found.clip],
      text: found.text === null ? null : data.texts[found.text],
      options: found.options.map((place) => data.labels[place]),
      sides: [answerOf(data, found.first), answerOf(data, found.second)] };
  }

  function sum(levels) {
    return Object.values(levels).reduce((total, score) => total + score, 0);
  }

  function rounded(score) {
    return Number.isInteger(score) ? String(score) : score.toFixed(2);
  }

  /** What a run answered, in a word or two. */
  function short(data, side) {
    if (side.levels) return rounded(sum(side.levels));
    return side.read ?? data.outcomes[side.outcome];
  }

  function optionList(data, one) {
    const lines = one.options.map((option, place) => {
      const letter = one.letters[place], right = one.reference.includes(letter);
      const who = data.names.filter((name, side) => one.sides[side].read === letter);
      const why = [...who, right ? "reference" : null].filter(Boolean).join(", ");
      const kind = `${who.length ? "chosen" : ""} ${right ? "reference" : ""}`;
      return make("li", kind, [make("span", "", letter), make("span", "", option), make("span", "why", why)]);
    });
    return make("ul", "options", lines);
  }

  /** Levels of both runs, a row a run. */
  function levelTable(data, one) {
    const levels = Object.keys(one.sides[0].levels);
    const figure = (score) => make("td", "figure", score === undefined ? "-" : rounded(score));
    const heads = ["", ...levels, "sum"].map((name, place) => make("th", place ? "figure" : "", name));
    const lines = one.sides.map((side, place) => make("tr", "", [make("td", "", data.names[place]),
      ...levels.map((level) => figure(side.levels[level])), figure(sum(side.levels))]));
    const whole = make("table", "scores", [make("thead", "", make("tr", "", heads)), make("tbody", "", lines)]);
    return part("Levels", make("div", "scroll", whole));
  }

  function reasons(side) {
    return Object.entries(side.reasons ?? {}).map(([judge, given]) => {
      const lines = Object.entries(given).map(([level, reason]) => make("li", "", `${level}: ${reason}`));
      return part(`Reasons of ${judge}`, make("ul", "reasons", lines));
    });
  }

  function answer(data, one, side) {
    const given = one.sides[side], better = side === one.won;
    const badge = given.levels ? `${rounded(sum(given.levels))} in all` : better ? "right" : "wrong";
    const who = [make("span", "", data.names[side]), make("span", `badge ${better ? "good" : "bad"}`, badge)];
    const outcome = data.outcomes[given.outcome];
    if (outcome !== "answered") who.push(make("span", "badge", outcome));
    const nodes = [make("p", "who", who)];
    const response = given.response ?? null, read = given.read ?? null;
    nodes.push(part("Answer as given", words(response === "" ? "(empty)" : response ?? "(none)", "boxed")));
    if (!(given.levels && read === response)) {
      nodes.push(part("Read as", words(readTold({ letters: [...one.letters] }, one.options, read))));
    }
    return make("div", `answer ${better ? "better" : ""}`, [...nodes, ...reasons(given)]);
  }

  /** All of a flip, as nodes. */
  function shown(data, one) {
    const told = `${one.won ? "won" : "lost"} by ${data.names[1]}`;
    const nodes = [make("h3", "", one.qid), make("p", "about", `${one.task} · ${one.clip}`),
      make("p", "badges", make("span", `badge ${one.won ? "good" : "bad"}`, told))];
    if (one.text !== null) {
      const options = one.options.length ? optionList(data, one) : null;
      nodes.push(part("Question", words(stem(one.text, one.options)), options));
    }
    const open = one.sides.every((side) => side.levels);
    for (const reference of one.reference) {
      const read = readTold({ letters: [...one.letters] }, one.options, reference);
      nodes.push(part("Reference", words(read, open ? "boxed" : "")));
    }
    if (open) nodes.push(levelTable(data, one));
    nodes.push(make("div", "answers", [answer(data, one, 0), answer(data, one, 1)]));
    return nodes;
  }

  return { flipOf, short, shown };
})();

{
  const { make } = page;
  const data = page.data();
  const flips = data.rows.map((row) => flip.flipOf(data, row));
  const places = new Map(flips.map((one, number) => [one.qid, number]));
  const id = (name) => document.getElementById(name);
  const form = id("filters"), find = id("find"), list = id("list"), one = id("question"), count = id("count");
  const space = make("div", "space");
  let found = [], cursor = 0, opened = null, pushed = false, drawn = "", height = 0;

  id("browser").hidden = false;
  list.append(space);

  // -- finding -----------------------------------------------------------------------------------------------

  const texts = new Array(flips.length);

  /** All words of a flip in small letters, made when they are first looked through. */
  function textOf(number) {
    const { qid, clip, text, options, reference, sides } = flips[number];
    return texts[number] ??= [qid, clip, text, ...options, ...reference, ...sides.map((side) => side.response)]
      .filter(Boolean).join("\n").toLowerCase();
  }

  /** Words that must all be there; what stands in quotation marks, as it stands. */
  function wanted() {
    return [...find.value.toLowerCase().matchAll(/"([^"]+)"|[^\s"]+/g)].map((match) => match[1] ?? match[0]);
  }

  function filter() {
    const task = id("task").value, way = id("way").value, asked = wanted();
    found = [];
    for (let number = 0; number < flips.length; number++) {
      const fits = (!task || flips[number].task === task) && (!way || flips[number].won === Number(way));
      if (fits && asked.every((word) => textOf(number).includes(word))) found.push(number);
    }
    cursor = Math.max(0, found.indexOf(opened));
    list.scrollTop = 0;
    const won = found.filter((number) => flips[number].won).length;
    const all = found.length === flips.length ? page.count(flips.length)
      : `${page.count(found.length)} of ${page.count(flips.length)}`;
    count.textContent = `${all} flipped questions: ${page.count(won)} won, ${page.count(found.length - won)} lost`;
    draw();
    if (opened !== null) see();
  }

  // -- the list ----------------------------------------------------------------------------------------------

  function line(place) {
    const each = flips[found[place]], kind = each.won ? "won" : "lost";
    const sign = make("span", `sign ${kind}`, each.won ? "▲" : "▼");
    sign.title = kind;
    const said = each.sides.map((side) => flip.short(data, side)).join(" → ");
    const asked = each.text === null ? each.clip : each.text.slice(0, 200).split("\n", 1)[0];
    const made = make("a", "row", [sign, make("span", "id", each.qid), make("span", "said", said),
      make("span", "asked", asked)]);
    made.href = `#${addressOf(found[place])}`;
    made.id = `row-${place}`;
    made.tabIndex = -1;
    made.style.top = `${place * height}px`;
    for (const [name, value] of [["role", "option"], ["aria-selected", place === cursor], ["aria-posinset", place + 1],
      ["aria-setsize", found.length]]) made.setAttribute(name, value);
    made.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return; // a new tab is the browser's affair
      event.preventDefault();
      cursor = place;
      open(found[place]);
    });
    return made;
  }

  /** The first row that is seen and the one after the last, with a few more. */
  function seen() {
    return [Math.max(0, Math.floor(list.scrollTop / height) - 5),
      Math.min(found.length, Math.ceil((list.scrollTop + list.clientHeight) / height) + 5)];
  }

  function draw() {
    if (!height) {
      space.replaceChildren(make("a", "row"));
      height = space.firstChild.offsetHeight;
    }
    space.style.height = `${found.length * height}px`;
    const [first, last] = seen(), lines = [];
    for (let place = first; place < last; place++) lines.push(line(place));
    if (!found.length) lines.push(make("p", "nothing", "No question fits."));
    space.replaceChildren(...lines);
    drawn = `${first} ${last}`;
    if (found.length) list.setAttribute("aria-activedescendant", `row-${cursor}`);
    else list.removeAttribute("aria-activedescendant");
  }

  /** Scroll the list so that the cursor's row is seen: at its edge, or where it is far away in the middle. */
  function see() {
    const top = cursor * height, room = list.clientHeight - height, away = top - list.scrollTop;
    if (away < -2 * height || away > room + 2 * height) list.scrollTop = top - room / 2;
    else if (away < 0) list.scrollTop = top;
    else if (away > room) list.scrollTop = top - room;
    draw();
  }

  function move(place) {
    cursor = Math.max(0, Math.min(found.length - 1, place));
    see();
  }

  // -- opening and closing: the address is the state ---------------------------------------------------------

  function addressOf(number) {
    return new URLSearchParams([["q", flips[number].qid]]).toString();
  }

  function open(number) {
    if (opened === null) {
      pushed = true;
      location.hash = addressOf(number);
    } else location.replace(`#${addressOf(number)}`); // from one question to the next: Back leads to the list
  }

  function close() {
    if (opened === null) return;
    if (pushed) history.back();
    else location.replace("#q=");
  }

  function step(by) {
    const here = found.indexOf(opened), place = here < 0 ? cursor : here + by;
    if (place < 0 || place >= found.length) return;
    cursor = place;
    see();
    open(found[place]);
  }

  function button(told, title, action) {
    const made = make("button", "", told);
    made.type = "button";
    made.title = title;
    made.addEventListener("click", action);
    return made;
  }

  function tools() {
    const here = found.indexOf(opened);
    const before = button("Previous", "Left arrow", () => step(-1));
    const after = button("Next", "Right arrow", () => step(1));
    before.disabled = here <= 0;
    after.disabled = here < 0 || here === found.length - 1;
    const shut = button("Close", "Escape", close);
    shut.className = "close";
    return make("div", "tools", [before, after, shut]);
  }

  function show(number) {
    opened = number;
    cursor = Math.max(0, found.indexOf(number));
    one.replaceChildren(tools(), ...flip.shown(data, flips[number]));
    one.scrollTop = 0;
    document.documentElement.classList.add("reading");
    one.focus({ preventScroll: true });
    see();
    const box = id("browser").getBoundingClientRect();
    if (box.bottom < 200 || box.top > innerHeight - 200) id("browser").scrollIntoView({ behavior: "instant" });
  }

  function hide(told) {
    const was = opened;
    opened = null;
    pushed = false;
    document.documentElement.classList.remove("reading");
    one.replaceChildren(make("p", "nothing", told ?? "Open a question of the list: Enter, or a click."));
    if (was === null) return;
    list.focus({ preventScroll: true });
    draw();
  }

  function follow() {
    const name = new URLSearchParams(location.hash.slice(1)).get("q");
    if (places.has(name)) show(places.get(name));
    else hide(name ? `${name} is not among the flipped questions.` : null);
  }

  // -- keys --------------------------------------------------------------------------------------------------

  const MOVES = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8, Home: -Infinity, End: Infinity };

  list.addEventListener("keydown", (event) => {
    if (event.key in MOVES) move(cursor + MOVES[event.key]);
    else if (event.key === "Enter" && found.length) open(found[cursor]);
    else return;
    event.preventDefault();
  });

  one.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.target.closest(".scroll")) return;
    if (event.key === "ArrowRight") step(1);
    else if (event.key === "ArrowLeft") step(-1);
  });

  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, select, textarea");
    if (event.key === "Escape" && !typing) close();
    else if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      find.focus();
      find.select();
    }
  });

  find.addEventListener("keydown", (event) => {
    if (!["ArrowDown", "Enter", "Escape"].includes(event.key)) return;
    event.preventDefault();
    list.focus();
  });

  form.addEventListener("input", filter);
  form.addEventListener("reset", () => setTimeout(filter)); // after the fields are empty
  form.addEventListener("submit", (event) => event.preventDefault());
  list.addEventListener("scroll", () => { if (seen().join(" ") !== drawn) draw(); }, { passive: true });
  addEventListener("hashchange", follow);
  addEventListener("resize", () => { height = 0; draw(); });

  filter();
  follow();
}
