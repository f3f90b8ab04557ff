(function () {
  "use strict";
  // Unpack the charts and the Vega bundle, run the bundle as an inline script whose hash stands
  // in the page's Content-Security-Policy, and draw. Without DecompressionStream, or when a
  // chart fails, the figure keeps its description.
  const root = document.documentElement;
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const figures = () => document.querySelectorAll("figure[data-chart]");

  // Base 85, as `packed` in vega.py writes it: five signs are four bytes.
  const SIGNS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    + "!#$%&()*+-;,=>?@^_`{|}~";

  function decoded(text) {
    const value = new Uint8Array(128);
    for (let i = 0; i < SIGNS.length; i++) value[SIGNS.charCodeAt(i)] = i;
    const bytes = new DataView(new ArrayBuffer(4 * Math.ceil(text.length / 5)));
    for (let at = 0; at < text.length; at += 5) {
      let number = 0;
      for (let i = at; i < at + 5; i++) {
        number = 85 * number + (i < text.length ? value[text.charCodeAt(i)] : 84);
      }
      bytes.setUint32(4 * at / 5, number);
    }
    return new Uint8Array(bytes.buffer, 0, Math.floor(4 * text.length / 5));
  }

  function unpack(id) {
    const bytes = decoded(document.getElementById(id).textContent.trim());
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Response(stream).text();
  }

  async function library() {
    const script = document.createElement("script");
    script.textContent = await unpack("cx-vega");
    document.head.append(script);
    const embed = window.cxVegaEmbed;
    delete window.cxVegaEmbed;
    if (!embed) throw new Error("the chart library did not start");
    return embed;
  }

  function node(tag, text, attributes) {
    const made = document.createElement(tag);
    if (text !== undefined) made.textContent = text;
    for (const [name, value] of Object.entries(attributes || {})) made.setAttribute(name, value);
    return made;
  }

  // The chart's data as a table, for those who cannot see the drawing or want the numbers.
  function dataTable(chart) {
    const table = node("table");
    table.append(node("caption", chart.title + ": the data"));
    const head = node("tr");
    chart.table.columns.forEach((name) => head.append(node("th", name, { scope: "col" })));
    table.append(node("thead"), node("tbody"));
    table.tHead.append(head);
    for (const cells of chart.table.rows) {
      const row = node("tr");
      cells.forEach((text, i) => {
        const cell = i ? node("td", text) : node("th", text, { scope: "row" });
        if (/^\d{4}-[\dWQ]/.test(text)) cell.className = "unbroken";
        row.append(cell);
      });
      table.tBodies[0].append(row);
    }
    const label = chart.title + ": the data";
    const box = node("div", undefined,
      { class: "table", tabindex: "0", role: "group", "aria-label": label });
    box.append(table);
    const details = node("details", undefined, { class: "data" });
    details.append(node("summary", "Data of this chart"), box);
    return details;
  }

  // What a chart may reach: nothing to load, links to https, pictures that are in the data.
  const REACHED = { href: /^https:\/\//i, image: /^data:image\/(png|jpeg|gif|webp);/i };
  const refused = (uri) => Promise.reject(new Error("not reached from a page: " + uri));
  const loader = {
    load: refused, http: refused, file: refused,
    sanitize: (uri, options) => {
      const known = REACHED[(options && options.context) || "href"];
      if (!known || !known.test(uri)) return refused(uri);
      return Promise.resolve({ href: uri, rel: "noopener noreferrer" });
    },
  };

  // A light drawing always exists (print uses it); a dark one is added where the reader's
  // system is dark. Style sheets choose which of the two is seen.
  async function draw(embed, figure, page, theme) {
    const place = node("div", undefined, { class: "vis vis-" + theme, "aria-hidden": "true" });
    figure.querySelector(".plot").append(place);
    const spec = page.charts[Number(figure.dataset.chart)].spec;
    const { view } = await embed(place, drawable(spec, page), {
      actions: false, ast: true, renderer: "svg", defaultStyle: false,
      config: page.themes[theme], tooltip: { disableDefaultStyle: true }, loader,
    });
    // Vega makes its drawing focusable; the figure's words already say it all.
    place.querySelectorAll("[tabindex]").forEach((part) => part.removeAttribute("tabindex"));
    if (theme === "light" && spec.width === "container") drawn.push({ view, figure, height: spec.height });
    const names = bound(spec).map((param) => param.name);
    if (names.length) {
      views.push({ view, names });
      await follow(view, names);
    }
  }

  // Paper has a width of its own, so charts are drawn anew for it; small ones that follow one
  // another stand side by side there.
  const SHEET = { width: 840, low: 180 }, HALF = { width: 400, low: 180 }, SHORT = 480;
  const drawn = [];

  function small(part, page) {
    if (!part || !part.matches("figure[data-chart]:not(.tall)")) return false;
    const { spec, live } = page.charts[Number(part.dataset.chart)];
    return !live && spec.width === "container" && part.lastElementChild.textContent.length < SHORT;
  }

  function pairs(page) {
    for (const figure of figures()) {
      const next = figure.nextElementSibling;
      if (figure.closest(".pair") || !small(figure, page) || !small(next, page)) continue;
      const pair = node("div", undefined, { class: "pair" });
      figure.before(pair);
      pair.append(figure, next);
    }
  }

  window.addEventListener("beforeprint", () => {
    for (const { view, figure, height } of drawn) {
      const { width, low } = figure.closest(".pair") ? HALF : SHEET;
      view.width(width);
      if (height > low) view.height(Math.max(low, 0.75 * height));
      view.run();
    }
  });
  window.addEventListener("afterprint", () => {
    drawn.forEach(({ view, height }) => { if (height > 0) view.height(height); });
    window.dispatchEvent(new Event("resize"));
  });

  // Sliders: parameters of the charts that are bound to a range. The page draws one for each,
  // outside the pictures, and every picture that knows the parameter follows it.
  const settings = new Map(), views = [];
  const bound = (spec) => (spec.params || []).filter((p) => p.bind && p.bind.input === "range");

  function drawable(spec, page) {
    const params = (spec.params || []).map(({ bind, ...rest }) => rest);
    const data = Object.fromEntries(spec.datasets.map((name) => [name, rows(page.datasets[name])]));
    return { ...structuredClone(spec), params, datasets: data };
  }

  // Data come by column, which packs better; a chart wants them by row, and rows of its own.
  function rows(data) {
    if (Array.isArray(data)) return structuredClone(data);
    const columns = Object.entries(data);
    return columns[0][1].map((_, i) => Object.fromEntries(columns.map(([name, v]) => [name, v[i]])));
  }

  const digits = (value) => String(Number(Number(value).toPrecision(4)));

  function slider(param) {
    const { min, max, step, name } = param.bind;
    const input = node("input", undefined, { type: "range", min, max, step, id: param.name });
    const shown = node("output", digits(param.value), { for: param.name });
    input.value = param.value;
    settings.set(param.name, Number(param.value));
    input.addEventListener("input", () => {
      settings.set(param.name, Number(input.value));
      shown.textContent = digits(input.value);
      views.forEach((known) => follow(known.view, known.names));
      later();
    });
    const row = node("div");
    row.append(node("label", name, { for: param.name }), input, shown);
    return row;
  }

  function sliders(page) {
    let box = null;
    for (const figure of figures()) {
      for (const param of bound(page.charts[Number(figure.dataset.chart)].spec)) {
        if (settings.has(param.name)) continue;
        if (!box) {
          box = node("form", undefined, { class: "sliders", "aria-label": "What if" });
          box.addEventListener("submit", (event) => event.preventDefault());
          figure.before(box);
        }
        box.append(slider(param));
      }
    }
    if (box) box.append(node("p", undefined, { class: "said", role: "status" }));
  }

  async function follow(view, names) {
    names.forEach((name) => view.signal(name, settings.get(name)));
    await view.runAsync();
  }

  // What the readings say, for those who do not see them, once the slider rests.
  let waiting = 0;
  function later() {
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      const live = document.querySelector("figure[data-live] .vis-light");
      const words = [...live ? live.querySelectorAll("text") : []].map((t) => t.textContent);
      document.querySelector(".sliders .said").textContent = words.join("; ");
    }, 400);
  }

  async function drawAll(embed, page, theme) {
    for (const figure of figures()) {
      if (figure.querySelector(".vis-" + theme)) continue;
      try {
        await draw(embed, figure, page, theme);
        figure.dataset.state = "drawn";
      } catch (error) {
        figure.dataset.state = "failed";
        console.error("chart " + figure.dataset.chart, error);
      }
    }
  }

  async function start() {
    if (!("DecompressionStream" in window)) {
      root.dataset.charts = "unsupported";
      return;
    }
    const page = JSON.parse(await unpack("cx-charts"));
    pairs(page);
    for (const figure of figures()) {
      const chart = page.charts[Number(figure.dataset.chart)];
      if (chart.table) figure.append(dataTable(chart));
      if (chart.live) figure.dataset.live = "";
    }
    document.dispatchEvent(new Event("cx-tables"));
    sliders(page);
    const embed = await library();
    await drawAll(embed, page, "light");
    if (dark.matches) await drawAll(embed, page, "dark");
    dark.addEventListener("change", () => { if (dark.matches) drawAll(embed, page, "dark"); });
    root.dataset.charts = "ready";
  }
  start().catch((error) => { root.dataset.charts = "failed"; console.error(error); });
})();
