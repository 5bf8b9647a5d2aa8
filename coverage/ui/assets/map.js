/* The map as a component of the page. Its data arrive in parts, each in a message of its own, so
 * that a part that did not change is not sent again; the map puts them together. */
const shelf = (globalThis.phusongShelf ??= { parts: new Map(), waiting: new Set() });
const KEPT = 3; // of each part: one that changes often must not push out one that does not
const boxes = new WeakMap();

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
  } else if (version !== here.version) {
    here.view.update(payload);
  }
  here.version = version;
  if (filter !== here.filter) {
    const moved = here.data.filter.commune !== (here.commune || "");
    here.view.filter(here.data.filter, moved);
    here.filter = filter;
    here.commune = here.data.filter.commune;
  }
  if (here.data.chosen !== here.chosen) {
    here.chosen = here.data.chosen;
    if (here.chosen) here.view.select(here.chosen);
    else here.view.map.closePopup();
  }
  box.dataset.version = here.data.versions.rows;
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
