import { clusterActions, prepareActions, reloadConfiguration, showNotice, showProgress } from './actions.js';
import { act, listen, read } from './api.js';
import { chart } from './chart.js';
import { announce, byId, setAttribute, setText } from './dom.js';
import { drawFigures } from './figures.js';
import { milliseconds, rate } from './format.js';
import { prepareTabs } from './tabs.js';
import { prepareTheme } from './theme.js';
import { drawTopology } from './topology.js';

const KEPT_POINTS = 600;

/** What the one who is logged in may do; nothing before that is known. */
const operator = {
  role: 'viewer',
  actions: [],
  reads: [],
  offers(path) {
    return this.reads.includes(path);
  },
  may(path) {
    return this.role === 'operator' && this.actions.includes(path);
  },
  clusterActions(container, cluster) {
    clusterActions(container, cluster, this);
  },
};

let points = [];
let events;
let version;
let primaries = '';

const rates = chart(byId('rate-chart'), {
  title: 'Statements per second',
  series: [
    { key: 'primaryPerSecond', label: 'primary', area: true },
    { key: 'replicaPerSecond', label: 'replicas', area: true },
    { key: 'errorsPerSecond', label: 'errors' },
  ],
  format: rate,
  least: 10,
});
const latencies = chart(byId('latency-chart'), {
  title: 'Latency',
  series: [
    { key: 'p99Ms', label: 'p99' },
    { key: 'p95Ms', label: 'p95' },
    { key: 'p50Ms', label: 'p50' },
  ],
  format: milliseconds,
  log: true,
  floor: 0.1,
  least: 10,
});
const tabs = prepareTabs(operator);

function onStatus(status) {
  if (version === undefined) version = status.version;
  else if (version !== status.version) showNotice(`Pointsman is now ${status.version}: load this page again to get its page.`);
  drawFigures(status);
  drawTopology(status, operator);
  const { now } = status.traffic;
  if (now !== null && now.atMs > (points.at(-1)?.atMs ?? 0)) {
    points = [...points, now].slice(-KEPT_POINTS);
    drawCharts();
  }
  tellPrimaries(status.clusters);
}

function drawCharts() {
  rates.update(points);
  latencies.update(points);
}

/** The one change that everybody must hear of. */
function tellPrimaries(clusters) {
  const text = clusters
    .map(({ name, primary }) => (primary === null ? `${name} has no primary` : `primary of ${name} is ${primary}`))
    .join(', ');
  if (primaries !== '' && text !== primaries) {
    announce(text);
    tabs.refresh();
  }
  primaries = text;
  const lost = clusters.some(({ primary }) => primary === null);
  document.title = lost ? '⚠ no primary · Pointsman' : 'Pointsman';
}

const LINK_TEXTS = { live: 'live', stale: 'connection lost, trying again', refused: 'logged out', connecting: 'connecting' };

function onState(state) {
  const link = byId('link');
  const before = link.dataset.state;
  if (before === state) return;
  setAttribute(link, 'data-state', state);
  setAttribute(byId('main'), 'data-stale', state === 'live' ? undefined : 'true');
  setText(byId('link-text'), LINK_TEXTS[state]);
  if (state === 'stale') announce('The connection to Pointsman is lost; trying again');
  if (state === 'refused') login();
  // What happened meanwhile is in the history.
  if (state === 'live' && before !== 'connecting') void loadHistory().then(tabs.refresh);
}

async function loadHistory() {
  points = (await read('/api/v1/traffic')).points;
  drawCharts();
}

async function start() {
  let who;
  try {
    who = await read('/api/v1/whoami');
  } catch (error) {
    setText(byId('link-text'), error.message);
    return void setTimeout(start, 2000);
  }
  if (who.role === null) return login();
  operator.role = who.role;
  operator.actions = who.actions;
  operator.reads = who.reads;
  setText(byId('who'), who.tokens ? `${who.name} · ${who.role}` : 'read only: no token is configured');
  byId('logout').hidden = !who.tokens;
  byId('reload').hidden = !operator.may('/api/v1/config/reload');
  await loadHistory();
  tabs.refresh();
  const happened = () => tabs.refresh();
  const progress = (event) => {
    showProgress(event);
    tabs.refresh();
  };
  const on = { state: onState, status: onStatus, switchover: progress };
  for (const name of ['failover', 'audit', 'reload', 'drain', 'undrain', 'maintenance', 'pause', 'resume', 'upgrade']) on[name] = happened;
  events?.close();
  if (events === undefined) events = listen(on);
  else events.open();
}

function login() {
  const dialog = byId('login');
  if (!dialog.open) dialog.showModal();
  byId('token').focus();
}

byId('login').addEventListener('cancel', (event) => event.preventDefault());
byId('login-form').addEventListener('submit', async (event) => {
  event.preventDefault();
  setText(byId('login-error'), '');
  try {
    await act('/api/v1/login', { token: byId('token').value });
  } catch (error) {
    setText(byId('login-error'), error.message);
    byId('token').select();
    return;
  }
  byId('token').value = '';
  byId('login').close();
  await start();
});
byId('logout').addEventListener('click', async () => {
  await act('/api/v1/logout');
  location.reload();
});
byId('reload').addEventListener('click', reloadConfiguration);
prepareTheme();
prepareActions();
void start();
