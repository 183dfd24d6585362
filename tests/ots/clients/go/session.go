// A session of the official Go SDK: session ENDPOINT INSTANCE KEY SECRET TABLE. Prints 'ok STEP' or 'FAILED STEP'.
package main

import (
	"fmt"
	"os"
	"reflect"
	"strings"

	"github.com/aliyun/aliyun-tablestore-go-sdk/tablestore"
)

var (
	client *tablestore.TableStoreClient
	table  string
)

func check(got, want interface{}) {
	if !reflect.DeepEqual(got, want) {
		panic(fmt.Sprintf("got %v, expected %v", got, want))
	}
}

func must(err error) {
	if err != nil {
		panic(err.Error())
	}
}

func failsWith(code string, err error) {
	if err == nil {
		panic("succeeded, expected " + code)
	}
	if !strings.Contains(err.Error(), code) {
		panic(err.Error() + ": expected " + code)
	}
}

func key(pk string, id int64) *tablestore.PrimaryKey {
	key := new(tablestore.PrimaryKey)
	key.AddPrimaryKeyColumn("pk", pk)
	key.AddPrimaryKeyColumn("id", id)
	return key
}

func put(pk string, id int64, existence tablestore.RowExistenceExpectation, columns map[string]interface{}) *tablestore.PutRowChange {
	change := &tablestore.PutRowChange{TableName: table, PrimaryKey: key(pk, id)}
	for name, value := range columns {
		change.AddColumn(name, value)
	}
	change.SetCondition(existence)
	return change
}

func columns(list []*tablestore.AttributeColumn) map[string]interface{} {
	out := map[string]interface{}{}
	for _, column := range list {
		out[column.ColumnName] = column.Value
	}
	return out
}

func getIn(pk string, id int64, transaction *string, names ...string) map[string]interface{} {
	criteria := &tablestore.SingleRowQueryCriteria{TableName: table, PrimaryKey: key(pk, id), MaxVersion: 1, ColumnsToGet: names, TransactionId: transaction}
	response, err := client.GetRow(&tablestore.GetRowRequest{SingleRowQueryCriteria: criteria})
	must(err)
	return columns(response.Columns)
}

func get(pk string, id int64, names ...string) map[string]interface{} {
	return getIn(pk, id, nil, names...)
}

const ignore = tablestore.RowExistenceExpectation_IGNORE

func create() {
	meta := &tablestore.TableMeta{TableName: table}
	meta.AddPrimaryKeyColumn("pk", tablestore.PrimaryKeyType_STRING)
	meta.AddPrimaryKeyColumn("id", tablestore.PrimaryKeyType_INTEGER)
	request := &tablestore.CreateTableRequest{
		TableMeta:          meta,
		TableOption:        &tablestore.TableOption{TimeToAlive: -1, MaxVersion: 3},
		ReservedThroughput: &tablestore.ReservedThroughput{Readcap: 0, Writecap: 0},
	}
	_, err := client.CreateTable(request)
	must(err)
	_, err = client.CreateTable(request)
	failsWith("OTSObjectAlreadyExist", err)
	description, err := client.DescribeTable(&tablestore.DescribeTableRequest{TableName: table})
	must(err)
	check(len(description.TableMeta.SchemaEntry), 2)
	check(description.TableOption.MaxVersion, 3)
	_, err = client.UpdateTable(&tablestore.UpdateTableRequest{TableName: table, TableOption: &tablestore.TableOption{TimeToAlive: -1, MaxVersion: 2}})
	must(err)
	list, err := client.ListTable()
	must(err)
	found := false
	for _, name := range list.TableNames {
		found = found || name == table
	}
	check(found, true)
}

func putAndGet() {
	want := map[string]interface{}{"s": "hello", "i": int64(5), "d": 1.5, "b": true, "bin": []byte{1, 2, 0}}
	change := put("a", 1, ignore, want)
	change.SetReturnPk()
	response, err := client.PutRow(&tablestore.PutRowRequest{PutRowChange: change})
	must(err)
	check(response.PrimaryKey.PrimaryKeys[0].Value, "a")
	check(get("a", 1), want)
	check(get("missing", 1), map[string]interface{}{})
	check(get("a", 1, "s"), map[string]interface{}{"s": "hello"})
}

