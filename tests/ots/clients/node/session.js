// A session of the official Node.js SDK: session.js ENDPOINT INSTANCE KEY SECRET TABLE. Prints 'ok STEP' or 'FAILED STEP'.
'use strict';
const assert = require('assert');
const TableStore = require('tablestore');
const [endpoint, instancename, accessKeyId, secretAccessKey, table] = process.argv.slice(2);
const { Long } = TableStore;
const connect = (secret) => new TableStore.Client({ endpoint, instancename, accessKeyId, secretAccessKey: secret, maxRetries: 0 });
const client = connect(secretAccessKey);

const key = (pk, id) => [{ pk }, { id: Long.fromNumber(id) }];
const ignore = new TableStore.Condition(TableStore.RowExistenceExpectation.IGNORE, null);
const expect = (existence, column) => new TableStore.Condition(TableStore.RowExistenceExpectation[existence], column || null);
// 64-bit numbers come as objects of the SDK's own.
const plain = (value) => (value && typeof value.toNumber === 'function' ? value.toNumber() : value);
const columns = (row) => Object.fromEntries(((row && row.attributes) || []).map((c) => [c.columnName, plain(c.columnValue)]));
const get = async (pk, id, more) => columns((await client.getRow({ tableName: table, primaryKey: key(pk, id), ...more })).row);

// This SDK has no error codes: the HTTP status, and the code somewhere in the text.
async function failsWith(status, code, call) {
  try {
    await call();
  } catch (error) {
    assert.strictEqual(error.code, status, error.message);
    assert.ok(String(error.message).includes(code), `${error.message}: expected ${code}`);
    return;
  }
  assert.fail(`succeeded, expected ${code}`);
}

