/** Somebody who may log in. Owners extend it with what they need (route, limits); the login only reads these two. */
export interface Account {
  readonly user: string;
  /** The secret in clear text; '' is an account without a password. */
  readonly password: string;
}
