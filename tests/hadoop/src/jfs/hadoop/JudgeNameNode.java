package jfs.hadoop;

import java.io.OutputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.hdfs.HdfsConfiguration;
import org.apache.hadoop.hdfs.server.namenode.NameNode;

/**
 * The judge: one real NameNode, freshly formatted, without DataNodes.
 *
 * <p>Usage: {@code JudgeNameNode DIRECTORY GROUPS [KEY=VALUE]...}. Everything it writes lives in DIRECTORY, and DIRECTORY/conf
 * must be on the class path; GROUPS is the value of {@code hadoop.user.group.static.mapping.overrides}. Once it serves it
 * writes its address as HOST:PORT into DIRECTORY/address, the sign its caller waits for. It runs until it is killed. Ports
 * are chosen by the kernel, so any number of judges run beside each other.
 */
public final class JudgeNameNode {
  private JudgeNameNode() {}

  public static void main(String[] arguments) throws Exception {
    if (arguments.length < 2) {
      System.err.println("usage: JudgeNameNode DIRECTORY GROUPS [KEY=VALUE]...");
      System.exit(2);
    }
    Path directory = Path.of(arguments[0]).toAbsolutePath();
    Configuration settings = settings(directory, arguments[1]);
    for (int i = 2; i < arguments.length; i++) {
      int equals = arguments[i].indexOf('=');
      settings.set(arguments[i].substring(0, equals), arguments[i].substring(equals + 1));
    }
    // As a file: parts of the NameNode (its lease manager, the mapping of groups) read files and not what they are handed.
    Files.createDirectories(directory.resolve("conf"));
    try (OutputStream file = Files.newOutputStream(directory.resolve("conf/hdfs-site.xml"))) {
      settings.writeXml(file);
    }
    Configuration conf = new HdfsConfiguration();
    if (!arguments[1].equals(conf.get("hadoop.user.group.static.mapping.overrides"))) {
      throw new IllegalStateException(directory.resolve("conf") + " is not on the class path");
    }

    NameNode.format(conf);
    NameNode nameNode = new NameNode(conf);
    // Written under another name first: whoever sees the file sees all of it.
    Path unfinished = directory.resolve("address.new");
    Files.writeString(unfinished, "127.0.0.1:" + nameNode.getNameNodeAddress().getPort() + "\n");
    Files.move(unfinished, directory.resolve("address"), StandardCopyOption.ATOMIC_MOVE);
    nameNode.join();
  }

  private static Configuration settings(Path directory, String groups) throws Exception {
    Configuration conf = new Configuration(false);
    conf.set("fs.defaultFS", "hdfs://127.0.0.1:0");
    conf.set("dfs.namenode.rpc-address", "127.0.0.1:0");
    conf.set("dfs.namenode.http-address", "127.0.0.1:0");
    conf.set("dfs.namenode.name.dir", new URI("file", null, directory.resolve("name").toString(), null).toString());
    conf.set("dfs.namenode.edits.noeditlogchannelflush", "true");
    conf.set("hadoop.user.group.static.mapping.overrides", groups);

    conf.setBoolean("dfs.permissions.enabled", true);
    conf.setBoolean("dfs.namenode.acls.enabled", true);
    conf.setBoolean("dfs.namenode.xattrs.enabled", true);
    // What our masters do not offer is off here too: both then have to answer alike.
    conf.setBoolean("dfs.storage.policy.enabled", false);
    conf.setInt("dfs.namenode.safemode.extension", 0);
    conf.setInt("dfs.namenode.handler.count", 4);
    conf.setInt("dfs.namenode.service.handler.count", 1);
    return conf;
  }
}
