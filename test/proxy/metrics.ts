import type { RunningPointsman } from './start-pointsman.js';

/** Value of a metric; of several series, their sum. `labels` is text that the series' labels must hold: `state="held"`. */
export async function metric(proxy: RunningPointsman, name: string, labels = ''): Promise<number> {
  const text = await (await fetch(`${proxy.adminUrl}/metrics`, { signal: AbortSignal.timeout(10_000) })).text();
  const lines = text.split('\n').filter((line) => /^\w+/.exec(line)?.[0] === name && line.includes(labels));
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
}

/** Sessions that are open now. */
export function openClients(proxy: RunningPointsman): Promise<number> {
  return metric(proxy, 'pointsman_client_connections');
}
