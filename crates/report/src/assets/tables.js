// Tables that a person sorts and filters.
const Tables = (() => {
  "use strict";

  /** What a cell is sorted by: its number, of the clock that is looked at where it holds both, or its text. */
  const key = (cell, clock) => {
    if (cell.dataset.v !== undefined) return Number(cell.dataset.v);
    const text = (cell.querySelector(clock === "service" ? ".s" : ".r") ?? cell).textContent;
    if (cell.matches("th, .text")) return text;
    // A dash means that nothing was measured: less than any number.
    return Number(text.replaceAll(",", "").replace("< ", "").replace("\u2013", "-1"));
  };
  const compare = (a, b) => typeof a === "number" ? a - b : a.localeCompare(b, "en", { numeric: true });

  /** Makes the heads buttons that sort the rows; `again` keeps the order when the rows have changed. */
  const sortable = (table, clock = () => "response") => {
    const heads = [...table.tHead.rows[0].cells];
    let order = null;
    const again = () => {
      if (!order) return;
      const body = table.tBodies[0], sign = order.descending ? -1 : 1;
      const keyed = [...body.rows].map((row) => [key(row.cells[order.column], clock()), row]);
      body.append(...keyed.sort((a, b) => sign * compare(a[0], b[0])).map(([, row]) => row));
    };
    heads.forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        // Numbers are of interest from the largest, names from A.
        const descending = order?.column === column ? !order.descending : head.classList.contains("num");
        order = { column, descending };
        heads.forEach((other) => other.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", descending ? "descending" : "ascending");
        again();
      });
    });
    return { again };
  };

  /** Adds a field to `into` that hides the rows whose name or method does not hold its text. */
  const filter = (table, into) => {
    const field = document.createElement("input");
    field.type = "search";
    field.className = "filter";
    field.placeholder = "Filter by name";
    field.setAttribute("aria-label", "Show only requests whose name or method contains this");
    field.addEventListener("input", () => {
      const wanted = field.value.toLowerCase();
      for (const row of table.tBodies[0].rows) {
        const text = `${row.querySelector(".method")?.textContent ?? ""} ${row.querySelector(".name").textContent}`;
        row.hidden = !text.toLowerCase().includes(wanted);
      }
    });
    into.append(field);
  };

  return { sortable, filter };
})();
