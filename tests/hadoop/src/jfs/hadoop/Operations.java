package jfs.hadoop;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** All operations with their weights. */
final class Operations {
  /** Draws one operation of a kind. */
  interface Kind {
    Operation draw(String name, Draw draw);
  }

  private record Weighted(String name, int weight, Kind kind) {}

  private final List<Weighted> all = new ArrayList<>();
  private int total;

  Operations() {
    new FileOperations().addTo(this);
    new AttributeOperations().addTo(this);
    new ProtocolOperations().addTo(this);
  }

  void add(String name, int weight, Kind kind) {
    all.add(new Weighted(name, weight, kind));
    total += weight;
  }

  Set<String> names() {
    Set<String> out = new TreeSet<>();
    all.forEach(operation -> out.add(operation.name()));
    return out;
  }

  /** Leaves only some, or leaves some out; an empty set means all, or none. */
  void restrict(Set<String> only, Set<String> except) {
    all.removeIf(o -> (!only.isEmpty() && !only.contains(o.name())) || except.contains(o.name()));
    total = 0;
    all.forEach(operation -> total += operation.weight());
  }

  boolean isEmpty() {
    return all.isEmpty();
  }

  Operation draw(Draw draw) {
    int at = draw.below(total);
    for (Weighted operation : all) {
      at -= operation.weight();
      if (at < 0) {
        return operation.kind().draw(operation.name(), draw);
      }
    }
    throw new AssertionError("the weights do not add up");
  }

  /** How often each operation ended how, as a table for the reader: what a run has touched. */
  static String coverage(Map<String, Map<String, Integer>> outcomes) {
    StringBuilder out = new StringBuilder();
    outcomes.forEach(
        (name, kinds) -> {
          List<String> cells = new ArrayList<>();
          new LinkedHashMap<>(kinds).forEach((kind, count) -> cells.add(kind + " " + count));
          out.append(String.format("  %-26s %s%n", name, String.join(", ", cells)));
        });
    return out.toString();
  }
}
