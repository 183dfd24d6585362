package jfs.hadoop;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Makes the same random calls on two sides and compares what each call answers and, now and then, all that can be seen.
 * The judge is always the first side. Once the trees differ, both sides begin again from an empty root, so that one
 * difference does not hide, or cause, all that would follow. They also do so after each round of a few hundred calls: by then
 * the modes and quotas at the top let little through.
 */
public final class Differential {
  private final Side judge;
  private final Side other;
  private final Operations operations;
  private final AllowedDifferences allowed;
  private final Options options;
  private final Map<String, Map<String, Integer>> coverage = new TreeMap<>();

  private Differential(Side judge, Side other, Operations operations, AllowedDifferences allowed, Options options) {
    this.judge = judge;
    this.other = other;
    this.operations = operations;
    this.allowed = allowed;
    this.options = options;
  }

  /** The command line; tests/hadoop/differential.sh explains it. */
  private static final class Options {
    private String judge;
    private String second;
    private String secondScheme = "jfs";
    private String secondName = "test";
    private long firstSeed = 1;
    private long lastSeed = 20;
    private int count = 1000;
    private int compareEvery = 100;
    private int round = 300;
    private int show = 5;
    private Plant plant = Plant.NONE;
    private Path allowed;
    private boolean partial;
    private final Set<String> only = new TreeSet<>();
    private final Set<String> except = new TreeSet<>();

    private static Options of(String[] arguments) {
      Options out = new Options();
      for (int i = 0; i + 1 < arguments.length; i += 2) {
        String value = arguments[i + 1];
        switch (arguments[i]) {
          case "--judge" -> out.judge = value;
          case "--second" -> out.second = value;
          case "--second-scheme" -> out.secondScheme = value;
          case "--second-name" -> out.secondName = value;
          case "--seeds" -> {
            String[] ends = value.split("\\.\\.");
            out.firstSeed = Long.parseLong(ends[0]);
            out.lastSeed = Long.parseLong(ends[ends.length - 1]);
          }
          case "--operations" -> out.count = Integer.parseInt(value);
          case "--compare-every" -> out.compareEvery = Integer.parseInt(value);
          case "--show" -> out.show = Integer.parseInt(value);
          case "--plant" -> out.plant = Plant.valueOf(value.toUpperCase(java.util.Locale.ROOT));
          case "--allowed" -> out.allowed = Path.of(value);
          case "--only" -> out.only.addAll(List.of(value.split(",")));
          case "--except" -> out.except.addAll(List.of(value.split(",")));
          default -> throw new IllegalArgumentException("unknown option " + arguments[i]);
        }
      }
      out.partial = !out.only.isEmpty() || !out.except.isEmpty();
      return out;
    }
  }

  public static void main(String[] arguments) throws Exception {
    Operations operations = new Operations();
    if (arguments.length == 1 && arguments[0].equals("--list")) {
      operations.names().forEach(System.out::println);
      return;
    }
    Options options = Options.of(arguments);
    for (Set<String> names : List.of(options.only, options.except)) {
      for (String name : names) {
        if (!operations.names().contains(name)) {
          System.err.println("differential: there is no operation '" + name + "'; --list shows them");
          System.exit(2);
        }
      }
    }
    operations.restrict(options.only, options.except);
    if (operations.isEmpty()) {
      System.err.println("differential: no operation is left");
      System.exit(2);
    }
    Side judge = new Side("judge", "hdfs", options.judge);
    Side other = new Side(options.secondName, options.secondScheme, options.second);
    AllowedDifferences allowed = new AllowedDifferences(options.allowed);
    int failed = new Differential(judge, other, operations, allowed, options).run();
    // Not exit: its hooks would close the streams of files that are long gone, one by one.
    System.out.flush();
    Runtime.getRuntime().halt(failed == 0 ? 0 : 1);
  }

  private int run() throws Exception {
    int passed = 0;
    int failed = 0;
    long total = 0;
    for (long seed = options.firstSeed; seed <= options.lastSeed; seed++) {
      int differences = run(seed);
      total += options.count;
      System.out.println("seed " + seed + ": " + options.count + " operations, " + differences + " differences");
      if (differences == 0) {
        passed++;
      } else {
        failed++;
        System.out.println("  again: tests/hadoop/differential.sh --seeds " + seed + " --operations " + options.count
            + " --compare-every 1");
      }
    }
    System.out.println("\noutcomes at the judge:\n" + Operations.coverage(coverage));
    System.out.println("differences on purpose:\n" + allowed.summary());
    System.out.println(total + " operations in " + (passed + failed) + " seeds");
    // A run of a part, or one that stopped early in every seed, cannot tell what is stale.
    if (!options.partial && options.secondScheme.equals("jfs") && failed == 0 && total >= 20000) {
      for (String row : allowed.stale()) {
        System.out.println("STALE: no difference needed " + row);
        failed++;
      }
    }
    System.out.println(passed + " passed, " + failed + " failed");
    return failed;
  }

  private int run(long seed) throws Exception {
    Draw draw = new Draw(seed);
    begin(seed);
    int differences = 0;
    boolean damaged = options.plant == Plant.NONE;
    for (int i = 1; i <= options.count; i++) {
      Operation operation = operations.draw(draw);
      String expected = operation.outcome(judge);
      String found = options.plant.answer(operation.outcome(other));
      coverage.computeIfAbsent(operation.name(), name -> new TreeMap<>()).merge(Outcome.kind(expected), 1, Integer::sum);
      boolean differs = !expected.equals(found) && !allowed.allows(operation.name(), expected, found);
      if (differs) {
        differences++;
        if (differences <= options.show) {
          report(seed, i, operation, expected, found);
        }
      }
      if (!damaged && i > options.count / 2) {
        damaged = options.plant.damage(other);
      }
      boolean suspect = allowed.mayLeaveDifferentTrees(operation, expected, found);
      if (differs || suspect || i % options.compareEvery == 0 || i % options.round == 0 || i == options.count) {
        List<String> trees = Tree.differences(judge, other);
        if (!trees.isEmpty() && !differs && suspect && allowed.trees(operation, expected, found, trees)) {
          begin(seed);
        } else if (!trees.isEmpty()) {
          if (!differs) {
            differences++;
          }
          if (differences <= options.show) {
            report(seed, i, operation, trees);
          }
          begin(seed);
        } else if (i % options.round == 0) {
          begin(seed);
        }
      }
    }
    return differences;
  }

  private void begin(long seed) throws IOException {
    judge.clear();
    other.clear();
    List<String> trees = Tree.differences(judge, other);
    if (!trees.isEmpty()) {
      throw new IOException("seed " + seed + ": the two sides cannot be made equal to begin with:\n" + String.join("\n", trees));
    }
  }

  private void report(long seed, int number, Operation operation, String expected, String found) {
    System.out.println("seed " + seed + ", operation " + number + ": " + operation + "\n    " + judge.name() + ": "
        + expected + "\n    " + other.name() + ": " + found);
  }

  private void report(long seed, int number, Operation operation, List<String> trees) {
    System.out.println("seed " + seed + ", operation " + number + ": the trees differ in " + trees.size()
        + " paths. Made last (--compare-every 1 shows whether it was this one): " + operation);
    trees.stream().limit(4).forEach(line -> System.out.println("  " + line));
  }
}
