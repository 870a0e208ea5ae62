/** All that tests, demo and bench need of real servers. See test/README.md. */
export { type Account, DATABASE, PASSWORDS } from './accounts.js';
export { type CertificateFiles, makeCertificates } from './certificates.js';
export { type EtcdCluster, type EtcdMember, startEtcd } from './etcd-cluster.js';
export { etcdProgram } from './etcd-program.js';
export { FLAVORS, type Flavor } from './flavor.js';
export { type ReservedPort, reservePort, reservePorts } from './free-port.js';
export { ed25519Args } from './mariadb-plugins.js';
export { NetworkHost, networkHostUnavailable } from './network-host.js';
export { blackHole, type CutWay, type PacketFilter, packetFilterUnavailable } from './packet-filter.js';
export { type PointsmanOptions, type PointsmanProcess, pointsmanConfig, startPointsman } from './pointsman-process.js';
export * from './replication.js';
export type { Server } from './server.js';
export { availableFlavors, findServerBinary, ServerUnavailable, serverUnavailable, versionAtLeast } from './server-binary.js';
export { type GaleraSet, startGalera } from './start-galera.js';
export { type Promotion, type ReplicationOptions, type ReplicationSet, startReplication, startStandalone } from './start-replication.js';
export { type ServerGroup, type StartOptions, startServers } from './start-servers.js';
export { buryLater } from './undertaker.js';
