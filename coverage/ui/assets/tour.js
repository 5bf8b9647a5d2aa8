/* The first minutes: three steps in a strip above the page, until they are closed for good in this
 * browser. Steps change here alone; only "open my data" asks the server. */
const CLOSED = "phusong-tour-closed";
const STEP = "phusong-tour-step";

/* A browser may refuse to keep anything; then the tour is forgotten with the page. */
const memory = {
  get(shelf, name) {
    try {
      return shelf().getItem(name);
    } catch {
      return null;
    }
  },
  set(shelf, name, value) {
    try {
      if (value === null) shelf().removeItem(name);
      else shelf().setItem(name, value);
    } catch {
      /* kept nowhere */
    }
  },
};
const forGood = () => globalThis.localStorage;
const forNow = () => globalThis.sessionStorage;
let shownAgain = 0;

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const strip = parentElement.querySelector(".tour");
  const find = (name) => strip.querySelector(`.tour-${name}`);
  if (data.again > shownAgain) {
    shownAgain = data.again;
    memory.set(forGood, CLOSED, null);
    memory.set(forNow, STEP, "0");
  }
  const last = data.steps.length - 1;
  let step = Math.min(Math.max(Number(memory.get(forNow, STEP)) || 0, 0), last);

  function draw() {
    strip.hidden = memory.get(forGood, CLOSED) !== null;
    strip.setAttribute("aria-label", data.words.title);
    find("count").textContent = `${step + 1}/${data.steps.length}`;
    find("text").textContent = data.steps[step];
    for (const name of ["back", "next", "open", "close"]) find(name).textContent = data.words[name];
    find("close").setAttribute("aria-label", data.words.close_for_good);
    find("back").disabled = step === 0;
    find("next").hidden = step === last;
  }
  function go(to) {
    step = Math.min(Math.max(to, 0), last);
    memory.set(forNow, STEP, String(step));
    draw();
    if (step === last && strip.contains(strip.getRootNode().activeElement)) find("open").focus();
  }
  function close() {
    memory.set(forGood, CLOSED, "1");
    draw();
  }
  find("back").onclick = () => go(step - 1);
  find("next").onclick = () => go(step + 1);
  find("open").onclick = () => setTriggerValue("open", true);
  find("close").onclick = close;
  strip.onkeydown = (event) => {
    if (event.key === "Escape") close();
  };
  draw();
}
