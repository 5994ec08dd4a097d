// The question at hand: answered blind, then decided on; by keys alone, or by the mouse.
const review = (() => {
  const { make } = page;
  const $ = (id) => document.getElementById(id);
  const WORDS = { correct: "Correct the answer", reword: "Reword the question", drop: "Drop the question" };
  const SHORT = { correct: "Correct", reword: "Reword", drop: "Drop" };
  const KEYS = { correct: "C", reword: "W", drop: "D" };
  let state = null, number = 0, asked = null, begun = 0;
  let act = null;      // the decision whose form is open
  let isSaving = false;

  const shown = (text) => page.visible(String(text ?? ""));
  const seconds = () => Math.round((performance.now() - begun) / 10) / 100;
  const done = () => state.questions.filter((row) => row[2]).length;
  const isText = () => asked.kind === "text";
  const isBlind = () => asked.shown === null;

  function button(name, key, action, kind) {
    const made = make("button", kind, [make("span", "", name), document.createTextNode(" "), make("kbd", "", key)]);
    made.type = "button";
    made.addEventListener("click", action);
    return made;
  }

  // -- saving ----------------------------------------------------------------------------------------------

  function alarm(text) {
    $("alert").hidden = !text;
    $("alert").textContent = text ? shown(text) : "";
  }

  /** Save until it is saved; what cannot be saved is told, loudly, and gives null. */
  async function save(send) {
    if (isSaving) return null;
    isSaving = true;
    document.body.classList.add("saving");
    try {
      for (let tries = 1; ; tries += 1) {
        try {
          const answer = await send();
          alarm("");
          $("saved").textContent = "saved";
          return answer;
        } catch (error) {
          $("saved").textContent = "";
          if (!error.again) { alarm(`Not saved: ${error.message}`); return null; }
          const wait = Math.min(15, 2 ** (tries - 1));
          alarm(`NOT SAVED: ${error.message}. Tried ${tries} times, again in ${wait} s. Leave this page open.`);
          await new Promise((resolve) => setTimeout(resolve, 1000 * wait));
        }
      }
    } finally {
      isSaving = false;
      document.body.classList.remove("saving");
    }
  }

  async function answer(given) {
    const place = number, took = seconds();
    const found = await save(() => backend.answer(place, { answer: given, seconds: took }));
    if (!found) return;
    asked = found;
    if (state.mode === "answer") {
      state.questions[place][2] = true;
      await forward(place);
    } else {
      await reveal();
      render();
    }
  }

  async function decide(decision) {
    const place = number, took = seconds();
    const found = await save(() => backend.decide(place, { ...decision, seconds: took }));
    if (!found) return;
    state.questions[place][2] = true;
    await forward(place);
  }

  /** The next one that is open, or the next at all. */
  async function forward(place) {
    const open = nextOpen(place);
    await show(open ?? Math.min(place + 1, state.questions.length - 1));
    if (open === null) $("saved").textContent = "saved; all questions are done";
  }

  function nextOpen(from) {
    const total = state.questions.length;
    for (let by = 1; by <= total; by += 1) if (!state.questions[(from + by) % total][2]) return (from + by) % total;
    return null;
  }

  // -- one question ----------------------------------------------------------------------------------------

  async function show(place) {
    if (isSaving || !state.questions.length) return;
    let found;
    try {
      found = await backend.question(place);
    } catch (error) {
      alarm(`Question ${place + 1} cannot be shown: ${error.message}`);
      return;
    }
    alarm("");
    [number, asked, act, begun] = [place, found, null, performance.now()];
    history.replaceState(null, "", `#${place + 1}`);
    $("saved").textContent = "";
    graph.show(null);
    clip.load(backend.clip(asked.clip), asked.fps);
    if (asked.problem) alarm(asked.problem);
    if (!isBlind()) await reveal();
    render();
    $("stem").focus({ preventScroll: true });
  }

  /** Tracks and graph: there are none before the blind answer. */
  async function reveal() {
    const place = number;
    try {
      const found = await backend.tracks(place);
      if (place !== number || !found) return;
      clip.show(found);
      graph.show(found);
    } catch (error) {
      alarm(`The tracks cannot be shown: ${error.message}`);
    }
  }

  function render() {
    const total = state.questions.length, finished = done();
    $("count").textContent = `Question ${page.count(number + 1)} of ${page.count(total)} · ${page.count(finished)} done`;
    $("bar").style.setProperty("width", `${100 * finished / Math.max(1, total)}%`);
    $("progress").setAttribute("aria-valuenow", String(finished));
    $("progress").setAttribute("aria-valuemax", String(total));
    const round = state.round > 1 ? ` · round ${state.round}` : "";
    $("kicker").textContent = shown(`${state.tasks[asked.task] ?? asked.task} · ${asked.qid} · ${state.name}${round}`);
    $("stem").textContent = shown(asked.stem);
    document.body.dataset.step = act ? "form" : isBlind() ? "blind" : "decide";
    $("panel").replaceChildren(...panel());
    const field = $("panel").querySelector("textarea");
    if (field) field.focus();
  }

  function panel() {
    if (state.mode === "answer") return isText() ? [textAnswer()] : [choices(asked.blind?.answer), unsure()];
    if (isBlind()) return [choices(undefined), unsure()];
    const parts = [isText() ? reference() : choices(asked.blind?.answer, asked.shown.answer), verdict()];
    return [...parts, act ? form() : decisions(), evidence(), others()].filter(Boolean);
  }

  /** The answers that there are; buttons while one is to be given, marked afterwards. */
  function choices(given, right) {
    const named = asked.options.length ? asked.options : asked.answers.map((each) => [each, ""]);
    const list = make("div", "answers");
    for (const [letter, option] of named) {
      const isAsked = right === undefined;
      const marks = isAsked ? [] : [letter === given ? "you" : null, letter === right ? "answer" : null].filter(Boolean);
      const kind = `answer${letter === right ? " right" : ""}${!isAsked && letter === given ? " given" : ""}`
        + (isAsked && letter === given ? " chosen" : "");
      const content = [make("kbd", "", letter[0]), make("span", "words", option || letter), make("span", "marks", marks.join(", "))];
      const item = make(isAsked ? "button" : "div", kind, content);
      if (isAsked) {
        item.type = "button";
        item.dataset.answer = letter;
        item.addEventListener("click", () => answer(letter));
      }
      list.append(item);
    }
    return list;
  }

  function unsure() {
    const isChosen = asked.blind && asked.blind.answer === null;
    return button("I cannot tell", "U", () => answer(null), `unsure${isChosen ? " chosen" : ""}`);
  }

  /** A person's own words: no reference is shown to them. */
  function textAnswer() {
    const field = make("textarea");
    field.id = "words";
    field.rows = 7;
    field.value = asked.blind?.answer ?? "";
    field.setAttribute("aria-label", "Your answer");
    const send = () => { if (field.value.trim()) answer(field.value.trim()); else answer(null); };
    field.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); send(); }
    });
    return make("div", "form", [field, button("Save", "Ctrl+Enter", send, "primary")]);
  }

  function reference() {
    return make("blockquote", "reference", asked.shown.answer);
  }

  /** What the reviewer said, beside the question's own answer. */
  function verdict() {
    const lines = [];
    if (!isText()) {
      const given = asked.blind?.answer ?? null, right = asked.shown.answer;
      const told = given === null ? "You could not tell" : given === right ? "You agree" : "You differ";
      lines.push(make("span", `badge ${given === right ? "good" : "warn"}`, told));
      lines.push(make("span", "", `you: ${given ?? "–"}, the question's answer: ${right}`));
    }
    const { decision } = asked.shown;
    if (decision) lines.push(make("span", "badge", `decided: ${told(decision)}`));
    return make("p", "verdict", lines);
  }

  function told(decision) {
    const said = [decision.act, decision.answer, decision.text, decision.reason, decision.note];
    return said.filter(Boolean).map((each) => shown(each)).join(" · ");
  }

  function decisions() {
    const named = [button("Accept", "Enter", () => decide({ act: "accept" }), "primary")];
    for (const each of ["correct", "reword", "drop"]) named.push(button(SHORT[each], KEYS[each], () => open(each)));
    return make("div", "decisions", named);
  }

  function open(chosen) { act = chosen; render(); }

  /** What a decision needs besides: an answer or words, a reason, a note. */
  function form() {
    const rows = [make("h2", "", WORDS[act])];
    let value = () => ({});
    if (act === "correct" && !isText()) {
      const wrong = asked.answers.filter((letter) => letter !== asked.shown.answer);
      const options = Object.fromEntries(asked.options);
      const named = wrong.map((letter) => [letter, letter[0], options[letter] ?? letter]);
      rows.push(radios("Right answer", "right", named, wrong.length === 1 ? wrong[0] : asked.blind?.answer));
      value = (made) => ({ answer: made.querySelector("[name=right]:checked")?.value ?? null });
    } else if (act === "correct" || act === "reword") {
      const text = make("textarea");
      text.rows = act === "reword" ? 3 : 8;
      text.value = act === "reword" ? asked.stem : asked.shown.answer;
      rows.push(field(act === "reword" ? "New words; options stay as they are" : "Right answer", text));
      value = () => (act === "reword" ? { text: text.value.trim() } : { answer: text.value.trim() });
      if (act === "reword" && asked.shown.alike) {
        rows.push(make("p", "note", `The same words ask for the same on ${asked.shown.alike} clips: all of them change.`));
      }
    }

    const reasons = radios("Reason", "reason", state.reasons.map((reason, place) => [reason, String(place + 1), reason]));
    const note = make("input");
    note.maxLength = 2000;
    note.autocomplete = "off";
    rows.push(reasons, field("Note, if there is more to say", note));

    const made = make("form", "form", rows);
    const saving = make("button", "primary", [make("span", "", "Save"), document.createTextNode(" "), make("kbd", "", "Enter")]);
    saving.type = "submit";
    made.append(make("div", "decisions", [saving, button("Back", "Esc", () => open(null))]));
    made.addEventListener("submit", (event) => {
      event.preventDefault();
      const reason = made.querySelector("[name=reason]:checked")?.value ?? null;
      if (!reason) {
        alarm(`A reason is needed: 1 to ${state.reasons.length}, or a click.`);
        reasons.querySelector("input").focus();
        return;
      }
      decide({ act, ...value(made), reason, note: note.value });
    });
    return made;
  }

  /** One of several, by a key each. */
  function radios(title, name, named, chosen) {
    const made = make("fieldset", "reasons", [make("legend", "", title)]);
    for (const [value, key, words] of named) {
      const choice = make("input");
      choice.type = "radio";
      choice.name = name;
      choice.value = value;
      choice.dataset.key = key.toLowerCase();
      choice.checked = value === chosen;
      made.append(make("label", "", [choice, make("kbd", "", key), make("span", "", words)]));
    }
    return made;
  }

  function field(name, content) { return make("label", "field", [make("span", "", name), content]); }

  /** What the answer rests on. */
  function evidence() {
    const rows = asked.shown.evidence.map(([name, value]) => [make("dt", "", name), make("dd", "", value)])
      .map((pair) => make("div", "", pair));
    if (!rows.length) return null;
    const opened = make("details", "evidence", [make("summary", "", "What the answer rests on"), make("dl", "", rows)]);
    opened.open = !isText();
    return opened;
  }

  /** In later rounds: what the others decided. */
  function others() {
    const said = asked.shown.others ?? [];
    if (!said.length) return null;
    const lines = said.map((each) => make("li", "", `${each.reviewer}, round ${each.round}: ${told(each)}`));
    return make("div", "others", [make("h2", "", "What others decided"), make("ul", "", lines)]);
  }

  // -- keys ------------------------------------------------------------------------------------------------

  const always = {
    " ": () => clip.toggle(),
    ",": () => clip.step(-1),
    ".": () => clip.step(1),
    s: () => clip.slower(),
    o: () => clip.toggleOverlay(),
    j: () => move(nextOpen(number)),
    ArrowRight: () => move(Math.min(number + 1, state.questions.length - 1)),
    ArrowLeft: () => move(Math.max(number - 1, 0)),
  };

  function move(place) {
    if (place === null) { $("saved").textContent = "all questions are done"; return undefined; }
    return show(place);
  }

  /** What a key does now; null for nothing. */
  function actionOf(key) {
    if (act) {
      const found = document.querySelector(`.form [data-key="${CSS.escape(key)}"]`);
      if (found) return () => { found.checked = true; found.focus(); };
      return key !== "j" && !key.startsWith("Arrow") ? always[key] ?? null : null;
    }
    const mayAnswer = !isText() && (state.mode === "answer" || isBlind());
    if (mayAnswer) {
      const named = asked.answers.find((each) => each[0].toLowerCase() === key);
      if (named) return () => answer(named);
      if (key === "u") return () => answer(null);
    } else if (state.mode === "review" && !isBlind()) {
      if (key === "Enter") return () => decide({ act: "accept" });
      const found = Object.keys(KEYS).find((each) => KEYS[each].toLowerCase() === key);
      if (found) return () => open(found);
    }
    return always[key] ?? null;
  }

  document.addEventListener("keydown", (event) => {
    if (!asked || event.ctrlKey || event.metaKey || event.altKey) return;
    const { target, key } = event;
    if (key === "Escape" && act) { event.preventDefault(); alarm(""); open(null); return; }
    const isTyping = target.matches("textarea, select, input:not([type=radio]):not([type=range])");
    if (isTyping && key === "Enter" && target.matches("textarea") && act && !event.shiftKey) {
      event.preventDefault();
      target.form.requestSubmit();
      return;
    }
    if (isTyping) return;
    if (target.matches("button, summary, a") && (key === "Enter" || key === " ")) return; // it does what it says
    if (act && key === "Enter") { event.preventDefault(); document.querySelector("form.form").requestSubmit(); return; }
    const action = actionOf(key.length === 1 ? key.toLowerCase() : key);
    if (!action) return;
    event.preventDefault();
    action();
  });

  // -- the frame -------------------------------------------------------------------------------------------

  const clicks = { play: clip.toggle, "back-frame": () => clip.step(-1), "next-frame": () => clip.step(1),
    speed: clip.slower, "show-overlay": clip.toggleOverlay, back: always.ArrowLeft, next: always.ArrowRight, open: always.j };
  for (const [id, action] of Object.entries(clicks)) {
    $(id)?.addEventListener("click", (event) => { action(); if (event.detail) event.currentTarget.blur(); });
  }
  $("go").addEventListener("change", () => {
    const place = Number($("go").value) - 1;
    $("go").value = "";
    $("go").blur();
    if (Number.isInteger(place) && place >= 0 && place < state.questions.length) move(place);
  });
  addEventListener("beforeunload", (event) => { if (isSaving) event.preventDefault(); });
  clip.watch(graph.at);

  (async () => {
    try {
      state = await backend.state();
    } catch (error) {
      alarm(`The questions cannot be read: ${error.message}`);
      return;
    }
    if (!state.questions.length) { alarm("There is no question for you in this round."); return; }
    $("work").hidden = false;
    if (backend.download) {
      $("download").hidden = false;
      $("download").addEventListener("click", backend.download);
    }
    const named = Number(location.hash.slice(1)) - 1;
    const isPlace = Number.isInteger(named) && named >= 0 && named < state.questions.length;
    await show(isPlace ? named : nextOpen(state.questions.length - 1) ?? 0);
  })();
})();
