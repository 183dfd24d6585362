package jfs.hadoop;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.hadoop.fs.ContentSummary;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.hdfs.DistributedFileSystem;
import org.apache.hadoop.hdfs.protocol.DirectoryListing;
import org.apache.hadoop.hdfs.protocol.HdfsFileStatus;

/** Everything that clients can see of a side, path by path, and how two sides differ in it. */
final class Tree {
  private Tree() {}

  /** From path to all that is known of it. Only operations are compared with an allowance for differences, trees never. */
  static Map<String, String> of(Side side) throws IOException {
    Map<String, String> tree = new TreeMap<>();
    HdfsFileStatus root = side.protocol(Side.SUPERUSER).getFileInfo("/");
    add(side, "/", root, tree);
    return tree;
  }

  /** One line for each path that is not equal, as "path: first side's | second side's"; empty if the sides are equal. */
  static List<String> differences(Side first, Side second) throws IOException {
    Map<String, String> ours = of(first);
    Map<String, String> theirs = of(second);
    List<String> out = new ArrayList<>();
    Map<String, String> all = new TreeMap<>(ours);
    all.putAll(theirs);
    for (String path : all.keySet()) {
      String one = ours.getOrDefault(path, "absent");
      String other = theirs.getOrDefault(path, "absent");
      if (!one.equals(other)) {
        out.add(path + "\n    " + first.name() + ": " + one + "\n    " + second.name() + ": " + other);
      }
    }
    return out;
  }

  private static void add(Side side, String path, HdfsFileStatus status, Map<String, String> tree) throws IOException {
    DistributedFileSystem fs = side.as(Side.SUPERUSER);
    Path name = new Path(path);
    StringBuilder text = new StringBuilder();
    text.append(status.isDirectory() ? "directory " : status.isSymlink() ? "link " : "file ");
    text.append(Outcome.attributes((FileStatus) status));
    if (((FileStatus) status).hasAcl()) {
      text.append(" acl ").append(fs.getAclStatus(name).getEntries());
    }
    Map<String, byte[]> attributes = fs.getXAttrs(name);
    if (!attributes.isEmpty()) {
      text.append(" xattrs ").append(Outcome.text(attributes));
    }
    if (status.isDirectory()) {
      ContentSummary summary = fs.getContentSummary(name);
      text.append(' ').append(Outcome.text(summary));
      if (summary.getQuota() != -1 || summary.getSpaceQuota() != -1) {
        text.append("; ").append(Outcome.text(fs.getQuotaUsage(name)));
      }
    } else {
      text.append(fs.isFileClosed(name) ? "" : " open");
    }
    tree.put(path, side.normalize(text.toString()));
    if (!status.isDirectory()) {
      return;
    }
    byte[] startAfter = HdfsFileStatus.EMPTY_NAME;
    while (true) {
      DirectoryListing page = side.protocol(Side.SUPERUSER).getListing(path, startAfter, false);
      if (page == null) {
        throw new IOException(side.name() + ": " + path + " vanished while it was listed");
      }
      for (HdfsFileStatus child : page.getPartialListing()) {
        add(side, path.equals("/") ? "/" + child.getLocalName() : path + "/" + child.getLocalName(), child, tree);
      }
      if (!page.hasMore()) {
        return;
      }
      startAfter = page.getLastName();
    }
  }
}
