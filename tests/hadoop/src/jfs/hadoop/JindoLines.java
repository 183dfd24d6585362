package jfs.hadoop;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PrivilegedExceptionAction;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.FsShell;
import org.apache.hadoop.security.UserGroupInformation;
import org.apache.hadoop.util.ToolRunner;
import org.apache.log4j.ConsoleAppender;
import org.apache.log4j.Level;
import org.apache.log4j.Logger;
import org.apache.log4j.PatternLayout;

/**
 * Runs lines of {@code hadoop fs} through Hadoop's own shell and then through {@code jindo fs}, both times on the same masters
 * and beginning with the same tree, and compares what they print and how they end.
 */
public final class JindoLines {
  /** Need the contents of files: what {@code jindo fs} says about them is in lines of our own. */
  private static final Set<String> CONTENTS = Set.of("-appendToFile", "-cat", "-checksum", "-copyFromLocal", "-copyToLocal", "-cp",
      "-get", "-getmerge", "-head", "-moveFromLocal", "-put", "-tail", "-text");

  /** What a line printed and its exit status. */
  private record Result(int status, String out, String err) {
    @Override
    public String toString() {
      return "exit " + status + "\n" + out + (err.isEmpty() ? "" : "--- standard error\n" + err);
    }
  }

  private record Line(String text, String place) {}

  private final Configuration conf;
  private final String masters;
  private final String jindo;
  private final Path local;

  private JindoLines(String masters, String jindo, Path local) {
    this.conf = Binding.configuration("jfs", "test", masters);
    // As in a process of its own: whether two paths are of one file system is asked by identity.
    this.conf.setBoolean("fs.jfs.impl.disable.cache", false);
    this.masters = masters;
    this.jindo = jindo;
    this.local = local;
  }

  public static void main(String[] arguments) throws Exception {
    if (arguments.length != 7) {
      System.err.println("usage: JindoLines ADDRESSES JINDO LOCAL_TREE ALLOWED TRANSCRIPT? SHARED_LINES OWN_LINES");
      System.exit(2);
    }
    // What `hadoop fs` tells about the trash, it tells in its log.
    ConsoleAppender console = new ConsoleAppender();
    console.setLayout(new PatternLayout("%d{ISO8601} %p %c{2}: %m%n"));
    console.setTarget(ConsoleAppender.SYSTEM_ERR);
    console.setFollow(true);
    console.activateOptions();
    Logger trash = Logger.getLogger("org.apache.hadoop.fs.TrashPolicyDefault");
    trash.setLevel(Level.INFO);
    trash.setAdditivity(false);
    trash.addAppender(console);

    JindoLines lines = new JindoLines(arguments[0], arguments[1], Path.of(arguments[2]));
    List<Line> all = new ArrayList<>(read(Path.of(arguments[5]), false));
    all.addAll(read(Path.of(arguments[6]), true));
    int failed = lines.run(all, new AllowedDifferences(Path.of(arguments[3])), Boolean.parseBoolean(arguments[4]));
    System.out.flush();
    Runtime.getRuntime().halt(failed == 0 ? 0 : 1);
  }

  private static List<Line> read(Path file, boolean contents) throws IOException {
    List<Line> out = new ArrayList<>();
    int number = 0;
    for (String line : Files.readAllLines(file)) {
      number++;
      if (line.isBlank() || line.startsWith("#")) {
        continue;
      }
      if (contents || ShellLines.words(line).stream().noneMatch(CONTENTS::contains)) {
        out.add(new Line(line, file.getFileName() + ":" + number));
      }
    }
    return out;
  }

  private int run(List<Line> lines, AllowedDifferences allowed, boolean transcript) throws Exception {
    prepare();
    List<Result> expected = new ArrayList<>();
    for (Line line : lines) {
      expected.add(runHadoop(line.text()));
    }
    prepare();
    int passed = 0;
    int failed = 0;
    for (int i = 0; i < lines.size(); i++) {
      Line line = lines.get(i);
      Result wanted = expected.get(i);
      Result found = runJindo(line.text());
      boolean equal = wanted.equals(found);
      boolean fine = equal || allowed.allows(line.text(), wanted.toString(), found.toString());
      if (transcript) {
        System.out.println("$ " + line.text() + (equal ? "" : fine ? "      (differs on purpose)" : "      (DIFFERS)"));
        printBeside(wanted, found);
      } else if (!fine) {
        System.out.println(line.place() + ": " + line.text());
        printDifferent("hadoop", wanted, found);
        printDifferent("jindo ", found, wanted);
      }
      if (fine) {
        passed++;
      } else {
        failed++;
      }
    }
    System.out.println("differences on purpose:\n" + allowed.summary());
    for (String row : allowed.stale()) {
      System.out.println("STALE: no difference needed " + row);
      failed++;
    }
    System.out.println(passed + " passed, " + failed + " failed");
    return failed;
  }

