// How far each body part is from where it began, over time, by every source; the parts that the question names stand out.
const graph = (() => {
  const $ = (id) => document.getElementById(id);
  const canvas = $("graph");
  const LEFT = 34, BOTTOM = 20, TOP = 8, RIGHT = 6;
  const DASHES = [[], [7, 4], [2, 3]];
  let tracks = null, time = 0;

  const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const colour = (source) => style(source ? "--second" : "--first");

  /** Distance of a part from its first place, torso lengths. */
  function distances(source, part) {
    const [x, y] = [source.positions[0][2 * part], source.positions[0][2 * part + 1]];
    return source.positions.map((row) => Math.hypot(row[2 * part] - x, row[2 * part + 1] - y));
  }

  function show(found) {
    tracks = found;
    if (!canvas) return;
    $("graphs").hidden = !found;
    if (!found) return;
    tracks.curves = tracks.sources.map((source) => tracks.parts.map((_, part) => distances(source, part)));
    const named = tracks.named.length ? tracks.named.join(" and ") : "all parts";
    $("graph-title").textContent = `Distance from the start, torso lengths: ${named}`;
    const keys = tracks.sources.map((source, number) => {
      const swatch = page.make("span", `swatch ${number ? "second" : "first"}`);
      return page.make("span", "", [swatch, page.make("span", "", source.name)]);
    });
    const lines = tracks.named.length > 1 ? tracks.named.map((name, place) => page.make("span", "",
      `${place ? "dashed" : "solid"}: ${name}`)) : [];
    const shaded = tracks.phase ? [page.make("span", "", `shaded: the ${tracks.phase} third, which is asked for`)] : [];
    $("graph-key").replaceChildren(...keys, ...lines, ...shaded);
    draw();
  }

  function draw() {
    if (!tracks || !canvas || !canvas.clientWidth) return;
    const scale = devicePixelRatio || 1, width = canvas.clientWidth, height = canvas.clientHeight;
    canvas.width = width * scale;
    canvas.height = height * scale;
    const pen = canvas.getContext("2d");
    pen.scale(scale, scale);
    const last = tracks.times.at(-1) || 1;
    const top = Math.max(0.2, ...tracks.curves.flat(2)) * 1.05;
    const x = (seconds) => LEFT + (width - LEFT - RIGHT) * seconds / last;
    const y = (distance) => TOP + (height - TOP - BOTTOM) * (1 - distance / top);

    const phase = ["early", "middle", "late"].indexOf(tracks.phase);
    if (phase >= 0) {
      pen.fillStyle = style("--faint");
      pen.fillRect(x(last * phase / 3), TOP, (width - LEFT - RIGHT) / 3, height - TOP - BOTTOM);
    }
    pen.font = "11px system-ui, sans-serif";
    pen.fillStyle = style("--soft");
    pen.strokeStyle = style("--line");
    pen.lineWidth = 1;
    pen.beginPath();
    for (const third of [0, 1, 2, 3]) { pen.moveTo(x(last * third / 3), TOP); pen.lineTo(x(last * third / 3), height - BOTTOM); }
    pen.moveTo(LEFT, y(0)); pen.lineTo(width - RIGHT, y(0));
    pen.stroke();
    pen.textAlign = "center";
    ["early", "middle", "late"].forEach((name, third) => pen.fillText(name, x(last * (third + 0.5) / 3), height - 6));
    pen.textAlign = "right";
    const step = top > 1.2 ? 0.5 : top > 0.5 ? 0.2 : 0.1;
    for (let level = 0; level <= top; level += step) pen.fillText(level.toFixed(1), LEFT - 5, y(level) + 4);

    const all = tracks.named.length === 0;
    tracks.curves.forEach((curves, source) => {
      pen.strokeStyle = colour(source);
      curves.forEach((curve, part) => {
        const place = tracks.named.indexOf(tracks.parts[part]);
        pen.globalAlpha = place >= 0 ? 1 : all ? 0.5 : 0.14;
        pen.lineWidth = place >= 0 ? 2.2 : 1;
        pen.setLineDash(place >= 0 ? DASHES[place % DASHES.length] : []);
        pen.beginPath();
        curve.forEach((distance, frame) => pen.lineTo(x(tracks.times[frame]), y(distance)));
        pen.stroke();
      });
    });
    pen.globalAlpha = 1;
    pen.setLineDash([]);
    pen.strokeStyle = style("--ink");
    pen.lineWidth = 1;
    pen.beginPath();
    pen.moveTo(x(Math.min(time, last)), TOP); pen.lineTo(x(Math.min(time, last)), height - BOTTOM);
    pen.stroke();
  }

  addEventListener("resize", draw);
  return { show, draw, colour, at(seconds) { time = seconds; draw(); } };
})();
