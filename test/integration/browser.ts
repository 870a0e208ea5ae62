import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type Browser, chromium, type Page } from 'playwright-core';
import { installPackages } from '../servers/debian-packages.js';

const PROGRAM = '/usr/bin/chromium';

/** Without the flags of the second line it asks hosts of its maker at every start. */
const FLAGS = [
  ...['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run'],
  ...['--disable-quic', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
];

/** The distribution's browser, installed where it is not there yet. @returns a reason where there is none */
export async function startBrowser(progress: (text: string) => void): Promise<Browser | string> {
  try {
    if (!existsSync(PROGRAM)) await installPackages(['chromium'], progress);
    return await chromium.launch({ executablePath: PROGRAM, args: FLAGS });
  } catch (error) {
    return `no browser: ${error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)}`;
  }
}

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What axe-core has against the page as it is now, one line each. */
export async function accessibilityFaults(page: Page): Promise<readonly string[]> {
  // By evaluate: the page's own policy lets no script in.
  await page.evaluate(AXE);
  const found = await page.evaluate('axe.run(document, { resultTypes: ["violations"] })');
  const { violations } = found as { violations: { id: string; impact: string; nodes: { html: string; failureSummary: string }[] }[] };
  return violations.map(({ id, impact, nodes }) => `${id} (${impact}): ${nodes[0]?.html.slice(0, 200)} ${nodes[0]?.failureSummary}`);
}
