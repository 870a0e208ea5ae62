import java.io.ByteArrayInputStream;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.sql.CallableStatement;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** The scenarios over JDBC, for Connector/J and MariaDB Connector/J: whichever is on the class path. */
public class Program {
  static final int SCENARIO_LIMIT_S = 40;
  static final String TEXT = "Größe 漢字 😀 עברית e\u0301 ' \" \\ % end";
  static final boolean MARIADB_DRIVER = hasClass("org.mariadb.jdbc.Driver");

  interface Work {
    String on(Connection connection) throws Exception;
  }

  static class Skip extends Exception {
    Skip(String reason) {
      super(reason);
    }
  }

  static boolean hasClass(String name) {
    try {
      Class.forName(name);
      return true;
    } catch (ClassNotFoundException e) {
      return false;
    }
  }

  static String env(String name) {
    return System.getenv().getOrDefault(name, "");
  }

  static Connection open(String... options) throws SQLException {
    Properties all = new Properties();
    all.put("user", env("DB_USER"));
    all.put("password", env("DB_PASSWORD"));
    all.put("allowPublicKeyRetrieval", "true");
    all.put("allowMultiQueries", "true");
    all.put("connectTimeout", "20000");
    all.put("noAccessToProcedureBodies", "true");
    all.put("sslMode", MARIADB_DRIVER ? "disable" : "DISABLED");
    String database = env("DB_NAME");
    for (int i = 0; i < options.length; i += 2) {
      if (options[i].equals("database")) database = options[i + 1];
      else all.put(options[i], options[i + 1]);
    }
    String scheme = MARIADB_DRIVER ? "jdbc:mariadb" : "jdbc:mysql";
    return DriverManager.getConnection(scheme + "://" + env("DB_HOST") + ":" + env("DB_PORT") + "/" + database, all);
  }

  static String[] tls(String... more) {
    List<String> all = new ArrayList<>(List.of("sslMode", MARIADB_DRIVER ? "trust" : "REQUIRED"));
    all.addAll(List.of(more));
    return all.toArray(new String[0]);
  }

  static Callable<String> connected(Work work, String... options) {
    return () -> {
      try (Connection connection = open(options)) {
        return work.on(connection);
      }
    };
  }

  static String error(Throwable thrown) {
    if (!(thrown instanceof SQLException error)) return thrown.toString();
    String text = error.getMessage().replaceAll("\\(conn=\\d+\\) ?", "");
    return error.getErrorCode() + " " + error.getSQLState() + " " + text;
  }

  static String errorOf(Callable<?> work) throws Exception {
    try {
      work.call();
    } catch (SQLException thrown) {
      return error(thrown);
    }
    throw new AssertionError("no error came");
  }

  static void same(Object actual, Object expected, String what) {
    if (!String.valueOf(actual).equals(String.valueOf(expected))) throw new AssertionError(what + ": " + actual + " instead of " + expected);
  }

  static String show(Object value) {
    if (value instanceof byte[] bytes) return "hex:" + HexFormat.of().formatHex(bytes);
    return value == null ? "null" : value.getClass().getSimpleName() + ":" + value;
  }

  static String rows(ResultSet result) throws SQLException {
    StringBuilder all = new StringBuilder();
    int columns = result.getMetaData().getColumnCount();
    while (result.next()) {
      all.append("[");
      for (int i = 1; i <= columns; i++) all.append(i == 1 ? "" : ", ").append(show(result.getObject(i)));
      all.append("]");
    }
    return all.toString();
  }