const steps = {
  async create() {
    const params = {
      tableMeta: { tableName: table, primaryKey: [{ name: 'pk', type: 'STRING' }, { name: 'id', type: 'INTEGER' }] },
      reservedThroughput: { capacityUnit: { read: 0, write: 0 } },
      tableOptions: { timeToLive: -1, maxVersions: 3 },
    };
    await client.createTable(params);
    assert.ok((await client.listTable({})).tableNames.includes(table));
    const description = await client.describeTable({ tableName: table });
    assert.strictEqual(description.tableMeta.primaryKey.length, 2);
    assert.strictEqual(description.tableOptions.maxVersions, 3);
    await failsWith(409, 'OTSObjectAlreadyExist', () => client.createTable(params));
    await client.updateTable({ tableName: table, tableOptions: { maxVersions: 2, timeToLive: -1 } });
    assert.strictEqual((await client.describeTable({ tableName: table })).tableOptions.maxVersions, 2);
  },
  async putAndGet() {
    const attributeColumns = [{ s: 'hello' }, { i: Long.fromNumber(5) }, { d: 1.5 }, { b: true }, { bin: Buffer.from([1, 2, 0]) }];
    const put = await client.putRow({
      tableName: table, condition: ignore, primaryKey: key('a', 1), attributeColumns,
      returnContent: { returnType: TableStore.ReturnType.Primarykey },
    });
    assert.strictEqual(put.row.primaryKey[0].value, 'a');
    const row = await get('a', 1);
    assert.deepStrictEqual({ s: row.s, i: row.i, d: row.d, b: row.b }, { s: 'hello', i: 5, d: 1.5, b: true });
    assert.deepStrictEqual(Buffer.from(row.bin), Buffer.from([1, 2, 0]));
    assert.deepStrictEqual(await get('missing', 1), {});
    assert.deepStrictEqual(await get('a', 1, { columnsToGet: ['s'] }), { s: 'hello' });
  },
  async conditions() {
    const write = (condition, pk) => client.putRow({ tableName: table, condition, primaryKey: key(pk, 1), attributeColumns: [{ s: 'x' }] });
    await failsWith(403, 'OTSConditionCheckFail', () => write(expect('EXPECT_NOT_EXIST'), 'a'));
    await failsWith(403, 'OTSConditionCheckFail', () => write(expect('EXPECT_EXIST'), 'missing'));
    const update = (value) => client.updateRow({
      tableName: table, primaryKey: key('a', 1),
      condition: expect('EXPECT_EXIST', new TableStore.SingleColumnCondition('d', value, TableStore.ComparatorType.EQUAL)),
      updateOfAttributeColumns: [{ PUT: [{ n: 'v' }] }, { DELETE_ALL: ['s'] }],
    });
    await failsWith(403, 'OTSConditionCheckFail', () => update(2.5));
    await update(1.5);
    assert.deepStrictEqual(Object.keys(await get('a', 1)), ['b', 'bin', 'd', 'i', 'n']);
  },
  async increment() {
    for (let i = 0; i < 2; ++i) {
      await client.updateRow({
        tableName: table, primaryKey: key('a', 1), condition: ignore,
        updateOfAttributeColumns: [{ INCREMENT: [{ count: Long.fromNumber(3) }] }],
        returnContent: { returnColumns: ['count'], returnType: TableStore.ReturnType.AfterModify },
      });
    }
    assert.deepStrictEqual(await get('a', 1, { columnsToGet: ['count'] }), { count: 6 });
  },
  async batches() {
    const rows = [];
    for (let i = 0; i < 10; ++i) {
      rows.push({ type: 'PUT', condition: ignore, primaryKey: key('batch', i), attributeColumns: [{ x: Long.fromNumber(i) }] });
    }
    rows.push({ type: 'DELETE', condition: expect('EXPECT_EXIST'), primaryKey: key('nothing', 1) });
    const written = await client.batchWriteRow({ tables: [{ tableName: table, rows }] });
    assert.deepStrictEqual(written.tables.map((row) => row.isOk), [...Array(10).fill(true), false]);
    assert.strictEqual(written.tables[10].errorCode, 'OTSConditionCheckFail');
    const read = await client.batchGetRow({ tables: [{ tableName: table, primaryKey: [3, 4, 99].map((i) => key('batch', i)) }] });
    assert.deepStrictEqual(read.tables[0].map(columns), [{ x: 3 }, { x: 4 }, {}]);
  },
  async ranges() {
    const low = [{ pk: 'batch' }, { id: TableStore.INF_MIN }], high = [{ pk: 'batch' }, { id: TableStore.INF_MAX }];
    for (const [direction, start, end, want] of [
      ['FORWARD', low, high, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]], ['BACKWARD', high, low, [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]]]) {
      const got = [];
      let next = start;
      while (next) {
        const page = await client.getRange({
          tableName: table, direction: TableStore.Direction[direction], limit: 4,
          inclusiveStartPrimaryKey: next, exclusiveEndPrimaryKey: end,
        });
        for (const row of page.rows) got.push(columns(row).x);
        next = page.nextStartPrimaryKey && page.nextStartPrimaryKey.map((c) => ({ [c.name]: c.value }));
      }
      assert.deepStrictEqual(got, want);
    }
    const all = (value) => [{ pk: value }, { id: value }];
    const page = await client.getRange({
      tableName: table, direction: TableStore.Direction.FORWARD, inclusiveStartPrimaryKey: all(TableStore.INF_MIN),
      exclusiveEndPrimaryKey: all(TableStore.INF_MAX),
      columnFilter: new TableStore.SingleColumnCondition('x', Long.fromNumber(6), TableStore.ComparatorType.GREATER_THAN, false),
    });
    assert.deepStrictEqual(page.rows.map((row) => columns(row).x), [7, 8, 9]);
  },
  async transactions() {
    const start = async () => (await client.startLocalTransaction({ tableName: table, primaryKey: [{ pk: 'txn' }] })).transactionId;
    let transactionId = await start();
    await client.putRow({ tableName: table, condition: ignore, primaryKey: key('txn', 1), attributeColumns: [{ x: Long.fromNumber(1) }], transactionId });
    assert.deepStrictEqual(await get('txn', 1), {});
    await failsWith(409, 'OTSRowOperationConflict', start);
    await client.commitTransaction({ transactionId });
    assert.deepStrictEqual(await get('txn', 1), { x: 1 });
    transactionId = await start();
    await client.deleteRow({ tableName: table, condition: ignore, primaryKey: key('txn', 1), transactionId });
    await client.abortTransaction({ transactionId });
    assert.deepStrictEqual(await get('txn', 1), { x: 1 });
    await failsWith(400, 'OTSSessionNotExist', () => client.commitTransaction({ transactionId }));
  },
  async errors() {
    await failsWith(404, 'OTSObjectNotExist', () => client.getRow({ tableName: 'no_such_table', primaryKey: key('a', 1) }));
    await failsWith(400, 'OTSInvalidPK', () => client.getRow({ tableName: table, primaryKey: [{ pk: 'a' }] }));
    await failsWith(403, 'OTSAuthFailed', () => connect('not the secret').listTable({}));
  },
  async remove() {
    await client.deleteRow({ tableName: table, condition: ignore, primaryKey: key('a', 1) });
    assert.deepStrictEqual(await get('a', 1), {});
    await client.deleteTable({ tableName: table });
    assert.ok(!(await client.listTable({})).tableNames.includes(table));
  },
};

(async () => {
  let failed = 0;
  for (const [name, step] of Object.entries(steps)) {
    try {
      await step();
      console.log('ok', name);
    } catch (error) {
      ++failed;
      console.log('FAILED', name, error.stack || error);
    }
  }
  process.exit(failed > 0 ? 1 : 0);
})();
