package jfs.hadoop;

import java.io.IOException;
import java.net.URI;
import java.security.PrivilegedExceptionAction;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.permission.FsPermission;
import org.apache.hadoop.hdfs.DistributedFileSystem;
import org.apache.hadoop.hdfs.protocol.ClientProtocol;
import org.apache.hadoop.hdfs.protocol.HdfsConstants;
import org.apache.hadoop.security.UserGroupInformation;

/** One of the two file systems that are compared, seen through the stock client by several users. */
final class Side {
  /** The roles of operations; the superuser's real name is who runs the servers. */
  static final String SUPERUSER = "super";

  static final String[] USERS = {SUPERUSER, "alice", "bob", "carol"};

  private final String name;
  private final URI uri;
  private final Map<String, DistributedFileSystem> fileSystems = new LinkedHashMap<>();
  private final Map<String, String> clientNames = new LinkedHashMap<>();
  private final Map<Integer, FSDataOutputStream> open = new TreeMap<>();

  /**
   * @param name what reports call it
   * @param scheme hdfs or jfs: under both the same class of Hadoop's is bound
   * @param addresses HOST:PORT of the servers, with commas
   */
  Side(String name, String scheme, String addresses) throws IOException, InterruptedException {
    this.name = name;
    this.uri = URI.create(scheme + "://" + name + "/");
    Configuration conf = Binding.configuration(scheme, name, addresses);
    for (String user : USERS) {
      String account = user.equals(SUPERUSER) ? System.getProperty("user.name") : user;
      PrivilegedExceptionAction<FileSystem> connect = () -> FileSystem.newInstance(uri, conf);
      DistributedFileSystem fs =
          (DistributedFileSystem) UserGroupInformation.createRemoteUser(account).doAs(connect);
      fileSystems.put(user, fs);
      clientNames.put(fs.getClient().getClientName(), "<client of " + user + ">");
    }
  }

  String name() {
    return name;
  }

  DistributedFileSystem as(String user) {
    return fileSystems.get(user);
  }

  /** The protocol itself: for what the client would refuse, or not call, by its own. */
  ClientProtocol protocol(String user) {
    return as(user).getClient().getNamenode();
  }

  String clientName(String user) {
    return as(user).getClient().getClientName();
  }

  /** The id of the inode at a path, or 0 (which the protocol takes as "unknown"). */
  long inodeId(String path) throws IOException {
    var status = protocol(SUPERUSER).getFileInfo(path);
    return status == null ? 0 : status.getFileId();
  }

  /** Keeps a stream open under a number; one that was open under it is forgotten, as by a writer that died. */
  void keepOpen(int number, FSDataOutputStream stream) {
    open.put(number, stream);
  }

  /** Closes a stream. Returns false if none was open under the number. */
  boolean close(int number) throws IOException {
    FSDataOutputStream stream = open.remove(number);
    if (stream == null) {
      return false;
    }
    stream.close();
    return true;
  }

  /** What differs by its nature from run to run and from side to side gets one name. */
  String normalize(String text) {
    String out = text;
    for (Map.Entry<String, String> client : clientNames.entrySet()) {
      out = out.replace(client.getKey(), client.getValue());
    }
    return out.replace(uri.toString(), "fs:/")
        .replace(uri.toString().substring(0, uri.toString().length() - 1), "fs:")
        .replaceAll("BP-[0-9]+-[0-9.]+-[0-9]+", "<block pool>")
        .replaceAll("\\b[0-9]+\\.[0-9]+\\.[0-9]+\\.[0-9]+(:[0-9]+)?\\b", "<address>")
        .replaceAll("NamenodeHostName:\\S+", "NamenodeHostName:<host>")
        .replaceAll("/\\.reserved/\\.inodes/[0-9]{5,}", "/.reserved/.inodes/#")
        .replaceAll("\\(inode [0-9]{5,}\\)", "(inode #)");
  }

  /** Takes everything away: an empty root that belongs to the superuser and lets everybody in. */
  void clear() throws IOException {
    DistributedFileSystem fs = as(SUPERUSER);
    Path root = new Path("/");
    for (Integer number : open.keySet().toArray(new Integer[0])) {
      try {
        close(number);
      } catch (IOException e) {
        // The file was deleted or taken over: nothing is left to close.
        open.remove(number);
      }
    }
    fs.setQuota(root, HdfsConstants.QUOTA_RESET, HdfsConstants.QUOTA_RESET);
    for (FileStatus status : fs.listStatus(root)) {
      fs.delete(status.getPath(), true);
    }
    fs.removeAcl(root);
    for (String attribute : fs.listXAttrs(root)) {
      fs.removeXAttr(root, attribute);
    }
    fs.setOwner(root, System.getProperty("user.name"), "supergroup");
    fs.setPermission(root, new FsPermission((short) 0777));
    fs.setTimes(root, 0, 0);
  }
}
