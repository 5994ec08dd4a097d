// Everything in this page's data; what is answered and decided stays in this browser until it is downloaded.
const backend = (() => {
  const data = page.data();
  let name = data.name, kept = { blinds: {}, decisions: {} };
  const place = () => `mabench-review ${data.build} ${data.round} ${name}`;

  /** Read what this browser has kept. */
  function load() {
    try { kept = JSON.parse(localStorage.getItem(place())) ?? kept; } catch { /* nothing kept that can be read */ }
  }

  function keep() {
    try {
      localStorage.setItem(place(), JSON.stringify(kept));
    } catch {
      throw Object.assign(new Error("this browser keeps nothing for pages from disk: download your decisions now"),
        { again: false });
    }
  }

  /** Who reviews; asked once, where the file does not say it. */
  function begin() {
    if (name) return Promise.resolve();
    const form = document.getElementById("begin"), field = document.getElementById("name");
    form.hidden = false;
    field.focus();
    return new Promise((resolve) => form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (!/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/.test(field.value)) { field.focus(); return; }
      name = field.value;
      form.hidden = true;
      resolve();
    }));
  }

  /** A question with what was said of it; its answer only when it was answered blind. */
  function question(number) {
    const held = data.questions[number], blind = kept.blinds[held.digest] ?? null;
    const decision = kept.decisions[held.digest] ?? null;
    const isOpen = held.kind === "text" || blind !== null;
    return { ...held, blind, shown: isOpen ? { ...held.shown, decision } : null };
  }

  const isDone = (held) => held.digest in kept.decisions;
  const now = () => Date.now() / 1000;
  return {
    async state() {
      await begin();
      load();
      const rows = data.questions.map((held) => [held.qid, held.task, isDone(held)]);
      return { ...data.state, name, questions: rows };
    },
    question: async (number) => question(number),
    async tracks(number) {
      const { clip, named, phase } = data.questions[number], found = data.tracks[clip];
      return found ? { ...found, named, phase } : null;
    },
    async answer(number, given) {
      const { digest, qid } = data.questions[number];
      kept.blinds[digest] ??= { digest, qid, ...given, at: now() };
      keep();
      return question(number);
    },
    async decide(number, given) {
      const { digest, qid, shown } = data.questions[number];
      const blind = kept.blinds[digest]?.answer ?? null;
      kept.decisions[digest] = { digest, qid, round: data.round, blind, ...given, at: now(), shown: shown.answer };
      keep();
      return question(number);
    },
    clip: (number) => data.clips[number],
    /** All that was said, as the file that `review DIR --merge` takes. */
    download() {
      const said = { schema: 1, form: "mabench-eval review", reviewer: name, build: data.build,
        blinds: Object.values(kept.blinds), decisions: Object.values(kept.decisions) };
      const link = document.createElement("a");
      link.href = `data:application/json;charset=utf-8,${encodeURIComponent(JSON.stringify(said, null, 1))}`;
      link.download = `review-${name}.json`;
      link.click();
    },
  };
})();
