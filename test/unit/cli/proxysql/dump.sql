-- mysqldump of the admin port
INSERT INTO `mysql_servers` (`hostgroup_id`,`hostname`,`port`,`gtid_port`,`status`,`weight`,`compression`,`max_connections`,`max_replication_lag`,`use_ssl`,`max_latency_ms`,`comment`) VALUES (1,'db-a',3306,0,'ONLINE',1,0,1000,0,1,0,'it''s the first'),(2,'db-b',3306,0,'ONLINE',1,0,1000,0,1,0,'');
INSERT INTO `mysql_galera_hostgroups` VALUES (1,3,2,4,1,1,2,100,NULL);
INSERT INTO `mysql_users` VALUES ('app','pa\'ss',1,0,1,NULL,0,1,0,1,1,10000,'','');
INSERT INTO `mysql_query_rules` VALUES (10,1,'app',NULL,0,NULL,NULL,NULL,NULL,NULL,'^SELECT \\* FROM big',0,'CASELESS',NULL,NULL,2,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,1,1,'','big reads');
INSERT INTO `global_variables` VALUES ('mysql-monitor_username','monitor'),('mysql-monitor_password','monitor');
