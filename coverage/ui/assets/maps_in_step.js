/* One map, or several that move together. What they draw arrives in messages of its own, each under
 * a version, so that what did not change is not sent again. */
const shelf = (globalThis.phusongPayloads ??= { kept: new Map(), waiting: new Set() });
const KEPT = 8;
const homes = new WeakMap();

function keep({ version, payload }) {
  shelf.kept.delete(version);
  shelf.kept.set(version, payload);
  for (const old of [...shelf.kept.keys()].slice(0, -KEPT)) shelf.kept.delete(old);
  for (const wake of [...shelf.waiting]) wake();
}

function moveTogether(here, view) {
  view.map.on("move", () => {
    if (here.moving) return;
    here.moving = true;
    for (const other of here.views) {
      if (other !== view) other.map.setView(view.map.getCenter(), view.map.getZoom(), { animate: false });
    }
    here.moving = false;
  });
}

function draw(here, number, payload) {
  const box = here.root.children[number];
  const view = globalThis.PhuSong.draw(box, payload, { onSelect: (what) => here.tell("chosen", { ...what, map: number }) });
  box.view = view;
  view.map.boxZoom.disable(); // shift is for a click that names a place
  view.map.getContainer().addEventListener("click", (event) => {
    if (!event.shiftKey) return;
    event.stopImmediatePropagation(); // what lies there is not opened
    const { lng, lat } = view.map.mouseEventToLatLng(event);
    here.tell("place", [lng, lat]);
  }, true);
  here.views.push(view);
  moveTogether(here, view);
}

function drawPlaces(here) {
  for (const view of here.views) {
    view.named = (view.named || globalThis.L.layerGroup().addTo(view.map)).clearLayers();
    for (const [longitude, latitude] of here.data.places) {
      globalThis.L.circleMarker([latitude, longitude], { radius: 8, color: "#6a1b9a", weight: 3, fillColor: "#ffffff", fillOpacity: 0.9, interactive: false }).addTo(view.named);
    }
  }
}

function refresh(here) {
  const payloads = here.data.versions.map((version) => shelf.kept.get(version));
  if (!payloads.every(Boolean)) return;
  shelf.waiting.delete(here.wake);
  while (here.views.length > payloads.length) {
    here.views.pop().destroy();
    here.root.lastElementChild.remove();
  }
  // All boxes first: a map looks at its width when it is drawn.
  while (here.root.children.length < payloads.length) here.root.append(document.createElement("div"));
  payloads.forEach((payload, number) => {
    if (number >= here.views.length) draw(here, number, payload);
    else if (here.versions[number] !== here.data.versions[number]) here.views[number].update(payload);
  });
  here.versions = [...here.data.versions];
  drawPlaces(here);
  if (here.data.chosen !== here.chosen) {
    here.chosen = here.data.chosen;
    if (here.chosen) for (const view of here.views) view.select(here.chosen);
  }
  here.root.dataset.versions = here.versions.join(" ");
}

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  if (data.part) return keep(data.part);
  const root = parentElement.querySelector(".maps-in-step");
  if (!homes.has(root)) homes.set(root, { root, views: [], versions: [], chosen: "", wake: () => refresh(homes.get(root)) });
  const here = homes.get(root);
  here.data = data;
  here.tell = (name, value) => {
    if (name === "chosen") here.chosen = value.id;
    setTriggerValue(name, value);
  };
  shelf.waiting.add(here.wake);
  refresh(here);
  return () => setTimeout(() => {
    if (root.isConnected) return;
    shelf.waiting.delete(here.wake);
    for (const view of here.views) view.destroy();
    homes.delete(root);
  }, 1000);
}
