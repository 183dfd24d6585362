package jfs.hadoop;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.permission.FsPermission;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.UniqueId;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/** Runs Hadoop's contract suites on the judge and on the other side: what passes there must pass here. */
public final class ContractRunner {
  /** How one method ended on a side; the cause is null where it passed. */
  private record Result(String state, String cause) {
    static final String PASSED = "passed";
    static final String SKIPPED = "skipped";
    static final String FAILED = "failed";
  }

  private ContractRunner() {}

  public static void main(String[] arguments) throws Exception {
    if (arguments.length < 4) {
      System.err.println("usage: ContractRunner JUDGE SCHEME NAME ADDRESSES [SUITE]...");
      System.exit(2);
    }
    List<String> wanted = List.of(arguments).subList(4, arguments.length);
    int passed = 0;
    int failed = 0;
    System.out.printf("%-24s %28s %28s%n", "", "NameNode", arguments[2]);
    System.out.printf("%-24s %8s %8s %8s  %8s %8s %8s  %s%n", "suite", "passed", "failed", "skipped", "passed", "failed",
        "skipped", "passes there, not here");
    boolean explain = System.getProperty("jfs.explain") != null;
    StringBuilder reasons = new StringBuilder();
    for (Class<?> suite : ContractSuites.ALL) {
      if (!wanted.isEmpty() && !wanted.contains(suite.getSimpleName())) {
        continue;
      }
      Map<String, Result> there = run(suite, "hdfs", "judge", arguments[0]);
      Map<String, Result> here = run(suite, arguments[1], arguments[2], arguments[3]);
      int missing = 0;
      for (String method : new TreeSet<>(there.keySet())) {
        if (!there.get(method).state().equals(Result.PASSED)) {
          if (explain) {
            reasons.append("does not pass on the NameNode: ").append(suite.getSimpleName()).append('.').append(method)
                .append("\n    ").append(there.get(method).cause()).append('\n');
          }
          continue;
        }
        Result ours = here.getOrDefault(method, new Result(Result.FAILED, "was not run"));
        if (ours.state().equals(Result.PASSED)) {
          passed++;
        } else {
          failed++;
          missing++;
          reasons.append("passes on the NameNode, ").append(ours.state()).append(" here: ").append(suite.getSimpleName())
              .append('.').append(method).append("\n    ").append(ours.cause()).append('\n');
        }
      }
      System.out.printf("%-24s %8d %8d %8d  %8d %8d %8d  %8d%n", suite.getSimpleName(), count(there, Result.PASSED),
          count(there, Result.FAILED), count(there, Result.SKIPPED), count(here, Result.PASSED),
          count(here, Result.FAILED), count(here, Result.SKIPPED), missing);
    }
    System.out.println();
    System.out.print(reasons);
    System.out.println(passed + " passed, " + failed + " failed");
    System.out.flush();
    Runtime.getRuntime().halt(failed == 0 ? 0 : 1);
  }

  private static long count(Map<String, Result> results, String state) {
    return results.values().stream().filter(result -> result.state().equals(state)).count();
  }

  private static Map<String, Result> run(Class<?> suite, String scheme, String service, String addresses) throws Exception {
    System.setProperty(SideContract.SCHEME, scheme);
    System.setProperty(SideContract.SERVICE, service);
    System.setProperty(SideContract.ADDRESSES, addresses);
    // Suites leave things behind, and some want the superuser's home to be there.
    try (FileSystem fs = FileSystem.get(SideContract.root(), SideContract.configuration())) {
      for (var status : fs.listStatus(new Path("/"))) {
        fs.delete(status.getPath(), true);
      }
      fs.setPermission(new Path("/"), new FsPermission((short) 0755));
      fs.mkdirs(fs.getHomeDirectory());
    }
    Map<String, Result> results = new LinkedHashMap<>();
    LauncherDiscoveryRequest request =
        LauncherDiscoveryRequestBuilder.request()
            .selectors(selectClass(suite))
            .configurationParameter("junit.jupiter.execution.timeout.default", "120 s")
            .build();
    LauncherFactory.create().execute(request, new TestExecutionListener() {
      @Override
      public void executionSkipped(TestIdentifier test, String reason) {
        add(test, new Result(Result.SKIPPED, reason));
      }

      @Override
      public void executionFinished(TestIdentifier test, TestExecutionResult result) {
        String cause = result.getThrowable().map(ContractRunner::inShort).orElse(null);
        switch (result.getStatus()) {
          case SUCCESSFUL -> add(test, new Result(Result.PASSED, null));
          case ABORTED -> add(test, new Result(Result.SKIPPED, cause));
          default -> add(test, new Result(Result.FAILED, cause));
        }
      }

      private void add(TestIdentifier test, Result result) {
        // A failing container is a suite that could not be set up: it shows as a method of its own.
        if (test.isTest() || result.state().equals(Result.FAILED)) {
          results.put(name(test), result);
        }
      }
    });
    return results;
  }

  /** The method with its parameters' number, the same on both sides. */
  private static String name(TestIdentifier test) {
    StringBuilder out = new StringBuilder();
    for (UniqueId.Segment segment : UniqueId.parse(test.getUniqueId()).getSegments()) {
      if (!segment.getType().equals("engine") && !segment.getType().equals("class")) {
        out.append(out.length() == 0 ? "" : " ").append(segment.getValue().replaceFirst("\\(.*", ""));
      }
    }
    return out.length() == 0 ? "the suite itself" : out.toString();
  }

  private static String inShort(Throwable e) {
    String text = e.getClass().getName() + ": " + Outcome.message(e);
    return text.lines().limit(3).reduce((a, b) -> a + "\n    " + b).orElse(text);
  }
}
