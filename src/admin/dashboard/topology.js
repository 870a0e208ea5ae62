import { backendActions } from './actions.js';
import { byId, h, keyed, s, setAttribute, setText } from './dom.js';
import { count, milliseconds, ratePair } from './format.js';

/** The lines of each cluster: clients, points, stations. Cards are text; the tracks between them are a picture of the same. */
export function drawTopology(status, operator) {
  keyed(
    byId('clusters'),
    status.clusters,
    ({ name }) => name,
    clusterElement,
    (element, cluster) => updateCluster(element, cluster, status, operator),
  );
}

function clusterElement({ name }) {
  const box = h(
    'article',
    { class: 'cluster', 'aria-label': `Cluster ${name}` },
    h('div', { class: 'cluster-head' }, h('h3', {}, name), h('p', { class: 'verdict' }), h('div', { class: 'cluster-actions' })),
    h(
      'div',
      { class: 'lines' },
      h('div', { class: 'clients card' }, h('b', { class: 'clients-count' }), h('span', {}, ' clients'), h('ul', { class: 'doors' })),
      s(
        'svg',
        { class: 'track', 'aria-hidden': 'true' },
        s('g', { class: 'rails' }),
        s('g', { class: 'trains' }),
        s('g', { class: 'signal' }),
      ),
      h('ul', { class: 'stations' }),
      s('svg', { class: 'follow', 'aria-hidden': 'true' }),
    ),
  );
  new ResizeObserver(() => drawTracks(box)).observe(box);
  return box;
}

function updateCluster(box, cluster, status, operator) {
  const { primary, backends, pause, stuck } = cluster;
  const up = backends.filter(({ state }) => state !== 'down').length;
  const held = status.heldStatements;
  const holding = `${count(held)} ${held === 1 ? 'statement' : 'statements'} held`;
  const verdict =
    primary === null
      ? `no primary${held > 0 ? `, ${holding}` : ''}${stuck == null ? '' : ` · ${stuck}`}`
      : `${pause === null ? '' : `paused by ${pause.by}, ${holding} · `}primary ${primary} · ${up} of ${backends.length} servers up · epoch ${cluster.epoch}`;
  setText(box.querySelector('.verdict'), verdict);
  setAttribute(box.querySelector('.verdict'), 'data-level', primary === null || pause !== null ? 'bad' : undefined);
  setText(box.querySelector('.clients-count'), count(status.clients.active + status.clients.idle + status.clients.held));
  keyed(
    box.querySelector('.doors'),
    status.listeners.filter((listener) => listener.cluster === cluster.name),
    ({ name }) => name,
    () => h('li', {}, h('span', { class: 'route' }), h('code')),
    (element, { route, address }) => {
      setText(element.firstChild, route);
      setText(element.lastChild, ` :${address.split(':').at(-1)}`);
    },
  );
  const order = { primary: 0, replica: 1, none: 2 };
  const stations = [...backends].sort((a, b) => order[a.role] - order[b.role] || a.name.localeCompare(b.name));
  keyed(
    box.querySelector('.stations'),
    stations,
    ({ name }) => name,
    stationElement,
    (element, backend) => updateStation(element, backend, status.traffic.backends[backend.name], operator),
  );
  operator.clusterActions(box.querySelector('.cluster-actions'), cluster);
  box.facts = { stations, primary, held, traffic: status.traffic.backends };
  drawTracks(box);
}

function stationElement({ name }) {
  return h(
    'li',
    { class: 'station card' },
    h(
      'div',
      { class: 'station-head' },
      h('span', { class: 'lamp', 'aria-hidden': 'true' }),
      h('b', {}, name),
      h('span', { class: 'role' }),
      h('span', { class: 'state' }),
    ),
    h('dl', { class: 'numbers' }),
    h('p', { class: 'reason' }),
    h('div', { class: 'station-actions' }),
  );
}

function updateStation(element, backend, traffic, operator) {
  const { role, state, lagMs, latencyMs, connections, reason, lastError, version, address } = backend;
  setAttribute(element, 'data-state', state);
  setAttribute(element, 'data-role', role);
  setAttribute(element, 'title', `${address}${version === null ? '' : `, ${version}`}`);
  const [, , roleText, stateText] = element.firstChild.children;
  setText(roleText, role === 'none' ? 'no role' : role);
  setText(stateText, state);
  const [perSecond, unit] = ratePair(traffic?.perSecond ?? 0);
  const numbers = [
    { label: `statements${unit}`, value: perSecond },
    { label: 'connections', value: count(connections) },
    { label: 'check', value: latencyMs === null ? '–' : milliseconds(latencyMs) },
    ...(role === 'replica'
      ? [{ label: 'lag', value: lagMs === null ? 'unknown' : milliseconds(lagMs), level: lagMs > 1000 ? 'warn' : undefined }]
      : []),
  ];
  keyed(
    element.querySelector('.numbers'),
    numbers,
    ({ label }) => label,
    ({ label }) => h('div', {}, h('dt', {}, label), h('dd')),
    (pair, { value, level }) => {
      setText(pair.lastChild, value);
      setAttribute(pair, 'data-level', level);
    },
  );
  setText(
    element.querySelector('.reason'),
    state === 'down' && lastError !== null && !reason.includes(lastError) ? `${reason}: ${lastError}` : reason,
  );
  backendActions(element.querySelector('.station-actions'), backend, operator);
}

