// A session of the official Java SDK: Session ENDPOINT INSTANCE KEY SECRET TABLE. Prints 'ok STEP' or 'FAILED STEP'.

import com.alicloud.openservices.tablestore.SyncClient;
import com.alicloud.openservices.tablestore.TableStoreException;
import com.alicloud.openservices.tablestore.model.*;
import com.alicloud.openservices.tablestore.model.condition.SingleColumnValueCondition;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

public final class Session {
  interface Step {
    void run() throws Exception;
  }

  private final String endpoint, instance, keyId, table;
  private final SyncClient client;

  private Session(String[] args) {
    endpoint = args[0];
    instance = args[1];
    keyId = args[2];
    table = args[4];
    client = new SyncClient(endpoint, keyId, args[3], instance);
  }

  private static void check(Object got, Object want) {
    if (!String.valueOf(got).equals(String.valueOf(want))) {
      throw new AssertionError("got " + got + ", expected " + want);
    }
  }

  private static void failsWith(String code, Step step) throws Exception {
    try {
      step.run();
    } catch (TableStoreException error) {
      check(error.getErrorCode(), code);
      return;
    }
    throw new AssertionError("succeeded, expected " + code);
  }

  private static PrimaryKey key(String pk, long id) {
    return PrimaryKeyBuilder.createPrimaryKeyBuilder()
        .addPrimaryKeyColumn("pk", PrimaryKeyValue.fromString(pk))
        .addPrimaryKeyColumn("id", PrimaryKeyValue.fromLong(id))
        .build();
  }

  private static PrimaryKey end(PrimaryKeyValue infinity) {
    return PrimaryKeyBuilder.createPrimaryKeyBuilder()
        .addPrimaryKeyColumn("pk", PrimaryKeyValue.fromString("batch"))
        .addPrimaryKeyColumn("id", infinity)
        .build();
  }

  private RowPutChange put(String pk, long id, RowExistenceExpectation existence) {
    RowPutChange change = new RowPutChange(table, key(pk, id));
    change.setCondition(new Condition(existence));
    return change;
  }

  private static Map<String, String> columns(Row row) {
    Map<String, String> out = new TreeMap<>();
    if (row != null) {
      for (Column column : row.getColumns()) out.put(column.getName(), column.getValue().toString());
    }
    return out;
  }

  private Map<String, String> get(String pk, long id, String... names) {
    SingleRowQueryCriteria criteria = new SingleRowQueryCriteria(table, key(pk, id));
    criteria.setMaxVersions(1);
    criteria.addColumnsToGet(names);
    return columns(client.getRow(new GetRowRequest(criteria)).getRow());
  }

  private void create() throws Exception {
    TableMeta meta = new TableMeta(table);
    meta.addPrimaryKeyColumn(new PrimaryKeySchema("pk", PrimaryKeyType.STRING));
    meta.addPrimaryKeyColumn(new PrimaryKeySchema("id", PrimaryKeyType.INTEGER));
    CreateTableRequest request = new CreateTableRequest(meta, new TableOptions(-1, 3));
    request.setLocalTxnEnabled(true);
    client.createTable(request);
    failsWith("OTSObjectAlreadyExist", () -> client.createTable(request));
    check(client.listTable().getTableNames().contains(table), true);
    DescribeTableResponse description = client.describeTable(new DescribeTableRequest(table));
    check(description.getTableMeta().getPrimaryKeyList().size(), 2);
    check(description.getTableOptions().getMaxVersions(), 3);
    UpdateTableRequest update = new UpdateTableRequest(table);
    update.setTableOptionsForUpdate(new TableOptions(-1, 2));
    check(client.updateTable(update).getTableOptions().getMaxVersions(), 2);
  }

