import { AskError, askAdmin } from './ask-admin.js';
import type { GivenOptions } from './command.js';
import type { AdminTarget } from './find-admin.js';

/**
 * The cluster that is named, or the only one there is.
 * @param before what a name is written behind, for the error
 * @throws AskError where there are several and none is named
 */
export async function givenCluster(options: GivenOptions, target: AdminTarget, before = '--cluster'): Promise<string> {
  const named = options['cluster']?.[0];
  if (named !== undefined) return named;
  const { clusters = [] } = (await askAdmin(target, '/api/v1/status')) as { clusters?: readonly { name: string }[] };
  const [only] = clusters;
  if (only === undefined || clusters.length > 1)
    throw new AskError(`say which cluster: ${before} ${clusters.map(({ name }) => name).join(' | ')}`);
  return only.name;
}
