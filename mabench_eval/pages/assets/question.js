// One question with all that became of it. Everything from the run is text: see `page.make`.
const question = (() => {
  const { make } = page;
  /** Characters of an answer that are shown at first. */
  const LONG = 20000;

  /** Where things stand in a row of the data. */
  function fieldsOf(data) {
    return Object.fromEntries(data.fields.map((name, place) => [name, place]));
  }

  /** Words of the run; long ones are cut, with a button that shows all. */
  function words(text, kind) {
    const shown = make("p", `words ${kind || ""}`, text.length > LONG ? text.slice(0, LONG) + "…" : text);
    shown.dir = "auto";
    if (text.length <= LONG) return shown;
    const all = make("button", "all", `Show all ${page.count(text.length)} characters`);
    all.type = "button";
    all.addEventListener("click", () => { shown.textContent = page.visible(text); all.remove(); });
    return make("div", "long", [shown, all]);
  }

  function part(title, ...content) {
    return make("div", "part", [make("h4", "", title), ...content]);
  }

  /** What the row's answer was graded: right, wrong, none; or error. */
  function verdict(data, at, row) {
    if (data.outcomes[row[at.outcome]] === "error") return "error";
    const correct = row[at.correct];
    return correct === 1 ? "right" : correct === 0 ? "wrong" : "none";
  }

  const SIGNS = { right: "✓", wrong: "✗", none: "·", error: "!" };
  const TOLD = { right: "right", wrong: "wrong", none: "not graded", error: "no answer" };

  /** Tags of a question that was asked again, or with its options rotated. */
  function tags(at, row) {
    const found = [];
    if (row[at.repeat]) found.push(make("span", "tag", `repeat ${row[at.repeat]}`));
    if (row[at.rotation]) found.push(make("span", "tag", `rotated by ${row[at.rotation]}`));
    return found;
  }

  /** What was read from the answer; null for nothing. */
  function prediction(at, row) {
    const found = row[at.prediction] ?? null;
    return found === true ? row[at.answer] : found;
  }

  /** The question without its options, which are listed below it. */
  function stem(text, options) {
    if (!options.length) return text;
    const lines = text.split("\n");
    const first = lines.findIndex((line, place) => place > 0 && line.trim().endsWith(options[0].trim()));
    return first > 0 ? lines.slice(0, first).join("\n") : text;
  }

  function optionList(letters, options, chosen, reference) {
    const lines = options.map((option, place) => {
      const isChosen = letters[place] === chosen, isRight = letters[place] === reference;
      const why = [isChosen ? "answered" : null, isRight ? "reference" : null].filter(Boolean).join(", ");
      const kind = `${isChosen ? "chosen" : ""} ${isRight ? "reference" : ""}`;
      return make("li", kind, [make("span", "", letters[place]), make("span", "", option), make("span", "why", why)]);
    });
    return make("ul", "options", lines);
  }

  /** Scores with reasons, a row a level and judge. */
  function judgments(data, at, row, levels) {
    const given = row[at.judgments] ?? [];
    const lines = [];
    levels.forEach((level, place) => {
      given.forEach((judgment, judge) => {
        if (!judgment) return;
        const cells = [make("td", "", level), make("td", "", data.judges[judge]),
          make("td", "figure", judgment[0][place] ?? "-"), make("td", "", judgment[1][place] ?? "")];
        lines.push(make("tr", "", cells));
      });
    });
    const heads = ["Level", "Judge", "Score", "Reason"].map((name) => make("th", name === "Score" ? "figure" : "", name));
    const whole = make("table", "", [make("thead", "", make("tr", "", heads)), make("tbody", "", lines)]);
    return make("div", "scroll", whole);
  }

  /** Levels of a row as words: L1 3, L2 0, L3 1; null where there are none. */
  function levelsTold(at, row, levels) {
    const found = row[at.levels];
    if (!found) return null;
    return levels.map((level, place) => `${level} ${Number.isInteger(found[place]) ? found[place] : found[place].toFixed(2)}`)
      .join(", ");
  }

  /** The words that were sent: the template with the question in it. Not by `replace`, which reads `$&` in a question. */
  function prompt(task, text, shots) {
    const [before, ...after] = task.user.split("{question}");
    const user = make("p", "words", [document.createTextNode(page.visible(before)), make("mark", "", text),
      document.createTextNode(page.visible(after.join("{question}")))]);
    const examples = shots ? make("p", "about", `${shots} solved examples stood here; they are not kept in the results.`) : null;
    const inside = [make("h4", "", "System"), make("p", "words", task.system), examples, make("h4", "", "User"), user];
    return make("details", "part", [make("summary", "", "The prompt as it was put"), make("div", "boxed", inside)]);
  }

  function frames(data, at, row) {
    const seen = row[at.frames] === undefined || row[at.frames] === null ? null : data.frames[row[at.frames]];
    const strip = data.strips[row[at.clip]];
    if (!seen && !strip) return null;
    const told = seen ? `Numbers in the clip: ${seen.join(", ")}` : "No frames are recorded with this answer.";
    const content = [make("p", "about", told)];
    if (strip) {
      const picture = make("img");
      picture.src = `data:image/jpeg;base64,${strip}`;
      picture.alt = `Frames of ${data.clips[row[at.clip]][0]} from left to right`;
      const held = make("div", "strip", picture);
      held.tabIndex = 0;
      content.push(held);
    }
    return part("Frames seen", ...content);
  }

  function heading(data, at, row, task) {
    const [clip, bodyPart, action] = data.clips[row[at.clip]];
    const graded = verdict(data, at, row);
    const kind = { right: "good", wrong: "bad", error: "bad" }[graded] || "";
    const badges = [make("span", `badge ${kind}`, levelsTold(at, row, task.levels) ?? TOLD[graded]),
      make("span", "badge", data.outcomes[row[at.outcome]])];
    if (row[at.stop] && row[at.stop] !== "stop") badges.push(make("span", "badge warn", `stopped: ${row[at.stop]}`));
    const about = [task.full, clip, bodyPart, action].filter(Boolean).join(" · ");
    return [make("h3", "", [make("span", "", row[at.qid]), ...tags(at, row)]), make("p", "about", about),
      make("p", "badges", badges)];
  }

  function readTold(task, options, found) {
    if (found === null) return "no answer";
    const place = task.letters.indexOf(found);
    return place >= 0 && options[place] !== undefined ? `${found}: ${options[place]}` : found;
  }

  /** All of a row, as nodes. */
  function shown(data, at, row) {
    const task = data.tasks[row[at.task]], text = data.texts[row[at.text]];
    const options = (row[at.options] ?? []).map((place) => data.labels[place]);
    const found = prediction(at, row), reference = row[at.reference] ?? null, answer = row[at.answer] ?? null;
    const open = task.kind === "text";
    const nodes = [...heading(data, at, row, task), part("Question", words(stem(text, options)),
      options.length ? optionList(task.letters, options, found, reference) : null)];
    if (answer !== null) nodes.push(part("Answer as given", words(answer === "" ? "(empty)" : answer, "boxed")));
    if (row[at.error]) nodes.push(part(answer === null ? "Why there is no answer" : "Why there is no score",
      words(row[at.error], "boxed")));
    if (answer !== null && !(open && found === answer)) {
      nodes.push(part(open ? "Read as the answer, without reasoning" : "Read as", words(readTold(task, options, found))));
    }
    if (reference !== null) nodes.push(part("Reference", words(readTold(task, options, reference), open ? "boxed" : "")));
    const levels = levelsTold(at, row, task.levels);
    if (levels) {
      const rule = row[at.judgments] ? "" : " (by rule, without a judge)";
      nodes.push(part("Levels", make("p", "words", levels + rule)));
    }
    if (row[at.judgments]) nodes.push(judgments(data, at, row, task.levels));
    nodes.push(frames(data, at, row), prompt(task, text, data.shots));
    return nodes.filter((node) => node !== null);
  }

  return { fieldsOf, levelsTold, part, prediction, readTold, shown, stem, tags, verdict, words, SIGNS, TOLD };
})();
