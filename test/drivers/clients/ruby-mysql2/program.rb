# frozen_string_literal: true

require 'digest'
require 'json'
require 'mysql2'
require 'timeout'

$stdout.sync = true
TEXT = "Größe 漢字 😀 עברית e\u0301 ' \" \\ % end"
ALL_BYTES = (0..255).to_a.pack('C*')

def open(**options)
  base = { host: ENV['DB_HOST'], port: ENV['DB_PORT'].to_i, username: ENV['DB_USER'], password: ENV['DB_PASSWORD'], database: ENV['DB_NAME'],
           encoding: 'utf8mb4', connect_timeout: 20, local_infile: true }
  Mysql2::Client.new(**base, **options)
end

def one(client, sql)
  client.query(sql, as: :array).first[0]
end

def error_of
  yield
  raise 'no error came'
rescue Mysql2::Error => e
  "#{e.error_number} #{e.sql_state} #{e.message}"
end

def same(actual, expected, what)
  raise "#{what}: #{actual.inspect} instead of #{expected.inspect}" unless actual == expected
end

def show(value)
  value.inspect.b.gsub(/[\x80-\xff]/n) { |byte| format('\\x%02x', byte.ord) }
end

def login(tls: false, **options)
  lambda do
    client = open(**options, **(tls ? { sslcipher: 'HIGH' } : {}))
    cipher = client.query("SHOW STATUS LIKE 'Ssl_cipher'", as: :array).first[1]
    same(cipher != '', tls, 'Ssl_cipher is set')
    one(client, 'SELECT CURRENT_USER()')
  end
end