  private void putAndGet() {
    RowPutChange change = put("a", 1, RowExistenceExpectation.IGNORE);
    change.addColumn("s", ColumnValue.fromString("hello"));
    change.addColumn("i", ColumnValue.fromLong(5));
    change.addColumn("d", ColumnValue.fromDouble(1.5));
    change.addColumn("b", ColumnValue.fromBoolean(true));
    change.addColumn("bin", ColumnValue.fromBinary(new byte[] {1, 2, 0}));
    change.setReturnType(ReturnType.RT_PK);
    check(client.putRow(new PutRowRequest(change)).getRow().getPrimaryKey(), key("a", 1));
    Map<String, String> row = get("a", 1);
    check(row.keySet(), Arrays.asList("b", "bin", "d", "i", "s"));
    check(row.get("s") + row.get("i") + row.get("d") + row.get("b"), "hello51.5true");
    check(get("missing", 1), "{}");
    check(get("a", 1, "s"), "{s=hello}");
  }

  private void conditions() throws Exception {
    failsWith(
        "OTSConditionCheckFail",
        () -> client.putRow(new PutRowRequest(put("a", 1, RowExistenceExpectation.EXPECT_NOT_EXIST))));
    failsWith(
        "OTSConditionCheckFail",
        () -> client.putRow(new PutRowRequest(put("missing", 1, RowExistenceExpectation.EXPECT_EXIST))));
    failsWith("OTSConditionCheckFail", () -> update(2.5));
    update(1.5);
    check(get("a", 1).keySet(), Arrays.asList("b", "bin", "d", "i", "n"));
  }

  private void update(double value) {
    RowUpdateChange change = new RowUpdateChange(table, key("a", 1));
    change.put("n", ColumnValue.fromString("v"));
    change.deleteColumns("s");
    Condition condition = new Condition(RowExistenceExpectation.EXPECT_EXIST);
    SingleColumnValueCondition column =
        new SingleColumnValueCondition(
            "d", SingleColumnValueCondition.CompareOperator.EQUAL, ColumnValue.fromDouble(value));
    column.setPassIfMissing(false);
    condition.setColumnCondition(column);
    change.setCondition(condition);
    client.updateRow(new UpdateRowRequest(change));
  }

  private void increment() {
    for (long want = 3; want <= 6; want += 3) {
      RowUpdateChange change = new RowUpdateChange(table, key("a", 1));
      change.increment(new Column("count", ColumnValue.fromLong(3)));
      change.setReturnType(ReturnType.RT_AFTER_MODIFY);
      change.addReturnColumn("count");
      check(columns(client.updateRow(new UpdateRowRequest(change)).getRow()), "{count=" + want + "}");
    }
  }

  private void batches() {
    BatchWriteRowRequest request = new BatchWriteRowRequest();
    for (int i = 0; i < 10; ++i) {
      RowPutChange change = put("batch", i, RowExistenceExpectation.IGNORE);
      change.addColumn("x", ColumnValue.fromLong(i));
      request.addRowChange(change);
    }
    RowDeleteChange deletion = new RowDeleteChange(table, key("nothing", 1));
    deletion.setCondition(new Condition(RowExistenceExpectation.EXPECT_EXIST));
    request.addRowChange(deletion);
    BatchWriteRowResponse written = client.batchWriteRow(request);
    check(written.getSucceedRows().size(), 10);
    check(written.getFailedRows().get(0).getError().getCode(), "OTSConditionCheckFail");

    MultiRowQueryCriteria criteria = new MultiRowQueryCriteria(table);
    criteria.setMaxVersions(1);
    for (long i : new long[] {3, 4, 99}) criteria.addRow(key("batch", i));
    BatchGetRowRequest read = new BatchGetRowRequest();
    read.addMultiRowQueryCriteria(criteria);
    List<Map<String, String>> rows = new ArrayList<>();
    client.batchGetRow(read).getBatchGetRowResult(table).forEach(row -> rows.add(columns(row.getRow())));
    check(rows, "[{x=3}, {x=4}, {}]");
  }

