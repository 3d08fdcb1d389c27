// The charts over test time: shared by the report, which has them drawn, and the dashboard, which draws them each second.
const TimeCharts = (() => {
  "use strict";
  const FULL = 0.999;
  const LINES = ["p50", "p90", "p95", "p99", "max"];

  /** Where data is missing or the generator was the bottleneck; neighbours of the same doubt are one. */
  const shadesOf = (data, x, end) => {
    const spans = [];
    const add = (from, to, doubt) => {
      const last = spans.findLast((span) => span.doubt === doubt);
      if (last && last.to === from) last.to = to;
      else spans.push({ from, to, doubt });
    };
    let covered = 0;
    data.at.forEach((at, i) => {
      const to = at + data.length[i];
      if (at > covered) add(covered, at, "uncovered");
      // What is still on its way is not missing.
      const arriving = data.running && i === data.at.length - 1;
      if (data.coverage[i] < FULL && !arriving) add(at, to, "uncovered");
      if (data.saturated[i]) add(at, to, "saturated");
      covered = to;
    });
    if (covered < end && !data.running) add(covered, end, "uncovered");
    return spans.map(({ from, to, doubt }) => ({ from: x.place(from), to: x.place(to), doubt }));
  };

  /**
   * The charts in `section`. Data is columns, one place a point: `at`, `length`, `count`, `failures`, `users`, `cpu`,
   * `lateness`, `coverage`, `saturated`, and `response` and `service` with a column for each line; `duration_us` is the end,
   * `running` that more will come.
   */
  const of = (section) => {
    let data = null, x = null, middles = [], shades = [];
    const hidden = new Set(["max"]), followed = [];
    const figures = (kind) => section.querySelectorAll(`[data-chart='${kind}']`);

    const take = (columns) => {
      data = columns;
      const end = Math.max(data.duration_us, ...data.at.map((at, i) => at + data.length[i]));
      x = Charts.time(end);
      middles = data.at.map((at, i) => x.place(at + data.length[i] / 2));
      shades = shadesOf(data, x, end);
    };

    // A gap, and a point without a value, break a line.
    const places = (values, y) => {
      const all = [];
      data.at.forEach((at, i) => {
        if (i && at > data.at[i - 1] + data.length[i - 1]) all.push(null);
        all.push(values[i] === null ? null : [middles[i], y.place(values[i])]);
      });
      return all;
    };
    const perSecond = (column) => column.map((value, i) => data.coverage[i] > 0 ? value / (data.length[i] / 1e6) : null);
    const measured = (column) => column.map((value, i) => data.coverage[i] > 0 ? value : null);

    /** A chart of one column; `least` is what its axis reaches at least. */
    const drawColumn = (kind, { line, shapes, values, label, least = 0 }) => {
      const y = Charts.linear(Math.max(least, ...values), label);
      const layers = shapes.map((shape) => ({ line, shape, places: places(values, y) }));
      for (const figure of figures(kind)) Charts.draw(figure, { x, y, shades, layers });
    };
    const drawPercentiles = () => {
      const shown = LINES.filter((line) => !hidden.has(line));
      const values = ["response", "service"].flatMap((clock) =>
        shown.flatMap((line) => data[clock][line].filter((_, i) => data.count[i])));
      const least = Math.max(1, Math.min(...values)), most = values.length ? Math.max(...values) : 0;
      const y = section.dataset.axis === "log" && values.length
        ? Charts.log(least, most, Charts.timeLabel) : Charts.linear(most, Charts.timeLabel);
      for (const figure of figures("percentiles")) {
        const clock = data[figure.dataset.clock];
        const layers = shown.map((line) => {
          const values = clock[line].map((us, i) => data.count[i] ? us : null);
          return { line, shape: "line", places: places(values, y) };
        });
        Charts.draw(figure, { x, y, shades, layers });
      }
    };
    const draw = () => {
      const label = Charts.numberLabel;
      drawColumn("rate", { line: "requests", shapes: ["line"], values: perSecond(data.count), label });
      drawColumn("failures", { line: "failures", shapes: ["area"], values: perSecond(data.failures), label });
      drawColumn("users", { line: "users", shapes: ["area", "line"], values: measured(data.users), label });
      drawColumn("generator", { line: "cpu", shapes: ["line"], values: measured(data.cpu), label: Charts.shareLabel, least: 1 });
      drawPercentiles();
      followed.forEach((follow) => follow.again());
    };

    /** Each name in a percentile chart's legend becomes a button that hides or shows its line. */
    const legendButtons = (figure) => {
      const legend = figure.querySelector(".legend"), p99 = legend.querySelector("[data-line='p99']");
      const longest = p99.cloneNode(true);
      longest.dataset.line = "max";
      longest.querySelector("path").setAttribute("class", "line max");
      longest.lastChild.textContent = "max";
      p99.after(longest);
      for (const item of legend.querySelectorAll("[data-line]")) {
        const button = document.createElement("button"), { line } = item.dataset;
        button.type = "button";
        button.append(...item.childNodes);
        button.setAttribute("aria-pressed", String(!hidden.has(line)));
        item.append(button);
        button.addEventListener("click", () => {
          if (hidden.has(line)) hidden.delete(line);
          else if (hidden.size < LINES.length - 1) hidden.add(line);
          for (const other of section.querySelectorAll(`[data-line='${line}'] button`)) {
            other.setAttribute("aria-pressed", String(!hidden.has(line)));
          }
          if (data) drawPercentiles();
        });
      }
    };

    const heading = (i) => {
      const from = Charts.testTime(data.at[i]), to = Charts.testTime(data.at[i] + data.length[i]);
      const doubts = [data.saturated[i] ? "saturated" : "", data.coverage[i] < FULL ? "incomplete" : ""].filter(Boolean);
      return [`${from} to ${to}`, ...doubts].join(", ");
    };
    const rate = (value, i) => Charts.digits(value / (data.length[i] / 1e6));
    const rows = {
      rate: (i) => [["requests/s", rate(data.count[i], i)], ["requests", Charts.count(data.count[i])]],
      failures: (i) => [["failures/s", rate(data.failures[i], i)], ["failures", Charts.count(data.failures[i])]],
      percentiles: (i, clock) => data.count[i]
        ? LINES.toReversed().map((line) => [line, Charts.latency(data[clock][line][i])])
        : [["no requests", ""]],
      users: (i) => [["users", Charts.digits(data.users[i])]],
      generator: (i) => [["CPU", Charts.percent(data.cpu[i])], ["lateness p99", Charts.latency(data.lateness[i])]],
    };
    const follow = (figure) => {
      const { chart, clock } = figure.dataset;
      const own = Charts.follow(figure, {
        steps: () => middles,
        describe: (i) => ({ heading: heading(i), rows: rows[chart](i, clock) }),
        moved: (i) => followed.forEach((other) => { if (other !== own) other.show(i); }),
      });
      followed.push(own);
    };

    /** Adds the choice of clock and axis to `toggles`; `axisChanged` lets other charts follow. */
    const toggles = (into, axisChanged = () => {}) => {
      section.dataset.clock = "response";
      Charts.segments(into, "Clock", [["response", "Response time"], ["service", "Service time"]], "response", (clock) => {
        section.dataset.clock = clock;
      });
      Charts.segments(into, "Axis of times", [["linear", "Linear"], ["log", "Log"]], section.dataset.axis, (axis) => {
        section.dataset.axis = axis;
        if (data) drawPercentiles();
        axisChanged();
      });
    };

    figures("percentiles").forEach(legendButtons);
    for (const figure of section.querySelectorAll("[data-chart]")) if (figure.dataset.chart in rows) follow(figure);
    return { take, show: (columns) => { take(columns); draw(); }, toggles };
  };

  return { of };
})();
