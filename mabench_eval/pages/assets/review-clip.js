// The clip: looped, slow, frame by frame; and where body parts are, drawn over it.
const clip = (() => {
  const $ = (id) => document.getElementById(id);
  const video = $("clip"), seek = $("seek"), overlay = $("overlay");
  const SPEEDS = [1, 0.5, 0.25];
  const BONES = [["left upper arm", "left lower arm"], ["left lower arm", "left hand"], ["right upper arm", "right lower arm"],
    ["right lower arm", "right hand"], ["left upper leg", "left lower leg"], ["left lower leg", "left foot"],
    ["right upper leg", "right lower leg"], ["right lower leg", "right foot"], ["head", "torso"]];
  let fps = 30, speed = 0, tracks = null, isShown = true;
  const watchers = [];

  function load(address, rate) {
    fps = rate || 30;
    tracks = null;
    clear();
    if (video.dataset.address === address) return;
    video.dataset.address = address;
    video.src = address;
    play();
  }

  function play() {
    video.playbackRate = SPEEDS[speed];
    video.play().catch(() => { /* it was paused, or another clip came, before this one could play */ });
  }

  function toggle() { if (video.paused) play(); else video.pause(); }

  function slower() {
    speed = (speed + 1) % SPEEDS.length;
    video.playbackRate = SPEEDS[speed];
    $("speed").firstElementChild.textContent = `Speed ${SPEEDS[speed]}`;
  }

  /** The middle of a frame: no rounding shows the one before. */
  function step(by) {
    video.pause();
    const last = Math.max(0, Math.round(video.duration * fps) - 1);
    const frame = Math.min(last, Math.max(0, Math.floor(video.currentTime * fps + 1e-3) + by));
    video.currentTime = Math.min((frame + 0.5) / fps, video.duration);
  }

  function show(found) { tracks = found; draw(); }

  function toggleOverlay() {
    isShown = !isShown;
    $("show-overlay").setAttribute("aria-pressed", String(isShown));
    draw();
  }

  function clear() { overlay.getContext("2d").clearRect(0, 0, overlay.width, overlay.height); }

  /** Place of the frame of a time in the tracks. */
  function frameAt(time) {
    let low = 0, high = tracks.times.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (tracks.times[middle] <= time + 1e-3) low = middle; else high = middle - 1;
    }
    return low;
  }

  function draw() {
    clear();
    if (!tracks || !isShown) return;
    const scale = devicePixelRatio || 1;
    // As large as the picture, which is centred where its element has another shape; so is the overlay.
    const fit = Math.min(video.clientWidth / (video.videoWidth || tracks.width), video.clientHeight / (video.videoHeight || tracks.height));
    overlay.style.setProperty("width", `${fit * (video.videoWidth || tracks.width)}px`);
    overlay.style.setProperty("height", `${fit * (video.videoHeight || tracks.height)}px`);
    overlay.width = overlay.clientWidth * scale;
    overlay.height = overlay.clientHeight * scale;
    const pen = overlay.getContext("2d");
    const [across, down] = [overlay.width / tracks.width, overlay.height / tracks.height].map((each) => each * tracks.torso);
    const frame = frameAt(video.currentTime), unit = overlay.height / 90;
    tracks.sources.forEach((source, number) => {
      const at = (part, place) => [source.positions[place][2 * part] * across, source.positions[place][2 * part + 1] * down];
      pen.strokeStyle = pen.fillStyle = graph.colour(number);
      pen.lineWidth = unit / 2;
      pen.globalAlpha = 0.55;
      for (const [one, other] of BONES) {
        pen.beginPath();
        pen.moveTo(...at(tracks.parts.indexOf(one), frame));
        pen.lineTo(...at(tracks.parts.indexOf(other), frame));
        pen.stroke();
      }
      tracks.parts.forEach((name, part) => {
        const isNamed = tracks.named.includes(name);
        pen.globalAlpha = isNamed ? 1 : 0.7;
        if (isNamed) {
          pen.lineWidth = unit * 0.7;
          pen.beginPath();
          for (let place = 0; place <= frame; place += 1) pen.lineTo(...at(part, place));
          pen.stroke();
        }
        pen.beginPath();
        pen.arc(...at(part, frame), isNamed ? unit * 1.6 : unit * 0.8, 0, 7);
        pen.fill();
      });
    });
  }

  /** While it plays, everything that hangs on its time follows. */
  function follow() {
    if (video.duration && document.activeElement !== seek) seek.value = video.currentTime / video.duration;
    const frame = Math.floor(video.currentTime * fps + 1e-3) + 1;
    const text = video.duration ? `${video.currentTime.toFixed(2)} s · frame ${frame}` : "";
    if ($("time").textContent !== text) {
      $("time").textContent = text;
      draw();
      for (const watcher of watchers) watcher(video.currentTime);
    }
    requestAnimationFrame(follow);
  }

  seek.addEventListener("input", () => { video.pause(); video.currentTime = seek.value * video.duration; });
  for (const event of ["play", "pause"]) {
    video.addEventListener(event, () => { $("play").firstElementChild.textContent = video.paused ? "Play" : "Pause"; });
  }
  addEventListener("resize", draw);
  requestAnimationFrame(follow);
  return { video, load, toggle, slower, step, show, toggleOverlay, watch: (watcher) => watchers.push(watcher) };
})();
