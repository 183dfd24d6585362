package jfs.hadoop;

import org.apache.hadoop.hdfs.DistributedFileSystem;

/**
 * One call: drawn once, made on both sides.
 *
 * @param name what the tables of coverage and of allowed differences call it
 * @param user one of {@link Side#USERS}
 * @param arguments for the reader of a report
 */
record Operation(String name, String user, String arguments, Call call) {
  /** The call itself; what it returns or throws becomes the text that is compared. */
  interface Call {
    Object make(Side side, DistributedFileSystem fs) throws Exception;
  }

  /** Makes the call and says in one text, the same for equal outcomes, how it ended. */
  String outcome(Side side) {
    String text;
    try {
      text = "ok " + Outcome.text(call.make(side, side.as(user)));
    } catch (Exception | AssertionError e) {
      text = Outcome.text(e);
    }
    return side.normalize(text);
  }

  @Override
  public String toString() {
    return user + ": " + name + "(" + arguments + ")";
  }
}
