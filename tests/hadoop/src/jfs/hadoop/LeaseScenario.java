package jfs.hadoop;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import org.apache.hadoop.crypto.CryptoProtocolVersion;
import org.apache.hadoop.fs.CreateFlag;
import org.apache.hadoop.fs.permission.FsPermission;
import org.apache.hadoop.io.EnumSetWritable;

/**
 * What becomes of files whose writers fall silent: the soft limit (60 s, after which another writer may take over) and the
 * hard limit (after which the server closes the file by itself), on both sides at once, in real time.
 *
 * <p>The writers are names only: nobody renews their leases but the steps that say so.
 */
public final class LeaseScenario {
  private static final long BLOCK = 1 << 20;

  private record Step(int second, Operation operation) {}

  private final List<Step> steps = new ArrayList<>();

  private LeaseScenario() {}

  public static void main(String[] arguments) throws Exception {
    if (arguments.length != 6) {
      System.err.println("usage: LeaseScenario JUDGE SCHEME NAME ADDRESSES ALLOWED HARD_LIMIT_IN_SECONDS");
      System.exit(2);
    }
    Side judge = new Side("judge", "hdfs", arguments[0]);
    Side other = new Side(arguments[2], arguments[1], arguments[3]);
    AllowedDifferences allowed = new AllowedDifferences(Path.of(arguments[4]));
    LeaseScenario scenario = new LeaseScenario();
    scenario.softLimit();
    int hardLimit = Integer.parseInt(arguments[5]);
    if (hardLimit > 0) {
      scenario.hardLimit(hardLimit + 20);
    }
    int failed = scenario.play(judge, other, allowed);
    System.out.flush();
    Runtime.getRuntime().halt(failed == 0 ? 0 : 1);
  }

  private void softLimit() {
    for (String file : List.of("/create", "/append", "/truncate", "/overwrite", "/recover", "/renewed", "/silent", "/deleted")) {
      at(0, create(file, "writer of " + file, false));
    }
    // Within the soft limit nobody else gets in.
    at(2, create("/create", "another", false));
    at(2, append("/append", "another"));
    at(2, truncate("/truncate", "another"));
    at(2, isClosed("/create"));
    at(2, openFiles());
    at(50, renew("writer of /renewed"));
    // Beyond it the first who asks takes over, but not from him who renewed.
    at(66, isClosed("/create"));
    at(66, create("/create", "another", false));
    at(66, isClosed("/create"));
    at(66, complete("/create", "writer of /create"));
    at(66, append("/append", "another"));
    at(66, isClosed("/append"));
    at(66, complete("/append", "writer of /append"));
    at(66, complete("/append", "another"));
    at(66, isClosed("/append"));
    at(66, truncate("/truncate", "another"));
    at(66, isClosed("/truncate"));
    at(66, create("/overwrite", "another", true));
    at(66, complete("/overwrite", "writer of /overwrite"));
    at(66, append("/renewed", "another"));
    at(66, create("/renewed", "another", false));
    at(66, recover("/recover", "another"));
    at(66, isClosed("/recover"));
    at(66, isClosed("/silent"));
    at(66, openFiles());
  }

  /** Beyond the hard limit the server has closed what nobody asked for. */
  private void hardLimit(int second) {
    at(second, isClosed("/silent"));
    at(second, complete("/silent", "writer of /silent"));
    at(second, isClosed("/renewed"));
    at(second, openFiles());
    at(second, append("/silent", "another"));
  }

  private int play(Side judge, Side other, AllowedDifferences allowed) throws Exception {
    judge.clear();
    other.clear();
    int passed = 0;
    int failed = 0;
    int shown = -1;
    long begin = System.nanoTime();
    for (Step step : steps) {
      long wait = step.second() * 1000L - (System.nanoTime() - begin) / 1_000_000;
      if (wait > 0) {
        Thread.sleep(wait);
      }
      if (step.second() != shown) {
        shown = step.second();
        System.out.println("second " + shown);
      }
      String expected = step.operation().outcome(judge);
      String found = step.operation().outcome(other);
      if (expected.equals(found) || allowed.allows(step.operation().name(), expected, found)) {
        passed++;
        System.out.println("  " + step.operation() + ": " + expected);
      } else {
        failed++;
        System.out.println("  " + step.operation() + "\n    " + judge.name() + ": " + expected + "\n    " + other.name()
            + ": " + found);
      }
    }
    List<String> trees = Tree.differences(judge, other);
    trees.forEach(line -> System.out.println("the trees differ: " + line));
    if (trees.isEmpty()) {
      passed++;
    } else {
      failed++;
    }
    System.out.println(passed + " passed, " + failed + " failed");
    return failed;
  }

  private void at(int second, Operation operation) {
    steps.add(new Step(second, operation));
  }

  private static Operation step(String name, String arguments, Operation.Call call) {
    return new Operation(name, Side.SUPERUSER, arguments, call);
  }

  private static Operation create(String path, String writer, boolean overwrite) {
    EnumSet<CreateFlag> flags = overwrite ? EnumSet.of(CreateFlag.CREATE, CreateFlag.OVERWRITE) : EnumSet.of(CreateFlag.CREATE);
    return step("create", path + ", " + flags + ", by '" + writer + "'", (side, fs) ->
        side.protocol(Side.SUPERUSER).create(path, FsPermission.getFileDefault(), writer, new EnumSetWritable<>(flags),
            true, (short) 1, BLOCK, CryptoProtocolVersion.supported(), null, null));
  }

  private static Operation append(String path, String writer) {
    return step("append", path + ", by '" + writer + "'", (side, fs) -> Outcome.text(side.protocol(Side.SUPERUSER)
        .append(path, writer, new EnumSetWritable<>(EnumSet.of(CreateFlag.APPEND))).getFileStatus()));
  }

  private static Operation truncate(String path, String writer) {
    return step("truncate", path + ", by '" + writer + "'", (side, fs) -> side.protocol(Side.SUPERUSER).truncate(path, 0, writer));
  }

  private static Operation complete(String path, String writer) {
    return step("complete", path + ", by '" + writer + "'", (side, fs) ->
        side.protocol(Side.SUPERUSER).complete(path, writer, null, side.inodeId(path)));
  }

  private static Operation recover(String path, String writer) {
    return step("recoverLease", path + ", by '" + writer + "'", (side, fs) ->
        side.protocol(Side.SUPERUSER).recoverLease(path, writer));
  }

  private static Operation renew(String writer) {
    return step("renewLease", "'" + writer + "'", (side, fs) -> {
      side.protocol(Side.SUPERUSER).renewLease(writer, null);
      return null;
    });
  }

  private static Operation isClosed(String path) {
    return step("isFileClosed", path, (side, fs) -> side.protocol(Side.SUPERUSER).isFileClosed(path));
  }

  private static Operation openFiles() {
    return step("listOpenFiles", "", (side, fs) -> ProtocolOperations.openFiles(side, Side.SUPERUSER, "/"));
  }
}
