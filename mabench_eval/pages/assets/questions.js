// The list of questions: filters, search, and the question that the address names. The address is the state: all that
// opens or closes a question changes it, and what it says is shown.
{
  const { make } = page;
  const data = page.data();
  const at = question.fieldsOf(data);
  const rows = data.rows;
  const id = (name) => document.getElementById(name);
  const form = id("filters"), find = id("find"), list = id("list"), one = id("question"), count = id("count");
  const picks = ["task", "part", "action", "outcome", "verdict", "asking"].filter((name) => id(name));
  const space = make("div", "space");
  const places = new Map(rows.map((row, number) => [nameOf(row), number]));
  let found = [], cursor = 0, opened = null, pushed = false, drawn = "";

  id("browser").hidden = false;
  list.append(space);

  // -- names: what an address calls a question ---------------------------------------------------------------

  function nameOf(row) {
    const more = [["repeat", row[at.repeat]], ["rotation", row[at.rotation]]].filter(([, value]) => value);
    return new URLSearchParams([["q", row[at.qid]], ...more]).toString();
  }

  function address() {
    return new URLSearchParams(location.hash.slice(1));
  }

  // -- finding -----------------------------------------------------------------------------------------------

  const texts = new Array(rows.length);

  /** All words of a row in small letters, made when they are first looked through. */
  function textOf(number) {
    const row = rows[number];
    return texts[number] ??= [row[at.qid], data.clips[row[at.clip]][0], data.texts[row[at.text]], row[at.answer],
      row[at.reference], row[at.error]].filter(Boolean).join("\n").toLowerCase();
  }

  /** Words that must all be there; what stands in quotation marks, as it stands. */
  function wanted() {
    return [...find.value.toLowerCase().matchAll(/"([^"]+)"|[^\s"]+/g)].map((match) => match[1] ?? match[0]);
  }

  const TESTS = {
    task: (row, value) => data.tasks[row[at.task]].name === value,
    part: (row, value) => data.clips[row[at.clip]][1] === value,
    action: (row, value) => data.clips[row[at.clip]][2] === value,
    outcome: (row, value) => data.outcomes[row[at.outcome]] === value,
    verdict: (row, value) => question.verdict(data, at, row).replace("error", "none") === value,
    asking: (row, value) => (row[at.rotation] ? "rotation" : row[at.repeat] ? "repeat" : "first") === value,
  };

  function filter() {
    const tests = picks.filter((name) => id(name).value).map((name) => [TESTS[name], id(name).value]);
    const words = wanted();
    found = [];
    for (let number = 0; number < rows.length; number++) {
      if (tests.every(([test, value]) => test(rows[number], value))
          && words.every((word) => textOf(number).includes(word))) found.push(number);
    }
    cursor = Math.max(0, found.indexOf(opened));
    list.scrollTop = 0;
    const all = `${page.count(rows.length)} ${id("asking") ? "askings" : "questions"}`;
    count.textContent = found.length === rows.length ? all : `${page.count(found.length)} of ${all}`;
    draw();
    if (opened !== null) see();
  }

  // -- the list: only the rows that can be seen are there ----------------------------------------------------

  let height = 0;

  function line(place) {
    const row = rows[found[place]], task = data.tasks[row[at.task]];
    const graded = question.verdict(data, at, row);
    const sign = make("span", `sign ${graded}`, question.SIGNS[graded]);
    sign.title = question.TOLD[graded];
    const text = data.texts[row[at.text]];
    const made = make("a", "row", [
      sign,
      make("span", "id", [make("span", "", row[at.qid]), ...question.tags(at, row)]),
      make("span", "said", said(row, task, graded)),
      make("span", "asked", text.slice(0, 200).split("\n", 1)[0]),
    ]);
    made.href = `#${nameOf(row)}`;
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

  function said(row, task, graded) {
    const outcome = data.outcomes[row[at.outcome]];
    if (task.kind === "text") return question.levelsTold(at, row, task.levels) ?? (outcome === "answered" ? "no levels" : outcome);
    const prediction = question.prediction(at, row) ?? outcome;
    return graded === "wrong" ? `${prediction}, right is ${row[at.reference]}` : prediction;
  }

  function draw() {
    if (!height) {
      space.replaceChildren(make("a", "row"));
      height = space.firstChild.offsetHeight;
    }
    const first = Math.max(0, Math.floor(list.scrollTop / height) - 5);
    const last = Math.min(found.length, Math.ceil((list.scrollTop + list.clientHeight) / height) + 5);
    space.style.height = `${found.length * height}px`;
    const lines = [];
    for (let place = first; place < last; place++) lines.push(line(place));
    if (!found.length) lines.push(make("p", "nothing", "No question fits."));
    space.replaceChildren(...lines);
    drawn = `${first} ${last}`;
    if (found.length) list.setAttribute("aria-activedescendant", `row-${cursor}`);
    else list.removeAttribute("aria-activedescendant");
  }

  function scrolled() {
    const first = Math.max(0, Math.floor(list.scrollTop / height) - 5);
    const last = Math.min(found.length, Math.ceil((list.scrollTop + list.clientHeight) / height) + 5);
    if (`${first} ${last}` !== drawn) draw();
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
    cursor = Math.min(found.length - 1, Math.max(0, place));
    see();
  }

  // -- opening and closing -----------------------------------------------------------------------------------

  function open(number) {
    const name = `#${nameOf(rows[number])}`;
    if (opened === null) {
      pushed = true;
      location.hash = name;
    } else location.replace(name); // from one question to the next: Back leads to the list
  }

  function close() {
    if (opened === null) return;
    if (pushed) history.back();
    else location.replace("#q=");
  }

  function step(by) {
    const here = found.indexOf(opened);
    const place = here < 0 ? cursor : here + by;
    if (place < 0 || place >= found.length) return;
    cursor = place;
    see();
    open(found[place]);
  }

  function button(told, by, title) {
    const made = make("button", "", told);
    made.type = "button";
    made.title = title;
    const place = found.indexOf(opened) + by;
    made.disabled = place < 0 || place >= found.length;
    made.addEventListener("click", () => step(by));
    return made;
  }

  function show(number) {
    opened = number;
    const place = found.indexOf(number);
    if (place >= 0) cursor = place;
    const shut = make("button", "close", "Close");
    shut.type = "button";
    shut.title = "Escape";
    shut.addEventListener("click", close);
    const tools = make("div", "tools", [button("Previous", -1, "Left arrow"), button("Next", 1, "Right arrow"), shut]);
    one.replaceChildren(tools, ...question.shown(data, at, rows[number]));
    one.scrollTop = 0;
    document.documentElement.classList.add("reading");
    one.focus({ preventScroll: true });
    see();
    const box = id("browser").getBoundingClientRect();
    if (box.bottom < 200 || box.top > innerHeight - 200) reach();
  }

  /** Bring the browser into view, at once: a page is not to be rolled through. */
  function reach() {
    id("browser").scrollIntoView({ behavior: "instant" });
  }

  function hide() {
    const was = opened;
    opened = null;
    pushed = false;
    document.documentElement.classList.remove("reading");
    one.replaceChildren(make("p", "nothing", "Open a question of the list: Enter, or a click."));
    if (was !== null) {
      list.focus({ preventScroll: true });
      draw();
    }
  }

  // -- what the address says ---------------------------------------------------------------------------------

  function follow() {
    const said = address();
    const filters = ["find", ...picks].filter((name) => said.has(name));
    const name = new URLSearchParams([...said].filter(([key]) => ["q", "repeat", "rotation"].includes(key))).toString();
    if (said.get("q")) {
      if (places.has(name)) return show(places.get(name));
      hide();
      one.replaceChildren(make("p", "nothing", `There is no question ${said.get("q")} in this run.`));
      document.documentElement.classList.add("reading");
      return undefined;
    }
    hide();
    if (filters.length) {
      form.reset();
      for (const filterName of filters) id(filterName).value = said.get(filterName);
      filter();
      reach();
    }
    return undefined;
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
    if (event.altKey || event.ctrlKey || event.metaKey || event.target.closest(".strip, .scroll")) return;
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
    if (event.key === "ArrowDown" || event.key === "Enter") {
      event.preventDefault();
      list.focus();
    } else if (event.key === "Escape") list.focus();
  });

  form.addEventListener("input", filter);
  form.addEventListener("reset", () => setTimeout(filter)); // after the fields are empty
  form.addEventListener("submit", (event) => event.preventDefault());
  list.addEventListener("scroll", scrolled, { passive: true });
  addEventListener("hashchange", () => follow());
  addEventListener("resize", () => { height = 0; draw(); });

  filter();
  follow();

  { // Words in small letters are made while nothing else is to do, so that the first search does not wait for them.
    let next = 0;
    const idle = window.requestIdleCallback ?? ((work) => setTimeout(work, 50));
    const prepare = () => {
      for (const end = Math.min(rows.length, next + 500); next < end; next++) textOf(next);
      if (next < rows.length) idle(prepare);
    };
    idle(prepare);
  }
}
