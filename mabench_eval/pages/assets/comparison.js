// The flipped questions of two runs, in the list, and both answers to each.
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
  const data = page.data();
  const flips = data.rows.map((row) => flip.flipOf(data, row));
  const valueOf = (name) => document.getElementById(name).value;

  questionList({
    size: flips.length,
    nameOf: (number) => new URLSearchParams([["q", flips[number].qid]]).toString(),
    words(number) {
      const { qid, clip, text, options, reference, sides } = flips[number];
      return [qid, clip, text, ...options, ...reference, ...sides.map((side) => side.response)];
    },
    tests() {
      const task = valueOf("task"), way = valueOf("way");
      return [(number) => !task || flips[number].task === task, (number) => !way || flips[number].won === Number(way)];
    },
    told(found) {
      const won = found.filter((number) => flips[number].won).length;
      const all = found.length === flips.length ? page.count(flips.length)
        : `${page.count(found.length)} of ${page.count(flips.length)}`;
      return `${all} flipped questions: ${page.count(won)} won, ${page.count(found.length - won)} lost`;
    },
    line(number) {
      const one = flips[number], kind = one.won ? "won" : "lost";
      return {
        kind, sign: one.won ? "▲" : "▼", title: kind, id: one.qid,
        said: one.sides.map((side) => flip.short(data, side)).join(" → "),
        asked: one.text === null ? one.clip : one.text.slice(0, 200).split("\n", 1)[0],
      };
    },
    shown: (number) => flip.shown(data, flips[number]),
    absent: (name) => `${name} is not among the flipped questions.`,
  });
}
