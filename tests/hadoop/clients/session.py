"""A session of hdfs-native, the Rust client, through its Python module; README.md says what it prints.

    session.py ADDRESSES DIRECTORY
"""

import sys

from hdfs_native import AclEntry, Client, WriteOptions

failed = False


def step(what, action, wanted=None, refused=None):
    """Makes one step: its value must be the one wanted, or it must fail with a text in its message."""
    global failed
    try:
        found = action()
    except Exception as error:  # the module raises several kinds
        if refused is not None and refused in str(error):
            print(f"ok {what}", flush=True)
            return
        failed = True
        print(f"FAILED {what}: {type(error).__name__}: {error}", flush=True)
        return
    if refused is not None:
        failed = True
        print(f"FAILED {what}: should be refused with '{refused}' but gave {found}", flush=True)
    elif wanted is not None and found != wanted:
        failed = True
        print(f"FAILED {what}: is {found}, not {wanted}", flush=True)
    else:
        print(f"ok {what}", flush=True)


def names(client, path, recursive=False):
    return sorted(status.path.rsplit("/", 1)[-1] for status in client.list_status(path, recursive))


def steps(client, half, directory):
    def do(what, *arguments, **options):
        step(f"{half}: {what}", *arguments, **options)

    def status(name):
        return client.get_file_info(directory + name)

    def write(name, **options):
        with client.create(directory + name, WriteOptions(**options)):
            pass

    do("mkdirs", lambda: client.mkdirs(directory + "/a/b/c", create_parent=True))
    do("directory without parent", lambda: client.mkdirs(directory + "/no/d", create_parent=False), refused="Parent directory")
    do("empty file", lambda: write("/a/file"))
    do("file that is there", lambda: write("/a/file", overwrite=False), refused="already exists")
    do("overwrite", lambda: write("/a/file", overwrite=True, replication=2, permission=0o600))
    do("replication", lambda: status("/a/file").replication, wanted=2)
    do("length", lambda: status("/a/file").length, wanted=0)
    do("directory", lambda: status("/a/b").isdir, wanted=True)
    do("nothing there", lambda: status("/a/nothing"), refused="nothing")
    for i in range(30):
        client.mkdirs(f"{directory}/a/b/{i:02}")
    do("list", lambda: len(names(client, directory + "/a/b")), wanted=31)
    do("list all below", lambda: len(names(client, directory, recursive=True)), wanted=34)
    do("glob", lambda: len(client.glob_status(directory + "/a/b/1*")), wanted=10)
    do("rename", lambda: client.rename(directory + "/a/file", directory + "/a/b/moved"))
    do("list after rename", lambda: names(client, directory + "/a"), wanted=["b"])
    do("rename onto a file", lambda: (write("/a/other"), client.rename(directory + "/a/other", directory + "/a/b/moved", True))[1])
    do("set permission", lambda: client.set_permission(directory + "/a/b/moved", 0o640))
    do("permission", lambda: status("/a/b/moved").permission, wanted=0o640)
    do("set owner", lambda: client.set_owner(directory + "/a/b/moved", "alice", "staff"))
    do("owner", lambda: (status("/a/b/moved").owner, status("/a/b/moved").group), wanted=("alice", "staff"))
    do("set times", lambda: client.set_times(directory + "/a/b/moved", 1500000000000, 1400000000000))
    do("times", lambda: (status("/a/b/moved").modification_time, status("/a/b/moved").access_time), wanted=(1500000000000, 1400000000000))
    do("set replication", lambda: client.set_replication(directory + "/a/b/moved", 3), wanted=True)
    do("ACL", lambda: client.modify_acl_entries(directory + "/a/b/moved", [AclEntry("user", "access", "rwx", "bob")]))
    do("ACL entries", lambda: len(client.get_acl_status(directory + "/a/b/moved").entries), wanted=2)
    do("ACL gone", lambda: client.remove_acl(directory + "/a/b/moved"))
    do("append nothing", lambda: client.append(directory + "/a/b/moved").close())
    do("recover lease", lambda: client.recover_lease(directory + "/a/b/moved"), wanted=True)

    def counts():
        summary = client.get_content_summary(directory)
        return (summary.directory_count, summary.file_count)

    do("content summary", counts, wanted=(34, 1))
    do("delete of a full directory", lambda: client.delete(directory + "/a", False), refused="non empty")
    do("delete", lambda: client.delete(directory + "/a/b", True), wanted=True)
    do("delete again", lambda: client.delete(directory + "/a/b", True), wanted=False)
    do("list after delete", lambda: names(client, directory + "/a"), wanted=[])


def main():
    addresses, directory = sys.argv[1].split(","), sys.argv[2]
    config = {
        "dfs.nameservices": "test",
        "dfs.ha.namenodes.test": ",".join(f"m{i}" for i in range(len(addresses))),
        "dfs.client.failover.proxy.provider.test": "org.apache.hadoop.hdfs.server.namenode.ha.ConfiguredFailoverProxyProvider",
    }
    for i, address in enumerate(addresses):
        config[f"dfs.namenode.rpc-address.test.m{i}"] = address
    client = Client("hdfs://test", config)
    steps(client, "before", directory + "/before")
    print("fail over now", flush=True)
    sys.stdin.readline()
    # This client goes round the masters until one leads.
    step("what was there is there", lambda: names(client, directory + "/before"), wanted=["a"])
    steps(client, "after", directory + "/after")
    sys.exit(1 if failed else 0)


main()
