/**
 * Stored functions that the configuration declares free of side effects, as `SqlDialect.safeFunctions` wants them: for a call in a text it
 * matters which schema the session is in.
 */
export class SafeFunctions {
  readonly #everywhere = new Set<string>();
  /** Schema -> what is safe while a session is in it; only schemas that were declared are in here. */
  readonly #bySchema = new Map<string, Set<string>>();

  /** @param declared `f`: of any schema; `shop.price`: of that one. Letter case does not count. */
  constructor(declared: readonly string[]) {
    const names = declared.map((name) => name.toLowerCase());
    for (const name of names) {
      this.#everywhere.add(name);
      if (!name.includes('.')) this.#everywhere.add(`*.${name}`);
    }
    for (const name of names) {
      const dot = name.indexOf('.');
      if (dot === -1) continue;
      const schema = name.slice(0, dot);
      const inside = this.#bySchema.get(schema) ?? new Set(this.#everywhere);
      this.#bySchema.set(schema, inside.add(name.slice(dot + 1)));
    }
  }

  /** What is safe for a session in `schema` (undefined: in none). The same set each time. */
  in(schema: string | undefined): ReadonlySet<string> {
    return (schema === undefined ? undefined : this.#bySchema.get(schema.toLowerCase())) ?? this.#everywhere;
  }
}
