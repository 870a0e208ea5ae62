import { byId, h, setAttribute } from './dom.js';
import { auditView } from './views/audit.js';
import { configView } from './views/config.js';
import { failoversView } from './views/failovers.js';
import { rulesView } from './views/rules.js';
import { sessionsView } from './views/sessions.js';
import { slowView, statementsView } from './views/statements.js';

const EVERY_MS = 2000;

const VIEWS = [
  { id: 'sessions', label: 'Sessions', make: sessionsView, live: true },
  { id: 'statements', label: 'Statements', make: statementsView, live: true },
  { id: 'slow', label: 'Slow', make: slowView, live: true },
  { id: 'rules', label: 'Rules', make: rulesView, live: true },
  { id: 'failovers', label: 'Failovers', make: failoversView, live: true },
  { id: 'config', label: 'Configuration', make: configView },
  { id: 'audit', label: 'Audit', make: auditView, live: true },
];

/** The tables below: one in sight at a time, and only that one asks for its data. */
export function prepareTabs(operator) {
  const [list, panels] = [byId('tabs'), byId('views')];
  const views = VIEWS.map(({ id, label, make, live }) => {
    const tab = h('button', { type: 'button', role: 'tab', id: `tab-${id}`, 'aria-controls': `view-${id}`, tabindex: '-1' }, label);
    const panel = h('div', { role: 'tabpanel', id: `view-${id}`, 'aria-labelledby': `tab-${id}`, class: 'view', hidden: true });
    list.append(tab);
    panels.append(panel);
    return { id, tab, panel, make, live, view: undefined };
  });
  let current;

  async function load() {
    const { view, panel } = current;
    try {
      await view.load();
      setAttribute(panel, 'data-error', undefined);
    } catch (error) {
      setAttribute(panel, 'data-error', error.message);
    }
  }

  function choose(next, focus = false) {
    current = next;
    for (const each of views) {
      const isIt = each === next;
      setAttribute(each.tab, 'aria-selected', isIt);
      each.tab.tabIndex = isIt ? 0 : -1;
      each.panel.hidden = !isIt;
    }
    next.view ??= next.make(next.panel, operator);
    if (focus) next.tab.focus();
    history.replaceState(null, '', `#${next.id}`);
    void load();
  }

  for (const each of views) each.tab.addEventListener('click', () => choose(each));
  list.addEventListener('keydown', (event) => {
    const at = views.indexOf(current);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: views.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    choose(views[(to + views.length) % views.length], true);
  });
  let started = false;
  setInterval(() => {
    if (started && current.live && !document.hidden) void load();
  }, EVERY_MS);
  return {
    refresh() {
      if (!started) {
        started = true;
        choose(views.find(({ id }) => location.hash === `#${id}`) ?? views[0]);
      } else void load();
    },
  };
}
