"""A session of the official Python SDK: session.py ENDPOINT INSTANCE KEY SECRET TABLE. Prints 'ok STEP' or 'FAILED STEP'."""

import sys
import traceback

import tablestore as ots


def check(got, want):
    if got != want:
        raise AssertionError(f"got {got!r}, expected {want!r}")


def fails_with(code, call):
    try:
        call()
    except ots.OTSServiceError as error:
        check(error.get_error_code(), code)
        return error
    raise AssertionError(f"succeeded, expected {code}")


endpoint, instance, key_id, secret, table = sys.argv[1:6]
client = ots.OTSClient(endpoint, key_id, secret, instance)
ROW = [("pk", "a"), ("id", 1)]
IGNORE = ots.Condition(ots.RowExistenceExpectation.IGNORE)


def columns(row):
    return {name: value for name, value, _ in row.attribute_columns}


def create():
    meta = ots.TableMeta(table, [("pk", "STRING"), ("id", "INTEGER")])
    client.create_table(meta, ots.TableOptions(-1, 3), ots.ReservedThroughput(ots.CapacityUnit(0, 0)))
    assert table in client.list_table()
    description = client.describe_table(table)
    check(description.table_meta.schema_of_primary_key, [("pk", "STRING"), ("id", "INTEGER")])
    check(description.table_options.max_version, 3)
    fails_with(
        "OTSObjectAlreadyExist",
        lambda: client.create_table(meta, ots.TableOptions(-1, 1), ots.ReservedThroughput(ots.CapacityUnit(0, 0))),
    )


def put_and_get():
    cells = [("s", "hello"), ("i", 5), ("d", 1.5), ("b", True), ("bin", bytearray(b"\x01\x02\x00"))]
    _, row = client.put_row(table, ots.Row(ROW, cells), IGNORE, ots.ReturnType.RT_PK)
    check(row.primary_key, ROW)
    _, row, _ = client.get_row(table, ROW, max_version=1)
    check(columns(row), dict(cells))
    _, row, _ = client.get_row(table, [("pk", "missing"), ("id", 1)], max_version=1)
    check(row, None)
    _, row, _ = client.get_row(table, ROW, columns_to_get=["s"], max_version=1)
    check(columns(row), {"s": "hello"})


def conditions():
    exist = ots.Condition(ots.RowExistenceExpectation.EXPECT_NOT_EXIST)
    fails_with("OTSConditionCheckFail", lambda: client.put_row(table, ots.Row(ROW, [("s", "x")]), exist))
    missing = ots.Row([("pk", "missing"), ("id", 1)], [("s", "x")])
    must = ots.Condition(ots.RowExistenceExpectation.EXPECT_EXIST)
    fails_with("OTSConditionCheckFail", lambda: client.put_row(table, missing, must))
    column = ots.SingleColumnCondition("d", 1.5, ots.ComparatorType.EQUAL)
    update = ots.Row(ROW, {"PUT": [("n", "v")], "DELETE_ALL": ["s"]})
    client.update_row(table, update, ots.Condition(ots.RowExistenceExpectation.EXPECT_EXIST, column))
    other = ots.SingleColumnCondition("d", 2.5, ots.ComparatorType.EQUAL)
    fails_with(
        "OTSConditionCheckFail",
        lambda: client.update_row(table, update, ots.Condition(ots.RowExistenceExpectation.IGNORE, other)),
    )
    _, row, _ = client.get_row(table, ROW, max_version=1)
    check(sorted(columns(row)), ["b", "bin", "d", "i", "n"])


def increment():
    change = ots.Row(ROW, {"INCREMENT": [("count", 3)]})
    for _ in range(2):
        client.update_row(table, change, IGNORE)
    _, row, _ = client.get_row(table, ROW, columns_to_get=["count"], max_version=1)
    check(columns(row), {"count": 6})


