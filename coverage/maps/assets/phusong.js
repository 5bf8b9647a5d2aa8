/* The map's front end: draws a payload of coverage.maps into an element.
 *
 *   const view = PhuSong.draw(element, payload, {onSelect});
 *   view.update(payload)   new data, whole or some of its keys; view and filters stay
 *   view.select(id)        opens the village, commune or action; returns whether it exists
 *   view.filter({technology, operator, commune, power, hardship, classes, layers, opacity})   any of them
 *   view.state()           what is chosen, and the class of every village shown
 *   view.map               the Leaflet map
 *   view.destroy()
 *
 * onSelect({kind: "village" | "commune" | "mast" | "action", id}) follows every choice of the reader.
 *
 * Text from data is only ever set as text; markup is never parsed from a string.
 */
(function (root) {
  "use strict";

  const L = root.L;
  const SCALE = 1e5;
  const NARROW_PX = 720;
  const MAX_MATCHES = 12;
  const CLASS_ORDER = ["good", "unknown", "weak", "none"]; // what matters most is drawn last
  const LAYERS = ["signal", "relief", "communes", "villages", "sites", "plan"];
  const PLAN = "#6a1b9a";
  const PLAN_LINES = { microwave: "6 5", fibre: null };
  const INK = "#1b1f24";
  const PAINT_MS = 300;
  const FLAGS = { power: "has_grid_power", hardship: "extremely_difficult" };
  const ANSWERS = ["yes", "no", "not_known"];
  const LISTED = ["priority_rank", "name", "commune_name", "households", ...Object.values(FLAGS)];

  // ---------------------------------------------------------------- small tools

  function el(tag, attributes, ...children) {
    const node = document.createElement(tag);
    for (const [key, value] of Object.entries(attributes || {})) {
      if (value === false || value === null || value === undefined) continue;
      if (key === "class") node.className = value;
      else node.setAttribute(key, value === true ? "" : String(value));
    }
    node.append(...children.filter((child) => child !== null && child !== undefined));
    return node;
  }

  function plain(text) {
    return text.toLowerCase().replace(/[đð]/g, "d").normalize("NFD").replace(/\p{M}/gu, "");
  }

  function fill(template, values) {
    return template.replace(/\{(\w+)\}/g, (whole, key) => (key in values ? values[key] : whole));
  }

  // ---------------------------------------------------------------- symbols, on canvas

  const SYMBOLS = {
    circle(ctx, x, y, r, colour) {
      ctx.beginPath();
      ctx.arc(x, y, r, 0, 2 * Math.PI);
      outlined(ctx, colour);
    },
    diamond(ctx, x, y, r, colour) {
      const d = r * 1.3;
      polygon(ctx, [[x, y - d], [x + d, y], [x, y + d], [x - d, y]]);
      outlined(ctx, "#ffffff", colour);
      polygon(ctx, [[x, y - d], [x, y + d], [x - d, y]]);
      ctx.fillStyle = colour;
      ctx.fill();
    },
    cross(ctx, x, y, r, colour) {
      ctx.beginPath();
      ctx.rect(x - r, y - r, 2 * r, 2 * r);
      outlined(ctx, colour);
      const d = r * 0.5;
      ctx.beginPath();
      ctx.moveTo(x - d, y - d);
      ctx.lineTo(x + d, y + d);
      ctx.moveTo(x + d, y - d);
      ctx.lineTo(x - d, y + d);
      ctx.strokeStyle = "#ffffff";
      ctx.lineWidth = Math.max(1.4, r * 0.32);
      ctx.stroke();
    },
    question(ctx, x, y, r, colour) {
      ctx.beginPath();
      ctx.arc(x, y, r, 0, 2 * Math.PI);
      outlined(ctx, "#ffffff", colour);
      ctx.fillStyle = colour;
      ctx.font = "700 " + Math.round(r * 1.7) + "px system-ui, sans-serif";
      ctx.textAlign = "center";
      ctx.textBaseline = "middle";
      ctx.fillText("?", x, y + r * 0.1);
    },
    mast(ctx, x, y, r, colour) {
      polygon(ctx, [[x, y - r * 1.1], [x + r, y + r * 0.75], [x - r, y + r * 0.75]]);
      outlined(ctx, colour, "#ffffff", 1);
    },
    action(ctx, x, y, r, colour) {
      polygon(ctx, [[x - r, y - r], [x + r, y - r], [x + r, y + r], [x - r, y + r]]);
      outlined(ctx, colour, "#ffffff", 1);
      ctx.strokeStyle = "#ffffff";
      ctx.lineWidth = r * 0.32;
      ctx.beginPath();
      ctx.moveTo(x - r * 0.6, y);
      ctx.lineTo(x + r * 0.6, y);
      ctx.moveTo(x, y - r * 0.6);
      ctx.lineTo(x, y + r * 0.6);
      ctx.stroke();
    },
    mast_idle(ctx, x, y, r, colour) {
      polygon(ctx, [[x, y - r * 1.1], [x + r, y + r * 0.75], [x - r, y + r * 0.75]]);
      outlined(ctx, "#ffffff", colour, 1.5);
    },
  };

  function polygon(ctx, points) {
    ctx.beginPath();
    points.forEach(([x, y], i) => (i ? ctx.lineTo(x, y) : ctx.moveTo(x, y)));
    ctx.closePath();
  }

  function outlined(ctx, inside, edge, width) {
    ctx.lineJoin = "round";
    ctx.strokeStyle = "#ffffff";
    ctx.lineWidth = 3.2;
    ctx.stroke();
    ctx.fillStyle = inside;
    ctx.fill();
    ctx.strokeStyle = edge || INK;
    ctx.lineWidth = width || (edge ? 1.8 : 0.9);
    ctx.stroke();
  }

  function sample(symbol, colour) {
    const scale = 2;
    const canvas = el("canvas", { width: 22 * scale, height: 22 * scale, class: "ps-sample", "aria-hidden": "true" });
    const ctx = canvas.getContext("2d");
    ctx.scale(scale, scale);
    SYMBOLS[symbol](ctx, 11, 11, symbol.startsWith("mast") ? 7 : 6.5, colour);
    return canvas;
  }

  L.Canvas.include({
    _updatePhuSong(layer) {
      if (!this._drawing || layer._empty()) return;
      const ctx = this._ctx;
      ctx.save();
      ctx.globalAlpha = 1; // Leaflet leaves the opacity of what it drew before
      SYMBOLS[layer.options.symbol](ctx, layer._point.x, layer._point.y, layer._radius, layer.options.color);
      ctx.restore();
    },
  });

  const Mark = L.CircleMarker.extend({
    _updatePath() {
      this._renderer._updatePhuSong(this);
    },
  });

  // ---------------------------------------------------------------- tables of the payload

  class Table {
    constructor(table) {
      this.fields = table.fields;
      this.rows = table.rows;
      this.index = new Map(table.fields.map((field, i) => [field.key, i]));
      const at = (role) => table.fields.findIndex((field) => field.role === role);
      this.idAt = at("id");
      this.nameAt = at("name");
    }

    has(key) {
      return this.index.has(key);
    }

    get(row, key) {
      const i = this.index.get(key);
      return i === undefined ? null : this.cell(row, i);
    }

    cell(row, i) {
      const value = this.rows[row][i];
      const values = this.fields[i].values;
      return values ? values[value] : value;
    }

    id(row) {
      return this.cell(row, this.idAt);
    }

    name(row) {
      return this.cell(row, this.nameAt) || this.id(row);
    }

    find(id) {
      for (let row = 0; row < this.rows.length; row++) if (this.id(row) === id) return row;
      return -1;
    }
  }

  function ringsOf(shape) {
    return shape.map((part) => part.map((steps) => {
      const ring = [];
      let x = 0;
      let y = 0;
      for (let i = 0; i < steps.length; i += 2) {
        x += steps[i];
        y += steps[i + 1];
        ring.push([y / SCALE, x / SCALE]);
      }
      return ring;
    }));
  }

  // ---------------------------------------------------------------- the view

  class View {
    constructor(element, payload, options) {
      this.element = element;
      this.options = options || {};
      this.data = Object.assign({}, payload);
      this.chosen = {
        technology: payload.technology,
        operator: "",
        commune: "",
        power: "",
        hardship: "",
        classes: new Set(payload.classes.map((c) => c.id)),
        layers: new Set(LAYERS),
        opacity: 0.6,
      };
      this.pictures = new Map();
      this.uid = "ps" + View.count++;
      this.build();
      this.read();
      this.drawHead();
      this.showPanel(!this.isNarrow());
      this.buildMap();
      this.redraw();
      this.watchSize();
      this.watchPrint();
      this.goHome();
    }

    // --- data

    read() {
      const data = this.data;
      this.villages = new Table(data.villages);
      this.communes = new Table(data.communes);
      this.byClass = new Map(data.classes.map((c) => [c.id, c]));
      this.number = (digits) => new Intl.NumberFormat(data.language, { maximumFractionDigits: digits, minimumFractionDigits: 0 });
      if (!data.technologies.some((t) => t.id === this.chosen.technology)) this.chosen.technology = data.technology;
      if (!data.operators.includes(this.chosen.operator)) this.chosen.operator = "";
      if (this.communes.find(this.chosen.commune) < 0) this.chosen.commune = "";
    }

    word(key, values) {
      const text = this.data.words[key] || key;
      return values ? fill(text, values) : text;
    }

    classOf(row) {
      const key = "signal_class_" + this.chosen.technology.toLowerCase();
      const name = this.villages.get(row, key);
      return this.byClass.has(name) ? name : "unknown";
    }

    inCommune(row) {
      return !this.chosen.commune || this.villages.get(row, "commune_code") === this.chosen.commune;
    }

    answer(row, key) {
      const value = this.villages.get(row, key);
      return value === null ? "not_known" : value ? "yes" : "no";
    }

    /* In the commune, with the power and the hardship that the reader asks for. */
    isAsked(row) {
      const fits = ([name, key]) => !this.chosen[name] || this.answer(row, key) === this.chosen[name];
      return this.inCommune(row) && Object.entries(FLAGS).every(fits);
    }

    isShown(row) {
      return this.isAsked(row) && this.chosen.classes.has(this.classOf(row));
    }

    // --- the page

    build() {
      const root = this.element;
      root.replaceChildren();
      root.classList.add("phusong");
      this.head = el("header", { class: "ps-head" });
      this.alert = el("p", { class: "ps-synthetic", role: "note" });
      this.mapBox = el("div", { class: "ps-map", role: "application", "aria-label": this.word("map") });
      this.panel = el("aside", { class: "ps-panel", id: this.uid + "-panel", "aria-label": this.word("panel") });
      this.strip = el("div", { class: "ps-strip", "aria-hidden": "true" });
      this.list = el("div", { class: "ps-list", tabindex: "0", role: "region", "aria-label": this.word("list"), hidden: true });
      const body = el("div", { class: "ps-body" }, el("div", { class: "ps-stage" }, this.mapBox, this.list, this.strip), this.panel);
      root.append(this.head, this.alert, body);
      this.toggle = el("button", { type: "button", class: "ps-toggle", "aria-controls": this.uid + "-panel" });
      this.toggle.addEventListener("click", () => this.showPanel(!this.panelOpen));
      root.addEventListener("keydown", (event) => {
        if (event.key === "Escape" && this.panelOpen && this.isNarrow() && !event.defaultPrevented) {
          this.showPanel(false);
          this.toggle.focus();
        }
      });
    }

    isNarrow() {
      return this.element.clientWidth < NARROW_PX;
    }

    showPanel(open) {
      this.panelOpen = open;
      this.element.classList.toggle("ps-open", open);
      this.toggle.setAttribute("aria-expanded", String(open));
      this.toggle.textContent = open ? "✕ " + this.word("close") : "☰ " + this.word("panel");
    }

    drawHead() {
      const data = this.data;
      const heading = el("h1", {}, el("span", { class: "ps-brand" }, data.name), data.title);
      const sub = el("p", { class: "ps-sub" }, [this.word("subtitle"), data.date].filter(Boolean).join(" · "));
      this.head.replaceChildren(el("div", { class: "ps-title" }, heading, sub), this.toggle);
      this.alert.hidden = data.synthetic.length === 0;
      this.alert.textContent = this.word("synthetic") + ": " + data.synthetic.join(", ");
    }

    section(title, ...children) {
      return el("section", {}, el("h2", {}, title), ...children);
    }

    drawPanel() {
      const focus = this.focusedName();
      const scrolled = this.panel.scrollTop;
      const unplacedOpen = Boolean(this.unplacedBox && this.unplacedBox.open);
      this.panel.replaceChildren(...[
        this.drawSearch(),
        this.drawListToggle(),
        this.drawTechnology(),
        this.drawLegend(),
        this.drawPlanFigures(),
        this.drawFilters(),
        this.drawLayers(),
        this.drawPrint(),
        this.drawUnplaced(),
        this.drawAbout(),
      ].filter(Boolean));
      if (this.unplacedBox) this.unplacedBox.open = unplacedOpen;
      this.focusNamed(focus);
      this.refreshCounts();
      this.panel.scrollTop = scrolled;
    }

    focusedName() {
      const active = this.element.getRootNode().activeElement;
      return active && this.panel.contains(active) ? active.getAttribute("data-focus") : null;
    }

    focusNamed(name) {
      if (!name) return;
      for (const node of this.panel.querySelectorAll("[data-focus]")) {
        if (node.getAttribute("data-focus") === name) node.focus({ preventScroll: true });
      }
    }

    // --- search

    drawSearch() {
      const list = el("ul", { class: "ps-matches", role: "listbox", id: this.uid + "-matches", "aria-label": this.word("search"), hidden: true });
      const input = el("input", {
        type: "search", class: "ps-search", role: "combobox", autocomplete: "off", spellcheck: "false",
        id: this.uid + "-search", "aria-expanded": "false", "aria-autocomplete": "list",
        "aria-controls": this.uid + "-matches", placeholder: this.word("search_hint"), "data-focus": "search",
      });
      this.search = { input, list, matches: [], active: -1 };
      input.addEventListener("input", () => this.lookUp(input.value));
      input.addEventListener("keydown", (event) => this.searchKey(event));
      input.addEventListener("blur", () => setTimeout(() => this.closeMatches(), 200));
      return el("section", { class: "ps-searchbox" }, el("label", { for: this.uid + "-search" }, this.word("search")), input, list);
    }

    entries() {
      if (this.entryCache) return this.entryCache;
      const entries = [];
      for (let row = 0; row < this.communes.rows.length; row++) {
        const name = this.communes.name(row);
        if (!this.data.communes.shapes[row].length) continue;
        entries.push({ kind: "commune", id: this.communes.id(row), name, detail: "", key: plain(name) });
      }
      for (let row = 0; row < this.villages.rows.length; row++) {
        const name = this.villages.name(row);
        const detail = this.communeOf(row);
        entries.push({ kind: "village", id: this.villages.id(row), name, detail, key: plain(name + " " + detail + " " + this.villages.id(row)) });
      }
      this.entryCache = entries;
      return entries;
    }

    communeOf(row) {
      const name = this.villages.get(row, "commune_name");
      if (name) return name;
      const at = this.communes.find(this.villages.get(row, "commune_code"));
      return at < 0 ? "" : this.communes.name(at);
    }

    lookUp(text) {
      const wanted = plain(text.trim());
      const words = wanted.split(/\s+/).filter(Boolean);
      const found = words.length ? this.entries().filter((e) => words.every((w) => e.key.includes(w))) : [];
      const rank = (e) => (e.key.startsWith(wanted) ? 0 : 2) + (e.kind === "commune" ? 0 : 1);
      found.sort((a, b) => rank(a) - rank(b));
      this.search.matches = found.slice(0, MAX_MATCHES);
      this.search.active = -1;
      this.drawMatches(words.length > 0);
    }

    drawMatches(asked) {
      const { input, list, matches } = this.search;
      const items = matches.map((match, i) => {
        const item = el("li", { role: "option", id: this.uid + "-match-" + i, "aria-selected": "false" },
          el("span", {}, match.name), el("small", {}, match.kind === "commune" ? this.word("commune") : match.detail));
        item.addEventListener("mousedown", (event) => {
          event.preventDefault();
          this.takeMatch(i);
        });
        return item;
      });
      if (asked && !items.length) items.push(el("li", { class: "ps-nothing" }, this.word("no_match")));
      list.replaceChildren(...items);
      list.hidden = items.length === 0;
      input.setAttribute("aria-expanded", String(!list.hidden));
      input.removeAttribute("aria-activedescendant");
    }

    searchKey(event) {
      const search = this.search;
      const count = search.matches.length;
      if (event.key === "Escape" && !search.list.hidden) {
        event.preventDefault();
        this.closeMatches();
      } else if (event.key === "Enter" && count) {
        event.preventDefault();
        this.takeMatch(Math.max(search.active, 0));
      } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && count) {
        event.preventDefault();
        if (event.key === "ArrowDown") search.active = (search.active + 1) % count;
        else search.active = search.active <= 0 ? count - 1 : search.active - 1;
        [...search.list.children].forEach((item, i) => item.setAttribute("aria-selected", String(i === search.active)));
        search.list.children[search.active].scrollIntoView({ block: "nearest" });
        search.input.setAttribute("aria-activedescendant", this.uid + "-match-" + search.active);
      }
    }

    closeMatches() {
      this.search.list.hidden = true;
      this.search.input.setAttribute("aria-expanded", "false");
    }

    takeMatch(i) {
      const match = this.search.matches[i];
      this.search.input.value = match.name;
      this.closeMatches();
      if (this.isNarrow()) this.showPanel(false);
      this.open(match.kind, match.id, true);
    }

    // --- technology, legend, filters, layers

    drawTechnology() {
      const name = this.uid + "-technology";
      const choices = this.data.technologies.map((technology) => {
        const input = el("input", { type: "radio", name, value: technology.id, "data-focus": "technology-" + technology.id });
        input.checked = technology.id === this.chosen.technology;
        input.addEventListener("change", () => this.filter({ technology: technology.id }));
        return el("label", {}, input, el("span", {}, technology.id));
      });
      const group = el("div", { class: "ps-technology", role: "radiogroup", "aria-label": this.word("technology") }, ...choices);
      return el("section", { class: "ps-screen" }, el("h2", {}, this.word("technology")), group);
    }

    limits() {
      return this.data.technologies.find((t) => t.id === this.chosen.technology);
    }

    rangeOf(name) {
      const t = this.limits();
      const n = this.number(1);
      const minus = (v) => n.format(v).replace("-", "−");
      if (name === "good") return "≥ " + minus(t.good_dbm) + " dBm";
      if (name === "weak") return minus(t.weak_dbm) + " … " + minus(t.good_dbm) + " dBm";
      return name === "none" ? "< " + minus(t.weak_dbm) + " dBm" : "";
    }

    drawLegend() {
      this.countNodes = new Map();
      const rows = this.data.classes.map((c) => {
        const box = el("input", { type: "checkbox", value: c.id, "data-focus": "class-" + c.id });
        box.checked = this.chosen.classes.has(c.id);
        box.addEventListener("change", () => {
          const classes = new Set(this.chosen.classes);
          if (box.checked) classes.add(c.id);
          else classes.delete(c.id);
          this.filter({ classes: [...classes] });
        });
        const count = el("output", { class: "ps-count", "data-class": c.id });
        this.countNodes.set(c.id, count);
        const swatch = el("span", { class: "ps-swatch ps-swatch-" + c.id, "aria-hidden": "true" });
        swatch.style.setProperty("--area", c.area);
        const range = this.rangeOf(c.id);
        return el("label", { class: "ps-class" }, box, sample(c.symbol, c.colour), swatch,
          el("span", { class: "ps-name" }, c.label, range ? el("small", {}, range) : null), count);
      });
      const t = this.limits();
      const shown = el("p", { class: "ps-shown", role: "status" });
      this.shownNode = shown;
      const masts = this.data.sites.length
        ? [this.mastRow("mast", "masts_legend", false), this.mastRow("mast_idle", "masts_idle_legend", true)]
        : [];
      const about = this.data.legend_note
        ? el("p", { class: "ps-hint" }, this.data.legend_note)
        : el("p", { class: "ps-hint" }, this.word("villages_by_class", { technology: t.id }), " · ", this.word("area_by_class", { technology: t.id }),
          " (", t.quantity, ", ", this.data.operator_shown || this.word("any_operator"), ")");
      return this.section(this.word("legend"), about,
        ...rows, ...masts, shown, el("p", { class: "ps-hint ps-screen" }, this.word("legend_hint")));
    }

    mastRow(symbol, key, idle) {
      const count = this.data.sites.filter((mast) => this.isIdle(mast) === idle).length;
      if (!count) return null;
      return el("div", { class: "ps-class" }, el("span", { class: "ps-nobox" }), sample(symbol, INK), el("span", { class: "ps-noswatch" }),
        el("span", { class: "ps-name" }, this.word(key)), el("output", { class: "ps-count" }, this.number(0).format(count)));
    }

    select_(label, name, value, choices, take) {
      const id = this.uid + "-" + name;
      const select = el("select", { id, "data-focus": name }, ...choices.map(([key, text]) => el("option", { value: key }, text)));
      select.value = value;
      select.addEventListener("change", () => take(select.value));
      return el("div", { class: "ps-field" }, el("label", { for: id }, label), select);
    }

    drawFilters() {
      const communes = [["", this.word("all_communes")]];
      for (let row = 0; row < this.communes.rows.length; row++) {
        if (this.communes.id(row)) communes.push([this.communes.id(row), this.communes.name(row)]);
      }
      const operators = [["", this.word("all_operators")], ...this.data.operators.map((name) => [name, name])];
      return el("section", { class: "ps-screen" }, el("h2", {}, this.word("filters")),
        this.select_(this.word("commune"), "commune", this.chosen.commune, communes, (commune) => this.filter({ commune }, true)),
        this.data.sites.length ? this.select_(this.word("operator"), "operator", this.chosen.operator, operators, (operator) => this.filter({ operator })) : null,
        ...Object.keys(FLAGS).map((name) => this.drawFlag(name)));
    }

    drawFlag(name) {
      if (!this.villages.has(FLAGS[name])) return null;
      const choices = [["", this.word("all_villages")], ...ANSWERS.map((answer) => [answer, this.word(answer)])];
      return this.select_(this.word(name), name, this.chosen[name], choices, (answer) => this.filter({ [name]: answer }));
    }

    // --- the table, for those whom the map does not serve

    drawListToggle() {
      const button = el("button", { type: "button", class: "ps-link ps-listing-toggle", "aria-pressed": String(!this.list.hidden), "data-focus": "list" },
        this.word(this.list.hidden ? "show_list" : "show_map"));
      button.addEventListener("click", () => {
        this.showList(this.list.hidden);
        if (this.isNarrow()) this.showPanel(false);
      });
      return el("section", { class: "ps-screen" }, button);
    }

    showList(open) {
      this.list.hidden = !open;
      this.mapBox.hidden = open;
      this.element.classList.toggle("ps-tabled", open);
      this.drawPanel();
      this.drawList();
    }

    /* The villages that the filters leave, placed or not, in the order of their rank. */
    drawList() {
      if (this.list.hidden) return;
      const table = this.villages;
      const keys = LISTED.filter((key) => table.has(key));
      const level = "signal_class_" + this.chosen.technology.toLowerCase();
      const cause = table.fields.findIndex((field) => field.role === "cause");
      const rows = table.rows.map((_, row) => row).filter((row) => this.isShown(row));
      rows.sort((a, b) => table.get(a, "priority_rank") - table.get(b, "priority_rank"));
      const heads = [...keys.map((key) => table.fields[table.index.get(key)].label), this.word("villages_by_class", { technology: this.chosen.technology }),
        ...(cause < 0 ? [] : [table.fields[cause].label])];
      const lines = rows.map((row) => {
        const style = this.byClass.get(this.classOf(row));
        const cells = keys.map((key) => (key === "name" ? el("th", { scope: "row" }, this.listName(row)) : el("td", {}, this.written(table, row, table.index.get(key)))));
        return el("tr", {}, ...cells, el("td", { class: "ps-signal" }, sample(style.symbol, style.colour), table.has(level) ? style.short : this.word("not_known")),
          cause < 0 ? null : el("td", {}, table.cell(row, cause)));
      });
      const caption = el("caption", {}, this.word("list") + ": " + this.number(0).format(rows.length));
      this.list.replaceChildren(el("table", {}, caption, el("thead", {}, el("tr", {}, ...heads.map((text) => el("th", { scope: "col" }, text)))), el("tbody", {}, ...lines)));
    }

    leaveList() {
      if (this.list.hidden) return;
      this.showList(false);
      this.map.invalidateSize({ animate: false });
    }

    listName(row) {
      const button = el("button", { type: "button", class: "ps-name-button" }, this.villages.name(row));
      button.addEventListener("click", () => this.open("village", this.villages.id(row), true));
      return button;
    }

    has(layer) {
      return layer === "sites" ? this.data.sites.length > 0 : layer !== "plan" || Boolean(this.data.plan);
    }

    drawPlanFigures() {
      const plan = this.data.plan;
      if (!plan) return null;
      const kinds = Object.keys(PLAN_LINES).filter((kind) => plan.lines.some((line) => line.kind === kind));
      const lines = kinds.map((kind) => el("div", { class: "ps-key" }, el("span", { class: "ps-line ps-line-" + kind, "aria-hidden": "true" }), el("span", { class: "ps-name" }, this.word("plan_" + kind))));
      const action = el("div", { class: "ps-key" }, sample("action", PLAN), el("span", { class: "ps-name" }, this.word("plan_action")));
      const list = plan.actions.map((one, i) => {
        const button = el("button", { type: "button", class: "ps-step", "data-focus": "action-" + one.id },
          el("span", {}, i + 1 + ". " + one.kind), el("small", {}, one.id + " · +" + this.number(0).format(one.gained) + " " + this.word("households_short")));
        button.addEventListener("click", () => {
          if (this.isNarrow()) this.showPanel(false);
          this.openAction(one, true);
          this.tell("action", one.id);
        });
        return el("li", {}, button);
      });
      return el("section", { class: "ps-plan" }, el("h2", {}, this.word("plan")), this.pairs(plan.figures), action, ...lines,
        el("details", { class: "ps-screen" }, el("summary", {}, this.word("plan_list")), el("ol", {}, ...list)));
    }

    pairs(rows) {
      return el("table", {}, el("tbody", {}, ...rows.map(([label, text]) => el("tr", {}, el("th", { scope: "row" }, label), el("td", {}, text)))));
    }

    drawLayers() {
      const boxes = LAYERS.filter((name) => this.has(name)).map((name) => {
        const box = el("input", { type: "checkbox", value: name, "data-layer": name, "data-focus": "layer-" + name });
        box.checked = this.chosen.layers.has(name);
        box.addEventListener("change", () => {
          const layers = new Set(this.chosen.layers);
          if (box.checked) layers.add(name);
          else layers.delete(name);
          this.filter({ layers: [...layers] });
        });
        return el("label", { class: "ps-layer" }, box, el("span", {}, this.word("layer_" + name)));
      });
      const id = this.uid + "-opacity";
      const slider = el("input", { type: "range", id, min: "0", max: "1", step: "0.1", "data-focus": "opacity" });
      slider.value = String(this.chosen.opacity);
      slider.addEventListener("input", () => {
        this.chosen.opacity = Number(slider.value);
        const picture = this.pictures.get("signal");
        if (picture) picture.setOpacity(this.chosen.opacity);
      });
      return el("section", { class: "ps-screen" }, el("h2", {}, this.word("layers")), ...boxes,
        el("div", { class: "ps-field" }, el("label", { for: id }, this.word("opacity")), slider));
    }

    drawUnplaced() {
      const rows = [];
      this.data.villages.places.forEach((place, row) => {
        if (!place) rows.push(row);
      });
      this.unplaced = new Map();
      this.unplacedBox = null;
      if (!rows.length) return null;
      const items = rows.map((row) => {
        const details = el("details", { class: "ps-village" }, el("summary", {}, this.villages.name(row), el("small", {}, this.communeOf(row))));
        details.addEventListener("toggle", () => {
          if (details.open && details.children.length === 1) details.append(...this.villageRows(row));
        });
        this.unplaced.set(this.villages.id(row), details);
        return details;
      });
      this.unplacedBox = el("details", { class: "ps-unplaced" },
        el("summary", {}, this.word("no_position") + ": " + this.number(0).format(rows.length)),
        el("p", { class: "ps-hint" }, this.word("no_position_hint")), ...items);
      return el("section", {}, this.unplacedBox);
    }

    drawAbout() {
      const data = this.data;
      const list = el("dl", {}, ...data.facts.flatMap(([label, text]) => [el("dt", {}, label), el("dd", {}, text)]));
      const notes = [data.note, data.sites_coarse ? this.word("masts_coarse") : ""].filter(Boolean).map((text) => el("p", { class: "ps-note" }, text));
      return el("section", { class: "ps-about" }, el("h2", {}, this.word("about")), ...notes, list);
    }

    refreshCounts() {
      const counts = new Map(this.data.classes.map((c) => [c.id, 0]));
      let shown = 0;
      let all = 0;
      for (let row = 0; row < this.villages.rows.length; row++) {
        if (!this.isAsked(row)) continue;
        const name = this.classOf(row);
        counts.set(name, counts.get(name) + 1);
        all += 1;
        if (this.chosen.classes.has(name) && this.data.villages.places[row]) shown += 1;
      }
      const n = this.number(0);
      for (const [name, node] of this.countNodes) node.textContent = n.format(counts.get(name));
      this.shownNode.textContent = this.word("shown", { shown: n.format(this.chosen.layers.has("villages") ? shown : 0), all: n.format(all) });
      this.strip.replaceChildren(el("b", {}, this.chosen.technology), ...this.data.classes.map((c) =>
        el("span", {}, sample(c.symbol, c.colour), c.short + " " + n.format(counts.get(c.id)))));
    }

    // --- the map

    buildMap() {
      const map = L.map(this.mapBox, { zoomControl: false, attributionControl: false, fadeAnimation: false, zoomSnap: 0.25, wheelPxPerZoomLevel: 90, maxZoom: 17, minZoom: 5, preferCanvas: true });
      this.map = map;
      [["relief", 200], ["unknown", 210], ["signal", 220], ["veil", 230], ["labels", 620]].forEach(([name, z]) => {
        map.createPane("ps-" + name).style.zIndex = String(z);
      });
      for (const name of ["veil", "labels"]) map.getPane("ps-" + name).style.pointerEvents = "none";
      this.renderer = L.canvas({ padding: 0.3, tolerance: L.Browser.mobile ? 9 : 4 });
      L.control.zoom({ zoomInTitle: this.word("zoom_in"), zoomOutTitle: this.word("zoom_out") }).addTo(map);
      this.addHome();
      L.control.scale({ imperial: false, position: "bottomleft" }).addTo(map);
      map.on("popupopen", (event) => this.namePopup(event.popup));
      map.on("popupopen popupclose", (event) => this.mapBox.classList.toggle("ps-reading", event.type === "popupopen"));
      map.on("zoomend", () => this.resize());
      this.veil = L.polygon([], { renderer: L.svg({ pane: "ps-veil", padding: 1 }), pane: "ps-veil", interactive: false, color: INK, weight: 2.2, fillColor: "#ffffff", fillOpacity: 0.68, smoothFactor: 0.7 }).addTo(map);
      this.layers = { communes: L.layerGroup(), sites: L.layerGroup(), villages: L.layerGroup(), plan: L.layerGroup(), labels: L.layerGroup() };
      this.popup = L.popup({ maxWidth: 340, minWidth: 280, autoPanPadding: [16, 16] });
      map.fitBounds(this.data.bounds, { padding: [8, 8], animate: false });
    }

    addHome() {
      const home = L.control({ position: "topleft" });
      home.onAdd = () => {
        const button = el("button", { type: "button", class: "ps-home", title: this.word("whole"), "aria-label": this.word("whole") }, "⤢");
        L.DomEvent.disableClickPropagation(button);
        button.addEventListener("click", () => this.goHome());
        return el("div", { class: "leaflet-bar" }, button);
      };
      home.addTo(this.map);
    }

    namePopup(popup) {
      const node = popup.getElement();
      const close = node.querySelector(".leaflet-popup-close-button");
      if (close) close.setAttribute("aria-label", this.word("close"));
      const wrapper = node.querySelector(".leaflet-popup-content");
      wrapper.tabIndex = 0;
    }

    watchSize() {
      this.observer = new ResizeObserver(() => {
        this.map.invalidateSize({ animate: false });
        if (this.isHome) this.goHome();
      });
      this.observer.observe(this.mapBox);
      this.map.on("movestart zoomstart", () => (this.isHome = this.isFitting));
    }

    /* The buttons draw the map anew for their paper, the browser's own command for any; once it is
     * printed it is drawn for the screen again. */
    watchPrint() {
      this.onPaper = () => {
        this.setPaper(true);
        this.paintNow();
      };
      this.onPrinted = () => {
        this.element.classList.remove("ps-a4", "ps-a3");
        this.setPaper(false);
      };
      root.addEventListener("beforeprint", this.onPaper);
      root.addEventListener("afterprint", this.onPrinted);
    }

    setPaper(starts) {
      if (starts === Boolean(this.beforePaper)) return;
      const { bounds, home } = this.beforePaper || { bounds: this.map.getBounds(), home: this.isHome };
      this.beforePaper = starts ? { bounds, home } : null;
      if (starts) this.observer.disconnect();
      this.element.classList.toggle("ps-printing", starts);
      this.map.invalidateSize({ animate: false });
      if (home) this.goHome();
      else this.map.fitBounds(bounds, { animate: false });
      if (!starts) this.observer.observe(this.mapBox);
    }

    /* Printing plays back what was done to a canvas since it was last copied or shown, and there its
     * emptying comes out as white paper over the pictures. So it is copied between emptying and drawing. */
    paintNow() {
      const canvas = this.renderer;
      L.Util.cancelAnimFrame(canvas._redrawRequest);
      canvas._redrawRequest = canvas._redrawBounds = null;
      canvas._clear();
      el("canvas").getContext("2d").drawImage(canvas._container, 0, 0, 1, 1);
      canvas._draw();
    }

    drawPrint() {
      const button = (paper) => {
        const node = el("button", { type: "button", class: "ps-link", "data-focus": "print-" + paper }, this.word("print") + " " + paper.toUpperCase());
        node.addEventListener("click", () => {
          this.element.classList.add("ps-" + paper);
          this.setPaper(true);
          setTimeout(() => root.print(), PAINT_MS); // the pictures are painted at their new size
        });
        return node;
      };
      return el("section", { class: "ps-screen ps-print" }, button("a4"), button("a3"));
    }

    /* Shows the whole area, and goes on doing so when the size changes, until the reader moves. */
    goHome() {
      this.isFitting = true;
      this.map.fitBounds(this.data.bounds, { padding: [8, 8], animate: false });
      this.isFitting = false;
      this.isHome = true;
    }

    redraw() {
      this.entryCache = null;
      for (const layer of Object.values(this.layers)) layer.remove();
      this.drawHead();
      this.drawPanel();
      this.drawVeil();
      this.drawCommunes();
      this.drawSites();
      this.drawVillages();
      this.drawPlan();
      this.drawList();
      this.arrange();
    }

    /* What lies outside the area is faded: nothing is counted there, and stations beyond the border
     * are often not listed. The shapes are holes in a frame around everything. */
    drawVeil() {
      const frame = [[-85, -360], [-85, 360], [85, 360], [85, -360]];
      const rings = ringsOf(this.data.communes.outline).flat();
      this.veil.setLatLngs(rings.length ? [frame, ...rings] : []);
    }

    drawCommunes() {
      const group = this.layers.communes.clearLayers();
      const labels = this.layers.labels.clearLayers();
      this.communeShapes = new Map();
      this.data.communes.shapes.forEach((shape, row) => {
        if (!shape.length) return;
        const id = this.communes.id(row);
        const chosen = id === this.chosen.commune;
        const polygonLayer = L.polygon(ringsOf(shape), {
          renderer: this.renderer, color: chosen ? "#000000" : "#33373d", weight: chosen ? 3.5 : 1.2, opacity: chosen ? 1 : 0.75,
          fill: true, fillColor: "#ffffff", fillOpacity: this.chosen.commune && !chosen ? 0.45 : 0, smoothFactor: 0.7,
        });
        polygonLayer.on("click", (event) => {
          L.DomEvent.stopPropagation(event);
          this.open("commune", id, false, event.latlng);
        });
        this.communeShapes.set(id, polygonLayer);
        group.addLayer(polygonLayer);
        labels.addLayer(this.label(polygonLayer, this.communes.name(row)));
      });
    }

    label(shape, name) {
      return L.tooltip({ permanent: true, direction: "center", className: "ps-label", pane: "ps-labels", interactive: false })
        .setLatLng(shape.getBounds().getCenter()).setContent(el("span", {}, name));
    }

    isIdle(mast) {
      return mast.sites.every((site) => site[4] !== "active");
    }

    drawSites() {
      const group = this.layers.sites.clearLayers();
      for (const mast of this.data.sites) {
        if (this.chosen.operator && !mast.sites.some((site) => site[1] === this.chosen.operator)) continue;
        const mark = new Mark(mast.place, { renderer: this.renderer, symbol: this.isIdle(mast) ? "mast_idle" : "mast", color: INK, radius: this.mastRadius(), weight: 2 });
        mark.bindTooltip(() => this.mastRows(mast), { className: "ps-tooltip", sticky: false });
        mark.on("click", (event) => {
          L.DomEvent.stopPropagation(event);
          this.show("mast", mast.id, mast.place, this.mastRows(mast));
          this.tell("mast", mast.id);
        });
        group.addLayer(mark);
      }
    }

    drawPlan() {
      const group = this.layers.plan.clearLayers();
      const plan = this.data.plan;
      if (!plan) return;
      for (const line of plan.lines) {
        group.addLayer(L.polyline(line.points, { renderer: this.renderer, color: PLAN, weight: 2.5, dashArray: PLAN_LINES[line.kind], interactive: false }));
      }
      for (const one of plan.actions) {
        const mark = new Mark(one.place, { renderer: this.renderer, symbol: "action", color: PLAN, radius: this.actionRadius(), weight: 2 });
        mark.phusong = { action: one.id };
        mark.bindTooltip(() => el("span", {}, el("b", {}, one.id), " · ", one.kind), { className: "ps-tooltip" });
        mark.on("click", (event) => {
          L.DomEvent.stopPropagation(event);
          this.openAction(one, false);
          this.tell("action", one.id);
        });
        group.addLayer(mark);
      }
    }

    actionRadius() {
      return 5.2 * this.zoomFactor();
    }

    openAction(one, move) {
      this.leaveList();
      if (move) this.map.setView(one.place, Math.max(this.map.getZoom(), 12), { animate: false });
      this.show("action", one.id, one.place, el("div", { class: "ps-card" }, el("h3", {}, one.kind), el("p", { class: "ps-id" }, one.id), this.pairs(one.rows)));
    }

    drawVillages() {
      const group = this.layers.villages.clearLayers();
      const rows = [];
      for (let row = 0; row < this.villages.rows.length; row++) {
        if (this.data.villages.places[row] && this.isShown(row)) rows.push(row);
      }
      rows.sort((a, b) => CLASS_ORDER.indexOf(this.classOf(a)) - CLASS_ORDER.indexOf(this.classOf(b)));
      for (const row of rows) {
        const style = this.byClass.get(this.classOf(row));
        const mark = new Mark(this.data.villages.places[row], { renderer: this.renderer, symbol: style.symbol, color: style.colour, radius: this.villageRadius(style.id), weight: 3 });
        mark.phusong = { row, class: style.id };
        mark.bindTooltip(() => el("span", {}, el("b", {}, this.villages.name(row)), " · ", this.byClass.get(this.classOf(row)).short), { className: "ps-tooltip" });
        mark.on("click", (event) => {
          L.DomEvent.stopPropagation(event);
          this.open("village", this.villages.id(row), false);
        });
        group.addLayer(mark);
      }
    }

    zoomFactor() {
      return Math.min(1.5, Math.max(0.62, 0.62 + (this.map.getZoom() - 8.75) * 0.17));
    }

    villageRadius(name) {
      return (name === "good" ? 4.4 : 5.6) * this.zoomFactor();
    }

    mastRadius() {
      return 4.4 * this.zoomFactor();
    }

    resize() {
      this.layers.villages.eachLayer((mark) => mark.setRadius(this.villageRadius(mark.phusong.class)));
      this.layers.sites.eachLayer((mark) => mark.setRadius(this.mastRadius()));
      this.layers.plan.eachLayer((mark) => mark.setRadius && mark.setRadius(this.actionRadius()));
      this.arrangeLabels();
    }

    /* Puts the chosen layers on the map, in their order. One canvas holds all marks, so that each
     * can be pointed at; what is added later lies above. */
    arrange() {
      for (const name of ["communes", "sites", "villages", "plan"]) {
        if (this.chosen.layers.has(name)) this.layers[name].addTo(this.map);
      }
      this.arrangeLabels();
      this.arrangePictures();
    }

    arrangeLabels() {
      const wanted = this.chosen.layers.has("communes") && this.map.getZoom() >= 9.75;
      if (wanted) this.layers.labels.addTo(this.map);
      else this.layers.labels.remove();
    }

    arrangePictures() {
      const overlays = new Map((this.data.overlays || []).map((overlay) => [overlay.id, overlay]));
      const layers = this.chosen.layers;
      this.place("relief", layers.has("relief") ? overlays.get("relief") : null, 1);
      this.place("unknown", layers.has("relief") ? overlays.get("unknown") : null, 1);
      this.place("signal", layers.has("signal") ? overlays.get(this.chosen.technology) : null, this.chosen.opacity);
    }

    place(slot, overlay, opacity) {
      const old = this.pictures.get(slot);
      if (old && overlay && old.phusong === overlay.url) return;
      if (old) old.remove();
      this.pictures.delete(slot);
      if (!overlay) return;
      const picture = L.imageOverlay(overlay.url, overlay.bounds, { pane: "ps-" + slot, opacity, className: slot === "relief" ? "ps-smooth" : "ps-crisp", alt: "" });
      picture.phusong = overlay.url;
      picture.addTo(this.map);
      this.pictures.set(slot, picture);
    }

    // --- pop-ups

    written(table, row, i) {
      const field = table.fields[i];
      const value = table.cell(row, i);
      if (value === null && field.kind === "flag") return this.word("not_known");
      if (value === null || value === "") return this.word("no_value");
      const n = (digits) => this.number(digits).format(value).replace("-", "−");
      switch (field.kind) {
        case "count": return n(0);
        case "metres": return value >= 1000 ? this.number(1).format(value / 1000) + " km" : n(0) + " m";
        case "dbm": return n(1) + " dBm";
        case "share": return this.number(1).format(value * 100) + " %";
        case "score": return n(3);
        case "area": return n(1);
        case "flag": return this.word(value ? "yes" : "no");
        case "choice": return (this.data.choices[field.key] || {})[value] || value;
        default: return value;
      }
    }

    /* A class with its level: "−98,2 dBm · tốt", behind its symbol. */
    signalCell(table, row, field) {
      const style = this.byClass.get(table.get(row, field.key)) || this.byClass.get("unknown");
      const level = table.index.get("rsrp_" + field.key.slice("signal_class_".length) + "_dbm");
      const known = level !== undefined && table.cell(row, level) !== null;
      const words = known ? this.written(table, row, level) + " · " + style.short : style.id === "none" ? this.word("no_signal_value") : style.short;
      return el("td", { class: "ps-signal" }, sample(style.symbol, style.colour), words);
    }

    rowsOf(table, row, wanted) {
      const body = el("tbody");
      table.fields.forEach((field, i) => {
        if (!wanted(field)) return;
        const value = table.cell(row, i);
        if (field.kind === "text" && value === "") return;
        const cell = field.kind === "class" ? this.signalCell(table, row, field) : el("td", {}, this.written(table, row, i));
        body.append(el("tr", {}, el("th", { scope: "row" }, field.label), cell));
      });
      return el("table", {}, body);
    }

    villageRows(row) {
      const nodes = [];
      const cause = this.villages.fields.findIndex((field) => field.role === "cause");
      const why = cause < 0 ? "" : this.villages.cell(row, cause);
      if (why) nodes.push(el("p", { class: "ps-cause" }, why));
      const profile = (this.data.profiles || {})[this.villages.id(row)];
      if (profile) nodes.push(el("img", { class: "ps-profile", src: profile, alt: this.word("profile"), width: 320, height: 168 }));
      nodes.push(this.rowsOf(this.villages, row, (field) => !field.role));
      if (this.villages.fields.some((field) => field.role === "part")) {
        nodes.push(el("details", {}, el("summary", {}, this.word("parts")), this.rowsOf(this.villages, row, (field) => field.role === "part")));
      }
      return nodes;
    }

    villageCard(row) {
      return el("div", { class: "ps-card" }, el("h3", {}, this.villages.name(row)),
        el("p", { class: "ps-id" }, this.word("village"), " ", this.villages.id(row)), ...this.villageRows(row));
    }

    communeCard(row) {
      const id = this.communes.id(row);
      const button = el("button", { type: "button", class: "ps-link" }, this.word(this.chosen.commune === id ? "all_communes" : "in_commune"));
      button.addEventListener("click", () => {
        this.map.closePopup();
        this.filter({ commune: this.chosen.commune === id ? "" : id }, true);
      });
      return el("div", { class: "ps-card" }, el("h3", {}, this.communes.name(row)), el("p", { class: "ps-id" }, id),
        this.rowsOf(this.communes, row, (field) => !field.role), button);
    }

    mastRows(mast) {
      const lines = mast.sites.map(([site, operator, technologies, height, status]) =>
        el("tr", {}, el("th", { scope: "row" }, operator), el("td", {}, technologies.join(", ")),
          el("td", {}, height === null ? "" : this.number(1).format(height) + " m"), el("td", {}, site),
          el("td", {}, status === "active" ? "" : (this.data.choices.status[status] || status))));
      return el("div", { class: "ps-card ps-mast" }, el("h3", {}, this.word("mast"), " ", mast.id), el("table", {}, el("tbody", {}, ...lines)));
    }

    show(kind, id, place, content) {
      this.opened = { kind, id };
      // known before it opens: the map moves by the height that the pop-up will have
      this.popup.options.maxHeight = Math.min(Math.max(120, this.mapBox.clientHeight - 110), 460);
      this.popup.setLatLng(place).setContent(content).openOn(this.map);
    }

    open(kind, id, move, place) {
      const done = kind === "village" ? this.openVillage(id, move) : this.openCommune(id, move, place);
      if (done) this.tell(kind, id);
      return done;
    }

    openVillage(id, move) {
      const row = this.villages.find(id);
      if (row < 0) return false;
      this.leaveList();
      const place = this.data.villages.places[row];
      if (!place) return this.openUnplaced(id);
      if (move) this.map.setView(place, Math.max(this.map.getZoom(), 12), { animate: false });
      this.show("village", id, place, this.villageCard(row));
      return true;
    }

    openUnplaced(id) {
      this.showPanel(true);
      const details = this.unplaced.get(id);
      this.unplacedBox.open = true;
      details.open = true;
      details.scrollIntoView({ block: "center" });
      details.querySelector("summary").focus({ preventScroll: true });
      return true;
    }

    openCommune(id, move, place) {
      const row = this.communes.find(id);
      if (row < 0) return false;
      const shape = this.communeShapes.get(id);
      if (!shape) return false;
      this.leaveList();
      if (move) this.map.fitBounds(shape.getBounds(), { animate: false, maxZoom: 13 });
      this.show("commune", id, place || shape.getBounds().getCenter(), this.communeCard(row));
      return true;
    }

    /* New data change what an open pop-up says, not that it is open. */
    refreshPopup() {
      if (!this.map.hasLayer(this.popup) || !this.opened) return;
      const { kind, id } = this.opened;
      const table = kind === "village" ? this.villages : this.communes;
      const row = kind === "mast" || kind === "action" ? -1 : table.find(id);
      if (row < 0) {
        this.map.closePopup();
        return;
      }
      this.popup.options.autoPan = false; // the reader's place on the map is kept
      this.popup.setContent(kind === "village" ? this.villageCard(row) : this.communeCard(row));
      this.popup.options.autoPan = true;
    }

    tell(kind, id) {
      if (this.options.onSelect) this.options.onSelect({ kind, id });
    }

    // --- what others may call

    update(payload) {
      const changed = Object.keys(payload).some((key) => payload[key] !== this.data[key]);
      if (!changed) return this;
      Object.assign(this.data, payload);
      this.read();
      this.redraw();
      this.refreshPopup();
      return this;
    }

    select(id) {
      const action = this.data.plan && this.data.plan.actions.find((one) => one.id === id);
      if (action) {
        this.openAction(action, true);
        return true;
      }
      const kind = this.villages.find(id) >= 0 ? "village" : "commune";
      return kind === "village" ? this.openVillage(id, true) : this.openCommune(id, true);
    }

    filter(wanted, move) {
      const chosen = this.chosen;
      const names = this.data.technologies.map((t) => t.id);
      if (names.includes(wanted.technology)) chosen.technology = wanted.technology;
      if (wanted.operator === "" || this.data.operators.includes(wanted.operator)) chosen.operator = wanted.operator;
      if (wanted.commune === "" || this.communes.find(wanted.commune) >= 0) chosen.commune = wanted.commune;
      for (const name of Object.keys(FLAGS)) {
        if (wanted[name] === "" || ANSWERS.includes(wanted[name])) chosen[name] = wanted[name];
      }
      if (wanted.classes) chosen.classes = new Set(wanted.classes.filter((name) => this.byClass.has(name)));
      if (wanted.layers) chosen.layers = new Set(wanted.layers.filter((name) => LAYERS.includes(name)));
      if (typeof wanted.opacity === "number") chosen.opacity = Math.min(1, Math.max(0, wanted.opacity));
      this.redraw();
      const picture = this.pictures.get("signal");
      if (picture) picture.setOpacity(chosen.opacity);
      const shape = this.communeShapes.get(chosen.commune);
      if (move && shape) this.map.fitBounds(shape.getBounds(), { padding: [8, 8] });
      else if (move) this.goHome();
      return this;
    }

    state() {
      const villages = {};
      this.layers.villages.eachLayer((mark) => {
        villages[this.villages.id(mark.phusong.row)] = mark.phusong.class;
      });
      const { technology, operator, commune, power, hardship, classes, layers, opacity } = this.chosen;
      let masts = 0;
      this.layers.sites.eachLayer(() => (masts += 1));
      return { technology, operator, commune, power, hardship, classes: [...classes], layers: [...layers], opacity, villages, masts };
    }

    destroy() {
      this.observer.disconnect();
      root.removeEventListener("beforeprint", this.onPaper);
      root.removeEventListener("afterprint", this.onPrinted);
      this.map.remove();
      this.element.replaceChildren();
      this.element.classList.remove("phusong", "ps-open", "ps-tabled", "ps-a3");
    }
  }
  View.count = 0;

  root.PhuSong = { draw: (element, payload, options) => new View(element, payload, options) };
})(globalThis);
