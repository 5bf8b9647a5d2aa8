// Texts whose colour lies below 4.5:1 (3:1 where they are large) of the ground behind them: WCAG 2.2 AA.
() => {
  const parse = (text) => (text.match(/[0-9.]+/g) ?? []).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255)
    .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const over = (top, under) => {
    const a = top[3] ?? 1;
    return [0, 1, 2].map((i) => top[i] * a + under[i] * (1 - a));
  };
  const ground = (element) => {
    const layers = [];
    for (let e = element; e; e = e.parentElement) layers.push(parse(getComputedStyle(e).backgroundColor));
    return layers.reverse().reduce((under, top) => (top.length < 3 ? under : over(top, under)), [255, 255, 255]);
  };
  const found = new Set();
  const walker = document.createTreeWalker(document.querySelector(".stApp"), NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    const text = walker.currentNode.textContent.trim();
    const box = element.getBoundingClientRect();
    if (!text || box.width < 2 || box.height < 2 || !element.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
    if (element.closest("canvas, style, svg, :disabled, [aria-disabled=true], [data-testid=stIconMaterial], [data-testid=stSliderThumbValue]")) continue;
    const style = getComputedStyle(element);
    const under = ground(element);
    let alpha = 1;
    for (let e = element; e; e = e.parentElement) alpha *= Number(getComputedStyle(e).opacity);
    const colour = parse(style.color);
    if ((colour[3] ?? 1) * alpha === 0) continue; // shown only while the pointer rests there
    const shown = over([...colour.slice(0, 3), (colour[3] ?? 1) * alpha], under);
    const [high, low] = [light(shown), light(under)].sort((a, b) => b - a);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    const ratio = (high + 0.05) / (low + 0.05);
    if (ratio < (large ? 3 : 4.5)) found.add(`${text.slice(0, 40)} ${ratio.toFixed(2)} ${element.className}`);
  }
  return [...found];
}