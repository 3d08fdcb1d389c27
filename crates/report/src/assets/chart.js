// Charts as the report's Rust makes them (see chart/mod.rs): the same elements, for what changes while a person looks.
const Charts = (() => {
  "use strict";
  const WIDTH = 1600, HEIGHT = 800, SVG = "http://www.w3.org/2000/svg";

  const short = (value) => String(Number(value.toFixed(4)));
  const timeLabel = (us) =>
    us < 0.5 ? "0" : us < 999.5 ? `${short(us)} µs` : us < 999500 ? `${short(us / 1e3)} ms` : `${short(us / 1e6)} s`;
  const numberLabel = (value) =>
    value >= 999950 ? `${short(value / 1e6)}M` : value >= 9999.5 ? `${short(value / 1e3)}k` : short(value);
  const shareLabel = (share) => `${short(share * 100)} %`;

  // Three significant digits, as the report's tables have them.
  const digits = (value) =>
    value === 0 ? "0" : value < 0.995 ? (value < 0.0005 ? "< 0.001" : value.toFixed(3)) : value < 9.995 ? value.toFixed(2)
      : value < 99.95 ? value.toFixed(1) : Math.round(value).toLocaleString("en-US");
  const latency = (us) =>
    us === 0 ? "0 ms" : us < 1e3 ? `${Math.round(us)} µs` : us < 1e6 ? `${digits(us / 1e3)} ms` : `${digits(us / 1e6)} s`;
  const count = (value) => value.toLocaleString("en-US");
  const percent = (share) =>
    share === 0 ? "0 %" : share === 1 ? "100 %" : share < 1e-4 ? "< 0.01 %" : share < 1 && share > 0.9999 ? "> 99.99 %"
      : `${(share * 100).toFixed(share >= 0.1 && share < 0.99 ? 1 : 2)} %`;
  const testTime = (us) => {
    const seconds = Math.floor(us / 1e6), hundredths = Math.floor((us % 1e6) / 1e4);
    const two = (n) => String(n).padStart(2, "0");
    const hours = Math.floor(seconds / 3600), minutes = Math.floor(seconds / 60) % 60;
    const clock = hours ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
    return hundredths ? `${clock}.${two(hundredths)}` : clock;
  };

  const clamp = (place) => Math.min(1, Math.max(0, place));
  const niceStep = (least) => {
    const decade = 10 ** Math.floor(Math.log10(least));
    return ([1, 2, 2.5, 5].find((factor) => factor * decade >= least * (1 - 1e-9)) ?? 10) * decade;
  };

  /** From zero to a round value at or above `max`. */
  const linear = (max, label) => {
    if (!(max > 0) || !Number.isFinite(max)) max = 1;
    const step = niceStep(max / 4), steps = Math.max(1, Math.ceil(max / step - 1e-9));
    const ticks = Array.from({ length: steps + 1 }, (_, i) => ({ place: i / steps, label: label(i * step) }));
    return { place: (value) => clamp(value / (step * steps)), ticks };
  };

  /** Around `min` to `max` in steps of 1, 2, 5 times a power of ten. */
  const log = (min, max, label, fineUpTo = 1e4) => {
    min = Math.max(min, 1e-6);
    max = Math.max(max, min);
    const steps = (factors) => {
      const all = [];
      for (let decade = Math.floor(Math.log10(min)); decade <= Math.ceil(Math.log10(max)); decade++) {
        for (const factor of factors) all.push(factor * 10 ** decade);
      }
      return all;
    };
    const five = steps([1, 2, 5]);
    const from = five.findLast((v) => v <= min * (1 + 1e-9)) ?? min;
    const to = five.find((v) => v >= max * (1 - 1e-9) && v > from) ?? from * 10;
    const place = (value) => clamp(Math.log(Math.max(value, from) / from) / Math.log(to / from));
    const ticks = steps(to / from <= fineUpTo * 1.01 ? [1, 2, 5] : [1])
      .filter((v) => v >= from * (1 - 1e-9) && v <= to * (1 + 1e-9))
      .map((value) => ({ place: place(value), label: label(value) }));
    return { place, ticks };
  };

  /** Test time from zero to `end`, both in microseconds. */
  const time = (end) => {
    end = Math.max(end, 1e6);
    const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800, 86400];
    const step = (steps.find((s) => end <= s * 8e6) ?? 604800) * 1e6;
    const ticks = [];
    for (let at = 0; at <= end; at += step) ticks.push({ place: at / end, label: testTime(at) });
    return { place: (us) => clamp(us / end), ticks };
  };

  const element = (name, attributes = {}, text = null) => {
    const made = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (text !== null) made.textContent = text;
    return made;
  };
  const share = (place) => `${Number((place * 100).toFixed(2))}%`;
  const pixel = ([x, y]) => `${Math.round(x * WIDTH)} ${Math.round((1 - y) * HEIGHT)}`;

  // `null` among the places breaks a line.
  const runs = (places) => {
    const all = [];
    let run = [];
    for (const place of [...places, null]) {
      if (place) run.push(place);
      else if (run.length) { all.push(run); run = []; }
    }
    return all;
  };
  const linePath = (places) => runs(places).map((run) => `M${run.map(pixel).join("L")}${run.length === 1 ? "h0" : ""}`).join("");
  const areaPath = (places) =>
    runs(places).map((run) => `M${pixel([run[0][0], 0])}L${run.map(pixel).join("L")}L${pixel([run.at(-1)[0], 0])}z`).join("");

  const DOUBTS = { saturated: "generator saturated", uncovered: "data missing" };
  /** What shades there are, the legend says. */
  const explainShades = (figure, shades) => {
    const legend = figure.querySelector(".legend");
    for (const [doubt, label] of Object.entries(DOUBTS)) {
      const item = legend.querySelector(`[data-doubt="${doubt}"]`), needed = shades.some((shade) => shade.doubt === doubt);
      if (!needed || item) continue;
      const key = element("svg", { class: "key", viewBox: "0 0 28 12", "aria-hidden": "true" }), added = document.createElement("li");
      key.append(element("rect", { class: `shade ${doubt}`, width: 28, height: 12 }));
      added.dataset.doubt = doubt;
      added.append(key, label);
      legend.append(added);
    }
  };

  /** Draws `{x, y, shades, layers}` in the place of what `figure` shows. A layer is `{line, shape, places}`. */
  const draw = (figure, { x, y, shades = [], layers }) => {
    const svg = figure.querySelector(".plot > svg");
    const grid = element("g", { class: "grid" });
    for (const tick of y.ticks) {
      const at = share(1 - tick.place);
      grid.append(element("line", { x1: 0, x2: "100%", y1: at, y2: at }), element("text", { class: "y", x: -8, dy: 4, y: at }, tick.label));
    }
    x.ticks.forEach((tick, index) => {
      const at = share(tick.place);
      grid.append(
        element("line", { class: "v", x1: at, x2: at, y1: 0, y2: "100%" }),
        element("text", { class: index % 2 ? "x odd" : "x", x: at, y: "100%", dy: 18 }, tick.label),
      );
    });
    const shaded = element("g", { class: "shades" });
    for (const { from, to, doubt } of shades) {
      shaded.append(element("rect", { class: `shade ${doubt}`, x: share(from), y: 0, width: share(to - from), height: "100%" }));
    }
    const shapes = element("svg", {
      class: "shapes", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", width: "100%", height: "100%",
    });
    for (const { line, shape, places } of layers) {
      shapes.append(element("path", { class: `${shape} ${line}`, d: shape === "area" ? areaPath(places) : linePath(places) }));
    }
    explainShades(figure, shades);
    svg.replaceChildren(...svg.querySelectorAll(":scope > title, :scope > desc"), shaded, grid, shapes);
  };

  /**
   * Shows what lies under the pointer, or under the arrow keys' place.
   * `steps()` gives the places there are, `describe(index)` a heading and rows; `moved(index or null)` lets others follow.
   */
  const follow = (figure, { steps, describe, moved = () => {} }) => {
    const plot = figure.querySelector(".plot");
    const cross = document.createElement("div"), tip = document.createElement("div"), said = document.createElement("p");
    cross.className = "cross";
    tip.className = "tip";
    said.className = "sr";
    said.setAttribute("aria-live", "polite");
    cross.hidden = tip.hidden = true;
    plot.append(cross, tip, said);
    plot.tabIndex = 0;
    plot.setAttribute("role", "group");
    plot.setAttribute("aria-label", `${figure.querySelector("h3").textContent}: values with the arrow keys`);
    let index = null, tipped = false;

    const show = (at, withTip) => {
      index = at;
      tipped = withTip;
      const place = at === null ? undefined : steps()[at];
      cross.hidden = place === undefined;
      tip.hidden = place === undefined || !withTip;
      if (place === undefined) return;
      cross.style.left = `${place * 100}%`;
      if (!withTip) return;
      const { heading, rows } = describe(at);
      const title = document.createElement("p"), list = document.createElement("dl");
      title.textContent = heading;
      for (const [name, value] of rows) {
        const dt = document.createElement("dt"), dd = document.createElement("dd");
        dt.textContent = name;
        dd.textContent = value;
        list.append(dt, dd);
      }
      tip.replaceChildren(title, list);
      const left = place * plot.clientWidth, width = tip.offsetWidth;
      tip.style.left = `${left + 12 + width > plot.clientWidth ? Math.max(left - 12 - width, -40) : left + 12}px`;
    };
    const nearest = (event) => {
      const box = plot.getBoundingClientRect();
      const place = (event.clientX - box.left) / box.width;
      let best = null;
      steps().forEach((step, i, all) => {
        if (best === null || Math.abs(step - place) < Math.abs(all[best] - place)) best = i;
      });
      return best;
    };
    const go = (at) => { show(at, true); moved(at); };
    plot.addEventListener("pointermove", (event) => go(nearest(event)));
    plot.addEventListener("pointerdown", (event) => go(nearest(event)));
    plot.addEventListener("pointerleave", () => go(null));
    plot.addEventListener("blur", () => go(null));
    plot.addEventListener("keydown", (event) => {
      const last = steps().length - 1;
      const to = {
        ArrowRight: Math.min(last, (index ?? -1) + 1), ArrowLeft: Math.max(0, (index ?? last + 1) - 1),
        Home: 0, End: last, Escape: null,
      };
      if (!(event.key in to) || last < 0) return;
      event.preventDefault();
      go(to[event.key]);
      said.textContent = tip.hidden ? "" : tip.innerText.replace(/\s+/g, " ");
    });
    return { show: (at) => show(at, false), again: () => show(index, tipped) };
  };

  /** Buttons of which one is pressed. `options` are `[value, text]`. */
  const segments = (into, name, options, chosen, choose) => {
    const group = document.createElement("div"), label = document.createElement("span"), box = document.createElement("span");
    group.className = "segments";
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", name);
    label.textContent = name;
    box.className = "buttons";
    const buttons = options.map(([value, text]) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = text;
      button.addEventListener("click", () => { press(value); choose(value); });
      box.append(button);
      return [value, button];
    });
    const press = (value) => buttons.forEach(([own, button]) => button.setAttribute("aria-pressed", String(own === value)));
    press(chosen);
    group.append(label, box);
    into.append(group);
  };

  /** The choice of a light or a dark page, or the system's. */
  const themes = (into) => {
    const root = document.documentElement;
    segments(into, "Theme", [["", "Auto"], ["light", "Light"], ["dark", "Dark"]], root.dataset.theme ?? "", (theme) => {
      if (theme) root.dataset.theme = theme;
      else delete root.dataset.theme;
      try {
        localStorage.setItem("swarmgate-theme", theme);
      } catch {
        // Without storage the choice holds for this page.
      }
    });
  };

  return { linear, log, time, draw, follow, segments, themes, timeLabel, numberLabel, shareLabel, latency, digits, count, percent, testTime };
})();