func update(column float64) error {
	change := &tablestore.UpdateRowChange{TableName: table, PrimaryKey: key("a", 1)}
	change.PutColumn("n", "v")
	change.DeleteColumn("s")
	change.SetCondition(tablestore.RowExistenceExpectation_EXPECT_EXIST)
	change.SetColumnCondition(tablestore.NewSingleColumnCondition("d", tablestore.CT_EQUAL, column))
	_, err := client.UpdateRow(&tablestore.UpdateRowRequest{UpdateRowChange: change})
	return err
}

func conditions() {
	one := map[string]interface{}{"s": "x"}
	_, err := client.PutRow(&tablestore.PutRowRequest{PutRowChange: put("a", 1, tablestore.RowExistenceExpectation_EXPECT_NOT_EXIST, one)})
	failsWith("OTSConditionCheckFail", err)
	_, err = client.PutRow(&tablestore.PutRowRequest{PutRowChange: put("missing", 1, tablestore.RowExistenceExpectation_EXPECT_EXIST, one)})
	failsWith("OTSConditionCheckFail", err)
	failsWith("OTSConditionCheckFail", update(2.5))
	must(update(1.5))
	row := get("a", 1)
	check(row["n"], "v")
	check(row["s"], nil)
}

func increment() {
	for want := int64(3); want <= 6; want += 3 {
		change := &tablestore.UpdateRowChange{TableName: table, PrimaryKey: key("a", 1)}
		change.IncrementColumn("count", 3)
		change.SetReturnIncrementValue()
		change.AppendIncrementColumnToReturn("count")
		change.SetCondition(ignore)
		response, err := client.UpdateRow(&tablestore.UpdateRowRequest{UpdateRowChange: change})
		must(err)
		check(response.Columns[0].Value, want)
	}
}

func batches() {
	request := &tablestore.BatchWriteRowRequest{}
	for i := int64(0); i < 10; i++ {
		request.AddRowChange(put("batch", i, ignore, map[string]interface{}{"x": i}))
	}
	deletion := &tablestore.DeleteRowChange{TableName: table, PrimaryKey: key("nothing", 1)}
	deletion.SetCondition(tablestore.RowExistenceExpectation_EXPECT_EXIST)
	request.AddRowChange(deletion)
	response, err := client.BatchWriteRow(request)
	must(err)
	rows := response.TableToRowsResult[table]
	check(len(rows), 11)
	for i, row := range rows {
		check(row.IsSucceed, i < 10)
	}
	check(rows[10].Error.Code, "OTSConditionCheckFail")
	criteria := &tablestore.MultiRowQueryCriteria{TableName: table, MaxVersion: 1}
	for _, i := range []int64{3, 4, 99} {
		criteria.AddRow(key("batch", i))
	}
	read, err := client.BatchGetRow(&tablestore.BatchGetRowRequest{MultiRowQueryCriteria: []*tablestore.MultiRowQueryCriteria{criteria}})
	must(err)
	found := read.TableToRowsResult[table]
	check(found[0].Columns[0].Value, int64(3))
	check(found[1].Columns[0].Value, int64(4))
	check(len(found[2].Columns), 0)
}

func ends(pk string) (low, high *tablestore.PrimaryKey) {
	low, high = new(tablestore.PrimaryKey), new(tablestore.PrimaryKey)
	low.AddPrimaryKeyColumn("pk", pk)
	low.AddPrimaryKeyColumnWithMinValue("id")
	high.AddPrimaryKeyColumn("pk", pk)
	high.AddPrimaryKeyColumnWithMaxValue("id")
	return
}