def batches():
    items = [
        ots.PutRowItem(ots.Row([("pk", "batch"), ("id", i)], [("x", i)]), IGNORE, ots.ReturnType.RT_PK)
        for i in range(10)
    ]
    items.append(
        ots.DeleteRowItem(
            ots.Row([("pk", "nothing"), ("id", 1)]), ots.Condition(ots.RowExistenceExpectation.EXPECT_EXIST)
        )
    )
    request = ots.BatchWriteRowRequest()
    request.add(ots.TableInBatchWriteRowItem(table, items))
    result = client.batch_write_row(request)
    check(result.is_all_succeed(), False)
    check(len(result.get_put()[0]), 10)
    check([item.error_code for item in result.get_delete()[1]], ["OTSConditionCheckFail"])
    request = ots.BatchGetRowRequest()
    keys = [[("pk", "batch"), ("id", i)] for i in (3, 4, 99)]
    request.add(ots.TableInBatchGetRowItem(table, keys, max_version=1))
    rows = client.batch_get_row(request).get_result_by_table(table)
    check([columns(item.row) if item.row else None for item in rows], [{"x": 3}, {"x": 4}, None])


def ranges():
    low, high = [("pk", "batch"), ("id", ots.INF_MIN)], [("pk", "batch"), ("id", ots.INF_MAX)]
    for direction, start, end, want in (
        (ots.Direction.FORWARD, low, high, list(range(10))),
        (ots.Direction.BACKWARD, high, low, list(range(9, -1, -1))),
    ):
        got = []
        while start:
            _, start, rows, _ = client.get_range(table, direction, start, end, limit=4, max_version=1)
            got += [columns(row)["x"] for row in rows]
        check(got, want)
    condition = ots.SingleColumnCondition("x", 6, ots.ComparatorType.GREATER_THAN)
    _, start, rows, _ = client.get_range(
        table, ots.Direction.FORWARD, low, high, max_version=1, column_filter=condition
    )
    check(([columns(row)["x"] for row in rows], start), ([7, 8, 9], None))


def transactions():
    key = [("pk", "txn")]
    transaction = client.start_local_transaction(table, key)
    row = ots.Row([("pk", "txn"), ("id", 1)], [("x", 1)])
    client.put_row(table, row, IGNORE, transaction_id=transaction)
    _, seen, _ = client.get_row(table, [("pk", "txn"), ("id", 1)], max_version=1)
    check(seen, None)
    _, seen, _ = client.get_row(table, [("pk", "txn"), ("id", 1)], max_version=1, transaction_id=transaction)
    check(columns(seen), {"x": 1})
    client.commit_transaction(transaction)
    _, seen, _ = client.get_row(table, [("pk", "txn"), ("id", 1)], max_version=1)
    check(columns(seen), {"x": 1})
    fails_with("OTSSessionNotExist", lambda: client.commit_transaction(transaction))
    transaction = client.start_local_transaction(table, key)
    client.delete_row(table, [("pk", "txn"), ("id", 1)], IGNORE, transaction_id=transaction)
    client.abort_transaction(transaction)
    _, seen, _ = client.get_row(table, [("pk", "txn"), ("id", 1)], max_version=1)
    check(columns(seen), {"x": 1})


def errors():
    fails_with("OTSObjectNotExist", lambda: client.get_row("no_such_table", ROW, max_version=1))
    fails_with("OTSInvalidPK", lambda: client.get_row(table, [("pk", "a")], max_version=1))
    fails_with("OTSParameterInvalid", lambda: client.put_row(table, ots.Row(ROW, [("1x", 1)]), IGNORE))
    wrong = ots.OTSClient(endpoint, key_id, "not the secret", instance)
    fails_with("OTSAuthFailed", wrong.list_table)


def delete():
    client.delete_row(table, ROW, IGNORE)
    _, row, _ = client.get_row(table, ROW, max_version=1)
    check(row, None)
    client.delete_table(table)
    assert table not in client.list_table()


failed = 0
for step in (create, put_and_get, conditions, increment, batches, ranges, transactions, errors, delete):
    try:
        step()
        print("ok", step.__name__, flush=True)
    except Exception:
        failed += 1
        print("FAILED", step.__name__, flush=True)
        traceback.print_exc()
sys.exit(failed > 0)