  /** An empty file system, but for the tree of sized files. */
  private void prepare() throws Exception {
    try (FileSystem fs = FileSystem.newInstance(conf)) {
      for (FileStatus status : fs.listStatus(new org.apache.hadoop.fs.Path("/"))) {
        fs.delete(status.getPath(), true);
      }
    }
    Result imported = runProcess(List.of(jindo, "fs", "-import", local.toString(), "jfs://test/sized", "--masters", masters,
        "--replication", "2", "--no-owner", "--quiet"));
    if (imported.status() != 0) {
      throw new IOException("the tree of sized files is not there: " + imported);
    }
  }

  private static List<String> wordsOf(String line) throws IOException {
    return ShellLines.words(line.replace("$ROOT", "jfs://test").replace("$SUPERUSER", System.getProperty("user.name")));
  }

  private static String takeUser(List<String> words) {
    return words.get(0).startsWith("-") || words.get(0).equals("ls") ? System.getProperty("user.name") : words.remove(0);
  }

  private Result runHadoop(String line) throws Exception {
    List<String> words = wordsOf(line);
    UserGroupInformation user = UserGroupInformation.createRemoteUser(takeUser(words));
    PrintStream out = System.out;
    PrintStream err = System.err;
    ByteArrayOutputStream outBytes = new ByteArrayOutputStream();
    ByteArrayOutputStream errBytes = new ByteArrayOutputStream();
    int status;
    System.setOut(new PrintStream(outBytes, true, StandardCharsets.UTF_8));
    System.setErr(new PrintStream(errBytes, true, StandardCharsets.UTF_8));
    try {
      PrivilegedExceptionAction<Integer> shell = () -> {
        FsShell made = new FsShell(new Configuration(conf));
        try {
          return ToolRunner.run(made, words.toArray(new String[0]));
        } finally {
          made.close();
        }
      };
      status = user.doAs(shell);
      FileSystem.closeAllForUGI(user);
    } finally {
      System.setOut(out);
      System.setErr(err);
    }
    return new Result(status & 0xff, normalize(line, outBytes), normalize(line, errBytes));
  }

  private Result runJindo(String line) throws Exception {
    List<String> words = wordsOf(line);
    List<String> command = new ArrayList<>(List.of(jindo, "fs", "--masters", masters, "--user", takeUser(words)));
    command.addAll(words);
    Result result = runProcess(command);
    return new Result(result.status(), normalize(line, result.out()), normalize(line, result.err()));
  }

  private Result runProcess(List<String> command) throws Exception {
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("TZ", "UTC");
    Path err = Files.createTempFile("jindo-lines", ".err");
    builder.redirectError(err.toFile());
    Process process = builder.start();
    process.getOutputStream().close();
    byte[] out = process.getInputStream().readAllBytes();
    int status = process.waitFor();
    String errors = Files.readString(err, StandardCharsets.UTF_8);
    Files.delete(err);
    return new Result(status, new String(out, StandardCharsets.UTF_8), errors);
  }

  private static String normalize(String line, ByteArrayOutputStream bytes) {
    return normalize(line, bytes.toString(StandardCharsets.UTF_8));
  }

  /** What is different by its nature: the program's name, its own options, the present, a server's stack trace. */
  private static String normalize(String line, String text) {
    text = text.replace("Usage: hadoop fs", "Usage: jindo fs");
    text = text.replaceAll("(?s)Generic options supported are:\n.*?commandOptions\\]\n\n", "<options>\n");
    text = text.replaceAll("(?s)Options in front of the command:\n.*?\n  jindo fs -verify[^\n]*\n", "<options>\n");
    if (line.startsWith("-help")) {
      text = text.replaceAll("(?m)[ ]+$", "");
    }
    text = text.replaceAll("\\b[0-9]+\\.[0-9]+\\.[0-9]+\\.[0-9]+(:[0-9]+)?\\b", "<address>");
    text = text.replaceAll("\\b2[0-9]{11}\\b", "<checkpoint>");
    text = text.replaceAll("(?m)^\\s+at .*\\n", "").replace(". Consider using -skipTrash option", "");
    text = text.replaceAll(",[0-9]{3} (INFO|WARN) ", " $1 ");
    return ShellLines.withoutPresent(text);
  }

  private static void printDifferent(String name, Result result, Result other) {
    List<String> lines = new ArrayList<>(result.toString().lines().toList());
    if (lines.size() > 12) {
      lines.removeAll(other.toString().lines().toList());
      lines.add("(and lines that are on both sides)");
    }
    lines.forEach(line -> System.out.println("  " + name + " | " + line));
  }

  /** Hadoop's lines to the left, ours to the right; of usages only the end. */
  private static void printBeside(Result hadoop, Result jindo) {
    List<String> left = shortened(hadoop);
    List<String> right = shortened(jindo);
    for (int i = 0; i < Math.max(left.size(), right.size()); i++) {
      String one = i < left.size() ? left.get(i) : "";
      String two = i < right.size() ? right.get(i) : "";
      System.out.println(String.format("  %-88s %s %s", one, one.equals(two) ? "|" : "#", two));
    }
  }

  private static List<String> shortened(Result result) {
    return result.toString().replaceAll("(?s)Usage: jindo fs \\[generic options\\]\n\t.*?<options>\n", "(usage of all commands)\n")
        .lines().toList();
  }
}
