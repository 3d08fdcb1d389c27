// What the page can do beyond being read: other axes and clocks, values under the pointer, sorted tables.
(() => {
  "use strict";
  const data = JSON.parse(document.getElementById("chart-data").textContent);
  const section = document.getElementById("charts");
  Charts.themes(document.getElementById("theme"));

  data.at = [];
  data.length = [];
  for (const [at, length, points] of data.runs) {
    for (let i = 0; i < points; i++) {
      data.at.push(at + i * length);
      data.length.push(length);
    }
  }

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
    const charts = TimeCharts.of(section);
    charts.take(data);
    charts.toggles(document.getElementById("chart-toggles"), () => { if (curve) drawCurve(curve); });
    if (curve) followCurve(curve);
    if (distribution) followDistribution(distribution);
  }

  // ---- Tables -----------------------------------------------------------------------------------------------------
  const requests = document.getElementById("requests");
  const clock = () => requests.dataset.clocks === "service" ? "service" : "response";
  const sorted = [...document.querySelectorAll(".sortable")].map((table) => Tables.sortable(table, clock));

  const toggles = document.getElementById("request-toggles");
  const clocks = [["both", "Both"], ["response", "Response time"], ["service", "Service time"]];
  Charts.segments(toggles, "Clock", clocks, "both", (chosen) => {
    requests.dataset.clocks = chosen;
    sorted.forEach((table) => table.again());
  });
  const table = requests.querySelector(".sortable");
  if (table.tBodies[0].rows.length > 12) Tables.filter(table, toggles);

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
