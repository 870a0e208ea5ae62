import type { Config } from './config.js';
import { type Keys, propertyName } from './kinds/section.js';
import { innerKeys, isNamedList, isValues, type NamedValues } from './matched-keys.js';
import { rootSection } from './schema.js';

type Values = Readonly<Record<string, unknown>>;

/**
 * What a reload can bring into force: `after` where a key is reloadable, `before` everywhere else. Whether the parts still fit each
 * other is for `checkConfig` to say.
 */
export function applicable(before: Config, after: Config): Config {
  return mergedSection(rootSection.keys, before as never, after as never, false) as unknown as Config;
}

function mergedSection(keys: Keys, before: Values, after: Values, reloadable: boolean): Values {
  // What is no key of the file, such as the name of a cluster, is what the two have in common.
  const merged: Record<string, unknown> = { ...before };
  for (const [name, { kind, reloadable: own }] of Object.entries(keys)) {
    const property = propertyName(name, kind.unit);
    merged[property] = mergedValue(innerKeys(kind), before[property], after[property], reloadable || own);
  }
  return merged;
}

function mergedValue(inner: Keys | undefined, before: unknown, after: unknown, reloadable: boolean): unknown {
  if (reloadable) return after;
  if (inner === undefined) return before;
  if (isNamedList(before) && isNamedList(after)) return mergedList(inner, before, after);
  return isValues(before) && isValues(after) ? mergedSection(inner, before, after, false) : before;
}

/** Elements neither come nor go; those that stay take what they may. */
function mergedList(keys: Keys, before: readonly NamedValues[], after: readonly NamedValues[]): readonly Values[] {
  const later = new Map(after.map((each) => [each.name, each]));
  return before.map((each) => {
    const now = later.get(each.name);
    return now === undefined ? each : mergedSection(keys, each, now, false);
  });
}