func ranges() {
	low, high := ends("batch")
	for _, direction := range []tablestore.Direction{tablestore.FORWARD, tablestore.BACKWARD} {
		start, end := low, high
		if direction == tablestore.BACKWARD {
			start, end = high, low
		}
		var got []int64
		for start != nil {
			criteria := &tablestore.RangeRowQueryCriteria{TableName: table, StartPrimaryKey: start, EndPrimaryKey: end, Direction: direction, MaxVersion: 1, Limit: 4}
			response, err := client.GetRange(&tablestore.GetRangeRequest{RangeRowQueryCriteria: criteria})
			must(err)
			for _, row := range response.Rows {
				got = append(got, row.Columns[0].Value.(int64))
			}
			start = response.NextStartPrimaryKey
		}
		check(len(got), 10)
		for i := range got {
			want := int64(i)
			if direction == tablestore.BACKWARD {
				want = 9 - want
			}
			check(got[i], want)
		}
	}
}

func transactions() {
	partition := new(tablestore.PrimaryKey)
	partition.AddPrimaryKeyColumn("pk", "txn")
	start := func() (*string, error) {
		response, err := client.StartLocalTransaction(&tablestore.StartLocalTransactionRequest{TableName: table, PrimaryKey: partition})
		if err != nil {
			return nil, err
		}
		return response.TransactionId, nil
	}
	id, err := start()
	must(err)
	_, err = client.PutRow(&tablestore.PutRowRequest{PutRowChange: func() *tablestore.PutRowChange {
		change := put("txn", 1, ignore, map[string]interface{}{"x": int64(1)})
		change.TransactionId = id
		return change
	}()})
	must(err)
	check(get("txn", 1), map[string]interface{}{})
	check(getIn("txn", 1, id), map[string]interface{}{"x": int64(1)})
	_, err = client.CommitTransaction(&tablestore.CommitTransactionRequest{TransactionId: id})
	must(err)
	check(get("txn", 1), map[string]interface{}{"x": int64(1)})
	_, err = client.CommitTransaction(&tablestore.CommitTransactionRequest{TransactionId: id})
	failsWith("OTSSessionNotExist", err)
	id, err = start()
	must(err)
	_, err = client.AbortTransaction(&tablestore.AbortTransactionRequest{TransactionId: id})
	must(err)
}

func errors() {
	criteria := &tablestore.SingleRowQueryCriteria{TableName: "no_such_table", PrimaryKey: key("a", 1), MaxVersion: 1}
	_, err := client.GetRow(&tablestore.GetRowRequest{SingleRowQueryCriteria: criteria})
	failsWith("OTSObjectNotExist", err)
	short := new(tablestore.PrimaryKey)
	short.AddPrimaryKeyColumn("pk", "a")
	criteria = &tablestore.SingleRowQueryCriteria{TableName: table, PrimaryKey: short, MaxVersion: 1}
	_, err = client.GetRow(&tablestore.GetRowRequest{SingleRowQueryCriteria: criteria})
	failsWith("OTSInvalidPK", err)
	wrong := tablestore.NewClient(os.Args[1], os.Args[2], os.Args[3], "not the secret")
	_, err = wrong.ListTable()
	failsWith("OTSAuthFailed", err)
}

func remove() {
	deletion := &tablestore.DeleteRowChange{TableName: table, PrimaryKey: key("a", 1)}
	deletion.SetCondition(ignore)
	_, err := client.DeleteRow(&tablestore.DeleteRowRequest{DeleteRowChange: deletion})
	must(err)
	check(get("a", 1), map[string]interface{}{})
	_, err = client.DeleteTable(&tablestore.DeleteTableRequest{TableName: table})
	must(err)
}

func main() {
	client = tablestore.NewClient(os.Args[1], os.Args[2], os.Args[3], os.Args[4])
	table = os.Args[5]
	failed := false
	for _, step := range []struct {
		name string
		run  func()
	}{{"create", create}, {"putAndGet", putAndGet}, {"conditions", conditions}, {"increment", increment}, {"batches", batches},
		{"ranges", ranges}, {"transactions", transactions}, {"errors", errors}, {"remove", remove}} {
		func() {
			defer func() {
				if problem := recover(); problem != nil {
					failed = true
					fmt.Println("FAILED", step.name, problem)
				}
			}()
			step.run()
			fmt.Println("ok", step.name)
		}()
	}
	if failed {
		os.Exit(1)
	}
}
