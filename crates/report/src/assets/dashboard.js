// The dashboard: lists tests, starts them, and shows one as it runs. The address after `#` is the id of the test that is shown.
(() => {
  "use strict";
  const LIST_MS = 3000, LIVE_MS = 1000, HIDDEN_MS = 10000;
  const ENDED = ["finished", "stopped", "failed"];
  const id = (name) => document.getElementById(name);
  const make = (name, properties = {}, ...children) => {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...children);
    return made;
  };
  Charts.themes(id("theme"));

  // ---- The API ----------------------------------------------------------------------------------------------------
  /** The answer's JSON; throws an Error that says what the API says is wrong. */
  const ask = async (method, path, body, headers = {}) => {
    const options = { method, headers: { Accept: "application/json", ...headers } };
    if (body !== undefined) {
      options.headers["Content-Type"] = "application/json";
      options.body = JSON.stringify(body);
    }
    const answer = await fetch(path, options);
    const text = await answer.text();
    let json = null;
    try {
      json = text ? JSON.parse(text) : null;
    } catch {
      // An answer that is no JSON has nothing to say but its status.
    }
    if (answer.ok) return json;
    const mistakes = (json?.errors ?? []).map(mistakeWords);
    const said = mistakes.length ? [`${json.title}:`, ...mistakes] : [json?.detail ?? `${method} ${path}: status ${answer.status}`];
    throw Object.assign(new Error(said.join("\n")), { status: answer.status });
  };
  const mistakeWords = ({ field, problem: wrong, allowed, help, line, column }) => [
    line ? `line ${line}${column ? `, column ${column}` : ""}: ` : "", `${field}: ${wrong}`,
    allowed ? `, allowed are ${allowed}` : "", help ? ` (${help})` : "",
  ].join("");
  // Relative to the page, which need not lie at the root of its host.
  const testPath = (test, rest = "") => `tests/${encodeURIComponent(test)}${rest}`;

  const problem = (error) => {
    const unreachable = error instanceof TypeError ? "The server cannot be reached; asking again." : null;
    id("problem").textContent = error === null ? "" : unreachable ?? error.message;
    id("problem").hidden = error === null;
  };
  /** Does what a person asked for, once at a time, and shows what came of it if that is a problem. */
  const attempt = async (button, action) => {
    button.disabled = true;
    try {
      await action();
      problem(null);
    } catch (error) {
      problem(error);
    } finally {
      button.disabled = false;
    }
  };

  // ---- The list and the form --------------------------------------------------------------------------------------
  const verdictWord = (verdict) => (typeof verdict === "string" ? verdict : verdict?.outcome) ?? null;
  const stateOf = (test) => [test.phase, verdictWord(test.verdict)].filter(Boolean).join(": ");
  const startedAt = (us) => us === null || us === undefined ? "" : new Date(us / 1000).toLocaleString();

  let pages = 1;
  const showList = async () => {
    const tests = [];
    let next = "tests";
    for (let page = 0; page < pages && next; page++) {
      const answer = await ask("GET", next.replace(/^.*\//, ""));
      tests.push(...answer.tests);
      next = answer.next;
    }
    id("older").hidden = !next;
    id("no-tests").hidden = tests.length > 0;
    id("tests-box").hidden = tests.length === 0;
    id("tests").replaceChildren(...tests.map((test) => make("tr", {},
      make("th", { scope: "row", className: "name" }, make("a", { href: `#${test.id}` }, test.name || test.id)),
      make("td", { className: "name" }, test.target ?? ""),
      make("td", {}, stateOf(test)),
      make("td", {}, startedAt(test.started_at ?? test.accepted_at)),
      make("td", {}, verdictWord(test.verdict) ? make("a", { href: testPath(test.id, "/report") }, "report") : ""),
    )));
  };

  id("older").addEventListener("click", (event) => attempt(event.currentTarget, () => {
    pages += 1;
    return showList();
  }));

  // Not `crypto.randomUUID`: it is missing where the page came over plain HTTP from another machine.
  const randomKey = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const form = id("start");
  // With a scenario the other fields mean nothing, and must not keep the form from being sent.
  form.elements.scenario.addEventListener("input", () => {
    const given = form.elements.scenario.value.trim() !== "";
    for (const name of ["target", "users", "spawn_rate", "duration"]) form.elements[name].disabled = given;
  });
  let startKey = randomKey();
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const { target, users, spawn_rate, duration, scenario } = form.elements;
    const body = scenario.value.trim()
      ? { scenario: scenario.value }
      : { scenario: target.value, users: Number(users.value), spawn_rate: Number(spawn_rate.value), duration: duration.value };
    attempt(event.submitter ?? form.querySelector("button"), async () => {
      // The same key until it worked: a second try after a lost answer starts no second test.
      const started = await ask("POST", "tests", body, { "Idempotency-Key": startKey });
      startKey = randomKey();
      location.hash = started.id;
    });
  });

  // ---- One test ---------------------------------------------------------------------------------------------------
  const section = id("charts"), table = document.querySelector("#requests table");
  const charts = TimeCharts.of(section), sorted = Tables.sortable(table);
  charts.toggles(id("chart-toggles"));
  let changing = false;

  const figures = (live) => {
    const { total } = live, errorRate = total.count ? total.failures / total.count : 0;
    const time = (clock, line) => clock.count ? Charts.latency(clock[line]) : "\u2013";
    const all = [
      ["Users", Charts.count(Math.round(live.users)), "now"],
      ["Rate", `${Charts.digits(live.rate)}/s`, `${Charts.count(total.count)} requests`],
      ["Failed", Charts.percent(errorRate), `${Charts.count(total.failures)}, now ${Charts.digits(live.failure_rate)}/s`],
      ...[["p50", "p50_us"], ["p95", "p95_us"], ["p99", "p99_us"]].map(([name, line]) =>
        [`Response ${name}`, time(total.response, line), `service ${time(total.service, line)}`]),
    ];
    id("figures").replaceChildren(...all.map(([name, value, beside]) => make("div", {},
      make("dt", {}, name), make("dd", { className: "value" }, value), make("dd", { className: "beside" }, beside))));
  };

  const UNITS = { micros: Charts.latency, share: Charts.percent, count: Charts.count, per_second: (value) => `${Charts.digits(value)}/s` };
  const OUTCOMES = { held: "held", breached: "breached", no_data: "no data" };
  const thresholds = (all) => {
    id("thresholds-box").hidden = all.length === 0;
    id("thresholds").replaceChildren(...all.map(({ threshold, value, unit, outcome }) => make("tr", { className: outcome },
      make("td", { className: "outcome" }, OUTCOMES[outcome]),
      make("th", { scope: "row" }, make("code", {}, threshold)),
      make("td", { className: "num" }, value === null ? "\u2013" : UNITS[unit](value)),
    )));
  };

  const LINES = ["mean_us", "p50_us", "p90_us", "p95_us", "p99_us", "p99_9_us", "max_us"];
  const entryRow = (entry) => {
    const time = (clock, line) => clock.count ? Charts.digits(clock[line] / 1e3) : "\u2013";
    const share = entry.count ? entry.failures / entry.count : 0;
    const shareCell = make("td", {}, Charts.percent(share));
    shareCell.dataset.v = share;
    return make("tr", {},
      make("td", { className: "method text" }, entry.method),
      make("th", { scope: "row", className: "name" }, entry.name),
      make("td", {}, Charts.count(entry.count)),
      make("td", { className: entry.failures ? "bad" : "" }, Charts.count(entry.failures)),
      shareCell,
      make("td", {}, Charts.digits(entry.rate)),
      ...LINES.map((line) => make("td", {},
        make("span", { className: "r" }, time(entry.response, line)), make("span", { className: "s" }, time(entry.service, line)))),
    );
  };

  /** Columns of the points, as the charts take them. */
  const columns = (live) => {
    const column = (get) => live.series.map(get);
    const clock = (name) => Object.fromEntries(["p50", "p90", "p95", "p99", "max"].map((line) => [line, column((p) => p[name][`${line}_us`])]));
    return {
      duration_us: live.now_us, running: !ENDED.includes(live.phase),
      at: column((p) => p.at_us), length: column((p) => p.length_us), count: column((p) => p.count),
      failures: column((p) => p.failures), users: column((p) => p.users), cpu: column((p) => p.cpu_share),
      lateness: column((p) => p.lateness_p99_us), coverage: column((p) => p.coverage), saturated: column((p) => p.saturated),
      response: clock("response"), service: clock("service"),
    };
  };

  const warnings = (live) => {
    const all = [];
    if (live.saturated) {
      const reasons = live.saturation.length ? `: ${live.saturation.join("; ")}` : "";
      all.push(`The load generator is the bottleneck${reasons}. Use more workers, fewer users for each, or more CPU.`);
    }
    if (live.coverage < 0.999) all.push(`Data is missing: ${Charts.percent(live.coverage)} of what is due was measured so far.`);
    const box = id("warning"), text = all.join(" ");
    // Only what is new is said aloud.
    if (box.textContent !== text) box.textContent = text;
    box.hidden = all.length === 0;
  };

  const showLive = async (test) => {
    const live = await ask("GET", testPath(test, "/live"));
    if (test !== location.hash.slice(1)) return true;
    const running = !ENDED.includes(live.phase), word = verdictWord(live.verdict);
    document.title = `${word ?? live.phase}: ${live.name} - Swarmgate`;
    id("name").textContent = live.name;
    id("target").textContent = live.target;
    id("test-id").textContent = live.id;
    if (id("phase").textContent !== stateOf(live)) id("phase").textContent = stateOf(live);
    id("phase").className = word ?? "";
    id("progress").value = live.planned_us ? Math.min(1, live.now_us / live.planned_us) : 0;
    id("clock").textContent = `${Charts.testTime(Math.floor(live.now_us / 1e6) * 1e6)} of ${Charts.testTime(live.planned_us)}`;
    id("stop").hidden = id("change").hidden = !running;
    if (!changing) id("change").elements.users.value = Math.round(live.users);
    // A verdict comes with a report.
    id("report").hidden = !word;
    id("report").href = testPath(test, "/report");
    warnings(live);
    figures(live);
    thresholds(live.thresholds);
    charts.show(columns(live));
    id("entries").replaceChildren(...live.requests.map(entryRow));
    id("aggregated").replaceChildren(entryRow({ method: "", name: "Aggregated", ...live.total, rate: live.total.count / Math.max(live.now_us / 1e6, 1) }));
    sorted.again();
    return running || !word;
  };

  id("stop").addEventListener("click", (event) => attempt(event.currentTarget, () => ask("POST", testPath(location.hash.slice(1), "/stop"))));
  id("change").addEventListener("input", () => { changing = true; });
  id("change").addEventListener("submit", (event) => {
    event.preventDefault();
    const { users, spawn_rate } = id("change").elements;
    attempt(event.submitter ?? id("change").querySelector("button"), async () => {
      await ask("PATCH", testPath(location.hash.slice(1)), { users: Number(users.value), spawn_rate: Number(spawn_rate.value) });
      changing = false;
    });
  });

  // ---- What is shown, and how often it is asked for -----------------------------------------------------------------
  let turn = 0, lost = false;
  const look = async () => {
    const mine = ++turn, test = location.hash.slice(1);
    id("list").hidden = test !== "";
    id("live").hidden = test === "";
    if (!test) document.title = "Swarmgate";
    changing = false;
    for (let more = true; more && mine === turn;) {
      try {
        more = test ? await showLive(test) : (await showList(), true);
        if (lost) problem(null);
        lost = false;
      } catch (error) {
        lost = true;
        problem(error);
        if (error.status === 404) return;
      }
      const pause = document.hidden ? HIDDEN_MS : test ? LIVE_MS : LIST_MS;
      await new Promise((done) => setTimeout(done, pause));
    }
  };
  addEventListener("hashchange", () => { problem(null); look(); });
  look();
})();
