export type Flavor = 'mysql' | 'mariadb';

export const FLAVORS: readonly Flavor[] = ['mysql', 'mariadb'];
