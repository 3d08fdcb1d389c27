// What the page can do beyond being read: other axes and clocks, values under the pointer, sorted tables.
(() => {
  "use strict";
  const data = JSON.parse(document.getElementById("chart-data").textContent);
  const section = document.getElementById("charts");
  const FULL = 0.999;
  Charts.themes(document.getElementById("theme"));

  // ---- Charts over time -------------------------------------------------------------------------------------------
  data.at = [];
  data.length = [];
  for (const [at, length, points] of data.runs) {
    for (let i = 0; i < points; i++) {
      data.at.push(at + i * length);
      data.length.push(length);
    }
  }
  const end = Math.max(data.duration_us, ...data.at.map((at, i) => at + data.length[i]));
  const x = Charts.time(end);
  const middles = data.at.map((at, i) => x.place(at + data.length[i] / 2));

  /** Where data is missing or the generator was the bottleneck; neighbours of the same doubt are one. */
  const shades = (() => {
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
      if (data.coverage[i] < FULL) add(at, to, "uncovered");
      if (data.saturated[i]) add(at, to, "saturated");
      covered = to;
    });
    if (covered < end) add(covered, end, "uncovered");
    return spans.map(({ from, to, doubt }) => ({ from: x.place(from), to: x.place(to), doubt }));
  })();

  const places = (values, y) => {
    const all = [];
    data.at.forEach((at, i) => {
      if (i && at > data.at[i - 1] + data.length[i - 1]) all.push(null);
      all.push(data.count[i] ? [middles[i], y.place(values[i])] : null);
    });
    return all;
  };

  const hidden = new Set(["max"]);
  const lines = ["p50", "p90", "p95", "p99", "max"];
  const drawPercentiles = () => {
    const shown = lines.filter((line) => !hidden.has(line));
    const values = ["response", "service"].flatMap((clock) =>
      shown.flatMap((line) => data[clock][line].filter((_, i) => data.count[i])));
    const least = Math.max(1, Math.min(...values)), most = Math.max(...values);
    if (!values.length) return;
    const y = section.dataset.axis === "log" ? Charts.log(least, most, Charts.timeLabel) : Charts.linear(most, Charts.timeLabel);
    for (const figure of section.querySelectorAll("[data-chart='percentiles']")) {
      const clock = data[figure.dataset.clock];
      const layers = shown.map((line) => ({ line, shape: "line", places: places(clock[line], y) }));
      Charts.draw(figure, { x, y, shades, layers });
    }
  };

  /** Each name in a percentile chart's legend becomes a button that hides or shows its line. */
  const legendButtons = (figure) => {
    const legend = figure.querySelector(".legend");
    const longest = legend.querySelector("[data-line='p99']").cloneNode(true);
    longest.dataset.line = "max";
    longest.querySelector("path").setAttribute("class", "line max");
    longest.lastChild.textContent = "max";
    legend.querySelector("[data-line='p99']").after(longest);
    for (const item of legend.querySelectorAll("[data-line]")) {
      const button = document.createElement("button"), { line } = item.dataset;
      button.type = "button";
      button.append(...item.childNodes);
      button.setAttribute("aria-pressed", String(!hidden.has(line)));
      item.append(button);
      button.addEventListener("click", () => {
        if (hidden.has(line)) hidden.delete(line);
        else if (hidden.size < lines.length - 1) hidden.add(line);
        for (const other of section.querySelectorAll(`[data-line='${line}'] button`)) {
          other.setAttribute("aria-pressed", String(!hidden.has(line)));
        }
        drawPercentiles();
      });
    }
  };

  const heading = (i) => {
    const from = Charts.testTime(data.at[i]), to = Charts.testTime(data.at[i] + data.length[i]);
    const doubts = [data.saturated[i] ? "saturated" : "", data.coverage[i] < FULL ? "incomplete" : ""].filter(Boolean);
    return [`${from} to ${to}`, ...doubts].join(", ");
  };
  const perSecond = (value, i) => Charts.digits(value / (data.length[i] / 1e6));
  const rows = {
    rate: (i) => [["requests/s", perSecond(data.count[i], i)], ["requests", Charts.count(data.count[i])]],
    failures: (i) => [["failures/s", perSecond(data.failures[i], i)], ["failures", Charts.count(data.failures[i])]],
    percentiles: (i, clock) => data.count[i]
      ? lines.toReversed().map((line) => [line, Charts.latency(data[clock][line][i])])
      : [["no requests", ""]],
    users: (i) => [["users", Charts.digits(data.users[i])]],
    generator: (i) => [["CPU", Charts.percent(data.cpu[i])], ["lateness p99", Charts.latency(data.lateness[i])]],
  };

  const followed = [];
  const followTime = (figure) => {
    const { chart, clock } = figure.dataset;
    const own = Charts.follow(figure, {
      steps: () => middles,
      describe: (i) => ({ heading: heading(i), rows: rows[chart](i, clock) }),
      moved: (i) => followed.forEach((other) => { if (other !== own) other.show(i); }),
    });
    followed.push(own);
  };

  // ---- How times are spread ---------------------------------------------------------------------------------------
  const nines = (percentile) => -Math.log10(Math.max(1 - percentile / 100, 1e-9));
  const curveX = () => {
    const last = Math.max(1, ...data.curve.percentile.filter((p) => p < 100).map(nines)) + 0.15;
    const ticks = [0, 50, 90, 99, 99.9, 99.99, 99.999, 99.9999]
      .filter((p) => nines(p) <= last - 0.1)
      .map((p) => ({ place: nines(p) / last, label: String(p) }));
    return { place: (percentile) => Math.min(1, nines(percentile) / last), ticks };
  };
  const drawCurve = (figure) => {
    const x = curveX(), { percentile, response, service } = data.curve;
    const all = [...response, ...service].map((us) => Math.max(us, 1));
    const most = Math.max(...all);
    const y = section.dataset.axis === "log" ? Charts.log(Math.min(...all), most, Charts.timeLabel) : Charts.linear(most, Charts.timeLabel);
    const line = (name, values) => ({ line: name, shape: "line", places: percentile.map((p, i) => [x.place(p), y.place(values[i])]) });
    Charts.draw(figure, { x, y, layers: [line("response", response), line("service", service)] });
  };
  const followCurve = (figure) => {
    const x = curveX(), steps = data.curve.percentile.map(x.place);
    Charts.follow(figure, {
      steps: () => steps,
      describe: (i) => ({
        heading: `${data.curve.percentile[i]} % take no longer than`,
        rows: [["response time", Charts.latency(data.curve.response[i])], ["service time", Charts.latency(data.curve.service[i])]],
      }),
    });
  };
  const followDistribution = (figure) => {
    const { from, to, response, service } = data.distribution;
    const used = from.map((_, i) => i).filter((i) => response[i] || service[i]);
    const x = Charts.log(Math.max(1, from[used[0]]), Math.max(2, to[used.at(-1)]), Charts.timeLabel);
    const sum = (counts) => counts.reduce((a, b) => a + b, 0) || 1;
    const ofAll = { response: sum(response), service: sum(service) };
    const row = (name, counts, i) => [`${name} time`, `${Charts.percent(counts[i] / ofAll[name])} (${Charts.count(counts[i])})`];
    const steps = used.map((i) => (x.place(Math.max(1, from[i])) + x.place(to[i])) / 2);
    Charts.follow(figure, {
      steps: () => steps,
      describe: (at) => ({
        heading: `${Charts.latency(from[used[at]])} to ${Charts.latency(to[used[at]])}`,
        rows: [row("response", response, used[at]), row("service", service, used[at])],
      }),
    });
  };

  if (section) {
    const curve = document.getElementById("chart-curve"), distribution = document.getElementById("chart-distribution");
    section.dataset.clock = "response";
    const toggles = document.getElementById("chart-toggles");
    Charts.segments(toggles, "Clock", [["response", "Response time"], ["service", "Service time"]], "response", (clock) => {
      section.dataset.clock = clock;
    });
    Charts.segments(toggles, "Axis of times", [["linear", "Linear"], ["log", "Log"]], section.dataset.axis, (axis) => {
      section.dataset.axis = axis;
      drawPercentiles();
      if (curve) drawCurve(curve);
    });
    section.querySelectorAll("[data-chart='percentiles']").forEach(legendButtons);
    for (const figure of section.querySelectorAll("[data-chart]")) if (figure.dataset.chart in rows) followTime(figure);
    if (curve) followCurve(curve);
    if (distribution) followDistribution(distribution);
  }

  // ---- Tables -----------------------------------------------------------------------------------------------------
  const requests = document.getElementById("requests");
  const clocks = () => requests.dataset.clocks ?? "both";
  const sortedBy = new Map();

  const key = (row, column) => {
    const cell = row.cells[column];
    if (cell.dataset.v !== undefined) return Number(cell.dataset.v);
    const text = (cell.querySelector(clocks() === "service" ? ".s" : ".r") ?? cell).textContent;
    // A dash means that nothing was measured: less than any number.
    return column === 0 || cell.matches("th, .text") ? text : Number(text.replaceAll(",", "").replace("< ", "").replace("–", "-1"));
  };
  const sort = (table) => {
    const order = sortedBy.get(table);
    if (!order) return;
    const body = table.tBodies[0], sign = order.descending ? -1 : 1;
    const compare = (a, b) => typeof a === "number" ? a - b : a.localeCompare(b, "en", { numeric: true });
    body.append(...[...body.rows].sort((a, b) => sign * compare(key(a, order.column), key(b, order.column))));
    for (const head of table.tHead.rows[0].cells) head.removeAttribute("aria-sort");
    table.tHead.rows[0].cells[order.column].setAttribute("aria-sort", order.descending ? "descending" : "ascending");
  };
  for (const table of document.querySelectorAll(".sortable")) {
    [...table.tHead.rows[0].cells].forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const before = sortedBy.get(table);
        // Numbers are of interest from the largest, names from A.
        const descending = before?.column === column ? !before.descending : head.classList.contains("num");
        sortedBy.set(table, { column, descending });
        sort(table);
      });
    });
  }

  Charts.segments(
    document.getElementById("request-toggles"), "Clock",
    [["both", "Both"], ["response", "Response time"], ["service", "Service time"]], "both",
    (chosen) => {
      requests.dataset.clocks = chosen;
      requests.querySelectorAll(".sortable").forEach(sort);
    },
  );

  const table = requests.querySelector(".sortable");
  if (table && table.tBodies[0].rows.length > 12) {
    const filter = document.createElement("input");
    filter.type = "search";
    filter.className = "filter";
    filter.placeholder = "Filter by name";
    filter.setAttribute("aria-label", "Show only requests whose name or method contains this");
    filter.addEventListener("input", () => {
      const wanted = filter.value.toLowerCase();
      for (const row of table.tBodies[0].rows) {
        const text = `${row.querySelector(".method")?.textContent ?? ""} ${row.querySelector(".name").textContent}`;
        row.hidden = !text.toLowerCase().includes(wanted);
      }
    });
    document.getElementById("request-toggles").append(filter);
  }

  // What is folded on the screen is open on paper, but for the long table of all points.
  const closed = [];
  addEventListener("beforeprint", () => {
    for (const details of document.querySelectorAll("details.data:not([open])")) {
      if (details.closest("#charts")) continue;
      details.open = true;
      closed.push(details);
    }
  });
  addEventListener("afterprint", () => closed.splice(0).forEach((details) => { details.open = false; }));
})();
