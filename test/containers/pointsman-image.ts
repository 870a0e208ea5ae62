import { GenericContainer, type StartedTestContainer, Wait } from 'testcontainers';
import { REPOSITORY } from '../proxy/run-pointsman.js';
import { runCommand } from '../servers/run-command.js';
import { buryLater } from '../servers/servers.js';

/** What the image is built on. */
export const BASE_IMAGE = 'node:24-bookworm-slim';

const IMAGE = 'pointsman:test';

/** Builds the Dockerfile as a user would; the engine's cache makes the second time fast. Gives the image's name. */
export async function buildImage(): Promise<string> {
  await runCommand('docker', ['build', '--quiet', '--tag', IMAGE, '.'], { cwd: REPOSITORY, timeoutMs: 280_000 });
  return IMAGE;
}

/** What `docker inspect` says of a container or an image, by a template such as `{{.State.ExitCode}}`. */
export async function inspect(id: string, template: string): Promise<string> {
  return (await runCommand('docker', ['inspect', '--format', template, id])).trim();
}

/** Pointsman as an orchestrator that trusts nobody runs it: nothing can be written, no capability, no way to more rights. */
export class LockedDownContainer extends GenericContainer {
  constructor() {
    super(IMAGE);
    this.hostConfig.ReadonlyRootfs = true;
    this.withDroppedCapabilities('ALL').withSecurityOpt('no-new-privileges');
    this.withWaitStrategy(Wait.forHealthCheck()).withStartupTimeout(120_000);
  }

  /** Settles when the image's own health check says that it is well. */
  override async start(): Promise<StartedTestContainer> {
    const container = await super.start();
    buryLater({ kind: 'container', name: container.getId() });
    return container;
  }
}

/** The answer of the admin address as seen from inside the container: `503` or such. */
export async function adminStatusInside(container: StartedTestContainer, path: string): Promise<number> {
  const program = `fetch('http://127.0.0.1:6480${path}').then((answer) => console.log(answer.status), () => console.log(0))`;
  const { output } = await container.exec(['node', '-e', program]);
  return Number(output.trim());
}

/** Sends SIGTERM as `docker stop` does; `ended` gives the exit code and how long it took. */
export async function terminate(container: StartedTestContainer): Promise<{ ended: Promise<{ exitCode: number; tookMs: number }> }> {
  const started = performance.now();
  await runCommand('docker', ['kill', '--signal', 'TERM', container.getId()]);
  const waiting = runCommand('docker', ['wait', container.getId()], { timeoutMs: 60_000 });
  return { ended: waiting.then((code) => ({ exitCode: Number(code), tookMs: performance.now() - started })) };
}
