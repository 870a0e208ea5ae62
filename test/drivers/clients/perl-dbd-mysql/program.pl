use strict;
use warnings;
use utf8;
use DBI;
use Digest::MD5 qw(md5_hex);
use Encode qw(encode_utf8);
use JSON::PP;

binmode STDOUT, ':utf8';
$| = 1;
my $TEXT = "Größe 漢字 😀 עברית e\x{301} ' \" \\ % end";
my $json = JSON::PP->new->canonical->allow_nonref;

sub connected {
    my (%o) = @_;
    my $database = $o{database} // $ENV{DB_NAME};
    my $tls = $o{tls} ? ';mysql_ssl=1;mysql_ssl_optional=1' : '';
    my $dbh = DBI->connect("DBI:mysql:database=$database;host=$ENV{DB_HOST};port=$ENV{DB_PORT};mysql_local_infile=1;mysql_multi_statements=1$tls",
        $o{user} // $ENV{DB_USER}, $o{password} // $ENV{DB_PASSWORD},
        { RaiseError => 1, PrintError => 0, mysql_enable_utf8mb4 => 1, mysql_server_prepare => $o{prepare} // 0, mysql_connect_timeout => 20, AutoCommit => 1 });
    return $dbh;
}

sub one { my ($dbh, $sql, @values) = @_; return ($dbh->selectrow_array($sql, undef, @values))[0] }

sub error_of {
    my ($work) = @_;
    return 'none' if eval { $work->(); 1 };
    return join ' ', $DBI::err // '', $DBI::state // '', $DBI::errstr // $@;
}

sub login {
    my %o = @_;
    return sub {
        my $dbh = connected(%o);
        my (undef, $cipher) = $dbh->selectrow_array("SHOW STATUS LIKE 'Ssl_cipher'");
        die "Ssl_cipher is '$cipher'\n" if !!($cipher ne '') != !!$o{tls};
        return one($dbh, 'SELECT CURRENT_USER()');
    };
}

my %scenarios = (
    'login' => login(),
    'login-tls' => login(tls => 1),
    'login-native' => login(user => $ENV{DB_USER_NATIVE}),
    'login-sha256' => login(user => $ENV{DB_USER_SHA256}, tls => 1),
    'login-ed25519' => login(user => $ENV{DB_USER_ED25519}),
    'wrong-password' => sub { error_of(sub { connected(password => 'wrong') }) },
    'unknown-database' => sub { error_of(sub { connected(database => "$ENV{DB_NAME}_none") }) },
    'unicode' => sub {
        my $dbh = connected();
        $dbh->do('INSERT INTO texts (body) VALUES (?)', undef, $TEXT);
        $dbh->do('INSERT INTO texts (body) VALUES (' . $dbh->quote($TEXT) . ')');
        for my $row (@{ $dbh->selectall_arrayref('SELECT body, CHAR_LENGTH(body) FROM texts ORDER BY id') }) {
            die "text: $row->[0] $row->[1]\n" if $row->[0] ne $TEXT || $row->[1] != length $TEXT;
        }
        return $TEXT;
    },
    'binary' => sub {
        my $dbh = connected();
        my $bytes = join '', map { chr } 0 .. 255;
        my $sth = $dbh->prepare('INSERT INTO bytes VALUES (1, ?)');
        $sth->bind_param(1, $bytes, DBI::SQL_BLOB());
        $sth->execute;
        die "bytes\n" if one($dbh, 'SELECT body FROM bytes WHERE id = 1') ne $bytes;
        return one($dbh, 'SELECT HEX(body) FROM bytes WHERE id = 1');
    },
    'types' => sub {
        my $out = '';
        for my $prepare (0, 1) {
            my $dbh = connected(prepare => $prepare);
            my $sth = $dbh->prepare('SELECT * FROM every_type WHERE id = ?');
            $sth->execute(1);
            my @row = map { defined $_ ? (/[^\x20-\x{10ffff}]|[\x7f-\xff]/ ? 'hex:' . unpack('H*', encode_utf8($_)) : "$_") : 'NULL' } $sth->fetchrow_array;
            $out .= $json->encode([\@row, $sth->{NAME}, $sth->{TYPE}, $sth->{mysql_type_name}, $sth->{NULLABLE}, $sth->{PRECISION}]);
        }
        return $out;
    },
    'prepared' => sub {
        my $dbh = connected(prepare => 1);
        my $insert = $dbh->prepare('INSERT INTO prepared VALUES (?, ?, ?)');
        $insert->execute($_, $_ % 3 ? "name $_" : undef, $_ / 4) for 1 .. 100;
        for my $i (1 .. 100) {
            my $select = $dbh->prepare("SELECT name, $i FROM prepared WHERE id = ?");
            $select->execute($i);
            my ($name, $n) = $select->fetchrow_array;
            die "row $i\n" if $n != $i || ($name // '') ne ($i % 3 ? "name $i" : '');
            $select->finish;
        }
        return one($dbh, 'SELECT SUM(amount) FROM prepared');
    },
    'transaction' => sub {
        my ($dbh, $other) = (connected(), connected());
        $dbh->begin_work;
        $dbh->do('UPDATE balances SET balance = balance - 10 WHERE id = 1');
        die "seen before commit\n" if one($other, 'SELECT balance FROM balances WHERE id = 1') != 100;
        $dbh->rollback;
        $dbh->{AutoCommit} = 0;
        $dbh->do('UPDATE balances SET balance = balance - 10 WHERE id = 1');
        $dbh->do('UPDATE balances SET balance = balance + 10 WHERE id = 2');
        $dbh->commit;
        return $json->encode($other->selectall_arrayref('SELECT * FROM balances ORDER BY id'));
    },
    'multi-results' => sub {
        my $dbh = connected();
        my @seen;
        for my $sql ("SELECT 1 AS a; SELECT 'x' AS b, 2 AS c", 'CALL two_results()') {
            my $sth = $dbh->prepare($sql);
            $sth->execute;
            do { push @seen, $sth->{NUM_OF_FIELDS} ? $sth->fetchall_arrayref : undef } while $sth->more_results;
        }
        return $json->encode([\@seen, one($dbh, 'SELECT 5')]);
    },
    'large-blob' => sub {
        my $dbh = connected();
        my $blob = join '', map { pack 'V', ($_ * 2654435761 ^ ($_ >> 3)) & 0xffffffff } 0 .. 5 * 1024 * 1024 - 1;
        my $sth = $dbh->prepare('INSERT INTO bytes VALUES (20, ?)');
        $sth->bind_param(1, $blob, DBI::SQL_BLOB());
        $sth->execute;
        die "checksum of the server\n" if one($dbh, 'SELECT MD5(body) FROM bytes WHERE id = 20') ne md5_hex($blob);
        local $dbh->{LongReadLen} = 32 << 20;
        die "checksum of what came back\n" if md5_hex(one($dbh, 'SELECT body FROM bytes WHERE id = 20')) ne md5_hex($blob);
        return length $blob;
    },
    'local-infile' => sub {
        my $dbh = connected();
        my $count = $dbh->do("LOAD DATA LOCAL INFILE '$ENV{DB_INFILE}' INTO TABLE loaded CHARACTER SET utf8mb4");
        return "$count $dbh->{mysql_info} " . $json->encode([$dbh->selectrow_array('SELECT * FROM loaded WHERE id = 1000')]);
    },
    'cursor' => sub {
        my $dbh = connected();
        my $sth = $dbh->prepare('SELECT id, name FROM numbers ORDER BY id', { mysql_use_result => 1 });
        $sth->execute;
        my $sum = 0;
        while (my ($id) = $sth->fetchrow_array) { $sum += $id }
        return $sum;
    },
    'reset' => 'the driver has neither change user nor reset connection',
    'kill-query' => sub {
        my ($dbh, $other) = (connected(), connected());
        my $id = $dbh->{mysql_thread_id};
        my $sth = $dbh->prepare('SELECT id FROM numbers WHERE SLEEP(20) = 0', { async => 1 });
        $sth->execute;
        select undef, undef, undef, 0.3;
        $other->do("KILL QUERY $id");
        return error_of(sub { $sth->mysql_async_result }) . '; then ' . one($dbh, 'SELECT 1');
    },
    'reconnect' => sub {
        my $dbh = connected();
        $dbh->{mysql_auto_reconnect} = 1;
        my $before = one($dbh, 'SELECT CONNECTION_ID()');
        connected()->do("KILL $before");
        select undef, undef, undef, 0.3; # the end of the connection comes a moment after the answer to KILL
        my $lost = error_of(sub { one($dbh, 'SELECT 1') }) eq 'none' ? 'connected again by itself' : 'error';
        my $after = one($dbh->ping ? $dbh : connected(), 'SELECT CONNECTION_ID()');
        return $lost . ' ' . ($after != $before);
    },
    'results' => sub {
        my $dbh = connected();
        my @seen;
        for my $sql ("INSERT INTO counters (name, n) VALUES ('a', 1), ('b', 1)", 'UPDATE counters SET n = 1') {
            push @seen, [$dbh->do($sql) + 0, "$dbh->{mysql_insertid}", $dbh->{mysql_info}];
        }
        for my $sql ("INSERT INTO counters (name, n) VALUES ('a', 1)", 'SELECT oops(', 'SELECT * FROM no_such_table') {
            push @seen, error_of(sub { $dbh->do($sql) });
        }
        return $json->encode([\@seen, $dbh->{mysql_serverinfo}]);
    },
);

print "version DBD::mysql $DBD::mysql::VERSION\n" if require DBD::mysql;
for my $name (split /,/, $ENV{SCENARIOS}) {
    my $work = $scenarios{$name} // 'not a thing of this client';
    if (!ref $work) { print "skip $name: $work\n"; next }
    my $detail = eval { local $SIG{ALRM} = sub { die "no end in 40 s\n" }; alarm 40; my $result = $work->(); alarm 0; $result };
    my $error = $@;
    alarm 0;
    my $line = defined $detail ? "ok $name: $detail" : "not ok $name: $error";
    $line =~ s/\s+/ /g;
    print "$line\n";
}
