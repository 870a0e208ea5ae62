import { h, setAttribute, setText } from './dom.js';

const ROW = 30;
const AROUND = 8;

/**
 * A table of which only the rows in sight are drawn: thousands stay smooth. Sorted by a click on a heading, filtered by a text; by the server, which then
 * sends the first `most` rows only, where `options.again` says how it is asked once more.
 * @param options.columns `{ key, label, value(row), show(row), number, wide }`; `show` may give a node
 * @param options.keyOf identifies a row
 */
export function table(container, { label, columns, keyOf, sort, descending = true, empty, matches, again, most = 200 }) {
  let rows = [];
  let count = 0;
  let sorted = [];
  let order = { key: sort, descending };
  let wanted = '';
  const total = h('span', { class: 'total' });
  const search = h('input', { type: 'search', placeholder: 'Filter', 'aria-label': `Filter ${label}`, autocomplete: 'off' });
  const head = h('tr', { role: 'row' });
  const body = h('tbody');
  const grid = h('table', { 'aria-label': label }, h('thead', {}, head), body);
  const scroll = h('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': `${label}, scrollable` }, grid);
  container.append(h('div', { class: 'table-head' }, search, total), scroll);

  const headings = columns.map((column) => {
    const button = h('button', { type: 'button', onclick: () => sortBy(column) }, column.label, h('span', { 'aria-hidden': 'true' }));
    const cell = h('th', { scope: 'col', class: classOf(column) }, column.value === undefined ? column.label : button);
    head.append(cell);
    return { column, cell };
  });

  function sortBy({ key }) {
    order = { key, descending: order.key === key ? !order.descending : true };
    changed();
  }

  function changed() {
    arrange();
    again?.();
  }

  function arrange() {
    const column = columns.find(({ key }) => key === order.key);
    const kept = wanted === '' || again !== undefined ? rows : rows.filter((row) => matches(row).toLowerCase().includes(wanted));
    const sign = order.descending ? -1 : 1;
    sorted = [...kept].sort((a, b) => sign * compare(column.value(a), column.value(b)));
    for (const { column: each, cell } of headings) {
      const isIt = each.key === order.key;
      setAttribute(cell, 'aria-sort', isIt ? (order.descending ? 'descending' : 'ascending') : undefined);
      const mark = cell.querySelector('span');
      if (mark !== null) setText(mark, isIt ? (order.descending ? ' ↓' : ' ↑') : '');
    }
    const all = Math.max(count, rows.length);
    const some = sorted.length < all ? `${sorted.length.toLocaleString('en')} of ` : '';
    setText(total, `${some}${all.toLocaleString('en')} ${label.toLowerCase()}`);
    setAttribute(grid, 'aria-rowcount', sorted.length + 1);
    draw();
  }

  function draw() {
    const first = Math.max(0, Math.floor(scroll.scrollTop / ROW) - AROUND);
    const shown = Math.ceil((scroll.clientHeight || 400) / ROW) + 2 * AROUND;
    const part = sorted.slice(first, first + shown);
    const known = new Map([...body.querySelectorAll('tr[data-key]')].map((row) => [row.dataset.key, row]));
    const next = part.map((row, index) => {
      const key = String(keyOf(row));
      const element = known.get(key) ?? h('tr', { 'data-key': key }, ...columns.map((column) => h('td', { class: classOf(column) })));
      setAttribute(element, 'aria-rowindex', first + index + 2);
      columns.forEach((column, at) => {
        put(element.children[at], column.show(row, element.children[at]));
      });
      return element;
    });
    if (sorted.length === 0)
      next.push(h('tr', {}, h('td', { colspan: columns.length, class: 'empty' }, wanted === '' ? empty : 'Nothing matches the filter.')));
    place(body, [spacer(first * ROW), ...next, spacer(Math.max(0, sorted.length - first - part.length) * ROW)]);
  }

  function spacer(height) {
    if (height === 0) return undefined;
    const row = h('tr', { class: 'spacer', 'aria-hidden': 'true' }, h('td', { colspan: columns.length }));
    row.firstChild.style.height = `${height}px`;
    return row;
  }

  let planned = false;
  scroll.addEventListener('scroll', () => {
    if (planned) return;
    planned = true;
    requestAnimationFrame(() => {
      planned = false;
      draw();
    });
  });
  search.addEventListener('input', () => {
    wanted = search.value.trim().toLowerCase();
    scroll.scrollTop = 0;
    changed();
  });
  return {
    /** The query of what is to be shown, for the server. */
    query() {
      const text = { limit: String(most), sort: `${order.descending ? '-' : ''}${order.key}`, ...(wanted !== '' && { match: wanted }) };
      return new URLSearchParams(text).toString();
    },
    /** @param all how many there are, where these are not all */
    update(next, all = next.length) {
      rows = next;
      count = all;
      arrange();
    },
  };
}

function classOf({ number, wide }) {
  return number ? 'number' : wide ? 'wide' : undefined;
}

/** A text only where it differs; the same node stays. */
function put(cell, content) {
  if (typeof content === 'string') setText(cell, content);
  else if (content !== cell.firstChild) cell.replaceChildren(content);
}

/** Elements in their order; what has focus is not moved when it is in its place already. */
function place(body, wanted) {
  const next = wanted.filter((each) => each !== undefined);
  const keep = new Set(next);
  for (const child of [...body.children]) if (!keep.has(child)) child.remove();
  next.forEach((element, index) => {
    if (body.children[index] !== element) body.insertBefore(element, body.children[index] ?? null);
  });
}

function compare(a, b) {
  if (a === b) return 0;
  if (a === null || a === undefined) return -1;
  if (b === null || b === undefined) return 1;
  return a < b ? -1 : 1;
}
