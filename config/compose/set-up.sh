#!/bin/sh
# Makes accounts and replication of config/compose.yaml; changes nothing where that was done before.
# MYSQL_PWD is root's password; APP_, MONITOR_ and REPLICATION_PASSWORD those of the accounts.
set -eu

sql() { mysql --protocol=tcp -h "$1" -uroot --batch --skip-column-names; }
quoted() { printf "'%s'" "$(printf %s "$1" | sed "s/[\\\\']/\\\\&/g")"; }

for server in replica1 replica2 primary; do
  if [ -n "$(echo 'SHOW SLAVE STATUS' | sql $server)" ]; then
    echo "set-up: $server is a replica already: nothing to do"
    exit 0
  fi
done
if [ "$(echo "SELECT COUNT(*) FROM mysql.user WHERE user='pointsman'" | sql primary)" != 0 ]; then
  echo 'set-up: the accounts are there already: nothing to do'
  exit 0
fi

# What the servers wrote for themselves while they filled their data folders is no part of the common history.
for server in primary replica1 replica2; do echo 'RESET MASTER' | sql $server; done

sql primary <<SQL
CREATE DATABASE app;
CREATE USER app@'%' IDENTIFIED WITH mysql_native_password BY $(quoted "$APP_PASSWORD");
GRANT ALL ON app.* TO app@'%';
CREATE USER replication@'%' IDENTIFIED WITH mysql_native_password BY $(quoted "$REPLICATION_PASSWORD");
GRANT REPLICATION SLAVE ON *.* TO replication@'%';
CREATE USER pointsman@'%' IDENTIFIED WITH mysql_native_password BY $(quoted "$MONITOR_PASSWORD");
GRANT REPLICATION CLIENT, RELOAD, PROCESS, SUPER, EVENT, REPLICATION SLAVE ON *.* TO pointsman@'%';
GRANT REPLICATION_SLAVE_ADMIN, SYSTEM_VARIABLES_ADMIN, CONNECTION_ADMIN, BINLOG_ADMIN ON *.* TO pointsman@'%';
GRANT SELECT ON mysql.user TO pointsman@'%';
SQL

for server in replica1 replica2; do
  sql $server <<SQL
CHANGE MASTER TO MASTER_HOST='primary', MASTER_USER='replication', MASTER_PASSWORD=$(quoted "$REPLICATION_PASSWORD"), MASTER_AUTO_POSITION=1;
START SLAVE;
SET GLOBAL super_read_only=ON;
SQL
done
echo 'set-up: a primary and two replicas'
