package jfs.hadoop;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PrivilegedExceptionAction;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FsShell;
import org.apache.hadoop.security.UserGroupInformation;
import org.apache.hadoop.util.ToolRunner;

/**
 * Runs lines of {@code hadoop fs} through Hadoop's own shell on two sides and compares what they print and how they end.
 * One JVM for all lines: starting one for each would take most of the time.
 */
public final class ShellLines {
  private static final Pattern DATE = Pattern.compile("\\b20[0-9]{2}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}(:[0-9]{2})?\\b");
  private static final Pattern MILLISECONDS = Pattern.compile("(?<![0-9])[0-9]{13}(?![0-9])");

  /** What a line printed and its exit status. */
  private record Result(int status, String out, String err) {
    @Override
    public String toString() {
      return "exit " + status + "\n" + out + (err.isEmpty() ? "" : "--- standard error\n" + err);
    }
  }

  /** A side: its name, its configuration and its root. */
  private record Target(String name, Configuration conf) {
    String root() {
      return conf.get("fs.defaultFS");
    }
  }

  private final Target judge;
  private final Target ours;
  private final Path local;
  private final AllowedDifferences allowed;

  private ShellLines(Target judge, Target ours, Path local, AllowedDifferences allowed) {
    this.judge = judge;
    this.ours = ours;
    this.local = local;
    this.allowed = allowed;
  }

  public static void main(String[] arguments) throws Exception {
    if (arguments.length != 8) {
      System.err.println("usage: ShellLines JUDGE SCHEME NAME ADDRESSES LINES ALLOWED LOCAL_DIRECTORY TRANSCRIPT");
      System.exit(2);
    }
    // As long as "jfs://test": the shell makes its columns as wide as the longest name.
    Target judge = new Target("judge", Binding.configuration("hdfs", "one", arguments[0]));
    Target ours = new Target(arguments[2], Binding.configuration(arguments[1], arguments[2], arguments[3]));
    AllowedDifferences allowed = new AllowedDifferences(Path.of(arguments[5]));
    ShellLines lines = new ShellLines(judge, ours, Path.of(arguments[6]), allowed);
    int failed;
    try (PrintStream transcript = new PrintStream(arguments[7], StandardCharsets.UTF_8)) {
      failed = lines.run(Path.of(arguments[4]), arguments[1].equals("jfs"), transcript);
    }
    System.out.flush();
    Runtime.getRuntime().halt(failed == 0 ? 0 : 1);
  }

  /** @param transcript gets all that the judge answered */
  private int run(Path file, boolean wantStale, PrintStream transcript) throws Exception {
    for (Target target : List.of(judge, ours)) {
      Files.createDirectories(local.resolve(target.name()));
      Files.write(local.resolve(target.name()).resolve("empty"), new byte[0]);
    }
    int passed = 0;
    int failed = 0;
    int number = 0;
    for (String line : Files.readAllLines(file)) {
      number++;
      if (line.isBlank() || line.startsWith("#")) {
        continue;
      }
      Result expected = run(judge, line);
      Result found = run(ours, line);
      transcript.println("$ " + line + "\n" + expected);
      if (expected.equals(found) || allowed.allows(line, expected.toString(), found.toString())) {
        passed++;
        continue;
      }
      failed++;
      System.out.println(file.getFileName() + ":" + number + ": " + line + "\n" + marked("judge", expected, found)
          + marked(ours.name(), found, expected));
    }
    System.out.println("differences on purpose:\n" + allowed.summary());
    if (wantStale) {
      for (String row : allowed.stale()) {
        System.out.println("STALE: no difference needed " + row);
        failed++;
      }
    }
    System.out.println(passed + " passed, " + failed + " failed");
    return failed;
  }

  /** A result for the reader; of a long one only the lines that the other does not have. */
  private static String marked(String name, Result result, Result other) {
    List<String> lines = new ArrayList<>(result.toString().lines().toList());
    if (lines.size() > 12) {
      lines.removeAll(other.toString().lines().toList());
      lines.add("(and lines that are on both sides)");
    }
    StringBuilder out = new StringBuilder();
    lines.forEach(line -> out.append("  ").append(name).append(" | ").append(line).append('\n'));
    return out.toString();
  }

