"use strict";
// The page reads in full without this script. It adds: the reader's own number style, the filter, links that keep the
// choice, the theme, sorting, and tooltips. Every text that the filter shows was made with the page.
(async () => {
  const root = document.documentElement;
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const languages = navigator.languages.length ? [...navigator.languages] : undefined;

  // Numbers. The class of a figure says how it is written; its value is exact.
  const usd = { style: "currency", currency: "USD" };
  const percent = (digits, more) => ({ style: "percent", minimumFractionDigits: digits, maximumFractionDigits: digits, ...more });
  const plain = (digits, more) => ({ minimumFractionDigits: digits, maximumFractionDigits: digits, ...more });
  const signed = { signDisplay: "exceptZero" };
  const forms = {
    m: { ...usd, notation: "compact", minimumSignificantDigits: 3, maximumSignificantDigits: 3 },
    d: { ...usd, maximumFractionDigits: 0 }, c: plain(0), pp: plain(1, signed),
    p0: percent(0), p1: percent(1), s0: percent(0, signed), n0: plain(0), n1: plain(1), n4: plain(4),
  };
  const writers = new Map();
  const write = (value, form) => {
    if (!writers.has(form)) writers.set(form, new Intl.NumberFormat(languages, forms[form]));
    return writers.get(form).format(value);
  };
  const localise = (within) => {
    for (const figure of all("data[value]", within)) {
      // Three figures of a zero would be $0.00.
      const form = figure.className === "m" && figure.value === "0" ? "d" : figure.className;
      if (form in forms) figure.textContent = write(Number(figure.value), form);
    }
  };

  // The filter. Its address is ?category=...&period=..., kept in links and in the history.
  const filter = document.getElementById("filter");
  const slots = all(".slot").map((slot) => ({ slot, follows: slot.dataset.follows.split(" "), original: slot.innerHTML, shown: "" }));
  const initial = { category: filter.category.value, period: filter.period.value };
  let variants = {};
  const unpack = async () => {
    const packed = Uint8Array.from(atob(document.getElementById("variants").textContent), (letter) => letter.charCodeAt(0));
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
    return JSON.parse(await new Response(stream).text());
  };

  const apply = (announce) => {
    const chosen = { category: filter.category.value, period: filter.period.value };
    for (const name of ["category", "period"]) {
      if (chosen[name] === initial[name]) delete root.dataset[name];
      else root.dataset[name] = chosen[name];
    }
    for (const one of slots) {
      const pick = (name) => (one.follows.includes(name) ? chosen[name] : initial[name]);
      const key = [one.slot.dataset.slot, pick("category"), pick("period")].join("|");
      if (key !== one.shown) {
        one.slot.innerHTML = variants[key] ?? one.original;
        one.shown = key;
        prepare(one.slot);
      }
      for (const row of all("tr[data-is]", one.slot)) row.classList.toggle("chosen", row.dataset.is === chosen.category);
    }
    filter.querySelector("button").disabled = !("category" in root.dataset || "period" in root.dataset);
    if (announce) {
      const name = (select) => select.selectedOptions[0].textContent;
      document.getElementById("announce").textContent = `Showing ${name(filter.category)}, ${name(filter.period)}`;
    }
  };
  const read = () => {
    const asked = new URLSearchParams(location.search);
    for (const name of ["category", "period"]) {
      const value = asked.get(name);
      filter[name].value = [...filter[name].options].some((option) => option.value === value) ? value : initial[name];
    }
    apply(false);
  };
  const remember = () => {
    const query = new URLSearchParams();
    for (const name of ["category", "period"]) if (name in root.dataset) query.set(name, root.dataset[name]);
    const text = query.toString();
    try { history.replaceState(null, "", `${location.pathname}${text ? `?${text}` : ""}${location.hash}`); } catch { /* some browsers refuse it for files */ }
  };
  filter.addEventListener("change", () => { apply(true); remember(); });
  filter.addEventListener("submit", (event) => event.preventDefault());
  filter.querySelector("button").addEventListener("click", () => {
    for (const [name, value] of Object.entries(initial)) filter[name].value = value;
    apply(true);
    remember();
    filter.category.focus();
  });
  addEventListener("popstate", read);

  // Sorting: a table's headings become buttons.
  const keyOf = (cell) => {
    const figure = cell.querySelector("data");
    const moment = cell.querySelector("time");
    if (moment) return moment.dateTime;
    return figure ? Number(figure.value) : cell.classList.contains("num") ? -Infinity : cell.textContent.trim().toLowerCase();
  };
  const sortBy = (table, heading) => {
    const column = heading.cellIndex;
    const isNumber = heading.classList.contains("num");
    const descending = heading.ariaSort ? heading.ariaSort === "ascending" : isNumber;
    for (const other of all("th[aria-sort]", table)) other.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", descending ? "descending" : "ascending");
    const body = table.tBodies[0];
    const sorted = [...body.rows].map((row) => [keyOf(row.cells[column]), row]).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    if (descending) sorted.reverse();
    body.append(...sorted.map(([, row]) => row));
  };
  const prepare = (within) => {
    localise(within);
    for (const table of all("table.sortable", within)) {
      for (const heading of all("thead th:not(.nosort)", table)) {
        if (heading.querySelector("button")) continue;
        const button = document.createElement("button");
        button.type = "button";
        button.append(...heading.childNodes);
        button.addEventListener("click", () => sortBy(table, heading));
        heading.append(button);
      }
    }
  };

  // Tooltips of the charts; their figures are in tables as well.
  const tip = document.getElementById("tip");
  const showTip = (event) => {
    const mark = event.target.closest?.("[data-tip]");
    tip.hidden = !mark;
    if (!mark) return;
    tip.textContent = mark.dataset.tip;
    const width = Math.min(tip.offsetWidth, innerWidth - 16);
    tip.style.left = `${Math.max(8, Math.min(event.pageX + 12, scrollX + innerWidth - width - 8))}px`;
    tip.style.top = `${event.pageY - tip.offsetHeight - 12}px`;
  };
  addEventListener("pointermove", showTip, { passive: true });
  addEventListener("pointerdown", showTip, { passive: true });
  addEventListener("scroll", () => { tip.hidden = true; }, { passive: true });

  // The theme: the system's, or the reader's choice, kept where the browser keeps such things.
  const theme = document.getElementById("theme");
  const kept = { get: () => { try { return localStorage.getItem("theme"); } catch { return null; } }, set: (value) => { try { localStorage.setItem("theme", value); } catch { /* not kept */ } } };
  const themes = ["system", "light", "dark"];
  const useTheme = (name) => {
    if (name === "system") delete root.dataset.theme;
    else root.dataset.theme = name;
    theme.textContent = `Theme: ${name}`;
  };
  theme.addEventListener("click", () => {
    const next = themes[(themes.indexOf(root.dataset.theme ?? "system") + 1) % 3];
    useTheme(next); kept.set(next);
  });
  useTheme(themes.includes(kept.get()) ? kept.get() : "system");
  theme.hidden = false;

  // Where the reader is.
  const links = new Map(all(".contents a").map((link) => [link.hash.slice(1), link]));
  if ("IntersectionObserver" in window) {
    const watch = new IntersectionObserver((entries) => {
      for (const entry of entries) {
        if (!entry.isIntersecting) continue;
        for (const link of links.values()) link.removeAttribute("aria-current");
        links.get(entry.target.id)?.setAttribute("aria-current", "true");
      }
    }, { rootMargin: "-20% 0px -70% 0px" });
    for (const section of all("main > section")) watch.observe(section);
  }

  prepare(document);
  if (!("DecompressionStream" in window)) return; // an old browser reads the page unfiltered
  variants = await unpack();
  filter.hidden = false;
  for (const one of slots) one.shown = [one.slot.dataset.slot, initial.category, initial.period].join("|");
  read();
  // The filter may have changed what is above the place that was asked for.
  if (location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView();
})();
