import { killSession } from '../actions.js';
import { read } from '../api.js';
import { h } from '../dom.js';
import { table } from '../table.js';

/** Sessions of clients, and why they cannot move. */
export function sessionsView(panel, operator) {
  const canKill = operator.may('/api/v1/sessions/{id}/kill');
  const grid = table(panel, {
    label: 'Sessions',
    keyOf: ({ id }) => id,
    sort: 'id',
    empty: 'No client is connected.',
    again: load,
    columns: [
      { key: 'id', label: 'Id', number: true, value: ({ id }) => id, show: ({ id }) => String(id) },
      { key: 'user', label: 'User', value: ({ user }) => user, show: ({ user }) => user },
      { key: 'client', label: 'Client', value: ({ client }) => client, show: ({ client, tls }) => `${client}${tls ? ' (TLS)' : ''}` },
      { key: 'schema', label: 'Schema', value: ({ schema }) => schema, show: ({ schema }) => schema ?? '–' },
      { key: 'phase', label: 'State', value: phaseOf, show: phaseOf },
      { key: 'backend', label: 'Server', value: ({ backend }) => backend, show: serversOf },
      {
        key: 'pinReasons',
        label: 'Pinned because of',
        wide: true,
        value: ({ pinReasons }) => pinReasons.length,
        show: ({ pinReasons }, cell) => {
          cell.classList.toggle('pinned', pinReasons.length > 0);
          return pinReasons.length === 0 ? '–' : pinReasons.join('; ');
        },
      },
      ...(canKill ? [{ key: 'kill', label: 'Action', show: killButton }] : []),
    ],
  });
  async function load() {
    const asked = grid.query();
    const { sessions, total } = await read(`/api/v1/sessions?${asked}`);
    // Another answer is on its way where something else is wanted by now.
    if (asked === grid.query()) grid.update(sessions, total);
  }
  return { load };
}

function phaseOf({ phase, inTransaction }) {
  return inTransaction ? `${phase}, in transaction` : phase;
}

function serversOf({ backend, parked }) {
  const all = [backend, ...(parked ?? []).map((each) => each.backend)].filter((each) => each !== undefined);
  return all.length === 0 ? '–' : all.join(' + ');
}

function killButton(session, cell) {
  const button = cell.firstChild ?? h('button', { type: 'button', class: 'quiet', 'aria-label': `Kill session ${session.id}` }, 'Kill…');
  button.onclick = () => killSession(session);
  return button;
}