  static String query(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement(); ResultSet result = statement.executeQuery(sql)) {
      return rows(result);
    }
  }

  static String one(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement(); ResultSet result = statement.executeQuery(sql)) {
      result.next();
      return result.getString(1);
    }
  }

  static int run(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      return statement.executeUpdate(sql);
    }
  }

  static Callable<String> login(boolean encrypted, String... options) {
    return connected(connection -> {
      try (Statement statement = connection.createStatement(); ResultSet result = statement.executeQuery("SHOW STATUS LIKE 'Ssl_cipher'")) {
        result.next();
        same(!result.getString(2).isEmpty(), encrypted, "Ssl_cipher is set");
      }
      return one(connection, "SELECT CURRENT_USER()") + " " + encrypted;
    }, options);
  }

  static byte[] allBytes() {
    byte[] bytes = new byte[256];
    for (int i = 0; i < 256; i++) bytes[i] = (byte) i;
    return bytes;
  }

  static byte[] largeBlob() {
    byte[] blob = new byte[20 * 1024 * 1024];
    for (int i = 0; i < blob.length; i += 4) {
      int word = (i * (int) 2654435761L) ^ (i >>> 3);
      for (int k = 0; k < 4; k++) blob[i + k] = (byte) (word >>> (8 * k));
    }
    return blob;
  }

  static String md5(byte[] bytes) throws Exception {
    return HexFormat.of().formatHex(MessageDigest.getInstance("MD5").digest(bytes));
  }

  static String unicode(Connection connection) throws Exception {
    try (PreparedStatement insert = connection.prepareStatement("INSERT INTO texts (body) VALUES (?)", Statement.RETURN_GENERATED_KEYS)) {
      insert.setString(1, TEXT);
      insert.executeUpdate();
      try (ResultSet keys = insert.getGeneratedKeys()) {
        keys.next();
        same(keys.getInt(1), 1, "generated key");
      }
    }
    run(connection, "INSERT INTO texts (body) VALUES ('" + TEXT.replace("\\", "\\\\").replace("'", "''") + "')");
    try (Statement statement = connection.createStatement(); ResultSet result = statement.executeQuery("SELECT body, CHAR_LENGTH(body) FROM texts ORDER BY id")) {
      while (result.next()) {
        same(result.getString(1), TEXT, "text");
        same(result.getInt(2), TEXT.codePointCount(0, TEXT.length()), "length");
      }
    }
    return TEXT;
  }

  static String binary(Connection connection) throws Exception {
    try (PreparedStatement insert = connection.prepareStatement("INSERT INTO bytes VALUES (1, ?)")) {
      insert.setBytes(1, allBytes());
      insert.executeUpdate();
    }
    try (PreparedStatement select = connection.prepareStatement("SELECT body FROM bytes WHERE id = ?")) {
      select.setInt(1, 1);
      try (ResultSet result = select.executeQuery()) {
        result.next();
        same(show(result.getBytes(1)), show(allBytes()), "bytes");
        return show(result.getBytes(1));
      }
    }
  }

  static String types(Connection connection) throws Exception {
    Object[] values = {-128, 255, -32768, -8388608, -2147483648, 4294967295L, Long.MIN_VALUE, "18446744073709551615",
      new BigDecimal("-12345678901234567890.0123456789"), -1.5f, 1e100, java.time.LocalDate.of(2024, 2, 29), "-123:59:58.654321",
      java.time.LocalDateTime.of(2024, 2, 29, 23, 59, 58, 123456000), java.time.LocalDateTime.of(2001, 9, 9, 1, 46, 40, 500000000), 2155, "ten", "Größe 漢字 😀",
      HexFormat.of().parseHex("00ff0a27"), HexFormat.of().parseHex("00fffe5c27220d0a1a"), HexFormat.of().parseHex("ffd8ffe000104a46"), "it's \\ a \"text\"",
      "größer", "x,z", "{\"a\": [1, null, \"ä\"]}", 2730, null};
    try (PreparedStatement insert = connection.prepareStatement("INSERT INTO every_type VALUES (2" + ", ?".repeat(values.length) + ")")) {
      for (int i = 0; i < values.length; i++) insert.setObject(i + 1, values[i]);
      insert.executeUpdate();
    }
    same(one(connection, "SELECT same FROM types_equal WHERE id = 2"), "1", "what was written equals the literals");
    StringBuilder all = new StringBuilder();
    for (String statement : List.of("SELECT * FROM every_type WHERE id = ?", "SELECT * FROM every_type WHERE id = 1 OR id = ? - 1")) {
      try (PreparedStatement select = connection.prepareStatement(statement)) {
        select.setInt(1, 1);
        try (ResultSet result = select.executeQuery()) {
          ResultSetMetaData meta = result.getMetaData();
          for (int i = 1; i <= meta.getColumnCount(); i++)
            all.append(meta.getColumnName(i)).append(" ").append(meta.getColumnTypeName(i)).append(" ").append(meta.getPrecision(i)).append(" ").append(meta.isNullable(i)).append(", ");
          result.next();
          for (int i = 1; i <= meta.getColumnCount(); i++) all.append(i == 14 ? result.getString(i) : show(result.getObject(i))).append(", ");
        }
      }
    }
    try (Statement statement = connection.createStatement(); ResultSet result = statement.executeQuery("SELECT * FROM every_type WHERE id = 1")) {
      result.next();
      for (int i = 1; i <= 28; i++) all.append(result.getString(i)).append(", ");
    }
    return all.toString();
  }

  static String prepared(Connection connection) throws Exception {
    try (PreparedStatement insert = connection.prepareStatement("INSERT INTO prepared VALUES (?, ?, ?)")) {
      for (int i = 1; i <= 100; i++) {
        insert.setInt(1, i);
        insert.setString(2, i % 3 == 0 ? null : "name " + i);
        insert.setDouble(3, i / 4.0);
        if (i <= 50) insert.executeUpdate();
        else insert.addBatch();
      }
      insert.executeBatch();
    }
    for (int i = 1; i <= 100; i++) {
      try (PreparedStatement select = connection.prepareStatement("SELECT name, " + i + " FROM prepared WHERE id = ?")) {
        select.setInt(1, i);
        try (ResultSet result = select.executeQuery()) {
          result.next();
          same(result.getString(1) + " " + result.getInt(2), (i % 3 == 0 ? null : "name " + i) + " " + i, "row");
        }
      }
    }
    return one(connection, "SELECT SUM(amount) FROM prepared");
  }

  static String transaction(Connection connection) throws Exception {
    try (Connection other = open()) {
      connection.setAutoCommit(false);
      run(connection, "UPDATE balances SET balance = balance - 10 WHERE id = 1");
      same(one(other, "SELECT balance FROM balances WHERE id = 1"), "100", "seen by another before commit");
      var savepoint = connection.setSavepoint("here");
      run(connection, "UPDATE balances SET balance = 0");
      connection.rollback(savepoint);
      same(one(connection, "SELECT balance FROM balances WHERE id = 1"), "90", "after rollback to the savepoint");
      connection.rollback();
      same(one(connection, "SELECT balance FROM balances WHERE id = 1"), "100", "after rollback");
      connection.commit();
      connection.setTransactionIsolation(Connection.TRANSACTION_SERIALIZABLE);
      run(connection, "UPDATE balances SET balance = balance - 10 WHERE id = 1");
      run(connection, "UPDATE balances SET balance = balance + 10 WHERE id = 2");
      connection.commit();
      connection.setReadOnly(true);
      // MariaDB's driver does not tell a MySQL server of it.
      String refused;
      try {
        run(connection, "UPDATE balances SET balance = 0");
        refused = "not refused";
      } catch (SQLException thrown) {
        refused = error(thrown);
      }
      connection.rollback();
      return query(other, "SELECT * FROM balances ORDER BY id") + refused + connection.getTransactionIsolation();
    }
  }

  static String multiResults(Connection connection) throws Exception {
    StringBuilder all = new StringBuilder();
    for (String sql : List.of("SELECT 1 AS a; DO 0; SELECT 'x' AS b, 2 AS c", "CALL two_results()")) {
      try (Statement statement = connection.createStatement()) {
        boolean isResult = statement.execute(sql);
        while (isResult || statement.getUpdateCount() != -1) {
          if (isResult) all.append(rows(statement.getResultSet())).append(";");
          else all.append(statement.getUpdateCount()).append(";");
          isResult = statement.getMoreResults();
        }
      }
    }
    try (CallableStatement call = connection.prepareCall("{CALL add_up(?, ?, ?)}")) {
      call.setInt(1, 3);
      call.setInt(2, 4);
      call.registerOutParameter(3, java.sql.Types.INTEGER);
      call.execute();
      all.append(call.getInt(3));
    }
    return all + one(connection, "SELECT 5");
  }

  static String largeBlob(Connection connection) throws Exception {
    byte[] blob = largeBlob();
    try (PreparedStatement insert = connection.prepareStatement("INSERT INTO bytes VALUES (20, ?)")) {
      insert.setBinaryStream(1, new ByteArrayInputStream(blob), blob.length);
      insert.executeUpdate();
    }
    same(one(connection, "SELECT MD5(body) FROM bytes WHERE id = 20"), md5(blob), "checksum of the server");
    try (Statement statement = connection.createStatement(); ResultSet result = statement.executeQuery("SELECT body FROM bytes WHERE id = 20")) {
      result.next();
      same(md5(result.getBytes(1)), md5(blob), "checksum of what came back");
      return String.valueOf(result.getBytes(1).length);
    }
  }

  static String localInfile(Connection connection) throws Exception {
    int count = run(connection, "LOAD DATA LOCAL INFILE '" + env("DB_INFILE") + "' INTO TABLE loaded CHARACTER SET utf8mb4");
    return count + query(connection, "SELECT * FROM loaded WHERE id = 1000");
  }

  static String cursor(Connection connection, int fetchSize) throws Exception {
    try (PreparedStatement statement = connection.prepareStatement("SELECT id, name FROM numbers WHERE id > ? ORDER BY id", ResultSet.TYPE_FORWARD_ONLY, ResultSet.CONCUR_READ_ONLY)) {
      statement.setFetchSize(fetchSize);
      statement.setInt(1, 0);
      long sum = 0;
      try (ResultSet result = statement.executeQuery()) {
        while (result.next()) sum += result.getInt(1);
      }
      return String.valueOf(sum);
    }
  }

  static String reset(Connection connection) throws Exception {
    run(connection, "SET @mine = 1, sql_mode = 'ANSI_QUOTES'");
    if (MARIADB_DRIVER) {
      connection.getClass().getMethod("reset").invoke(connection);
    } else {
      Class<?> type = Class.forName("com.mysql.cj.jdbc.JdbcConnection");
      type.getMethod("changeUser", String.class, String.class).invoke(connection, env("DB_USER_NATIVE"), env("DB_PASSWORD"));
      run(connection, "SET @theirs = 1");
      type.getMethod("resetServerState").invoke(connection);
    }
    return query(connection, "SELECT @mine, @theirs, CURRENT_USER(), DATABASE()");
  }

  static String killQuery(Connection connection) throws Exception {
    String id = one(connection, "SELECT CONNECTION_ID()");
    CompletableFuture<String> killer = CompletableFuture.supplyAsync(() -> {
      try (Connection other = open()) {
        Thread.sleep(300);
        run(other, "KILL QUERY " + id);
        return "";
      } catch (Exception thrown) {
        return thrown.toString();
      }
    });
    String error = errorOf(() -> query(connection, "SELECT id FROM numbers WHERE SLEEP(20) = 0"));
    same(killer.get(), "", "KILL QUERY");
    return error + "; then " + one(connection, "SELECT 1");
  }

  /** The drivers kill by a second connection of their own: the id they use is the one from our greeting. */
  static String cancel(Connection connection) throws Exception {
    try (Statement statement = connection.createStatement()) {
      statement.setQueryTimeout(1);
      String error = errorOf(() -> statement.executeQuery("SELECT id FROM numbers WHERE SLEEP(20) = 0"));
      return error + "; then " + one(connection, "SELECT 1");
    }
  }

  static String reconnect(Connection connection) throws Exception {
    String before = one(connection, "SELECT CONNECTION_ID()");
    try (Connection other = open()) {
      run(other, "KILL " + before);
      Thread.sleep(300); // the end of the connection comes a moment after the answer to KILL
    }
    String lost;
    try {
      one(connection, "SELECT 1");
      lost = "nothing";
    } catch (SQLException thrown) {
      lost = thrown.getSQLState().substring(0, 2);
    }
    boolean valid = connection.isValid(5);
    try (Connection again = open()) {
      return lost + " " + valid + " " + !before.equals(one(again, "SELECT CONNECTION_ID()"));
    }
  }

  static String results(Connection connection) throws Exception {
    StringBuilder all = new StringBuilder();
    for (String sql : List.of("INSERT INTO counters (name, n) VALUES ('a', 1), ('b', 1)", "INSERT INTO counters (name, n) VALUES ('a', 1) ON DUPLICATE KEY UPDATE n = n + 1", "UPDATE counters SET n = 1")) {
      try (Statement statement = connection.createStatement()) {
        all.append(statement.executeUpdate(sql, Statement.RETURN_GENERATED_KEYS)).append(" ").append(rows(statement.getGeneratedKeys())).append("; ");
      }
    }
    for (String sql : List.of("INSERT INTO counters (name, n) VALUES ('a', 1)", "SELECT oops(", "SELECT * FROM no_such_table"))
      all.append(errorOf(() -> run(connection, sql))).append("; ");
    try (Statement statement = connection.createStatement()) {
      rows(statement.executeQuery("SELECT 1 + 'x'"));
      all.append(error(statement.getWarnings()));
    }
    var meta = connection.getMetaData();
    try (ResultSet tables = meta.getTables(connection.getCatalog(), null, "%", new String[] {"TABLE"})) {
      while (tables.next()) all.append(" ").append(tables.getString("TABLE_NAME"));
    }
    return all + " " + meta.getDatabaseProductName() + " " + meta.getDatabaseProductVersion();
  }

  public static void main(String[] args) throws Exception {
    System.setOut(new java.io.PrintStream(System.out, true, StandardCharsets.UTF_8));
    java.sql.Driver driver = DriverManager.getDriver(MARIADB_DRIVER ? "jdbc:mariadb://x/" : "jdbc:mysql://x/");
    System.out.println("version " + (MARIADB_DRIVER ? "MariaDB Connector/J " : "Connector/J ") + driver.getMajorVersion() + "." + driver.getMinorVersion());
    String prepare = "useServerPrepStmts";
    Map<String, Callable<String>> all = new LinkedHashMap<>();
    all.put("login", login(false));
    all.put("login-tls", login(true, tls()));
    all.put("login-native", login(false, "user", env("DB_USER_NATIVE")));
    all.put("login-sha256", login(true, tls("user", env("DB_USER_SHA256"))));
    all.put("login-ed25519", login(false, "user", env("DB_USER_ED25519")));
    all.put("wrong-password", () -> errorOf(() -> open("password", "wrong")));
    all.put("unknown-database", () -> errorOf(() -> open("database", env("DB_NAME") + "_none")));
    all.put("unicode", connected(Program::unicode));
    all.put("binary", connected(Program::binary, prepare, "true"));
    all.put("types", connected(Program::types, prepare, "true"));
    all.put("prepared", connected(Program::prepared, prepare, "true"));
    all.put("transaction", connected(Program::transaction));
    all.put("multi-results", connected(Program::multiResults));
    all.put("large-blob", connected(Program::largeBlob, prepare, "true"));
    all.put("local-infile", connected(Program::localInfile, "allowLoadLocalInfile", "true", "allowLocalInfile", "true"));
    all.put("cursor", () -> connected(c -> cursor(c, 10), prepare, "true", "useCursorFetch", "true").call() + " " + connected(c -> cursor(c, MARIADB_DRIVER ? 1 : Integer.MIN_VALUE)).call());
    all.put("reset", connected(Program::reset, "useResetConnection", "true"));
    all.put("kill-query", connected(Program::killQuery));
    all.put("cancel", connected(Program::cancel));
    all.put("reconnect", connected(Program::reconnect));
    all.put("results", connected(Program::results));
    ExecutorService threads = Executors.newCachedThreadPool();
    for (String name : env("SCENARIOS").split(",")) {
      Callable<String> work = all.get(name);
      if (work == null) {
        System.out.println("skip " + name + ": not a thing of this client");
        continue;
      }
      Future<String> future = threads.submit(work);
      String line;
      try {
        line = "ok " + name + ": " + future.get(SCENARIO_LIMIT_S, TimeUnit.SECONDS);
      } catch (TimeoutException late) {
        line = "not ok " + name + ": no end in " + SCENARIO_LIMIT_S + " s";
      } catch (Exception thrown) {
        Throwable cause = thrown.getCause() == null ? thrown : thrown.getCause();
        line = (cause instanceof Skip ? "skip " : "not ok ") + name + ": " + (cause instanceof Skip ? cause.getMessage() : error(cause));
      }
      System.out.println(line.replaceAll("\\s+", " "));
    }
    System.exit(0);
  }
}
