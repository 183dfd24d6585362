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
 * Lines that begin with # are for the reader. A row that no difference needed is stale and is reported.
 */
final class AllowedDifferences {
  private static final class Row {
    private Pattern operation;
    private Pattern judge;
    private Pattern ours;
    private String reason;
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
        default -> throw new IOException(file + ":" + number + ": not operation, judge, ours or reason: " + line);
      }
    }
    for (Row each : rows) {
      if (each.operation == null || each.judge == null || each.ours == null || each.reason == null) {
        throw new IOException(file + ":" + each.line + ": a row needs operation, judge, ours and reason");
      }
    }
  }

  boolean allows(String operation, String judge, String ours) {
    for (Row row : rows) {
      if (row.operation.matcher(operation).matches() && row.judge.matcher(judge).matches() && row.ours.matcher(ours).matches()) {
        row.used++;
        return true;
      }
    }
    return false;
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
      if (row.used == 0) {
        out.add("line " + row.line + ": " + row.operation + ": " + row.reason);
      }
    }
    return out;
  }
}
