/** Where a scenario's driver connects to (through the tap), and what kind of server is behind it. */
export interface Target {
  readonly flavor: 'mysql' | 'mariadb';
  readonly port: number;
  /** Python interpreter with PyMySQL and mysql-connector-python. */
  readonly python: string;
  /** Runs one statement as administrator on the server, past the tap. */
  admin(sql: string): Promise<void>;
}

/** One conversation to record. */
export interface Scenario {
  readonly name: string;
  readonly driver: string;
  readonly what: string;
  /** Recorded on both kinds of server unless told. */
  readonly only?: 'mysql' | 'mariadb';
  /** Runs the driver; what it returns is kept as the independent word on what the bytes mean. */
  run(target: Target): Promise<unknown>;
}
