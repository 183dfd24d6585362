# shellcheck shell=bash
# Sourced by tools/quickstart.sh: Hadoop's own command line, with the stock jars that tests/hadoop/setup.sh fetches and no jar
# of ours.

# hadoop_client DIRECTORY MASTERS: writes the configuration that binds jfs://test/ to the masters (host:port,…) into
# DIRECTORY, after which `hadoop fs …` works in this shell.
hadoop_client() {
  local directory=$1 masters=$2 address n=0 members=()
  hadoop_class_path=$(tests/hadoop/setup.sh --class-path) || return 1
  mkdir -p "$directory"
  local -a addresses=()
  IFS=, read -ra addresses <<< "$masters"
  {
    echo '<?xml version="1.0"?>'
    echo '<configuration>'
    hadoop_property fs.defaultFS jfs://test
    hadoop_property fs.jfs.impl org.apache.hadoop.hdfs.DistributedFileSystem
    echo '</configuration>'
  } > "$directory/core-site.xml"
  {
    echo '<?xml version="1.0"?>'
    echo '<configuration>'
    hadoop_property dfs.nameservices test
    for address in "${addresses[@]}"; do
      n=$((n + 1))
      members+=("nn$n")
      hadoop_property "dfs.namenode.rpc-address.test.nn$n" "$address"
    done
    hadoop_property dfs.ha.namenodes.test "$(IFS=, && echo "${members[*]}")"
    hadoop_property dfs.client.failover.proxy.provider.test \
      org.apache.hadoop.hdfs.server.namenode.ha.ConfiguredFailoverProxyProvider
    echo '</configuration>'
  } > "$directory/hdfs-site.xml"
  hadoop_configuration=$directory
}

hadoop_property() { echo "  <property><name>$1</name><value>$2</value></property>"; }

# hadoop fs ARGUMENTS...: what bin/hadoop of a distribution starts.
hadoop() {
  [[ $1 == fs ]] || return 255
  shift
  java -Xrs -Xmx512m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp "$hadoop_configuration:$hadoop_class_path" \
    org.apache.hadoop.fs.FsShell "$@"
}
