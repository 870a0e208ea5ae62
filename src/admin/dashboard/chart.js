import { h, s, setAttribute, setText } from './dom.js';

const HEIGHT = 150;
const LEFT = 52;
const RIGHT = 8;
const TOP = 8;
const BOTTOM = 20;
const MINUTE_MS = 60_000;
/** The axis grows with the history. */
const SPANS_MS = [1, 2, 5, 10].map((minutes) => minutes * MINUTE_MS);

/**
 * A chart over the last minutes, ten at most.
 * @param options.series `{ key, label, area }`, drawn in their order; areas are stacked
 * @param options.format a value with its unit
 * @param options.log logarithmic, from `options.floor` up
 */
export function chart(container, { title, series, format, log = false, floor = 0, least }) {
  const figure = s('svg', { class: 'plot', role: 'img', 'aria-label': title, preserveAspectRatio: 'none' });
  const grid = s('g', { class: 'grid' });
  const lines = s('g');
  const cursor = s('line', { class: 'cursor', y1: TOP, y2: HEIGHT - BOTTOM, visibility: 'hidden' });
  figure.append(grid, lines, cursor);
  const legend = h('ul', { class: 'legend' });
  const values = new Map();
  for (const { key, label } of series) {
    const value = h('b', {}, '–');
    values.set(key, value);
    legend.append(h('li', { class: `key ${key}` }, h('span', { class: 'swatch', 'aria-hidden': 'true' }), `${label} `, value));
  }
  const when = h('span', { class: 'when' }, 'now');
  container.append(h('div', { class: 'chart-head' }, h('h3', {}, title), when, legend), figure);

  let points = [];
  let width = 0;
  let hoverX;
  const paths = new Map(
    series.map(({ key, area }) => {
      const path = s('path', { class: `${area ? 'area' : 'line'} ${key}` });
      lines.append(path);
      return [key, path];
    }),
  );

  function draw() {
    width = Math.max(240, container.clientWidth);
    setAttribute(figure, 'viewBox', `0 0 ${width} ${HEIGHT}`);
    const endMs = points.at(-1)?.atMs ?? Date.now();
    const span = SPANS_MS.find((each) => each >= endMs - (points[0]?.atMs ?? endMs)) ?? SPANS_MS.at(-1);
    const x = (atMs) => LEFT + (1 - (endMs - atMs) / span) * (width - LEFT - RIGHT);
    const stacked = stack(points, series);
    const top = Math.max(least, ...stacked.flatMap(({ highs }) => highs.filter((value) => value !== null)));
    const y = scale(top, log, floor);
    setAttribute(
      figure,
      'aria-label',
      `${title}: ${series.map(({ key, label }) => `${label} ${format(points.at(-1)?.[key] ?? null)}`).join(', ')}`,
    );
    for (const { key, lows, highs, area } of stacked) setAttribute(paths.get(key), 'd', pathOf(points, lows, highs, area, x, y));
    drawGrid(grid, { width, top, y, format, log, floor, span });
    show(x);
  }

  function show(x) {
    let point = points.at(-1);
    if (hoverX !== undefined && points.length > 0) {
      point = points.reduce((best, each) => (Math.abs(x(each.atMs) - hoverX) < Math.abs(x(best.atMs) - hoverX) ? each : best));
      setAttribute(cursor, 'x1', x(point.atMs));
      setAttribute(cursor, 'x2', x(point.atMs));
    }
    setAttribute(cursor, 'visibility', hoverX === undefined ? 'hidden' : 'visible');
    const agoSeconds = point === undefined ? 0 : Math.round(((points.at(-1)?.atMs ?? 0) - point.atMs) / 1000);
    setText(when, agoSeconds === 0 ? 'now' : `${agoSeconds} s ago`);
    for (const { key } of series) setText(values.get(key), format(point?.[key] ?? null));
  }

  figure.addEventListener('pointermove', (event) => {
    const box = figure.getBoundingClientRect();
    hoverX = ((event.clientX - box.left) / box.width) * width;
    draw();
  });
  figure.addEventListener('pointerleave', () => {
    hoverX = undefined;
    draw();
  });
  new ResizeObserver(draw).observe(container);
  return {
    update(next) {
      points = next;
      draw();
    },
  };
}

/** A hole where a point has no value. */
function stack(points, series) {
  let below = points.map(() => 0);
  return series.map(({ key, area }) => {
    const lows = below;
    const highs = points.map((point, index) => (point[key] === null ? null : point[key] + (area ? lows[index] : 0)));
    if (area) below = highs.map((value, index) => value ?? lows[index]);
    return { key, area, lows, highs };
  });
}

function scale(top, log, floor) {
  const height = HEIGHT - TOP - BOTTOM;
  if (!log) return (value) => TOP + height * (1 - value / top);
  const [low, high] = [Math.log10(floor), Math.log10(top)];
  return (value) => TOP + height * (1 - (Math.log10(Math.max(floor, value)) - low) / (high - low));
}

function pathOf(points, lows, highs, area, x, y) {
  let d = '';
  let open = false;
  for (const [index, { atMs }] of points.entries()) {
    const value = highs[index];
    if (value === null) open = false;
    else {
      d += `${open ? 'L' : 'M'}${x(atMs).toFixed(1)} ${y(value).toFixed(1)}`;
      open = true;
    }
  }
  if (!area || d === '') return d;
  for (let index = points.length - 1; index >= 0; index -= 1) d += `L${x(points[index].atMs).toFixed(1)} ${y(lows[index]).toFixed(1)}`;
  return `${d}Z`;
}

function drawGrid(grid, { width, top, y, format, log, floor, span }) {
  grid.replaceChildren();
  for (const value of ticks(top, log, floor)) {
    grid.append(
      s('line', { x1: LEFT, x2: width - RIGHT, y1: y(value), y2: y(value) }),
      s('text', { x: LEFT - 6, y: y(value) + 3.5, 'text-anchor': 'end' }, format(value)),
    );
  }
  for (const share of [1, 0.5, 0]) {
    const at = LEFT + (1 - share) * (width - LEFT - RIGHT);
    const anchor = share === 1 ? 'start' : share === 0 ? 'end' : 'middle';
    const seconds = (share * span) / 1000;
    const text = share === 0 ? 'now' : seconds < 120 ? `−${seconds} s` : `−${seconds / 60} min`;
    grid.append(s('text', { x: at, y: HEIGHT - 5, 'text-anchor': anchor }, text));
  }
}

function ticks(top, log, floor) {
  if (log) {
    const all = [];
    for (let value = floor; value <= top * 1.001; value *= 10) all.push(value);
    return all;
  }
  const rough = top / 3;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((each) => each >= rough) ?? rough;
  return Array.from({ length: Math.floor(top / step) + 1 }, (_, index) => index * step);
}