/** Rails from the clients to each station, as thick as the traffic; beside the stations, who follows whom. */
function drawTracks(box) {
  const { facts } = box;
  if (facts === undefined) return;
  const svg = box.querySelector('.track');
  const lines = box.querySelector('.lines').getBoundingClientRect();
  const area = svg.getBoundingClientRect();
  if (area.width === 0) return;
  setAttribute(svg, 'viewBox', `0 0 ${area.width} ${area.height}`);
  const cards = [...box.querySelectorAll('.station')];
  const middles = cards.map((card) => card.getBoundingClientRect().top - area.top + 22);
  const clients = box.querySelector('.clients').getBoundingClientRect();
  const narrow = clients.bottom <= area.top + 4;
  const start = narrow ? { x: 18, y: -2 } : { x: 0, y: Math.min(clients.top - lines.top + clients.height / 2, area.height - 12) };
  const points = narrow ? { x: 18, y: 8 } : { x: Math.max(46, area.width * 0.3), y: start.y };
  const [rails, trains, signal] = svg.children;
  rails.replaceChildren();
  trains.replaceChildren();
  rails.append(s('path', { class: 'rail trunk', d: `M${start.x} ${start.y}L${points.x} ${points.y}` }));
  facts.stations.forEach((station, index) => {
    const y = middles[index] ?? 0;
    const d = `M${points.x} ${points.y}${narrow ? narrowBend(points, y, area.width) : bend(points, y, area.width)}`;
    const perSecond = facts.traffic[station.name]?.perSecond ?? 0;
    const thick = station.state === 'down' ? 2 : 2 + Math.min(9, Math.log10(1 + perSecond) * 2.6);
    const rail = s('path', { class: 'rail', 'data-role': station.role, 'data-state': station.state, d });
    rail.style.strokeWidth = thick.toFixed(1);
    rails.append(rail);
    if (perSecond > 0) trains.append(s('path', { class: 'train', 'data-role': station.role, d }));
    if (station.state === 'down') rails.append(s('path', { class: 'buffer', d: `M${area.width - 5} ${y - 7}v14` }));
  });
  drawSignal(signal, points, facts);
  drawFollow(box.querySelector('.follow'), facts, middles, area.height);
}

/** Level, then a slope of 45 degrees as turnouts have it, then level again. */
function bend(from, y, width) {
  const rise = Math.abs(y - from.y);
  const run = Math.min(rise, width - from.x - 24);
  const slopeFrom = Math.max(from.x + 10, Math.min(from.x + 26, width - run - 14));
  return `L${slopeFrom} ${from.y}L${slopeFrom + run} ${y}L${width} ${y}`;
}

function narrowBend(from, y, width) {
  const slope = Math.min(14, width - from.x - 2);
  return `L${from.x} ${Math.max(from.y, y - slope)}L${from.x + slope} ${y}L${width} ${y}`;
}

function drawSignal(group, { x, y }, { primary, held }) {
  const level = primary === null ? 'bad' : held > 0 ? 'warn' : 'good';
  group.replaceChildren(s('circle', { class: 'points', cx: x, cy: y, r: 7, 'data-level': level }));
  if (held > 0) group.append(s('text', { class: 'held', x, y: y - 14, 'text-anchor': 'middle' }, `${count(held)} held`));
}

/** Replication: from the primary's card to each replica's. */
function drawFollow(svg, { stations, primary }, middles, height) {
  const width = 26;
  setAttribute(svg, 'viewBox', `0 0 ${width} ${height}`);
  svg.replaceChildren();
  const from = stations.findIndex(({ name }) => name === primary);
  if (from < 0) return;
  stations.forEach((station, index) => {
    if (index === from || station.role !== 'replica') return;
    const [y1, y2] = [middles[from], middles[index]];
    const broken = station.state === 'down' || !station.readable;
    svg.append(
      s('path', { class: 'follows', 'data-broken': broken, d: `M2 ${y1}H${width - 10}q6 0 6 6V${y2 - 6}q0 6 -6 6H7` }),
      s('path', { class: 'arrow', 'data-broken': broken, d: `M8 ${y2 - 4}L2 ${y2}L8 ${y2 + 4}` }),
    );
  });
}
