// Questions and clips from the server that gave this page; what is answered and decided goes there at once.
const backend = (() => {
  /** Ask the server; an error of its own says whether it makes sense to try again. */
  async function ask(path, body) {
    const options = body === undefined ? {}
      : { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
    let reply, content;
    try {
      reply = await fetch(path, options);
      content = await reply.json();
    } catch {
      throw Object.assign(new Error("the server does not answer; is the command still running?"), { again: true });
    }
    if (!reply.ok) throw Object.assign(new Error(content.error), { again: reply.status >= 500 });
    return content;
  }

  return {
    state: () => ask("state"),
    question: (number) => ask(`question/${number}`),
    tracks: (number) => ask(`tracks/${number}`),
    answer: (number, given) => ask(`blind/${number}`, given),
    decide: (number, given) => ask(`decision/${number}`, given),
    clip: (number) => `clip/${number}`,
    download: null,
  };
})();