SCENARIOS = {
  'login' => login,
  'login-tls' => login(tls: true),
  'login-native' => login(username: ENV['DB_USER_NATIVE']),
  'login-sha256' => login(tls: true, username: ENV['DB_USER_SHA256']),
  'login-ed25519' => login(username: ENV['DB_USER_ED25519']),
  'wrong-password' => -> { error_of { open(password: 'wrong') } },
  'unknown-database' => -> { error_of { open(database: "#{ENV['DB_NAME']}_none") } },
  'unicode' => lambda do
    client = open
    client.prepare('INSERT INTO texts (body) VALUES (?)').execute(TEXT)
    client.query("INSERT INTO texts (body) VALUES ('#{client.escape(TEXT)}')")
    client.query('SELECT body, CHAR_LENGTH(body) FROM texts ORDER BY id', as: :array).each { |row| same(row, [TEXT, TEXT.length], 'text') }
    TEXT
  end,
  'binary' => lambda do
    client = open
    client.prepare('INSERT INTO bytes VALUES (1, ?)').execute(ALL_BYTES)
    same(one(client, 'SELECT body FROM bytes WHERE id = 1').b, ALL_BYTES, 'bytes')
    one(client, 'SELECT HEX(body) FROM bytes WHERE id = 1')
  end,
  'types' => lambda do
    client = open
    # A TIME of more than a day is none to Ruby.
    text = client.query('SELECT * FROM every_type WHERE id = 1', as: :array, cast: false)
    names = (text.fields - ['c_time']).join(', ')
    prepared = client.prepare("SELECT #{names} FROM every_type WHERE id = ?").execute(1, as: :array)
    show([text.fields, text.to_a, prepared.to_a])
  end,
  'prepared' => lambda do
    client = open
    insert = client.prepare('INSERT INTO prepared VALUES (?, ?, ?)')
    (1..100).each { |i| insert.execute(i, (i % 3).zero? ? nil : "name #{i}", i / 4.0) }
    insert.close
    (1..100).each do |i|
      select = client.prepare("SELECT name, #{i} FROM prepared WHERE id = ?")
      same(select.execute(i, as: :array).to_a, [[(i % 3).zero? ? nil : "name #{i}", i]], "row #{i}")
      select.close
    end
    one(client, 'SELECT SUM(amount) FROM prepared')
  end,
  'transaction' => lambda do
    client = open
    other = open
    client.query('BEGIN')
    client.query('UPDATE balances SET balance = balance - 10 WHERE id = 1')
    same(one(other, 'SELECT balance FROM balances WHERE id = 1'), 100, 'seen by another before commit')
    client.query('ROLLBACK')
    client.query('BEGIN')
    client.query('UPDATE balances SET balance = balance - 10 WHERE id = 1')
    client.query('UPDATE balances SET balance = balance + 10 WHERE id = 2')
    client.query('COMMIT')
    show(other.query('SELECT * FROM balances ORDER BY id', as: :array).to_a)
  end,
  'multi-results' => lambda do
    client = open(flags: Mysql2::Client::MULTI_STATEMENTS)
    seen = []
    ["SELECT 1 AS a; SELECT 'x' AS b, 2 AS c", 'CALL two_results()'].each do |sql|
      seen << client.query(sql, as: :array).to_a
      seen << client.store_result&.to_a while client.next_result
    end
    show([seen, one(client, 'SELECT 5')])
  end,
  'large-blob' => lambda do
    client = open
    blob = Random.new(4).bytes(20 * 1024 * 1024)
    client.prepare('INSERT INTO bytes VALUES (20, ?)').execute(blob)
    same(one(client, 'SELECT MD5(body) FROM bytes WHERE id = 20'), Digest::MD5.hexdigest(blob), 'checksum of the server')
    same(Digest::MD5.hexdigest(one(client, 'SELECT body FROM bytes WHERE id = 20')), Digest::MD5.hexdigest(blob), 'checksum of what came back')
    blob.bytesize
  end,
  'local-infile' => lambda do
    client = open
    client.query("LOAD DATA LOCAL INFILE '#{ENV['DB_INFILE']}' INTO TABLE loaded CHARACTER SET utf8mb4")
    "#{client.affected_rows} #{client.query_info_string} #{client.query('SELECT * FROM loaded WHERE id = 1000', as: :array).to_a}"
  end,
  'cursor' => lambda do
    open.query('SELECT id, name FROM numbers ORDER BY id', as: :array, stream: true, cache_rows: false).sum { |row| row[0] }
  end,
  'reset' => 'the driver has neither change user nor reset connection',
  'kill-query' => lambda do
    client = open
    other = open
    id = client.thread_id
    killer = Thread.new { sleep 0.3; other.query("KILL QUERY #{id}") }
    error = error_of { client.query('SELECT id FROM numbers WHERE SLEEP(20) = 0') }
    killer.join
    "#{error}; then #{one(client, 'SELECT 1')}"
  end,
  'cancel' => lambda do
    error = error_of { open(read_timeout: 1).query('SELECT SLEEP(20)') }
    "#{error}; then #{one(open, 'SELECT 1')}"
  end,
  'reconnect' => lambda do
    client = open(reconnect: true)
    before = one(client, 'SELECT CONNECTION_ID()')
    open.query("KILL #{before}")
    sleep 0.3 # the end of the connection comes a moment after the answer to KILL
    lost = begin
      client.query('SELECT 1')
      'connected again by itself'
    rescue Mysql2::Error
      'error'
    end
    "#{lost} #{one(open, 'SELECT CONNECTION_ID()') != before}"
  end,
  'results' => lambda do
    client = open
    seen = ["INSERT INTO counters (name, n) VALUES ('a', 1), ('b', 1)", 'UPDATE counters SET n = 1'].map do |sql|
      client.query(sql)
      [client.affected_rows, client.last_id, client.query_info, client.warning_count]
    end
    ["INSERT INTO counters (name, n) VALUES ('a', 1)", 'SELECT oops(', 'SELECT * FROM no_such_table'].each { |sql| seen << error_of { client.query(sql) } }
    show([seen, client.server_info])
  end
}.freeze

puts "version mysql2 (Ruby) #{Mysql2::VERSION}"
ENV['SCENARIOS'].split(',').each do |name|
  work = SCENARIOS[name] || 'not a thing of this client'
  line = if work.is_a?(String)
           "skip #{name}: #{work}"
         else
           begin
             "ok #{name}: #{Timeout.timeout(40) { work.call }}"
           rescue StandardError => e
             "not ok #{name}: #{e.class} #{e.message}"
           end
         end
  puts line.gsub(/\s+/, ' ')
end
