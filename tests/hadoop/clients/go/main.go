// A session of colinmarc/hdfs, the Go client; ../README.md says what it prints.
//
//	clients ADDRESSES DIRECTORY
package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path"
	"strings"
	"time"

	"github.com/colinmarc/hdfs/v2"
)

var failed = false

func step(what string, err error) {
	if err != nil {
		failed = true
		fmt.Printf("FAILED %s: %v\n", what, err)
		return
	}
	fmt.Printf("ok %s\n", what)
}

// expect turns two values that are not equal into an error.
func expect[T comparable](found, wanted T, err error) error {
	if err == nil && found != wanted {
		err = fmt.Errorf("is %v, not %v", found, wanted)
	}
	return err
}

// refused turns the wrong error, or none, into one.
func refused(err, wanted error) error {
	if errors.Is(err, wanted) {
		return nil
	}
	return fmt.Errorf("should be refused with %v, but: %v", wanted, err)
}

func names(entries []os.FileInfo) string {
	var out []string
	for _, entry := range entries {
		out = append(out, entry.Name())
	}
	return strings.Join(out, " ")
}

// steps makes one half of the session below a directory of its own.
func steps(client *hdfs.Client, half, directory string) {
	at := func(name string) string { return path.Join(directory, name) }
	do := func(what string, err error) { step(half+": "+what, err) }

	do("mkdir -p", client.MkdirAll(at("a/b/c"), 0755))
	do("mkdir of what is there", refused(client.Mkdir(at("a"), 0755), os.ErrExist))
	do("mkdir without parent", refused(client.Mkdir(at("no/d"), 0755), os.ErrNotExist))
	do("empty file", client.CreateEmptyFile(at("a/file")))
	do("file that is there", refused(client.CreateEmptyFile(at("a/file")), os.ErrExist))
	info, err := client.Stat(at("a/file"))
	if err == nil {
		err = expect(fmt.Sprint(info.Size(), info.IsDir()), "0 false", nil)
	}
	do("stat", err)
	_, err = client.Stat(at("a/nothing"))
	do("stat of nothing", refused(err, os.ErrNotExist))
	for i := 0; i < 30; i++ {
		if err = client.Mkdir(at(fmt.Sprintf("a/b/%02d", i)), 0700); err != nil {
			break
		}
	}
	do("thirty directories", err)
	entries, err := client.ReadDir(at("a/b"))
	do("list", expect(len(entries), 31, err))
	do("rename", client.Rename(at("a/file"), at("a/b/moved")))
	_, err = client.Stat(at("a/file"))
	do("the old name is gone", refused(err, os.ErrNotExist))
	entries, err = client.ReadDir(at("a"))
	do("list after rename", expect(names(entries), "b", err))
	do("chmod", client.Chmod(at("a/b/moved"), 0640))
	info, err = client.Stat(at("a/b/moved"))
	if err == nil {
		err = expect(info.Mode().Perm(), 0640, nil)
	}
	do("mode", err)
	do("chown", client.Chown(at("a/b/moved"), "alice", "staff"))
	info, err = client.Stat(at("a/b/moved"))
	if err == nil {
		status := info.(*hdfs.FileInfo)
		err = expect(status.Owner()+":"+status.OwnerGroup(), "alice:staff", nil)
	}
	do("owner", err)
	when := time.Unix(1500000000, 0)
	do("times", client.Chtimes(at("a/b/moved"), when, when))
	info, err = client.Stat(at("a/b/moved"))
	if err == nil {
		err = expect(info.ModTime().Unix(), when.Unix(), nil)
	}
	do("modification time", err)
	done, err := client.Truncate(at("a/b/moved"), 0)
	do("truncate", expect(done, true, err))
	do("set attribute", client.SetXAttr(at("a/b/moved"), "user.colour", "green"))
	attributes, err := client.ListXAttrs(at("a/b/moved"))
	do("attribute", expect(attributes["user.colour"], "green", err))
	do("remove attribute", client.RemoveXAttr(at("a/b/moved"), "user.colour"))
	writer, err := client.Append(at("a/b/moved"))
	if err == nil {
		err = writer.Close()
	}
	do("append nothing", err)
	summary, err := client.GetContentSummary(directory)
	if err == nil {
		err = expect(fmt.Sprint(summary.DirectoryCount(), summary.FileCount()), "34 1", nil)
	}
	do("content summary", err)
	_, err = client.StatFs()
	do("statfs", err)
	_, err = client.ServerDefaults()
	do("server defaults", err)
	do("remove of a full directory", refused(client.Remove(at("a")), os.ErrExist))
	do("remove", client.RemoveAll(at("a/b")))
	entries, err = client.ReadDir(at("a"))
	do("list after remove", expect(len(entries), 0, err))
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: clients ADDRESSES DIRECTORY")
		os.Exit(2)
	}
	client, err := hdfs.NewClient(hdfs.ClientOptions{Addresses: strings.Split(os.Args[1], ","), User: os.Getenv("HADOOP_USER_NAME")})
	step("connect", err)
	if err != nil {
		os.Exit(1)
	}
	steps(client, "before", path.Join(os.Args[2], "before"))
	fmt.Println("fail over now")
	_, err = bufio.NewReader(os.Stdin).ReadString('\n')
	step("go on", err)
	killed := time.Now()
	var entries []os.FileInfo
	// This client tries each master once and gives up while none leads.
	for {
		entries, err = client.ReadDir(path.Join(os.Args[2], "before"))
		if err == nil || time.Since(killed) > time.Minute {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	fmt.Printf("answered %v after the fail-over\n", time.Since(killed).Round(time.Millisecond))
	step("what was there is there", expect(names(entries), "a", err))
	steps(client, "after", path.Join(os.Args[2], "after"))
	step("close", client.Close())
	if failed {
		os.Exit(1)
	}
}
