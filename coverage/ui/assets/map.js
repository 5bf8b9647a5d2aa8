/* The map as a component of the page. Its data arrive in parts, each in a message of its own, so
 * that a part that did not change is not sent again; the map puts them together. */
const shelf = (globalThis.phusongShelf ??= { parts: new Map(), waiting: new Set() });
const KEPT = 3; // of each part: one that changes often must not push out one that does not
const boxes = new WeakMap();
const LINK = '<svg viewBox="0 0 24 24" width="18" height="18" fill="none" stroke="currentColor" stroke-width="2" aria-hidden="true">'
  + '<path d="M10 14a4 4 0 0 0 6 .5l3-3a4 4 0 0 0-6-6l-1.5 1.5M14 10a4 4 0 0 0-6-.5l-3 3a4 4 0 0 0 6 6l1.5-1.5"/></svg>';

function keep({ name, version, payload }) {
  if (!shelf.parts.has(name)) shelf.parts.set(name, new Map());
  const versions = shelf.parts.get(name);
  versions.delete(version);
  versions.set(version, payload);
  for (const old of [...versions.keys()].slice(0, -KEPT)) versions.delete(old);
  for (const wake of [...shelf.waiting]) wake();
}

function together(versions) {
  const [pictures, base, rows] = ["pictures", "base", "rows"].map((name) => shelf.parts.get(name)?.get(versions[name]));
  if (!pictures || !base || !rows) return null;
  return { ...base, ...pictures, villages: { ...rows.villages, places: base.villages.places } };
}

function refresh(box) {
  const here = boxes.get(box);
  const payload = together(here.data.versions);
  if (!payload) return;
  shelf.waiting.delete(here.wake);
  const version = JSON.stringify(here.data.versions);
  const filter = JSON.stringify(here.data.filter);
  if (!here.view) {
    here.view = globalThis.PhuSong.draw(box, payload, { onSelect: (what) => here.tell(what) });
    box.view = here.view;
    offerLink(box, here);
  } else if (version !== here.version) {
    here.view.update(payload);
  }
  here.version = version;
  const named = here.hasPlace ? null : here.data.place; // the part of the world that the address names
  here.hasPlace = true;
  if (filter !== here.filter) {
    const moved = !named && here.data.filter.commune !== (here.commune || "");
    here.view.filter(here.data.filter, moved);
    here.filter = filter;
    here.commune = here.data.filter.commune;
  }
  if (named) here.view.map.setView(named.slice(0, 2), named[2], { animate: false });
  if (here.data.chosen !== here.chosen) {
    here.chosen = here.data.chosen;
    if (here.chosen) here.view.select(here.chosen);
    else here.view.map.closePopup();
  }
  box.dataset.version = here.data.versions.rows;
}

/* A button that copies the page's address with the part of the world that the map shows. */
function offerLink(box, here) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "app-link";
  button.innerHTML = LINK;
  button.title = here.data.words.link;
  button.setAttribute("aria-label", here.data.words.link);
  button.addEventListener("click", async () => {
    const { lat, lng } = here.view.map.getCenter();
    const link = new URL(location.href);
    link.searchParams.set("at", [lat.toFixed(5), lng.toFixed(5), here.view.map.getZoom()].join(","));
    history.replaceState(history.state, "", link);
    await navigator.clipboard?.writeText(link.href).catch(() => {});
    button.textContent = "✓";
    button.title = here.data.words.copied;
    setTimeout(() => { button.innerHTML = LINK; button.title = here.data.words.link; }, 2000);
  });
  box.append(button);
}

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  if (data.part) return keep(data.part);
  const box = parentElement.querySelector(".app-map > div");
  if (!boxes.has(box)) {
    const here = { wake: () => refresh(box), chosen: "" };
    boxes.set(box, here);
  }
  const here = boxes.get(box);
  here.data = data;
  here.tell = (what) => {
    if (what.kind !== "village" || what.id === here.chosen) return;
    here.chosen = what.id;
    setTriggerValue("chosen", what.id);
  };
  shelf.waiting.add(here.wake);
  refresh(box);
  return () => setTimeout(() => {
    if (box.isConnected || !here.view) return;
    shelf.waiting.delete(here.wake);
    here.view.destroy();
    here.view = null;
    boxes.delete(box);
  }, 1000);
}
