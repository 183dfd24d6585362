package jfs.hadoop;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.hadoop.fs.ContentSummary;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FsStatus;
import org.apache.hadoop.fs.PathIOException;
import org.apache.hadoop.fs.QuotaUsage;
import org.apache.hadoop.fs.permission.AclStatus;
import org.apache.hadoop.ipc.RemoteException;

/** Results and exceptions as texts, without what cannot be equal on two servers. */
final class Outcome {
  /**
   * A time below this was given by setTimes, for operations draw only such ones; any other is the present. So a text can
   * say which of the two it is, and a call that should have moved a time, or should not, is found.
   */
  private static final long FIRST_REAL_TIME = 1_000_000_000_000L;

  private Outcome() {}

  static String text(Throwable e) {
    String kind =
        e instanceof RemoteException
            ? "RemoteException(" + ((RemoteException) e).getClassName() + ")"
            : e.getClass().getName();
    return kind + ": " + message(e);
  }

  /** The message up to the stack trace of the server, which travels as part of it. */
  static String message(Throwable e) {
    // What the server says becomes the "path" of these, and the client builds a message around it, stack trace and all.
    String message = e instanceof PathIOException ? String.valueOf(((PathIOException) e).getPath()) : String.valueOf(e.getMessage());
    int stack = message.indexOf("\n\tat ");
    return stack < 0 ? message : message.substring(0, stack);
  }

  /** The kind of an outcome, for the table of coverage. */
  static String kind(String outcome) {
    if (outcome.startsWith("ok ")) {
      return "ok";
    }
    String name = outcome.replaceFirst("(?s)^RemoteException\\(([^)]*)\\).*", "$1");
    name = name.replaceFirst("(?s):.*", "");
    return name.replaceFirst(".*[.$]", "");
  }

  static String text(Object value) {
    if (value == null) {
      return "-";
    }
    if (value instanceof FileStatus status) {
      return status(status);
    }
    if (value instanceof FileStatus[] statuses) {
      return text(List.of(statuses));
    }
    if (value instanceof ContentSummary summary) {
      return "directories " + summary.getDirectoryCount() + " files " + summary.getFileCount() + " length "
          + summary.getLength() + " quota " + summary.getQuota() + " space " + summary.getSpaceConsumed() + " of "
          + summary.getSpaceQuota() + " ec " + summary.getErasureCodingPolicy();
    }
    if (value instanceof QuotaUsage usage) {
      return "inodes " + usage.getFileAndDirectoryCount() + " quota " + usage.getQuota() + " space "
          + usage.getSpaceConsumed() + " of " + usage.getSpaceQuota();
    }
    if (value instanceof AclStatus acl) {
      return acl.getOwner() + ":" + acl.getGroup() + " " + acl.getPermission() + (acl.isStickyBit() ? " sticky" : "")
          + " " + acl.getEntries();
    }
    if (value instanceof FsStatus status) {
      return "capacity " + status.getCapacity() + " used " + status.getUsed() + " remaining " + status.getRemaining();
    }
    if (value instanceof byte[] bytes) {
      return bytes.length > 64 ? bytes.length + " bytes" : "0x" + HexFormat.of().formatHex(bytes);
    }
    if (value instanceof Map<?, ?> map) {
      // The client puts attributes into a hash map: their order means nothing.
      Map<String, String> sorted = new TreeMap<>();
      map.forEach((key, entry) -> sorted.put(String.valueOf(key), text(entry)));
      return sorted.toString();
    }
    if (value instanceof Collection<?> collection) {
      List<String> lines = new ArrayList<>();
      for (Object entry : inOurOrder(collection)) {
        lines.add(text(entry));
      }
      return lines.toString();
    }
    return value.toString();
  }

  /**
   * Listings come in the order of their bytes: signed ones on HDFS, where a name that begins with "ü" comes before "a".
   * That is a difference on purpose (any order does for clients), so lists of files are put into the order of unsigned
   * bytes here; names in ASCII are not moved against each other.
   */
  private static List<Object> inOurOrder(Collection<?> collection) {
    List<Object> out = new ArrayList<>(collection);
    if (out.stream().anyMatch(entry -> !(entry instanceof FileStatus status) || status.getPath() == null)) {
      return out;
    }
    boolean ascii = out.stream().allMatch(entry -> isAscii(((FileStatus) entry).getPath().toString()));
    if (!ascii) {
      out.sort((a, b) -> Arrays.compareUnsigned(bytes(a), bytes(b)));
    }
    return out;
  }

  private static byte[] bytes(Object status) {
    return ((FileStatus) status).getPath().toString().getBytes(StandardCharsets.UTF_8);
  }

  static boolean isAscii(String text) {
    return text.chars().allMatch(c -> c < 0x80);
  }

  private static String status(FileStatus status) {
    String type = status.isSymlink() ? "link" : status.isDirectory() ? "directory" : "file";
    return type + " " + (status.getPath() == null ? "" : status.getPath()) + " "
        + attributes(status);
  }

  /**
   * All but whether snapshots may be made of a directory: HDFS says so of its root, always, although it lets nobody make
   * one; our masters offer none and say so of no directory. A difference on purpose.
   */
  static String attributes(FileStatus status) {
    return status.getPermission() + (status.hasAcl() ? "+" : "") + " " + status.getOwner() + ":" + status.getGroup()
        + " length " + status.getLen() + " replication " + status.getReplication() + " block " + status.getBlockSize()
        + " mtime " + time(status.getModificationTime()) + " atime " + time(status.getAccessTime())
        + (status.isEncrypted() ? " encrypted" : "") + (status.isErasureCoded() ? " erasure-coded" : "");
  }

  private static String time(long milliseconds) {
    return milliseconds < FIRST_REAL_TIME ? Long.toString(milliseconds) : "now";
  }
}
