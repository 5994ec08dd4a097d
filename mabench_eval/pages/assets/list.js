// A list of questions with filters, search, keys, and the one that the address names. The address is the state: all that
// opens or closes a question changes it, and what it says is shown. Only the rows that can be seen are there, so that
// twelve thousand are as quick as ten.
//
// `source` says what a page's questions are, each by its number from 0:
//   size              how many there are
//   nameOf(number)    what an address calls it: "q=...", and more where that is not enough
//   words(number)     texts that the search looks through; null and undefined are left out
//   tests()           functions of a number, as the filters stand: all must hold
//   told(found)       what the count says of the numbers that were found
//   line(number)      its row: { kind, sign, title, id, said, asked }; `id` a text or nodes
//   shown(number)     the question itself, as nodes
//   absent(name)      what is said of an address that names none
const questionList = (source) => {
  const { make } = page;
  const id = (name) => document.getElementById(name);
  const form = id("filters"), find = id("find"), list = id("list"), one = id("question"), count = id("count");
  const filters = [...form.elements].filter((field) => field.id && field.tagName !== "BUTTON");
  const space = make("div", "space");
  const numbers = Array.from({ length: source.size }, (_, number) => number);
  const places = new Map(numbers.map((number) => [source.nameOf(number), number]));
  const texts = new Array(source.size);
  let found = [], cursor = 0, opened = null, pushed = false, drawn = "", height = 0;

  // -- finding -----------------------------------------------------------------------------------------------

  /** All words of a question in small letters, made when they are first looked through. */
  function textOf(number) {
    return texts[number] ??= source.words(number).filter(Boolean).join("\n").toLowerCase();
  }

  /** Words that must all be there; what stands in quotation marks, as it stands. */
  function wanted() {
    return [...find.value.toLowerCase().matchAll(/"([^"]+)"|[^\s"]+/g)].map((match) => match[1] ?? match[0]);
  }

  function filter() {
    const tests = source.tests(), words = wanted();
    found = numbers.filter((number) => tests.every((test) => test(number))
      && words.every((word) => textOf(number).includes(word)));
    cursor = Math.max(0, found.indexOf(opened));
    list.scrollTop = 0;
    count.textContent = source.told(found);
    draw();
    if (opened !== null) see();
  }

  // -- the list ----------------------------------------------------------------------------------------------

  function row(place) {
    const { kind, sign, title, ...told } = source.line(found[place]);
    const mark = make("span", `sign ${kind}`, sign);
    mark.title = title;
    const made = make("a", "row", [mark, ...["id", "said", "asked"].map((name) => make("span", name, told[name]))]);
    made.href = `#${source.nameOf(found[place])}`;
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
    const [first, last] = seen(), rows = [];
    for (let place = first; place < last; place++) rows.push(row(place));
    if (!found.length) rows.push(make("p", "nothing", "No question fits."));
    space.replaceChildren(...rows);
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

  // -- opening and closing -----------------------------------------------------------------------------------

  function open(number) {
    const name = `#${source.nameOf(number)}`;
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

  /** The place so many after the opened question's, or of the cursor where that is not in the list; null: none. */
  function beside(by) {
    const here = found.indexOf(opened), place = here < 0 ? cursor : here + by;
    return place >= 0 && place < found.length ? place : null;
  }

  function step(by) {
    const place = beside(by);
    if (place === null) return;
    cursor = place;
    see();
    open(found[place]);
  }

  function button(told, title, act) {
    const made = make("button", "", told);
    made.type = "button";
    made.title = title;
    made.addEventListener("click", act);
    return made;
  }

  function tools() {
    const [before, after] = [["Previous", "Left arrow", -1], ["Next", "Right arrow", 1]].map(([told, title, by]) => {
      const made = button(told, title, () => step(by));
      made.disabled = beside(by) === null;
      return made;
    });
    const shut = button("Close", "Escape", close);
    shut.className = "close";
    return make("div", "tools", [before, after, shut]);
  }

  function show(number) {
    opened = number;
    const place = found.indexOf(number);
    if (place >= 0) cursor = place;
    one.replaceChildren(tools(), ...source.shown(number));
    one.scrollTop = 0;
    document.documentElement.classList.add("reading");
    one.focus({ preventScroll: true });
    see();
    const box = id("browser").getBoundingClientRect();
    if (box.bottom < 200 || box.top > innerHeight - 200) reach();
  }

  /** Bring the list into view, at once: a page is not to be rolled through. */
  function reach() {
    id("browser").scrollIntoView({ behavior: "instant" });
  }

  function hide() {
    const was = opened;
    opened = null;
    pushed = false;
    document.documentElement.classList.remove("reading");
    one.replaceChildren(make("p", "nothing", "Open a question of the list: Enter, or a click."));
    if (was === null) return;
    list.focus({ preventScroll: true });
    draw();
  }

  // -- what the address says: a question, or what the filters are to be ---------------------------------------

  function follow() {
    const said = new URLSearchParams(location.hash.slice(1));
    const chosen = filters.filter((field) => said.has(field.id));
    if (said.get("q")) {
      if (places.has(said.toString())) return show(places.get(said.toString()));
      hide();
      one.replaceChildren(make("p", "nothing", source.absent(said.get("q"))));
      document.documentElement.classList.add("reading");
      return undefined;
    }
    hide();
    if (chosen.length) {
      form.reset();
      for (const field of chosen) field.value = said.get(field.id);
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
    if (!["ArrowDown", "Enter", "Escape"].includes(event.key)) return;
    event.preventDefault();
    list.focus();
  });

  form.addEventListener("input", filter);
  form.addEventListener("reset", () => setTimeout(filter)); // after the fields are empty
  form.addEventListener("submit", (event) => event.preventDefault());
  list.addEventListener("scroll", () => { if (seen().join(" ") !== drawn) draw(); }, { passive: true });
  addEventListener("hashchange", () => follow());
  addEventListener("resize", () => { height = 0; draw(); });

  id("browser").hidden = false;
  list.append(space);
  filter();
  follow();

  { // Words in small letters are made while nothing else is to do, so that the first search does not wait for them.
    let next = 0;
    const idle = window.requestIdleCallback ?? ((work) => setTimeout(work, 50));
    const prepare = () => {
      for (const end = Math.min(source.size, next + 500); next < end; next++) textOf(next);
      if (next < source.size) idle(prepare);
    };
    idle(prepare);
  }
};
