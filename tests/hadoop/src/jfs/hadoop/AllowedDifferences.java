package jfs.hadoop;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * The table of differences on purpose. Four lines make a row, and rows are set apart by empty lines:
 *
 * <pre>
 * operation: a regular expression that the whole name of the operation (or the whole command line) matches
 * judge: one that the whole outcome of the judge matches
 * ours: one that our whole outcome matches
 * reason: why it is so
 * </pre>
 *
 * <p>A fifth line, {@code trees: differ}, means that the outcomes may be equal, but that the operation may leave another tree at
 * the path it names, and other counts above it; differential.sh lets both sides begin again then.
 *
 * <p>A line {@code rare: WHY} means that a full run may well do without the row.
 *
 * <p>Lines that begin with # are for the reader. A row that no difference needed is stale and is reported.
 */
final class AllowedDifferences {
  private static final class Row {
    private Pattern operation;
    private Pattern judge;
    private Pattern ours;
    private String reason;
    private boolean trees;
    private boolean rare;
    private int line;
    private int used;
  }

  private final List<Row> rows = new ArrayList<>();

  AllowedDifferences(Path file) throws IOException {
    Row row = null;
    int number = 0;
    for (String line : Files.readAllLines(file)) {
      number++;
      if (line.startsWith("#")) {
        continue;
      }
      if (line.isBlank()) {
        row = null;
        continue;
      }
      if (row == null) {
        row = new Row();
        row.line = number;
        rows.add(row);
      }
      int colon = line.indexOf(": ");
      String field = colon < 0 ? line : line.substring(0, colon);
      String value = colon < 0 ? "" : line.substring(colon + 2).strip();
      switch (field) {
        case "operation" -> row.operation = Pattern.compile(value, Pattern.DOTALL);
        case "judge" -> row.judge = Pattern.compile(value, Pattern.DOTALL);
        case "ours" -> row.ours = Pattern.compile(value, Pattern.DOTALL);
        case "reason" -> row.reason = value;
        case "trees" -> row.trees = true;
        case "rare" -> row.rare = true;
        default -> throw new IOException(file + ":" + number + ": not operation, judge, ours, reason, trees or rare: " + line);
      }
    }
    for (Row each : rows) {
      if (each.operation == null || each.judge == null || each.ours == null || each.reason == null) {
        throw new IOException(file + ":" + each.line + ": a row needs operation, judge, ours and reason");
      }
    }
  }

  /** Whether the outcomes of an operation may differ in this way. */
  boolean allows(String operation, String judge, String ours) {
    Row row = find(false, operation, judge, ours);
    if (row != null) {
      row.used++;
    }
    return row != null;
  }

  /** Whether an operation with these outcomes may leave different trees. {@link #trees} says that it did. */
  boolean mayLeaveDifferentTrees(Operation operation, String judge, String ours) {
    return find(true, operation.name() + "(" + operation.arguments() + ")", judge, ours) != null;
  }

  /**
   * The trees differ after such an operation: returns whether only in what it names and in the directories above.
   *
   * @param differences as {@link Tree#differences} gives them
   */
  boolean trees(Operation operation, String judge, String ours, List<String> differences) {
    for (String difference : differences) {
      if (!operation.arguments().startsWith(difference.substring(0, difference.indexOf('\n')))) {
        return false;
      }
    }
    find(true, operation.name() + "(" + operation.arguments() + ")", judge, ours).used++;
    return true;
  }

  private Row find(boolean trees, String operation, String judge, String ours) {
    for (Row row : rows) {
      if (row.trees == trees && row.operation.matcher(operation).matches() && row.judge.matcher(judge).matches()
          && row.ours.matcher(ours).matches()) {
        return row;
      }
    }
    return null;
  }

  /** How often each row was needed. */
  String summary() {
    StringBuilder out = new StringBuilder();
    for (Row row : rows) {
      out.append(String.format("  %6d %s: %s%n", row.used, row.operation, row.reason));
    }
    return out.toString();
  }

  /** Rows that nothing needed, as "line N: …". */
  List<String> stale() {
    List<String> out = new ArrayList<>();
    for (Row row : rows) {
      if (row.used == 0 && !row.rare) {
        out.add("line " + row.line + ": " + row.operation + ": " + row.reason);
      }
    }
    return out;
  }
}
