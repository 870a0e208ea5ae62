import type { Credential } from './secret.js';

/** The client's part in a login that a server judges: what it has proven to us, or its answer as it came. */
export type LentAnswer = Credential | { readonly kind: 'raw'; readonly payload: Buffer };