  /** A line is [USER] -COMMAND ARGUMENT...; without a user it is the superuser's. */
  private Result run(Target target, String line) throws Exception {
    String user = System.getProperty("user.name");
    List<String> words = words(line.replace("$LOCAL", local.resolve(target.name()).toString())
        .replace("$ROOT", target.root()).replace("$SUPERUSER", user));
    if (!words.get(0).startsWith("-")) {
      user = words.remove(0);
    }
    PrintStream out = System.out;
    PrintStream err = System.err;
    ByteArrayOutputStream outBytes = new ByteArrayOutputStream();
    ByteArrayOutputStream errBytes = new ByteArrayOutputStream();
    int status;
    System.setOut(new PrintStream(outBytes, true, StandardCharsets.UTF_8));
    System.setErr(new PrintStream(errBytes, true, StandardCharsets.UTF_8));
    try {
      PrivilegedExceptionAction<Integer> shell =
          () -> {
            // The commands take System.out and System.err as they are when they are made: so a shell for each line.
            FsShell made = new FsShell(new Configuration(target.conf()));
            try {
              return ToolRunner.run(made, words.toArray(new String[0]));
            } finally {
              made.close();
            }
          };
      status = UserGroupInformation.createRemoteUser(user).doAs(shell);
    } finally {
      System.setOut(out);
      System.setErr(err);
    }
    return new Result(status, normalize(target, outBytes), normalize(target, errBytes));
  }

  private String normalize(Target target, ByteArrayOutputStream bytes) {
    String text = bytes.toString(StandardCharsets.UTF_8);
    text = text.replace(target.root(), "fs:");
    text = text.replace(local.resolve(target.name()).toString(), "<local>");
    text = text.replaceAll("\\b[0-9]+\\.[0-9]+\\.[0-9]+\\.[0-9]+(:[0-9]+)?\\b", "<address>");
    // Checkpoints of the trash are called after the second they were made in.
    text = text.replaceAll("\\b2[0-9]{11}\\b", "<checkpoint>");
    // The shell prints the stack of the server in some errors, and sets an advice behind its last line.
    text = text.replaceAll("(?m)^\\s+at .*\\n", "").replace(". Consider using -skipTrash option", "");
    return withoutPresent(text);
  }

  /** Times that a line set are compared; the present is only that. */
  static String withoutPresent(String text) {
    text = DATE.matcher(text).replaceAll(found -> isRecent(found.group()) ? "<now>" : Matcher.quoteReplacement(found.group()));
    return MILLISECONDS.matcher(text).replaceAll(
        found -> isRecent(Instant.ofEpochMilli(Long.parseLong(found.group()))) ? "<now>" : found.group());
  }

  private static boolean isRecent(String date) {
    DateTimeFormatter format = DateTimeFormatter.ofPattern(date.length() > 16 ? "yyyy-MM-dd HH:mm:ss" : "yyyy-MM-dd HH:mm");
    return isRecent(LocalDateTime.parse(date, format).toInstant(ZoneOffset.UTC));
  }

  private static boolean isRecent(Instant time) {
    return time.isAfter(Instant.now().minusSeconds(7200)) && time.isBefore(Instant.now().plusSeconds(60));
  }

  /** As a shell cuts a line: blanks, '…' and "…". */
  static List<String> words(String line) throws IOException {
    List<String> out = new ArrayList<>();
    StringBuilder word = null;
    char quote = 0;
    for (char c : line.toCharArray()) {
      if (quote != 0) {
        if (c == quote) {
          quote = 0;
        } else {
          word.append(c);
        }
      } else if (c == ' ') {
        if (word != null) {
          out.add(word.toString());
          word = null;
        }
      } else {
        if (word == null) {
          word = new StringBuilder();
        }
        if (c == '\'' || c == '"') {
          quote = c;
        } else {
          word.append(c);
        }
      }
    }
    if (quote != 0) {
      throw new IOException("a quote is not closed: " + line);
    }
    if (word != null) {
      out.add(word.toString());
    }
    return out;
  }
}
