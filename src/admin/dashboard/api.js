/** What the server answered instead of what was asked. */
export class ApiError extends Error {
  constructor(status, code, message) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

async function answer(response) {
  const body = await response.json().catch(() => undefined);
  if (response.ok) return body;
  throw new ApiError(response.status, body?.error?.code ?? '', body?.error?.message ?? `the answer was ${response.status}`);
}

/** GET of JSON. */
export async function read(path) {
  return answer(await fetch(path, { headers: { accept: 'application/json' } }));
}

/** POST of JSON. */
export async function act(path, body = {}) {
  return answer(await fetch(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }));
}

const QUIET_MS = 5_000;
const RETRY_MS = 1_500;

/**
 * Server-sent events that come back by themselves: the browser gives up after an answer that is none (the proxy is starting, the
 * login is over), so we ask again.
 * @param on by event name; `state` is told `live`, `stale` or `refused`
 */
export function listen(on) {
  let source;
  let lastMs = performance.now();
  const names = Object.keys(on).filter((name) => name !== 'state');
  const open = () => {
    source?.close();
    source = new EventSource('/api/v1/events');
    for (const name of names) {
      source.addEventListener(name, (event) => {
        lastMs = performance.now();
        on.state('live');
        on[name](JSON.parse(event.data));
      });
    }
    source.addEventListener('error', () => {
      on.state('stale');
      if (source.readyState === EventSource.CLOSED) void reopen();
    });
  };
  const reopen = async () => {
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    try {
      const { role } = await read('/api/v1/whoami');
      if (role === null) return on.state('refused');
    } catch {
      return reopen();
    }
    open();
  };
  // A server that vanished without a word (cable, sleep) raises no error.
  setInterval(() => {
    if (performance.now() - lastMs > QUIET_MS) on.state('stale');
  }, 1000);
  open();
  return { close: () => source?.close(), open };
}
