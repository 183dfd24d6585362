package jfs.hadoop;

import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.hdfs.HdfsConfiguration;

/** How the stock client finds a side: the usual keys of an HA pair, for one server or three, under either scheme. */
final class Binding {
  private Binding() {}

  /**
   * The judge is bound as an HA service of one, too: Hadoop's client retries differently where it knows of a single
   * address (for example it sleeps a minute when a file to be created is open).
   */
  static Configuration configuration(String scheme, String service, String addresses) {
    Configuration conf = new HdfsConfiguration();
    conf.set("fs.defaultFS", scheme + "://" + service);
    conf.set("dfs.nameservices", service);
    StringBuilder members = new StringBuilder();
    int n = 0;
    for (String address : addresses.split(",")) {
      String member = "m" + ++n;
      members.append(n == 1 ? "" : ",").append(member);
      conf.set("dfs.namenode.rpc-address." + service + "." + member, address);
    }
    conf.set("dfs.ha.namenodes." + service, members.toString());
    conf.set(
        "dfs.client.failover.proxy.provider." + service,
        "org.apache.hadoop.hdfs.server.namenode.ha.ConfiguredFailoverProxyProvider");
    conf.set("fs.jfs.impl", "org.apache.hadoop.hdfs.DistributedFileSystem");
    conf.setBoolean("fs." + scheme + ".impl.disable.cache", true);
    // A write must fail at once where there are no DataNodes, not after a minute of retries.
    conf.setInt("dfs.client.block.write.locateFollowingBlock.retries", 0);
    return conf;
  }
}