  private void ranges() {
    for (Direction direction : Direction.values()) {
      boolean forward = direction == Direction.FORWARD;
      RangeRowQueryCriteria criteria = new RangeRowQueryCriteria(table);
      criteria.setMaxVersions(1);
      criteria.setDirection(direction);
      criteria.setLimit(4);
      criteria.setExclusiveEndPrimaryKey(end(forward ? PrimaryKeyValue.INF_MAX : PrimaryKeyValue.INF_MIN));
      PrimaryKey start = end(forward ? PrimaryKeyValue.INF_MIN : PrimaryKeyValue.INF_MAX);
      StringBuilder got = new StringBuilder();
      while (start != null) {
        criteria.setInclusiveStartPrimaryKey(start);
        GetRangeResponse page = client.getRange(new GetRangeRequest(criteria));
        for (Row row : page.getRows()) got.append(columns(row).get("x"));
        start = page.getNextStartPrimaryKey();
      }
      check(got, forward ? "0123456789" : "9876543210");
    }
  }

  private String startTransaction() {
    PrimaryKey partition =
        PrimaryKeyBuilder.createPrimaryKeyBuilder()
            .addPrimaryKeyColumn("pk", PrimaryKeyValue.fromString("txn"))
            .build();
    return client.startLocalTransaction(new StartLocalTransactionRequest(table, partition)).getTransactionID();
  }

  private void transactions() throws Exception {
    String id = startTransaction();
    RowPutChange change = put("txn", 1, RowExistenceExpectation.IGNORE);
    change.addColumn("x", ColumnValue.fromLong(1));
    PutRowRequest request = new PutRowRequest(change);
    request.setTransactionId(id);
    client.putRow(request);
    check(get("txn", 1), "{}");
    client.commitTransaction(new CommitTransactionRequest(id));
    check(get("txn", 1), "{x=1}");
    failsWith("OTSSessionNotExist", () -> client.commitTransaction(new CommitTransactionRequest(id)));
    String aborted = startTransaction();
    DeleteRowRequest deletion = new DeleteRowRequest(new RowDeleteChange(table, key("txn", 1)));
    deletion.setTransactionId(aborted);
    client.deleteRow(deletion);
    client.abortTransaction(new AbortTransactionRequest(aborted));
    check(get("txn", 1), "{x=1}");
  }

  private void errors() throws Exception {
    SingleRowQueryCriteria nowhere = new SingleRowQueryCriteria("no_such_table", key("a", 1));
    nowhere.setMaxVersions(1);
    failsWith("OTSObjectNotExist", () -> client.getRow(new GetRowRequest(nowhere)));
    PrimaryKey part =
        PrimaryKeyBuilder.createPrimaryKeyBuilder()
            .addPrimaryKeyColumn("pk", PrimaryKeyValue.fromString("a"))
            .build();
    SingleRowQueryCriteria shorter = new SingleRowQueryCriteria(table, part);
    shorter.setMaxVersions(1);
    failsWith("OTSInvalidPK", () -> client.getRow(new GetRowRequest(shorter)));
    SyncClient wrong = new SyncClient(endpoint, keyId, "not the secret", instance);
    failsWith("OTSAuthFailed", wrong::listTable);
    wrong.shutdown();
  }

  private void remove() {
    client.deleteRow(new DeleteRowRequest(new RowDeleteChange(table, key("a", 1))));
    check(get("a", 1), "{}");
    client.deleteTable(new DeleteTableRequest(table));
    check(client.listTable().getTableNames().contains(table), false);
  }

  public static void main(String[] args) {
    Session session = new Session(args);
    Map<String, Step> steps = new LinkedHashMap<>();
    steps.put("create", session::create);
    steps.put("putAndGet", session::putAndGet);
    steps.put("conditions", session::conditions);
    steps.put("increment", session::increment);
    steps.put("batches", session::batches);
    steps.put("ranges", session::ranges);
    steps.put("transactions", session::transactions);
    steps.put("errors", session::errors);
    steps.put("remove", session::remove);
    int failed = 0;
    for (Map.Entry<String, Step> step : steps.entrySet()) {
      try {
        step.getValue().run();
        System.out.println("ok " + step.getKey());
      } catch (Throwable problem) {
        ++failed;
        System.out.println("FAILED " + step.getKey() + " " + problem);
      }
    }
    session.client.shutdown();
    System.exit(failed > 0 ? 1 : 0);
  }
}
