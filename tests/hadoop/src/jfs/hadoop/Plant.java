package jfs.hadoop;

import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.permission.FsPermission;
import org.apache.hadoop.hdfs.DistributedFileSystem;

/** A difference made on purpose on the second side alone, to see that the comparison finds it. */
enum Plant {
  NONE,
  /** A mode changes that nobody asked about: only the trees can tell. */
  MODE,
  /** A time is lost. */
  TIME,
  /** A message of an exception has another word in it. */
  MESSAGE,
  /** A call answers true where the judge answers false. */
  RESULT;

  /** What the second side is made to answer. */
  String answer(String outcome) {
    return switch (this) {
      case MESSAGE -> outcome.startsWith("ok ") ? outcome : outcome.replace("does not exist", "is missing");
      case RESULT -> outcome.equals("ok false") ? "ok true" : outcome;
      default -> outcome;
    };
  }

  /** Damages the second side once; returns whether there was anything to damage. */
  boolean damage(Side side) throws Exception {
    if (this != MODE && this != TIME) {
      return true;
    }
    DistributedFileSystem fs = side.as(Side.SUPERUSER);
    for (FileStatus status : fs.listStatus(new Path("/"))) {
      if (this == MODE) {
        fs.setPermission(status.getPath(), new FsPermission((short) (status.getPermission().toShort() ^ 1)));
      } else {
        fs.setTimes(status.getPath(), 987_654_321_000L, -1);
      }
      return true;
    }
    return false;
  }
}
