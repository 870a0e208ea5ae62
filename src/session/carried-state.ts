/**
 * A session's state that one new connection can be given: as it is now, or as it was when a transaction began. Values as `SessionState` keeps them.
 */
export interface CarriedState {
  readonly schema: string | undefined;
  /** In the order in which they have to be set. */
  readonly variables: readonly (readonly [name: string, value: string])[];
  readonly userVariables: readonly (readonly [name: string, literal: string])[];
  readonly role: string | undefined;
  readonly nextTransaction: string | undefined;
  readonly wasReset: boolean;
}
