// The questions of a run, in the list.
{
  const data = page.data();
  const at = question.fieldsOf(data);
  const { rows } = data;
  const id = (name) => document.getElementById(name);
  const picks = ["task", "part", "action", "outcome", "verdict", "asking"].filter((name) => id(name));

  const TESTS = {
    task: (row, value) => data.tasks[row[at.task]].name === value,
    part: (row, value) => data.clips[row[at.clip]][1] === value,
    action: (row, value) => data.clips[row[at.clip]][2] === value,
    outcome: (row, value) => data.outcomes[row[at.outcome]] === value,
    verdict: (row, value) => question.verdict(data, at, row).replace("error", "none") === value,
    asking: (row, value) => (row[at.rotation] ? "rotation" : row[at.repeat] ? "repeat" : "first") === value,
  };

  function said(row, task, graded) {
    const outcome = data.outcomes[row[at.outcome]];
    if (task.kind === "text") return question.levelsTold(at, row, task.levels) ?? (outcome === "answered" ? "no levels" : outcome);
    const prediction = question.prediction(at, row) ?? outcome;
    return graded === "wrong" ? `${prediction}, right is ${row[at.reference]}` : prediction;
  }

  questionList({
    size: rows.length,
    nameOf(number) {
      const row = rows[number];
      const more = [["repeat", row[at.repeat]], ["rotation", row[at.rotation]]].filter(([, value]) => value);
      return new URLSearchParams([["q", row[at.qid]], ...more]).toString();
    },
    words(number) {
      const row = rows[number];
      return [row[at.qid], data.clips[row[at.clip]][0], data.texts[row[at.text]], row[at.answer], row[at.reference],
        row[at.error]];
    },
    tests() {
      return picks.filter((name) => id(name).value).map((name) => {
        const test = TESTS[name], { value } = id(name);
        return (number) => test(rows[number], value);
      });
    },
    told(found) {
      const all = `${page.count(rows.length)} ${id("asking") ? "askings" : "questions"}`;
      return found.length === rows.length ? all : `${page.count(found.length)} of ${all}`;
    },
    line(number) {
      const row = rows[number], task = data.tasks[row[at.task]], kind = question.verdict(data, at, row);
      return {
        kind, sign: question.SIGNS[kind], title: question.TOLD[kind],
        id: [page.make("span", "", row[at.qid]), ...question.tags(at, row)],
        said: said(row, task, kind),
        asked: data.texts[row[at.text]].slice(0, 200).split("\n", 1)[0],
      };
    },
    shown: (number) => question.shown(data, at, rows[number]),
    absent: (name) => `There is no question ${name} in this run.`,
  });
}
