/** What a caller wants killed, as it travels to whoever serves the victim. Plain data: it crosses processes. */
export interface KillOrder {
  /** From 2^30 the id of a session of ours, below it a server's thread id. */
  readonly id: number;
  /** KILL QUERY: only what runs, not the connection. */
  readonly query: boolean;
  /** Only sessions of the caller's cluster and, for thread ids, of its account are looked at. */
  readonly cluster: string;
  readonly user: string;
  /** The caller's own session. */
  readonly caller: number;
  /** Two servers may give the same thread id: only one on this backend; undefined: on any. */
  readonly backend: string | undefined;
  /** The caller's own session is not meant, should its server have given it the same thread id. */
  readonly notCaller: boolean;
  /** A server has let the caller kill somebody else's session. */
  readonly allowed: boolean;
  /** Only look: nothing happens to the victim. */
  readonly look: boolean;
}

/** What was found of the victim. */
export type KillReport =
  | { readonly kind: 'unknown' }
  | {
      readonly kind: 'found';
      /** Whether it is the caller itself. */
      readonly self: boolean;
      /** The caller may: the victim is of its own account, or `allowed` was said. Then what we hold of it has been ended. */
      readonly mine: boolean;
      /** Where the rest of it is to be killed; undefined: on no server now. */
      readonly thread: { readonly backend: string; readonly id: number } | undefined;
    };

/** Finds sessions in all processes of the group. Never rejects. */
export interface KillDesk {
  order(order: KillOrder): Promise<KillReport>;
}

/** Our connection ids begin here: see `app/connection-ids`. */
export const FIRST_OWN_ID = 2 ** 30;
