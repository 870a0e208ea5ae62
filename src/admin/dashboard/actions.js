import { act } from './api.js';
import { announce, byId, h, keyed, setText } from './dom.js';
import { planShown, progressLine } from './plan.js';

let doIt;
/** Where the steps of what is being done are written. */
let running;

/** A step of a long action, as the events tell it. */
export function showProgress(event) {
  if (!byId('action').open || running === undefined || event.detail === undefined) return;
  running.append(progressLine(event));
  running.lastChild.scrollIntoView({ block: 'nearest' });
}

/** Asks before something is done; shows what would happen, and what happened. */
function ask({ title, body, label, danger = false, run }) {
  running = undefined;
  const dialog = byId('action');
  setText(byId('action-title'), title);
  byId('action-body').replaceChildren(...body);
  setText(byId('action-error'), '');
  const button = byId('action-do');
  setText(button, label);
  button.hidden = run === undefined;
  button.disabled = false;
  button.classList.toggle('danger', danger);
  setText(byId('action-cancel'), run === undefined ? 'Close' : 'Cancel');
  doIt = run;
  if (!dialog.open) dialog.showModal();
}

/** Once, when the page starts. */
export function prepareActions() {
  const dialog = byId('action');
  byId('action-cancel').addEventListener('click', () => dialog.close());
  byId('action-form').addEventListener('submit', async (event) => {
    event.preventDefault();
    const button = byId('action-do');
    button.disabled = true;
    setText(byId('action-error'), '');
    running = h('ol', { class: 'plan running' });
    byId('action-body').append(running);
    try {
      const said = await doIt();
      // The first step of two: what comes next is on its way.
      if (said === undefined) return;
      dialog.close();
      announce(said);
      showNotice(said);
    } catch (error) {
      setText(byId('action-error'), error.message);
      button.disabled = false;
    }
  });
}

let noticeTimer;

export function showNotice(text) {
  const notice = byId('notice');
  setText(notice, text);
  notice.hidden = false;
  clearTimeout(noticeTimer);
  noticeTimer = setTimeout(() => (notice.hidden = true), 8000);
}

/** Shows what a dry run says, then does it. */
async function planned({ title, path, body, label, danger, done, intro }) {
  let plan;
  try {
    plan = await act(path, { ...body, dryRun: true });
  } catch (error) {
    ask({ title, body: [h('p', {}, intro), h('p', { class: 'error' }, error.message)], label });
    return;
  }
  ask({
    title,
    body: [h('p', {}, intro), planShown(plan)],
    label,
    danger,
    run: async () => {
      await act(path, body);
      return done;
    },
  });
}

const BACKEND_ACTIONS = [
  { word: 'drain', label: 'Drain…', states: ['online', 'suspect'], intro: 'New statements go elsewhere; what runs there ends in peace.' },
  {
    word: 'maintenance',
    label: 'Maintenance…',
    states: ['online', 'suspect', 'draining'],
    intro: 'Drained, and health checks do not bring it back.',
  },
  { word: 'undrain', label: 'Take back…', states: ['draining', 'maintenance'], intro: 'It takes part again.' },
];

/** Buttons of one server. @param operator what the one who is logged in may do */
export function backendActions(container, { name, state }, operator) {
  const usable = BACKEND_ACTIONS.filter(({ word, states }) => operator.may(`/api/v1/backends/{name}/${word}`) && states.includes(state));
  buttons(
    container,
    usable.map(({ word, label, intro }) => ({
      label,
      about: `${label.replace('…', '')} ${name}`,
      run: () =>
        planned({
          title: `${label.replace('…', '')} ${name}?`,
          path: `/api/v1/backends/${encodeURIComponent(name)}/${word}`,
          body: {},
          label: label.replace('…', ''),
          done: `${name}: ${word} was asked for`,
          intro,
        }),
    })),
  );
}

/** Buttons of one cluster. */
export function clusterActions(container, cluster, operator) {
  const { name, primary, backends, pause } = cluster;
  const canSwitch = operator.may('/api/v1/clusters/{name}/switchover');
  const run = () => {
    const others = backends.filter((each) => each.name !== primary && each.state === 'online');
    const choice = h(
      'select',
      { id: 'switch-to' },
      h('option', { value: '' }, 'the most advanced replica'),
      ...others.map((each) => h('option', { value: each.name }, each.name)),
    );
    ask({
      title: `Switchover of ${name}`,
      body: [
        h(
          'p',
          {},
          `Another server becomes primary in place of ${primary ?? 'none'}: statements are held, transactions end, then the points are set.`,
        ),
        h('label', { for: 'switch-to' }, 'New primary '),
        choice,
      ],
      label: 'Show the plan',
      run: () => planSwitchover(name, choice.value),
    });
  };
  const word = pause === null ? 'pause' : 'resume';
  buttons(container, [
    ...(canSwitch ? [{ label: 'Switchover…', about: `Switchover of ${name}`, run }] : []),
    ...(operator.may(`/api/v1/clusters/{name}/${word}`) ? [pausing(name, word)] : []),
  ]);
}

const PAUSING = {
  pause: {
    label: 'Pause',
    intro: 'Nothing new begins: statements wait, for hold.timeout at most; what runs and open transactions go on.',
    done: 'is paused',
  },
  resume: { label: 'Resume', intro: 'What waits is let go.', done: 'goes on' },
};

function pausing(name, word) {
  const { label, intro, done } = PAUSING[word];
  const path = `/api/v1/clusters/${encodeURIComponent(name)}/${word}`;
  return {
    label: `${label}…`,
    about: `${label} ${name}`,
    run: () => planned({ title: `${label} ${name}?`, path, body: {}, label, done: `${name} ${done}`, intro }),
  };
}

async function planSwitchover(name, to) {
  const path = `/api/v1/clusters/${encodeURIComponent(name)}/switchover`;
  const body = to === '' ? {} : { to };
  const plan = await act(path, { ...body, dryRun: true });
  ask({
    title: `Switchover of ${name}: the plan`,
    body: [planShown(plan)],
    label: 'Switch over now',
    danger: true,
    run: async () => {
      await act(path, body);
      return `The switchover of ${name} is over; see Failovers`;
    },
  });
  return undefined;
}

export function killSession(session) {
  return planned({
    title: `Kill session ${session.id}?`,
    path: `/api/v1/sessions/${session.id}/kill`,
    body: {},
    label: 'Kill',
    danger: true,
    done: `Session ${session.id} was killed`,
    intro: `Its client ${session.user} at ${session.client} is cut off; an open transaction is rolled back.`,
  });
}

export async function reloadConfiguration() {
  await planned({
    title: 'Reload the configuration?',
    path: '/api/v1/config/reload',
    body: {},
    label: 'Reload',
    done: 'The configuration was reloaded',
    intro: 'The file is read again; what differs and can be changed is applied to what runs.',
  });
}

function buttons(container, wanted) {
  keyed(
    container,
    wanted,
    ({ label }) => label,
    ({ label, about }) => h('button', { type: 'button', class: 'quiet', 'aria-label': about }, label),
    (element, { run }) => {
      element.onclick = run;
    },
  );
}
